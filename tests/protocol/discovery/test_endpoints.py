"""The endpoints of several interfaces, over sockets that tell what is done to them; nothing leaves this process."""

import asyncio
import errno
import logging
import os
import socket
import struct
import sys
from collections.abc import Callable, Coroutine, Iterator
from ipaddress import ip_address
from typing import Any

import pytest

from tests.protocol.fakes import run
from tests.protocol.streams import Blind
from upnp.addressing.access import BEYOND, HERE, LINK
from upnp.addressing.interfaces import Interface
from upnp.discovery import sockets
from upnp.discovery.endpoints import Links
from upnp.discovery.transport import LinkTransport

ETH0 = Interface('eth0', 2, '192.0.2.20', 24)
ETH0_SECOND = Interface('eth0', 2, '198.51.100.20', 24, isPrimary=False)
WLAN0 = Interface('wlan0', 3, '203.0.113.7', 24)
LINK0 = Interface('eth0', 2, 'fe80::20', 64)
LINK1 = Interface('wlan0', 3, 'fe80::20', 64)
WIDE = Interface('eth0', 2, '2001:db8::20', 64)
ALL = (ETH0, ETH0_SECOND, WLAN0, LINK0, LINK1, WIDE)
GROUP, LINK_GROUP, SITE_GROUP = '239.255.255.250', 'ff02::c', 'ff05::c'
TO_ALL = (GROUP, 1900)
MAX_BYTES = 100
SEARCH = b'M-SEARCH * HTTP/1.1\r\n'
UDP_SEGMENT = 103


