"""A network in memory: any number of interfaces on it, with the semantics of multicast."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from upnp.addressing.interfaces import Interface
from upnp.discovery.endpoints import EndpointFactory
from upnp.discovery.sockets import GROUP, PORT, groupOf
from upnp.discovery.transport import PlaceOf

Address = tuple[str, int]


@dataclass(frozen=True)
class Packet:
    """What went over the cable."""

    time: float
    source: Address
    destination: Address
    data: bytes

    @property
    def startLine(self) -> str:
        """The first line."""
        return self.data.decode().partition('\r\n')[0]

    @property
    def headers(self) -> dict[str, str]:
        """The header fields, by their names as they were sent."""
        lines = self.data.decode().split('\r\n')[1:-2]
        return {name: value.strip() for name, _, value in (line.partition(':') for line in lines)}


@dataclass
class Cable:
    """Joins endpoints.

    :param loss: share of the packets that vanish.
    :param doubling: share of the packets that arrive twice.
    :param searchPort: that unicast searches come to.
    :param broken: addresses that cannot be joined.
    :param delay: longest time under way, in seconds; drawn for each packet, so that they overtake each other.
    """

    loss: float = 0.0
    doubling: float = 0.0
    delay: float = 0.0
    seed: int = 1
    searchPort: int = PORT
    broken: set[str] = field(default_factory=set)
    packets: list[Packet] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rng = Random(self.seed)
        self._endpoints: list[tuple[Address, str, asyncio.DatagramProtocol]] = []

    def links(self, factory: EndpointFactory, maxDatagramBytes: int, placeOf: PlaceOf) -> 'CableLinks':
        """Return what an announcer opens instead of sockets: ``server.ssdp.makeLinks = cable.links``."""
        return CableLinks(self, factory)

    def plug(self, address: Address, *, endpoint: asyncio.DatagramProtocol, group: str = '') -> 'CableTransport':
        """Join an endpoint; it hears the group, or its own address."""
        self._endpoints.append((address, group, endpoint))
        transport = CableTransport(self, address)
        endpoint.connection_made(transport)
        return transport

    def unplug(self, address: Address) -> None:
        """Take the endpoints at an address off."""
        self._endpoints = [known for known in self._endpoints if known[0] != address]

    def send(self, data: bytes, source: Address, destination: Address) -> None:
        """Carry a packet to whom it concerns, the sender included, as multicasts are looped back."""
        loop = asyncio.get_running_loop()
        self.packets.append(Packet(loop.time(), source, destination, bytes(data)))
        for _ in range(2 if self._rng.random() < self.doubling else 1):
            if self._rng.random() >= self.loss:
                loop.call_later(self._rng.uniform(0, self.delay), self._deliver, bytes(data), source, destination)

    def _deliver(self, data: bytes, source: Address, destination: Address) -> None:
        for address, group, endpoint in list(self._endpoints):
            if destination == ((group, PORT) if group else address):
                endpoint.datagram_received(data, source)

    def sent(self, source: str, startLine: str = '') -> list[Packet]:
        """Return the packets that left an address, those with this start line."""
        return [
            packet for packet in self.packets if packet.source[0] == source and packet.startLine.startswith(startLine)
        ]


class CableTransport(asyncio.DatagramTransport):
    """One end of the cable."""

    def __init__(self, cable: Cable, address: Address) -> None:
        super().__init__()
        self._cable = cable
        self._address = address
        self._isClosed = False

    def sendto(self, data: bytes | bytearray | memoryview, addr: object = None) -> None:
        """Send over the cable."""
        assert isinstance(addr, tuple)
        if not self._isClosed:
            self._cable.send(bytes(data), self._address, addr[:2])

    def close(self) -> None:
        """Take it off."""
        self._isClosed = True
        self._cable.unplug(self._address)

    def is_closing(self) -> bool:
        """Tell whether it was taken off."""
        return self._isClosed


class CableLinks:
    """The endpoints of one announcer on a cable; each address hears its group, and what is sent to itself."""

    def __init__(self, cable: Cable, factory: EndpointFactory) -> None:
        self._cable = cable
        self._factory = factory
        self._transports: dict[Interface, list[tuple[CableTransport, asyncio.DatagramProtocol]]] = {}

    @property
    def isWanting(self) -> bool:
        """Tell whether an address could not be plugged in."""
        return not all(self._transports.values())

    def searchPort(self, interface: Interface) -> int:
        """Return the port that searches come to."""
        return self._cable.searchPort

    async def join(self, interfaces: Iterable[Interface]) -> None:
        """Plug addresses in, but for broken ones."""
        for interface in interfaces:
            self._transports.setdefault(interface, [])
            if interface.address in self._cable.broken or self._transports[interface]:
                continue
            for multicast in (True, False):
                endpoint = self._factory(interface, multicast)
                group = groupOf(interface) if multicast else ''
                transport = self._cable.plug((interface.address, PORT), group=group, endpoint=endpoint)
                self._transports[interface].append((transport, endpoint))

    def leave(self, interfaces: Iterable[Interface]) -> None:
        """Pull the plugs of addresses."""
        for interface in interfaces:
            for transport, endpoint in self._transports.pop(interface, ()):
                transport.close()
                endpoint.connection_lost(None)

    async def mend(self) -> None:
        """Try broken ones once more."""
        await self.join(list(self._transports))

    def close(self) -> None:
        """Pull every plug."""
        self.leave(list(self._transports))


class Asker(asyncio.DatagramProtocol):
    """A host that searches, and keeps the answers."""

    def __init__(self, cable: Cable, address: Address = ('127.0.0.99', 50000)) -> None:
        self.answers: list[bytes] = []
        self._cable = cable
        self._address = address
        cable.plug(address, endpoint=self)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Keep an answer."""
        self.answers.append(data)

    def search(self, st: str, *, mx: int | None = 2, to: Address = (GROUP, PORT)) -> None:
        """Send an M-SEARCH."""
        wait = '' if mx is None else f'MX: {mx}\r\n'
        text = f'M-SEARCH * HTTP/1.1\r\nHOST: {GROUP}:{PORT}\r\nMAN: "ssdp:discover"\r\n{wait}ST: {st}\r\n\r\n'
        self._cable.send(text.encode(), self._address, to)
