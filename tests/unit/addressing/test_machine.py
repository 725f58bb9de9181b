"""UUIDs that follow from the machine: the same at every start, and never the machine's own number."""

import re
from pathlib import Path

import pytest

import upnp
from upnp.addressing.machine import hostNames, machineIdentity, systemToken


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
