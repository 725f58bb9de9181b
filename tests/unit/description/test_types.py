"""UPnP's data types: what each takes from a peer and from a program, what it writes, what it refuses and how."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Context, Decimal, localcontext
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upnp.description.types import (
    DATA_TYPES,
    NUMERIC_TYPES,
    Range,
    Value,
    ValueMismatch,
    checkAllowed,
    coerce,
    parse,
    render,
    zero,
)

FEW = settings(max_examples=20, deadline=None, database=None, derandomize=True)


class Colour(Enum):
    RED = 'red'
    LONGER = 'a text'
    NONE = 0


class Tone(StrEnum):
    LOW = 'low'


class Level(IntEnum):
    OFF = 0
    HIGH = 200


class Strange(str):
    """A text that prints as another one."""

    __slots__ = ()

    def __str__(self) -> str:
        return 'strange'


class Local(tzinfo):
    """A zone that knows its offset at a date only, as those of cities."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return None if moment is None else timedelta(hours=2)

    def dst(self, moment: datetime | None) -> None:
        pass

    def tzname(self, moment: datetime | None) -> None:
        pass


INDIA = timezone(timedelta(hours=5, minutes=30))
WEST = timezone(-timedelta(hours=9, minutes=30))
EDGE = timezone(timedelta(hours=23, minutes=59))
UNEVEN = timezone(timedelta(hours=1, seconds=1))
LOCAL = Local()
SOME_UUID = UUID('00a56575-78fa-40fe-b107-8f4b5043a2b0')
ARABIC_FIVE = '\u0665'

# Text and value, in both directions.
CANONICAL: dict[str, dict[str, object]] = {
    'ui1': {'0': 0, '1': 1, '255': 255},
    'ui2': {'0': 0, '65535': 65535},
    'ui4': {'0': 0, '4294967295': 2**32 - 1},
    'ui8': {'0': 0, '18446744073709551615': 2**64 - 1},
    'i1': {'-128': -128, '0': 0, '127': 127},
    'i2': {'-32768': -32768, '32767': 32767},
    'i4': {'-2147483648': -(2**31), '2147483647': 2**31 - 1},
    'i8': {'-9223372036854775808': -(2**63), '9223372036854775807': 2**63 - 1},
    'int': {'-2147483648': -(2**31), '2147483647': 2**31 - 1},
    'r4': {'0.0': 0.0, '-1.5': -1.5, '0.1': 0.1, '3.40282347e+38': 3.40282347e38, '-3.40282347e+38': -3.40282347e38},
    'r8': {'0.0': 0.0, '-0.0': -0.0, '0.1': 0.1, '1e+16': 1e16, '5e-324': 5e-324},
    'number': {'2.5': 2.5, '1.7976931348623157e+308': 1.7976931348623157e308},
    'fixed.14.4': {
        **{'0': Decimal(0), '1.5': Decimal('1.5'), '-12.25': Decimal('-12.25'), '100': Decimal(100)},
        **{'0.0001': Decimal('0.0001'), '99999999999999.9999': Decimal('99999999999999.9999')},
    },
    'float': {'-1.7976931348623157e+308': -1.7976931348623157e308, '1e-07': 1e-7},
    'char': {'a': 'a', '0': '0', ' ': ' ', '\n': '\n', 'é': 'é', '\U0001f600': '\U0001f600', '\ud800': '\ud800'},
    'string': {'': '', ' a\tb\n ': ' a\tb\n ', '<&>': '<&>', 'é\U0001f600': 'é\U0001f600', 'a\ud800': 'a\ud800'},
    'date': {
        **{'0001-01-01': date(1, 1, 1), '1970-01-01': date(1970, 1, 1)},
        **{'2024-02-29': date(2024, 2, 29), '9999-12-31': date(9999, 12, 31)},
    },
    'dateTime': {
        '0001-01-01T00:00:00': datetime(1, 1, 1),
        '2024-02-29T23:59:59': datetime(2024, 2, 29, 23, 59, 59),
        '9999-12-31T23:59:59': datetime.max.replace(microsecond=0),
    },
    'dateTime.tz': {
        '2024-02-29T23:59:59': datetime(2024, 2, 29, 23, 59, 59),
        '2024-02-29T12:00:01+00:00': datetime(2024, 2, 29, 12, 0, 1, tzinfo=UTC),
        '2024-02-29T12:00:00+05:30': datetime(2024, 2, 29, 12, tzinfo=INDIA),
        '0001-01-01T00:00:00+23:59': datetime(1, 1, 1, tzinfo=EDGE),
    },
    'time': {'00:00:00': time(), '12:30:05': time(12, 30, 5), '23:59:59': time(23, 59, 59)},
    'time.tz': {
        **{'12:30:00': time(12, 30), '12:30:00+00:00': time(12, 30, tzinfo=UTC)},
        **{'12:30:00-09:30': time(12, 30, tzinfo=WEST), '23:59:59+23:59': time(23, 59, 59, tzinfo=EDGE)},
    },
    'boolean': {'0': False, '1': True},
    'bin.base64': {'': b'', 'AA==': b'\0', 'AAE=': b'\0\1', '+/8A': b'\xfb\xff\0', 'QUJDRA==': b'ABCD'},
    'bin.hex': {'': b'', '00ff0a': b'\0\xff\n'},
    'uri': {'': '', 'a': 'a', 'http://[fe80::1%25eth0]/é?a=b#c': 'http://[fe80::1%25eth0]/é?a=b#c', '%zz<"': '%zz<"'},
    'uuid': {
        '00a56575-78fa-40fe-b107-8f4b5043a2b0': SOME_UUID,
        'ffffffff-ffff-ffff-ffff-ffffffffffff': UUID(int=2**128 - 1),
    },
}

