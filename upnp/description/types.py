"""The data types of UPnP (UDA 2.0 §2.5): a text from the wire to a Python value, and back.

It knows the form and the range of each type, and which fault a caller is told for a wrong value (UDA 2.0 §3.2.5). It
refuses to know XML, variables and actions. Parsing is liberal about signs, case and white space around; rendering is
strict, and what is rendered reads back as an equal value.
"""

import math
import operator
import re
from binascii import a2b_base64, b2a_base64, unhexlify
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    from decimal import Decimal
    from uuid import UUID
else:  # their modules are loaded when a value needs them; until then a hint says what the two support
    from typing import SupportsFloat as Decimal
    from typing import SupportsInt as UUID

__all__ = [
    *('DATA_TYPES', 'NUMERIC_TYPES', 'Range', 'Value', 'ValueMismatch', 'checkAllowed', 'coerce', 'parse', 'render'),
    'zero',
]

Value: TypeAlias = bool | int | float | Decimal | str | bytes | date | datetime | time | UUID
Number: TypeAlias = int | float | Decimal
Moment = TypeVar('Moment', datetime, time)

INVALID_ARGS, INVALID_VALUE, OUT_OF_RANGE = 402, 600, 601  # UDA 2.0 §3.2.5

SPACE = ' \t\r\n'  # what XML counts as white space
NO_SPACE = dict.fromkeys(map(ord, SPACE))
MAX_SHOWN = 80  # characters of a value in an error's text
ENOUGH_DIGITS = 21  # of a whole number to see that it is beyond every type; int() on a long text is slow
MAX_R4, MAX_R8 = 3.40282347e38, 1.7976931348623157e308  # r4 as UDA writes it: one of 32 bits, rounded up
STEP_TOLERANCE = 1e-6  # of the numbers compared: peers compute with 32 bits, which hold seven digits

# Texts, compiled when first needed: many a program needs none. No part of them can match a row of digits in two ways.
WHOLE = '([+-]?)([0-9]+)'
DECIMAL = r'[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?'
NOT_FINITE = '(?ai:[+-]?(?:nan|inf|infinity))'
NOT_URI = r'[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]'
HEX_UUID = '[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}'
ANY_UUID = rf'(?ai:(?:urn:)?uuid:)?({HEX_UUID})|\{{({HEX_UUID})\}}'
DAY = '[0-9]{4}-[0-9]{2}-[0-9]{2}'
CLOCK = r'[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?'
ZONE = '(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?'
DAY_AND_CLOCK, DAY_AND_ZONE = f'{DAY}(?:[Tt ]{CLOCK})?', f'{DAY}(?:[Tt ]{CLOCK}{ZONE})?'
NO_MOMENT = '(?:^|[Tt ])24:|[+-][0-9]{2}:?[6-9][0-9]$'  # some Pythons read these two as other moments

BOOLEANS = {'1': True, 'true': True, 'yes': True, '0': False, 'false': False, 'no': False}


class ValueMismatch(ValueError):
    """A value is not one of its type, or not one that is allowed.

    :param text: the value, and what is wanted in its place.
    :param code: what a caller that sent it is told: 402 for a wrong form, 600 for a right form that means nothing,
        601 for a value out of its range or list.
    """

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class Range(NamedTuple):
    """The numbers that a variable or an argument can have: ``Annotated[int, upnp.Range(0, 100, 5)]``.

    Both ends are allowed. With a step, only ``minimum``, ``minimum + step`` and so on are.
    """

    minimum: float
    maximum: float
    step: float | None = None


Range.__module__ = 'upnp'  # which a NamedTuple cannot say inside


class DataType(NamedTuple):
    """What is done with the values of one type."""

    read: Callable[[str], object]  # judges the form of a text; what it returns, coerce judges
    coerce: Callable[[object], Value]
    render: Callable[[Any], str]  # of what coerce returned
    zero: str  # the text of a value that nobody has set


def parse(dataType: str, text: str) -> Value:
    """Return the value that a peer or a file gives as text.

    :raises ValueMismatch: it is none of the type; nothing else is raised, whatever the text.
    :raises ValueError: no such type.
    """
    chosen = typeNamed(dataType)
    return chosen.coerce(chosen.read(text))


def coerce(dataType: str, value: object) -> Value:
    """Return what a program gives as the type's own Python value: an int for a float, bytes for a bytearray.

    :raises TypeError: its Python type is not taken. Nothing is guessed: no number from a text, none from a bool.
    :raises ValueMismatch: the Python type is taken, the value is not.
    :raises ValueError: no such type.
    """
    return typeNamed(dataType).coerce(value)


def render(dataType: str, value: Value) -> str:
    """Return the text of a value, which is coerced first, before any escaping for XML."""
    chosen = typeNamed(dataType)
    return chosen.render(chosen.coerce(value))


