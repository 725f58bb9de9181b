"""What an SCPD consists of: the values of state variables, and what is found wrong (UDA 1.1 §2.5)."""

import math
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from functools import partial
from itertools import permutations
from pyexpat import ExpatError, ParserCreate
from typing import Annotated, Literal
from uuid import UUID

import pytest

import upnp
from upnp import Argument, StateVariable
from upnp.description.scpd import isName
from upnp.description.types import ValueMismatch


class Colour(Enum):
    """All values are texts."""

    RED = 'red'
    BLUE = 'blue'


class Speed(IntEnum):
    """No value is a text."""

    SLOW = 1
    FAST = 2


class Other(StrEnum):
    """Shares a text with Colour, and has one of its own."""

    RED = 'red'
    GREEN = 'green'


class Bulb(Enum):
    """Shares a name with Speed."""

    SLOW = 9


def made(**elements: object) -> StateVariable:
    """Return a state variable of a service, so that it has been checked."""
    return upnp.Service(serviceId='id', stateVariables=[{'name': 'X', **elements}]).stateVariables['X']


# Types


@pytest.mark.parametrize(
    ('hint', 'dataType', 'allowedValueList', 'allowedValueRange'),
    [
        *(('ui2', 'ui2', None, None), (bool, 'boolean', None, None), (UUID, 'uuid', None, None)),
        (Literal['on', 'off'], 'string', ('on', 'off'), None),
        (Colour, 'string', ('red', 'blue'), None),
        (Speed, 'string', ('SLOW', 'FAST'), None),
        (Annotated[int, upnp.Range(1, 100)], 'i4', None, (1, 100)),
        (Annotated[float, upnp.Range(0, 1, 0.5)], 'r8', None, (0, 1, 0.5)),
    ],
)
def test_a_data_type_is_given_by_its_name_or_by_a_hint(
    hint: object, dataType: str, allowedValueList: object, allowedValueRange: object
) -> None:
    byElement, byAttribute = made(dataType=hint), StateVariable(name='X')
    byAttribute.dataType = hint
    for one in (byElement, byAttribute):
        assert (one.dataType, one.allowedValueList) == (dataType, allowedValueList)
        assert one.allowedValueRange == allowedValueRange
    assert byElement == byAttribute


@pytest.mark.parametrize('hint', [5, None, list[int], int | None, Literal[1]])
def test_what_is_no_data_type_is_refused_at_once(hint: object) -> None:
    with pytest.raises(TypeError, match=r'stands for no UPnP data type|values that are no texts'):
        StateVariable(dataType=hint)


def test_an_unset_type_is_string() -> None:
    assert made().dataType == 'string'


@pytest.mark.parametrize(
    'elements', list(permutations([('dataType', Colour), ('allowedValueList', ['blue']), ('value', Colour.BLUE)]))
)
def test_the_order_of_a_dict_does_not_matter(elements: tuple[tuple[str, object], ...]) -> None:
    variable = made(**dict(elements))
    assert (variable.allowedValueList, variable.value) == (('blue',), Colour.BLUE)


def test_a_range_that_is_given_beside_a_hint_counts() -> None:
    variable = made(allowedValueRange=[10, 20], dataType=Annotated[int, upnp.Range(0, 100)], value=20)
    assert (variable.allowedValueRange, variable.value) == ((10, 20), 20)


def test_a_range_without_a_step_is_a_pair() -> None:
    assert made(dataType='ui1', allowedValueRange=(0, 5, None)) == made(
        dataType='ui1', allowedValueRange=upnp.Range(0, 5)
    )
    assert made(dataType='ui1', allowedValueRange=(0, 5, None)).allowedValueRange == (0, 5)


@pytest.mark.parametrize(
    ('given', 'expected'),
    [
        *(('no', False), ('yes', True), ('NO', False), (' Yes ', True), ('0', False), ('1', True)),
        *(('false', False), ('true', True), (0, False), (1, True), (False, False), (True, True)),
    ],
)
def test_an_attribute_of_an_scpd_is_taken_as_it_is_written_there(given: object, expected: bool) -> None:
    """UDA 1.1 §2.5: sendEvents and multicast are ``yes`` or ``no``."""
    variable = made(sendEvents=given, multicast=given)
    assert (variable.sendEvents, variable.multicast) == (expected, expected)
    assert variable == made(sendEvents=expected, multicast=expected)


