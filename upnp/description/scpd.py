"""Argument, Action and StateVariable: what an SCPD consists of (UDA 1.1 §2.5), and what makes one wrong.

It knows which values a variable takes, and refuses to know how a function is run or a document written.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, ClassVar, Self, overload

from ..base.xml import LETTERS, checkText, forbiddenCharacter
from ..Errors import DescriptionError
from . import types
from .elements import Children, _BaseObj
from .hints import dataTypeOf, mismatch, textOfMember
from .types import DATA_TYPES, NUMERIC_TYPES, Value, ValueMismatch

__all__ = ['Action', 'Argument', 'StateVariable', 'checkScpd']

# As texts, compiled when first needed: the second takes as long as a tenth of all that is imported.
ASCII_NAME = '[A-Za-z_][A-Za-z0-9_.]*'
ANY_NAME = f'[{LETTERS}][{LETTERS}0-9.]*'
MODERATION = ('maximumRate', 'minimumDelta')  # of the events of a state variable (UDA 1.1 §4.3)
MAX_FLOAT = 1.7976931348623157e308  # a whole number may be greater
LOCAL_PREFIX = 'A_ARG_TYPE_'  # of variables that only give arguments their types (UDA 1.1 §2.5)
UNUSED_VARIABLE = 'X_Unused'  # UDA 1.1 §2.5 wants a state variable in every SCPD


class Argument(_BaseObj):
    """An argument of an action (UDA 1.1 §2.5).

    ``direction`` is ``in`` or ``out``; ``retval`` may mark the first ``out`` one.
    """

    __module__ = 'upnp.Objects'

    name: str | None = None
    direction: str = 'in'
    relatedStateVariable: str | None = None
    retval: bool = False

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, yesOrNo(name, value) if name == 'retval' else value)

    _compared = ('name', 'direction', 'relatedStateVariable', 'retval')


class Action(_BaseObj):
    """An action of a service (UDA 1.1 §2.5) with its ``arguments``, the ``in`` ones before the ``out`` ones.

    ``function`` is called with the in arguments by keyword, and returns the out arguments: one value, a tuple in order,
    or a dict by name. A parameter of it that is annotated :class:`upnp.Call` gets the call. Without a function, callers
    are told 602, Optional Action Not Implemented.
    """

    __module__ = 'upnp.Objects'

    _childKinds: ClassVar[Mapping[str, type[_BaseObj]]] = {'arguments': Argument}
    _compared = ('name', 'arguments')

    name: str | None = None
    function: Callable[..., object] | None = None
    arguments: Children[Argument]

    @property
    def inputs(self) -> list[Argument]:
        """The in arguments, in order."""
        return [argument for argument in self.arguments if argument.direction == 'in']

    @property
    def outputs(self) -> list[Argument]:
        """The out arguments, in order."""
        return [argument for argument in self.arguments if argument.direction == 'out']


class StateVariable(_BaseObj):
    """A state variable of a service (UDA 1.1 §2.5), and its value.

    ``dataType`` is UPnP's name of a type, such as ``ui2``, or a Python hint: ``bool``, ``int``, ``float``, ``str``,
    ``bytes``, ``datetime``, ``date``, ``time``, ``uuid.UUID``, ``Decimal``, ``Literal['on', 'off']``, an ``Enum``, or
    one of them with a range, ``Annotated[int, upnp.Range(0, 100)]``. ``allowedValueList`` holds strings,
    ``allowedValueRange`` is ``(minimum, maximum)`` or ``(minimum, maximum, step)``.

    With ``sendEvents`` its changes are told to subscribers, with ``multicast`` as well to everybody on the network (UDA
    1.1 §4). ``maximumRate`` is the least number of seconds between two events of it, ``minimumDelta`` the least
    difference, of a number, that is worth one at once; the last value is told in either case. The SCPD has neither.

    As an attribute of a :class:`upnp.Service` subclass it declares a variable: the instance's attribute of that name is
    its value.
    """

    __module__ = 'upnp.Objects'

    name: str | None = None
    dataType: str = 'string'
    defaultValue: Value | Enum | None = None
    sendEvents: bool = False
    multicast: bool = False
    maximumRate: float | None = None
    minimumDelta: float | None = None
    allowedValueList: tuple[str, ...] | None = None
    allowedValueRange: tuple[float | None, ...] | None = None

    # A hint in dataType sets the next two, which are the narrower when they are given; all say what a value may be.
    _late = ('allowedValueList', 'allowedValueRange', 'value')
    _enum: type[Enum] | None = None
    _value: Value | None = None

    def __setattr__(self, name: str, value: object) -> None:
        if name in ('sendEvents', 'multicast'):
            value = yesOrNo(name, value)
        if name in MODERATION:
            checkModeration(name, value)
        if name == 'value' or name in MODERATION:  # no change of the description
            object.__setattr__(self, name, value)
        elif name == 'dataType' and not isinstance(value, str):
            self._takeHint(value)
        elif name == 'allowedValueRange' and isinstance(value, tuple) and value[2:] == (None,):
            super().__setattr__(name, tuple(value[:2]))
        else:
            if name == 'dataType':
                self._enum = None
            super().__setattr__(name, value)

    def __set_name__(self, owner: type, name: str) -> None:
        if self.name is None:
            self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Any: ...  # of the type that dataType names
    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else self._of(instance).value

    def __set__(self, instance: Any, value: object) -> None:
        self._of(instance).value = value

    def _of(self, service: Any) -> 'StateVariable':
        """Return a service's own variable, of which this is the declaration."""
        if not hasattr(service, 'stateVariables'):
            raise AttributeError(f'{self.name!r} is there when __init__ has called super().__init__(), not before')
        variable: StateVariable = service.stateVariables[self.name]
        return variable

    @property
    def value(self) -> Any:
        """The present value, of the Python type that ``dataType`` stands for; to be read and set in any thread.

        Until it is set it is the default, or the type's zero: ``0``, ``''``, ``False``, 1 January 1970, the first of a
        list, the minimum of a range without zero.

        :raises TypeError: setting something of another type.
        :raises ValueError: setting what the type, the list or the range does not allow.
        """
        return self._shown(self.initial if self._value is None else self._value)

    @value.setter
    def value(self, value: object) -> None:
        object.__setattr__(self, '_value', self._coerced(value))
        self._valueSet()

    @property
    def text(self) -> str:
        """The present value as it is written to others.

        :raises ValueError: a default that is none, or a value from before the type was changed; TypeError likewise.
        """
        return types.render(self.dataType, self.initial if self._value is None else self._value)

    @property
    def initial(self) -> Value:
        """The value before any is set."""
        if self.defaultValue is not None:
            return self._default()
        if self.allowedValueList:
            return self.allowedValueList[0]
        zero = types.zero(self.dataType)
        try:
            types.checkAllowed(zero, None, self._limits())
        except ValueMismatch:
            return types.coerce(self.dataType, (self.allowedValueRange or (0,))[0])
        return zero

    @property
    def isLocal(self) -> bool:
        """Tell whether it only gives arguments a type, and has no value of its own (UDA 1.1 §2.5)."""
        return str(self.name).startswith(LOCAL_PREFIX)

    def parse(self, text: str) -> Value | Enum:
        """Return the value of a text from a peer.

        :raises ValueMismatch: the type, the list or the range does not allow it.
        """
        if self.allowedValueList is not None and text not in self.allowedValueList:
            text = text.strip()
        value = types.parse(self.dataType, text)
        types.checkAllowed(value, self.allowedValueList, self._limits())
        return self._shown(value)

    def render(self, value: object) -> str:
        """Return the text of a value that the type, the list and the range allow.

        :raises TypeError: it is of another type.
        :raises ValueError: it is not allowed.
        """
        return types.render(self.dataType, self._coerced(value))

    def _coerced(self, value: object) -> Value:
        try:
            coerced = types.coerce(self.dataType, self._plain(value))
            types.checkAllowed(coerced, self.allowedValueList, self._limits())
            if isinstance(coerced, str):
                checkText(coerced)  # here, where the program sees it, and not when somebody asks for the value
        except (TypeError, ValueError) as error:
            error.args = (f'state variable {self.name!r} of type {self.dataType}: {error}',)
            raise
        return coerced

    def _plain(self, value: object) -> object:
        if self._enum is None:
            return value
        if isinstance(value, self._enum):
            return textOfMember(value)
        if not isinstance(value, str):
            raise TypeError(f'{value!r} is no member of {self._enum.__name__}')
        return value

    def _shown(self, value: Value) -> Value | Enum:
        """Return a value as the program sees it: a member, where an Enum was the hint."""
        if self._enum is None:
            return value
        return next((member for member in self._enum if textOfMember(member) == value), value)

    def _default(self) -> Value:
        """Return the default as a value; a text is read as one."""
        default = self._plain(self.defaultValue)
        if isinstance(default, str):
            return types.parse(self.dataType, default)
        return types.coerce(self.dataType, default)

    def _takeHint(self, hint: object) -> None:
        found = dataTypeOf(hint)
        self.dataType = found.name
        self._enum = found.enum
        if found.values is not None:
            self.allowedValueList = found.values
        if found.range is not None:
            self.allowedValueRange = found.range

    def _copy(self) -> Self:
        twin = type(self)({name: getattr(self, name) for name in self._elementNames() if name != 'value'})
        twin._enum, twin._value = self._enum, self._value
        return twin

    def describedDefault(self) -> str | None:
        """Return the default as the SCPD has it; None without one."""
        return None if self.defaultValue is None else types.render(self.dataType, self._default())

    def describedRange(self) -> tuple[str, ...] | None:
        """Return minimum, maximum and perhaps step as the SCPD has them; None without a range."""
        limits = self._limits()
        return None if limits is None else tuple(types.render(self.dataType, limit) for limit in limits)

    def _limits(self) -> tuple[Any, ...] | None:
        """Return the range as values of the type, which they are compared with: a float 0.1 is no Decimal 0.1."""
        if self.allowedValueRange is None:
            return None
        return tuple(None if limit is None else types.coerce(self.dataType, limit) for limit in self.allowedValueRange)

    def _described(self) -> tuple[object, ...]:
        try:
            values: tuple[object, ...] = (self.describedDefault(), self.describedRange())
        except (TypeError, ValueError):  # it is not finished, or wrong
            values = (self.defaultValue, self.allowedValueRange)
        return (self.name, self.dataType, self.sendEvents, self.multicast, self.allowedValueList, *values)


