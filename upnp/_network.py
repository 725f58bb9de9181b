"""The machine's interfaces and the multicast sockets on them; knows nothing of what travels.

On Linux one socket serves every interface: IP_PKTINFO tells where a datagram came in and how it was addressed, and
chooses where one goes out. Several sockets bound to port 1900 would each receive every multicast, and only one the
unicasts. Where there is no IP_PKTINFO or no ``add_reader``, each interface has a socket of its own, driven by
asyncio's transport.
"""

import asyncio
import errno
import logging
import socket
import struct
import sys
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple, Protocol

import netifaces

from .Errors import NetworkError

__all__ = [
    'Choice',
    'EndpointFactory',
    'Interface',
    'LinkSet',
    'LinkTransport',
    'Links',
    'chooseInterfaces',
    'listInterfaces',
]

log = logging.getLogger(__name__)

GROUP = '239.255.255.250'
PORT = 1900
MULTICAST_TTL = 2  # UDA 1.1 §1.1
ANY_ADDRESS = '0.0.0.0'
RECEIVE_BUFFER_BYTES = 1 << 20  # asked for; the kernel grants what its limit allows
READS_PER_WAKE_UP = 64  # so that a flood does not keep the loop from everything else

# Adapters of containers, machines and tunnels: a device announced there is of no use to people on the LAN.
VIRTUAL_ADAPTERS = (
    *('docker*', 'br-????????????', 'veth*', 'virbr*', 'vmnet*', 'vboxnet*', 'lxcbr*', 'lxdbr*', 'podman*', 'cni*'),
    *('cali*', 'flannel*', 'tun*', 'tap*', 'utun*', 'wg*', 'tailscale*', 'awdl*', 'llw*', 'bridge1??'),
)

# linux/in.h, asm-generic/socket.h: numbers that Python's socket module does not name in every version
IP_PKTINFO = 8
IP_MULTICAST_ALL = 49
SO_ATTACH_FILTER = 26
UDP_SEGMENT = 103  # linux/udp.h, from Linux 4.18
MAX_SEGMENTS = 64  # the kernel's bound; and that of one datagram, less headers
MAX_SEGMENTS_BYTES = 65000
CANNOT_SEGMENT = (errno.EIO, errno.EINVAL, errno.ENOPROTOOPT, errno.EOPNOTSUPP)
PKTINFO = struct.Struct('=i4s4s')  # struct in_pktinfo: interface index, local address, destination address
UINT16 = struct.Struct('=H').pack
PKTINFO_SPACE = socket.CMSG_SPACE(PKTINFO.size) if hasattr(socket, 'CMSG_SPACE') else 0
SEARCH_STARTS = frozenset(b'mM\r\n \t')  # what a search can begin with, UDA 1.1 §1.3.2, liberally

# Classic BPF (code, jump if true, jump if false, operand), run on the UDP datagram, whose payload begins at byte 8:
# others' advertisements and answers are dropped before they wake the process.
SOCKET_FILTER: tuple[tuple[int, int, int, int], ...] = (
    (0x20, 0, 0, 8),  # load the payload's first four bytes
    (0x15, 2, 0, int.from_bytes(b'NOTI', 'big')),
    (0x15, 1, 0, int.from_bytes(b'HTTP', 'big')),
    (0x06, 0, 0, 0xFFFFFFFF),  # keep it whole
    (0x06, 0, 0, 0),  # drop it
)


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface with one of its IPv4 addresses; ``index`` is the kernel's, 0 where it has none to tell."""

    name: str
    index: int
    address: str
    netmask: str

    @property
    def isLoopback(self) -> bool:
        """Tell whether only this machine is behind it."""
        return self.address.startswith('127.')


