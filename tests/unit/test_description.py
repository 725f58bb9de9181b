"""Device description and SCPD: what is refused, what is odd, and the documents to the byte."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest

import upnp
from upnp.description import writing
from upnp.description.checks import checkDevice, checkIconForm, checkUuids, oddities
from upnp.description.types import DATA_TYPES

UUID = '00a56575-78fa-40fe-b107-8f4b5043a2b0'
INNER_UUID = '11a56575-78fa-40fe-b107-8f4b5043a2b0'
LIGHT = 'urn:schemas-upnp-org:device:BinaryLight:1'
SWITCH = 'urn:schemas-upnp-org:service:SwitchPower:1'
GIF = b'GIF89a'


def lamp(**elements: object) -> upnp.Device:
    """A device that can be announced, and what a test adds to it."""
    return upnp.Device({'deviceType': LIGHT, 'friendlyName': 'Lamp', 'uuid': UUID, **elements})


def withService(**elements: object) -> upnp.Device:
    """The same with a service that is filled attribute by attribute, as a dict would be checked before."""
    service = upnp.Service(serviceType=SWITCH)
    for name, value in elements.items():
        setattr(service, name, value)
    return lamp(services=[service])


def withVariable(**elements: object) -> upnp.Device:
    """The same with a service that has a state variable."""
    return withService(stateVariables=[{'name': 'A', **elements}])


def withArguments(*arguments: Mapping[str, object]) -> upnp.Device:
    """The same with an action and its arguments."""
    return withService(actions=[{'name': 'Go', 'arguments': arguments}], stateVariables=[{'name': 'A'}])


def described(device: upnp.Device, page: str | None = None) -> str:
    """The description of a root device."""
    return writing.renderDescription([writing.deviceElement(device, writing.placesOf(device, first=True), page)])


# The documents


FULL = f"""<?xml version="1.0" encoding="utf-8"?>
<root xmlns="urn:schemas-upnp-org:device-1-0" configId="4711">
  <specVersion>
    <major>1</major>
    <minor>1</minor>
  </specVersion>
  <device>
    <deviceType>urn:schemas-upnp-org:device:BinaryLight:1</deviceType>
    <friendlyName>Lamp &lt;1&gt; &amp; &#123;host}}</friendlyName>
    <manufacturer>BONNET</manufacturer>
    <manufacturerURL>http://sadmin.fr</manufacturerURL>
    <modelDescription>A lamp</modelDescription>
    <modelName>L1</modelName>
    <modelNumber>1</modelNumber>
    <modelURL>http://sadmin.fr/l1?a=b&amp;c=d</modelURL>
    <serialNumber>007</serialNumber>
    <UDN>uuid:{UUID}</UDN>
    <UPC>123456789012</UPC>
    <iconList>
      <icon>
        <mimetype>image/gif</mimetype>
        <width>48</width>
        <height>32</height>
        <depth>8</depth>
        <url>/{UUID}/icon0-564acef2</url>
      </icon>
      <icon>
        <mimetype>image/svg+xml</mimetype>
        <width>16</width>
        <height>16</height>
        <depth>24</depth>
        <url>http://sadmin.fr/icon.svg</url>
      </icon>
    </iconList>
    <serviceList>
      <service>
        <serviceType>urn:schemas-upnp-org:service:SwitchPower:1</serviceType>
        <serviceId>urn:upnp-org:serviceId:SwitchPower</serviceId>
        <SCPDURL>/{UUID}/0/scpd.xml</SCPDURL>
        <controlURL>/{UUID}/0/control</controlURL>
        <eventSubURL>/{UUID}/0/event</eventSubURL>
      </service>
      <service>
        <serviceType>sadmin-fr:service:dummy</serviceType>
        <serviceId>sadmin-fr:serviceId:1</serviceId>
        <SCPDURL>/s.xml</SCPDURL>
        <controlURL>/c</controlURL>
        <eventSubURL>/e</eventSubURL>
      </service>
    </serviceList>
    <deviceList>
      <device>
        <deviceType>urn:sadmin-fr:device:bulb:2</deviceType>
        <friendlyName>Bulb</friendlyName>
        <manufacturer>unknown</manufacturer>
        <modelName>bulb</modelName>
        <UDN>uuid:{INNER_UUID}</UDN>
        <serviceList>
          <service>
            <serviceType>urn:schemas-upnp-org:service:SwitchPower:1</serviceType>
            <serviceId>urn:upnp-org:serviceId:SwitchPower</serviceId>
            <SCPDURL>/{INNER_UUID}/0/scpd.xml</SCPDURL>
            <controlURL>/{INNER_UUID}/0/control</controlURL>
            <eventSubURL/>
          </service>
        </serviceList>
      </device>
    </deviceList>
    <presentationURL>http://192.168.1.20:8080/</presentationURL>
    <pnpx:X_hardwareId xmlns:pnpx="http://schemas.microsoft.com/windows/pnpx/2005/11">VEN_1&amp;DEV_2</pnpx:X_hardwareId>
    <pnpx:X_compatibleId xmlns:pnpx="http://schemas.microsoft.com/windows/pnpx/2005/11">VEN_1</pnpx:X_compatibleId>
    <pnpx:X_deviceCategory xmlns:pnpx="http://schemas.microsoft.com/windows/pnpx/2005/11">\