@pytest.mark.parametrize('name', ['sendEvents', 'multicast'])
@pytest.mark.parametrize(
    ('given', 'error', 'text'),
    [
        ('on', ValueError, "'on' is not a boolean: 0 or 1"),
        ('', ValueError, "'' is not a boolean: 0 or 1"),
        (2, ValueError, '2 is not a bool, 0 or 1'),
        (None, TypeError, 'None is not a bool'),
        (['yes'], TypeError, "['yes'] is not a bool"),
    ],
)
def test_another_attribute_is_refused_at_once(name: str, given: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        StateVariable({name: given})
    assert str(caught.value) == f'{name}: {text}'


# Values


@pytest.mark.parametrize(
    ('elements', 'value'),
    [
        ({'dataType': bool}, False),
        ({'dataType': int}, 0),
        ({'dataType': float}, 0.0),
        ({'dataType': str}, ''),
        ({'dataType': bytes}, b''),
        ({'dataType': date}, date(1970, 1, 1)),
        ({'dataType': datetime}, datetime(1970, 1, 1)),
        ({'dataType': time}, time()),
        ({'dataType': Decimal}, Decimal(0)),
        ({'dataType': UUID}, UUID(int=0)),
        ({'dataType': Literal['on', 'off']}, 'on'),
        ({'dataType': Colour}, Colour.RED),
        ({'dataType': Speed}, Speed.SLOW),
        ({'dataType': 'ui1', 'allowedValueRange': (0, 5)}, 0),
        ({'dataType': 'ui1', 'allowedValueRange': (5, 10)}, 5),
        ({'dataType': 'i1', 'allowedValueRange': (-10, -5)}, -10),
        ({'dataType': 'i1', 'allowedValueRange': (-3, 5, 2)}, -3),
        ({'dataType': 'i1', 'allowedValueRange': (-4, 5, 2)}, 0),
        ({'dataType': 'r4', 'allowedValueRange': (1, 2)}, 1.0),
        ({'dataType': 'fixed.14.4', 'allowedValueRange': (0.1, 2)}, Decimal('0.1')),
        ({'dataType': 'ui1', 'defaultValue': 7}, 7),
        ({'dataType': 'ui1', 'defaultValue': '7'}, 7),
        ({'dataType': 'boolean', 'defaultValue': 'yes'}, True),
        ({'dataType': 'bin.hex', 'defaultValue': b'a'}, b'a'),
        ({'dataType': Colour, 'defaultValue': Colour.BLUE}, Colour.BLUE),
        ({'dataType': Colour, 'defaultValue': 'blue'}, Colour.BLUE),
        ({'dataType': Speed, 'defaultValue': 'FAST'}, Speed.FAST),
        ({'dataType': 'ui1', 'defaultValue': 7, 'value': 8}, 8),
    ],
)
def test_a_variable_begins_with_its_value_its_default_or_its_zero(
    elements: Mapping[str, object], value: object
) -> None:
    variable = made(**elements)
    assert variable.value == value
    assert type(variable.value) is type(value)


@pytest.mark.parametrize(
    ('dataType', 'value', 'kept'),
    [
        *(('boolean', 1, True), ('r8', 1, 1.0), ('bin.hex', bytearray(b'a'), b'a'), ('string', Other.RED, 'red')),
        *((Colour, Colour.BLUE, Colour.BLUE), (Colour, 'blue', Colour.BLUE), (Colour, Other.RED, Colour.RED)),
        *((Speed, Speed.FAST, Speed.FAST), (Speed, 'FAST', Speed.FAST), (Literal['red'], Other.RED, 'red')),
        *((Decimal, 0.1, Decimal('0.1')), (Annotated[int, upnp.Range(1, 9, 2)], 9, 9)),
    ],
)
def test_a_value_is_kept_as_the_types_own(dataType: object, value: object, kept: object) -> None:
    variable = made(dataType=dataType)
    variable.value = value
    assert variable.value == kept
    assert type(variable.value) is type(kept)


@pytest.mark.parametrize(
    ('dataType', 'value', 'text'),
    [
        (bool, 'yes', "state variable 'X' of type boolean: 'yes' is not a bool"),
        (int, '5', "state variable 'X' of type i4: '5' is not an int: pass int(...) if that is meant"),
        (int, 5.0, "state variable 'X' of type i4: 5.0 is not an int: pass int(...) if that is meant"),
        (int, True, "state variable 'X' of type i4: True is not an int: pass int(...) if that is meant"),
        (str, 5, "state variable 'X' of type string: 5 is not a str"),
        (str, None, "state variable 'X' of type string: None is not a str"),
        (bytes, 'a', "state variable 'X' of type bin.base64: 'a' is not bytes"),
        (Speed, 1, "state variable 'X' of type string: 1 is no member of Speed"),
        (Speed, Bulb.SLOW, "state variable 'X' of type string: <Bulb.SLOW: 9> is no member of Speed"),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(dataType: object, value: object, text: str) -> None:
    variable = made(dataType=dataType)
    before = variable.value
    with pytest.raises(TypeError) as caught:
        variable.value = value
    assert str(caught.value) == text
    assert variable.value == before


@pytest.mark.parametrize(
    ('dataType', 'value', 'text'),
    [
        ('ui1', 256, "state variable 'X' of type ui1: 256 is not from 0 to 255"),
        (float, math.nan, "state variable 'X' of type r8: nan is not a finite number"),
        (Annotated[int, upnp.Range(1, 9, 2)], 0, "state variable 'X' of type i4: 0 is not at least 1"),
        (Annotated[int, upnp.Range(1, 9, 2)], 10, "state variable 'X' of type i4: 10 is not at most 9"),
        (Annotated[int, upnp.Range(1, 9, 2)], 4, "state variable 'X' of type i4: 4 is not a multiple of 2 from 1"),
        (Literal['on', 'off'], 'On', "state variable 'X' of type string: 'On' is not one of 'on', 'off'"),
        (Literal['on', 'off'], '', "state variable 'X' of type string: '' is not one of 'on', 'off'"),
        (Colour, Other.GREEN, "state variable 'X' of type string: 'green' is not one of 'red', 'blue'"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_by_name(dataType: object, value: object, text: str) -> None:
    variable = made(dataType=dataType)
    before = variable.value
    with pytest.raises(ValueError, match='state variable') as caught:
        variable.value = value
    assert str(caught.value) == text
    assert variable.value == before


def test_a_moment_in_a_zone_is_told_which_type_takes_it() -> None:
    with pytest.raises(ValueError, match=r'take it off, or make the type dateTime\.tz'):
        made(dataType=datetime).value = datetime(2024, 1, 1, tzinfo=UTC)
    made(dataType='dateTime.tz').value = datetime(2024, 1, 1, tzinfo=UTC)


def test_a_value_is_no_part_of_the_description() -> None:
    service = upnp.Service(stateVariables=[{'name': 'X'}])
    seen: list[str] = []
    service.addObserver(lambda: seen.append('changed'))
    service.stateVariables['X'].value = 'a'
    assert seen == []
    assert service == upnp.Service(stateVariables=[{'name': 'X'}])


def test_a_value_is_set_and_read_from_several_threads() -> None:
    variable, read = made(dataType='ui2'), set()

    def work(value: int) -> None:
        for _ in range(200):
            variable.value = value
            read.add(variable.value)

    threads = [threading.Thread(target=work, args=(value,)) for value in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read <= {1, 2, 3}
    assert variable.value in {1, 2, 3}


def test_another_type_takes_the_enum_away() -> None:
    variable = StateVariable(name='X', dataType=Colour)
    variable.dataType, variable.allowedValueList = 'string', ('p', 'q')
    assert variable.value == 'p'


def test_a_list_of_other_texts_than_an_enums_gives_texts() -> None:
    variable = made(dataType=Colour, allowedValueList=['red', 'pink'])
    variable.value = 'pink'
    assert variable.value == 'pink'
    variable.value = Colour.RED
    assert variable.value is Colour.RED


# Texts


@pytest.mark.parametrize(
    ('dataType', 'text', 'value'),
    [
        *(('ui1', '007', 7), ('boolean', 'Yes', True), (Colour, 'blue', Colour.BLUE), (Speed, 'FAST', Speed.FAST)),
        *((Colour, ' blue\n', Colour.BLUE), (Literal['a', ' a'], ' a', ' a'), (Literal['a'], ' a', 'a')),
        *(('string', ' a ', ' a '), (Annotated[int, upnp.Range(0, 10, 5)], '10', 10)),
    ],
)
def test_a_text_from_a_peer_is_read(dataType: object, text: str, value: object) -> None:
    assert made(dataType=dataType).parse(text) == value


@pytest.mark.parametrize(
    ('dataType', 'text', 'code'),
    [
        *(('ui1', 'a', 402), ('ui1', '256', 601), ('r8', 'nan', 600), ('date', '2024-02-30', 600)),
        *((Colour, 'RED', 601), (Speed, '1', 601), (Annotated[int, upnp.Range(0, 10, 5)], '7', 601)),
    ],
)
def test_a_wrong_text_tells_the_fault_of_its_caller(dataType: object, text: str, code: int) -> None:
    """UDA 1.1 §3.2.5."""
    with pytest.raises(ValueMismatch) as caught:
        made(dataType=dataType).parse(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ('dataType', 'value', 'text'),
    [('boolean', True, '1'), (Colour, Colour.BLUE, 'blue'), (Speed, 'FAST', 'FAST'), (bytes, b'a', 'YQ==')],
)
def test_a_value_is_written(dataType: object, value: object, text: str) -> None:
    assert made(dataType=dataType).render(value) == text


@pytest.mark.parametrize(
    ('elements', 'text'),
    [
        *(({'dataType': bool}, '0'), ({'dataType': bool, 'value': True}, '1'), ({'dataType': float}, '0.0')),
        *(({'value': '<b>'}, '<b>'), ({}, ''), ({'defaultValue': 'a'}, 'a'), ({'defaultValue': 'a', 'value': ''}, '')),
        *(({'dataType': 'ui1', 'defaultValue': '007'}, '7'), ({'dataType': 'ui1', 'allowedValueRange': (5, 9)}, '5')),
        *(({'dataType': Colour}, 'red'), ({'dataType': Speed, 'value': Speed.FAST}, 'FAST'), ({'dataType': bytes}, '')),
        ({'dataType': date, 'value': date(2024, 2, 29)}, '2024-02-29'),
    ],
)
def test_the_present_value_has_a_text(elements: Mapping[str, object], text: str) -> None:
    assert made(**elements).text == text


@pytest.mark.parametrize(
    ('changed', 'error'),
    [
        *(({'dataType': 'ui1'}, TypeError), ({'dataType': 'boolean'}, TypeError), ({'dataType': 'char'}, ValueError)),
        *(({'dataType': 'uuid'}, ValueError), ({'dataType': 'lamp'}, ValueError), ({'dataType': ''}, ValueError)),
    ],
)
def test_a_value_from_before_another_type_has_no_text(changed: Mapping[str, object], error: type[Exception]) -> None:
    variable = made(value='ab')
    for name, value in changed.items():
        setattr(variable, name, value)
    with pytest.raises(error):
        _ = variable.text


@pytest.mark.parametrize(
    ('changed', 'error'),
    [
        *(
            ({'defaultValue': 'x'}, ValueError),
            ({'defaultValue': b'x'}, TypeError),
            ({'defaultValue': 256}, ValueError),
        ),
        *(({'allowedValueRange': ('a', 'b')}, TypeError), ({'allowedValueRange': (1,)}, TypeError)),
        *(({'allowedValueRange': 5}, TypeError), ({'allowedValueRange': (300, 400)}, ValueError)),
    ],
)
def test_a_default_that_is_none_has_no_text(changed: Mapping[str, object], error: type[Exception]) -> None:
    variable = made(dataType='ui1')
    for name, value in changed.items():
        setattr(variable, name, value)
    with pytest.raises(error):
        _ = variable.text


def test_a_value_has_a_text_whatever_the_default() -> None:
    variable = made(dataType='ui1')
    variable.defaultValue, variable.value = 'x', 5
    assert variable.text == '5'


@pytest.mark.parametrize(('value', 'error'), [(5, TypeError), ('pink', ValueError), (Bulb.SLOW, TypeError)])
def test_a_value_that_is_not_allowed_is_not_written(value: object, error: type[Exception]) -> None:
    with pytest.raises(error, match="state variable 'X' of type string"):
        made(dataType=Colour).render(value)


@pytest.mark.parametrize(
    ('elements', 'default', 'limits'),
    [
        ({'dataType': 'boolean', 'defaultValue': False}, '0', None),
        ({'dataType': 'boolean', 'defaultValue': 'no'}, '0', None),
        ({'dataType': Speed, 'defaultValue': Speed.FAST}, 'FAST', None),
        ({'dataType': 'r8', 'defaultValue': 1, 'allowedValueRange': (0, 2.5, 0.5)}, '1.0', ('0.0', '2.5', '0.5')),
        ({'dataType': 'ui1', 'allowedValueRange': (0, 5)}, None, ('0', '5')),
    ],
)
def test_the_default_and_the_range_are_described_as_texts(
    elements: Mapping[str, object], default: str | None, limits: tuple[str, ...] | None
) -> None:
    variable = made(**elements)
    assert (variable.describedDefault(), variable.describedRange()) == (default, limits)


def test_what_is_described_the_same_is_equal() -> None:
    assert made(dataType='ui1', defaultValue='7') == made(dataType='ui1', defaultValue=7)
    assert made(dataType='r4', allowedValueRange=(0, 1)) == made(dataType='r4', allowedValueRange=(0.0, 1.0))
    assert made(dataType=Colour) == made(dataType='string', allowedValueList=['red', 'blue'])
    assert made(value='a') == made(value='b')


@pytest.mark.parametrize(
    'other',
    [
        *({'name': 'Y'}, {'dataType': 'ui2'}, {'sendEvents': True}, {'multicast': True}, {'defaultValue': 2}),
        *({'allowedValueRange': (0, 6)}, {'defaultValue': 'a'}, {'allowedValueList': ('a',)}),
    ],
)
def test_what_is_described_otherwise_is_not_equal(other: Mapping[str, object]) -> None:
    elements = {'name': 'X', 'dataType': 'ui1', 'defaultValue': 1, 'allowedValueRange': (0, 5)}
    assert StateVariable(elements) != StateVariable({**elements, **other})


@pytest.mark.parametrize(
    ('name', 'expected'), [('A_ARG_TYPE_X', True), ('X', False), ('a_arg_type_X', False), (None, False)]
)
def test_a_variable_that_only_gives_a_type_is_told_by_its_name(name: str | None, expected: bool) -> None:
    assert StateVariable(name=name).isLocal is expected


def test_the_arguments_of_an_action_are_told_apart_by_direction() -> None:
    first, second, third = Argument(name='A'), Argument(name='B'), Argument(name='C', direction='out')
    action = upnp.Action(name='Go', arguments=[first, second, third])
    assert (action.inputs, action.outputs) == ([first, second], [third])


# How often it is told


@pytest.mark.parametrize('name', ['maximumRate', 'minimumDelta'])
@pytest.mark.parametrize('value', [None, 1, 0.2, 5e-324, 1e308, Speed.FAST])
def test_what_moderates_events_is_none_or_a_number_above_zero(name: str, value: float | None) -> None:
    """UDA 1.1 §4.3."""
    variable = made(dataType='ui1', **{name: value})
    assert getattr(variable, name) == value
    setattr(variable, name, 5)
    setattr(variable, name, None)
    assert getattr(variable, name) is None


@pytest.mark.parametrize('name', ['maximumRate', 'minimumDelta'])
@pytest.mark.parametrize(
    ('value', 'error', 'text'),
    [
        (0, ValueError, 'must be above zero, not 0; None turns it off'),
        (-0.5, ValueError, 'must be above zero, not -0.5; None turns it off'),
        (math.inf, ValueError, 'must be above zero, not inf; None turns it off'),
        (math.nan, ValueError, 'must be above zero, not nan; None turns it off'),
        (True, TypeError, 'must be a number, or None, not True'),
        ('1', TypeError, "must be a number, or None, not '1'"),
        (Decimal(1), TypeError, "must be a number, or None, not Decimal('1')"),
        ([1], TypeError, 'must be a number, or None, not [1]'),
    ],
)
def test_what_moderates_nothing_is_refused_at_once(name: str, value: object, error: type[Exception], text: str) -> None:
    variable = made(dataType='ui1', **{name: 5})
    with pytest.raises(error) as caught:
        setattr(variable, name, value)
    assert (str(caught.value), getattr(variable, name)) == (f'{name} {text}', 5)
    with pytest.raises(error):
        StateVariable({name: value})


def test_moderation_is_no_part_of_the_description() -> None:
    service = upnp.Service(stateVariables=[{'name': 'X', 'dataType': 'ui1'}])
    seen: list[str] = []
    service.addObserver(lambda: seen.append('changed'))
    service.stateVariables['X'].maximumRate = service.stateVariables['X'].minimumDelta = 5
    assert seen == []
    assert service == upnp.Service(stateVariables=[{'name': 'X', 'dataType': 'ui1'}])


def test_each_instance_of_a_class_moderates_as_declared() -> None:
    class Meter(upnp.Service):
        Level = StateVariable(dataType='ui1', sendEvents=True, maximumRate=0.2, minimumDelta=5)

    one, other = Meter(), Meter()
    one.stateVariables['Level'].maximumRate = 9
    assert [meter.stateVariables['Level'].maximumRate for meter in (one, other)] == [9, 0.2]
    assert [meter.stateVariables['Level'].minimumDelta for meter in (one, other)] == [5, 5]


@pytest.mark.parametrize('dataType', ['string', 'boolean', 'date', 'bin.hex', 'uuid', 'char'])
def test_only_numbers_have_a_least_difference(dataType: str) -> None:
    made(dataType=dataType, maximumRate=5)
    with pytest.raises(upnp.DescriptionError) as caught:
        made(dataType=dataType, minimumDelta=5)
    says = f'values of type {dataType} have no difference: use maximumRate'
    assert str(caught.value) == f"<Service 'id'>.stateVariables['X'].minimumDelta: {says}"


@pytest.mark.parametrize('dataType', ['ui1', 'i8', 'int', 'r4', 'number', 'float', 'fixed.14.4'])
def test_all_numbers_have_a_least_difference(dataType: str) -> None:
    assert made(dataType=dataType, minimumDelta=0.5).minimumDelta == 0.5


# What is wrong


@pytest.mark.parametrize(
    ('elements', 'place', 'text'),
    [
        ({'dataType': 'bool'}, ".dataType: 'bool' is no UPnP data type (ui1, ", ''),
        ({'dataType': 'Boolean'}, ".dataType: 'Boolean' is no UPnP data type", ''),
        ({'dataType': ''}, ".dataType: '' is no UPnP data type", ''),
        ({'allowedValueList': []}, '.allowedValueList: () is no list of strings', ''),
        ({'allowedValueList': 'on'}, ".allowedValueList: 'on' is no list of strings", ''),
        ({'allowedValueList': [1, 2]}, '.allowedValueList: (1, 2) is no list of strings', ''),
        ({'allowedValueList': ['a'], 'dataType': 'ui1'}, ".allowedValueList: ('a',) is no list of strings", 'string'),
        ({'allowedValueList': ['a', 'a']}, ".allowedValueList: ('a', 'a') has a value twice", ''),
        ({'allowedValueList': ['a\0']}, '.allowedValueList: ', 'XML cannot carry'),
        ({'allowedValueRange': (0, 1)}, '.allowedValueRange: (0, 1) is not (minimum, maximum)', 'for a numeric type'),
        ({'allowedValueRange': (0,), 'dataType': 'ui1'}, '.allowedValueRange: (0,) is not (minimum, maximum)', ''),
        ({'allowedValueRange': (0, 1, 1, 1), 'dataType': 'ui1'}, '.allowedValueRange: (0, 1, 1, 1) is not', ''),
        ({'allowedValueRange': range(5), 'dataType': 'ui1'}, '.allowedValueRange: range(0, 5) is not (minimum', ''),
        ({'allowedValueRange': 5, 'dataType': 'ui1'}, '.allowedValueRange: 5 is not (minimum, maximum)', ''),
        ({'allowedValueRange': (None, 5), 'dataType': 'ui1'}, '.allowedValueRange: (None, 5) is no range of', 'ui1'),
        ({'allowedValueRange': ('0', '5'), 'dataType': 'ui1'}, ".allowedValueRange: ('0', '5') is no range of", ''),
        ({'allowedValueRange': (0, 0.5), 'dataType': 'ui1'}, '.allowedValueRange: (0, 0.5) is no range of', '0.5'),
        ({'allowedValueRange': (0, 256), 'dataType': 'ui1'}, '.allowedValueRange: (0, 256) is no range of', '255'),
        ({'allowedValueRange': (5, 0), 'dataType': 'ui1'}, '.allowedValueRange: (5, 0) has a minimum above its', ''),
        (
            {'allowedValueRange': (0, 5, 0), 'dataType': 'ui1'},
            '.allowedValueRange: (0, 5, 0) has',
            'a step that is not',
        ),
        (
            {'allowedValueRange': (0, 5, -1), 'dataType': 'i1'},
            '.allowedValueRange: (0, 5, -1) has',
            'a step that is not',
        ),
        ({'defaultValue': 'x', 'dataType': 'ui1'}, ".defaultValue: 'x' is no default of type ui1", 'a whole number'),
        ({'defaultValue': b'x', 'dataType': 'ui1'}, ".defaultValue: b'x' is no default of type ui1", 'an int'),
        ({'defaultValue': 'c', 'allowedValueList': ['a', 'b']}, ".defaultValue: 'c' is no default", "one of 'a', 'b'"),
        ({'defaultValue': 9, 'dataType': 'ui1', 'allowedValueRange': (0, 5)}, '.defaultValue: 9 is no default', '5'),
        (
            {'defaultValue': 3, 'dataType': 'ui1', 'allowedValueRange': (0, 4, 2)},
            '.defaultValue: 3 is no',
            'multiple of 2',
        ),
        (
            {'defaultValue': Speed.FAST, 'dataType': Colour},
            '.defaultValue: <Speed.FAST: 2> is no',
            'no member of Colour',
        ),
        ({'defaultValue': 'a\0'}, ".defaultValue: 'a\\x00' is no default of type string: XML cannot carry", "'\\x00'"),
    ],
)
def test_a_wrong_state_variable_is_refused_when_the_dict_is_made(
    elements: Mapping[str, object], place: str, text: str
) -> None:
    with pytest.raises(upnp.DescriptionError) as caught:
        made(**elements)
    assert str(caught.value).startswith(f"<Service 'id'>.stateVariables['X']{place}")
    assert text in str(caught.value)
    assert caught.value.path.startswith("<Service 'id'>.stateVariables['X'].")


@pytest.mark.parametrize(
    'name',
    [
        'X',
        '_x',
        'A_ARG_TYPE_X',
        'x1',
        'X_acme.com_Level',
        'Größe',
        'Žárovka',
        'Łączność',
        'Közműegység',
        'Świ.ğış',
        'Ñandú',
        'Ωmega',
        'Яркость',
        '明るさ',
        '밝기',
    ],
)
def test_a_name_of_letters_digits_underscores_and_points_is_taken(name: str) -> None:
    service = upnp.Service(stateVariables=[{'name': name}], actions=[{'name': name}])
    assert (service.stateVariables[0].name, service.actions[name].name) == (name, name)


@pytest.mark.parametrize(
    'name',
    [
        *(None, '', 5, 'Set-It', '1st', '.a', 'a b', ' a', 'a\n', 'a:b', 'a#b', '<a>', 'a\u2028'),
        *('µ', 'aµ', 'm²', 'n\u00ba', '\U0001d4b3', 'a\U00020000', '\u0661', 'a\u0301', '\ufb01'),
    ],
)
def test_another_name_is_refused(name: object) -> None:
    """UDA 1.1 §2.5: no hyphen, no hash, begins with a letter or an underscore."""
    good = {'name': 'X'}
    argument = {'name': name, 'relatedStateVariable': 'X'}
    for place, elements in {
        'stateVariables[1]': {'stateVariables': [good, {'name': name}]},
        'actions[1]': {'actions': [good, {'name': name}]},
        "actions['X'].arguments[0]": {'stateVariables': [good], 'actions': [{**good, 'arguments': [argument]}]},
    }.items():
        with pytest.raises(upnp.DescriptionError) as caught:
            upnp.Service(elements, serviceId='id')
        told = f'name {name!r} may only have letters, digits, _ and ., and begins with a letter or _'
        assert str(caught.value) == f"<Service 'id'>.{place}: {'name is missing' if name is None else told}"


def isXmlName(name: str) -> bool:
    """Tell whether the parser takes it as the name of an element; expat keeps to XML 1.0's fourth edition."""
    try:
        ParserCreate('utf-8').Parse(f'<{name}/>'.encode(), True)
    except ExpatError:
        return False
    return True


def test_every_letter_of_a_name_is_one_to_the_parser() -> None:
    """XML 1.0 §2.3; arguments and actions are elements of a call, so that their names are read by others."""
    taken = [character for character in map(chr, range(sys.maxunicode + 1)) if isName(character)]
    assert [character for character in taken if not (character.isalpha() or character == '_')] == []
    assert [character for character in taken if not isXmlName(character)] == []
    assert isXmlName('a' + ''.join(taken))
    assert not isXmlName('µ')


def test_no_other_character_stands_inside_a_name() -> None:
    inside = [character for character in map(chr, range(sys.maxunicode + 1)) if isName(f'a{character}')]
    assert [character for character in inside if not isName(character)] == list('.0123456789')


def actionOf(*arguments: Mapping[str, object], **elements: object) -> upnp.Action:
    """Return an action of a service that has the state variables X and Y."""
    action = {'name': 'Go', 'arguments': arguments, **elements}
    variables = [{'name': 'X'}, {'name': 'Y'}]
    return upnp.Service(serviceId='id', stateVariables=variables, actions=[action]).actions['Go']


IN, OUT = {'name': 'I', 'relatedStateVariable': 'X'}, {'name': 'O', 'direction': 'out', 'relatedStateVariable': 'Y'}


def test_arguments_may_share_a_state_variable_and_the_first_output_be_the_retval() -> None:
    action = actionOf(IN, {**IN, 'name': 'J'}, {**OUT, 'retval': True}, {**OUT, 'name': 'P'})
    assert [one.name for one in action.arguments] == ['I', 'J', 'O', 'P']
    assert [one.retval for one in action.outputs] == [True, False]


@pytest.mark.parametrize(
    ('arguments', 'place', 'text'),
    [
        ([OUT, IN], "['I']", 'an in argument stands behind an out argument'),
        ([IN, IN], '[1]', "name 'I' is there twice"),
        ([IN, OUT, OUT], '[2]', "name 'O' is there twice"),
        ([IN, {**OUT, 'name': None}], '[1]', 'name is missing'),
        ([{**IN, 'direction': 'inout'}], "['I'].direction", "'inout' is neither 'in' nor 'out'"),
        ([{**IN, 'direction': 'IN'}], "['I'].direction", "'IN' is neither 'in' nor 'out'"),
        ([{**IN, 'retval': True}], "['I']", 'only the first out argument can be the retval'),
        ([{**IN, 'retval': True}, OUT], "['I']", 'only the first out argument can be the retval'),
        ([OUT, {**OUT, 'name': 'P', 'retval': True}], "['P']", 'only the first out argument can be the retval'),
        ([{'name': 'I'}], "['I']", 'it has no type: set relatedStateVariable'),
        (
            [{**IN, 'relatedStateVariable': 'x'}],
            "['I'].relatedStateVariable",
            "'x' is not the name of a state variable of this service: there are X, Y",
        ),
        (
            [{**IN, 'relatedStateVariable': StateVariable(name='X')}],
            "['I'].relatedStateVariable",
            "<StateVariable 'X'> is not the name of a state variable of this service: there are X, Y",
        ),
    ],
)
def test_a_wrong_argument_is_refused_when_the_dict_is_made(
    arguments: list[Mapping[str, object]], place: str, text: str
) -> None:
    with pytest.raises(upnp.DescriptionError) as caught:
        actionOf(*arguments)
    assert str(caught.value) == f"<Service 'id'>.actions['Go'].arguments{place}: {text}"


def test_an_in_and_an_out_argument_may_have_the_same_name() -> None:
    """They travel apart, one in the request and one in the response."""
    action = actionOf(IN, {**OUT, 'name': 'I'})
    assert [(one.name, one.direction) for one in action.arguments] == [('I', 'in'), ('I', 'out')]


def test_without_any_state_variable_the_error_says_so() -> None:
    with pytest.raises(upnp.DescriptionError, match='there are none'):
        upnp.Service(actions=[{'name': 'Go', 'arguments': [IN]}])


@pytest.mark.parametrize('kind', ['actions', 'stateVariables'])
def test_two_of_one_name_are_refused(kind: str) -> None:
    with pytest.raises(upnp.DescriptionError) as caught:
        upnp.Service({kind: [{'name': 'X'}, {'name': 'X'}], 'serviceId': 'id'})
    assert str(caught.value) == f"<Service 'id'>.{kind}[1]: name 'X' is there twice"


def takesBoth(I: str, J: str = '', **others: str) -> None:  # noqa: E741
    """Take what the arguments say."""


def takesAnother(i: str) -> None:
    """Take an argument of another name."""


@pytest.mark.parametrize('function', [None, takesBoth, partial(takesBoth, J='a'), max, dict, lambda I: I])  # noqa: E741
def test_a_function_that_takes_the_arguments_is_kept(function: object) -> None:
    assert actionOf(IN, OUT, function=function).function is function


@pytest.mark.parametrize('function', [takesAnother, lambda: None, lambda I, K: None, lambda I, /: None])  # noqa: E741
def test_a_function_that_does_not_take_the_arguments_is_refused(function: object) -> None:
    with pytest.raises(upnp.DescriptionError, match='is to be called with the in arguments by keyword: ') as caught:
        actionOf(IN, function=function)
    assert caught.value.path == "<Service 'id'>.actions['Go']"


@pytest.mark.parametrize('function', ['getStatus', 5, [print]])
def test_what_is_no_function_is_refused(function: object) -> None:
    with pytest.raises(upnp.DescriptionError, match='cannot be called') as caught:
        actionOf(function=function)
    assert caught.value.path == "<Service 'id'>.actions['Go'].function"


# As an attribute of a class


def test_a_value_is_there_after_the_services_init_and_not_before() -> None:
    class Early(upnp.Service):
        Level = StateVariable(dataType='ui1')

        def __init__(self, order: str) -> None:
            if order == 'set':
                self.Level = 5
            elif order == 'read':
                self.seen = self.Level
            super().__init__()

    for order in ('set', 'read'):
        with pytest.raises(AttributeError) as caught:
            Early(order)
        assert str(caught.value) == "'Level' is there when __init__ has called super().__init__(), not before"
    assert Early('later').Level == 0


def test_a_variable_of_a_class_is_named_for_its_attribute_and_gives_an_instance_its_value() -> None:
    class Dimmer(upnp.Service):
        Level = StateVariable(dataType=Colour, defaultValue=Colour.BLUE)
        Second = StateVariable(name='Other', dataType='ui1', value=5)

    one, other = Dimmer(), Dimmer()
    one.Level = 'red'
    assert (Dimmer.Level.name, Dimmer.Second.name) == ('Level', 'Other')
    assert (one.Level, one.stateVariables['Level'].value) == (Colour.RED, Colour.RED)
    assert (other.Level, other.Second, Dimmer.Level.value) == (Colour.BLUE, 5, Colour.BLUE)


def test_a_retval_is_yes_or_no() -> None:
    assert [upnp.Argument(name='a', retval=value).retval for value in ('no', 'yes', 1, False)] == [
        *(False, True, True, False)
    ]
    with pytest.raises(ValueError, match='retval'):
        upnp.Argument(name='a', retval='on')


def test_a_function_that_yields_is_refused() -> None:
    def steps() -> Iterator[int]:
        yield 1

    with pytest.raises(upnp.DescriptionError, match='it yields'):
        upnp.Service(actions=[{'name': 'Go', 'function': steps}])
