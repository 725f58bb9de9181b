"""Descriptions and SCPDs read: what we write comes back equal, and the liberties of others are taken or named."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import upnp
from upnp import DescriptionError
from upnp.description import writing
from upnp.description.checks import checkDevice
from upnp.description.types import DATA_TYPES, NUMERIC_TYPES
from upnp.description.vendor import checkVendorElements

SWITCH = 'urn:schemas-upnp-org:service:SwitchPower:1'
SWITCH_ID = 'urn:upnp-org:serviceId:SwitchPower'
LIGHT = 'urn:schemas-upnp-org:device:BinaryLight:1'
UUID = '00a56575-78fa-40fe-b107-8f4b5043a2b0'
PNPX = 'http://schemas.microsoft.com/windows/pnpx/2005/11'
FOUNDATION = 'http://schemas.microsoft.com/windows/2008/09/devicefoundation'

# Services of every kind


def numbers(minimum: float, maximum: float, width: Any = 64) -> st.SearchStrategy[object]:
    """Floating-point numbers, and the other numbers that are taken for them."""
    return st.one_of(
        st.floats(minimum, maximum, width=width, allow_nan=False, allow_infinity=False),
        st.integers(-(10**9), 10**9),
        st.decimals(-(10**9), 10**9, places=3),
    )


def whole(name: str) -> st.SearchStrategy[int]:
    """The numbers of an integer type."""
    bits = 8 * int(name[-1]) if name != 'int' else 32
    return st.integers(0, 2**bits - 1) if name[0] == 'u' else st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


characters = st.characters(
    exclude_categories=['Cs', 'Cc'], exclude_characters='\ufffe\uffff', include_characters='\t\n\r\x7f\x85'
)
texts = st.text(characters, max_size=8)
zones = st.one_of(st.none(), st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **{name: whole(name) for name in ('ui1', 'ui2', 'ui4', 'ui8', 'i1', 'i2', 'i4', 'i8', 'int')},
    'r4': numbers(-(2.0**127), 2.0**127, 32),
    **{name: numbers(-1e308, 1e308) for name in ('r8', 'number', 'float')},
    'fixed.14.4': st.decimals(-(10**13), 10**13, places=4),
    'char': characters,
    'string': texts,
    'date': st.dates(),
    'dateTime': st.datetimes(),
    'dateTime.tz': st.datetimes(timezones=zones),
    'time': st.times(),
    'time.tz': st.times(timezones=zones),
    'boolean': st.booleans(),
    **{name: st.binary(max_size=8) for name in ('bin.base64', 'bin.hex')},
    'uri': st.text(st.characters(exclude_categories=['Cc', 'Cs', 'Z'], exclude_characters='\ufffe\uffff'), max_size=8),
    'uuid': st.uuids(),
}
names = st.from_regex(r'[A-Za-z_é][A-Za-z0-9_.é]{0,9}', fullmatch=True).filter(lambda name: name != 'X_Unused')


@st.composite
def variables(draw: st.DrawFn, name: str) -> dict[str, object]:
    """A state variable of any type, with a default, a list or a range, or without."""
    dataType = draw(st.sampled_from(DATA_TYPES))
    elements: dict[str, object] = {
        **{'name': name, 'dataType': dataType},
        **{'sendEvents': draw(st.booleans()), 'multicast': draw(st.booleans())},
    }
    values = VALUES[dataType]
    if dataType == 'string' and draw(st.booleans()):
        elements['allowedValueList'] = allowed = draw(st.lists(texts, min_size=1, max_size=4, unique=True))
        values = st.sampled_from(allowed)
    elif dataType in NUMERIC_TYPES and draw(st.booleans()):
        elements['allowedValueRange'] = limits = draw(ranges(values))
        values = st.sampled_from(limits[:1])
    if draw(st.booleans()):
        elements['defaultValue'] = draw(values)
    return elements


@st.composite
def ranges(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> tuple[Any, ...]:
    """A range of numbers of a type, perhaps with a step."""
    ends = tuple(sorted(draw(st.tuples(values, values))))
    return (*ends, draw(values.filter(lambda step: step > 0))) if draw(st.booleans()) else ends


@st.composite
def actions(draw: st.DrawFn, name: str, variableNames: list[str]) -> dict[str, object]:
    """An action with arguments of some of the variables, if there are any."""
    argumentNames = draw(st.lists(names, max_size=4, unique=True)) if variableNames else []
    outputs = draw(st.integers(0, len(argumentNames)))
    first = len(argumentNames) - outputs
    arguments = [
        {
            **{'name': argument, 'direction': 'out' if index >= first else 'in'},
            **{'relatedStateVariable': draw(st.sampled_from(variableNames))},
            **{'retval': index == first and draw(st.booleans())},
        }
        for index, argument in enumerate(argumentNames)
    ]
    return {'name': name, 'arguments': arguments}


@st.composite
def services(draw: st.DrawFn) -> upnp.Service:
    """A service that can be announced."""
    variableNames = draw(st.lists(names, max_size=4, unique=True))
    actionNames = draw(st.lists(names, max_size=3, unique=True))
    return upnp.Service(
        serviceType=SWITCH,
        serviceId=draw(st.one_of(st.none(), st.just(SWITCH_ID))),
        stateVariables=[draw(variables(name)) for name in variableNames],
        actions=[draw(actions(name, variableNames)) for name in actionNames],
    )


def readBack(service: upnp.Service, encode: Callable[[str], str | bytes] = str) -> upnp.Service:
    """Render the SCPD of a service, and read it."""
    text = encode(writing.renderScpd(service))
    return upnp.Service.fromXml(text, serviceType=service.serviceType, serviceId=service.serviceId)


@settings(max_examples=60, deadline=None, database=None)
@given(services(), st.sampled_from([str, str.encode, lambda text: text.encode('utf-16')]))
def test_a_service_that_is_rendered_and_read_is_equal(service: upnp.Service, encode: Callable[[str], Any]) -> None:
    """Every type, default, list, range and text that there can be."""
    twin = readBack(service, encode)
    assert twin == service
    assert [one.initial for one in twin.stateVariables] == [one.initial for one in service.stateVariables]
    assert writing.renderScpd(twin) == writing.renderScpd(service)


def variable(**elements: object) -> upnp.Service:
    """A service with one state variable."""
    return upnp.Service(serviceType=SWITCH, stateVariables=[{'name': 'A', **elements}])


EDGES = {
    'nothing': upnp.Service(serviceType=SWITCH),
    'empty text': variable(defaultValue=''),
    'text of white space': variable(defaultValue=' \t\r\n'),
    'text in white space': variable(defaultValue=' a '),
    'text like markup': variable(defaultValue=']]><a>&amp;{host}{configId}<!--'),
    'list with an empty text': variable(allowedValueList=['a', ''], defaultValue=''),
    'list with white space': variable(allowedValueList=['a', ' a', 'a '], defaultValue='a '),
    'empty bytes': variable(dataType='bin.base64', defaultValue=b''),
    'empty hexadecimal bytes': variable(dataType='bin.hex', defaultValue=b''),
    'empty URI': variable(dataType='uri', defaultValue=''),
    'space': variable(dataType='char', defaultValue=' '),
    'tenths': variable(dataType='fixed.14.4', allowedValueRange=(0.1, 1, Decimal('0.1')), defaultValue=0.3),
    'thousandths': variable(dataType='r8', allowedValueRange=(Decimal('-0.001'), 1), defaultValue=-0.001),
    'tiny steps': variable(dataType='r8', allowedValueRange=(1e-300, 5e-300, 1e-300), defaultValue=2e-300),
    'no range but a point': variable(dataType='ui1', allowedValueRange=(7, 7)),
    'default as text': variable(dataType='ui2', defaultValue=' +007 '),
    'default of false': variable(dataType='boolean', defaultValue=False),
    'first day': variable(dataType='date', defaultValue=date.min),
    'last moment': variable(dataType='dateTime', defaultValue=datetime.max),
}


@pytest.mark.parametrize('service', EDGES.values(), ids=EDGES)
def test_an_edge_that_is_rendered_and_read_is_equal(service: upnp.Service) -> None:
    twin = readBack(service)
    assert twin == service
    assert [one.initial for one in twin.stateVariables] == [one.initial for one in service.stateVariables]


# Services as others write them


STANDARD = """<?xml version="1.0" encoding="utf-8"?>
<scpd xmlns="urn:schemas-upnp-org:service-1-0">
  <specVersion><major>1</major><minor>0</minor></specVersion>
  <actionList>
    <action>
      <name>SetTarget</name>
      <argumentList>
        <argument>
          <name>newTargetValue</name><relatedStateVariable>Target</relatedStateVariable><direction>in</direction>
        </argument>
      </argumentList>
    </action>
    <action>
      <name>GetStatus</name>
      <argumentList>
        <argument>
          <name>ResultStatus</name><direction>out</direction><retval/>
          <relatedStateVariable>Status</relatedStateVariable>
        </argument>
      </argumentList>
    </action>
    <action><name>Stop</name></action>
  </actionList>
  <serviceStateTable>
    <stateVariable sendEvents="no"><name>Target</name><dataType>boolean</dataType></stateVariable>
    <stateVariable sendEvents="yes">
      <name>Status</name><dataType>boolean</dataType><defaultValue>0</defaultValue>
    </stateVariable>
  </serviceStateTable>