SPACED_WHOLE: dict[str, object] = {
    ' 5': 5,
    '5\r\n': 5,
    '\t5 ': 5,
    '+5': 5,
    '005': 5,
    '-0': 0,
    '+0': 0,
    f'{0:040}': 0,
    f'{5:040}': 5,
}
NEGATIVE: dict[str, object] = {' -5 ': -5, '-005': -5}
SPACED_REAL: dict[str, object] = {
    **{'5': 5.0, '+5': 5.0, ' -5.50\n': -5.5, '.5': 0.5, '-.5': -0.5, '005.0': 5.0, '-0': -0.0},
    **{'1e2': 100.0, '1E+2': 100.0, '15e-1': 1.5, '.5e1': 5.0, '1e-999': 0.0, '0e999': 0.0},
}

# Text to value only: what peers write too.
LIBERAL: dict[str, dict[str, object]] = {
    **dict.fromkeys(('ui1', 'ui2', 'ui4', 'ui8'), SPACED_WHOLE),
    **dict.fromkeys(('i1', 'i2', 'i4', 'i8', 'int'), SPACED_WHOLE | NEGATIVE),
    **dict.fromkeys(('r4', 'r8', 'number', 'float'), SPACED_REAL),
    'fixed.14.4': {
        **{'1.50000000': Decimal('1.5'), '+001.5': Decimal('1.5'), ' .5 ': Decimal('0.5'), '15e-1': Decimal('1.5')},
        **{'1e2': Decimal(100), '-0.0': Decimal(0), '0e99': Decimal(0), '1E13': Decimal(10**13)},
    },
    'char': {' a ': 'a', '\r\n\ta': 'a', 'é ': 'é'},
    'string': {'\0': '\0'},
    'date': {' 2024-02-29\n': date(2024, 2, 29)},
    'dateTime': {
        '2024-02-29': datetime(2024, 2, 29),
        ' 2024-02-29t12:30 ': datetime(2024, 2, 29, 12, 30),
        '2024-02-29 12:30:01.5': datetime(2024, 2, 29, 12, 30, 1),
        '2024-02-29T12:30:01.9999999999': datetime(2024, 2, 29, 12, 30, 1),
    },
    'dateTime.tz': {
        '2024-02-29': datetime(2024, 2, 29),
        '2024-02-29T12:30Z': datetime(2024, 2, 29, 12, 30, tzinfo=UTC),
        '2024-02-29 12:30:01.5z': datetime(2024, 2, 29, 12, 30, 1, tzinfo=UTC),
        '2024-02-29T12:30:01+0530': datetime(2024, 2, 29, 12, 30, 1, tzinfo=INDIA),
        '2024-02-29T12:30:01-09:30': datetime(2024, 2, 29, 12, 30, 1, tzinfo=WEST),
        '2024-02-29T12:30:01+00': datetime(2024, 2, 29, 12, 30, 1, tzinfo=UTC),
    },
    'time': {' 12:30 ': time(12, 30), '12:30:01.0000019': time(12, 30, 1)},
    'time.tz': {
        **{'12:30Z': time(12, 30, tzinfo=UTC), '12:30:00z': time(12, 30, tzinfo=UTC)},
        **{'12:30-0930': time(12, 30, tzinfo=WEST), '12:30:00.0-00:00': time(12, 30, tzinfo=UTC)},
    },
    'boolean': {
        **{' 1\n': True, 'true': True, 'TRUE': True, 'True': True, 'yes': True, 'Yes': True},
        **{'\t0': False, 'false': False, 'FALSE': False, ' no ': False},
    },
    'bin.base64': {' ': b'', 'QUJD\r\nRA==\n': b'ABCD', 'Q U J D': b'ABC', 'AB==': b'\0'},
    'bin.hex': {' \n': b'', '0A fF\r\n': b'\n\xff', 'a b': b'\xab'},
    'uri': {' http://a/ \n': 'http://a/', '   ': ''},
    'uuid': dict.fromkeys(
        [
            *(' 00a56575-78fa-40fe-b107-8f4b5043a2b0\n', '00A56575-78FA-40FE-B107-8F4B5043A2B0'),
            *('uuid:00a56575-78fa-40fe-b107-8f4b5043a2b0', 'UUID:00a56575-78fa-40fe-b107-8f4b5043a2b0'),
            *('urn:uuid:00a56575-78fa-40fe-b107-8f4b5043a2b0', '{00a56575-78fa-40fe-b107-8f4b5043a2b0}'),
        ],
        SOME_UUID,
    ),
}

