"""Python's hints read as UPnP data types, and functions read as actions: names, hints, defaults, outputs.

It refuses to know state variables: what it returns is plain, and :mod:`upnp.description.declaration` makes objects of
it.
"""

import inspect
import types
import typing
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time
from enum import Enum
from functools import partial
from inspect import get_annotations
from types import SimpleNamespace
from typing import Annotated, Literal, NamedTuple, get_args, get_origin

from .types import Range

__all__ = [
    *('Call', 'DataType', 'Parameter', 'callParameter', 'dataTypeOf', 'mismatch', 'outputsOf', 'parametersOf'),
    *('isCall', 'oddity', 'returnHint', 'textOfMember'),
]

PLAIN: dict[type, str] = {
    bool: 'boolean',
    int: 'i4',
    float: 'r8',
    str: 'string',
    bytes: 'bin.base64',
    datetime: 'dateTime',
    date: 'date',
    time: 'time',
}
# By module and name, so that importing them stays with those who use them; the first may be written in C.
NAMED = {('decimal', 'Decimal'): 'fixed.14.4', ('uuid', 'UUID'): 'uuid'}
KNOWN = 'bool, int, float, str, bytes, datetime, date, time, UUID, Decimal, Literal[...] or an Enum'
EMPTY = inspect.Parameter.empty
NAMED_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
RESULT = 'Result'
YIELDS = 'it yields, and an action returns'


@dataclass(frozen=True, slots=True)
class Call:
    """Who called an action, and how: what a function gets in a parameter that is annotated ``upnp.Call``.

    :param peer: the caller's address and port; an IPv6 address on a link carries the link's number: ``fe80::9%3``.
    :param host: the address of ours that was called, likewise.
    :param headers: of the request, by lower-case name.
    :param serviceType: the one that was called, whose version may be lower than the service's.
    :param action: the action's name.
    """

    __module__ = 'upnp'

    peer: tuple[str, int]
    host: str
    headers: Mapping[str, str]
    serviceType: str
    action: str


class DataType(NamedTuple):
    """What a hint says of a state variable: UPnP's data type, what is allowed, and the Enum that values come as."""

    name: str
    values: tuple[str, ...] | None = None
    range: Range | None = None
    enum: type[Enum] | None = None


class Parameter(NamedTuple):
    """A parameter of a function: its name, its hint (None without one) and its default (``EMPTY`` without one)."""

    name: str
    hint: object
    default: object

    @property
    def isOptional(self) -> bool:
        """Tell whether it has a default."""
        return self.default is not EMPTY


def dataTypeOf(hint: object) -> DataType:
    """Return the data type that a hint stands for.

    :raises TypeError: none does.
    """
    hint = meant(hint)
    if get_origin(hint) is Annotated:
        plain, *notes = get_args(hint)
        if any(isinstance(note, range) for note in notes):
            raise TypeError(
                f'{hint!r} has a range of Python, which says nothing here: use upnp.Range(minimum, maximum)'
            )
        ranges = [note for note in notes if isinstance(note, Range)]
        found = dataTypeOf(plain)
        return DataType(found.name, found.values, ranges[-1] if ranges else found.range, found.enum)
    if get_origin(hint) is Literal:
        values = get_args(hint)
        if not all(isinstance(value, str) for value in values):
            raise TypeError(f'{hint!r} has values that are no texts: a list of allowed values consists of texts')
        return DataType('string', tuple(values))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return DataType('string', tuple(textOfMember(member) for member in hint), enum=hint)
    if isinstance(hint, type):
        name = PLAIN.get(hint) or NAMED.get((hint.__module__.lstrip('_'), hint.__name__))
        if name is not None:
            return DataType(name)
    raise TypeError(f'{hint!r} stands for no UPnP data type: use {KNOWN}')


def meant(hint: object) -> object:
    """Return what a NewType, or since Python 3.12 an alias by ``type``, stands for; other hints are as they are."""
    for name in ('__supertype__', '__value__'):
        if hasattr(hint, name):
            return meant(getattr(hint, name))
    return hint


def textOfMember(member: Enum) -> str:
    """Return the text that an Enum's member travels as: its value where all values are texts, else its name."""
    return str(member.value) if all(isinstance(one.value, str) for one in type(member)) else member.name


