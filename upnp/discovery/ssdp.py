"""SSDP over UDP: NOTIFY and the answers to M-SEARCH (UDA 1.1 §1), on every interface that was chosen.

It owns the sockets and one timer. What is advertised, who is answered and when is decided in
:mod:`upnp.discovery.targets`; the network's bytes are parsed by :mod:`upnp.http.message`. Between advertisements
nothing wakes the process but a search.
"""

import asyncio
import errno
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from ssdp.aio import SimpleServiceDiscoveryProtocol
from ssdp.messages import SSDPRequest, SSDPResponse

from ..addressing.access import Access
from ..addressing.addresses import SocketAddress, hostOf
from ..addressing.changes import Departure, Renewal
from ..addressing.interfaces import Interface
from ..base import loops
from ..description.device import Device
from ..Errors import MessageError, NetworkError
from ..http.message import DateStamp, Request, parse
from .endpoints import Links, LinkSet, MakeLinks
from .messages import (
    ALIVE,
    BYEBYE,
    NOWHERE,
    OUR_HEADERS,
    UPDATE,
    Announced,
    Answer,
    Bundle,
    Notify,
    Sender,
)
from .schedule import Timetable
from .sockets import PORT, groupAddress
from .targets import Advertisement, Search
from .timing import bundled

__all__ = ['OUR_HEADERS', 'SEARCHED', 'SSDP', 'Announced', 'AnnouncerService', 'Answer', 'Notify', 'SSDP_Protocol']

log = logging.getLogger(__name__)

SEARCHED = '< %s:%d searches for %s'
MAX_KNOWN_SEARCHES = 1024  # rendered answers kept; many lower versions of a type could be asked for
ADVERTISEMENT_START = b'NOTIFY '  # nearly every datagram on a network, and none is ours to read
MAX_KNOWN_REQUESTS = 128  # parsed requests kept by an endpoint, and the longest of them
MAX_KNOWN_BYTES = 512
# Why nothing can be sent to all: troubles of this machine. The next set is sent all the same.
TROUBLES = {
    errno.ENOBUFS: '',
    errno.ENETUNREACH: '',
    errno.ENETDOWN: '',
    errno.EADDRNOTAVAIL: '',
    errno.ENODEV: '',
    errno.EPERM: '; have the firewall let UDP out, to port 1900',
    errno.EACCES: '; have the firewall let UDP out, to port 1900',
}

_Due: TypeAlias = tuple[Bundle, 'AnnouncerService', SocketAddress]


class AnnouncerService(SimpleServiceDiscoveryProtocol):
    """The endpoint for UDP packets on one interface, used by asyncio.

    :param config: the :class:`SSDP` that answers; without one, nothing is answered.
    :param interface: where it listens.
    :param multicast: whether it hears what is sent to the group, rather than to our address. That, and never the HOST
        header, decides whether an MX is wanted.
    """

    __module__ = 'upnp.SSDP'

    def __init__(
        self, *, config: 'SSDP | None' = None, interface: Interface | None = None, multicast: bool = True
    ) -> None:
        self._config = config
        self._multicast = multicast
        self.interface = interface
        self.transport: Sender = NOWHERE
        self._known: dict[bytes, _Request] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport that answers go out by; the group's serves for advertisements too."""
        if isinstance(transport, Sender):
            self.transport = transport
            if self._config is not None and self.interface is not None and self._multicast:
                self._config.endpoints[self.interface] = self

    def connection_lost(self, exc: Exception | None) -> None:
        """Send no more: what still waits is dropped."""
        self.transport = NOWHERE
        if self._config is not None and self.interface is not None:
            self._config.lost(self.interface, self)

    def error_received(self, exc: Exception) -> None:
        """Note that a datagram could not be sent, or not be delivered; peers come and go."""
        if self._config is not None and self.interface is not None and isinstance(exc, OSError):
            self._config.failed(self.interface, exc)

    def datagram_received(self, data: bytes, addr: SocketAddress) -> None:
        """Parse a datagram of any form; what is no message is dropped (UDA 1.1 §1.1.5)."""
        if (known := self._known.get(data)) is not None:
            self.request_received(known, addr)
            return
        if data.startswith(ADVERTISEMENT_START) or self._isTooLong(data):  # a shared socket drops both before
            return
        try:
            message = parse(data)
        except MessageError as error:
            log.debug('< %s:%d dropped: %s', addr[0], addr[1], error)
            return
        fields = dict(message.headers)
        if isinstance(message, Request):
            request = _Request(message.method, message.target, message.version, fields)
            request.search = self._searchOf(request)
            self._remember(data, request)
            self.request_received(request, addr)
        else:
            self.response_received(SSDPResponse(message.status, message.reason, headers=fields), addr)

    def request_received(self, request: SSDPRequest, addr: SocketAddress) -> None:
        """Answer a search that concerns us; anything else is ignored, without a word."""
        if self._config is None or not self._isAnswered(addr, self._config.annoncer.access):
            return
        search = request.search if isinstance(request, _Request) else self._searchOf(request)
        if search is not None:
            self._config.protocol.answer(search.st, addr, endpoint=self, mx=search.mx)

    def response_received(self, response: SSDPResponse, addr: SocketAddress) -> None:
        """Do nothing: a device does not search."""

    def _isAnswered(self, addr: SocketAddress, access: Access) -> bool:
        """Tell whether an answer can go there: to one host, at a port, on the link that the search came in on."""
        if self.interface is None or addr[1] == 0 or self._isElsewhere(addr):
            return False
        return access.isAnswered(addr[0], self.interface)

    def _isElsewhere(self, addr: SocketAddress) -> bool:
        """Tell whether a peer has searched on another interface, as its zone tells where it has one.

        A socket that has joined a group of IPv6 on one interface hears it on all, on Linux.
        """
        number = self.interface.number if self.interface is not None else 0
        return self._multicast and len(addr) == 4 and addr[-1] not in (0, number) and number != 0

    def _isTooLong(self, data: bytes) -> bool:
        return self._config is not None and len(data) > self._config.annoncer.limits.maxDatagramBytes

    def _searchOf(self, request: SSDPRequest) -> Search | None:
        headers = {name.lower(): value for name, value in request.headers}
        return Search.fromRequest(request.method, request.uri, headers, multicast=self._multicast)

    def _remember(self, data: bytes, request: '_Request') -> None:
        """Keep a request: clients send the same one again and again, and a flood is made of the same ones too."""
        if len(data) <= MAX_KNOWN_BYTES:
            if len(self._known) >= MAX_KNOWN_REQUESTS:
                self._known.clear()
            self._known[data] = request


