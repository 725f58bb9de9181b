"""Who holds a port, over a made-up /proc: processes that may be read and others, and tables of all kinds."""

import os
import socket
import sys
from pathlib import Path

import pytest

from upnp.addressing import portowners
from upnp.addressing.portowners import portOwners

PORT = 1900
HEADER = (
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops'
)
ANY, GROUP, ANY6 = '00000000', 'FAFFFFEF', '0' * 32
LISTENING, CONNECTED, UNCONNECTED = '0A', '01', '07'
NO_USER = 3_999_999_999


class Proc:
    """A /proc in a folder, with the processes and sockets that a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / 'net').mkdir()

    def addSocket(
        self, inode: int, *, table: str = 'udp', at: str = ANY, port: int = PORT, state: str = UNCONNECTED, uid: int = 0
    ) -> None:
        """Add a line to a table of sockets, as the kernel writes it."""
        path = self.folder / 'net' / table
        text = path.read_text() if path.exists() else f'{HEADER}\n'
        other = '0' * len(at)
        line = (
            f'{inode:5}: {at}:{port:04X} {other}:0000 {state} 00000000:00000000 00:00000000 00000000 {uid:5}        0'
        )
        path.write_text(f'{text}{line} {inode} 2 0000000000000000 0\n')

    def addProcess(self, pid: int, name: str, *inodes: int) -> None:
        """Add a process with some sockets among its open files."""
        descriptors = self.folder / str(pid) / 'fd'
        descriptors.mkdir(parents=True)
        (descriptors / '0').symlink_to('/dev/null')
        (descriptors / '1').symlink_to('pipe:[77]')
        for number, inode in enumerate(inodes, 3):
            (descriptors / str(number)).symlink_to(f'socket:[{inode}]')
        (self.folder / str(pid) / 'comm').write_text(f'{name}\n')

    def owners(self, protocol: str = 'udp') -> list[str]:
        return portOwners(PORT, protocol, str(self.folder))


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    return Proc(tmp_path)


def test_the_process_is_named_with_its_number(proc: Proc) -> None:
    proc.addSocket(501)
    proc.addProcess(1, 'systemd', 500)
    proc.addProcess(123, 'minidlnad', 499, 501)
    assert proc.owners() == ['minidlnad (pid 123)']


@pytest.mark.parametrize(('table', 'at'), [('udp', ANY), ('udp', GROUP), ('udp6', ANY6)])
def test_a_socket_of_either_ip_version_and_at_any_address_counts(proc: Proc, table: str, at: str) -> None:
    proc.addSocket(501, table=table, at=at)
    proc.addProcess(123, 'minidlnad', 501)
    assert proc.owners() == ['minidlnad (pid 123)']


def test_a_socket_at_another_port_or_of_another_protocol_does_not(proc: Proc) -> None:
    proc.addSocket(501, port=1901)
    proc.addSocket(502, port=0x0107)
    proc.addSocket(503, table='tcp', state=LISTENING)
    proc.addProcess(123, 'minidlnad', 501, 502, 503)
    assert proc.owners() == []


def test_of_tcp_those_who_listen_count_and_no_connection(proc: Proc) -> None:
    proc.addSocket(501, table='tcp', state=CONNECTED)
    proc.addSocket(502, table='tcp6', at=ANY6, state=LISTENING)
    proc.addProcess(122, 'curl', 501)
    proc.addProcess(123, 'nginx', 502)
    assert proc.owners('tcp') == ['nginx (pid 123)']


def test_a_process_with_several_sockets_is_named_once(proc: Proc) -> None:
    proc.addSocket(501)
    proc.addSocket(502, at=GROUP)
    proc.addSocket(503, table='udp6', at=ANY6)
    proc.addProcess(123, 'rygel', 503, 502, 501)
    assert proc.owners() == ['rygel (pid 123)']


def test_several_processes_are_named_each(proc: Proc) -> None:
    proc.addSocket(501)
    proc.addSocket(502, at=GROUP)
    proc.addProcess(1024, 'rygel', 502)
    proc.addProcess(123, 'minidlnad', 501)
    assert proc.owners() == ['minidlnad (pid 123)', 'rygel (pid 1024)']


def test_of_those_who_share_a_socket_the_first_is_named(proc: Proc) -> None:
    """A child has its parent's sockets, and the higher number."""
    proc.addSocket(501)
    proc.addProcess(1123, 'worker', 501)
    proc.addProcess(123, 'nginx', 501)
    assert proc.owners() == ['nginx (pid 123)']