class Choice(NamedTuple):
    """The interfaces to use, and those passed over with the reason."""

    chosen: tuple[Interface, ...]
    skipped: tuple[tuple[Interface, str], ...]

    @property
    def addresses(self) -> frozenset[str]:
        """All addresses of this machine, of interfaces that are not used too."""
        return frozenset(one.address for one in (*self.chosen, *(one for one, _ in self.skipped)))

    def linkOf(self, address: str) -> str | None:
        """Return the subnet of an interface that is used as ``address/netmask``; None for another address."""
        return next((f'{address}/{one.netmask}' for one in self.chosen if one.address == address), None)

    def __str__(self) -> str:
        used = ', '.join(f'{interface.name} ({interface.address})' for interface in self.chosen) or 'none'
        passed = ''.join(
            f'; not {interface.name} ({interface.address}): {reason}' for interface, reason in self.skipped
        )
        return f'{used}{passed}'


def listInterfaces() -> list[Interface]:
    """Return every IPv4 address of this machine with its interface."""
    found = []
    for name in netifaces.interfaces():
        for entry in netifaces.ifaddresses(name).get(netifaces.AF_INET, ()):
            if address := entry.get('addr'):
                found.append(Interface(name, indexOf(name), str(address), str(entry.get('netmask', '255.255.255.255'))))
    return found


def indexOf(name: str) -> int:
    """Return the kernel's number of an interface; 0 when it is gone, or has a name the kernel does not know."""
    try:
        return socket.if_nametoindex(name)
    except OSError:
        return 0


def chooseInterfaces(
    found: Sequence[Interface], netBind: str, wanted: Sequence[str] | None, ignored: Sequence[str]
) -> Choice:
    """Decide which interfaces to use, one address each.

    :param netBind: ``0.0.0.0`` for all, or an address or an interface's name.
    :param wanted: names, patterns or addresses; they are used even when they are virtual or loopback. None: no wish.
    :param ignored: names, patterns or addresses, beyond the virtual adapters.
    :raises NetworkError: ``netBind`` is neither an address nor an interface of this machine.
    """
    named = list(wanted) if wanted is not None else [] if netBind == ANY_ADDRESS else [netBind]
    if netBind != ANY_ADDRESS and not any(netBind in (interface.name, interface.address) for interface in found):
        ours = ', '.join(f'{interface.name} ({interface.address})' for interface in found) or 'none'
        raise NetworkError(
            errno.EADDRNOTAVAIL, f'netBind {netBind!r} is not an address or interface here; there are {ours}'
        )
    chosen: dict[str, Interface] = {}
    skipped: list[tuple[Interface, str]] = []
    for interface in found:
        reason = reasonToSkip(interface, named, wanted is not None, ignored)
        if netBind not in (ANY_ADDRESS, interface.name, interface.address):
            reason = f'netBind is {netBind!r}'
        if reason is None and interface.name in chosen:
            reason = f'{chosen[interface.name].address} is used there'
        if reason is None:
            chosen[interface.name] = interface
        else:
            skipped.append((interface, reason))
    if not chosen and wanted is None and netBind == ANY_ADDRESS:
        chosen = {one.name: one for one, _ in reversed(skipped) if one.isLoopback and not matches(one, ignored)}
        skipped = [(one, reason) for one, reason in skipped if one not in chosen.values()]
    return Choice(tuple(chosen.values()), tuple(skipped))


def reasonToSkip(interface: Interface, named: Sequence[str], strictly: bool, ignored: Sequence[str]) -> str | None:
    """Return why an interface is not used; None when it is."""
    if matches(interface, ignored):
        return 'ignoredInterfaces has it'
    if matches(interface, named):
        return None
    if strictly:
        return 'interfaces has it not'
    if interface.isLoopback:
        return 'loopback'
    if matches(interface, VIRTUAL_ADAPTERS):
        return 'a virtual adapter: name it in interfaces to use it'
    return None


def matches(interface: Interface, patterns: Iterable[str]) -> bool:
    """Tell whether one of the names, patterns or addresses means this interface."""
    return any(fnmatchcase(interface.name, pattern) or interface.address == pattern for pattern in patterns)


EndpointFactory = Callable[[Interface, bool], asyncio.DatagramProtocol]
"""Makes the protocol for an interface; the flag tells whether it is to hear the multicasts."""


class LinkSet(Protocol):
    """The endpoints on the chosen interfaces: :class:`Links`, or a cable in memory."""

    async def open(self, interfaces: Sequence[Interface]) -> None:
        """Make an endpoint, or two, on each interface, and connect them."""

    def close(self) -> None:
        """Cut all endpoints off."""


