"""Multicast sockets of both protocols, made as each system wants them: all that differs between systems is here.

Each function asks :data:`sys.platform` when it is called. Linux is where this is tried; what the others want is written
down from their documentation and source code.
"""

import errno
import logging
import random
import socket
import struct
import sys
from array import array

from ..addressing.addresses import SocketAddress
from ..addressing.interfaces import Interface

__all__ = [
    *('GROUP', 'LINK_GROUP', 'PORT', 'SITE_GROUP', 'attachFilter', 'bindSearchPort', 'groupAddress'),
    *('groupOf', 'infoOf', 'join', 'keyOf', 'leave', 'openContact', 'openSocket', 'packed', 'sendBy', 'tellArrivals'),
    'wildcard',
]

log = logging.getLogger(__name__)

PORT = 1900
GROUP = '239.255.255.250'
LINK_GROUP = 'ff02::c'  # UDA 1.1 §A.2: of link-local addresses,
SITE_GROUP = 'ff05::c'  # and of wider ones
MULTICAST_TTL = 2  # UDA 1.1 §1.1
SEARCH_PORTS = range(49152, 65536)  # UDA 1.1 §1.2.2: SEARCHPORT
SEARCH_PORT_TRIES = 64
RECEIVE_BUFFER_BYTES = 1 << 20  # asked for; Linux grants what its limit allows, BSD that or nothing
CONTACT_BUFFER_BYTES = 1 << 18  # some 400 answers that wait for hardware addresses, and so many neighbours at most
NOBODY_PORT = 9  # discard (RFC 863)
REUSE_PORT_SYSTEMS = ('darwin', 'ios', 'dragonfly', 'freebsd', 'netbsd', 'openbsd')  # what their names begin with

# linux/in.h, linux/in6.h, asm-generic/socket.h: numbers that Python's socket module does not name in every version
IP_PKTINFO = 8
IP_MULTICAST_ALL = 49
IPV6_MULTICAST_ALL = 29
SO_ATTACH_FILTER = 26
MREQ = struct.Struct('=4s4s')  # struct ip_mreq: group, address of the interface
MREQN = struct.Struct('=4s4si')  # struct ip_mreqn: group, address, number of the interface
PKTINFO = struct.Struct('=i4s4s')  # struct in_pktinfo: number of the interface, local address, destination
SIO_UDP_CONNRESET = 0x9800000C  # mswsock.h
NUMBER = struct.Struct('=I')  # what follows an address in struct ipv6_mreq and struct in6_pktinfo
PKTINFO_SPACE = socket.CMSG_SPACE(20) if hasattr(socket, 'CMSG_SPACE') else 0  # the longer of both

# Classic BPF (code, jump if true, jump if false, operand), run on the UDP datagram, whose payload begins at byte 8:
# others' advertisements and answers are dropped before they wake the process.
SOCKET_FILTER: tuple[tuple[int, int, int, int], ...] = (
    (0x20, 0, 0, 8),  # load the payload's first four bytes
    (0x15, 2, 0, int.from_bytes(b'NOTI', 'big')),
    (0x15, 1, 0, int.from_bytes(b'HTTP', 'big')),
    (0x06, 0, 0, 0xFFFFFFFF),  # keep it whole
    (0x06, 0, 0, 0),  # drop it
)


def groupOf(interface: Interface) -> str:
    """Return the group that is heard and spoken to by an address (UDA 1.1 §1.1, §A.2)."""
    if not interface.isIPv6:
        return GROUP
    return LINK_GROUP if interface.isLinkLocal else SITE_GROUP


def groupAddress(interface: Interface, group: str = '', port: int = PORT) -> SocketAddress:
    """Return where a group is sent to by an interface. A pair would do for IPv6 too, but not on Windows' default loop.

    :param group: another group than that of the interface.
    """
    group = group or groupOf(interface)
    return (group, port, 0, interface.number) if interface.isIPv6 else (group, port)


def wildcard(*, isIPv6: bool) -> str:
    """Return the address that stands for all of one protocol."""
    return '::' if isIPv6 else '0.0.0.0'


def packed(address: str) -> bytes:
    """Return an address as the kernel has it."""
    return socket.inet_pton(socket.AF_INET6 if ':' in address else socket.AF_INET, address)


def openSocket(*, isIPv6: bool) -> socket.socket:
    """Return a socket to be bound to port 1900 beside those of other programs.

    :raises OSError: the system has no such protocol, or no descriptor left.
    """
    sock = socket.socket(socket.AF_INET6 if isIPv6 else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sharePort(sock, isShared=True)
        askForRoom(sock)
        if isIPv6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, MULTICAST_TTL)
        else:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, timeToLive())
        if sys.platform == 'linux':
            hearOwnGroupsOnly(sock, isIPv6=isIPv6)
        outliveRefusals(sock)
    except BaseException:
        sock.close()
        raise
    return sock


def sharePort(sock: socket.socket, *, isShared: bool) -> None:
    """Say whether the port that a socket is bound to may be bound by others who say the same.

    SO_REUSEPORT is what macOS and BSD want for that. On Linux it would split the unicasts among programs.
    """
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(isShared))
    if sys.platform != 'win32' and sys.platform.startswith(REUSE_PORT_SYSTEMS):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, int(isShared))