def zero(dataType: str) -> Value:
    """Return the value of a variable that nobody has set: 0, false, the empty text, 1 January 1970."""
    return parse(dataType, typeNamed(dataType).zero)


def checkAllowed(value: Value, values: Sequence[str] | None, range_: Sequence[Number | None] | None) -> None:
    """Check a value of the right type against its variable's list and range (UDA 2.0 §2.5); ``None`` allows all.

    :param range_: minimum, maximum, and the step from the minimum where there is one.
    :raises ValueMismatch: 601, it is not in the list, or below, above, or between two steps.
    """
    if values is not None and value not in values:
        raise mismatch(value, f'one of {", ".join(map(shown, values))}', OUT_OF_RANGE)
    if range_ is not None and hasattr(value, '__float__'):
        checkRange(value, *range_)  # type: ignore[arg-type]  # it is a number


def checkRange(value: Number, minimum: Number | None, maximum: Number | None, step: Number | None = None) -> None:
    """Check a number against a range, either end of which may be open."""
    if not isinstance(value, int) and any(isinstance(limit, float) for limit in (minimum, maximum, step)):
        value = float(value)  # a Decimal 0.1 is less than the float 0.1
    if minimum is not None and value < minimum:
        raise mismatch(value, f'at least {minimum}', OUT_OF_RANGE)
    if maximum is not None and value > maximum:
        raise mismatch(value, f'at most {maximum}', OUT_OF_RANGE)
    if step and not isMultiple(value, minimum or 0, step):
        raise mismatch(value, f'a multiple of {step} from {minimum or 0}', OUT_OF_RANGE)


def isMultiple(value: Number, minimum: Number, step: Number) -> bool:
    """Tell whether whole steps lead from the minimum to the value: exactly so, unless one of them is a float."""
    if not (isinstance(value, float) or isinstance(minimum, float) or isinstance(step, float)):
        return (value - minimum) % step == 0
    end, start, size = float(value), float(minimum), float(step)
    if math.isinf(end - start):  # so far apart that floats tell no steps
        return True
    return abs(math.remainder(end - start, size)) <= STEP_TOLERANCE * max(abs(end), abs(start), abs(size))


def typeNamed(name: str) -> DataType:
    """Return a type by UPnP's name, or raise ValueError with those that there are."""
    if name not in TYPES:
        raise ValueError(f'dataType {shown(name)} is not one of {", ".join(TYPES)}')
    return TYPES[name]


def shown(value: object) -> str:
    """Return a value as an error shows it."""
    try:
        text = repr(value)
    except ValueError:  # an int of more digits than Python cares to print
        text = f'<{type(value).__name__}>'
    return text if len(text) <= MAX_SHOWN else f'{text[: MAX_SHOWN - 3]}...'


def tip(value: object, wanted: str) -> str:
    """Return what to do with a value that could be meant for a number."""
    return f': pass {wanted}(...) if that is meant' if isinstance(value, str | float | bool) else ''


def mismatch(value: object, wanted: str, code: int) -> ValueMismatch:
    """Return the error for a value that is not what is wanted."""
    return ValueMismatch(f'{shown(value)} is not {wanted}', code)


def readInt(text: str) -> int:
    """Read a whole number; a sign and leading zeros are taken for every type."""
    if (match := re.fullmatch(WHOLE, text.strip(SPACE))) is None:
        raise mismatch(text, 'a whole number', INVALID_ARGS)
    return int(match[1] + (match[2].lstrip('0') or '0')[:ENOUGH_DIGITS])


def coerceInt(minimum: int, maximum: int, value: object) -> int:
    """Take what Python takes for an index, but no bool, which is more often a mistake."""
    if isinstance(value, bool) or not hasattr(value, '__index__'):
        raise TypeError(f'{shown(value)} is not an int{tip(value, "int")}')
    if not minimum <= (number := operator.index(value)) <= maximum:
        raise mismatch(value, f'from {minimum} to {maximum}', OUT_OF_RANGE)
    return number


def decimalText(text: str) -> str:
    """Return the text of a number, with or without a fraction and an exponent."""
    number = text.strip(SPACE)
    if re.fullmatch(DECIMAL, number):
        return number
    code = INVALID_VALUE if re.fullmatch(NOT_FINITE, number) else INVALID_ARGS
    raise mismatch(text, 'a number such as -12.5 or 1e-3', code)


def readFloat(text: str) -> float:
    """Read a floating-point number."""
    number = float(decimalText(text))
    if math.isinf(number):
        raise mismatch(text, 'within 64 bits', OUT_OF_RANGE)
    return number