def checkModeration(name: str, value: object) -> None:
    """Check what moderates the events of a state variable: None, or a number above zero.

    :raises TypeError: neither.
    :raises ValueError: zero, below, or no finite number.
    """
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f'{name} must be a number, or None, not {value!r}')
    if not 0 < value <= MAX_FLOAT:
        raise ValueError(f'{name} must be above zero, not {value!r}; None turns it off')


def yesOrNo(name: str, value: object) -> bool:
    """Return a boolean element, which may be written as in an SCPD: ``yes`` or ``no``."""
    try:
        return bool(types.parse('boolean', value) if isinstance(value, str) else types.coerce('boolean', value))
    except (TypeError, ValueError) as error:
        error.args = (f'{name}: {error}',)
        raise


# What is wrong


def checkScpd(actions: Sequence[Action], variables: Sequence[StateVariable], path: str) -> None:
    """Check that a service's actions and state variables can be described (UDA 1.1 §2.5).

    :param path: what the errors begin with.
    :raises DescriptionError: they cannot; it names the action and the argument.
    """
    checkNames(variables, f'{path}.stateVariables')
    for variable in variables:
        checkVariable(variable, f'{path}.stateVariables[{variable.name!r}]')
    checkNames(actions, f'{path}.actions')
    known = {variable.name for variable in variables}
    for action in actions:
        place = f'{path}.actions[{action.name!r}]'
        checkAction(action, known, place)
        checkFunction(action, place)


