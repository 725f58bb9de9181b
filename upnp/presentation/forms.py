"""Actions as forms of a page: one input for each in argument, of the kind that its type wants.

The device is the judge of what is sent: an input helps to enter the right thing, and forbids nothing. It refuses to
know how a call travels; that is the script's.
"""

from collections.abc import Callable, Iterator
from functools import partial
from types import FunctionType, MethodType
from typing import TypeAlias

from ..base.xml import escape, forbiddenCharacter
from ..description import types
from ..description.device import Action, Argument, Service, StateVariable
from ..description.types import NUMERIC_TYPES
from .values import readable, typeAttributes

__all__ = ['Piece', 'actionForm', 'explanation']

Piece: TypeAlias = str | Callable[[], str]  # of a page: as it stands, or what a present value looks like

UNSIGNED_BITS = {f'ui{size}': 8 * size for size in (1, 2, 4, 8)}
SIGNED_BITS = {**{f'i{size}': 8 * size for size in (1, 2, 4, 8)}, 'int': 32}
KINDS = {  # of inputs, by data type; numbers have more to say
    'char': 'type="text" maxlength="1"',
    'string': 'type="text"',
    'date': 'type="date"',
    'dateTime': 'type="datetime-local" step="1"',
    'dateTime.tz': 'type="datetime-local" step="1"',
    'time': 'type="time" step="1"',
    'time.tz': 'type="time" step="1"',
    'boolean': 'type="checkbox" role="switch"',
    'bin.base64': 'type="file"',
    'bin.hex': 'type="file"',
    'uri': 'type="url"',
    'uuid': 'type="text"',
}
NO_ZONE = {'dateTime.tz': len('1970-01-01T00:00:00'), 'time.tz': len('00:00:00')}  # what a browser's input takes


def actionForm(service: Service, action: Action, mark: str) -> Iterator[Piece]:
    """Yield the pieces of an action's form.

    :param mark: what its ids begin with, which nothing else of the page has.
    """
    name, inputs = escape(str(action.name)), action.inputs
    label = escape(readable(str(action.name)))
    yield f'<form class="action{" bare" * (not inputs)}" data-action="{name}" autocomplete="off" novalidate>\n'
    yield f'<fieldset disabled aria-label="{label}">\n'
    if text := explanation(action.function):
        yield f'<p class="about">{escape(text)}</p>\n'
    for index, argument in enumerate(inputs):
        yield from field(argument, service.stateVariables[str(argument.relatedStateVariable)], f'{mark}-{index}')
    yield f'<button title="{name}">{label}</button>\n</fieldset>\n'
    yield '<p role="alert"></p>\n<div role="status">'
    if action.outputs:
        yield f'<dl class="result" hidden>\n{"".join(outputs(service, action))}</dl>'
    yield '</div>\n</form>\n'


def outputs(service: Service, action: Action) -> Iterator[str]:
    """Yield a place for each out argument, which the script fills in."""
    for argument in action.outputs:
        variable = service.stateVariables[str(argument.relatedStateVariable)]
        place = f'<dd data-output="{escape(str(argument.name))}" {typeAttributes(variable)}></dd>'
        yield f'<div><dt>{escape(readable(str(argument.name)))}</dt>{place}</div>\n'


def explanation(function: object) -> str:
    """Return the first paragraph of a function's docstring; of other things it says what they are, not what they do."""
    text = getattr(function, '__doc__', None)
    if not isinstance(function, FunctionType | MethodType) or not isinstance(text, str) or forbiddenCharacter(text):
        return ''
    return ' '.join(text.strip().replace('\r\n', '\n').partition('\n\n')[0].split())


def field(argument: Argument, variable: StateVariable, mark: str) -> Iterator[Piece]:
    """Yield a label and an input."""
    limits = variable.describedRange()
    hint = '' if limits is None else f' <small>{escape(limits[0])} to {escape(limits[1])}</small>'
    yield f'<div class="field"><label for="{mark}">{escape(readable(str(argument.name)))}{hint}</label>\n'
    common = f'id="{mark}" data-argument="{escape(str(argument.name))}" data-type="{escape(variable.dataType)}"'
    if variable.allowedValueList:
        yield f'<select {common}>'
        yield begins(variable, partial(options, variable.allowedValueList))
        yield '</select></div>\n'
    else:
        yield f'<input {common} {kindOf(variable)}'
        yield begins(variable, partial(beginning, variable.dataType))
        yield '></div>\n'


def kindOf(variable: StateVariable) -> str:
    """Return what makes an input the right one for a type and a range."""
    name = variable.dataType
    if name not in NUMERIC_TYPES:
        return KINDS[name]
    if limits := variable.describedRange():
        minimum, maximum, *steps = limits
        step = steps[0] if steps else '1' if isWhole(name) else 'any'
        return f'type="number" data-slider min="{escape(minimum)}" max="{escape(maximum)}" step="{escape(step)}"'
    if not isWhole(name):
        return 'type="number" step="any"'
    bits = UNSIGNED_BITS.get(name) or SIGNED_BITS[name] - 1
    return f'type="number" min="{0 if name in UNSIGNED_BITS else -(2**bits)}" max="{2**bits - 1}" step="1"'


def isWhole(name: str) -> bool:
    """Tell whether a type is one of whole numbers."""
    return name in UNSIGNED_BITS or name in SIGNED_BITS


def begins(variable: StateVariable, write: Callable[[str], str]) -> Callable[[], str]:
    """Return what writes the value that an input begins with, at the time the page is read."""

    def piece() -> str:
        try:
            return write(firstText(variable))
        except (TypeError, ValueError, LookupError):  # it is changed into something that cannot be told
            return write('')

    return piece


def firstText(variable: StateVariable) -> str:
    """Return the value that an input begins with: the default, or the present value, where there is one."""
    if not variable.isLocal:
        return variable.text
    if variable.defaultValue is None and not (variable.allowedValueList or variable.dataType in NUMERIC_TYPES):
        return ''
    return types.render(variable.dataType, variable.initial)


def beginning(dataType: str, text: str) -> str:
    """Return the attribute that an input begins with."""
    if dataType == 'boolean':
        return ' checked' if text == '1' else ''
    if text == '' or dataType in ('bin.base64', 'bin.hex'):  # a page cannot give a file
        return ''
    size = NO_ZONE.get(dataType)
    zoned = '' if size is None or len(text) == size else f' data-moment="{escape(text)}"'
    return f' value="{escape(text[:size])}"{zoned}'


def options(values: tuple[str, ...], text: str) -> str:
    """Return the values that are allowed, with the one that is chosen."""
    return ''.join(
        f'<option{exactly(value)}{" selected" * (value == text)}>{escape(value)}</option>' for value in values
    )


def exactly(value: str) -> str:
    """Return the attribute by which a browser does not take the white space of a value as it likes."""
    return '' if value == ' '.join(value.split()) else f' value="{escape(value)}"'