class Ears(asyncio.DatagramProtocol):
    """An endpoint that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[bytes, object]] = []
        self.errors: list[Exception] = []
        self.transport: Any = None
        self.isLost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.isLost = True

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.heard.append((data, addr))

    def error_received(self, exc: Exception) -> None:
        self.errors.append(exc)


class System:
    """A machine: its sockets, and what it refuses."""

    def __init__(self) -> None:
        self.sockets: list[FakeSocket] = []
        self.isTaken = False  # port 1900
        self.broken: dict[bytes, int] = {}  # what a membership contains, and the number of the error
        self.refusals: list[int] = []  # of what is sent, in turn
        self.endpoints: dict[tuple[Interface, bool], Ears] = {}
        self.places: dict[str, str] = {}  # of addresses that are not on the link
        self.neighbours: dict[tuple[int, str], int] | None = None  # their states; None: no netlink here
        self.asked: list[tuple[int, str]] = []
        self.netlinks: list[FakeNetlink] = []
        self.hasLoopback = True

    def placeOf(self, address: str, interface: Interface) -> str:
        ip_address(address)
        return self.places.get(address, LINK)

    def endpoint(self, interface: Interface, multicast: bool) -> Ears:
        """Make an endpoint: the factory."""
        ears = self.endpoints[interface, multicast] = Ears()
        return ears

    @property
    def open(self) -> list['FakeSocket']:
        """The sockets that are open."""
        return [sock for sock in self.sockets if not sock.isClosed]

    @property
    def living(self) -> set[tuple[Interface, bool]]:
        """The endpoints that are connected."""
        return {key for key, ears in self.endpoints.items() if not ears.isLost}

    @property
    def heard(self) -> dict[tuple[Interface, bool], list[tuple[bytes, object]]]:
        """What was heard, by whom."""
        return {key: ears.heard for key, ears in self.endpoints.items() if ears.heard}


class FakeSocket:
    """A datagram socket; a pipe makes it readable to a selector."""

    system: System

    def __init__(self, family: int, kind: int) -> None:
        self.family, self.type, self.isClosed = family, kind, False
        self.options: list[tuple[int, int, object]] = []
        self.name: tuple[Any, ...] = ('', 0)
        self.peer: tuple[Any, ...] | None = None
        self.sent: list[tuple[bytes, list[Any], object]] = []
        self.waiting: list[tuple[bytes, list[Any], object]] = []
        self._ends = os.pipe()
        self.system.sockets.append(self)

    def __enter__(self) -> 'FakeSocket':
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def setblocking(self, flag: bool) -> None:
        assert flag is False

    def fileno(self) -> int:
        return -1 if self.isClosed else self._ends[0]

    def setsockopt(self, level: int, option: int, value: object) -> None:
        if isinstance(value, bytes):
            for part, number in self.system.broken.items():
                if part in value and option in (socket.IP_ADD_MEMBERSHIP, socket.IPV6_JOIN_GROUP):
                    raise OSError(number, os.strerror(number))
        self.options.append((level, option, value))

    def bind(self, address: tuple[Any, ...]) -> None:
        if self.system.isTaken and address[1] == 1900:
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        self.name = address

    def getsockname(self) -> tuple[Any, ...]:
        return self.name

    def connect(self, address: tuple[Any, ...]) -> None:
        if not self.system.hasLoopback:
            raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
        self.peer = address

    def getpeername(self) -> None:
        raise OSError(errno.ENOTCONN, 'not connected')

    def arrive(self, datagram: bytes, ancillary: list[Any], peer: object) -> None:
        """Let a datagram come in."""
        self.waiting.append((datagram, ancillary, peer))
        os.write(self._ends[1], b'.')

    def recvmsg_into(self, buffers: tuple[bytearray], space: int) -> tuple[int, list[Any], int, object]:
        datagram, ancillary, peer = self._next()
        size = min(len(datagram), len(buffers[0]))
        buffers[0][:size] = datagram[:size]
        return size, ancillary, 0, peer

    def recvfrom(self, size: int) -> tuple[bytes, object]:
        datagram, _, peer = self._next()
        return datagram[:size], peer

    def _next(self) -> tuple[bytes, list[Any], object]:
        if self.isClosed:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        if not self.waiting:
            raise BlockingIOError
        os.read(self._ends[0], 1)
        return self.waiting.pop(0)

    def sendmsg(self, parts: tuple[bytes], ancillary: list[Any], flags: int, address: object) -> None:
        if self.system.refusals and (number := self.system.refusals.pop(0)):
            raise OSError(number, os.strerror(number))
        self.sent.append((bytes(parts[0]), list(ancillary), address))

    def sendto(self, datagram: bytes, address: object) -> None:
        self.sent.append((datagram, [], address))

    def joined(self) -> list[object]:
        """Return the memberships that were asked for and not given up."""
        ups = (socket.IP_ADD_MEMBERSHIP, socket.IPV6_JOIN_GROUP)
        downs = (socket.IP_DROP_MEMBERSHIP, socket.IPV6_LEAVE_GROUP)
        left = [value for _, option, value in self.options if option in downs]
        return [value for _, option, value in self.options if option in ups and value not in left]

    def told(self, level: int, option: int) -> list[object]:
        """Return what an option was set to."""
        return [value for aLevel, anOption, value in self.options if (aLevel, anOption) == (level, option)]

    def close(self) -> None:
        if not self.isClosed:
            self.isClosed = True
            for end in self._ends:
                os.close(end)


class FakeNetlink:
    """A socket to a kernel that knows some neighbours."""

    def __init__(self, system: System) -> None:
        if system.neighbours is None:
            raise OSError(errno.EPROTONOSUPPORT, os.strerror(errno.EPROTONOSUPPORT))
        self._system, self._known, self._answer = system, system.neighbours, b''
        self.isClosed = False
        system.netlinks.append(self)

    def send(self, request: bytes) -> None:
        sequence, family, number = struct.unpack_from('=8xI4xB3xi', request)
        asked = number, socket.inet_ntop(family, request[32:])
        self._system.asked.append(asked)
        kind, body = 2, struct.pack('=i', -errno.ENOENT)
        if asked in self._known:
            kind, body = 28, struct.pack('=BxxxiHBB', family, number, self._known[asked], 0, 1)
        self._answer = struct.pack('=IHHII', 16 + len(body), kind, 0, sequence, 77) + body

    def recvfrom(self, size: int) -> tuple[bytes, tuple[int, int]]:
        return self._answer, (0, 0)

    def close(self) -> None:
        self.isClosed = True


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """Such a machine in place of this one, a Linux unless told otherwise."""
    made = System()
    kind = type('FakeSocket', (FakeSocket,), {'system': made})
    monkeypatch.setattr(sys, 'platform', 'linux')
    true = socket.socket

    def make(family: int = -1, kindOf: int = -1, proto: int = -1, fileno: int | None = None) -> Any:
        if family == socket.AF_NETLINK:
            return FakeNetlink(made)
        isOurs = kindOf == socket.SOCK_DGRAM and fileno is None  # a loop's own sockets are others
        return kind(family, kindOf) if isOurs else true(family, kindOf, proto, fileno)

    monkeypatch.setattr(socket, 'socket', make)
    yield made
    left = made.open
    for sock in left:
        sock.close()
    assert left == []
    assert all(netlink.isClosed for netlink in made.netlinks)


def linksOf(system: System) -> Links:
    return Links(system.endpoint, MAX_BYTES, system.placeOf)


def play(scene: Callable[[], Coroutine[Any, Any, None]], *, isBlind: bool = False) -> None:
    """Run a scene; on a loop that watches no sockets for others, if it is blind."""
    if not isBlind:
        run(scene())
        return
    with asyncio.Runner(debug=True, loop_factory=Blind) as runner:
        runner.run(scene())


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def arrival(number: int, destination: str, spec: str = '192.0.2.20') -> list[Any]:
    """Return what the kernel tells of a datagram."""
    literal = sockets.packed(destination)
    if ':' in destination:
        return [(socket.IPPROTO_IPV6, 50, literal + struct.pack('=I', number))]
    return [(socket.IPPROTO_IP, 8, struct.pack('=i', number) + sockets.packed(spec) + literal)]


# Who hears what


@pytest.mark.parametrize(
    ('number', 'destination', 'peer', 'expected'),
    [
        (2, GROUP, '192.0.2.9', (ETH0, True)),
        (2, GROUP, '198.51.100.9', (ETH0_SECOND, True)),
        (2, GROUP, '10.0.0.9', (ETH0, True)),
        (3, GROUP, '192.0.2.9', (WLAN0, True)),
        (9, GROUP, '192.0.2.9', None),
        (2, '192.0.2.20', '192.0.2.9', (ETH0, False)),
        (2, '198.51.100.20', '192.0.2.9', (ETH0_SECOND, False)),
        (1, '192.0.2.20', '192.0.2.20', (ETH0, False)),
        (2, '203.0.113.7', '192.0.2.9', None),  # of one link, for an address of another: it may lie about its own
        (2, '192.0.2.255', '192.0.2.9', None),
        (2, '239.255.255.251', '192.0.2.9', None),
        (2, LINK_GROUP, 'fe80::9', (LINK0, True)),
        (3, LINK_GROUP, 'fe80::9', (LINK1, True)),
        (2, SITE_GROUP, '2001:db8::9', (WIDE, True)),
        (3, SITE_GROUP, '2001:db8::9', None),
        (2, 'fe80::20', 'fe80::9', (LINK0, False)),
        (3, 'fe80::20', 'fe80::9', (LINK1, False)),
        (3, '2001:db8::20', '2001:db8::9', None),
        (1, '2001:db8::20', '2001:db8::20', (WIDE, False)),
    ],
)
def test_a_search_is_heard_by_the_endpoint_that_it_was_meant_for(
    number: int, destination: str, peer: str, expected: tuple[Interface, bool] | None, system: System
) -> None:
    """Of several subnets on an interface, the peer's; of another interface's address, as the weak host model has it."""

    async def scene() -> None:
        links = linksOf(system)
        await links.join(ALL)
        family = socket.AF_INET6 if ':' in destination else socket.AF_INET
        (sock,) = [one for one in system.open if one.family == family]
        sock.arrive(SEARCH, arrival(number, destination), (peer, 5000))
        await turns()
        assert system.heard == ({} if expected is None else {expected: [(SEARCH, (peer, 5000))]})
        links.close()

    play(scene)


@pytest.mark.parametrize(
    ('datagram', 'isHeard'),
    [
        (b'', False),
        (b'NOTIFY * HTTP/1.1\r\n', False),
        (b'HTTP/1.1 200 OK\r\n', False),
        (b'M' * MAX_BYTES, True),
        (b'M' * (MAX_BYTES + 1), False),
        (b'm-search', True),
        (b'\r\nM-SEARCH', True),
    ],
)
def test_what_is_no_search_or_too_long_is_heard_by_nobody(datagram: bytes, isHeard: bool, system: System) -> None:
    async def scene() -> None:
        links = linksOf(system)
        await links.join([ETH0])
        system.open[0].arrive(datagram, arrival(2, GROUP), ('192.0.2.9', 5000))
        system.open[0].arrive(SEARCH, [], ('192.0.2.9', 5000))  # with nothing told of where it came in
        await turns()
        assert [data for data, _ in system.endpoints[ETH0, True].heard] == ([datagram] if isHeard else [])
        links.close()

    play(scene)


def test_a_flood_leaves_the_loop_its_turns(system: System) -> None:
    async def scene() -> None:
        links, counts = linksOf(system), []
        await links.join([ETH0])
        for _ in range(150):
            system.open[0].arrive(SEARCH, arrival(2, GROUP), ('192.0.2.9', 5000))
        for _ in range(8):
            await asyncio.sleep(0)
            counts.append(len(system.endpoints[ETH0, True].heard))
        assert counts[-1] == 150
        assert max(after - before for before, after in zip([0, *counts], counts, strict=False)) == 64
        links.close()

    play(scene)


def test_one_that_closes_all_while_it_hears_hears_no_more(system: System) -> None:
    async def scene() -> None:
        links = linksOf(system)
        await links.join([ETH0])
        ears, sock = system.endpoints[ETH0, True], system.open[0]
        ears.datagram_received = lambda *_given: links.close()  # type: ignore[method-assign]
        for _ in range(3):
            sock.arrive(SEARCH, arrival(2, GROUP), ('192.0.2.9', 5000))
        await turns()
        assert ears.isLost
        assert len(sock.waiting) == 2

    play(scene)


# What is sent


async def connected(system: System, interface: Interface = ETH0) -> tuple[Links, Ears, FakeSocket]:
    """Return links with one interface, the endpoint of its group, and the socket."""
    links = linksOf(system)
    await links.join([interface])
    return links, system.endpoints[interface, True], system.open[0]


@pytest.mark.parametrize(
    ('interface', 'isGroup', 'number'),
    [(ETH0, True, 2), (ETH0, False, 0), (LINK0, True, 2), (LINK0, False, 2), (WIDE, True, 2), (WIDE, False, 0)],
)
def test_what_is_sent_leaves_from_its_address_and_only_answers_to_unicasts_are_routed(
    interface: Interface, isGroup: bool, number: int, system: System
) -> None:
    async def scene() -> None:
        links, _, sock = await connected(system, interface)
        system.endpoints[interface, isGroup].transport.sendto(b'answer', ('192.0.2.9', 5000))
        literal = sockets.packed(interface.address)
        if interface.isIPv6:
            expected = (41, 50, literal + struct.pack('=I', number))
        else:
            expected = (0, 8, struct.pack('=i', number) + literal * 2)
        assert sock.sent == [(b'answer', [expected], ('192.0.2.9', 5000))]
        links.close()

    play(scene)


@pytest.mark.parametrize('number', [errno.ENETUNREACH, errno.EPERM, errno.ENOBUFS, errno.EADDRNOTAVAIL, errno.ENODEV])
def test_only_what_nobody_can_have_heard_is_told_to_the_endpoint(
    number: int, system: System, caplog: pytest.LogCaptureFixture
) -> None:
    """A peer chooses where an answer goes; where to all goes, nobody does."""

    async def scene() -> None:
        links, ears, sock = await connected(system)
        system.refusals = [number] * 3
        ears.transport.sendto(b'x', ('192.0.2.9', 5000))
        assert ears.errors == []
        ears.transport.sendto(b'x', TO_ALL)
        ears.transport.sendto(b'x', (LINK_GROUP, 1900, 0, 2))
        assert [error.errno for error in ears.errors] == [number] * 2  # type: ignore[attr-defined]
        assert sock.sent == []
        links.close()

    with caplog.at_level(logging.INFO):
        play(scene)
    assert caplog.records == []


def test_where_the_socket_would_block_a_datagram_is_lost(system: System) -> None:
    async def scene() -> None:
        links, ears, sock = await connected(system)
        system.refusals = [errno.EWOULDBLOCK, errno.EINTR]
        for data in (b'lost', b'lost too', b'sent'):
            ears.transport.sendto(data, TO_ALL)
        await turns()
        assert [data for data, _, _ in sock.sent] == [b'sent']
        assert ears.errors == []
        links.close()

    play(scene)


def test_nothing_is_sent_after_the_end_nor_to_nowhere(system: System) -> None:
    async def scene() -> None:
        links, ears, sock = await connected(system)
        ears.transport.sendto(b'x')
        links.leave([ETH0])
        assert ears.isLost
        assert ears.transport.is_closing()
        ears.transport.sendto(b'x', TO_ALL)
        ears.transport.sendEqual(b'xx', 1, TO_ALL)
        ears.transport.close()
        assert sock.sent == []
        links.close()

    play(scene)


def test_equal_datagrams_leave_in_one_call(system: System) -> None:
    async def scene() -> None:
        links, ears, sock = await connected(system)
        ears.transport.sendEqual(b'aabbcc', 2, ('192.0.2.9', 5000))
        ((data, ancillary, _),) = sock.sent
        assert data == b'aabbcc'
        assert ancillary[1] == (socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack('=H', 2))
        links.close()

    play(scene)


@pytest.mark.parametrize(
    ('number', 'isTriedAgain'),
    [
        (errno.EIO, False),
        (errno.EINVAL, False),
        (errno.ENOPROTOOPT, False),
        (errno.EOPNOTSUPP, False),
        (errno.ENOBUFS, True),
        (errno.EAGAIN, True),
    ],
)
def test_equal_datagrams_leave_one_by_one_where_the_kernel_cannot(
    number: int, isTriedAgain: bool, system: System
) -> None:
    async def scene() -> None:
        links, ears, sock = await connected(system)
        system.refusals = [number]
        ears.transport.sendEqual(b'aabbcc', 2, ('192.0.2.9', 5000))
        assert [data for data, _, _ in sock.sent] == [b'aa', b'bb', b'cc']
        ears.transport.sendEqual(b'ddee', 2, ('192.0.2.9', 5000))
        assert [data for data, _, _ in sock.sent[3:]] == ([b'ddee'] if isTriedAgain else [b'dd', b'ee'])
        links.close()

    play(scene)


@pytest.mark.parametrize(('size', 'count'), [(100, 1), (10, 65), (1400, 50)])
def test_equal_datagrams_leave_one_by_one_beyond_the_bounds_of_a_call(size: int, count: int, system: System) -> None:
    async def scene() -> None:
        links, ears, sock = await connected(system)
        ears.transport.sendEqual(bytes(size * count), size, ('192.0.2.9', 5000))
        assert [len(data) for data, _, _ in sock.sent] == [size] * count
        links.close()

    play(scene)


# First contacts

REACHABLE, INCOMPLETE, FAILED = 0x02, 0x01, 0x20


def asked(system: System, peer: str, interface: Interface = ETH0) -> tuple[list[bytes], list[bytes]]:
    """Return what is sent by the shared socket and by the second one, of answers to a peer."""
    sent: list[list[bytes]] = []

    async def scene() -> None:
        links = linksOf(system)
        await links.join([interface])
        transport = system.endpoints[interface, False].transport
        for data in (b'one', b'two'):
            transport.sendto(data, (peer, 5000))
        transport.sendEqual(b'334455', 2, (peer, 5000))
        sent.extend([data for data, _, _ in sock.sent] for sock in system.open)
        links.close()

    play(scene)
    return sent[0], sent[1]


EVERYTHING = [b'one', b'two', b'334455']


@pytest.mark.parametrize(
    ('state', 'expected'),
    [(REACHABLE, (EVERYTHING, [])), (0, ([], EVERYTHING)), (FAILED, ([], EVERYTHING))],
)
@pytest.mark.parametrize(('interface', 'peer'), [(ETH0, '192.0.2.9'), (WIDE, '2001:db8::9'), (LINK0, 'fe80::9')])
def test_whom_the_kernel_does_not_know_is_answered_by_a_socket_of_its_own(
    interface: Interface, peer: str, state: int, expected: tuple[list[bytes], list[bytes]], system: System
) -> None:
    system.neighbours = {(2, peer): state} if state else {}
    assert asked(system, peer, interface) == expected
    assert set(system.asked) == {(2, peer)}


def test_who_is_looked_for_gets_no_more_than_the_answers_to_a_search_or_two(system: System) -> None:
    """What waits for somebody who is not there takes room for three seconds."""
    system.neighbours = {}

    async def scene() -> None:
        links = linksOf(system)
        await links.join([ETH0])
        assert system.neighbours is not None
        transport = system.endpoints[ETH0, True].transport
        for number in range(20):
            transport.sendto(bytes((number,)), ('192.0.2.9', 5000))
            system.neighbours[2, '192.0.2.9'] = INCOMPLETE
        transport.sendEqual(b'334455', 2, ('192.0.2.9', 5000))
        main, contact = system.open
        assert main.sent == []
        assert [data for data, _, _ in contact.sent] == [bytes((number,)) for number in range(16)]
        links.close()

    play(scene)


def test_where_no_room_is_left_for_first_contacts_who_is_known_is_still_answered(system: System) -> None:
    """And who is not has to wait a moment."""
    system.neighbours = {(2, '192.0.2.8'): REACHABLE}

    async def scene() -> None:
        links = linksOf(system)
        await links.join([ETH0])
        transport = system.endpoints[ETH0, True].transport
        system.refusals = [errno.EAGAIN]
        for data, peer in ((b'full', '192.0.2.9'), (b'crowded', '192.0.2.9'), (b'known', '192.0.2.8')):
            transport.sendto(data, (peer, 5000))
        assert [[data for data, _, _ in sock.sent] for sock in system.open] == [[b'known'], []]
        assert len(system.asked) == 2
        await asyncio.sleep(0.2)
        transport.sendto(b'again', ('192.0.2.9', 5000))
        assert [data for data, _, _ in system.open[1].sent] == [b'again']
        links.close()

    play(scene)


def test_who_is_known_is_asked_about_every_two_seconds(system: System) -> None:
    system.neighbours = {(2, '192.0.2.9'): REACHABLE}

    async def scene() -> None:
        links = linksOf(system)
        await links.join([ETH0])
        transport = system.endpoints[ETH0, True].transport
        for seconds, times in ((0.0, 1), (1.9, 1), (0.2, 2)):
            await asyncio.sleep(seconds)
            transport.sendto(b'x', ('192.0.2.9', 5000))
            assert len(system.asked) == times
        links.close()

    play(scene)


def test_ways_to_many_are_not_heaped_up(system: System) -> None:
    system.neighbours = {}

    async def scene() -> None:
        links = linksOf(system)
        await links.join([ETH0])
        transport = system.endpoints[ETH0, True].transport
        for number in range(3000):
            transport.sendto(b'x', (f'10.0.{number // 250}.{number % 250 + 1}', 5000))
        assert max(len(table) for table in vars(transport).values() if isinstance(table, dict)) == 3000 % 1024
        assert len(system.open[1].sent) == 3000
        links.close()

    play(scene)


@pytest.mark.parametrize(
    ('peer', 'place', 'interface'),
    [
        (GROUP, LINK, ETH0),
        (LINK_GROUP, LINK, LINK0),
        ('198.18.0.9', BEYOND, ETH0),
        ('192.0.2.21', HERE, ETH0),
        ('peer.example.org', LINK, ETH0),
        ('127.0.0.1', LINK, Interface('lo', 1, '127.0.0.1', 8)),
    ],
)
def test_nobody_is_asked_about_groups_other_networks_names_and_this_machine(
    peer: str, place: str, interface: Interface, system: System
) -> None:
    system.neighbours, system.places = {}, {peer: place}
    assert asked(system, peer, interface) == (EVERYTHING, [])
    assert system.asked == []


@pytest.mark.parametrize('isTaken', [False, True])
@pytest.mark.parametrize(('interface', 'loopback'), [(ETH0, '127.0.0.1'), (WIDE, '::1')])
def test_the_second_socket_has_the_port_of_the_first_and_hears_nobody(
    interface: Interface, loopback: str, isTaken: bool, system: System
) -> None:
    """Port 1900 stays shared, and the one that stands for it stays ours alone."""
    system.neighbours, system.isTaken = {}, isTaken

    async def scene() -> None:
        links = linksOf(system)
        await links.join([interface])
        main, contact = system.open
        assert contact.name == (loopback, main.name[1])
        assert contact.peer == (loopback, 9)
        assert main.told(socket.SOL_SOCKET, socket.SO_REUSEADDR)[-1] == int(not isTaken)
        links.close()

    play(scene)


def test_without_a_second_socket_all_is_sent_by_the_first(system: System) -> None:
    system.neighbours, system.hasLoopback = {}, False

    async def scene() -> None:
        links, ears, sock = await connected(system)
        ears.transport.sendto(b'x', ('192.0.2.9', 5000))
        assert [data for data, _, _ in sock.sent] == [b'x']
        links.close()

    play(scene)


@pytest.mark.parametrize(
    ('peer', 'interface', 'isRouted'),
    [
        ('203.0.113.7', ETH0, True),
        ('2001:db8::21', WIDE, True),
        ('2001:db8::21', LINK0, True),
        ('fe80::21', LINK0, False),
    ],
)
def test_who_is_on_this_machine_is_answered_by_its_own_routes(
    peer: str, interface: Interface, isRouted: bool, system: System
) -> None:
    """What keeps to a link would have the kernel ask there for an address of ours; a link-local one is of its link."""
    system.places[peer] = HERE

    async def scene() -> None:
        links = linksOf(system)
        await links.join([interface])
        system.endpoints[interface, True].transport.sendto(b'x', (peer, 5000))
        ((_, ((_, _, information),), _),) = system.open[0].sent
        number = information[16:] if ':' in peer else information[:4]
        assert number == struct.pack('=i', 0 if isRouted else 2)
        links.close()

    play(scene)


# Joining


def test_one_socket_a_protocol_serves_every_interface_and_each_group_is_joined_once(system: System) -> None:
    async def scene() -> None:
        links = linksOf(system)
        await links.join(ALL)
        await links.join(ALL)
        assert not links.isWanting
        assert [(sock.family, sock.name) for sock in system.open] == [
            (socket.AF_INET, ('0.0.0.0', 1900)),
            (socket.AF_INET6, ('::', 1900)),
        ]
        assert [len(sock.joined()) for sock in system.open] == [2, 3]
        links.leave([WLAN0, ETH0_SECOND, LINK1])
        assert [len(sock.joined()) for sock in system.open] == [1, 2]
        assert {interface for interface, _ in system.living} == {ETH0, LINK0, WIDE}
        links.close()
        links.close()
        assert system.living == set()

    play(scene)


def test_one_that_cannot_be_joined_stops_no_other_is_told_once_and_mended(
    system: System, caplog: pytest.LogCaptureFixture
) -> None:
    system.broken = {struct.pack('=i', 3): errno.ENODEV}

    async def scene() -> None:
        links = linksOf(system)
        await links.join([WLAN0, ETH0, LINK1, LINK0])
        assert {interface for interface, _ in system.living} == {ETH0, LINK0}
        assert links.isWanting
        await links.mend()
        await links.join([WLAN0])
        assert links.isWanting
        system.broken = {}
        await links.mend()
        assert not links.isWanting
        assert {interface for interface, _ in system.living} == {WLAN0, ETH0, LINK1, LINK0}
        links.close()

    play(scene)
    assert [record.levelname for record in caplog.records] == ['WARNING']
    assert 'wlan0 (203.0.113.7)' in caplog.text


def test_one_that_left_is_not_wanted_any_more(system: System) -> None:
    system.broken = {struct.pack('=i', 3): errno.ENODEV}

    async def scene() -> None:
        links = linksOf(system)
        await links.join([WLAN0, ETH0])
        links.leave([WLAN0])
        links.leave([WLAN0])
        assert not links.isWanting
        system.broken = {}
        await links.mend()
        assert {interface for interface, _ in system.living} == {ETH0}
        links.close()

    play(scene)


@pytest.mark.parametrize('number', [errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT])
def test_a_machine_without_a_protocol_says_nothing(
    number: int, system: System, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        make = socket.socket

        def fail(family: int = -1, *given: Any, **named: Any) -> Any:
            if family == socket.AF_INET6:
                raise OSError(number, os.strerror(number))
            return make(family, *given, **named)

        monkeypatch.setattr(socket, 'socket', fail)
        links = linksOf(system)
        await links.join([LINK0, ETH0])
        assert {interface for interface, _ in system.living} == {ETH0}
        links.close()

    with caplog.at_level(logging.INFO):
        play(scene)
    assert caplog.records == []


# Port 1900


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """What the search for the owner of a port waits for."""
    opened = asyncio.Event()

    async def wait(*_asked: object) -> list[str]:
        await opened.wait()
        return ['other (pid 7)']

    monkeypatch.setattr(asyncio, 'to_thread', wait)
    return opened


def test_a_port_that_is_taken_is_told_once_and_had_when_it_is_free(
    system: System, gate: asyncio.Event, caplog: pytest.LogCaptureFixture
) -> None:
    system.isTaken = True

    async def scene() -> None:
        gate.set()
        links = linksOf(system)
        await links.join([ETH0, WLAN0, LINK0])
        ports = [links.searchPort(ETH0), links.searchPort(LINK0)]
        assert ports == [sock.name[1] for sock in system.open]
        assert all(49152 <= port < 65536 for port in ports)
        assert links.isWanting
        await links.mend()
        assert [links.searchPort(ETH0), links.searchPort(LINK0)] == ports
        system.isTaken = False
        await links.mend()
        assert not links.isWanting
        assert [links.searchPort(one) for one in (ETH0, WLAN0, LINK0)] == [1900] * 3
        assert [sock.name[1] for sock in system.open] == [1900, 1900]
        assert len(system.living) == 6
        links.close()

    play(scene)
    assert [record.levelname for record in caplog.records] == ['WARNING']
    assert 'UDP port 1900 is held by other (pid 7)' in caplog.text


def test_a_port_that_was_never_used_leaves_nothing_to_want(system: System, gate: asyncio.Event) -> None:
    """The socket of one that could not be joined, and then left, counts no more."""
    system.isTaken, system.broken = True, {struct.pack('=i', 2): errno.ENODEV}

    async def scene() -> None:
        gate.set()
        links = linksOf(system)
        await links.join([ETH0])
        links.leave([ETH0])
        system.isTaken = False
        await links.mend()
        assert not links.isWanting
        assert system.open == []

    play(scene)


def test_one_that_leaves_while_it_is_joined_has_left_afterwards(system: System, gate: asyncio.Event) -> None:
    system.isTaken = True

    async def scene() -> None:
        links = linksOf(system)
        joining = asyncio.create_task(links.join([ETH0, WLAN0]))
        await turns()
        links.leave([ETH0])
        gate.set()
        await joining
        assert {interface for interface, _ in system.living} == {WLAN0}
        assert len(system.open[0].joined()) == 1
        links.close()

    play(scene)


def test_one_that_leaves_before_its_turn_is_not_joined_at_all(
    system: System, gate: asyncio.Event, caplog: pytest.LogCaptureFixture
) -> None:
    """It has gone: that it cannot be joined is nobody's trouble."""
    system.isTaken, system.broken = True, {struct.pack('=i', 3): errno.ENODEV}

    async def scene() -> None:
        links = linksOf(system)
        joining = asyncio.create_task(links.join([ETH0, WLAN0]))
        await turns()
        links.leave([WLAN0])
        gate.set()
        await joining
        assert not [one for one, _ in system.endpoints if one == WLAN0]
        links.close()

    play(scene)
    assert 'wlan0' not in caplog.text