HomeAutomation.Lighting</pnpx:X_deviceCategory>
    <df:X_containerId xmlns:df="http://schemas.microsoft.com/windows/2008/09/devicefoundation">\
{{{INNER_UUID}}}</df:X_containerId>
    <X_Floor xmlns="urn:schemas-example-org:device-1-0">3</X_Floor>
  </device>
</root>
"""


def fullDevice() -> upnp.Device:
    """A device with every element there is."""
    device = upnp.Device(
        deviceType=LIGHT,
        friendlyName='Lamp <1> & {host}',
        manufacturer='BONNET',
        manufacturerURL='http://sadmin.fr',
        modelDescription='A lamp',
        modelName='L1',
        modelNumber=1,
        modelURL='http://sadmin.fr/l1?a=b&c=d',
        serialNumber='007',
        uuid=UUID,
        UPC='123456789012',
        presentationURL='http://{host}:8080/',
        deviceCategory='HomeAutomation.Lighting',
        hardwareId='VEN_1&DEV_2',
        compatibleId='VEN_1',
        containerId=INNER_UUID,
        extensions=[{'namespace': 'urn:schemas-example-org:device-1-0', 'name': 'X_Floor', 'value': 3}],
        icons=[
            {'data': GIF, 'width': 48, 'height': 32, 'depth': 8},
            {'url': 'http://sadmin.fr/icon.svg', 'mimetype': 'image/svg+xml', 'width': 16, 'height': 16, 'depth': 24},
        ],
        services=[
            {'serviceType': SWITCH, 'stateVariables': [{'name': 'Status', 'sendEvents': True}]},
            {
                **{'serviceType': 'sadmin-fr:service:dummy', 'serviceId': 'sadmin-fr:serviceId:1'},
                **{'SCPDURL': '/s.xml', 'controlURL': '/c', 'eventSubURL': '/e'},
            },
        ],
        devices=[
            {
                **{'deviceType': 'urn:sadmin-fr:device:bulb:2', 'friendlyName': 'Bulb', 'uuid': INNER_UUID},
                'services': [{'serviceType': SWITCH, 'stateVariables': [{'name': 'Status'}]}],
            }
        ],
    )
    device.icons[0].load(GIF)
    return device


def test_a_full_device_is_described_to_the_byte() -> None:
    """UDA 1.1 §2.3."""
    device = fullDevice()
    checkDevice(device)
    checkIconForm(device)
    assert writing.fill(described(device, '/page'), 4711, '192.168.1.20').decode() == FULL


MINIMAL = f"""<?xml version="1.0" encoding="utf-8"?>
<root xmlns="urn:schemas-upnp-org:device-1-0" configId="{{configId}}">
  <specVersion>
    <major>1</major>
    <minor>1</minor>
  </specVersion>
  <device>
    <deviceType>urn:schemas-upnp-org:device:BinaryLight:1</deviceType>
    <friendlyName>Lamp</friendlyName>
    <manufacturer>unknown</manufacturer>
    <modelName>BinaryLight</modelName>
    <UDN>uuid:{UUID}</UDN>
    <presentationURL>http://{{host}}:5000/</presentationURL>
  </device>
