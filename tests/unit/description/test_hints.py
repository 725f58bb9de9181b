"""Hints read as data types, and functions read as actions."""

import enum
import functools
import inspect
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, NewType, Optional, Union
from uuid import UUID

import pytest

import upnp
from upnp.description.hints import (
    EMPTY,
    Call,
    DataType,
    Parameter,
    callParameter,
    dataTypeOf,
    isCall,
    mismatch,
    oddity,
    outputsOf,
    parametersOf,
    returnHint,
    textOfMember,
)
from upnp.description.types import DATA_TYPES, Range


class Colour(enum.Enum):
    """All values are texts."""

    RED = 'red'
    BLUE = 'blue'
    AZURE = 'blue'


class Speed(enum.IntEnum):
    """No value is a text."""

    SLOW = 1
    FAST = 2


class Mixed(enum.Enum):
    """One value is a text."""

    AUTO = 'auto'
    FIXED = 5


class Plain(enum.StrEnum):
    """Members that are texts themselves."""

    ON = 'on'
    OFF = 'off'


Metres = NewType('Metres', float)
Height = NewType('Height', Metres)

# Aliases as Python 3.12 and later write them.
ALIASES: dict[str, Any] = {**globals()}
if sys.version_info >= (3, 12):
    exec(
        """
type Percent = Annotated[int, Range(0, 100)]
type Share = Percent
type Size = tuple[int, int]
type Both = Fields
type Caller = Call
type Nothing = None
type Late = NotThere

class Fields(NamedTuple):
    Width: Share
    Height: 'Height'

def aliased(A: Share, B: 'Percent', who: Caller) -> Both: ...
def quiet(A: 'Share', who: 'Caller') -> Nothing: ...
def late(A: Late) -> Late: ...
""",
        ALIASES,
    )
SINCE_3_12 = pytest.mark.skipif(sys.version_info < (3, 12), reason='aliases by type are new in Python 3.12')

# Data types


@pytest.mark.parametrize(
    ('hint', 'name'),
    [
        *((bool, 'boolean'), (int, 'i4'), (float, 'r8'), (str, 'string'), (bytes, 'bin.base64')),
        *((datetime, 'dateTime'), (date, 'date'), (time, 'time'), (UUID, 'uuid'), (Decimal, 'fixed.14.4')),
    ],
)
def test_a_plain_hint_stands_for_a_data_type(hint: object, name: str) -> None:
    assert dataTypeOf(hint) == DataType(name)
    assert name in DATA_TYPES


@pytest.mark.parametrize(
    ('hint', 'expected'),
    [
        (Literal['jpeg', 'png'], DataType('string', ('jpeg', 'png'))),
        (Literal['one'], DataType('string', ('one',))),
        (Colour, DataType('string', ('red', 'blue'), enum=Colour)),
        (Speed, DataType('string', ('SLOW', 'FAST'), enum=Speed)),
        (Mixed, DataType('string', ('AUTO', 'FIXED'), enum=Mixed)),
        (Plain, DataType('string', ('on', 'off'), enum=Plain)),
    ],
)
def test_literal_and_enum_stand_for_a_list_of_texts(hint: object, expected: DataType) -> None:
    assert dataTypeOf(hint) == expected


@pytest.mark.parametrize(
    ('hint', 'expected'),
    [
        (Annotated[int, Range(1, 100)], DataType('i4', range=Range(1, 100))),
        (Annotated[int, upnp.Range(0, 100, 5)], DataType('i4', range=Range(0, 100, 5))),
        (Annotated[float, Range(-0.5, 0.5)], DataType('r8', range=Range(-0.5, 0.5))),
        (Annotated[Annotated[int, Range(0, 9)], Range(0, 5)], DataType('i4', range=Range(0, 5))),
        (Annotated[int, 'a note of others', (1, 2)], DataType('i4')),
        (Annotated[Literal['a'], 'a note'], DataType('string', ('a',))),
        (Annotated[Colour, 'a note'], DataType('string', ('red', 'blue'), enum=Colour)),
    ],
)
def test_annotated_adds_a_range_and_other_notes_are_passed_over(hint: object, expected: DataType) -> None:
    assert dataTypeOf(hint) == expected


@pytest.mark.parametrize(
    ('hint', 'expected'),
    [
        (Metres, DataType('r8')),
        (Height, DataType('r8')),
        (Annotated[Height, Range(0, 5)], DataType('r8', range=Range(0, 5))),
        (NewType('Shade', Colour), DataType('string', ('red', 'blue'), enum=Colour)),
        (NewType('Level', Annotated[int, Range(0, 9)]), DataType('i4', range=Range(0, 9))),
    ],
)
def test_a_new_type_stands_for_what_it_is_made_of(hint: object, expected: DataType) -> None:
    assert dataTypeOf(hint) == expected


