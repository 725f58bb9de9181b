"""What each system is told of a multicast socket, option by option; on this one, what the kernel says to that."""

import ctypes
import errno
import os
import socket
import struct
import sys
from types import SimpleNamespace

import pytest

from upnp.addressing.interfaces import Interface
from upnp.discovery import sockets

ETH0 = Interface('eth0', 2, '192.0.2.20', 24)
NAMELESS = Interface('eth0', 0, '192.0.2.20', 24)
LINK = Interface('eth0', 2, 'fe80::20', 64)
WIDE = Interface('eth0', 2, '2001:db8::20', 64)
SYSTEMS = ('linux', 'darwin', 'freebsd14', 'openbsd7', 'netbsd10', 'dragonfly6', 'win32')
BSD = ('darwin', 'freebsd14', 'openbsd7', 'netbsd10', 'dragonfly6')
GROUP = b'\xef\xff\xff\xfa'
LINK_GROUP = b'\xff\x02' + bytes(13) + b'\x0c'
SITE_GROUP = b'\xff\x05' + bytes(13) + b'\x0c'
IPV6_ONLY = pytest.mark.skipif(not socket.has_ipv6, reason='no IPv6 here')


class FakeSocket:
    """Notes what it is told.

    :param failing: the number of the error that an option fails with.
    """

    def __init__(self, family: int = 0, kind: int = 0) -> None:
        self.family, self.kind = family, kind
        self.options: list[tuple[int, int, object]] = []
        self.failing: dict[int, int] = {}
        self.binds: list[object] = []
        self.bindErrors: list[int] = []
        self.isClosed = False

    def setblocking(self, flag: bool) -> None:
        assert flag is False

    def setsockopt(self, level: int, option: int, value: object) -> None:
        if option in self.failing:
            raise OSError(self.failing[option], os.strerror(self.failing[option]))
        self.options.append((level, option, value))

    def bind(self, address: object) -> None:
        self.binds.append(address)
        if self.bindErrors:
            raise OSError(self.bindErrors.pop(0), 'cannot bind')

    def fileno(self) -> int:
        return 77

    def close(self) -> None:
        self.isClosed = True

    def told(self, level: int, option: int) -> list[object]:
        """Return what an option was set to, each time."""
        return [value for aLevel, anOption, value in self.options if (aLevel, anOption) == (level, option)]


class Winsock:
    """The calls of ws2_32.dll."""

    def __init__(self, failure: int = 0) -> None:
        self.calls: list[tuple[int, int, int]] = []
        self._failure = failure

    def WSAIoctl(self, number: ctypes.c_size_t, code: ctypes.c_ulong, given: object, size: int, *_rest: object) -> int:
        self.calls.append((number.value, code.value, size))
        return self._failure


@pytest.fixture
def winsock(monkeypatch: pytest.MonkeyPatch) -> Winsock:
    """Windows' library, whatever the system."""
    library = Winsock()
    monkeypatch.setattr(ctypes, 'WinDLL', lambda name: {'ws2_32': library}[name], raising=False)
    return library


def opened(monkeypatch: pytest.MonkeyPatch, system: str, isIPv6: bool, **failing: int) -> FakeSocket:
    """Return the socket that is opened on a system."""
    made: list[FakeSocket] = []

    def make(family: int, kind: int) -> FakeSocket:
        made.append(FakeSocket(family, kind))
        made[-1].failing = {
            getattr(socket, name, 0) or getattr(sockets, name): error for name, error in failing.items()
        }
        return made[-1]

    with monkeypatch.context() as patch:
        patch.setattr(sys, 'platform', system)
        patch.setattr(socket, 'socket', make)
        try:
            returned = sockets.openSocket(isIPv6=isIPv6)
        except OSError:
            return made[0]
    assert [returned] == made
    return made[0]