def test_two_who_join_at_once_share_one_socket(system: System, gate: asyncio.Event) -> None:
    system.isTaken = True

    async def scene() -> None:
        links = linksOf(system)
        joining = [asyncio.create_task(links.join([one])) for one in (ETH0, WLAN0, ETH0)]
        joining.append(asyncio.create_task(links.mend()))
        await turns()
        gate.set()
        await asyncio.gather(*joining)
        assert len(system.open) == 1
        assert len(system.open[0].joined()) == 2
        assert len(system.living) == 4
        links.close()

    play(scene)


@pytest.mark.parametrize('isBlind', [False, True])
def test_what_is_closed_while_it_joins_leaves_no_socket_open(
    isBlind: bool, system: System, gate: asyncio.Event
) -> None:
    system.isTaken = True

    async def scene() -> None:
        links = linksOf(system)
        joining = asyncio.create_task(links.join([ETH0, LINK0]))
        await turns()
        links.close()
        gate.set()
        await joining
        await turns()
        assert system.open == []
        assert system.living == set()

    play(scene, isBlind=isBlind)


@pytest.mark.parametrize('isBlind', [False, True])
def test_what_is_cancelled_while_it_joins_leaves_no_socket_open(
    isBlind: bool, system: System, gate: asyncio.Event
) -> None:
    system.isTaken = True

    async def scene() -> None:
        links = linksOf(system)
        joining = asyncio.create_task(links.join([ETH0, LINK0]))
        await turns()
        joining.cancel()
        await asyncio.gather(joining, return_exceptions=True)
        assert system.open == []
        links.close()

    play(scene, isBlind=isBlind)