@SINCE_3_12
def test_an_alias_stands_for_what_it_is_short_for() -> None:
    assert dataTypeOf(ALIASES['Percent']) == dataTypeOf(ALIASES['Share']) == DataType('i4', range=Range(0, 100))
    with pytest.raises(TypeError, match=r'tuple\[int, int\] stands for no UPnP data type'):
        dataTypeOf(ALIASES['Size'])


@SINCE_3_12
def test_a_function_may_have_aliases_everywhere() -> None:
    percent = Annotated[int, Range(0, 100)]
    assert parametersOf(ALIASES['aliased'])[:2] == [Parameter('A', percent, EMPTY), Parameter('B', percent, EMPTY)]
    assert outputsOf(returnHint(ALIASES['aliased'])) == {'Width': percent, 'Height': float}
    assert outputsOf(returnHint(ALIASES['quiet'])) == {}
    assert [callParameter(ALIASES[name]) for name in ('aliased', 'quiet', 'late')] == ['who', 'who', None]


@SINCE_3_12
def test_an_alias_of_an_unknown_name_is_told_with_the_remedy() -> None:
    for read in (parametersOf, returnHint):
        with pytest.raises(TypeError, match=r"the hint Late cannot be resolved \(name 'NotThere' is not defined\)"):
            read(ALIASES['late'])


@pytest.mark.parametrize('hint', [Annotated[int, range(5)], Annotated[str, 'a note', range(1, 9, 2)]])
def test_a_range_of_python_is_told_what_to_use_instead(hint: object) -> None:
    """Its end does not belong to it, which that of allowedValueRange does."""
    with pytest.raises(TypeError, match=r'has a range of Python, .*: use upnp\.Range\(minimum, maximum\)$'):
        dataTypeOf(hint)


@pytest.mark.parametrize(
    'hint',
    [
        *(None, 5, 'ui1', object, complex, list, dict, tuple, Path, type, Any, Ellipsis, inspect, len, Call),
        *(list[int], dict[str, int], tuple[int, str], int | str, int | None, Optional[int], Union[int, str]),  # noqa: UP007, UP045
        *(Annotated[list[int], Range(0, 1)], type('Sub', (int,), {}), type('Decimal', (), {}), Literal),
    ],
)
def test_what_stands_for_no_data_type_is_refused_with_what_does(hint: object) -> None:
    with pytest.raises(TypeError, match=r'stands for no UPnP data type: use bool, int, .*Literal\[\.\.\.\] or an Enum'):
        dataTypeOf(hint)


@pytest.mark.parametrize('hint', [Literal[1, 2], Literal['a', None], Literal[True], Literal[b'a'], Literal[Colour.RED]])
def test_a_literal_consists_of_texts(hint: object) -> None:
    with pytest.raises(TypeError, match='has values that are no texts'):
        dataTypeOf(hint)


@pytest.mark.parametrize(
    ('member', 'text'),
    [
        *((Colour.RED, 'red'), (Colour.AZURE, 'blue'), (Plain.ON, 'on')),
        *((Speed.SLOW, 'SLOW'), (Mixed.AUTO, 'AUTO'), (Mixed.FIXED, 'FIXED')),
    ],
)
def test_a_member_travels_as_its_value_if_all_are_texts_else_as_its_name(member: enum.Enum, text: str) -> None:
    assert textOfMember(member) == text
    assert type(textOfMember(member)) is str


# Functions


class Lamp:
    """Has methods to read."""

    def dim(self, Level: Annotated[int, Range(0, 100)], Time: float = 0.5, *, Curve: 'Literal["a"]' = 'a') -> bool:
        """Set the level."""
        return bool(Level and Time and Curve)

    @classmethod
    def make(cls, Name: str) -> None:
        """Return nothing."""

    @staticmethod
    def add(A: int, B: int) -> int:
        """Return a sum."""
        return A + B

    def __call__(self, A: int) -> str:
        """Return a text."""
        return str(A)


def keywords(A: int, **others: int) -> int:
    """Take all there is."""
    return A + sum(others.values())


def bare(A, B=None):
    """Have no hints."""
    return A, B


@functools.wraps(Lamp.add)
def wrapped(*args: Any, **others: Any) -> Any:
    """Stand in front of another function."""
    return Lamp.add(*args, **others)