</root>
"""


def test_what_uda_requires_gets_a_default_and_the_rest_is_left_out() -> None:
    """UDA 1.1 §2.3."""
    assert described(lamp(), 'http://{host}:5000/') == MINIMAL


def test_without_a_page_there_is_no_presentation_url() -> None:
    assert 'presentationURL' not in described(lamp())


SCPD = """<?xml version="1.0" encoding="utf-8"?>
<scpd xmlns="urn:schemas-upnp-org:service-1-0" configId="4711">
  <specVersion>
    <major>1</major>
    <minor>1</minor>
  </specVersion>
  <actionList>
    <action>
      <name>SetTarget</name>
      <argumentList>
        <argument>
          <name>newTargetValue</name>
          <direction>in</direction>
          <relatedStateVariable>Target</relatedStateVariable>
        </argument>
        <argument>
          <name>Result</name>
          <direction>out</direction>
          <retval/>
          <relatedStateVariable>Mode</relatedStateVariable>
        </argument>
        <argument>
          <name>Other</name>
          <direction>out</direction>
          <relatedStateVariable>Level</relatedStateVariable>
        </argument>
      </argumentList>
    </action>
    <action>
      <name>Stop</name>
    </action>
  </actionList>
  <serviceStateTable>
    <stateVariable sendEvents="no">
      <name>Target</name>
      <dataType>boolean</dataType>
      <defaultValue>1</defaultValue>
    </stateVariable>
    <stateVariable sendEvents="yes" multicast="yes">
      <name>Mode</name>
      <dataType>string</dataType>
      <defaultValue>a&amp;b</defaultValue>
      <allowedValueList>
        <allowedValue>a&amp;b</allowedValue>
        <allowedValue/>
      </allowedValueList>
    </stateVariable>
    <stateVariable sendEvents="yes">
      <name>Level</name>
      <dataType>r8</dataType>
      <defaultValue>0.5</defaultValue>
      <allowedValueRange>
        <minimum>-1.0</minimum>
        <maximum>1.5</maximum>
        <step>0.25</step>
      </allowedValueRange>
    </stateVariable>
    <stateVariable sendEvents="no">
      <name>Count</name>
      <dataType>ui2</dataType>
      <allowedValueRange>
        <minimum>0</minimum>
        <maximum>9</maximum>
      </allowedValueRange>
    </stateVariable>
  </serviceStateTable>
</scpd>
"""


def test_a_full_service_is_described_to_the_byte() -> None:
    """UDA 1.1 §2.5."""
    device = withService(
        actions=[
            {
                'name': 'SetTarget',
                'arguments': [
                    {'name': 'newTargetValue', 'relatedStateVariable': 'Target'},
                    {'name': 'Result', 'direction': 'out', 'relatedStateVariable': 'Mode', 'retval': True},
                    {'name': 'Other', 'direction': 'out', 'relatedStateVariable': 'Level'},
                ],
            },
            {'name': 'Stop'},
        ],
        stateVariables=[
            {'name': 'Target', 'dataType': 'boolean', 'defaultValue': True},
            {
                **{'name': 'Mode', 'sendEvents': True, 'multicast': True},
                **{'defaultValue': 'a&b', 'allowedValueList': ['a&b', '']},
            },
            {
                **{'name': 'Level', 'dataType': 'r8', 'sendEvents': True},
                **{'defaultValue': 0.5, 'allowedValueRange': (-1, 1.5, 0.25)},
            },
            {'name': 'Count', 'dataType': 'ui2', 'allowedValueRange': [0, 9]},
        ],
    )
    checkDevice(device)
    assert writing.fill(writing.renderScpd(device.services[0]), 4711, 'a').decode() == SCPD


RANGES = [
    ('ui1', (0, 255), '<minimum>0</minimum>|<maximum>255</maximum>'),
    ('i8', (-(2**63), 2**63 - 1, 1), '<minimum>-9223372036854775808</minimum>|<maximum>9223372036854775807</maximum>|'),
    ('r4', (Decimal('-0.5'), 1, 0.1), '<minimum>-0.5</minimum>|<maximum>1.0</maximum>|<step>0.1</step>'),
    ('number', (1e-07, 1e22), '<minimum>1e-07</minimum>|<maximum>1e+22</maximum>'),
    ('fixed.14.4', (0.1, Decimal('1E+2'), 1), '<minimum>0.1</minimum>|<maximum>100</maximum>|<step>1</step>'),
]


@pytest.mark.parametrize(('dataType', 'limits', 'expected'), RANGES, ids=[dataType for dataType, *_ in RANGES])
def test_a_range_is_described_in_the_form_of_its_type(dataType: str, limits: tuple[float, ...], expected: str) -> None:
    """UDA 2.0 §2.5."""
    device = withVariable(dataType=dataType, allowedValueRange=limits)
    checkDevice(device)
    lines = [line.strip() for line in writing.renderScpd(device.services[0]).splitlines()]
    assert expected in '|'.join([*lines, ''])


DEFAULTS = [
    ('boolean', True, '1'),
    ('boolean', 'no', '0'),
    ('ui2', '007', '7'),
    ('r8', 1, '1.0'),
    ('string', ' <&> ', ' &lt;&amp;&gt; '),
    ('string', '{host}{configId}', '&#123;host}&#123;configId}'),
    ('char', '\r', '&#13;'),
    ('bin.base64', b'\0\xff', 'AP8='),
    ('bin.hex', bytearray(b'\0\xff'), '00ff'),
    ('date', date(1, 2, 3), '0001-02-03'),
    ('dateTime.tz', datetime(2024, 2, 29, 12, tzinfo=UTC), '2024-02-29T12:00:00+00:00'),
    ('time', '07:30', '07:30:00'),
    ('uuid', f'uuid:{UUID.upper()}', UUID),
]


@pytest.mark.parametrize(('dataType', 'default', 'text'), DEFAULTS)
def test_a_default_is_described_in_the_form_of_its_type(dataType: str, default: object, text: str) -> None:
    """UDA 2.0 §2.5."""
    device = withVariable(dataType=dataType, defaultValue=default)
    checkDevice(device)
    assert f'<defaultValue>{text}</defaultValue>' in writing.renderScpd(device.services[0])


EMPTY_SCPD = """<?xml version="1.0" encoding="utf-8"?>
<scpd xmlns="urn:schemas-upnp-org:service-1-0" configId="{configId}">
  <specVersion>
    <major>1</major>
    <minor>1</minor>
  </specVersion>
  <serviceStateTable>
    <stateVariable sendEvents="no">
      <name>X_Unused</name>
      <dataType>string</dataType>
    </stateVariable>
  </serviceStateTable>