def checkNames(things: Iterable[Action | Argument | StateVariable], path: str) -> None:
    """Check that each has a name that a program can use, without a hyphen, and that is its own (UDA 1.1 §2.5).

    In and out arguments travel apart: one of each may have the same name.
    """
    seen: set[tuple[str, object]] = set()
    for index, thing in enumerate(things):
        place = f'{path}[{index}]'
        if thing.name is None:
            raise DescriptionError('name is missing', place)
        if not isinstance(thing.name, str) or not isName(thing.name):
            raise DescriptionError(
                f'name {thing.name!r} may only have letters, digits, _ and ., and begins with a letter or _', place
            )
        if (own := (thing.name, getattr(thing, 'direction', None))) in seen:
            raise DescriptionError(f'name {thing.name!r} is there twice', place)
        seen.add(own)


def isName(text: str) -> bool:
    """Tell whether a text can be a name: one that UDA allows, and every XML parser takes."""
    return re.fullmatch(ASCII_NAME if text.isascii() else ANY_NAME, text) is not None


def checkVariable(variable: StateVariable, path: str) -> None:
    """Check a state variable's type, list, range and default."""
    if variable.dataType not in DATA_TYPES:
        raise DescriptionError(
            f'{variable.dataType!r} is no UPnP data type ({", ".join(DATA_TYPES)})', f'{path}.dataType'
        )
    if variable.minimumDelta is not None and variable.dataType not in NUMERIC_TYPES:
        raise DescriptionError(
            f'values of type {variable.dataType} have no difference: use maximumRate', f'{path}.minimumDelta'
        )
    checkList(variable, f'{path}.allowedValueList')
    checkRange(variable, f'{path}.allowedValueRange')
    try:
        if (default := variable.describedDefault()) is not None:
            types.checkAllowed(variable.initial, variable.allowedValueList, variable._limits())
            checkText(default)
    except (TypeError, ValueError) as error:
        raise DescriptionError(
            f'{variable.defaultValue!r} is no default of type {variable.dataType}: {error}', f'{path}.defaultValue'
        ) from error


