"""UUIDs that follow from the machine: the same at every start, and never the machine's own number."""

import re
from pathlib import Path
from uuid import UUID

import pytest

import upnp
from upnp.addressing.machine import hostNames, machineIdentity, systemToken
from upnp.announcer.preparation import settleUuids
from upnp.description.checks import checkUuids

LIGHT = 'urn:schemas-upnp-org:device:BinaryLight:1'


def machine() -> str:
    """A machine's identity."""
    return 'machine-id:0123456789abcdef'


def refused() -> str:
    """An identity that nobody may ask for."""
    raise AssertionError('asked for the identity')


def lamp(*inner: upnp.Device, **elements: object) -> upnp.Device:
    """A device without a UUID, unless given."""
    return upnp.Device({'deviceType': LIGHT, 'friendlyName': 'Lamp', 'devices': inner, **elements})


def settled(device: upnp.Device, identity: str = machine()) -> list[str | None]:
    """The UUIDs of a tree after they were settled."""
    settleUuids(device, lambda: identity)
    return [one.uuid for one in device.family()]


def test_a_uuid_is_derived_and_stays_the_same_for_ever() -> None:
    """UDA 1.1 §1.1.4; should this number ever change, every device changes its identity."""
    assert settled(lamp(lamp())) == ['4a41f6a0-c4b5-5a2b-aaad-cc48b6ff9dbe', 'e0be2b64-e2c0-5dc0-a9fe-ffe74ece4fd9']


def test_a_derived_uuid_has_the_form_of_uda() -> None:
    (text,) = settled(lamp())
    assert str(UUID(text)) == text
    assert UUID(text).version == 5


def test_a_derived_uuid_shows_nothing_of_the_machine() -> None:
    (text,) = settled(lamp(), '0123456789abcdef')
    digits = str(text).replace('-', '')
    assert not {digits[index : index + 4] for index in range(29)} & {'0123', '4567', '89ab', 'cdef'}


@pytest.mark.parametrize(
    ('device', 'identity'),
    [
        (lamp(), 'machine-id:other'),
        (lamp(friendlyName='Other'), machine()),
        (lamp(deviceType='urn:other:device:BinaryLight:1'), machine()),
        (lamp(friendlyName=None), machine()),
    ],
)
def test_another_machine_type_or_name_gives_another_uuid(device: upnp.Device, identity: str) -> None:
    assert settled(device, identity) != settled(lamp())


def test_what_was_derived_is_returned_and_what_was_given_stays() -> None:
    given, inner = lamp(uuid='inner'), lamp()
    root = lamp(given, inner, uuid='root')
    assert settleUuids(root, refused) == [inner]
    assert (root.uuid, given.uuid) == ('root', 'inner')
    assert settleUuids(root, refused) == []


def test_embedded_devices_follow_their_root_and_their_place() -> None:
    first, second = settled(lamp(lamp(), lamp(lamp()), uuid='a')), settled(lamp(lamp(), lamp(lamp()), uuid='b'))
    assert len({*first, *second}) == 8
    assert settled(lamp(lamp(friendlyName='x'), uuid='a'))[1] == first[1]


def test_a_device_that_is_put_before_others_later_gets_a_uuid_of_its_own() -> None:
    root = lamp(lamp(), lamp())
    before = settled(root)
    root.devices[0].addDevice(lamp())
    assert [settled(root)[0], settled(root)[1], settled(root)[3]] == before
    checkUuids([root])


# The machine, played by files


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that stands for the places where a machine keeps its numbers."""
    monkeypatch.setattr('upnp.addressing.machine.BOARD_SERIALS', (str(tmp_path / 'serial'),))
    monkeypatch.setattr('upnp.addressing.machine.CPU_FILE', str(tmp_path / 'cpuinfo'))
    monkeypatch.setattr('upnp.addressing.machine.MACHINE_IDS', (str(tmp_path / 'machine-id'), str(tmp_path / 'dbus')))
    return tmp_path


@pytest.mark.parametrize(
    ('written', 'identity'),
    [
        ({'serial': b'10000000abcdef01\0', 'machine-id': b'a\n'}, 'boardSerials:10000000abcdef01'),
        ({'serial': b'0000000000000000\0', 'machine-id': b'a\n'}, 'machineIds:a'),
        ({'serial': b'\0', 'machine-id': b'a\n'}, 'machineIds:a'),
        ({'cpuinfo': b'Hardware\t: BCM\nSerial\t\t: 00000000abc\n', 'machine-id': b'a'}, 'boardSerials:00000000abc'),
        ({'cpuinfo': b'Serial\t\t: 0000000000000000\nno colon\n', 'machine-id': b'a'}, 'machineIds:a'),
        ({'machine-id': b'uninitialized\n', 'dbus': b'b\n'}, 'machineIds:b'),
        ({'machine-id': b'', 'dbus': b'\xff\n'}, 'machineIds:\ufffd'),
    ],
)
def test_a_machine_is_known_by_its_first_number(files: Path, written: dict[str, bytes], identity: str) -> None:
    for name, content in written.items():
        (files / name).write_bytes(content)
    assert machineIdentity() == identity


def test_a_machine_without_files_is_known_by_its_hardware_or_asks_for_a_uuid(files: Path) -> None:
    try:
        identity = machineIdentity()
    except upnp.DescriptionError as error:
        identity = str(error)
    assert re.fullmatch(r'permanentMacs:[0-9a-f]{2}(:[0-9a-f]{2})+|this machine has no .* give one', identity)


def test_the_operating_system_is_a_product_token() -> None:
    """UDA 1.1 §1.2.2."""
    assert re.fullmatch(r'[A-Za-z0-9_.-]+/[0-9]+(\.[0-9]+)?', systemToken())
    assert systemToken() == systemToken()


HOSTS = """
127.0.0.1 localhost
127.0.1.1 Lamp.example.org lamp # ours
::1 localhost ip6-localhost
192.168.1.5 nas.example.org nas
# 192.168.1.6 lamp hidden
10.0.0.1
10.0.0.2 light.example.net. lamp
"""


@pytest.mark.parametrize(
    ('own', 'resolver', 'expected'),
    [
        ('lamp', '', {'lamp', 'lamp.local', 'lamp.example.org', 'light.example.net'}),
        (
            'Lamp',
            'search Fritz.box. lan .\nnameserver 192.168.1.1\n\ndomain home.arpa',
            {'lamp.fritz.box', 'lamp.home.arpa'},
        ),
        ('other.example.com.', 'options edns0', {'other.example.com', 'other', 'other.local'}),
        ('localhost', '', {'localhost.local', 'ip6-localhost'}),
        ('', 'search lan', set()),
    ],
)
def test_this_machine_goes_by_names_that_its_files_tell(
    own: str, resolver: str, expected: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No name server is asked: it would take its time, and might be a stranger's."""
    for name, text in (('HOSTS_FILE', HOSTS), ('RESOLVER_FILE', resolver)):
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(f'upnp.addressing.machine.{name}', str(tmp_path / name))
    monkeypatch.setattr('socket.gethostname', lambda: own)
    names = hostNames()
    assert names >= expected
    assert 'localhost' not in names
    assert not names & {'nas', 'nas.example.org', 'hidden', '127.0.1.1', ''}
    assert bool(names) == bool(own)