@pytest.mark.parametrize('isIPv6', [False, True])
@pytest.mark.parametrize('system', SYSTEMS)
def test_the_port_is_shared_as_each_system_wants_it(
    system: str, isIPv6: bool, monkeypatch: pytest.MonkeyPatch, winsock: Winsock
) -> None:
    """SO_REUSEPORT on Linux would split unicasts among programs; Windows has none."""
    sock = opened(monkeypatch, system, isIPv6)
    assert (sock.family, sock.kind) == (socket.AF_INET6 if isIPv6 else socket.AF_INET, socket.SOCK_DGRAM)
    assert sock.told(socket.SOL_SOCKET, socket.SO_REUSEADDR) == [1]
    assert sock.told(socket.SOL_SOCKET, socket.SO_REUSEPORT) == ([1] if system in BSD else [])
    assert sock.told(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == ([1] if isIPv6 else [])
    assert not sock.isClosed


@pytest.mark.parametrize('system', SYSTEMS)
def test_multicasts_reach_two_hops_in_the_form_that_each_system_takes(
    system: str, monkeypatch: pytest.MonkeyPatch, winsock: Winsock
) -> None:
    """UDA 1.1 §1.1. OpenBSD refuses a word for IPv4, Windows is documented to take one."""
    sock4, sock6 = opened(monkeypatch, system, False), opened(monkeypatch, system, True)
    assert sock4.told(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL) == [2 if system == 'win32' else b'\x02']
    assert sock6.told(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS) == [2]
    assert sock6.told(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL) == []


@pytest.mark.parametrize('system', SYSTEMS)
def test_only_linux_has_to_be_told_to_hear_its_own_groups(
    system: str, monkeypatch: pytest.MonkeyPatch, winsock: Winsock
) -> None:
    sock4, sock6 = opened(monkeypatch, system, False), opened(monkeypatch, system, True)
    assert sock4.told(socket.IPPROTO_IP, 49) == ([0] if system == 'linux' else [])
    assert sock6.told(socket.IPPROTO_IPV6, 29) == ([0] if system == 'linux' else [])


def test_windows_is_told_not_to_report_answers_that_found_nobody(
    monkeypatch: pytest.MonkeyPatch, winsock: Winsock
) -> None:
    """SIO_UDP_CONNRESET: after such a report, the Proactor loop reads no more (CPython #127057)."""
    opened(monkeypatch, 'win32', False)
    assert winsock.calls == [(77, 0x9800000C, ctypes.sizeof(ctypes.c_ulong))]
    for system in SYSTEMS[:-1]:
        opened(monkeypatch, system, False)
    assert len(winsock.calls) == 1


def test_a_windows_that_cannot_is_lived_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, 'WinDLL', lambda _name: Winsock(-1), raising=False)
    assert not opened(monkeypatch, 'win32', False).isClosed