class _Request(SSDPRequest):
    """A request with the search that it makes on its endpoint, if any."""

    search: Search | None = None


class SSDP_Protocol:
    """What is sent: answers and advertisements.

    :param config: the :class:`SSDP` whose devices and interfaces are meant.
    """

    __module__ = 'upnp.SSDP'

    def __init__(self, config: 'SSDP') -> None:
        self._config = config
        self._known: dict[tuple[str, Interface, bool], list[Bundle]] = {}

    def answer(self, st: str, addr: SocketAddress, *, endpoint: AnnouncerService | None = None, mx: int = 0) -> None:
        """Answer a search for ``st`` by ``addr``, once for each target that matches.

        :param endpoint: where it came in; None means the first interface.
        :param mx: seconds over which the answers are spread (UDA 1.1 §1.3.3); 0 means at once.
        """
        ours = endpoint or next(iter(self._config.endpoints.values()), None)
        if ours is None or ours.interface is None:
            return
        if bundles := self._bundlesFor(st, ours.interface, mx):
            log.debug(SEARCHED, *addr[:2], st)
            self._config.later(ours, addr, bundles, mx)

    def _bundlesFor(self, st: str, interface: Interface, mx: int) -> 'list[Bundle]':
        """Return the rendered answers, from the shelf where they are there."""
        if (known := self._known.get((st, interface, mx > 0))) is not None:
            return known
        targets = self._config.annoncer.advertisement.directory.find(st)
        answers = [Answer(self._config, 200, 'OK').describe(target, interface) for target in targets]
        bundles = [Bundle(self._config, some) for some in bundled(answers, mx)]
        if bundles:  # a search that is not ours takes no place
            if len(self._known) >= MAX_KNOWN_SEARCHES:
                self._known.clear()
            self._known[st, interface, mx > 0] = bundles
        return bundles

    def forget(self) -> None:
        """Render every answer anew: the device, an address or the BOOTID has changed."""
        self._known.clear()

    def getDevices(self, st: str) -> list[Device]:
        """Return the devices that a search for ``st`` is answered for, root and embedded ones, each once."""
        advertisement = self._config.annoncer.advertisement
        udns = dict.fromkeys(target.udn for target in advertisement.directory.find(st))
        return [advertisement.devices[udn] for udn in udns]

    def notify(self, device: Device, ip: str) -> None:
        """Send the advertisements of a device, its services and embedded devices on one interface.

        :param ip: our address there.
        :raises NetworkError: it is none that is announced at.
        """
        self.tell(device, *self._config.endpointAt(ip))

    def tell(
        self, device: Device, interface: Interface, endpoint: AnnouncerService, nts: str = ALIVE, nextBootId: int = 0
    ) -> None:
        """Send an advertisement for each target of a device by an endpoint.

        :param nts: of which kind.
        """
        advertisement = self._config.annoncer.advertisement
        family = {member.UDN for member in device.family()}
        for target in advertisement.directory.targets:  # a root's as they were announced, whatever became of it since
            if target.root == device.UDN if device.UDN in advertisement.roots else target.udn in family:
                message = Notify(self._config, device, nts=nts, nextBootId=nextBootId).describe(target, interface)
                message.sendto(endpoint.transport, groupAddress(interface))

    def provides(self, usn: str) -> bool:
        """Tell whether ``usn`` is advertised."""
        return self._config.annoncer.advertisement.target(usn) is not None