def coerceFloat(limit: float, value: object) -> float:
    """Take every number but a bool."""
    if isinstance(value, bool) or not hasattr(value, '__float__'):
        raise TypeError(f'{shown(value)} is not a float{tip(value, "float")}')
    try:
        number = float(value)
    except OverflowError:  # an int
        raise mismatch(value, 'within 64 bits', OUT_OF_RANGE) from None
    except ValueError:  # a signalling NaN of Decimal
        number = math.nan
    if not math.isfinite(number):
        raise mismatch(value, 'a finite number', INVALID_VALUE)
    if abs(number) > limit:
        raise mismatch(value, 'within 32 bits', OUT_OF_RANGE)
    return number


def readFixed(text: str) -> 'Decimal':
    """Read a decimal number."""
    from decimal import Context, Decimal, InvalidOperation  # loaded when first needed: few devices do

    number = decimalText(text)
    try:
        return Decimal(number, Context(traps=[InvalidOperation]))
    except InvalidOperation:  # an exponent of twenty digits
        raise mismatch(text, 'within 14 digits left and 4 right of the point', OUT_OF_RANGE) from None


def coerceFixed(value: object) -> 'Decimal':
    """Take every number but a bool; a float is taken for what Python prints of it, 0.1 for one tenth."""
    from decimal import Context, Decimal, Inexact, InvalidOperation  # loaded when first needed

    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        number = Decimal(value)
    else:
        number = Decimal(repr(coerceFloat(MAX_R8, value)))
    if not number.is_finite():
        raise mismatch(value, 'a finite number', INVALID_VALUE)
    exact = Context(prec=18, traps=[Inexact, InvalidOperation])
    try:
        short = number.quantize(Decimal('0.0001'), context=exact).normalize(exact)
    except (Inexact, InvalidOperation):
        raise mismatch(value, 'within 14 digits left and 4 right of the point', OUT_OF_RANGE) from None
    return Decimal(f'{short:f}') if short else Decimal(0)  # no exponent, and no minus zero


def readBool(text: str) -> bool:
    """Read a boolean; UDA wants the words, though deprecated, to be understood."""
    if (value := BOOLEANS.get(text.strip(SPACE).lower())) is None:
        raise mismatch(text, 'a boolean: 0 or 1', INVALID_ARGS)
    return value


def coerceBool(value: object) -> bool:
    """Take a bool, and 0 and 1, which libraries for pins give."""
    if isinstance(value, bool):
        return value
    if not hasattr(value, '__index__'):
        raise TypeError(f'{shown(value)} is not a bool')
    if (number := operator.index(value)) not in (0, 1):
        raise mismatch(value, 'a bool, 0 or 1', INVALID_VALUE)
    return number == 1


def coerceString(value: object) -> str:
    """Take a text, also one that is a member of an Enum. What XML cannot carry is found where XML is written."""
    text = value.value if isinstance(value, Enum) else value
    if not isinstance(text, str):
        raise TypeError(f'{shown(value)} is not a str')
    return str.__str__(text)  # no subclass: it may mean more to others than the text


def readChar(text: str) -> str:
    """Read one character; around any but white space itself, white space is skipped."""
    return text if len(text) == 1 else text.strip(SPACE)


def coerceChar(value: object) -> str:
    """Take a text of one character."""
    if len(text := coerceString(value)) != 1:
        raise mismatch(value, 'one character', INVALID_ARGS)
    return text


def coerceUri(value: object) -> str:
    """Take any text that can stand in one line without spaces: peers differ on what else a URI is."""
    uri = coerceString(value).strip(SPACE)
    if re.search(NOT_URI, uri):
        raise mismatch(value, 'a URI: no white space, no control characters', INVALID_ARGS)
    return uri


def coerceUuid(value: object) -> 'UUID':
    """Take a UUID, or its text: bare, with the prefix of a UDN or of RFC 9562, or in braces."""
    from uuid import UUID  # loaded when first needed: few services have one

    if isinstance(value, UUID):
        return value
    if (match := re.fullmatch(ANY_UUID, coerceString(value).strip(SPACE))) is None:
        raise mismatch(value, 'a UUID such as 00a56575-78fa-40fe-b107-8f4b5043a2b0', INVALID_ARGS)
    return UUID(match[1] or match[2])


def readBase64(text: str) -> bytes:
    """Read base64; peers break it into lines."""
    letters = text.translate(NO_SPACE)
    try:
        value = a2b_base64(letters, strict_mode=True)
    except ValueError:
        value = b''
    if len(letters) != (len(value) + 2) // 3 * 4:  # before Python 3.13, padding may follow a full group
        raise mismatch(text, 'base64', INVALID_ARGS)
    return value


def readHex(text: str) -> bytes:
    """Read pairs of hexadecimal digits."""
    try:
        return unhexlify(text.translate(NO_SPACE))
    except ValueError:
        raise mismatch(text, 'pairs of hexadecimal digits', INVALID_ARGS) from None


def coerceBytes(value: object) -> bytes:
    """Take bytes, and what Python has beside them for the same."""
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f'{shown(value)} is not bytes')
    return bytes(value)