class LinkTransport(asyncio.DatagramTransport):
    """One interface's side of the shared socket: what is sent here leaves there, from its address.

    Nothing is queued: where the socket would block, the datagram is lost, as on any network. A queue would make the
    device silent for minutes while addresses that do not exist are being resolved.
    """

    def __init__(self, sock: socket.socket, interface: Interface, index: int) -> None:
        super().__init__({'interface': interface, 'socket': sock})
        self._socket = sock
        self._interface = interface
        info = PKTINFO.pack(index, socket.inet_aton(interface.address), bytes(4))
        self._ancillary = [(socket.IPPROTO_IP, IP_PKTINFO, info)]
        self._failures: set[int | None] = set()
        self._segments = True
        self._closed = False

    def sendto(self, data: bytes | bytearray | memoryview, addr: object = None) -> None:
        """Send one datagram to ``(address, port)``, or lose it; each kind of failure is logged once."""
        if self._closed or not isinstance(addr, tuple):
            return
        try:
            self._socket.sendmsg((data,), self._ancillary, 0, addr)
        except (BlockingIOError, InterruptedError):
            log.debug('> %s lost: the socket would block', addr)
        except OSError as error:
            if error.errno not in self._failures:
                self._failures.add(error.errno)
                log.info('cannot send from %s (%s): %s', self._interface.name, self._interface.address, error)

    def sendEqual(self, joined: bytes, size: int, addr: tuple[str, int]) -> None:
        """Send datagrams of equal size, given joined, to one peer; in one call where the kernel can (UDP_SEGMENT)."""
        if size < len(joined) <= min(MAX_SEGMENTS * size, MAX_SEGMENTS_BYTES) and self._segments and not self._closed:
            try:
                self._socket.sendmsg(
                    (joined,), (*self._ancillary, (socket.IPPROTO_UDP, UDP_SEGMENT, UINT16(size))), 0, addr
                )
                return
            except OSError as error:  # the kernel or the adapter cannot, or there is another trouble to be found below
                self._segments = error.errno not in CANNOT_SEGMENT
        for first in range(0, len(joined), size):
            self.sendto(joined[first : first + size], addr)

    def close(self) -> None:
        """Send no more; the socket belongs to the others too."""
        self._closed = True

    abort = close

    def is_closing(self) -> bool:
        """Tell whether it was closed."""
        return self._closed