def test_we_ourselves_are_this_program(proc: Proc) -> None:
    proc.addSocket(501)
    proc.addProcess(123, 'python3', 501)
    (proc.folder / 'self').symlink_to('123')
    assert proc.owners() == ['this program']


def test_of_a_process_that_may_not_be_read_the_user_is_named(proc: Proc) -> None:
    proc.addSocket(501, uid=0)
    proc.addSocket(502, uid=0)
    proc.addSocket(503, uid=NO_USER)
    (proc.folder / '123').mkdir()
    assert proc.owners() == [f'a process of user {NO_USER}', 'a process of user root']


def test_a_system_without_users_names_gives_their_numbers(proc: Proc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'pwd', None)
    proc.addSocket(501, uid=0)
    assert proc.owners() == ['a process of user 0']


def test_a_process_without_a_name_is_still_told(proc: Proc) -> None:
    proc.addSocket(501)
    proc.addProcess(123, 'minidlnad', 501)
    (proc.folder / '123' / 'comm').unlink()
    assert proc.owners() == ['a process (pid 123)']


def test_a_name_made_to_confuse_a_terminal_is_shown_harmless(proc: Proc) -> None:
    proc.addSocket(501)
    proc.addProcess(123, 'x', 501)
    (proc.folder / '123' / 'comm').write_bytes(b'a\x1b[2J\nWARNING \xff\n')
    assert proc.owners() == ['a?[2J?WARNING \ufffd (pid 123)']


def test_a_socket_that_nobody_has_open_is_passed_over(proc: Proc) -> None:
    proc.addSocket(0)
    assert proc.owners() == []


@pytest.mark.parametrize('text', ['', 'nonsense', 'header\nnonsense\n', 'header\n1: 00000000:076C\n\n', '\xff\0\n\0'])
def test_a_table_of_another_form_gives_nobody(proc: Proc, text: str) -> None:
    (proc.folder / 'net' / 'udp').write_text(text, 'latin-1')
    assert proc.owners() == []


def test_a_machine_without_the_folder_gives_nobody(tmp_path: Path) -> None:
    assert portOwners(PORT, 'udp', str(tmp_path / 'none')) == []


def test_nobody_is_looked_at_once_all_are_found(proc: Proc, monkeypatch: pytest.MonkeyPatch) -> None:
    proc.addSocket(501)
    proc.addProcess(12, 'minidlnad', 501)
    for pid in range(13, 50):
        proc.addProcess(pid, 'other')
    looked: list[str] = []
    listFolder = portowners.listFolder
    monkeypatch.setattr(portowners, 'listFolder', lambda path: [looked.append(path), *listFolder(path)][1:])
    assert proc.owners() == ['minidlnad (pid 12)']
    assert looked == [str(proc.folder), str(proc.folder / '12' / 'fd')]


def test_no_process_is_looked_at_when_nobody_has_the_port(proc: Proc, monkeypatch: pytest.MonkeyPatch) -> None:
    proc.addProcess(12, 'minidlnad', 501)
    monkeypatch.setattr(portowners, 'listFolder', lambda path: pytest.fail(path))
    assert proc.owners() == []


@pytest.mark.skipif(not os.path.exists('/proc/net/udp'), reason='needs /proc')
def test_a_real_socket_on_loopback_is_ours() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.bind(('127.0.0.1', 0))
        port = ours.getsockname()[1]
        assert portOwners(port, 'udp') == ['this program']
