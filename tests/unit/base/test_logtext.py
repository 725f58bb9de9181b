"""What strangers had a hand in: nothing of it ends a line of a log, and all else stays as it is."""

import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

import pytest

from upnp.base.logtext import Legible, legible, tracebackOf

FORGED = 'x\nERROR:root:forged \x9b31m\u202e'
SHOWN = r'x\nERROR:root:forged \x9b31m\u202e'


@pytest.mark.parametrize(
    ('text', 'shown'),
    [
        *(('', ''), ('plain', 'plain'), ('Tom & "Jerry" \'s', 'Tom & "Jerry" \'s'), ('é€\U0001f600', 'é€\U0001f600')),
        ('C:\\new\\x9b', 'C:\\new\\x9b'),  # a backslash is printable, and stays single
        ('a\nb\rc\td\x0be\x0cf', r'a\nb\rc\td\x0be\x0cf'),
        ('\0\x07\x1b[31m\x7f\x85\x9b\x9d', r'\x00\x07\x1b[31m\x7f\x85\x9b\x9d'),
        ('\u2028\u2029\u202e\u2066\u200f\ufeff\xad', r'\u2028\u2029\u202e\u2066\u200f\ufeff\xad'),
        ('\ud800\udfff\ue000\U000e0001\xa0', r'\ud800\udfff\ue000\U000e0001\xa0'),
    ],
)
def test_what_is_not_printable_is_escaped_and_all_else_stays(text: str, shown: str) -> None:
    assert legible(text) == shown
    assert legible(shown) == shown
    assert str(Legible(ValueError(text))) == shown


def test_every_character_is_printable_or_escaped_as_repr_does() -> None:
    for number in (*range(0x3000), *range(0xD7F0, 0x10100), 0x1F600, 0xE0001, sys.maxunicode):
        shown = legible(chr(number))
        assert shown == chr(number) if chr(number).isprintable() else f"'{shown}'" == repr(chr(number))


def test_a_text_is_made_when_it_is_wanted() -> None:
    class Odd(Exception):
        """An exception that writes its own name."""

        def __repr__(self) -> str:
            return FORGED

    assert str(Legible(Odd(), repr)) == SHOWN
    assert str(Legible(OSError('a\nb'), repr)) == r"OSError('a\nb')"


def bare() -> NoReturn:
    """Fail."""
    raise ValueError('no such lamp')


def caused() -> NoReturn:
    """Fail of something."""
    try:
        bare()
    except ValueError as error:
        raise OSError('no lamp') from error


def handled() -> NoReturn:
    """Fail while something is mended."""
    try:
        caused()
    except OSError:
        raise KeyError('lamp')  # noqa: B904 (that is what is tested)


def hidden() -> NoReturn:
    """Fail of something that nobody needs to know."""
    try:
        bare()
    except ValueError:
        raise OSError('no lamp') from None


def fromUnraised() -> NoReturn:
    """Fail of something that was never raised."""
    raise OSError('no lamp') from ValueError('no such lamp')


def deep(count: int = 50) -> NoReturn:
    """Fail deep inside."""
    if not count:
        raise ValueError
    deep(count - 1)
    raise AssertionError


def misspelt() -> NoReturn:
    """Fail of a name that is nearly another."""
    bar()  # type: ignore[name-defined]  # noqa: F821
    raise AssertionError


def raised(function: Callable[[], object]) -> BaseException:
    """Return what a function raises."""
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError


@pytest.mark.parametrize('function', [bare, caused, handled, hidden, fromUnraised, deep, misspelt])
def test_a_traceback_is_the_one_that_python_prints(function: Callable[[], object]) -> None:
    error = raised(function)
    assert tracebackOf(error) + '\n' == ''.join(traceback.format_exception(error))


def test_an_exception_that_was_never_raised_has_its_message() -> None:
    assert tracebackOf(ValueError('no such lamp')) == 'ValueError: no such lamp'
    assert tracebackOf(KeyboardInterrupt()) == 'KeyboardInterrupt'


def test_a_syntax_error_still_tells_its_place() -> None:
    lines = tracebackOf(raised(lambda: compile('a = = 1', 'the file', 'exec'))).split('\n')
    assert '  File "the file", line 1' in lines
    assert lines[-1].startswith('SyntaxError: ')


def test_a_message_ends_no_line_and_controls_no_terminal_wherever_it_stands() -> None:
    def act() -> None:
        try:
            try:
                raise ValueError(FORGED)
            except ValueError:
                raise OSError(FORGED)  # noqa: B904 (that is what is tested)
        except OSError as error:
            last = ExceptionGroup(FORGED, [KeyError(1), RuntimeError(FORGED)])
            last.add_note(FORGED)
            last.exceptions[1].add_note(FORGED)
            raise last from error

    text = tracebackOf(raised(act))
    assert text.count(SHOWN) == 6
    assert all(line.isprintable() for line in text.split('\n'))
    assert not [line for line in text.splitlines() if line.startswith('ERROR')]


def test_of_a_group_each_one_is_told_and_not_too_many() -> None:
    lines = tracebackOf(ExceptionGroup('all', [ValueError(str(number)) for number in range(40)])).split('\n')
    assert lines[:3] == ['ExceptionGroup: all (40 sub-exceptions)', '  +- 1 of 40', '  | ValueError: 0']
    assert lines[-2:] == ['  +- 15 of 40', '  | ValueError: 14']


def test_a_message_that_cannot_be_had_hinders_nobody() -> None:
    class Mute(Exception):
        """An exception without words."""

        def __str__(self) -> str:
            raise RuntimeError

    mute = Mute()
    mute.__notes__ = 5  # type: ignore[assignment]
    assert 'Mute' in tracebackOf(mute)


def test_a_long_chain_is_told_whole() -> None:
    error: BaseException = ValueError('first')
    for _ in range(3000):
        later = ValueError('later')
        later.__context__, error = error, later
    assert tracebackOf(error).startswith('ValueError: first\n\nDuring handling')