@pytest.mark.parametrize(
    ('function', 'expected'),
    [
        (Lamp().make, [Parameter('Name', str, EMPTY)]),
        (Lamp.add, [Parameter('A', int, EMPTY), Parameter('B', int, EMPTY)]),
        (Lamp(), [Parameter('A', int, EMPTY)]),
        (wrapped, [Parameter('A', int, EMPTY), Parameter('B', int, EMPTY)]),
        (functools.partial(Lamp.add, 1), [Parameter('B', int, EMPTY)]),
        (functools.partial(functools.partial(wrapped), B=1), [Parameter('A', int, EMPTY), Parameter('B', int, 1)]),
        (keywords, [Parameter('A', int, EMPTY)]),
        (bare, [Parameter('A', None, EMPTY), Parameter('B', None, None)]),
        (lambda: None, []),
    ],
)
def test_the_parameters_of_whatever_can_be_called_are_read(
    function: Callable[..., object], expected: list[Parameter]
) -> None:
    assert parametersOf(function) == expected


def test_ranges_and_hints_written_as_texts_are_read() -> None:
    level, seconds, curve = parametersOf(Lamp().dim)
    assert level == Parameter('Level', Annotated[int, Range(0, 100)], EMPTY)
    assert seconds == Parameter('Time', float, 0.5)
    assert curve == Parameter('Curve', Literal['a'], 'a')
    assert [one.isOptional for one in (level, seconds, curve)] == [False, True, True]


def positional(A: int, /) -> int:
    """Take one by position only."""
    return A


def several(*A: int) -> int:
    """Take any number."""
    return len(A)


@pytest.mark.parametrize('function', [positional, several])
def test_a_parameter_that_cannot_be_given_by_keyword_is_refused(function: Callable[..., object]) -> None:
    with pytest.raises(TypeError, match="parameter 'A' cannot be given by keyword"):
        parametersOf(function)


@pytest.mark.parametrize('hint', ['Unknown', 'int[', 'datetime.nothing.at.all', 'int[0]', '5 5'])
def test_a_hint_that_cannot_be_resolved_is_told_with_the_remedy(hint: str) -> None:
    def function(A: int) -> None:
        """Be given the hint."""

    function.__annotations__ = {'A': hint, 'return': hint}
    for read in (parametersOf, returnHint):
        with pytest.raises(TypeError, match=r'cannot be resolved .*: import its names at the top') as caught:
            read(function)
        assert repr(hint) in str(caught.value)
        assert caught.value.__cause__ is not None


def test_hints_of_parameters_that_get_their_type_elsewhere_are_not_looked_at() -> None:
    def function(A: int, B: int) -> None:
        """Be given the hint."""

    function.__annotations__['A'] = 'Unknown'
    assert parametersOf(function, {'A'}) == [Parameter('A', None, EMPTY), Parameter('B', int, EMPTY)]


@pytest.mark.parametrize(
    ('function', 'expected'),
    [
        *((Lamp().dim, bool), (Lamp().make, None), (Lamp.add, int), (bare, None), (keywords, int)),
        *((wrapped, int), (functools.partial(wrapped, 1), int), (functools.partial(Lamp().dim, 1), bool)),
    ],
)
def test_what_a_function_returns_is_read(function: Callable[..., object], expected: object) -> None:
    assert returnHint(function) is expected


# Outputs


class Size(NamedTuple):
    """Outputs in order."""

    Width: int
    Height: Annotated[int, Range(1, 9)]


@dataclass
class State:
    """Outputs, some of them inherited, and what is none."""

    On: bool
    kind: ClassVar[str] = 'lamp'
    Colour: 'Colour' = field(default=Colour.RED)


@dataclass
class More(State):
    """One more output."""

    Level: int = 0


@pytest.mark.parametrize(
    ('hint', 'expected'),
    [
        *((None, {}), (type(None), {}), (int, {'Result': int}), (Colour, {'Result': Colour})),
        *((Literal['a'], {'Result': Literal['a']}), (tuple[int, str], {'Result': tuple[int, str]})),
        (Size, {'Width': int, 'Height': Annotated[int, Range(1, 9)]}),
        (State, {'On': bool, 'Colour': Colour}),
        (More, {'On': bool, 'Colour': Colour, 'Level': int}),
        (NamedTuple('Functional', [('A', int)]), {'A': int}),
    ],
)
def test_outputs_are_the_fields_or_one_result(hint: object, expected: dict[str, object]) -> None:
    outputs = outputsOf(hint)
    assert outputs == expected
    assert list(outputs) == list(expected)


def test_fields_without_hints_have_none() -> None:
    from collections import namedtuple

    assert outputsOf(namedtuple('Untyped', 'A B')) == {'A': None, 'B': None}


def test_a_field_whose_hint_cannot_be_resolved_is_told() -> None:
    class Local(NamedTuple):
        A: 'Unknown'  # noqa: F821

    with pytest.raises(TypeError, match=r'the hint .*Unknown.* cannot be resolved'):
        outputsOf(Local)


# Calls