def askForRoom(sock: socket.socket) -> None:
    """Ask for a buffer that holds what comes in at once when a whole network searches."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    except OSError as error:  # BSD: more than kern.ipc.maxsockbuf, or kern.sbmax, allows
        log.debug('no larger receive buffer: %s', error)


def timeToLive() -> int | bytes:
    """Return the TTL of multicasts as the system takes it: OpenBSD a byte only, Windows a word, others either."""
    return MULTICAST_TTL if sys.platform == 'win32' else bytes((MULTICAST_TTL,))


def outliveRefusals(sock: socket.socket) -> None:
    """Have Windows not report that an answer found nobody: its default loop would read no more (CPython #127057)."""
    if sys.platform != 'win32':
        return
    import ctypes  # here, as other systems need it not

    off, count = ctypes.c_ulong(0), ctypes.c_ulong()
    number, size = ctypes.c_size_t(sock.fileno()), ctypes.sizeof(off)
    if ctypes.WinDLL('ws2_32').WSAIoctl(
        number, ctypes.c_ulong(SIO_UDP_CONNRESET), ctypes.byref(off), size, None, 0, ctypes.byref(count), None, None
    ):
        log.debug('refused answers are reported')


def hearOwnGroupsOnly(sock: socket.socket, *, isIPv6: bool) -> None:
    """Hear nothing of interfaces that others have joined a group on; Linux would have every socket hear it."""
    level, option = (socket.IPPROTO_IPV6, IPV6_MULTICAST_ALL) if isIPv6 else (socket.IPPROTO_IP, IP_MULTICAST_ALL)
    try:
        sock.setsockopt(level, option, 0)
    except OSError as error:  # for IPv6 from Linux 4.20; what comes in elsewhere finds no endpoint
        log.debug('hears more than its own groups: %s', error)


def bindSearchPort(sock: socket.socket, address: str) -> None:
    """Bind to a free port, for us alone, that unicast searches may come to where port 1900 is not to be had.

    :raises OSError: there is none.
    """
    sharePort(sock, isShared=False)
    for last in range(SEARCH_PORT_TRIES - 1, -1, -1):
        try:
            sock.bind((address, random.choice(SEARCH_PORTS)))
            return
        except OSError as error:  # EACCES: Windows keeps ranges of ports for itself
            if error.errno not in (errno.EADDRINUSE, errno.EACCES) or not last:
                raise


def openContact(listening: socket.socket) -> socket.socket:
    """Return a socket that sends from the port of another one, by a buffer of its own, and hears nothing (Linux).

    It is bound to loopback, and connected to where nothing comes from: whatever arrives is given to the other one. What
    it sends bears the source that goes with it (:func:`infoOf`).

    :raises OSError: there is no such socket to be had.
    """
    loopback, port = '::1' if listening.family == socket.AF_INET6 else '127.0.0.1', listening.getsockname()[1]
    sock = socket.socket(listening.family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, CONTACT_BUFFER_BYTES)
        sharePort(sock, isShared=True)
        sharePort(listening, isShared=True)
        try:
            sock.bind((loopback, port))
        finally:
            sharePort(listening, isShared=port == PORT)
        sock.connect((loopback, NOBODY_PORT))
    except BaseException:
        sock.close()
        raise
    return sock


def tellArrivals(sock: socket.socket, *, isIPv6: bool) -> None:
    """Have the kernel tell of each datagram where it came in, and how it was addressed (Linux)."""
    if not isIPv6:
        sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    elif sys.platform != 'win32':
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)


def keyOf(information: bytes) -> bytes:
    """Return where a datagram came in and how it was addressed, from what the kernel tells; see :func:`infoOf`."""
    return information if len(information) != PKTINFO.size else information[:4] + information[8:]


def infoOf(interface: Interface, address: str, *, isRouted: bool = False) -> tuple[int, int, bytes]:
    """Return the ancillary data of what is sent from ``address`` by an interface (Linux).

    Its ``keyOf``, without ``isRouted``, is that of what was sent to ``address`` and came in there.

    :param isRouted: it leaves by whatever interface the routes say.
    """
    number, literal = 0 if isRouted else interface.number, packed(address)
    if ':' in address:
        return socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, literal + NUMBER.pack(number)
    return socket.IPPROTO_IP, IP_PKTINFO, PKTINFO.pack(number, literal, literal)


def sendBy(sock: socket.socket, interface: Interface) -> None:
    """Have all multicasts of a socket leave by an interface."""
    if interface.isIPv6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, interface.number)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, packed(interface.address))


def join(sock: socket.socket, interface: Interface) -> None:
    """Join the group of an address on its interface; a second time is harmless.

    :raises OSError: it cannot be joined.
    """
    try:
        option = socket.IPV6_JOIN_GROUP if interface.isIPv6 else socket.IP_ADD_MEMBERSHIP
        sock.setsockopt(*membership(interface, option))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:  # joined already
            raise


def leave(sock: socket.socket, interface: Interface) -> None:
    """Leave the group; the kernel keeps a membership even where the interface is no more, and counts it."""
    try:
        option = socket.IPV6_LEAVE_GROUP if interface.isIPv6 else socket.IP_DROP_MEMBERSHIP
        sock.setsockopt(*membership(interface, option))
    except OSError as error:
        log.debug('%s had left the group: %s', interface, error)


def membership(interface: Interface, option: int) -> tuple[int, int, bytes]:
    """Return the arguments that join or leave a group, in the form that the system knows."""
    group = packed(groupOf(interface))
    if interface.isIPv6:
        return socket.IPPROTO_IPV6, option, group + NUMBER.pack(interface.number)
    if sys.platform == 'linux' and interface.number:
        return socket.IPPROTO_IP, option, MREQN.pack(group, bytes(4), interface.number)
    return socket.IPPROTO_IP, option, MREQ.pack(group, packed(interface.address))


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
