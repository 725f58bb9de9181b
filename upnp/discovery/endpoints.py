"""The endpoints on the interfaces in use, and the sockets under them; knows nothing of what travels.

On Linux one socket a protocol serves every interface: the kernel tells where a datagram came in and how it was
addressed, and is told where one goes out. Several sockets bound to port 1900 would each receive every multicast, and
only one the unicasts. Elsewhere, and where the loop has no ``add_reader``, each interface has a socket of its own,
driven by asyncio's transport.
"""

import asyncio
import errno
import logging
import socket
import struct
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple, Protocol

from ..addressing.interfaces import Interface
from ..http.transport import isPossibleOn
from . import sockets
from .sockets import PORT, groupOf
from .transport import LinkTransport, Outlets, PlaceOf

__all__ = ['EndpointFactory', 'LinkSet', 'Links', 'MakeLinks']

log = logging.getLogger(__name__)

READS_PER_WAKE_UP = 64  # so that a flood does not keep the loop from everything else
SEARCH_STARTS = frozenset(b'mM\r\n \t')  # what a search can begin with, UDA 1.1 §1.3.2, liberally

LOOPBACK_NUMBER = struct.pack('=i', 1)  # linux/net/flow.h: in each network namespace
NO_PROTOCOL = (errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT)

EndpointFactory = Callable[[Interface, bool], asyncio.DatagramProtocol]
"""Makes the protocol for an address; the flag tells whether it is to hear the multicasts."""


class LinkSet(Protocol):
    """The endpoints on the interfaces in use: :class:`Links`, or a cable in memory."""

    @property
    def isWanting(self) -> bool:
        """Tell whether something could not be had that :meth:`mend` may bring."""

    def searchPort(self, interface: Interface) -> int:
        """Return the port that unicast searches come to; other than 1900 where multicast ones do not come at all."""

    async def join(self, interfaces: Iterable[Interface]) -> None:
        """Make an endpoint, or two, for each address, and connect them; one that is broken stops no other."""

    def leave(self, interfaces: Iterable[Interface]) -> None:
        """Cut the endpoints of these addresses off; a second time is harmless."""

    async def mend(self) -> None:
        """Try once more what could not be had."""

    def close(self) -> None:
        """Cut all endpoints off."""


MakeLinks = Callable[[EndpointFactory, int, PlaceOf], LinkSet]
"""Makes the endpoints: the parameters are those of :class:`Links`."""


class SharedSocket:
    """The one socket of a protocol on Linux, and who hears what comes in."""

    def __init__(self, sock: socket.socket, factory: EndpointFactory, buffer: bytearray, placeOf: PlaceOf) -> None:
        self.port: int = sock.getsockname()[1]
        self._sock = sock
        self._factory = factory
        self._buffer = buffer
        self._loop = asyncio.get_running_loop()
        self._heard: dict[bytes, list[tuple[Interface, asyncio.DatagramProtocol]]] = {}
        self._unicast: dict[bytes, list[tuple[Interface, asyncio.DatagramProtocol]]] = {}
        self._transports: dict[Interface, tuple[LinkTransport, ...]] = {}
        self._loop.add_reader(sock, self._readable)
        self._outlets = Outlets(sock, placeOf)

    def join(self, interface: Interface) -> None:
        """Make the endpoints of an address: for multicasts, and for unicasts.

        :raises OSError: the group cannot be joined there.
        """
        if interface.isPrimary:
            sockets.join(self._sock, interface)
        group, unicast = self._endpoint(interface, isGroup=True), self._endpoint(interface, isGroup=False)
        self._transports[interface] = (group[1], unicast[1])
        self._heard.setdefault(heardAt(interface, groupOf(interface)), []).append((interface, group[0]))
        self._heard.setdefault(heardAt(interface, interface.address), []).append((interface, unicast[0]))
        self._unicast.setdefault(sockets.packed(interface.address), []).append((interface, unicast[0]))

    def leave(self, interface: Interface) -> None:
        """Cut the endpoints of an address off."""
        for transport in self._transports.pop(interface, ()):
            transport.close()
        for table in (self._heard, self._unicast):
            for key, endpoints in list(table.items()):
                table[key] = [one for one in endpoints if one[0] != interface]
                if not table[key]:
                    del table[key]
        if interface.isPrimary:
            sockets.leave(self._sock, interface)

    def close(self) -> None:
        """Close everything; it needs no loop."""
        if not self._loop.is_closed():
            self._loop.remove_reader(self._sock)
        for transports in self._transports.values():
            for transport in transports:
                transport.close()
        self._outlets.close()
        self._sock.close()

    def _endpoint(self, interface: Interface, *, isGroup: bool) -> tuple[asyncio.DatagramProtocol, LinkTransport]:
        """Make one endpoint; answers to unicasts are routed as ever, multicasts and their answers keep to the link."""
        endpoint = self._factory(interface, isGroup)
        isRouted = not isGroup and not interface.isLinkLocal
        transport = LinkTransport(self._outlets, interface, endpoint, isRouted=isRouted)
        endpoint.connection_made(transport)
        return endpoint, transport

    def _readable(self) -> None:
        """Read what waits, and hand each datagram that may be a search to the endpoint it was meant for."""
        if sys.platform == 'win32':  # where no socket is shared
            return
        buffer = self._buffer
        for _ in range(READS_PER_WAKE_UP):
            try:
                size, ancillary, _, peer = self._sock.recvmsg_into((buffer,), sockets.PKTINFO_SPACE)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                log.debug('cannot read: %s', error)
                return
            if size and buffer[0] in SEARCH_STARTS and size < len(buffer) and ancillary:
                self._dispatch(bytes(memoryview(buffer)[:size]), ancillary[0][2], peer)

    def _dispatch(self, datagram: bytes, information: bytes, peer: tuple[str, int]) -> None:
        key = sockets.keyOf(information)
        endpoints = self._heard.get(key)
        if endpoints is None:  # to an address of another interface than it came in on: so is what this machine sends
            address, number = (key[:16], key[16:]) if len(key) > 8 else (key[4:], key[:4])
            endpoints = self._unicast.get(address) if number == LOOPBACK_NUMBER else None
        if endpoints:
            endpoint = endpoints[0][1] if len(endpoints) == 1 else endpointFor(peer[0], endpoints)
            endpoint.datagram_received(datagram, peer)