def checkList(variable: StateVariable, path: str) -> None:
    """Check that a list of allowed values has texts, each once."""
    allowed = variable.allowedValueList
    if allowed is None:
        return
    isTexts = isinstance(allowed, tuple) and all(isinstance(one, str) for one in allowed)
    if variable.dataType != 'string' or not isTexts or not allowed:
        raise DescriptionError(f'{allowed!r} is no list of strings, for the type string', path)
    if len(set(allowed)) != len(allowed) or any(map(forbiddenCharacter, allowed)):
        raise DescriptionError(f'{allowed!r} has a value twice, or what XML cannot carry', path)


def checkRange(variable: StateVariable, path: str) -> None:
    """Check that a range has numbers of the variable's type, in order."""
    limits = variable.allowedValueRange
    if limits is None:
        return
    if variable.dataType not in NUMERIC_TYPES or not isinstance(limits, tuple) or len(limits) not in (2, 3):
        raise DescriptionError(
            f'{limits!r} is not (minimum, maximum) or (minimum, maximum, step), for a numeric type', path
        )
    try:
        values: list[Any] = [types.coerce(variable.dataType, limit) for limit in limits]
    except (TypeError, ValueError) as error:
        raise DescriptionError(f'{limits!r} is no range of type {variable.dataType}: {error}', path) from error
    if values[0] > values[1] or any(step <= 0 for step in values[2:]):
        raise DescriptionError(f'{limits!r} has a minimum above its maximum, or a step that is not above zero', path)


def checkAction(action: Action, known: set[str | None], path: str) -> None:
    """Check the arguments of an action: names, order, relations."""
    checkNames(action.arguments, f'{path}.arguments')
    outputs = action.outputs
    isOut = False
    for argument in action.arguments:
        place = f'{path}.arguments[{argument.name!r}]'
        if argument.direction not in ('in', 'out'):
            raise DescriptionError(f"{argument.direction!r} is neither 'in' nor 'out'", f'{place}.direction')
        if argument.direction == 'in' and isOut:
            raise DescriptionError('an in argument stands behind an out argument', place)
        isOut = argument.direction == 'out'
        if argument.retval and not (outputs and argument is outputs[0]):
            raise DescriptionError('only the first out argument can be the retval', place)
        if argument.relatedStateVariable is None:
            raise DescriptionError('it has no type: set relatedStateVariable', place)
        if not isinstance(argument.relatedStateVariable, str) or argument.relatedStateVariable not in known:
            raise DescriptionError(
                f'{argument.relatedStateVariable!r} is not the name of a state variable of this service: '
                f'there are {", ".join(sorted(map(str, known))) or "none"}',
                f'{place}.relatedStateVariable',
            )


def checkFunction(action: Action, path: str) -> None:
    """Check that a function takes the in arguments by keyword."""
    function = action.function
    if function is None:
        return
    if not callable(function):
        raise DescriptionError(f'{function!r} cannot be called', f'{path}.function')
    if (mistake := mismatch(function, [str(argument.name) for argument in action.inputs])) is not None:
        raise DescriptionError(f'{function!r} is to be called with the in arguments by keyword: {mistake}', path)
