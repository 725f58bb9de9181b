"""What datagrams leave by where one socket serves every interface: the sockets of a protocol, and each address's side.

It knows who can be sent to at once and who is still to be looked for, and refuses to know what is sent and what comes.
"""

import asyncio
import errno
import logging
import socket
import struct
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from ..addressing.access import HERE, LINK
from ..addressing.addresses import SocketAddress, isLinkLocal
from ..addressing.interfaces import Interface
from . import sockets

if TYPE_CHECKING:
    from ..addressing.neighbours import Neighbours

__all__ = ['LinkTransport', 'Outlets', 'PlaceOf']

log = logging.getLogger(__name__)

MULTICASTS = ('239.', 'ff')  # what the addresses of groups begin with

WAY_SECONDS = 2.0  # that a way is kept which nobody was asked about
CROWDED_SECONDS = 0.1  # that nothing more is sent to somebody to be looked for, where too many are
MAX_WAYS = 1024

UDP_SEGMENT = 103  # linux/udp.h, from Linux 4.18
MAX_SEGMENTS = 64  # the kernel's bound; and that of one datagram, less headers
MAX_SEGMENTS_BYTES = 65000
CANNOT_SEGMENT = (errno.EIO, errno.EINVAL, errno.ENOPROTOOPT, errno.EOPNOTSUPP)
UINT16 = struct.Struct('=H').pack

PlaceOf = Callable[[str, Interface], str]
"""Tells where an address is, seen from an interface: see :meth:`upnp.addressing.access.Access.placeOf`."""

Way: TypeAlias = tuple[socket.socket | None, list[tuple[int, int, bytes]], float]
"""What something is sent by, None for nothing, with which ancillary data, and until when or for how many seconds."""


class Outlets:
    """The sockets that a protocol sends by: one for all, and one for whom the kernel has to look for first.

    What is sent to an address that nobody has waits for seconds, in the buffer of its socket: forged searches would
    leave no room there for the answers to anybody else.

    :param sock: the shared one; it is closed by who has opened it.
    :param placeOf: tells who is on the link.
    """

    def __init__(self, sock: socket.socket, placeOf: PlaceOf) -> None:
        self.sock = sock
        self.placeOf = placeOf
        self.now = asyncio.get_running_loop().time
        self._contact: socket.socket | None = None
        self._neighbours: Neighbours | None = None
        from ..addressing import neighbours  # here, as an import of the package alone needs it not

        self._by = {neighbours.KNOWN: sock}
        try:
            self._neighbours = neighbours.Neighbours(self.now)
            self._contact = self._by[neighbours.NEW] = sockets.openContact(sock)
        except OSError as error:
            log.debug('nobody is asked whom the kernel knows: %s', error)
            self.close()

    def close(self) -> None:
        """Close the second one, and ask no more; a second time is harmless."""
        if self._contact is not None:
            self._contact.close()
        if self._neighbours is not None:
            self._neighbours.close()
        self._contact = self._neighbours = None

    def socketTo(self, address: str, interface: Interface) -> tuple[socket.socket | None, float]:
        """Return what to send by to somebody on the link, None where enough waits there, and for how many seconds."""
        if self._neighbours is None or interface.isLoopback:
            return self.sock, WAY_SECONDS
        verdict, seconds = self._neighbours.judge(interface.number, address.partition('%')[0])
        return self._by.get(verdict), seconds


class LinkTransport(asyncio.DatagramTransport):
    """One address's side of the shared socket: what is sent here leaves there, from its address.

    Nothing is queued: where the socket would block, the datagram is lost, as on any network. A queue would make the
    device silent for minutes while addresses that do not exist are being resolved.

    :param isRouted: what is sent leaves by whatever interface the routes say.
    """

    def __init__(
        self, outlets: Outlets, interface: Interface, endpoint: asyncio.DatagramProtocol, *, isRouted: bool
    ) -> None:
        super().__init__({'interface': interface, 'socket': outlets.sock})
        self._outlets = outlets
        self._interface = interface
        self._endpoint = endpoint
        self._ancillary = [sockets.infoOf(interface, interface.address, isRouted=isRouted)]
        self._ways: dict[str, Way] = {}
        self._segments = True
        self._closed = False

    def sendto(self, data: bytes | bytearray | memoryview, addr: object = None) -> None:
        """Send one datagram to ``(address, port)``, or lose it; the endpoint is told if nobody can have heard it."""
        if not self._closed and isinstance(addr, tuple):
            self._send(self._wayTo(addr[0]), data, addr)

    def sendEqual(self, joined: bytes, size: int, addr: SocketAddress) -> None:
        """Send datagrams of equal size, given joined, to one peer; in one call where the kernel can (UDP_SEGMENT)."""
        if self._closed or sys.platform == 'win32':  # where no socket is shared
            return
        way = sock, ancillary, _ = self._wayTo(addr[0])
        isOneCall = size < len(joined) <= min(MAX_SEGMENTS * size, MAX_SEGMENTS_BYTES)
        if sock is not None and isOneCall and self._segments:
            try:
                sock.sendmsg((joined,), (*ancillary, (socket.IPPROTO_UDP, UDP_SEGMENT, UINT16(size))), 0, addr)
                return
            except OSError as error:  # the kernel or the adapter cannot, or there is another trouble to be found below
                self._segments = error.errno not in CANNOT_SEGMENT
        for first in range(0, len(joined), size):
            self._send(way, joined[first : first + size], addr)

    def _send(self, way: Way, data: bytes | bytearray | memoryview, addr: SocketAddress) -> None:
        sock, ancillary, _ = way
        if sys.platform == 'win32':  # where no socket is shared
            return
        if sock is None:
            log.debug('> %s lost: it is still looked for', addr)
            return
        try:
            sock.sendmsg((data,), ancillary, 0, addr)
        except (BlockingIOError, InterruptedError):
            log.debug('> %s lost: the socket would block', addr)
            if sock is not self._outlets.sock:  # too many are looked for
                self._ways[addr[0]] = None, ancillary, self._outlets.now() + CROWDED_SECONDS
        except OSError as error:
            if addr[0].startswith(MULTICASTS):
                self._endpoint.error_received(error)
            else:  # a peer may have chosen an address that nothing can be sent to
                log.debug('> %s lost: %s', addr, error)

    def _wayTo(self, address: str) -> Way:
        now = self._outlets.now()
        way = self._ways.get(address)
        if way is None or way[2] <= now:
            if len(self._ways) >= MAX_WAYS:
                self._ways.clear()
            sock, ancillary, seconds = self._findWay(address)
            way = self._ways[address] = sock, ancillary, now + seconds
        return way

    def _findWay(self, address: str) -> Way:
        outlets, interface = self._outlets, self._interface
        try:
            place = '' if address.startswith(MULTICASTS) else outlets.placeOf(address, interface)
        except ValueError:  # a name, that an application sends to
            place = ''
        if place == LINK:
            sock, seconds = outlets.socketTo(address, interface)
            return sock, self._ancillary, seconds
        if place == HERE and not isLinkLocal(address):  # on another link the neighbours would be asked for our address
            ours = sockets.wildcard(isIPv6=True) if interface.isLinkLocal else interface.address
            return outlets.sock, [sockets.infoOf(interface, ours, isRouted=True)], WAY_SECONDS
        return outlets.sock, self._ancillary, WAY_SECONDS

    def close(self) -> None:
        """Send no more; the socket belongs to the others too."""
        if not self._closed:
            self._closed = True
            self._endpoint.connection_lost(None)

    abort = close

    def is_closing(self) -> bool:
        """Tell whether it was closed."""
        return self._closed