# A socket for each interface


def test_a_loop_that_watches_no_sockets_gets_one_for_each_primary_address(system: System) -> None:
    """It hears all that comes in there, and cannot tell how that was addressed."""

    async def scene() -> None:
        links = linksOf(system)
        await links.join(ALL)
        assert not links.isWanting
        assert [sock.name for sock in system.open] == [('0.0.0.0', 1900)] * 2 + [('::', 1900)] * 3
        assert [len(sock.joined()) for sock in system.open] == [1] * 5
        assert system.living == {(one, True) for one in ALL if one.isPrimary}
        system.open[1].arrive(SEARCH, [], ('203.0.113.9', 5000))
        await turns()
        assert system.heard == {(WLAN0, True): [(SEARCH, ('203.0.113.9', 5000))]}
        system.endpoints[LINK0, True].transport.sendto(b'alive', (LINK_GROUP, 1900, 0, 2))
        assert system.open[2].sent == [(b'alive', [], (LINK_GROUP, 1900, 0, 2))]
        links.leave([WLAN0, LINK0])
        await turns()
        assert len(system.open) == 3
        links.close()
        await turns()

    play(scene, isBlind=True)


def test_each_of_several_sockets_has_a_search_port_of_its_own(system: System, gate: asyncio.Event) -> None:
    system.isTaken = True

    async def scene() -> None:
        gate.set()
        links = linksOf(system)
        await links.join([ETH0, WLAN0])
        assert [links.searchPort(one) for one in (ETH0, WLAN0)] == [sock.name[1] for sock in system.open]
        system.isTaken = False
        await links.mend()
        await turns()
        assert [sock.name[1] for sock in system.open] == [1900, 1900]
        assert [links.searchPort(one) for one in (ETH0, WLAN0)] == [1900, 1900]
        links.close()
        await turns()

    play(scene, isBlind=True)