</scpd>
"""


def switch() -> upnp.Service:
    """What the standard SCPD describes."""
    return upnp.Service(
        actions=[
            {'name': 'SetTarget', 'arguments': [{'name': 'newTargetValue', 'relatedStateVariable': 'Target'}]},
            {
                'name': 'GetStatus',
                'arguments': [
                    {
                        **{'name': 'ResultStatus', 'direction': 'out', 'retval': True},
                        'relatedStateVariable': 'Status',
                    }
                ],
            },
            {'name': 'Stop'},
        ],
        stateVariables=[
            {'name': 'Target', 'dataType': 'boolean'},
            {'name': 'Status', 'dataType': 'boolean', 'sendEvents': True, 'defaultValue': False},
        ],
    )


SAME = {
    'as it is': STANDARD,
    'a byte order mark': '\ufeff' + STANDARD,
    'no namespace': STANDARD.replace(' xmlns="urn:schemas-upnp-org:service-1-0"', ''),
    'another namespace': STANDARD.replace('service-1-0', 'service-1-1'),
    'a prefix': STANDARD.replace('</', '<!/')
    .replace('<', '<s:')
    .replace('<s:!/', '</s:')
    .replace('<s:?', '<?')
    .replace('xmlns=', 'xmlns:s='),
    'white space in elements': STANDARD.replace('>in<', '> in\n<')
    .replace('>Target<', '>\n  Target\t<')
    .replace('>boolean<', '>\nboolean <')
    .replace('>0<', '> 0\n<')
    .replace('>Stop<', '> Stop <'),
    'upper case': STANDARD.replace('"yes"', '"YES"')
    .replace('"no"', '"No"')
    .replace('>out<', '>OUT<')
    .replace('>in<', '>In<'),
    'other words for yes': STANDARD.replace('"yes"', '"1"').replace('"no"', '"0"'),
    'white space in attributes': STANDARD.replace('"yes"', '" yes "'),
    'no sendEvents': STANDARD.replace(' sendEvents="yes"', ''),
    'no direction': STANDARD.replace('<direction>in</direction>', ''),
    'a retval that says something': STANDARD.replace('<retval/>', '<retval>yes</retval>'),
    'an empty argumentList': STANDARD.replace('<name>Stop</name>', '<name>Stop</name><argumentList/>'),
    'empty lists and defaults': STANDARD.replace(
        '<dataType>boolean</dataType></',
        '<dataType>boolean</dataType><defaultValue/><allowedValueList/><allowedValueRange> </allowedValueRange></',
    ),
    'false as a word': STANDARD.replace('>0<', '>False<'),
    'elements of a vendor': STANDARD.replace('<name>', '<X_note/><v:note xmlns:v="urn:v"><v:a/></v:note><name>'),
    'attributes of a vendor': STANDARD.replace('<action>', '<action v:a="b" xmlns:v="urn:v">').replace(
        '<name>', '<name a="b">'
    ),
    'elements around the lists': STANDARD.replace('<actionList>', '<Optional/><actionList><Optional/>'),
    'another order of the lists': STANDARD.replace('<actionList>', '<!--')
    .replace('</actionList>', '-->')
    .replace('</scpd>', STANDARD[STANDARD.index('<actionList>') : STANDARD.index('<serviceStateTable>')] + '</scpd>'),
    'comments': STANDARD.replace('>Target<', '>Tar<!-- a -->get<').replace('<action>', '<!-- b --><?c d?><action>'),
    'CDATA': STANDARD.replace('>Status<', '><![CDATA[Status]]><'),
}


@pytest.mark.parametrize('text', SAME.values(), ids=SAME)
def test_the_form_of_an_scpd_matters_little(text: str) -> None:
    """UDA 1.1 §2.2, §2.5."""
    for source in (text, text.encode(), text.encode('utf-16')):
        assert upnp.Service.fromXml(source) == switch()


def tableOf(content: str, attributes: str = '') -> str:
    """An SCPD with a state variable."""
    variable = f'<stateVariable{attributes}><name>A</name>{content}</stateVariable>'
    return f'<scpd><serviceStateTable>{variable}</serviceStateTable></scpd>'


def inTable(content: str, attributes: str = '') -> upnp.StateVariable:
    """Read a state variable."""
    (read,) = upnp.Service.fromXml(tableOf(content, attributes)).stateVariables
    return read


def limits(**elements: str) -> str:
    """A range as it is written."""
    inner = ''.join(f'<{name}>{text}</{name}>' for name, text in elements.items())
    return f'<allowedValueRange>{inner}</allowedValueRange>'


READ: list[tuple[str, dict[str, object]]] = [
    ('', {'dataType': 'string', 'sendEvents': True, 'multicast': False}),
    ('<dataType/>', {'dataType': 'string'}),
    ('<dataType> ui2\n</dataType><defaultValue>\n 007 </defaultValue>', {'dataType': 'ui2', 'defaultValue': 7}),
    ('<dataType>string</dataType><defaultValue> a </defaultValue>', {'defaultValue': ' a '}),
    ('<dataType>string</dataType><defaultValue/>', {'defaultValue': ''}),
    ('<dataType>i4</dataType><defaultValue/>', {'defaultValue': None}),
    ('<dataType>i4</dataType><defaultValue> \n</defaultValue>', {'defaultValue': None}),
    (
        '<defaultValue/><allowedValueList><allowedValue>a</allowedValue></allowedValueList>',
        {'defaultValue': None, 'allowedValueList': ('a',)},
    ),
    (
        '<defaultValue>\n a\n</defaultValue><allowedValueList><allowedValue>a</allowedValue></allowedValueList>',
        {'defaultValue': 'a'},
    ),
    (
        '<allowedValueList><allowedValue>a</allowedValue><note/><allowedValue/></allowedValueList>',
        {'allowedValueList': ('a', '')},
    ),
    ('<allowedValueList> </allowedValueList>', {'allowedValueList': None}),
    (
        f'<dataType>ui2</dataType>{limits(minimum="0", maximum="100", step="")}',
        {'allowedValueRange': (0, 100)},
    ),
    (
        f'<dataType>ui2</dataType>{limits(step=" 5 ", maximum="100", minimum="0")}',
        {'allowedValueRange': (0, 100, 5)},
    ),
    (f'<dataType>r4</dataType>{limits(minimum="-.5", maximum="1E1")}', {'allowedValueRange': (-0.5, 10.0)}),
    (
        f'<dataType>fixed.14.4</dataType>{limits(minimum="0.10", maximum="1")}',
        {'allowedValueRange': (Decimal('0.1'), Decimal(1))},
    ),
    (f'<dataType>ui2</dataType>{limits(minimum="", maximum=" ", step="")}', {'allowedValueRange': None}),
]


@pytest.mark.parametrize(('content', 'expected'), READ)
def test_a_state_variable_is_read_as_it_is_meant(content: str, expected: dict[str, object]) -> None:
    """UDA 1.1 §2.5."""
    read = inTable(content)
    assert {name: getattr(read, name) for name in expected} == expected


@pytest.mark.parametrize(
    ('attributes', 'sendEvents', 'multicast'),
    [
        ('', True, False),
        (' sendEvents="no"', False, False),
        (' sendEvents="false" multicast="yes"', False, True),
        (' sendEvents="true" multicast="no"', True, False),
        (' multicast="YES"', True, True),
    ],
)
def test_events_are_sent_unless_they_are_not(attributes: str, sendEvents: bool, multicast: bool) -> None:
    """UDA 1.1 §2.5: the defaults are yes and no."""
    read = inTable('', attributes)
    assert (read.sendEvents, read.multicast) == (sendEvents, multicast)


UNREADABLE: list[tuple[str | bytes, str]] = [
    ('<root/>', "document is a 'root', and a 'scpd' is wanted"),
    ('<html><body/></html>', "document is a 'html', and a 'scpd' is wanted"),
    ('', "'' is no XML: the document itself is wanted"),
    ('scpd.xml', "'scpd.xml' is no XML: the document itself is wanted"),
    ('<scpd>', 'it cannot be read: not well-formed XML'),
    (b'<scpd>\xe9</scpd>', 'it cannot be read: not well-formed XML'),
    ('<!DOCTYPE scpd><scpd/>', 'it cannot be read: XML with a document type declaration'),
    ('<a>' * 33 + '</a>' * 33, 'it cannot be read: XML deeper than 32'),
]


@pytest.mark.parametrize(('text', 'says'), UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_is_no_scpd_is_refused(text: str | bytes, says: str) -> None:
    with pytest.raises(DescriptionError, match=says):
        upnp.Service.fromXml(text)


BAD_RANGES = [
    (f'<dataType>ui2</dataType>{limits(minimum="0", maximum="Vendor defined")}', "'Vendor defined' is no ui2"),
    (f'<dataType>ui1</dataType>{limits(minimum="0", maximum="256")}', "'256' is no ui1"),
    (f'<dataType>r8</dataType>{limits(minimum="-INF", maximum="1")}', "'-INF' is no r8"),
    (f'<dataType>string</dataType>{limits(minimum="0", maximum="1")}', "'0' is no string"),
    (f'<dataType>bin.hex</dataType>{limits(minimum="00", maximum="01")}', "'00' is no bin.hex"),
    (f'<dataType>date</dataType>{limits(minimum="2024-01-01", maximum="2024-12-31")}', "'2024-01-01' is no date"),
    (f'<dataType>integer</dataType>{limits(minimum="0", maximum="1")}', "'0' is no integer"),
    (f'<dataType>ui2</dataType>{limits(maximum="5", step="1")}', 'it wants both minimum and maximum'),
    (f'<dataType>ui2</dataType>{limits(minimum="", maximum="5")}', 'it wants both minimum and maximum'),
    (f'<dataType>ui2</dataType>{limits(minimum="5")}', 'it wants both minimum and maximum'),
    (f'<dataType>ui2</dataType>{limits(step="5")}', 'it wants both minimum and maximum'),
]


@pytest.mark.parametrize(('content', 'says'), BAD_RANGES)
def test_a_range_that_is_none_is_named(content: str, says: str) -> None:
    with pytest.raises(DescriptionError) as caught:
        inTable(content)
    assert str(caught.value) == f"<StateVariable 'A'>.allowedValueRange: {says}"


LATE = [
    ('<dataType>UI4</dataType>', "stateVariables['A'].dataType: 'UI4' is no UPnP data type"),
    (
        '<dataType>ui1</dataType><defaultValue>none</defaultValue>',
        "stateVariables['A'].defaultValue: 'none' is no default",
    ),
    (
        '<dataType>ui1</dataType><defaultValue>256</defaultValue>',
        "stateVariables['A'].defaultValue: '256' is no default",
    ),
    (
        f'<dataType>ui1</dataType><defaultValue>9</defaultValue>{limits(minimum="0", maximum="5")}',
        "stateVariables['A'].defaultValue: 9 is no default",
    ),
    (
        '<defaultValue>b</defaultValue><allowedValueList><allowedValue>a</allowedValue></allowedValueList>',
        "stateVariables['A'].defaultValue: 'b' is no default",
    ),
    (
        '<dataType>ui1</dataType><allowedValueList><allowedValue>1</allowedValue></allowedValueList>',
        "stateVariables['A'].allowedValueList: ",
    ),
    (f'<dataType>ui1</dataType>{limits(minimum="5", maximum="0")}', "stateVariables['A'].allowedValueRange: "),
    (
        f'<dataType>ui1</dataType>{limits(minimum="0", maximum="5", step="0")}',
        "stateVariables['A'].allowedValueRange: ",
    ),
    ('</stateVariable><stateVariable><name>A</name>', "stateVariables[1]: name 'A' is there twice"),
    ('</stateVariable><stateVariable>', 'stateVariables[1]: name is missing'),
]


@pytest.mark.parametrize(('content', 'says'), LATE)
def test_what_cannot_be_announced_is_read_and_found_when_it_is_checked(content: str, says: str) -> None:
    """Another's device may be read though it is wrong; one's own is told before it is announced."""
    service = upnp.Service.fromXml(tableOf(content), serviceType=SWITCH)
    with pytest.raises(DescriptionError) as caught:
        checkDevice(upnp.Device(deviceType=LIGHT, friendlyName='Lamp', services=[service]))
    assert str(caught.value).startswith(f'device.services[0].{says}')


@pytest.mark.parametrize(
    ('content', 'says'),
    [
        ('<action/>', 'actions[0]: name is missing'),
        ('<action><name>Go-on</name></action>', "actions[0]: name 'Go-on' may only have"),
        (
            '<action><name>Go</name><argumentList><argument/></argumentList></action>',
            "actions['Go'].arguments[0]: name is missing",
        ),
        (
            '<action><name>Go</name><argumentList><argument><name>a</name></argument></argumentList></action>',
            "actions['Go'].arguments['a']: it has no type",
        ),
    ],
)
def test_an_action_that_cannot_be_announced_is_found_when_it_is_checked(content: str, says: str) -> None:
    service = upnp.Service.fromXml(f'<scpd><actionList>{content}</actionList></scpd>', {'serviceType': SWITCH})
    with pytest.raises(DescriptionError) as caught:
        checkDevice(upnp.Device(deviceType=LIGHT, friendlyName='Lamp', services=[service]))
    assert str(caught.value).startswith(f'device.services[0].{says}')


# Functions


class Switch(upnp.Service):
    """Methods for what an SCPD names, and others."""

    serviceType = SWITCH
    Target = upnp.StateVariable(dataType='boolean')

    def SetTarget(self, newTargetValue: bool) -> None:
        """Set the state variable."""
        self.Target = newTargetValue

    def other(self) -> None:
        """Be no action."""


def test_a_method_that_bears_an_actions_name_becomes_its_function() -> None:
    service = Switch.fromXml(STANDARD)
    assert service.serviceType == SWITCH
    assert service.actions['SetTarget'].function == service.SetTarget
    assert [one.name for one in service.actions if one.function is None] == ['GetStatus', 'Stop']
    service.SetTarget(True)
    assert service.Target is True
    assert service.stateVariables['Target'].value is True


def test_an_action_that_is_called_like_something_else_gets_no_function() -> None:
    text = ''.join(f'<action><name>{name}</name></action>' for name in ('fromXml', 'actions', 'serviceType', 'Target'))
    service = Switch.fromXml(f'<scpd><actionList>{text}</actionList></scpd>')
    assert [one.function for one in service.actions] == [None] * 4


def test_elements_are_given_beside_the_document() -> None:
    service = upnp.Service.fromXml(STANDARD, {'serviceType': 'urn:a:service:b:1'}, serviceId='urn:a:serviceId:c')
    assert (service.serviceType, service.serviceId) == ('urn:a:service:b:1', 'urn:a:serviceId:c')
    with pytest.raises(TypeError, match='serviceType'):
        upnp.Service.fromXml(STANDARD, servicetype='a')


# Devices


def described(device: upnp.Device) -> str:
    """The description of a root device."""
    icons = [(icon, '/icon') for one in device.family() for icon in one.icons]
    places = writing.placesOf(device, first=True)._replace(icons=icons)
    return writing.renderDescription([writing.deviceElement(device, places, '/')])


trimmed = texts.map(lambda text: text.strip() or None)
absolute = st.one_of(st.none(), st.sampled_from(['http://192.0.2.1/', 'https://a/b?c=d&e', 'http://{host}:8080/']))
sizes = st.integers(0, 9999)
icons = st.fixed_dictionaries(
    {'mimetype': st.just('image/png'), 'url': absolute, 'width': sizes, 'height': sizes, 'depth': sizes}
)
urls = st.fixed_dictionaries({'SCPDURL': absolute, 'controlURL': absolute, 'eventSubURL': absolute})
required = {'deviceType': st.just(LIGHT), 'friendlyName': st.just('Lamp'), 'uuid': st.uuids().map(str)}
plain = dict.fromkeys(('manufacturerURL', 'modelDescription', 'modelNumber', 'modelURL', 'serialNumber'), trimmed)
plain |= dict.fromkeys(('UPC', 'deviceCategory', 'hardwareId', 'compatibleId'), trimmed)
plain['containerId'] = st.one_of(st.none(), st.uuids(), st.uuids().map(lambda one: f'{{{str(one).upper()}}}'))
# Names that UPnP and Windows have, too, and namespaces of theirs.
xmlNames = st.one_of(
    st.from_regex('[A-Za-z_][A-Za-z0-9_.-]{0,5}', fullmatch=True),
    st.sampled_from(['UDN', 'serialNumber', 'X_modelId', 'deviceList', 'friendlyName']),
)
prefixes = st.one_of(st.none(), xmlNames.filter(lambda name: name[:3].lower() != 'xml'))
namespaces = st.sampled_from(['urn:a', 'urn:b', PNPX, FOUNDATION])
values = st.one_of(st.none(), texts, st.integers(-9, 9), st.floats(0, 1))
extensions = st.recursive(
    st.fixed_dictionaries({'namespace': namespaces, 'name': xmlNames, 'prefix': prefixes, 'value': values}),
    lambda inner: st.fixed_dictionaries(
        {
            **{'namespace': namespaces, 'name': xmlNames, 'prefix': prefixes},
            'extensions': st.lists(inner, max_size=2).flatmap(
                lambda ones: st.sampled_from([ones, [one | {'namespace': None} for one in ones]])
            ),
        }
    ),
    max_leaves=4,
)
lists = {
    'extensions': st.lists(extensions, max_size=3),
    'icons': st.lists(icons, max_size=2),
    'services': st.lists(urls.map(lambda one: {**one, 'serviceType': SWITCH}), max_size=2).map(
        lambda ones: [{**one, 'serviceId': f'{SWITCH_ID}{index}'} for index, one in enumerate(ones)]
    ),
    'presentationURL': absolute,
    'manufacturer': st.just('ACME'),
    'modelName': st.just('L1'),
}
leaves = st.fixed_dictionaries({**required, **plain, **lists})
trees = st.recursive(
    leaves,
    lambda inner: st.builds(lambda one, devices: {**one, 'devices': devices}, leaves, st.lists(inner, max_size=2)),
    max_leaves=3,
)


@settings(max_examples=25, deadline=None, database=None)
@given(trees)
def test_a_device_that_is_rendered_and_read_is_equal(elements: dict[str, Any]) -> None:
    device = upnp.Device(elements)
    for one in device.family():
        checkVendorElements(one, 'device')
    for text in (described(device), described(device).encode(), described(device).encode('utf-16')):
        assert upnp.Device.fromXml(text) == device


def test_what_a_description_adds_and_leaves_out() -> None:
    device = upnp.Device(
        **{'deviceType': LIGHT, 'friendlyName': ' Lamp ', 'uuid': UUID, 'modelNumber': 1, 'presentationURL': '/page'},
        icons=[{'data': b'GIF89a', 'mimetype': 'image/gif', 'width': 1, 'height': 2, 'depth': 3}],
        services=[switch()],
    )
    device.services[0].serviceType = SWITCH
    read = upnp.Device.fromXml(described(device))
    assert (read.friendlyName, read.modelNumber, read.presentationURL) == ('Lamp', '1', None)
    assert (read.manufacturer, read.modelName, read.UDN) == ('unknown', 'BinaryLight', f'uuid:{UUID}')
    assert list(read.icons) == list(device.icons)
    assert (read.icons[0].url, read.icons[0].data) == (None, None)
    assert read.services[0] == upnp.Service(serviceType=SWITCH, serviceId=SWITCH_ID)


FOREIGN = f"""\
<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0" xmlns:dlna="urn:schemas-dlna-org:device-1-0">
  <specVersion><major>1</major><minor>0</minor></specVersion>
  <URLBase>http://192.0.2.7:80/</URLBase>
  <device>
    <dlna:X_DLNADOC>DMS-1.50</dlna:X_DLNADOC>
    <UDN> UUID:{UUID}
    </UDN>
    <friendlyName>
      Living room &amp; hall
    </friendlyName>
    <deviceType>urn:schemas-upnp-org:device:BinaryLight:1</deviceType>
    <manufacturer/>
    <serialNumber> </serialNumber>
    <pnpx:X_deviceCategory xmlns:pnpx="http://schemas.microsoft.com/windows/pnpx/2005/11">Other</pnpx:X_deviceCategory>
    <iconList>
      <icon><mimetype>image/png</mimetype><width> 48 </width><height>-1</height><depth>24bit</depth>
        <url>icon.png</url></icon>
      <icon><width>9999999999</width><height>\u0664\u0668</height><url>HTTP://192.0.2.7/icon.png</url></icon>
      <icon><depth>8</depth><url>//192.0.2.7/icon.png</url></icon>
      <note/>
    </iconList>
    <serviceList>
      <service>
        <serviceType>urn:schemas-upnp-org:service:SwitchPower:1</serviceType>
        <SCPDURL>http://192.0.2.7/scpd.xml</SCPDURL>
        <controlURL>/control?back=http://192.0.2.7/</controlURL>
        <eventSubURL/>
      </service>
    </serviceList>
    <deviceList><device/></deviceList>
    <presentationURL>index.html</presentationURL>
  </device>
  <device/>