class Links:
    """The endpoints on all chosen interfaces, and the sockets under them.

    :param factory: makes the endpoints: on the shared socket two an interface, for multicasts and for unicasts.
    :param maxDatagramBytes: longer ones are dropped.
    """

    def __init__(self, factory: EndpointFactory, maxDatagramBytes: int) -> None:
        self._factory = factory
        self._buffer = bytearray(maxDatagramBytes + 1)
        self._sockets: list[socket.socket] = []
        self._transports: list[asyncio.BaseTransport] = []
        self._groupEndpoints: dict[int, asyncio.DatagramProtocol] = {}
        self._unicastEndpoints: dict[bytes, asyncio.DatagramProtocol] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self, interfaces: Sequence[Interface]) -> None:
        """Open the sockets, join the group on each interface, and begin to read.

        :raises NetworkError: port 1900 is held by a program that does not share it.
        """
        loop = asyncio.get_running_loop()
        try:
            if not self._openShared(loop, interfaces):
                for interface in interfaces:
                    await self._openAlone(loop, interface)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close everything; a second time is harmless."""
        if self._loop is not None:
            self._loop.remove_reader(self._sockets[0])
            self._loop = None
        for transport in self._transports:
            transport.close()
        for sock in self._sockets:
            sock.close()
        self._sockets, self._transports = [], []
        self._groupEndpoints, self._unicastEndpoints = {}, {}

    def _openShared(self, loop: asyncio.AbstractEventLoop, interfaces: Sequence[Interface]) -> bool:
        if sys.platform != 'linux':
            return False
        sock = self._newSocket()
        sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        sock.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
        attachFilter(sock)
        bind(sock, '')
        try:
            loop.add_reader(sock, self._readable, sock)
        except NotImplementedError:
            self._sockets.remove(sock)
            sock.close()
            return False
        self._loop = loop
        for interface in interfaces:
            if join(sock, interface):
                self._groupEndpoints[interface.index] = self._endpoint(sock, interface, multicast=True)
                address = socket.inet_aton(interface.address)
                self._unicastEndpoints[address] = self._endpoint(sock, interface, multicast=False)
        return True

    def _endpoint(self, sock: socket.socket, interface: Interface, *, multicast: bool) -> asyncio.DatagramProtocol:
        """Make one endpoint; answers to unicasts are routed as ever, multicasts and their answers keep to the link."""
        endpoint = self._factory(interface, multicast)
        transport = LinkTransport(sock, interface, interface.index if multicast else 0)
        self._transports.append(transport)
        endpoint.connection_made(transport)
        return endpoint

    async def _openAlone(self, loop: asyncio.AbstractEventLoop, interface: Interface) -> None:
        """Open a socket for one interface, without knowledge of how a datagram was addressed."""
        sock = self._newSocket()
        bind(sock, interface.address if sys.platform == 'win32' else '')
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface.address))
        if join(sock, interface):
            transport, _ = await loop.create_datagram_endpoint(lambda: self._factory(interface, True), sock=sock)
            self._transports.append(transport)

    def _newSocket(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sockets.append(sock)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sys.platform == 'darwin' or 'bsd' in sys.platform:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, MULTICAST_TTL)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
        return sock

    def _readable(self, sock: socket.socket) -> None:
        """Read what waits, and hand each datagram that may be a search to the endpoint it was meant for."""
        buffer = self._buffer
        for _ in range(READS_PER_WAKE_UP):
            try:
                size, ancillary, _, peer = sock.recvmsg_into((buffer,), PKTINFO_SPACE)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                log.debug('cannot read: %s', error)
                return
            if size and buffer[0] in SEARCH_STARTS and size < len(buffer) and ancillary:
                self._dispatch(bytes(memoryview(buffer)[:size]), ancillary[0][2], peer)

    def _dispatch(self, datagram: bytes, info: bytes, peer: tuple[str, int]) -> None:
        index, _, destination = PKTINFO.unpack(info)
        endpoint = self._unicastEndpoints.get(destination)
        if endpoint is None and destination == GROUP_BYTES:
            endpoint = self._groupEndpoints.get(index)
        if endpoint is not None:
            endpoint.datagram_received(datagram, peer)


GROUP_BYTES = socket.inet_aton(GROUP)


def bind(sock: socket.socket, address: str) -> None:
    """Bind to port 1900.

    :raises NetworkError: it is taken, or needs a right that we have not.
    """
    try:
        sock.bind((address, PORT))
    except OSError as error:
        remedy = 'stop the program that holds it, or have it share it (SO_REUSEADDR)'
        raise NetworkError(error.errno, f'UDP port {PORT} is not to be had ({error.strerror}): {remedy}') from error


def join(sock: socket.socket, interface: Interface) -> bool:
    """Join the group on an interface, and tell whether that worked; a broken one does not stop the others."""
    try:
        if interface.index and sys.platform == 'linux':
            request = struct.pack('=4s4si', GROUP_BYTES, bytes(4), interface.index)  # struct ip_mreqn
        else:
            request = GROUP_BYTES + socket.inet_aton(interface.address)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:  # joined already
            log.warning('cannot hear multicasts on %s (%s): %s', interface.name, interface.address, error)
            return False
    return True


def attachFilter(sock: socket.socket) -> None:
    """Have the kernel drop what is no search; without the right or the support, nothing changes but the cost."""
    if not SOCKET_FILTER:
        return
    program = array('B', b''.join(struct.pack('=HBBI', *step) for step in SOCKET_FILTER))
    try:  # struct sock_fprog: the length and the address of the program
        sock.setsockopt(
            socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack('@HP', len(SOCKET_FILTER), program.buffer_info()[0])
        )
    except OSError as error:
        log.debug('no socket filter: %s', error)