def heardAt(interface: Interface, destination: str) -> bytes:
    """Return the key of what comes in at an interface for a destination."""
    return sockets.keyOf(sockets.infoOf(interface, destination)[2])


def endpointFor(peer: str, endpoints: list[tuple[Interface, asyncio.DatagramProtocol]]) -> asyncio.DatagramProtocol:
    """Return the endpoint whose subnet a peer is in; else the first."""
    return next((endpoint for interface, endpoint in endpoints if interface.hasInSubnet(peer)), endpoints[0][1])


class OwnSocket(NamedTuple):
    """The socket of one address, for everything, driven by asyncio's transport."""

    sock: socket.socket
    transport: asyncio.DatagramTransport
    port: int

    def close(self) -> None:
        """Close it; where its loop is no more, at once."""
        with suppress(RuntimeError):
            self.transport.close()
            return
        self.sock.close()


class Links:
    """The endpoints on all interfaces in use.

    :param factory: makes the endpoints: on a shared socket two an address, for multicasts and for unicasts.
    :param maxDatagramBytes: longer ones are dropped, where a socket is shared.
    :param placeOf: tells where who is answered is; it matters where a socket is shared.
    """

    def __init__(self, factory: EndpointFactory, maxDatagramBytes: int, placeOf: PlaceOf) -> None:
        self._factory = factory
        self._placeOf = placeOf
        self._buffer = bytearray(maxDatagramBytes + 1)
        self._shared: dict[bool, SharedSocket] = {}  # by whether it is of IPv6
        self._own: dict[Interface, OwnSocket] = {}
        self._wanted: dict[Interface, None] = {}
        self._joined: set[Interface] = set()
        self._told: set[object] = set()
        self._lock = asyncio.Lock()  # two who join at once would both open the socket that they share

    @property
    def isWanting(self) -> bool:
        """Tell whether an interface or port 1900 could not be had."""
        return len(self._joined) < len(self._wanted) or any(self.searchPort(one) != PORT for one in self._joined)

    def searchPort(self, interface: Interface) -> int:
        """Return the port that unicast searches come to: 1900, if it is to be had."""
        sock = self._own.get(interface) or self._shared.get(interface.isIPv6)
        return PORT if sock is None else sock.port

    async def join(self, interfaces: Iterable[Interface]) -> None:
        """Open the sockets that are not open yet, and join the group by each address."""
        joining = tuple(interfaces)
        self._wanted |= dict.fromkeys(joining)
        async with self._lock:
            await self._joinAll(joining)

    def leave(self, interfaces: Iterable[Interface]) -> None:
        """Leave the group by these addresses."""
        for interface in interfaces:
            self._wanted.pop(interface, None)
            self._cut(interface)

    async def mend(self) -> None:
        """Try once more to have port 1900, and to join where that failed."""
        async with self._lock:
            astray = [one for one in self._joined if self.searchPort(one) != PORT]
            for isIPv6 in {one.isIPv6 for one in astray}:
                if isFree(isIPv6=isIPv6):
                    self._giveUp(one for one in astray if one.isIPv6 == isIPv6)
            await self._joinAll(tuple(self._wanted))

    def close(self) -> None:
        """Close everything; it needs no loop, and a second time is harmless."""
        for shared in self._shared.values():
            shared.close()
        for own in self._own.values():
            own.close()
        self._shared, self._own = {}, {}
        self._wanted, self._joined = {}, set()

    async def _joinAll(self, interfaces: Iterable[Interface]) -> None:
        """Join by those that are still wanted when it is their turn, and afterwards."""
        for interface in interfaces:
            if interface in self._joined or interface not in self._wanted:
                continue
            try:
                await self._join(interface)
            except OSError as error:
                self._tellBroken(interface, error)
                continue
            self._joined.add(interface)
            if interface not in self._wanted:  # it was left meanwhile
                self._cut(interface)
        if not self._wanted:  # all was closed meanwhile, or has gone: what is opened when needed need not stay
            self.close()

    async def _join(self, interface: Interface) -> None:
        isIPv6 = interface.isIPv6
        if hasShared():
            if isIPv6 not in self._shared:
                self._shared[isIPv6] = await self._openShared(isIPv6=isIPv6)
            self._shared[isIPv6].join(interface)
        elif interface.isPrimary:  # each of several would hear every search
            self._own[interface] = await self._openOwn(interface)

    def _cut(self, interface: Interface) -> None:
        """Cut the endpoints of an address off, if it has any."""
        if interface not in self._joined:
            return
        self._joined.remove(interface)
        if (own := self._own.pop(interface, None)) is not None:
            own.close()
        elif (shared := self._shared.get(interface.isIPv6)) is not None:
            shared.leave(interface)

    def _giveUp(self, interfaces: Iterable[Interface]) -> None:
        """Close the sockets of addresses of one protocol, which stay wanted."""
        for interface in interfaces:
            self._cut(interface)
            if (shared := self._shared.pop(interface.isIPv6, None)) is not None:
                shared.close()

    async def _openShared(self, *, isIPv6: bool) -> SharedSocket:
        """Open the one socket of a protocol, which knows how a datagram was addressed."""
        sock = await self._bound(sockets.wildcard(isIPv6=isIPv6), isIPv6=isIPv6)
        try:
            sockets.tellArrivals(sock, isIPv6=isIPv6)
            sockets.attachFilter(sock)
            return SharedSocket(sock, self._factory, self._buffer, self._placeOf)
        except BaseException:
            sock.close()
            raise

    async def _openOwn(self, interface: Interface) -> OwnSocket:
        """Open a socket for one address, without knowledge of how a datagram was addressed."""
        isIPv6 = interface.isIPv6
        isExact = sys.platform == 'win32' and not isIPv6  # there it hears unicasts to that address, and multicasts too
        sock = await self._bound(interface.address if isExact else sockets.wildcard(isIPv6=isIPv6), isIPv6=isIPv6)
        try:
            sockets.sendBy(sock, interface)
            sockets.join(sock, interface)
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(lambda: self._factory(interface, True), sock=sock)
        except BaseException:
            sock.close()
            raise
        return OwnSocket(sock, transport, sock.getsockname()[1])

    async def _bound(self, address: str, *, isIPv6: bool) -> socket.socket:
        """Return a socket at port 1900, or at another where that is not to be had.

        :raises OSError: neither is.
        """
        sock = sockets.openSocket(isIPv6=isIPv6)
        try:
            try:
                sock.bind((address, PORT))
            except OSError as error:
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    raise
                sockets.bindSearchPort(sock, address)
                await self._tellOwner(error)
        except BaseException:
            sock.close()
            raise
        log.debug('listening at %s port %d', address, sock.getsockname()[1])
        return sock

    def _tellBroken(self, interface: Interface, error: OSError) -> None:
        """Tell, once for each cause, that an interface cannot be used; that a protocol is not there is no trouble."""
        if (interface.name, error.errno) not in self._told and error.errno not in NO_PROTOCOL:
            self._told.add((interface.name, error.errno))
            log.warning('%s is not used until that works: %s', interface, error)

    async def _tellOwner(self, error: OSError) -> None:
        """Tell, once, who holds port 1900."""
        if PORT in self._told:
            return
        self._told.add(PORT)
        from ..addressing.portowners import portOwners  # here, as it is hardly ever needed

        owners = await asyncio.to_thread(portOwners, PORT, 'udp')
        log.warning(
            'UDP port %d is held by %s, %s (%s): searches to all are not heard, only the advertisements of this device '
            'are seen; stop that program, or have it share the port (SO_REUSEADDR)',
            PORT,
            ', '.join(owners) or 'another program',
            'which does not share it' if len(owners) <= 1 else 'of which one does not share it',
            error.strerror,
        )


def hasShared() -> bool:
    """Tell whether one socket can serve every interface: the system tells arrivals, and the loop watches sockets."""
    return sys.platform == 'linux' and isPossibleOn(asyncio.get_running_loop())


def isFree(*, isIPv6: bool) -> bool:
    """Tell whether port 1900 is to be had now."""
    try:
        with sockets.openSocket(isIPv6=isIPv6) as sock:
            sock.bind((sockets.wildcard(isIPv6=isIPv6), PORT))
    except OSError:
        return False
    return True