NO_WHOLE = [
    '',
    ' ',
    '+',
    '-',
    '--5',
    '+ 5',
    '1 2',
    '1.0',
    '1e2',
    '0x1',
    '1_0',
    '1,000',
    'one',
    '\xa05',
    ARABIC_FIVE,
    '\0',
]
NO_REAL = [
    *('', ' ', '.', '-', 'e5', '.e5', '5.', '1e', '1e+', '1.5.5', '1,5', '1_0', '0x1p3', '1 5', '- 5', 'one', '\0'),
    *('nane', 'in', '+-inf', 'nan(0)', '1.#INF', ARABIC_FIVE, '\u0131nf', '\xa05'),
]
NOT_FINITE = ['NaN', 'nan', '-NaN', 'INF', '-INF', '+inf', 'Infinity', ' -infinity ']
HUGE_WHOLE = ['18446744073709551616', '-9223372036854775809', '9' * 21, '-' + '9' * 5000]
NO_DAY = ['2024-02-30', '2023-02-29', '2024-13-01', '2024-00-01', '2024-01-00', '0000-01-01', '1900-02-29']
NO_DATE = [
    *('', ' ', 'today', '24-02-29', '2024-2-29', '2024-02-9', '20240229', '2024/02/29', '29.02.2024', '2024-02'),
    *('-2024-02-29', '+2024-02-29', '12024-02-29', '2024-060', '2024-W09-4', '\u0662\u0660\u0662\u0664-02-29'),
]
NO_TIME = [
    *('', ' ', 'noon', '12', '1230', '123000', '1:30', '12:3', '12:30:1', '12:30:00.', '12:30:00,5', '-12:30'),
    *('T12:30', '12:30:00 PM', '12:30 Z', '12:30.5', f'12:3{ARABIC_FIVE}'),
]
NO_CLOCK = ['24:00:00', '24:00', '24:30', '25:00', '12:60', '12:30:60', '23:59:60', '12:30:61.5']
NO_ZONE = [
    '+1',
    '+1:00',
    '+01:0',
    '+01:',
    '+01:00:00',
    '+ 01:00',
    '01:00',
    'X',
    'ZZ',
    ' Z',
    '+',
    'CET',
    '[Europe/Paris]',
]
NO_OFFSET = ['+24:00', '-24:00', '+99', '+05:60', '+0575', '-00:99']

# Text and the fault for it (UDA 2.0 §3.2.5).
WRONG: dict[str, dict[int, list[str]]] = {
    'ui1': {402: NO_WHOLE, 601: ['-1', '256', *HUGE_WHOLE]},
    'ui2': {402: NO_WHOLE, 601: ['-1', '65536', *HUGE_WHOLE]},
    'ui4': {402: NO_WHOLE, 601: ['-1', '4294967296', *HUGE_WHOLE]},
    'ui8': {402: NO_WHOLE, 601: ['-1', *HUGE_WHOLE]},
    'i1': {402: NO_WHOLE, 601: ['-129', '128', *HUGE_WHOLE]},
    'i2': {402: NO_WHOLE, 601: ['-32769', '32768', *HUGE_WHOLE]},
    'i4': {402: NO_WHOLE, 601: ['-2147483649', '2147483648', *HUGE_WHOLE]},
    'i8': {402: NO_WHOLE, 601: ['9223372036854775808', *HUGE_WHOLE]},
    'int': {402: NO_WHOLE, 601: ['-2147483649', '2147483648', *HUGE_WHOLE]},
    'r4': {402: NO_REAL, 600: NOT_FINITE, 601: ['3.40282348e38', '-3.40282348e38', '1e309', '1e99999']},
    'r8': {402: NO_REAL, 600: NOT_FINITE, 601: ['1.8e308', '-1e309', '1e99999']},
    'number': {402: NO_REAL, 600: NOT_FINITE, 601: ['1.8e308', '9' * 400]},
    'fixed.14.4': {
        402: NO_REAL,
        600: NOT_FINITE,
        601: [
            *('100000000000000', '-1e14', '99999999999999.99995', '0.00001', '1.00000000000000000000000000001'),
            *('1e999999999', '-1e-999999999', '1e99999999999999999999', '9' * 5000),
        ],
    },
    'float': {402: NO_REAL, 600: NOT_FINITE, 601: ['1.8e308', '-9e999999999']},
    'char': {402: ['', '  ', '\r\n', 'ab', 'a b', '\xa0a', 'e\u0301']},
    'string': {},
    'date': {402: [*NO_DATE, '2024-02-29Z', '2024-02-29T00:00:00'], 600: NO_DAY},
    'dateTime': {
        402: [
            *NO_DATE,
            *(f'2024-02-29T{clock}' for clock in [*NO_TIME, '12:30Z', '12:30:00+01:00']),
            *('2024-02-29_12:30', '2024-02-29  12:30', '2024-02-2912:30', '2024-02-29Z', '12:30:00'),
        ],
        600: [*NO_DAY, '2024-02-30T12:00:00', *(f'2024-02-29T{clock}' for clock in NO_CLOCK), '2024-02-29 24:00'],
    },
    'dateTime.tz': {
        402: [
            *NO_DATE,
            *(f'2024-02-29T{clock}' for clock in NO_TIME),
            *(f'2024-02-29T12:30:00{zone}' for zone in NO_ZONE),
            *('2024-02-29Z', '2024-02-29+01:00'),
        ],
        600: [*NO_DAY, *(f'2024-02-29t{time}Z' for time in NO_CLOCK), *(f'2024-02-29T12:30{one}' for one in NO_OFFSET)],
    },
    'time': {402: [*NO_TIME, '12:30Z', '12:30:00+01:00', '2024-02-29T12:30:00'], 600: NO_CLOCK},
    'time.tz': {
        402: [*NO_TIME, *(f'12:30:00{zone}' for zone in NO_ZONE)],
        600: [*NO_CLOCK, '24:00:00Z', *(f'12:30:00{zone}' for zone in NO_OFFSET)],
    },
    'boolean': {402: ['', ' ', '2', '-1', '00', '01', 'on', 'off', 't', 'y', '1.0', 'true false', 'ye\u017f', '\xa01']},
    'bin.base64': {
        402: [
            *(
                'Q',
                'QQ',
                'QQ=',
                'QQ===',
                'QUI',
                'QUI==',
                'QUJD=',
                'QUJD====',
                '=',
                '====',
                'QQ==QQ==',
                'Q=Q=',
                'Q===',
                'QQ=A',
            ),
            *('-_==', 'QU\xa0I=', 'QUI\0', 'éé==', '\ud800', '\u0661\u0661=='),
        ]
    },
    'bin.hex': {402: ['0', '0g', '0x00', '00\x0b00', '00:ff', '000', '\xa000', 'é0', '\ud800', f'0{ARABIC_FIVE}']},
    'uri': {402: ['a b', 'a\nb', 'a\0', '\x7f', 'a\x85b', 'a\xa0b', 'a\u2028b', '\ud800', '\x1f']},
    'uuid': {
        402: [
            *('', '00a56575', '00a5657578fa40feb1078f4b5043a2b0', '00a56575-78fa-40fe-b107-8f4b5043a2b'),
            *('00a56575-78fa-40fe-b107-8f4b5043a2b00', 'g0a56575-78fa-40fe-b107-8f4b5043a2b0'),
            *('{00a56575-78fa-40fe-b107-8f4b5043a2b0', '{uuid:00a56575-78fa-40fe-b107-8f4b5043a2b0}'),
            *('urn:00a56575-78fa-40fe-b107-8f4b5043a2b0', 'uuid: 00a56575-78fa-40fe-b107-8f4b5043a2b0', '\ud800'),
        ]
    },
}