class Stub(asyncio.DatagramTransport):
    """What a loop of another system makes of a socket."""

    def __init__(self, sock: FakeSocket) -> None:
        super().__init__({'socket': sock})
        self._sock = sock

    def close(self) -> None:
        self._sock.close()


@pytest.mark.parametrize(
    ('platform', 'names'),
    [
        ('darwin', [('0.0.0.0', 1900), ('::', 1900)]),
        ('freebsd14', [('0.0.0.0', 1900), ('::', 1900)]),
        ('win32', [('192.0.2.20', 1900), ('::', 1900)]),
    ],
)
def test_other_systems_get_a_socket_for_each_interface_ready_for_their_loop(
    platform: str, names: list[object], system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, 'outliveRefusals', lambda _sock: None)  # of Windows alone; see test_sockets
    made: list[FakeSocket] = []

    async def endpoint(factory: Callable[[], Ears], *, sock: FakeSocket) -> tuple[Stub, Ears]:
        made.append(sock)
        ears, stub = factory(), Stub(sock)
        ears.connection_made(stub)
        return stub, ears

    async def scene() -> None:
        monkeypatch.setattr(sys, 'platform', platform)
        monkeypatch.setattr(asyncio.get_running_loop(), 'create_datagram_endpoint', endpoint)
        links = linksOf(system)
        await links.join([ETH0, ETH0_SECOND, LINK0])
        monkeypatch.setattr(sys, 'platform', 'linux')  # as the loop's own end asks too
        assert [sock.name for sock in made] == names
        four, six = made
        assert four.joined() == [sockets.packed(GROUP) + sockets.packed(ETH0.address)]
        assert four.told(socket.IPPROTO_IP, socket.IP_MULTICAST_IF) == [sockets.packed(ETH0.address)]
        assert six.joined() == [sockets.packed(LINK_GROUP) + struct.pack('=I', 2)]
        assert six.told(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF) == [2]
        links.close()

    play(scene)