def parametersOf(function: Callable[..., object], known: Container[str] = ()) -> list[Parameter]:
    """Return the parameters that an action's in arguments are given to, without ``self`` of a method's function.

    :param known: names of parameters whose hints do not count, as something else gives them a type.
    :raises TypeError: one that cannot be given by keyword, or hints that cannot be resolved.
    """
    return [
        Parameter(
            one.name,
            None if one.annotation is EMPTY or one.name in known else resolved(function, one.annotation),
            one.default,
        )
        for one in namedParameters(function)
    ]


def namedParameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    """Return the parameters of a function that calls give by keyword."""
    found = []
    for one in inspect.signature(function).parameters.values():
        if one.kind in NAMED_KINDS:
            found.append(one)
        elif one.kind is not inspect.Parameter.VAR_KEYWORD:
            raise TypeError(f'parameter {one.name!r} cannot be given by keyword, as arguments are')
    return found


def callParameter(function: Callable[..., object]) -> str | None:
    """Return the name of the parameter that wants the :class:`Call`, if there is one; never raises."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # many functions written in C have none
        return None
    for one in parameters:
        try:
            if isCall(resolved(function, one.annotation)):
                return one.name
        except TypeError:  # a hint for type checkers
            continue
    return None


def isCall(hint: object) -> bool:
    """Tell whether a hint asks for the :class:`Call`; ``upnp.Call | None`` does too."""
    return hint is Call or Call in get_args(hint)


def oddity(function: Callable[..., object]) -> str | None:
    """Return what is wrong with a method whatever its arguments are; None when nothing is.

    :param function: as it stands in the class, with ``self``.
    """
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        return YIELDS
    first = next(iter(inspect.signature(function).parameters.values()), None)
    if first is None:
        return 'it has no parameter for the service: write it with self'
    try:
        dataTypeOf(resolved(function, first.annotation))
    except TypeError:  # no hint, as self has, or one for type checkers
        return None
    return f'its first parameter {first.name!r} has a data type: is self missing before it?'


def mismatch(function: Callable[..., object], names: Iterable[str]) -> str | None:
    """Return why a function cannot be called with these arguments by keyword; None when it can, or cannot tell."""
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        return YIELDS
    given = dict.fromkeys(names)
    if (call := callParameter(function)) is not None:
        given[call] = None
    try:
        inspect.signature(function).bind(**given)
    except ValueError:  # many functions written in C have no signature
        return None
    except TypeError as error:
        return str(error)
    return None


def returnHint(function: Callable[..., object]) -> object:
    """Return the hint of what a function returns; None without one.

    :raises TypeError: it cannot be resolved.
    """
    annotation = inspect.signature(function).return_annotation
    return None if annotation is EMPTY else resolved(function, annotation)


def outputsOf(hint: object) -> dict[str, object]:
    """Return the outputs by name: the fields of a NamedTuple or a dataclass, else one that is called ``Result``.

    :raises TypeError: the hints of the fields cannot be resolved.
    """
    if hint is None or hint is type(None):
        return {}
    if isinstance(hint, type) and ((issubclass(hint, tuple) and hasattr(hint, '_fields')) or is_dataclass(hint)):
        names = [field.name for field in fields(hint)] if is_dataclass(hint) else list(getattr(hint, '_fields', ()))
        annotations = {name: note for kind in reversed(hint.__mro__) for name, note in get_annotations(kind).items()}
        return {name: resolved(hint, annotations.get(name)) for name in names}
    return {RESULT: hint}


def resolved(owner: object, annotation: object) -> object:
    """Return a hint that may be written as a text, as all are under ``from __future__ import annotations``.

    :raises TypeError: a name in it is unknown where its owner was defined.
    """
    while isinstance(owner, partial):
        owner = owner.func
    owner = inspect.unwrap(owner) if callable(owner) else owner
    space = getattr(owner, '__globals__', None) or vars(inspect.getmodule(owner) or typing)
    inner = vars(owner.__self__) if isinstance(owner, types.MethodType) and isinstance(owner.__self__, type) else {}
    holder = SimpleNamespace(__annotations__={'hint': annotation})
    try:
        hint = meant(typing.get_type_hints(holder, space, dict(inner), include_extras=True)['hint'])
    except (NameError, SyntaxError, AttributeError, TypeError) as error:
        raise TypeError(
            f'the hint {annotation!r} cannot be resolved ({error}): import its names at the top of the module, '
            'not for type checkers only, or name a state variable instead'
        ) from error
    return None if hint is types.NoneType else hint