WHOLE_GIVEN: list[tuple[object, object]] = [(5, 5), (Level.OFF, 0)]
REAL_GIVEN: list[tuple[object, object]] = [
    *((5, 5.0), (1.5, 1.5), (Decimal('1.5'), 1.5), (Fraction(3, 2), 1.5), (Level.HIGH, 200.0)),
]

# What a program gives, and what becomes of it.
COERCED: dict[str, list[tuple[object, object]]] = {
    **dict.fromkeys(('ui1', 'ui2', 'ui4', 'ui8', 'i1', 'i2', 'i4', 'i8', 'int'), WHOLE_GIVEN),
    **dict.fromkeys(('r4', 'r8', 'number', 'float'), REAL_GIVEN),
    'fixed.14.4': [
        *((5, Decimal(5)), (0.1, Decimal('0.1')), (-1e13, Decimal(-(10**13))), (Fraction(1, 4), Decimal('0.25'))),
        *((Decimal('1.5000000'), Decimal('1.5')), (Decimal('-0'), Decimal(0)), (Decimal('1E+3'), Decimal(1000))),
    ],
    'char': [('a', 'a'), ('\0', '\0'), (Strange('b'), 'b')],
    'string': [('a', 'a'), (Colour.RED, 'red'), (Tone.LOW, 'low'), (Strange('plain'), 'plain')],
    'date': [(date(2024, 2, 29), date(2024, 2, 29))],
    'dateTime': [
        (datetime(2024, 2, 29, 12, 0, 0, 999999), datetime(2024, 2, 29, 12)),
        (date(2024, 2, 29), datetime(2024, 2, 29)),
    ],
    'dateTime.tz': [
        (datetime(2024, 2, 29, 12), datetime(2024, 2, 29, 12)),
        (datetime(2024, 2, 29, 12, tzinfo=LOCAL), datetime(2024, 2, 29, 12, tzinfo=LOCAL)),
        (date(2024, 2, 29), datetime(2024, 2, 29)),
    ],
    'time': [(time.max, time(23, 59, 59)), (time(12, 30, tzinfo=LOCAL), time(12, 30))],
    'time.tz': [(time(12, 30), time(12, 30)), (time(12, 30, tzinfo=INDIA), time(12, 30, tzinfo=INDIA))],
    'boolean': [(True, True), (False, False), (1, True), (0, False), (Level.OFF, False)],
    'bin.base64': [(b'a', b'a'), (bytearray(b'a'), b'a'), (memoryview(b'abcd')[::2], b'ac')],
    'bin.hex': [(b'', b''), (bytearray(b'a'), b'a'), (memoryview(b'a'), b'a')],
    'uri': [(' http://a/ ', 'http://a/'), (Tone.LOW, 'low')],
    'uuid': [(SOME_UUID, SOME_UUID), (f'uuid:{SOME_UUID}', SOME_UUID), (f'{{{SOME_UUID}}}', SOME_UUID)],
}