@pytest.mark.parametrize(
    ('system', 'option'), [('netbsd10', 'SO_RCVBUF'), ('freebsd14', 'SO_RCVBUF'), ('linux', 'IP_MULTICAST_ALL')]
)
def test_what_is_not_needed_may_be_refused(system: str, option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """BSD grants a receive buffer whole, or fails with ENOBUFS; old kernels lack the other."""
    sock = opened(monkeypatch, system, False, **{option: errno.ENOBUFS})
    assert not sock.isClosed
    assert sock.told(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL)


def test_a_socket_that_cannot_be_made_ready_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert opened(monkeypatch, 'linux', True, IPV6_V6ONLY=errno.ENOPROTOOPT).isClosed
    assert opened(monkeypatch, 'darwin', False, SO_REUSEPORT=errno.ENOPROTOOPT).isClosed


# Groups


@pytest.mark.parametrize(
    ('interface', 'address'),
    [
        (ETH0, ('239.255.255.250', 1900)),
        (LINK, ('ff02::c', 1900, 0, 2)),
        (WIDE, ('ff05::c', 1900, 0, 2)),
    ],
)
def test_a_group_is_addressed_with_the_interface_where_it_has_one(interface: Interface, address: object) -> None:
    """Of a pair, Windows' Proactor loop makes an IPv4 address, whatever stands in it."""
    assert sockets.groupAddress(interface) == address


def test_another_group_is_addressed_the_same_way() -> None:
    assert sockets.groupAddress(LINK, 'ff02::130', 7900) == ('ff02::130', 7900, 0, 2)
    assert sockets.groupAddress(ETH0, '239.255.255.246', 7900) == ('239.255.255.246', 7900)


@pytest.mark.parametrize('system', SYSTEMS)
@pytest.mark.parametrize(
    ('interface', 'elsewhere', 'linux'),
    [
        (ETH0, GROUP + b'\xc0\x00\x02\x14', GROUP + bytes(4) + struct.pack('=i', 2)),
        (NAMELESS, GROUP + b'\xc0\x00\x02\x14', GROUP + b'\xc0\x00\x02\x14'),
        (LINK, LINK_GROUP + struct.pack('=I', 2), LINK_GROUP + struct.pack('=I', 2)),
        (WIDE, SITE_GROUP + struct.pack('=I', 2), SITE_GROUP + struct.pack('=I', 2)),
    ],
)
def test_a_group_is_joined_and_left_by_the_same_bytes(
    system: str, interface: Interface, elsewhere: bytes, linux: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By struct ip_mreq, on Linux ip_mreqn, whose number stays true when the address has gone; by ipv6_mreq."""
    monkeypatch.setattr(sys, 'platform', system)
    sock, form = FakeSocket(), linux if system == 'linux' else elsewhere
    sockets.join(sock, interface)  # type: ignore[arg-type]
    sockets.leave(sock, interface)  # type: ignore[arg-type]
    if interface.isIPv6:
        level, options = socket.IPPROTO_IPV6, (socket.IPV6_JOIN_GROUP, socket.IPV6_LEAVE_GROUP)
    else:
        level, options = socket.IPPROTO_IP, (socket.IP_ADD_MEMBERSHIP, socket.IP_DROP_MEMBERSHIP)
    assert sock.options == [(level, option, form) for option in options]


def test_joining_twice_is_harmless_and_other_failures_are_told() -> None:
    sock = FakeSocket()
    sock.failing[socket.IP_ADD_MEMBERSHIP] = errno.EADDRINUSE
    sockets.join(sock, ETH0)  # type: ignore[arg-type]
    sock.failing[socket.IP_ADD_MEMBERSHIP] = errno.ENODEV
    with pytest.raises(OSError, match=os.strerror(errno.ENODEV)):
        sockets.join(sock, ETH0)  # type: ignore[arg-type]


def test_leaving_what_was_left_is_harmless() -> None:
    sock = FakeSocket()
    sock.failing[socket.IP_DROP_MEMBERSHIP] = errno.EADDRNOTAVAIL
    sockets.leave(sock, ETH0)  # type: ignore[arg-type]


@pytest.mark.parametrize('system', SYSTEMS)
def test_multicasts_leave_by_an_address_or_by_the_number_of_the_interface(
    system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number in host byte order, on Windows too."""
    monkeypatch.setattr(sys, 'platform', system)
    sock = FakeSocket()
    sockets.sendBy(sock, ETH0)  # type: ignore[arg-type]
    sockets.sendBy(sock, LINK)  # type: ignore[arg-type]
    assert sock.options == [
        (socket.IPPROTO_IP, socket.IP_MULTICAST_IF, b'\xc0\x00\x02\x14'),
        (socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, 2),
    ]


# Where datagrams come in


def test_the_kernel_is_asked_to_tell_arrivals() -> None:
    sock = FakeSocket()
    sockets.tellArrivals(sock, isIPv6=False)  # type: ignore[arg-type]
    sockets.tellArrivals(sock, isIPv6=True)  # type: ignore[arg-type]
    assert sock.options == [(socket.IPPROTO_IP, 8, 1), (socket.IPPROTO_IPV6, 49, 1)]


@pytest.mark.parametrize(
    ('interface', 'isRouted', 'expected'),
    [
        (ETH0, False, (0, 8, struct.pack('=i', 2) + b'\xc0\x00\x02\x14' * 2)),
        (ETH0, True, (0, 8, bytes(4) + b'\xc0\x00\x02\x14' * 2)),
        (LINK, False, (41, 50, b'\xfe\x80' + bytes(13) + b'\x20' + struct.pack('=I', 2))),
        (WIDE, True, (41, 50, b'\x20\x01\x0d\xb8' + bytes(11) + b'\x20' + bytes(4))),
    ],
)
def test_what_is_sent_says_where_from(interface: Interface, isRouted: bool, expected: object) -> None:
    """linux/in.h: struct in_pktinfo; RFC 3542 §6: struct in6_pktinfo."""
    assert sockets.infoOf(interface, interface.address, isRouted=isRouted) == expected


def test_the_same_arrival_has_the_same_key_whatever_address_an_answer_would_leave_by() -> None:
    """For a multicast the kernel writes its own address into spec_dst; the destination stands behind."""
    received = struct.pack('=i', 2) + b'\xc0\x00\x02\x14' + GROUP
    assert sockets.keyOf(received) == sockets.keyOf(sockets.infoOf(ETH0, '239.255.255.250')[2])
    assert sockets.keyOf(received) != sockets.keyOf(struct.pack('=i', 3) + received[4:])
    assert sockets.keyOf(received) != sockets.keyOf(sockets.infoOf(ETH0, ETH0.address)[2])
    received6 = LINK_GROUP + struct.pack('=I', 2)
    assert sockets.keyOf(received6) == received6 == sockets.infoOf(LINK, 'ff02::c')[2]


@pytest.mark.skipif(sys.platform != 'linux', reason='Linux tells arrivals')
@pytest.mark.parametrize('address', ['127.0.0.1', pytest.param('::1', marks=IPV6_ONLY)])
def test_what_the_kernel_tells_is_what_is_expected(address: str) -> None:
    """To loopback alone."""
    lo, isIPv6 = Interface('lo', socket.if_nametoindex('lo'), address, 8), ':' in address
    with sockets.openSocket(isIPv6=isIPv6) as sock:
        try:
            sock.bind((address, 0))
        except OSError as error:
            pytest.skip(str(error))
        sockets.tellArrivals(sock, isIPv6=isIPv6)
        sock.sendmsg([b'x'], [sockets.infoOf(lo, address)], 0, sock.getsockname())
        sock.setblocking(True)
        sock.settimeout(5)
        _, ancillary, flags, peer = sock.recvmsg(9, sockets.PKTINFO_SPACE)
    assert flags == 0
    assert sockets.keyOf(ancillary[0][2]) == sockets.keyOf(sockets.infoOf(lo, address)[2])
    assert peer[0] == address


@pytest.mark.skipif(sys.platform != 'linux', reason='Linux tells arrivals')
@pytest.mark.parametrize('address', ['127.0.0.1', pytest.param('::1', marks=IPV6_ONLY)])
def test_a_second_socket_sends_from_the_port_of_the_first_and_hears_nothing(address: str) -> None:
    """To loopback alone; several datagrams in one call, too (UDP_SEGMENT)."""
    lo, isIPv6 = Interface('lo', socket.if_nametoindex('lo'), address, 8), ':' in address
    with sockets.openSocket(isIPv6=isIPv6) as sock, socket.socket(sock.family, socket.SOCK_DGRAM) as peer:
        try:
            sock.bind((address, 0))
        except OSError as error:
            pytest.skip(str(error))
        peer.bind((address, 0))
        sock.settimeout(5)
        peer.settimeout(5)
        with sockets.openContact(sock) as contact:
            cut = socket.IPPROTO_UDP, 103, struct.pack('=H', 1)
            contact.sendmsg([b'ab'], [sockets.infoOf(lo, address), cut], 0, peer.getsockname())
            assert [peer.recvfrom(9) for _ in range(2)] == [(b'a', sock.getsockname()), (b'b', sock.getsockname())]
            peer.sendto(b'x', sock.getsockname())
            assert sock.recvfrom(9) == (b'x', peer.getsockname())
            with pytest.raises(BlockingIOError):
                contact.recv(9)
        assert not sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)  # not port 1900: it stays ours alone


def test_a_second_socket_that_cannot_be_had_is_closed() -> None:
    """As there is no descriptor left for long, and the port of the first is not given away."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, socket.socket(sock.family, sock.type) as other:
        other.bind(('127.0.0.1', 0))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken = SimpleNamespace(family=sock.family, getsockname=other.getsockname, setsockopt=sock.setsockopt)
        before = os.listdir('/dev/fd')
        with pytest.raises(OSError, match='in use'):
            sockets.openContact(taken)  # type: ignore[arg-type]
        assert len(os.listdir('/dev/fd')) == len(before)
        assert not sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)


# Other ports


@pytest.mark.parametrize('number', [errno.EADDRINUSE, errno.EACCES])
def test_another_port_is_sought_until_one_is_free(number: int) -> None:
    """UDA 1.1 §1.2.2: SEARCHPORT is in 49152 to 65535. Windows answers EACCES in ranges that it keeps."""
    sock = FakeSocket()
    sock.bindErrors = [number] * 5
    sockets.bindSearchPort(sock, '192.0.2.20')  # type: ignore[arg-type]
    assert len(sock.binds) == 6
    assert all(host == '192.0.2.20' and 49152 <= port < 65536 for host, port in sock.binds)  # type: ignore[misc]


@pytest.mark.parametrize(('number', 'tries'), [(errno.EADDRINUSE, 64), (errno.EADDRNOTAVAIL, 1)])
def test_the_search_for_a_port_ends(number: int, tries: int) -> None:
    sock = FakeSocket()
    sock.bindErrors = [number] * 100
    with pytest.raises(OSError, match='cannot bind'):
        sockets.bindSearchPort(sock, '::')  # type: ignore[arg-type]
    assert len(sock.binds) == tries


@pytest.mark.parametrize('system', SYSTEMS)
def test_such_a_port_is_shared_with_nobody(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With SO_REUSEADDR, Windows gives anybody's port away."""
    monkeypatch.setattr(sys, 'platform', system)
    sock = FakeSocket()
    sockets.bindSearchPort(sock, '0.0.0.0')  # type: ignore[arg-type]
    assert sock.told(socket.SOL_SOCKET, socket.SO_REUSEADDR) == [0]
    assert sock.told(socket.SOL_SOCKET, socket.SO_REUSEPORT) == ([0] if system in BSD else [])


# The filter


def passes(datagram: bytes) -> bool:
    """Do what the socket filter does with a UDP datagram, step by step."""
    packet, word, step = bytes(8) + datagram, 0, 0
    while True:
        code, ifTrue, ifFalse, operand = sockets.SOCKET_FILTER[step]
        if code == 0x20:  # load a word; beyond the end, the packet is dropped
            if operand + 4 > len(packet):
                return False
            (word,) = struct.unpack_from('!I', packet, operand)
        elif code == 0x15:  # jump if equal
            step += ifTrue if word == operand else ifFalse
        else:
            assert code == 0x06  # return
            return operand > 0
        step += 1


DATAGRAMS = {
    b'M-SEARCH * HTTP/1.1\r\n': True,
    b'm-search * http/1.1\r\n': True,
    b'\r\nM-SEARCH * HTTP/1.1\r\n': True,
    b'NOTIFY * HTTP/1.1\r\n': False,
    b'HTTP/1.1 200 OK\r\n': False,
    b'M-S': False,
    b'': False,
}


@pytest.mark.parametrize(('datagram', 'isKept'), DATAGRAMS.items())
def test_the_socket_filter_lets_searches_pass_and_drops_advertisements(datagram: bytes, isKept: bool) -> None:
    assert passes(datagram) == isKept


@pytest.mark.skipif(sys.platform != 'linux', reason='Linux has the filter')
def test_the_kernel_reads_the_filter_the_same_way() -> None:
    """On loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(('127.0.0.1', 0))
        sockets.attachFilter(sock)
        for datagram in DATAGRAMS:
            sock.sendto(datagram, sock.getsockname())
        sock.setblocking(False)
        received = []
        while True:
            try:
                received.append(sock.recv(100))
            except BlockingIOError:
                break
    assert received == [datagram for datagram, isKept in DATAGRAMS.items() if isKept]


def test_a_kernel_without_filters_is_lived_with(monkeypatch: pytest.MonkeyPatch) -> None:
    sock = FakeSocket()
    sock.failing[26] = errno.ENOPROTOOPT
    sockets.attachFilter(sock)  # type: ignore[arg-type]
    monkeypatch.setattr(sockets, 'SOCKET_FILTER', ())
    sockets.attachFilter(SimpleNamespace())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ('name', 'number'),
    [('IP_PKTINFO', 8), ('IP_MULTICAST_ALL', 49), ('IPV6_MULTICAST_ALL', 29), ('SO_ATTACH_FILTER', 26)],
)
def test_numbers_are_those_of_linux_headers(name: str, number: int) -> None:
    """linux/in.h, linux/in6.h, asm-generic/socket.h; where Python knows them, it agrees."""
    assert getattr(sockets, name) == getattr(socket, name, number) == number