def asText(A: int, call: 'upnp.Call') -> int:
    """Have the hint as a text."""
    return A


def asName(call: Call) -> None:
    """Have the hint by its name."""


def inTextsQuoted(call: "'Call'") -> None:
    """Have the hint twice as a text, as a text under __future__.annotations is."""


def another(Call: 'Missing.Call', B: str) -> None:  # noqa: F821
    """Have a hint that only ends so."""


def optional(A: int, call: Call | None = None) -> int:
    """Be called by the program too, which has no call."""
    return A


def optionalAsText(call: 'Call | None' = None) -> None:
    """Have the hint as a text."""


@pytest.mark.parametrize(
    ('function', 'expected'),
    [
        *((optional, 'call'), (optionalAsText, 'call'), (functools.partial(optional, 1), 'call')),
        *((asText, 'call'), (asName, 'call'), (inTextsQuoted, 'call'), (another, None), (bare, None), (max, None)),
        *((functools.partial(asText, 1), 'call'), (Lamp().dim, None), (type, None)),
    ],
)
def test_the_parameter_that_wants_the_call_is_found(function: Callable[..., object], expected: str | None) -> None:
    assert callParameter(function) == expected


@pytest.mark.parametrize(
    ('function', 'names'),
    [
        *((Lamp().dim, ['Level']), (Lamp().dim, ['Level', 'Time', 'Curve']), (keywords, ['A', 'X', 'Y'])),
        *(
            (optional, ['A']),
            (optionalAsText, []),
            (asText, ['A']),
            (asName, []),
            (bare, ['A']),
            (max, ['A', 'B']),
            (wrapped, ['A', 'B']),
        ),
        (functools.partial(Lamp.add, B=1), ['A']),
    ],
)
def test_a_function_that_takes_the_arguments_has_no_mismatch(function: Callable[..., object], names: list[str]) -> None:
    assert mismatch(function, names) is None


@pytest.mark.parametrize(
    ('function', 'names', 'text'),
    [
        (Lamp().dim, ['Time'], "missing a required argument: 'Level'"),
        (Lamp().dim, ['Level', 'Other'], "unexpected keyword argument 'Other'"),
        (lambda: None, ['A'], "unexpected keyword argument 'A'"),
        (positional, ['A'], "'A'"),
        (math.sqrt, ['x'], "'x'"),
        (another, ['B'], "missing a required argument: 'Call'"),
    ],
)
def test_a_function_that_does_not_take_the_arguments_is_told(
    function: Callable[..., object], names: list[str], text: str
) -> None:
    assert text in str(mismatch(function, names))


@pytest.mark.parametrize(
    ('hint', 'expected'),
    [
        *((Call, True), (Call | None, True), (Optional[Call], True), (Union[None, Call], True)),  # noqa: UP007, UP045
        *((int, False), (int | None, False), (None, False), ('Call', False), (EMPTY, False)),
    ],
)
def test_a_hint_asks_for_the_call_also_when_there_may_be_none(hint: object, expected: bool) -> None:
    assert isCall(hint) is expected


# Methods as they stand in a class


def yields(self):
    """Give one value after the other."""
    yield 1


async def yieldsInTurn(self):
    """Give one value after the other."""
    yield 1


def unbound() -> None:
    """Have no parameter at all."""


def selfless(A: int, B: int) -> None:
    """Begin with the first argument."""


def selflessInTexts(A: 'Annotated[int, Range(0, 5)]') -> None:
    """Begin with the first argument, under future annotations."""


def selflessChoice(A: Literal['a', 'b']) -> None:
    """Begin with a choice."""


def hinted(self: 'NotThere', A: int) -> None:  # noqa: F821
    """Have a hint for type checkers."""


def hintedPlainly(self: Lamp, A: int) -> None:
    """Have a hint that is no data type."""


def oddlyHinted(self: [int]) -> None:
    """Have a hint that has no hash."""


@pytest.mark.parametrize(
    ('function', 'expected'),
    [
        *((function, None) for function in (Lamp.dim, bare, hinted, hintedPlainly, oddlyHinted)),
        *((function, 'it yields, and an action returns') for function in (yields, yieldsInTurn)),
        (unbound, 'it has no parameter for the service: write it with self'),
        *(
            (function, "its first parameter 'A' has a data type: is self missing before it?")
            for function in (selfless, selflessInTexts, selflessChoice)
        ),
    ],
)
def test_a_method_that_cannot_be_an_action_is_told_why(function: Callable[..., object], expected: str | None) -> None:
    assert oddity(function) == expected


def test_a_function_that_yields_is_never_called() -> None:
    def steps() -> Iterator[int]:
        yield 1

    assert mismatch(steps, []) == 'it yields, and an action returns'