</root>
"""


def test_a_foreign_description_is_read_with_its_liberties() -> None:
    """UDA 1.1 §2.2, §2.3."""
    device = upnp.Device(
        **{'deviceType': LIGHT, 'friendlyName': 'Living room & hall', 'uuid': UUID, 'deviceCategory': 'Other'},
        icons=[{'mimetype': 'image/png', 'width': 48}, {}, {'depth': 8}],
        services=[{'serviceType': SWITCH, 'SCPDURL': 'http://192.0.2.7/scpd.xml'}],
        devices=[{}],
        extensions=[{'namespace': 'urn:schemas-dlna-org:device-1-0', 'name': 'X_DLNADOC', 'value': 'DMS-1.50'}],
    )
    for text in (FOREIGN, FOREIGN.encode(), FOREIGN.replace(' xmlns="urn:schemas-upnp-org:device-1-0"', '')):
        read = upnp.Device.fromXml(text)
        assert read == device
        assert [icon.url for icon in read.icons] == [None, 'HTTP://192.0.2.7/icon.png', None]
        assert read.uuid == UUID


def deviceIn(content: str) -> str:
    """A description whose device has this in it, with some prefixes declared."""
    prefixes = f'xmlns:pnpx="{PNPX}" xmlns:df="{FOUNDATION}" xmlns:u="urn:schemas-upnp-org:device-1-0"'
    return f'<root xmlns="urn:schemas-upnp-org:device-1-0" {prefixes}><device>{content}</device></root>'


CATEGORY = '<pnpx:X_deviceCategory>Other</pnpx:X_deviceCategory>'
FOUNDATION_CATEGORY = '<df:X_deviceCategory>Network.Gateway</df:X_deviceCategory>'
GATEWAY = {'namespace': FOUNDATION, 'name': 'X_deviceCategory', 'value': 'Network.Gateway'}
VENDORS = [
    (CATEGORY + FOUNDATION_CATEGORY, {'deviceCategory': 'Other', 'extensions': [GATEWAY]}),
    (FOUNDATION_CATEGORY + CATEGORY, {'deviceCategory': 'Other', 'extensions': [GATEWAY]}),
    (FOUNDATION_CATEGORY, {'extensions': [GATEWAY]}),
    ('<X_deviceCategory>Other</X_deviceCategory>', {'deviceCategory': 'Other'}),
    (f'<X_deviceCategory>Displays</X_deviceCategory>{CATEGORY}', {'deviceCategory': 'Other'}),
    ('<pnpx:X_deviceCategory/><X_deviceCategory>Other</X_deviceCategory>', {'deviceCategory': 'Other'}),
    (CATEGORY * 2, {'deviceCategory': 'Other'}),
    (f'<df:X_containerId> {{{UUID}}} </df:X_containerId>', {'containerId': UUID.upper()}),
    ('<u:X_hardwareId>A</u:X_hardwareId><X_Other>1</X_Other><presentationURL/>', {'hardwareId': 'A'}),
    (
        '<x:serialNumber xmlns:x="urn:x">1</x:serialNumber><serialNumber>2</serialNumber>',
        {'serialNumber': '2', 'extensions': [{'namespace': 'urn:x', 'name': 'serialNumber', 'value': '1'}]},
    ),
    (
        '<a xmlns="urn:x"> text <b>1</b><u:c>2</u:c><d xmlns="">3</d><e xmlns="urn:y"> 4 </e> <f> </f></a>',
        {
            'extensions': [
                {
                    **{'namespace': 'urn:x', 'name': 'a'},
                    'extensions': [
                        {'name': 'b', 'value': 1},
                        {'namespace': 'urn:y', 'name': 'e', 'value': '4'},
                        {'name': 'f'},
                    ],
                }
            ]
        },
    ),
    ('<a xmlns="urn:x"><u:c>2</u:c></a>', {'extensions': [{'namespace': 'urn:x', 'name': 'a'}]}),
]


@pytest.mark.parametrize(('content', 'elements'), VENDORS)
def test_what_vendors_add_is_read(content: str, elements: dict[str, Any]) -> None:
    """UDA 1.1 §2.7; what stands in UPnP's namespace or in none is skipped, but for Windows' elements."""
    assert upnp.Device.fromXml(deviceIn(content)) == upnp.Device(elements)


def test_an_element_in_the_misspelt_namespace_of_all_is_no_vendors() -> None:
    text = deviceIn(f'<UDN>uuid:{UUID}</UDN><X_Other>1</X_Other><a xmlns="urn:x">2</a>')
    read = upnp.Device.fromXml(text.replace('device-1-0', 'device:1'))
    assert read == upnp.Device(uuid=UUID, extensions=[{'namespace': 'urn:x', 'name': 'a', 'value': 2}])


def test_what_a_class_says_stays_where_a_description_says_nothing() -> None:
    class Lamp(upnp.Device):
        deviceCategory = 'HomeAutomation'

    assert Lamp.fromXml(deviceIn('')).deviceCategory == 'HomeAutomation'
    assert Lamp.fromXml(deviceIn(CATEGORY)).deviceCategory == 'Other'


@pytest.mark.parametrize(
    ('text', 'says'),
    [
        ('<scpd/>', "the document is a 'scpd', and a 'root' is wanted"),
        ('<device/>', "the document is a 'device', and a 'root' is wanted"),
        ('<root/>', 'a root without a device'),
        ('<root><devices><device/></devices></root>', 'a root without a device'),
        ('not XML', "'not XML' is no XML: the document itself is wanted"),
        (b'', 'it cannot be read: not well-formed XML'),
    ],
)
def test_what_is_no_description_is_refused(text: str | bytes, says: str) -> None:
    with pytest.raises(DescriptionError, match=says):
        upnp.Device.fromXml(text)


@pytest.mark.parametrize('source', [Path('scpd.xml'), None, bytearray(b'<scpd/>')], ids=['path', 'None', 'bytearray'])
def test_something_else_than_the_document_is_refused_with_the_remedy(source: Any) -> None:
    for read in (upnp.Service.fromXml, upnp.Device.fromXml):
        with pytest.raises(TypeError, match='read_bytes'):
            read(source)


def test_a_document_at_hand_may_have_more_elements_than_a_peers() -> None:
    variables = ''.join(f'<stateVariable><name>A{number}</name></stateVariable>' for number in range(6000))
    service = upnp.Service.fromXml(f'<scpd><serviceStateTable>{variables}</serviceStateTable></scpd>')
    assert len(service.stateVariables) == 6000


PIECES = [
    '<',
    '>',
    '/',
    '"',
    '&',
    '<name>',
    '</name>',
    '<action>',
    '</action>',
    'A',
    '-',
    '\0',
    'é',
    '<a/>',
    'xmlns=""',
]


@settings(max_examples=100, deadline=None, database=None)
@given(st.sampled_from([STANDARD, FOREIGN]), st.integers(0, 3000), st.integers(0, 40), st.sampled_from(PIECES))
def test_a_spoilt_document_is_read_or_refused(text: str, start: int, length: int, put: str) -> None:
    start %= len(text)
    for read in (upnp.Service.fromXml, upnp.Device.fromXml):
        with suppress(DescriptionError):
            read(text[:start] + put + text[start + length :])