NO_NUMBER: list[object] = [None, True, False, '5', b'5', bytearray(b'5'), 5j, [5], Colour.NONE, date(2024, 2, 29)]
NO_INDEX: list[object] = [*NO_NUMBER, 5.0, Decimal(5), Fraction(5)]
NO_BYTES: list[object] = [None, 'a', 5, [1, 2]]
NO_TEXT: list[object] = [None, b'a', 5, ['a'], Colour.NONE, True]
NOT_A_NUMBER: list[object] = [float('nan'), float('inf'), -float('inf')]
NO_DECIMAL: list[object] = [Decimal('NaN'), Decimal('sNaN'), Decimal('-Infinity')]
NO_DOUBLE: dict[int, list[object]] = {600: [*NOT_A_NUMBER, *NO_DECIMAL], 601: [10**309, -(10**5000)]}

# Python types that are not taken: TypeError.
REFUSED: dict[str, list[object]] = {
    **dict.fromkeys(('ui1', 'ui2', 'ui4', 'ui8', 'i1', 'i2', 'i4', 'i8', 'int'), NO_INDEX),
    **dict.fromkeys(('r4', 'r8', 'number', 'fixed.14.4', 'float'), NO_NUMBER),
    **dict.fromkeys(('char', 'string', 'uri', 'uuid'), NO_TEXT),
    'date': [None, '2024-02-29', 0, datetime(2024, 2, 29), time(12)],
    'dateTime': [None, '2024-02-29T12:00:00', 0.0, time(12)],
    'dateTime.tz': [None, '2024-02-29T12:00:00Z', 0, time(12)],
    'time': [None, '12:00:00', 0, datetime(2024, 2, 29), date(2024, 2, 29), timedelta(0)],
    'time.tz': [None, '12:00:00Z', 0, datetime(2024, 2, 29, tzinfo=UTC)],
    'boolean': [None, 'true', '0', '', 1.0, b'\1', [], Decimal(1)],
    **dict.fromkeys(('bin.base64', 'bin.hex'), NO_BYTES),
}

# Values of a Python type that is taken, which are none of the type: the fault's code.
MISMATCHED: dict[str, dict[int, list[object]]] = {
    'ui1': {601: [-1, 256, 10**5000]},
    'ui2': {601: [-1, 65536]},
    'ui4': {601: [-1, 2**32]},
    'ui8': {601: [-1, 2**64]},
    'i1': {601: [-129, 128, Level.HIGH]},
    'i2': {601: [-32769, 32768]},
    'i4': {601: [-(2**31) - 1, 2**31]},
    'i8': {601: [-(2**63) - 1, 2**63]},
    'int': {601: [-(2**31) - 1, 2**31, -(10**5000)]},
    'r4': {600: [*NOT_A_NUMBER, *NO_DECIMAL], 601: [3.5e38, -3.5e38, 10**39, 10**400]},
    **dict.fromkeys(('r8', 'number', 'float'), NO_DOUBLE),
    'fixed.14.4': {
        600: [*NOT_A_NUMBER, *NO_DECIMAL],
        601: [10**14, 10**5000, 0.00001, 1 / 3, 1e300, Decimal('1.00001'), Decimal('-1E+14'), Decimal('1E-999999')],
    },
    'char': {402: ['', 'ab', ' a', Tone.LOW]},
    'string': {},
    'date': {},
    'dateTime': {600: [datetime(2024, 2, 29, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=LOCAL)]},
    'dateTime.tz': {600: [datetime(2024, 2, 29, tzinfo=UNEVEN)]},
    'time': {600: [time(12, tzinfo=UTC)]},
    'time.tz': {600: [time(12, tzinfo=UNEVEN)]},
    'boolean': {600: [2, -1, Level.HIGH]},
    'bin.base64': {},
    'bin.hex': {},
    'uri': {402: ['a b', '\ud800', Colour.LONGER]},
    'uuid': {402: ['', 'a', Tone.LOW, SOME_UUID.hex]},
}

minutes = st.integers(-1439, 1439)
zones = st.none() | minutes.map(lambda offset: timezone(timedelta(minutes=offset)))
anyCharacter = st.characters(exclude_categories=[])
doubles = st.floats(allow_nan=False, allow_infinity=False)
moments = st.datetimes().map(lambda moment: moment.replace(microsecond=0))
clocks = st.times().map(lambda clock: clock.replace(microsecond=0))

