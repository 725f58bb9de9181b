"""Device description and SCPD: what is refused, what is odd, and the documents to the byte."""

from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest

import upnp
from tests.unit.description.devices import (
    GIF,
    INNER_UUID,
    LIGHT,
    SWITCH,
    UUID,
    fullDevice,
    lamp,
    withService,
    withVariable,
)
from upnp.description import writing
from upnp.description.checks import checkDevice, checkIconForm


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
