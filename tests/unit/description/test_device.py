"""Device, Service and Icon: what each knows of itself, and services as classes."""

import struct
import threading
from enum import Enum, IntEnum
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import pytest

import upnp

UUID_TEXT = '00a56575-78fa-40fe-b107-8f4b5043a2b0'
EXTENSION = {'namespace': 'urn:schemas-example-org:device-1-0', 'name': 'X_Floor', 'value': 3}


def changes(thing: upnp.Device | upnp.Service) -> list[str]:
    """Return a list that grows with every change."""
    seen: list[str] = []
    thing.addObserver(lambda: seen.append('changed'))
    return seen


def png(width: int, height: int, bits: int = 8, colourType: int = 6) -> bytes:
    """The first bytes of a PNG."""
    header = struct.pack('>II5B', width, height, bits, colourType, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + struct.pack('>I', len(header)) + b'IHDR' + header + bytes(4)


@pytest.mark.parametrize('name', ['UDN', 'isEmbedded', 'bootId'])
def test_what_is_computed_cannot_be_set(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(upnp.Device(), name, 'a')


@pytest.mark.parametrize('given', [UUID_TEXT, f'uuid:{UUID_TEXT}', f'UUID:{UUID_TEXT}', UUID(UUID_TEXT)])
def test_a_uuid_is_taken_with_or_without_its_prefix(given: object) -> None:
    device = upnp.Device(uuid=given)
    assert (device.uuid, device.UDN) == (UUID_TEXT, f'uuid:{UUID_TEXT}')


def test_a_device_without_a_uuid_has_no_udn() -> None:
    device = upnp.Device(uuid='a')
    device.uuid = None
    assert (device.uuid, device.UDN, upnp.Device().UDN) == (None, None, None)


@pytest.mark.parametrize('value', ['b', None])
def test_a_uuid_is_fixed_while_somebody_observes(value: str | None) -> None:
    inner = upnp.Device(uuid='a')
    seen = changes(upnp.Device(uuid='root', devices=[inner]))
    with pytest.raises(upnp.DescriptionError, match='fixed while the device is announced'):
        inner.uuid = value
    assert (inner.uuid, seen) == ('a', [])


def test_a_uuid_may_be_set_anew_or_derived_while_somebody_observes() -> None:
    inner = upnp.Device()
    seen = changes(upnp.Device(devices=[inner]))
    inner.uuid = 'a'
    inner.uuid = 'uuid:a'
    assert inner.uuid == 'a'
    assert seen


def test_a_device_remembers_the_bootid_of_its_last_announcement() -> None:
    device = upnp.Device()
    assert device.bootId is None
    device.boot(7)
    assert device.bootId == 7


def test_the_documented_methods_add_children() -> None:
    root, inner, service, icon = upnp.Device(), upnp.Device(), upnp.Service(), upnp.Icon()
    root.addDevice(inner)
    root.addService(service)
    root.addIcon(icon)
    assert (root.devices, root.services, root.icons) == ([inner], [service], [icon])
    assert inner.isEmbedded
    assert not root.isEmbedded


def test_the_family_comes_parents_first() -> None:
    names = {'friendlyName': 'a', 'devices': [{'friendlyName': 'b', 'devices': [{'friendlyName': 'c'}]}]}
    root = upnp.Device(names, friendlyName='root')
    root.addDevice(upnp.Device(friendlyName='d'))
    assert [device.friendlyName for device in root.family()] == ['root', 'b', 'c', 'd']


def test_what_is_for_windows_and_vendors_counts_when_devices_are_compared() -> None:
    device = upnp.Device(hardwareId=['VEN_1', 'VEN_2'], containerId=UUID(UUID_TEXT))
    device.extensions.append(EXTENSION)
    twin = upnp.Device(hardwareId='VEN_1 VEN_2', containerId=f'{{{UUID_TEXT}}}', extensions=[EXTENSION])
    assert device == twin
    assert device != upnp.Device(hardwareId='VEN_1', containerId=UUID_TEXT)
    twin.containerId = None
    assert device != twin


@pytest.mark.parametrize(
    ('colourType', 'bits', 'depth'),
    [(0, 1, 1), (0, 16, 16), (2, 8, 24), (3, 4, 4), (4, 8, 16), (6, 8, 32), (6, 16, 64), (9, 8, 8)],
)
def test_the_size_of_a_png_is_read(colourType: int, bits: int, depth: int) -> None:
    """PNG specification §11.2.2."""
    icon = upnp.Icon(path='lamp.png')
    icon.load(png(120, 48, bits, colourType))
    assert (icon.mimetype, icon.width, icon.height, icon.depth) == ('image/png', 120, 48, depth)


@pytest.mark.parametrize(
    ('content', 'mimetype'),
    [
        (b'\xff\xd8\xff\xe0', 'image/jpeg'),
        (b'GIF89a', 'image/gif'),
        (b'BM\0\0', 'image/bmp'),
        (b'\0\0\1\0', 'image/x-icon'),
        (b'\x89PNG\r\n\x1a\n', 'image/png'),
        (png(1, 1)[:28], 'image/png'),
        (png(1, 1).replace(b'IHDR', b'IDAT'), 'image/png'),
        (b'<svg/>', None),
        (b'', None),
    ],
)
def test_of_other_pictures_only_the_kind_is_told(content: bytes, mimetype: str | None) -> None:
    icon = upnp.Icon(data=content)
    icon.load(content)
    assert (icon.mimetype, icon.width, icon.height, icon.depth) == (mimetype, None, None, None)
    assert icon.content == content


def test_what_was_set_is_not_overwritten_by_what_is_read() -> None:
    icon = upnp.Icon(path='lamp.png', mimetype='image/x-lamp', width=7)
    icon.load(png(120, 48))
    assert (icon.mimetype, icon.width, icon.height) == ('image/x-lamp', 7, 48)


def test_another_picture_is_measured_anew() -> None:
    icon = upnp.Icon(path='lamp.png')
    icon.load(png(120, 48))
    icon.load(png(16, 16, 8, 2))
    assert (icon.width, icon.height, icon.depth) == (16, 16, 24)


def test_the_size_of_a_former_picture_is_not_that_of_the_next() -> None:
    icon = upnp.Icon(path='lamp.png')
    icon.load(png(120, 48))
    icon.load(b'\xff\xd8\xff\xe0')
    assert (icon.mimetype, icon.width) == ('image/jpeg', None)


def test_reading_a_picture_is_no_change() -> None:
    icon = upnp.Icon(path='lamp.png')
    seen = changes(upnp.Device(icons=[icon]))
    assert icon.content is None
    icon.load(png(1, 1))
    assert seen == []


# Services as classes


class Mode(Enum):
    """Values that are no texts."""

    AUTO = 1
    MANUAL = 2


class Level(IntEnum):
    """Numbers that travel by name."""

    LOW = 1
    HIGH = 2


class Lamp(upnp.Service):
    """A service with state variables of several types."""

    serviceType = 'urn:exemple-org:service:lamp:1'

    Status = upnp.StateVariable(dataType='boolean', defaultValue=False, sendEvents=True)
    Brightness = upnp.StateVariable(dataType=Annotated[int, upnp.Range(0, 100)])
    Kind = upnp.StateVariable(dataType=Literal['spot', 'flood'])
    Mode = upnp.StateVariable(dataType=Mode, defaultValue=Mode.MANUAL)
    Level = upnp.StateVariable(dataType=Level)

    @upnp.action
    def SetStatus(self, Status) -> None:
        """Switch on or off."""
        self.Status = Status


def test_an_attribute_is_the_value_of_its_state_variable() -> None:
    lamp = Lamp()
    assert (lamp.Status, lamp.Brightness, lamp.Kind, lamp.Mode, lamp.Level) == (
        False,
        0,
        'spot',
        Mode.MANUAL,
        Level.LOW,
    )
    lamp.Status, lamp.Brightness, lamp.Kind, lamp.Mode = True, 50, 'flood', Mode.AUTO
    assert [one.value for one in lamp.stateVariables] == [True, 50, 'flood', Mode.AUTO, Level.LOW]
    lamp.stateVariables['Brightness'].value = 60
    lamp.Brightness += 5
    assert lamp.Brightness == 65


def test_instances_share_no_values() -> None:
    one, other = Lamp(), Lamp()
    one.Status = True
    assert (one.Status, other.Status, Lamp().Status) == (True, False, False)
    assert one == other


@pytest.mark.parametrize(
    ('name', 'value', 'error'),
    [
        *(('Status', 'on', TypeError), ('Status', 2, ValueError), ('Brightness', 101, ValueError)),
        *(
            ('Brightness', '5', TypeError),
            ('Kind', 'Spot', ValueError),
            ('Mode', 1, TypeError),
            ('Level', 1, TypeError),
        ),
        *(('Mode', Level.LOW, TypeError), ('Kind', None, TypeError)),
    ],
)
def test_a_wrong_value_is_refused_with_the_variables_name(name: str, value: object, error: type[Exception]) -> None:
    lamp = Lamp()
    before = getattr(lamp, name)
    with pytest.raises(error, match=f"state variable '{name}' of type "):
        setattr(lamp, name, value)
    assert getattr(lamp, name) == before


def test_values_are_set_from_any_thread() -> None:
    lamp = Lamp()
    thread = threading.Thread(target=setattr, args=(lamp, 'Brightness', 7))
    thread.start()
    thread.join()
    assert lamp.Brightness == 7


def test_a_value_is_no_change_of_the_description() -> None:
    lamp = Lamp()
    seen = changes(upnp.Device(services=[lamp]))
    lamp.Status = True
    assert seen == []


def test_a_subclass_has_arguments_and_attributes_of_its_own() -> None:
    class Pin(Lamp):
        def __init__(self, pin: int, **elements: object) -> None:
            self.pin = pin
            super().__init__(elements)
            self.Status = pin > 9

    pin = Pin(17, serviceId='urn:exemple-org:serviceId:17', Brightness=5)
    assert (pin.pin, pin.Status, pin.serviceId, pin.Brightness) == (17, True, 'urn:exemple-org:serviceId:17', 5)


def test_a_dict_may_set_the_values_of_a_class_and_replace_its_lists() -> None:
    lamp = Lamp({'Status': True, 'serviceId': 'id', 'actions': []})
    assert (lamp.Status, lamp.serviceId, lamp.actions) == (True, 'id', [])
    with pytest.raises(TypeError, match="did you mean 'Brightness'"):
        Lamp(brightness=5)
    with pytest.raises(ValueError, match="state variable 'Brightness'"):
        Lamp(Brightness=101)


@pytest.mark.parametrize('name', ['_parent', '_changed', '_root', '_copy', '_observers', '_declaration'])
def test_a_private_name_of_the_package_is_reserved(name: str) -> None:
    class Taking(upnp.Service):
        def __init__(self) -> None:
            super().__init__()
            setattr(self, name, 5)

    with pytest.raises(TypeError) as caught:
        Taking()
    assert str(caught.value) == f'Taking: {name!r} is an attribute of our own: call yours otherwise'


def test_an_action_of_an_instance_is_not_overwritten_by_an_attribute() -> None:
    with pytest.raises(TypeError, match="Lamp has no element 'SetStatus'"):
        Lamp().SetStatus = print


def test_a_function_is_put_in_the_place_of_another() -> None:
    def setStatus(Status: bool) -> None:
        """Take the argument by keyword."""

    lamp = Lamp()
    lamp.actions['SetStatus'].function = setStatus
    assert lamp.actions['SetStatus'].function is setStatus
    assert Lamp().actions['SetStatus'].function is not setStatus


def test_a_service_from_dicts_does_the_same() -> None:
    status = {'name': 'Status', 'dataType': 'boolean', 'sendEvents': True}
    out = {'name': 'ResultStatus', 'direction': 'out', 'relatedStateVariable': 'Status'}

    def getStatus() -> bool:
        """Return the value."""
        return service.stateVariables['Status'].value

    actions = [{'name': 'GetStatus', 'function': getStatus, 'arguments': [out]}]
    service = upnp.Service({'actions': actions, 'stateVariables': [status]})
    assert service.actions['GetStatus'].function() is False
    service.stateVariables['Status'].value = True
    assert service.actions['GetStatus'].function() is True


def test_a_service_is_filled_one_by_one() -> None:
    service = upnp.Service()
    service.actions.append({'name': 'Go', 'arguments': [{'name': 'A', 'relatedStateVariable': 'X'}]})
    service.stateVariables = [upnp.StateVariable(name='X')]
    whole = {'actions': [{'name': 'Go', 'arguments': [{'name': 'A', 'relatedStateVariable': 'X'}]}]}
    assert service == upnp.Service(whole, stateVariables=[{'name': 'X'}])


# From XML

SCPD = """<?xml version="1.0"?><scpd xmlns="urn:schemas-upnp-org:service-1-0"><actionList>
<action><name>SetStatus</name><argumentList><argument><name>Status</name><direction>in</direction>
<relatedStateVariable>Status</relatedStateVariable></argument></argumentList></action></actionList>
<serviceStateTable><stateVariable sendEvents="yes"><name>Status</name><dataType>boolean</dataType></stateVariable>
</serviceStateTable></scpd>"""
DESCRIPTION = """<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device>
<deviceType>urn:schemas-upnp-org:device:BinaryLight:1</deviceType><UDN>uuid:a</UDN></device></root>"""


def test_a_service_comes_from_an_scpd() -> None:
    service = upnp.Service.fromXml(SCPD, {'serviceId': 'id'}, serviceType='urn:schemas-upnp-org:service:SwitchPower:1')
    assert (service.serviceId, service.serviceType) == ('id', 'urn:schemas-upnp-org:service:SwitchPower:1')
    assert service.actions['SetStatus'].function is None
    assert service.stateVariables['Status'].sendEvents


def test_a_subclass_gives_an_scpd_its_functions() -> None:
    lamp = Lamp.fromXml(SCPD)
    lamp.actions['SetStatus'].function(Status=True)
    assert lamp.Status is True


def test_a_subclass_keeps_the_variables_that_an_scpd_lacks() -> None:
    lamp = Lamp.fromXml(SCPD)
    assert [one.name for one in lamp.stateVariables] == ['Status', 'Brightness', 'Kind', 'Mode', 'Level']
    lamp.Brightness, lamp.Mode = 50, Mode.AUTO
    assert [one.value for one in lamp.stateVariables] == [False, 50, 'spot', Mode.AUTO, Level.LOW]


def test_of_a_variable_that_both_have_the_scpds_counts() -> None:
    class Counter(upnp.Service):
        Status = upnp.StateVariable(dataType='ui1', defaultValue=5)

    assert Counter().Status == 5
    assert Counter.fromXml(SCPD).Status is False


@pytest.mark.parametrize(
    ('texts', 'expected'), [(('AUTO', 'MANUAL'), Mode.AUTO), (('MANUAL', 'AUTO'), 'MANUAL'), (('AUTO',), 'AUTO')]
)
def test_a_variable_with_the_same_list_keeps_its_enum(texts: tuple[str, ...], expected: object) -> None:
    values = ''.join(f'<allowedValue>{text}</allowedValue>' for text in texts)
    variable = f'<name>Mode</name><dataType>string</dataType><allowedValueList>{values}</allowedValueList>'
    lamp = Lamp.fromXml(SCPD.replace('<name>Status</name><dataType>boolean</dataType>', variable))
    assert lamp.Mode == expected
    lamp.Mode = texts[-1]
    assert type(lamp.Mode) is type(expected)


def test_an_action_of_another_name_than_its_method_gets_its_function() -> None:
    class Named(upnp.Service):
        Status = upnp.StateVariable(dataType=bool)

        @upnp.action(name='SetStatus', arguments={'Status': Status})
        def turn(self, Status: bool) -> None:
            """Switch on or off."""
            self.Status = Status

        @upnp.action(name='Other')
        def SetStatus(self) -> None:
            """Bear another action's name."""

    service = Named.fromXml(SCPD)
    assert [action.name for action in service.actions] == ['SetStatus']
    assert service.actions['SetStatus'].function == service.turn
    service.actions['SetStatus'].function(Status=True)
    assert service.Status is True


def test_a_path_is_no_document() -> None:
    for read in (upnp.Service.fromXml, upnp.Device.fromXml):
        with pytest.raises(TypeError) as caught:
            read(Path('file.xml'))
        assert str(caught.value).endswith(': Path(...).read_bytes() gives that of a file')
        with pytest.raises(upnp.DescriptionError) as refused:
            read('file.xml')
        assert str(refused.value) == ("'file.xml' is no XML: the document itself is wanted, Path(...).read_bytes()")


def test_a_device_comes_from_a_description() -> None:
    device = upnp.Device.fromXml(DESCRIPTION)
    assert (device.deviceType, device.UDN) == ('urn:schemas-upnp-org:device:BinaryLight:1', 'uuid:a')