</scpd>
"""


def test_a_service_without_state_variables_gets_an_unused_one() -> None:
    """UDA 1.1 §2.5 requires one."""
    assert writing.renderScpd(upnp.Service(serviceType=SWITCH)) == EMPTY_SCPD


@pytest.mark.parametrize(
    ('url', 'shown'),
    [
        ('http://{host}:8080/', 'http://192.168.1.20:8080/'),
        ('http://{host}/{host}', 'http://192.168.1.20/192.168.1.20'),
        ('http://a/{b}', 'http://a/{b}'),
        ('http://a/', 'http://a/'),
        ('/a?b&c', '/a?b&c'),
    ],
)
def test_host_in_a_presentation_url_is_the_address_asked_for(url: str, shown: str) -> None:
    document = writing.fill(described(lamp(presentationURL=url)), 1, '192.168.1.20')
    assert ElementTree.fromstring(document).findtext('.//{*}presentationURL') == shown


@pytest.mark.parametrize('text', ['{host}', '{configId}', '&lt;', '<!--', ']]>', ' a ', 'é\U0001f600', '\r\n\t'])
def test_a_text_is_read_as_it_was_given(text: str) -> None:
    document = writing.fill(described(lamp(modelDescription=text)), 1, '<&>')
    assert ElementTree.fromstring(document).findtext('.//{*}modelDescription') == text


def test_embedded_devices_are_described_at_any_depth() -> None:
    inner = {'deviceType': LIGHT, 'friendlyName': 'Innermost', 'uuid': 'c'}
    root = lamp(devices=[{'deviceType': LIGHT, 'friendlyName': 'Inner', 'uuid': 'b', 'devices': [inner]}])
    names = [one.text for one in ElementTree.fromstring(described(root)).iterfind('.//{*}friendlyName')]
    assert names == ['Lamp', 'Inner', 'Innermost']


def test_the_documents_of_a_device_have_one_config_id() -> None:
    """UDA 1.1 §1.2.2."""
    device = fullDevice()
    places = writing.placesOf(device, first=True)
    documents = writing.documentsOf(device, places, '/page')
    assert documents.description == described(device, '/page')
    assert documents.scpds == {places.scpd(service): writing.renderScpd(service) for service, _ in places.services}
    assert documents.configId == writing.configIdOf([documents.description, *documents.scpds.values()])


@pytest.mark.parametrize(
    ('serviceType', 'serviceId'),
    [
        (SWITCH, 'urn:upnp-org:serviceId:SwitchPower'),
        ('urn:exemple-org:service:camera-image:1', 'urn:exemple-org:serviceId:camera-image'),
        ('urn:exemple-org:service:camera', 'urn:exemple-org:serviceId:camera'),
        ('sadmin-fr:service:dummy', 'urn:upnp-org:serviceId:dummy'),
        ('7', 'urn:upnp-org:serviceId:7'),
        ('::', 'urn:upnp-org:serviceId:::'),
    ],
)
def test_a_service_id_is_made_from_the_type(serviceType: str, serviceId: str) -> None:
    """UDA 1.1 §2.3."""
    root = lamp(services=[{'serviceType': serviceType}])
    assert ElementTree.fromstring(described(root)).findtext('.//{*}serviceId') == serviceId


@pytest.mark.parametrize(
    ('deviceType', 'modelName'), [('urn:a:device:demo:1', 'demo'), ('sadmin-fr:demo', 'demo'), ('1', '1'), (':', ':')]
)
def test_a_model_name_is_made_from_the_type(deviceType: str, modelName: str) -> None:
    assert ElementTree.fromstring(described(lamp(deviceType=deviceType))).findtext('.//{*}modelName') == modelName


# Places


def test_the_first_root_device_has_the_short_paths() -> None:
    root = fullDevice()
    places = writing.placesOf(root, first=True)
    assert (places.description, places.page) == ('/descr.xml', '/')
    assert [places.scpd(service) for device in root.family() for service in device.services] == [
        f'/{UUID}/0/scpd.xml',
        f'/{UUID}/1/scpd.xml',
        f'/{INNER_UUID}/0/scpd.xml',
    ]
    assert [path for _, path in places.icons] == [f'/{UUID}/icon0-564acef2']


def test_a_further_root_device_has_its_uuid_in_the_paths() -> None:
    places = writing.placesOf(lamp(), first=False)
    assert (places.description, places.page) == (f'/{UUID}/descr.xml', f'/{UUID}/')


@pytest.mark.parametrize(
    ('uuid', 'path'),
    [
        ('a/b', 'a_b-07f4401c'),
        ('a?b', 'a_b-4d36524d'),
        ('a#b', 'a_b-ab410f10'),
        ('a%2fb', 'a_2fb-42680b47'),
        ('a"b', 'a_b-b25a3e51'),
        ('ä', '_-70b5f183'),
        ('{host}', '_host_-2970e002'),
        ('..', '__-9608161c'),
        ('a-b.c~d', 'a-b.c~d'),
        ('6', '6'),
    ],
)
def test_an_odd_uuid_gives_a_path_all_the_same(uuid: str, path: str) -> None:
    assert writing.placesOf(lamp(uuid=uuid), first=False).description == f'/{path}/descr.xml'


def test_another_picture_has_another_path() -> None:
    root = fullDevice()
    before = writing.placesOf(root, first=True).icon(root.icons[0])
    root.icons[0].load(GIF + b'more')
    assert writing.placesOf(root, first=True).icon(root.icons[0]) != before


# CONFIGID


def test_configid_follows_the_texts_and_their_order() -> None:
    """UDA 1.1 §1.2.2: a device assigns 0 to 16777215."""
    ids = [writing.configIdOf(texts) for texts in ([], ['a'], ['b'], ['a', 'b'], ['b', 'a'], ['é'])]
    assert len(set(ids)) == len(ids)
    assert all(0 <= one <= 0xFFFFFF for one in ids)
    assert writing.configIdOf(['a', 'b']) == ids[3]


def test_configid_is_the_same_for_every_reader_and_another_for_every_change() -> None:
    device = fullDevice()
    before = writing.configIdOf([described(device)])
    assert writing.configIdOf([described(fullDevice())]) == before
    device.devices[0].modelNumber = '2'
    assert writing.configIdOf([described(device)]) != before


# What is refused


REFUSED = [
    (lambda: lamp(deviceType=None), 'device: deviceType is missing'),
    (lambda: lamp(deviceType=''), 'device: deviceType is missing'),
    (lambda: lamp(deviceType='urn:a b'), 'device.deviceType: '),
    (lambda: lamp(deviceType='urn:a\r\nX: b'), 'device.deviceType: '),
    (lambda: lamp(deviceType='urn:a\x7f'), 'device.deviceType: '),
    (lambda: lamp(deviceType='urn:a\u2028b'), 'device.deviceType: '),
    (lambda: lamp(friendlyName=None), 'device: friendlyName is missing'),
    (lambda: lamp(friendlyName=''), 'device: friendlyName is missing'),
    (lambda: lamp(friendlyName='a\0'), 'device.friendlyName: '),
    (lambda: lamp(modelName='\ud800'), 'device.modelName: '),
    (lambda: lamp(modelNumber=b'1'), 'device.modelNumber: '),
    (lambda: lamp(UPC=True), 'device.UPC: '),
    (lambda: lamp(hardwareId='\x1b'), 'device.hardwareId: '),
    (lambda: lamp(devices=[lamp(containerId='a')]), 'device.devices[0].containerId: '),
    (lambda: lamp(devices=[lamp(extensions=[{}])]), 'device.devices[0].extensions[0]: namespace is missing'),
    (lambda: lamp(presentationURL=['a']), 'device.presentationURL: '),
    (lambda: lamp(uuid=''), 'device: uuid is missing'),
    (lambda: lamp(uuid='a b'), 'device.uuid: '),
    (lambda: lamp(uuid='a\r\nNT: b'), 'device.uuid: '),
    (lambda: lamp(devices=[{'deviceType': LIGHT}]), 'device.devices[0]: friendlyName is missing'),
    (lambda: lamp(devices=[lamp(devices=[{}])]), 'device.devices[0].devices[0]: deviceType is missing'),
    (lambda: withService(serviceType=None), 'device.services[0]: serviceType is missing'),
    (lambda: withService(serviceType='a b'), 'device.services[0].serviceType: '),
    (lambda: withService(serviceId='\0'), 'device.services[0].serviceId: '),
    (lambda: withService(controlURL=b'/'), 'device.services[0].controlURL: '),
    (lambda: lamp(services=[{'serviceType': SWITCH}] * 2), 'device.services[1]: serviceId '),
    (lambda: lamp(services=[{'serviceType': type_, 'serviceId': 'a'} for type_ in 'ab']), 'device.services[1]: '),
    (lambda: lamp(icons=[{}]), 'device.icons[0]: an icon needs one of path, data and url, and has none'),
    (lambda: lamp(icons=[{'url': '/a', 'data': b'a'}]), 'device.icons[0]: an icon needs one of path, data and url'),
    (lambda: withVariable(name=None), 'device.services[0].stateVariables[0]: name '),
    (lambda: withVariable(name='1st'), 'device.services[0].stateVariables[0]: name '),
    (lambda: withVariable(name='a-b'), 'device.services[0].stateVariables[0]: name '),
    (lambda: withVariable(name='a\n'), 'device.services[0].stateVariables[0]: name '),
    (lambda: withService(stateVariables=[{'name': 'A'}] * 2), 'device.services[0].stateVariables[1]: name '),
    (lambda: withVariable(dataType='integer'), "device.services[0].stateVariables['A'].dataType: "),
    (lambda: withVariable(allowedValueList=[]), "device.services[0].stateVariables['A'].allowedValueList: "),
    (lambda: withVariable(allowedValueList=['a', 'a']), "device.services[0].stateVariables['A'].allowedValueList: "),
    (
        lambda: withVariable(dataType='ui1', allowedValueList=['1']),
        "device.services[0].stateVariables['A'].allowedValueList: ",
    ),
    (
        lambda: withVariable(allowedValueList=['a'], defaultValue='b'),
        "device.services[0].stateVariables['A'].defaultValue: ",
    ),
    *(
        (
            lambda limits=limits: withVariable(dataType='ui1', allowedValueRange=limits),
            "device.services[0].stateVariables['A'].allowedValueRange: ",
        )
        for limits in ([], [1], [2, 1], [0, 9, 1, 1])
    ),
    *(
        (
            lambda value=value: withVariable(dataType='ui1', allowedValueRange=[1, 2], defaultValue=value),
            "device.services[0].stateVariables['A'].defaultValue: ",
        )
        for value in (0, 3)
    ),
    (lambda: withService(actions=[{'name': 'Go', 'function': 5}]), "device.services[0].actions['Go'].function: "),
    (lambda: withService(actions=[{}]), 'device.services[0].actions[0]: name '),
    (lambda: withService(actions=[{'name': 'Go-on'}]), 'device.services[0].actions[0]: name '),
    (lambda: withService(actions=[{'name': 'Go'}] * 2), 'device.services[0].actions[1]: name '),
    (lambda: withArguments({'name': 'a#'}), "device.services[0].actions['Go'].arguments[0]: name "),
    (
        lambda: withArguments(*[{'name': 'a', 'relatedStateVariable': 'A'}] * 2),
        "device.services[0].actions['Go'].arguments[1]: name ",
    ),
    (
        lambda: withArguments({'name': 'a', 'direction': 'inout', 'relatedStateVariable': 'A'}),
        "device.services[0].actions['Go'].arguments['a'].direction: ",
    ),
    (
        lambda: withArguments(
            {'name': 'a', 'direction': 'out', 'relatedStateVariable': 'A'}, {'name': 'b', 'relatedStateVariable': 'A'}
        ),
        "device.services[0].actions['Go'].arguments['b']: ",
    ),
    (
        lambda: withArguments({'name': 'a', 'retval': True, 'relatedStateVariable': 'A'}),
        "device.services[0].actions['Go'].arguments['a']: ",
    ),
    (
        lambda: withArguments(
            {'name': 'a', 'direction': 'out', 'relatedStateVariable': 'A'},
            {'name': 'b', 'direction': 'out', 'relatedStateVariable': 'A', 'retval': True},
        ),
        "device.services[0].actions['Go'].arguments['b']: ",
    ),
    (
        lambda: withArguments({'name': 'a', 'relatedStateVariable': 'B'}),
        "device.services[0].actions['Go'].arguments['a'].relatedStateVariable: ",
    ),
    (
        lambda: withArguments({'name': 'a'}),
        "device.services[0].actions['Go'].arguments['a']: it has no type",
    ),
]


@pytest.mark.parametrize(('make', 'begin'), REFUSED, ids=[begin for _, begin in REFUSED])
def test_what_cannot_be_announced_is_told_with_its_place(make: object, begin: str) -> None:
    """UDA 1.1 §2.3, §2.5."""
    with pytest.raises(upnp.DescriptionError) as caught:
        checkDevice(make())
    assert str(caught.value).startswith(begin)


UNRENDERABLE = [
    pytest.param(lambda: withService(actions=[{'name': 5}]), id='a name that is no text'),
    pytest.param(lambda: withVariable(allowedValueList=[1, 2]), id='allowed values that are no text'),
    pytest.param(lambda: withVariable(allowedValueList=['\0']), id='an allowed value XML cannot carry'),
    pytest.param(lambda: withVariable(allowedValueList='abc'), id='a text for a list'),
    pytest.param(lambda: withVariable(defaultValue='\0'), id='a default XML cannot carry'),
    pytest.param(lambda: withVariable(dataType='ui1', allowedValueRange=('0', 9)), id='limits that are no numbers'),
    pytest.param(lambda: withVariable(dataType='ui1', allowedValueRange=5), id='a number for a range'),
    pytest.param(lambda: withVariable(allowedValueRange=(1, 2)), id='a range of texts'),
    pytest.param(
        lambda: lamp(icons=[{'url': '/\0', 'mimetype': 'a', 'width': 1, 'height': 1, 'depth': 1}]),
        id='a URL XML cannot carry',
    ),
    pytest.param(lambda: lamp(icons=[{'data': 5}]), id='a picture that is no bytes'),
    pytest.param(lambda: lamp(icons=[{'path': 5}]), id='a path that is none'),
    pytest.param(lambda: lamp(icons=[{'data': b'a', 'mimetype': 'image/png\r\nX: y'}]), id='a mimetype of two lines'),
    pytest.param(lambda: lamp(icons=[{'data': b'a', 'width': '48'}]), id='a width that is a text'),
    pytest.param(lambda: lamp(icons=[{'data': b'a', 'depth': -1}]), id='a depth below zero'),
]


@pytest.mark.parametrize('make', UNRENDERABLE)
def test_what_cannot_be_rendered_is_refused_before(make: object) -> None:
    with pytest.raises(upnp.DescriptionError):
        checkDevice(make())


@pytest.mark.parametrize(
    'device',
    [
        lamp(),
        lamp(uuid=None),
        lamp(deviceType='sadmin-fr:demo', modelNumber=1.5, UPC=123456789012),
        lamp(friendlyName='\t\n é\U0001f600'),
        withVariable(dataType='ui1', allowedValueRange=[1, 2], defaultValue=2),
        withVariable(dataType='ui1', allowedValueRange=[1, 1], defaultValue='1'),
        withVariable(allowedValueList=['a', 'b'], defaultValue='b'),
        withVariable(name='_été.1'),
        withArguments(),
        withArguments({'name': 'a', 'direction': 'out', 'relatedStateVariable': 'A', 'retval': True}),
        lamp(services=[{'serviceType': SWITCH, 'serviceId': name} for name in 'ab']),
        lamp(icons=[{'path': 'a'}, {'data': b''}, {'url': '/'}]),
        withService(serviceId=''),
    ],
)
def test_what_can_be_announced_passes(device: upnp.Device) -> None:
    checkDevice(device)


@pytest.mark.parametrize('dataType', DATA_TYPES)
def test_every_data_type_of_uda_is_known(dataType: str) -> None:
    checkDevice(withVariable(dataType=dataType))


def test_the_data_types_are_those_of_uda() -> None:
    """UDA 1.1 §2.5, and ui8 and i8 of UDA 2.0."""
    names = (
        'ui1 ui2 ui4 ui8 i1 i2 i4 i8 int r4 r8 number fixed.14.4 float char string date dateTime dateTime.tz '
        'time time.tz boolean bin.base64 bin.hex uri uuid'
    )
    assert sorted(DATA_TYPES) == sorted(names.split())


@pytest.mark.parametrize('others', [[UUID], ['other', UUID.upper()]])
def test_no_two_devices_have_one_uuid(others: list[str]) -> None:
    """UDA 1.1 §2.3; UUIDs compare without regard to case."""
    root = lamp(devices=[lamp(uuid=uuid) for uuid in others])
    with pytest.raises(upnp.DescriptionError) as caught:
        checkUuids([root])
    assert caught.value.path == f'device.devices[{len(others) - 1}].uuid'
    with pytest.raises(upnp.DescriptionError):
        checkUuids([lamp(), lamp()])


def test_devices_with_uuids_of_their_own_pass() -> None:
    checkUuids([lamp(devices=[lamp(uuid='a')]), lamp(uuid='b')])
    checkUuids([])


@pytest.mark.parametrize(
    ('icon', 'missing'),
    [
        (upnp.Icon(data=b''), 'mimetype, width, height, depth'),
        (upnp.Icon(data=GIF), 'width, height, depth'),
        (upnp.Icon(url='/a', mimetype='image/png', width=1, height=1), 'depth'),
    ],
)
def test_an_icon_lacks_what_nobody_gave_and_its_content_does_not_tell(icon: upnp.Icon, missing: str) -> None:
    """UDA 1.1 §2.3."""
    if icon.data is not None:
        icon.load(icon.data)
    with pytest.raises(upnp.DescriptionError, match=f'{missing} cannot be told') as caught:
        checkIconForm(lamp(devices=[lamp(icons=[icon])]))
    assert caught.value.path == 'device.devices[0].icons[0]'


# What is odd


@pytest.mark.parametrize(
    ('device', 'begins'),
    [
        (fullDevice(), ['device.services[1].serviceType ', 'device.services[1].serviceId ']),
        (lamp(), []),
        (lamp(uuid=None), []),
        (lamp(uuid=UUID.upper()), []),
        (lamp(uuid='lamp'), ['device.uuid ']),
        (lamp(uuid=UUID + '0'), ['device.uuid ']),
        (lamp(deviceType='sadmin-fr:demo'), ['device.deviceType ']),
        (lamp(deviceType='urn:a:device:b'), ['device.deviceType ']),
        (lamp(deviceType='urn:a:device:b:0'), ['device.deviceType ']),
        (lamp(deviceType=f'urn:a:device:{"b" * 65}:1'), ['device.deviceType ']),
        (lamp(friendlyName='a' * 63, modelName='a' * 31, serialNumber='a' * 63), []),
        (
            lamp(friendlyName='a' * 64, manufacturer='a' * 64, modelDescription='a' * 128, modelName='a' * 32),
            ['device.friendlyName ', 'device.manufacturer ', 'device.modelDescription ', 'device.modelName '],
        ),
        (withService(), []),
        (withService(serviceType='urn:a:service:b:01'), ['device.services[0].serviceType ']),
        (withService(serviceId='1'), ['device.services[0].serviceId ']),
        (
            withService(actions=[{'name': 'Go'}, {'name': 'Stop', 'function': print}]),
            ["device.services[0].actions['Go'] has no function"],
        ),
        (withService(actions=[{'name': 'Go'}], controlURL='http://192.0.2.1/'), []),
        (
            withService(stateVariables=[{'name': 'A', 'multicast': True}, {'name': 'B', 'maximumRate': 1}]),
            [f"device.services[0].stateVariables['{name}'] is not evented" for name in 'AB'],
        ),
        (withService(stateVariables=[{'name': 'A', 'multicast': True, 'sendEvents': True}]), []),
        (lamp(devices=[lamp(uuid='lamp')]), ['device.devices[0].uuid ']),
        (lamp(devices=[lamp(hardwareId='VEN_1')]), ['device.devices[0].hardwareId stands without a deviceCategory']),
    ],
)
def test_what_uda_wants_otherwise_is_told(device: upnp.Device, begins: list[str]) -> None:
    told = list(oddities(device))
    assert len(told) == len(begins)
    assert all(one.startswith(begin) for one, begin in zip(told, begins, strict=True))