# Values of each type, as coerce returns them.
VALUES: dict[str, st.SearchStrategy[object]] = {
    **{f'ui{size}': st.integers(0, 256**size - 1) for size in (1, 2, 4, 8)},
    **{f'i{size}': st.integers(-(256**size) // 2, 256**size // 2 - 1) for size in (1, 2, 4, 8)},
    'int': st.integers(-(2**31), 2**31 - 1),
    'r4': st.floats(-3.40282347e38, 3.40282347e38),
    'r8': doubles,
    'number': doubles,
    'fixed.14.4': st.integers(1 - 10**18, 10**18 - 1).map(lambda number: Decimal(number).scaleb(-4)),
    'float': doubles,
    'char': anyCharacter,
    'string': st.text(anyCharacter),
    'date': st.dates(),
    'dateTime': moments,
    'dateTime.tz': st.builds(lambda moment, zone: moment.replace(tzinfo=zone), moments, zones),
    'time': clocks,
    'time.tz': st.builds(lambda clock, zone: clock.replace(tzinfo=zone), clocks, zones),
    'boolean': st.booleans(),
    'bin.base64': st.binary(),
    'bin.hex': st.binary(),
    'uri': st.text(st.characters(exclude_categories=['C', 'Z'])),
    'uuid': st.uuids(),
}
nearly = st.text('0123456789+-.:,eEfFxXnNaAiItTzZ {}=/\t\n\u0665\ud800', max_size=30)
texts = st.text(anyCharacter, max_size=30) | nearly


def codeOf(dataType: str, text: str) -> int | None:
    """Parse a text and return the fault's code, None for a value; nothing else may happen."""
    try:
        parse(dataType, text)
    except ValueMismatch as error:
        return error.code
    return None


def codeGiven(dataType: str, value: object) -> int | None:
    """Coerce a value and return the fault's code, None when it is taken."""
    try:
        coerce(dataType, value)
    except ValueMismatch as error:
        return error.code
    return None


def typed(value: object) -> tuple[type, object]:
    """Return a value with its type, so that 1, 1.0 and True differ."""
    return type(value), value


def test_the_data_types_are_those_of_uda_in_its_order() -> None:
    """UDA 2.0 §2.5."""
    assert ' '.join(DATA_TYPES) == (
        'ui1 ui2 ui4 ui8 i1 i2 i4 i8 int r4 r8 number fixed.14.4 float char string '
        'date dateTime dateTime.tz time time.tz boolean bin.base64 bin.hex uri uuid'
    )


def test_those_that_may_have_a_range_are_numbers() -> None:
    assert ' '.join(NUMERIC_TYPES) == 'ui1 ui2 ui4 ui8 i1 i2 i4 i8 int r4 r8 number fixed.14.4 float'


def test_every_table_has_every_type() -> None:
    for table in (CANONICAL, LIBERAL, WRONG, COERCED, REFUSED, MISMATCHED, VALUES):
        assert sorted(table) == sorted(DATA_TYPES)


@pytest.mark.parametrize('dataType', DATA_TYPES)
def test_a_text_is_read(dataType: str) -> None:
    expected = CANONICAL[dataType] | LIBERAL[dataType]
    assert {text: typed(parse(dataType, text)) for text in expected} == {
        text: typed(value) for text, value in expected.items()
    }


@pytest.mark.parametrize('dataType', DATA_TYPES)
def test_a_value_is_written(dataType: str) -> None:
    assert [render(dataType, value) for value in CANONICAL[dataType].values()] == list(CANONICAL[dataType])


@pytest.mark.parametrize('dataType', DATA_TYPES)
def test_a_wrong_text_has_its_fault(dataType: str) -> None:
    """UDA 2.0 §3.2.5: 402 for another form, 600 for what does not exist, 601 out of range."""
    expected = {text: code for code, texts in WRONG[dataType].items() for text in texts}
    assert {text: codeOf(dataType, text) for text in expected} == expected


@pytest.mark.parametrize('dataType', DATA_TYPES)
def test_what_a_program_gives_becomes_the_types_own(dataType: str) -> None:
    given = COERCED[dataType] + [(value, value) for value in CANONICAL[dataType].values()]
    assert [typed(coerce(dataType, one)) for one, _ in given] == [typed(value) for _, value in given]


@pytest.mark.parametrize('dataType', DATA_TYPES)
def test_nothing_is_guessed_from_another_python_type(dataType: str) -> None:
    for value in REFUSED[dataType]:
        with pytest.raises(TypeError, match=' is not ') as caught:
            coerce(dataType, value)
        assert repr(value) in str(caught.value)


@pytest.mark.parametrize('dataType', DATA_TYPES)
def test_a_wrong_value_of_a_program_has_its_fault(dataType: str) -> None:
    expected = [(value, code) for code, values in MISMATCHED[dataType].items() for value in values]
    assert [(value, codeGiven(dataType, value)) for value, _ in expected] == expected


@pytest.mark.parametrize('dataType', DATA_TYPES)
def test_what_is_wrong_is_not_written(dataType: str) -> None:
    for value in REFUSED[dataType]:
        with pytest.raises(TypeError):
            render(dataType, value)  # type: ignore[arg-type]
    for value in [value for values in MISMATCHED[dataType].values() for value in values]:
        with pytest.raises(ValueMismatch):
            render(dataType, value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ('dataType', 'expected'),
    [
        *((name, 0) for name in ('ui1', 'ui2', 'ui4', 'ui8', 'i1', 'i2', 'i4', 'i8', 'int')),
        *((name, 0.0) for name in ('r4', 'r8', 'number', 'float')),
        *(('fixed.14.4', Decimal(0)), ('char', '0'), ('string', ''), ('date', date(1970, 1, 1))),
        *(('dateTime', datetime(1970, 1, 1)), ('dateTime.tz', datetime(1970, 1, 1))),
        *(('time', time()), ('time.tz', time()), ('boolean', False), ('bin.base64', b''), ('bin.hex', b'')),
        *(('uri', ''), ('uuid', UUID(int=0))),
    ],
)
def test_a_value_that_nobody_has_set_is_zero(dataType: str, expected: Value) -> None:
    assert typed(zero(dataType)) == typed(expected)


@pytest.mark.parametrize('dataType', DATA_TYPES)
def test_what_is_written_is_read_as_an_equal_value(dataType: str) -> None:
    @FEW
    @given(VALUES[dataType])
    def check(value: Value) -> None:
        assert typed(parse(dataType, render(dataType, value))) == typed(value)

    check()


@pytest.mark.parametrize('dataType', DATA_TYPES)
def test_any_text_gives_a_value_or_a_fault(dataType: str) -> None:
    @FEW
    @given(texts)
    def check(text: str) -> None:
        if (code := codeOf(dataType, text)) is None:
            value = parse(dataType, text)
            assert parse(dataType, render(dataType, value)) == value
        assert code in (None, 402, 600, 601)

    check()


@pytest.mark.parametrize('dataType', DATA_TYPES)
def test_a_long_text_is_soon_judged(dataType: str) -> None:
    """Squares of these lengths would take minutes."""
    digits = '0' * 100_000
    long = (
        digits,
        f'1{digits}',
        f'{digits}x',
        f'0.{digits}1x',
        f'1e{digits}9',
        f'12:30:00.{digits}Z',
        digits[1:] + '=',
    )
    for text in (*long, ' ' * 100_000 + 'x', '\ud800' * 100_000):
        assert codeOf(dataType, text) in (None, 402, 601)


@pytest.mark.parametrize('dataType', ['', 'ui3', 'UI1', 'Boolean', 'string ', 'str', 'a' * 1000])
def test_an_unknown_type_is_told_with_those_that_there_are(dataType: str) -> None:
    for use in (lambda: parse(dataType, ''), lambda: coerce(dataType, ''), lambda: render(dataType, '')):
        with pytest.raises(ValueError, match=r'dataType .* is not one of ui1, ui2, .*, uri, uuid$') as caught:
            use()
        assert repr(dataType)[:70] in str(caught.value)
    with pytest.raises(ValueError, match='is not one of ui1'):
        zero(dataType)


@pytest.mark.parametrize(
    ('dataType', 'text', 'told'),
    [
        ('ui1', '256', '256 is not from 0 to 255'),
        ('ui1', '2.5', "'2.5' is not a whole number"),
        ('r4', '1e39', '1e+39 is not within 32 bits'),
        ('r8', '1e309', "'1e309' is not within 64 bits"),
        ('r8', '1,5', "'1,5' is not a number such as -12.5 or 1e-3"),
        ('fixed.14.4', '0.00001', "Decimal('0.00001') is not within 14 digits left and 4 right of the point"),
        ('char', 'ab', "'ab' is not one character"),
        ('date', '1.2.2024', "'1.2.2024' is not of the form 1970-01-01"),
        ('dateTime', '2024-02-30', "'2024-02-30' is not a moment that exists"),
        ('boolean', 'on', "'on' is not a boolean: 0 or 1"),
        ('bin.base64', 'Q', "'Q' is not base64"),
        ('bin.hex', '0', "'0' is not pairs of hexadecimal digits"),
        ('uri', 'a b', "'a b' is not a URI: no white space, no control characters"),
        ('uuid', 'a', "'a' is not a UUID such as 00a56575-78fa-40fe-b107-8f4b5043a2b0"),
        ('bin.hex', '\ud800', r"'\ud800' is not pairs of hexadecimal digits"),
        ('bin.hex', 'x' * 1000, f"'{'x' * 76}... is not pairs of hexadecimal digits"),
        ('bin.hex', 'x' * 78, f"'{'x' * 78}' is not pairs of hexadecimal digits"),
    ],
)
def test_a_fault_says_the_value_and_what_is_wanted(dataType: str, text: str, told: str) -> None:
    with pytest.raises(ValueMismatch) as caught:
        parse(dataType, text)
    assert str(caught.value) == told


@pytest.mark.parametrize(
    ('dataType', 'value', 'told'),
    [
        ('ui1', True, 'True is not an int: pass int(...) if that is meant'),
        ('r8', '1.5', "'1.5' is not a float: pass float(...) if that is meant"),
        ('string', 5, '5 is not a str'),
        ('string', Colour.NONE, '<Colour.NONE: 0> is not a str'),
        ('boolean', 'true', "'true' is not a bool"),
        ('bin.hex', 'a', "'a' is not bytes"),
        ('date', datetime(2024, 2, 29), 'datetime.datetime(2024, 2, 29, 0, 0) is not a date: pass its .date()'),
        ('date', '2024-02-29', "'2024-02-29' is not a date"),
        ('dateTime', '2024-02-29', "'2024-02-29' is not a datetime"),
        ('time', datetime(2024, 2, 29), 'datetime.datetime(2024, 2, 29, 0, 0) is not a time: pass its .timetz()'),
        ('time', '12:00', "'12:00' is not a time"),
    ],
)
def test_a_refusal_says_the_value_and_what_is_wanted(dataType: str, value: object, told: str) -> None:
    with pytest.raises(TypeError) as caught:
        coerce(dataType, value)
    assert str(caught.value) == told


@pytest.mark.parametrize('moment', [datetime(2024, 2, 29, 23, 59, 59, 999999), time(23, 59, 59, 999999)])
def test_fractions_of_a_second_are_cut_off(moment: datetime | time) -> None:
    """Neither the day nor the second changes; async_upnp_client 0.49 reads no fractions."""
    dataType = 'dateTime' if isinstance(moment, datetime) else 'time'
    assert render(dataType, moment) == render(dataType, moment.replace(microsecond=0))
    assert parse(dataType, moment.isoformat()) == moment.replace(microsecond=0)


def test_a_zone_where_the_type_has_none_is_refused_with_the_remedy() -> None:
    with pytest.raises(ValueMismatch, match=r'without a zone: take it off, or make the type dateTime\.tz or time\.tz'):
        coerce('dateTime', datetime(2024, 2, 29, tzinfo=UTC))


def test_a_number_too_long_to_print_is_refused_all_the_same() -> None:
    with pytest.raises(ValueMismatch, match=r'^<int> is not from 0 to 255$'):
        coerce('ui1', 10**5000)


def test_a_decimal_zero_is_written_without_a_sign() -> None:
    assert render('fixed.14.4', Decimal('-0.00')) == '0'


def test_a_programs_own_precision_does_not_count() -> None:
    with localcontext(Context(prec=2, traps=[])):
        assert parse('fixed.14.4', '1234.5678') == Decimal('1234.5678')
        assert render('fixed.14.4', 1234.5678) == '1234.5678'
        assert codeOf('fixed.14.4', '1e99999999999999999999') == 601


ALLOWED: list[tuple[Value, Sequence[str] | None, Sequence[float | Decimal | None] | None]] = [
    *(('a', None, None), ('a', ['b', 'a'], None), ('', ('',), None), (5, None, None)),
    *((value, None, Range(0, 10)) for value in (0, 10, 5, 0.5, Decimal('9.9999'))),
    *((value, None, Range(-3, 9, 3)) for value in (-3, 0, 9, 3.0, Decimal(6))),
    *((value, None, (0.0, 1.0, 0.1)) for value in (0.0, 0.3, 0.1 + 0.2, 0.7, 1.0, 0.10000000149011612, Decimal('0.3'))),
    *((value, None, (0.1, 0.3)) for value in (0.1, 0.3, Decimal('0.1'), Decimal('0.3'))),
    *((value, None, (2, 2**64 - 1, 3)) for value in (2**64 - 2, 5)),
    *((value, None, (Decimal('0.1'), Decimal(9), Decimal('0.2'))) for value in (Decimal('0.1'), Decimal('8.9'))),
    *((value, None, (0, 10, 0)) for value in (0, 7)),  # no step
    *((value, None, (None, 10, None)) for value in (-5, 10)),
    *((value, None, (5, None, 5)) for value in (5, 10**9)),
    *((value, None, (None, None, 5)) for value in (-5, 0, 10)),
    (1000.0999755859375, None, (0, 2000, 0.1)),  # 1000.1 in 32 bits
    (1.7e308, None, (-1.7e308, 1.7e308, 1.0)),
    (16777217.0, None, (0, 1e9, 1)),
    ('a', None, (0, 10)),
]

NOT_ALLOWED: list[tuple[Value, Sequence[str] | None, Sequence[float | Decimal | None] | None, str]] = [
    ('c', ['a', 'b'], None, "'c' is not one of 'a', 'b'"),
    ('A', ['a'], None, "'A' is not one of 'a'"),
    ('a', [], None, "'a' is not one of "),
    (-1, None, Range(0, 10), '-1 is not at least 0'),
    (11, None, Range(0, 10), '11 is not at most 10'),
    (10.000001, None, (0, 10, None), '10.000001 is not at most 10'),
    (Decimal('-0.0001'), None, (0, 10), "Decimal('-0.0001') is not at least 0"),
    (Decimal('0.3001'), None, (0.1, 0.3), '0.3001 is not at most 0.3'),
    (5, None, Range(0, 10, 2), '5 is not a multiple of 2 from 0'),
    (-4, None, Range(-3, 9, 3), '-4 is not at least -3'),
    (-2, None, Range(-3, 9, 3), '-2 is not a multiple of 3 from -3'),
    (2**64 - 1, None, (0, 2**64 - 1, 2), '18446744073709551615 is not a multiple of 2 from 0'),
    (0.32, None, (0.0, 1.0, 0.1), '0.32 is not a multiple of 0.1 from 0'),
    (0.35, None, (0.0, 1.0, 0.1), '0.35 is not a multiple of 0.1 from 0'),
    (5, None, (0.0, 10.0, 2.0), '5 is not a multiple of 2.0 from 0'),
    (
        Decimal('0.2'),
        None,
        (Decimal('0.1'), Decimal(9), Decimal('0.2')),
        "Decimal('0.2') is not a multiple of 0.2 from 0.1",
    ),
    (7, None, (None, None, 5), '7 is not a multiple of 5 from 0'),
]


@pytest.mark.parametrize(('value', 'values', 'limits'), ALLOWED)
def test_a_value_in_its_list_and_range_passes(
    value: Value, values: Sequence[str] | None, limits: Sequence[float | Decimal | None] | None
) -> None:
    """UDA 2.0 §2.5; whole numbers exactly, others as far as 32 bits go."""
    checkAllowed(value, values, limits)


@pytest.mark.parametrize(('value', 'values', 'limits', 'told'), NOT_ALLOWED)
def test_a_value_out_of_its_list_or_range_is_told(
    value: Value, values: Sequence[str] | None, limits: Sequence[float | Decimal | None] | None, told: str
) -> None:
    """UDA 2.0 §3.2.5: 601."""
    with pytest.raises(ValueMismatch) as caught:
        checkAllowed(value, values, limits)
    assert (caught.value.code, str(caught.value)) == (601, told)


def test_a_range_is_a_tuple_with_names() -> None:
    assert Range(0, 10) == (0, 10, None)
    assert Range(minimum=0, maximum=1, step=0.5) == (0, 1, 0.5)
