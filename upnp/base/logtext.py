"""Text that strangers may have had a hand in, as a log can show it: nobody ends a line there, or speaks to a terminal.

A function that raises what it was called with would have the log repeat that letter for letter.
"""

from collections.abc import Callable, Iterator
from traceback import TracebackException

__all__ = ['Legible', 'legible', 'tracebackOf']

MAX_GROUP = 15  # exceptions of a group that are shown, as Python itself does
CAUSE = 'The above exception was the direct cause of the following exception:'
CONTEXT = 'During handling of the above exception, another exception occurred:'


def legible(text: str) -> str:
    """Return a text with all that is not printable escaped as ``repr`` does it, and all else as it stands.

    Not printable are line breaks, controls, surrogates, and what turns the direction of writing round.
    """
    if text.isprintable():
        return text
    return ''.join(one if one.isprintable() else repr(one)[1:-1] for one in text)


class Legible:
    """The text of something, made legible, and made only when it is wanted.

    :param form: makes the text.
    """

    __slots__ = ('_form', '_thing')

    def __init__(self, thing: object, form: Callable[[object], str] = str) -> None:
        self._thing = thing
        self._form = form

    def __str__(self) -> str:
        return legible(self._form(self._thing))


def tracebackOf(error: BaseException) -> str:
    """Return the traceback of an exception and of those before it, as Python prints it, but with legible messages."""
    return '\n'.join(linesOf(TracebackException.from_exception(error, compact=True)))


def linesOf(last: TracebackException) -> Iterator[str]:
    """Yield the lines of an exception and of those before it, the oldest first."""
    chain = [last]
    while (former := chain[-1].__cause__ or chain[-1].__context__) is not None:  # it has no context that is not shown
        chain.append(former)
    for index in range(len(chain) - 1, -1, -1):
        yield from ownLinesOf(chain[index])
        if index:
            yield from ('', CAUSE if chain[index - 1].__cause__ is not None else CONTEXT, '')


def ownLinesOf(part: TracebackException) -> Iterator[str]:
    """Yield the lines of one exception: where it was raised, what it says, and what it is a group of."""
    if part.stack:
        yield 'Traceback (most recent call last):'
        for frame in part.stack.format():
            yield from frame.removesuffix('\n').split('\n')
    if isinstance(part.__notes__, list):
        part.__notes__ = [legible(str(note)) for note in part.__notes__]
    for line in part.format_exception_only():
        yield legible(line.removesuffix('\n'))
    group = part.exceptions or []
    for number, inner in enumerate(group[:MAX_GROUP], 1):
        yield f'  +- {number} of {len(group)}'
        for line in linesOf(inner):
            yield f'  | {line}'