class SSDP:
    """SSDP for one announcer: the interfaces, the schedule, the answers that wait.

    :param annoncer: the announcer, for its devices and options.
    :param netBind: kept as given; the announcer chooses the interfaces by it.
    """

    __module__ = 'upnp.SSDP'

    def __init__(self, annoncer: Announced, netBind: str = '0.0.0.0') -> None:
        self.annoncer = annoncer
        self.netBind = netBind
        self.protocol = SSDP_Protocol(self)
        self.dateStamp = DateStamp()
        self.endpoints: dict[Interface, AnnouncerService] = {}
        self.failures: Counter[tuple[str, int]] = Counter()  # to send, by the interface's name and the error's number
        self.makeLinks: MakeLinks = Links  # the seam to the network
        self._links: LinkSet | None = None
        self._timetable: Timetable[_Due] | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def isSilent(self) -> bool:
        """Tell whether byebye was said, or nothing yet."""
        return self._timetable is None or self._timetable.isSilent

    @property
    def _isSpeaking(self) -> bool:
        """Tell whether others know what is advertised."""
        return self._timetable is not None and self._timetable.isAnnounced

    async def start(self) -> None:
        """Open the sockets and begin to announce; a second time is harmless."""
        if self._timetable is None:
            annoncer = self.annoncer
            self._links = self.makeLinks(self._endpoint, annoncer.limits.maxDatagramBytes, annoncer.access.placeOf)
            self.protocol.forget()
            self._timetable = timetable = Timetable(annoncer.limits, annoncer.maxAge, self.advertise, self._send)
            await self._links.join(annoncer.inUse)
            if self._timetable is timetable:  # not stopped meanwhile
                timetable.begin()

    def stop(self) -> None:
        """Send byebye for all that was announced, and close the sockets; a second time is harmless."""
        self.bye()
        if self._task is not None and not self._task.done() and not self._task.get_loop().is_closed():
            self._task.cancel()
        if self._links is not None:
            self._links.close()
        self._links = self._timetable = self._task = None
        self.endpoints = {}

    def initLoop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start on a loop: at once when it is idle, as a task of its own when it runs."""
        self._task = loops.startOn(loop, self.start, 'upnp SSDP start')

    def dispose(self) -> None:
        """Send byebye and close the sockets."""
        self.stop()

    def notify(self) -> None:
        """Send the next set of advertisements now; after :meth:`bye`, announce again, as after a start."""
        if self._timetable is not None:
            if self._timetable.isSilent:
                self._reboot(self.annoncer.nextBootId())
            self._timetable.hasten()

    def bye(self) -> None:
        """Send byebye for all that is announced, on every interface, and fall silent."""
        if self._timetable is not None and self._timetable.withdraw():
            self._tell(self.endpoints, BYEBYE)

    def change(self, advertisement: Advertisement) -> None:
        """Advertise something else: byebye for what vanishes, then one set of what there is now (UDA 1.1 §1.2)."""
        annoncer, former = self.annoncer, self.annoncer.advertisement
        if self._isSpeaking:
            for usn in former.byUsn.keys() - advertisement.byUsn.keys():
                target = former.byUsn[usn]
                for interface, endpoint in self._advertisers(self.endpoints):
                    message = Notify(self, former.devices[target.udn], nts=BYEBYE).describe(target, interface)
                    message.sendto(endpoint.transport, groupAddress(interface))
        annoncer.advertisement = advertisement
        self.protocol.forget()
        if self._isSpeaking:
            self.notify()

    def depart(self, departure: Departure) -> None:
        """Use addresses no more: byebye where it can be heard and is not contradicted (UDA 1.1 §1.2.3)."""
        if self._isSpeaking:
            self._tell(departure.audible, BYEBYE)
        self._drop(departure.left)

    def _drop(self, interfaces: Sequence[Interface]) -> None:
        for interface in interfaces:
            self.endpoints.pop(interface, None)
        if self._links is not None:
            self._links.leave(interfaces)

    async def renew(self, renewal: Renewal) -> None:
        """Announce what there is by new addresses too, as the same device that it was (UDA 1.1 §1.2.4)."""
        timetable = self._timetable
        if timetable is None or self._links is None:
            return
        if not timetable.isSilent:
            bootId = self.annoncer.nextBootId()
            if self._isSpeaking:
                self._tell(renewal.stayed, UPDATE, bootId)
            self._reboot(bootId)
        self._drop(renewal.replaced)
        await self._links.join(renewal.joined)
        if self._timetable is timetable and not timetable.isSilent:
            timetable.begin()

    def _reboot(self, bootId: int) -> None:
        self.annoncer.advertisement = self.annoncer.advertisement.rebooted(bootId)
        self.protocol.forget()

    def advertise(self) -> None:
        """Send one set of advertisements on every interface; what could not be had for it is tried once more before."""
        self.annoncer.lookAround()
        if self._links is None or not self._links.isWanting:
            self._tell(self.endpoints, ALIVE)
        elif self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._mend(self._links), name='upnp mend')
            self._task.add_done_callback(loops.logFailure)

    async def _mend(self, links: LinkSet) -> None:
        await links.mend()
        self.protocol.forget()  # the port that searches come to may be another one
        if self._isSpeaking:
            self._tell(self.endpoints, ALIVE)

    def toAll(self, groupFor: Callable[[Interface], str], port: int, render: Callable[[str], bytes]) -> None:
        """Send a message of another chapter to a group of its own, by every interface that advertisements go out by.

        :param groupFor: returns the group for an interface.
        :param render: returns the message to a group, which is given as it stands in HOST.
        """
        for interface, endpoint in self._advertisers(self.endpoints):
            group = groupFor(interface)
            endpoint.transport.sendto(render(hostOf(group)), groupAddress(interface, group, port))

    def later(self, endpoint: AnnouncerService, addr: SocketAddress, bundles: 'Sequence[Bundle]', mx: int) -> None:
        """Have answers sent when they are due."""
        if self._timetable is not None:
            self._timetable.queue(addr[0], (addr[1], bundles[0]), [(one, endpoint, addr) for one in bundles], mx)

    def searchPort(self, interface: Interface) -> int:
        """Return the port that unicast searches come to there: 1900, if that is to be had."""
        return PORT if self._links is None else self._links.searchPort(interface)

    def endpointAt(self, ip: str) -> tuple[Interface, AnnouncerService]:
        """Return the interface with our address ``ip``, and its endpoint.

        :raises NetworkError: it is none that is announced at.
        """
        for interface, endpoint in self.endpoints.items():
            if interface.address == ip:
                return interface, endpoint
        ours = ', '.join(map(str, self.endpoints)) or 'none'
        raise NetworkError(errno.EADDRNOTAVAIL, f'{ip!r} is not an address that is announced at; there are {ours}')

    def lost(self, interface: Interface, endpoint: AnnouncerService) -> None:
        """Advertise by an endpoint no more; a later one of the same address stays, whenever asyncio tells of this."""
        if self.endpoints.get(interface) is endpoint:
            del self.endpoints[interface]

    def failed(self, interface: Interface, error: OSError) -> None:
        """Note that something could not be sent to all; a cause is told once, and the next set is tried all the same.

        What a peer can bring about is not told.
        """
        if error.errno is None or error.errno not in TROUBLES:
            log.debug('not delivered: %s', error)
            return
        self.failures[interface.name, error.errno] += 1
        if self.failures[interface.name, error.errno] == 1:
            remedy = TROUBLES[error.errno]
            log.log(
                logging.WARNING if remedy else logging.INFO,
                'cannot send by %s: %s%s',
                interface,
                error.strerror,
                remedy,
            )

    def _endpoint(self, interface: Interface, multicast: bool) -> AnnouncerService:
        return AnnouncerService(config=self, interface=interface, multicast=multicast)

    def _send(self, due: '_Due') -> None:
        bundle, endpoint, addr = due
        bundle.sendto(endpoint.transport, addr)

    def _advertisers(self, interfaces: Iterable[Interface]) -> list[tuple[Interface, AnnouncerService]]:
        """Return those of the interfaces that advertisements go out by, with their endpoints."""
        return [(one, self.endpoints[one]) for one in interfaces if one.isPrimary and one in self.endpoints]

    def _tell(self, interfaces: Iterable[Interface], nts: str, nextBootId: int = 0) -> None:
        """Send an advertisement of a kind for everything by each of the interfaces."""
        for root in self.annoncer.advertisement.roots.values():
            for interface, endpoint in self._advertisers(interfaces):
                self.protocol.tell(root.device, interface, endpoint, nts, nextBootId)