def readMoment(pattern: str, make: Callable[[str], object], form: str, text: str) -> object:
    """Read a date, a time of day or both; of the many forms of ISO 8601 UDA takes one each."""
    moment = text.strip(SPACE)
    if not re.fullmatch(pattern, moment):
        raise mismatch(text, f'of the form {form}', INVALID_ARGS)
    try:
        if re.search(NO_MOMENT, moment):
            raise ValueError(moment)
        return make(moment.upper())
    except ValueError:  # 30 February, second 60, an offset of a day
        raise mismatch(text, 'a moment that exists', INVALID_VALUE) from None


def coerceDate(value: object) -> date:
    """Take a date, not one with a time, which would be lost."""
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError(f'{shown(value)} is not a date{": pass its .date()" * isinstance(value, datetime)}')
    return value


def coerceDateTime(hasZone: bool, value: object) -> datetime:
    """Take a datetime, and a date, which stands for its midnight."""
    if isinstance(value, datetime):
        return checkZone(hasZone, value)
    if not isinstance(value, date):
        raise TypeError(f'{shown(value)} is not a datetime')
    return datetime.combine(value, time())


def coerceTime(hasZone: bool, value: object) -> time:
    """Take a time of day."""
    if not isinstance(value, time):
        raise TypeError(f'{shown(value)} is not a time{": pass its .timetz()" * isinstance(value, datetime)}')
    return checkZone(hasZone, value)


def checkZone(hasZone: bool, value: Moment) -> Moment:
    """Return a moment in whole seconds, whose zone can be written: in whole minutes, and only for a type that has one.

    Fractions of a second are legal and break readers, async_upnp_client 0.49 for one.
    """
    value = value.replace(microsecond=0)
    if (offset := value.utcoffset()) is None:
        return value
    if not hasZone:
        raise mismatch(value, 'without a zone: take it off, or make the type dateTime.tz or time.tz', INVALID_VALUE)
    if offset % timedelta(minutes=1):
        raise mismatch(value, 'in a zone of whole minutes', INVALID_VALUE)
    return value


def wholeType(minimum: int, maximum: int) -> DataType:
    """Return a type of whole numbers."""
    return DataType(readInt, partial(coerceInt, minimum, maximum), str, '0')


def momentType(kind: type[date] | type[time], pattern: str, coerce: Callable[[object], Value], zero: str) -> DataType:
    """Return a type of date, time of day or both."""
    return DataType(partial(readMoment, pattern, kind.fromisoformat, zero), coerce, kind.isoformat, zero)


DOUBLE = DataType(readFloat, partial(coerceFloat, MAX_R8), repr, '0')  # repr is the shortest that reads back the same

TYPES = {  # UDA 2.0 §2.5, in its order
    **{f'ui{size}': wholeType(0, 2 ** (8 * size) - 1) for size in (1, 2, 4, 8)},
    **{f'i{size}': wholeType(-(2 ** (8 * size - 1)), 2 ** (8 * size - 1) - 1) for size in (1, 2, 4, 8)},
    'int': wholeType(-(2**31), 2**31 - 1),  # UDA gives no size; most stacks read it into an i4
    'r4': DataType(readFloat, partial(coerceFloat, MAX_R4), repr, '0'),
    'r8': DOUBLE,
    'number': DOUBLE,
    'fixed.14.4': DataType(readFixed, coerceFixed, str, '0'),
    'float': DOUBLE,
    'char': DataType(readChar, coerceChar, str, '0'),
    'string': DataType(str, coerceString, str, ''),
    'date': momentType(date, DAY, coerceDate, '1970-01-01'),
    'dateTime': momentType(datetime, DAY_AND_CLOCK, partial(coerceDateTime, False), '1970-01-01T00:00:00'),
    'dateTime.tz': momentType(datetime, DAY_AND_ZONE, partial(coerceDateTime, True), '1970-01-01T00:00:00'),
    'time': momentType(time, CLOCK, partial(coerceTime, False), '00:00:00'),
    'time.tz': momentType(time, CLOCK + ZONE, partial(coerceTime, True), '00:00:00'),
    'boolean': DataType(readBool, coerceBool, '{:d}'.format, '0'),
    'bin.base64': DataType(readBase64, coerceBytes, lambda value: b2a_base64(value, newline=False).decode(), ''),
    'bin.hex': DataType(readHex, coerceBytes, bytes.hex, ''),
    'uri': DataType(str, coerceUri, str, ''),
    'uuid': DataType(str, coerceUuid, str, '00000000-0000-0000-0000-000000000000'),
}

DATA_TYPES = tuple(TYPES)
NUMERIC_TYPES = DATA_TYPES[: DATA_TYPES.index('char')]  # those that may have an allowedValueRange