def test_a_socket_whose_loop_is_no_more_is_closed_all_the_same(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """asyncio's transport wants its loop once more for that."""

    class Late(Stub):
        def close(self) -> None:
            raise RuntimeError('Event loop is closed')

    async def endpoint(factory: Callable[[], Ears], *, sock: FakeSocket) -> tuple[Stub, Ears]:
        return Late(sock), factory()

    async def scene() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), 'create_datagram_endpoint', endpoint)
        links = linksOf(system)
        await links.join([ETH0])
        links.close()
        assert system.open == []

    play(scene, isBlind=True)


def test_a_loop_that_makes_no_endpoint_leaves_no_socket_open(
    system: System, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(*_given: object, **_named: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    async def scene() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), 'create_datagram_endpoint', refuse)
        links = linksOf(system)
        await links.join([ETH0])
        assert system.open == []
        assert links.isWanting

    play(scene, isBlind=True)
    assert os.strerror(errno.EMFILE) in caplog.text


def test_a_shared_transport_is_what_bundles_look_for(system: System) -> None:
    async def scene() -> None:
        links, ears, sock = await connected(system)
        assert isinstance(ears.transport, LinkTransport)
        assert ears.transport.get_extra_info('interface') == ETH0
        assert ears.transport.get_extra_info('socket') is sock
        links.close()

    play(scene)
