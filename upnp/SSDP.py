"""SSDP over UDP: NOTIFY and the answers to M-SEARCH (UDA 1.1 §1), on every interface that was chosen.

It owns the sockets and one timer. What is advertised, who is answered and when is decided in :mod:`upnp._discovery`;
the network's bytes are parsed by :mod:`upnp._message`. Between advertisements nothing wakes the process but a search.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias, runtime_checkable

from ssdp.aio import SimpleServiceDiscoveryProtocol
from ssdp.messages import SSDPRequest, SSDPResponse

from . import GENA, _loops, _message
from ._discovery import Advertisement, Search, Target, bundled
from ._limits import Limits
from ._message import DateStamp
from ._network import GROUP, PORT, EndpointFactory, Interface, Links, LinkSet, LinkTransport
from ._timetable import Timetable
from .Description import serviceIdOf
from .Errors import MessageError
from .Objects import Device, Service

__all__ = ['OUR_HEADERS', 'SEARCHED', 'SSDP', 'Announced', 'AnnouncerService', 'Answer', 'Notify', 'SSDP_Protocol']

log = logging.getLogger(__name__)

ALIVE = 'ssdp:alive'
BYEBYE = 'ssdp:byebye'
HOST = f'{GROUP}:{PORT}'
ALIVE_HEADERS = (
    'HOST',
    'CACHE-CONTROL',
    'LOCATION',
    'NT',
    'NTS',
    'SERVER',
    'USN',
    'BOOTID.UPNP.ORG',
    'CONFIGID.UPNP.ORG',
)
BYEBYE_HEADERS = ('HOST', 'NT', 'NTS', 'USN', 'BOOTID.UPNP.ORG', 'CONFIGID.UPNP.ORG')
ANSWER_HEADERS = ('CACHE-CONTROL', 'EXT', 'LOCATION', 'SERVER', 'ST', 'USN', 'BOOTID.UPNP.ORG', 'CONFIGID.UPNP.ORG')
OUR_HEADERS = frozenset((*ALIVE_HEADERS, *BYEBYE_HEADERS, *ANSWER_HEADERS, 'DATE'))

SEARCHED = '< %s:%d searches for %s'
MAX_KNOWN_SEARCHES = 1024  # rendered answers kept; many lower versions of a type could be asked for
ADVERTISEMENT_START = b'NOTIFY '  # nearly every datagram on a network, and none is ours to read
MIN_JOINED = 8  # answers that leave in one call
MAX_KNOWN_REQUESTS = 128  # parsed requests kept by an endpoint, and the longest of them
MAX_KNOWN_BYTES = 512
FIRST_CLASS_D = 224  # addresses from 224.0.0.0 are multicast, reserved or broadcast, and no source

Address = tuple[str, int]


@runtime_checkable
class Sender(Protocol):
    """What datagrams go out by: an asyncio transport of any loop, or :class:`upnp._network.LinkTransport`."""

    def sendto(self, data: bytes, addr: Address | None = None) -> None:
        """Send one datagram to ``(address, port)``."""


class Announced(Protocol):
    """What SSDP needs to know of its announcer."""

    advertisement: Advertisement
    limits: Limits
    maxAge: int
    extraHeaders: dict[str, str]

    def nextBootId(self) -> int:
        """Return a BOOTID greater than the former one."""

    @property
    def interfaces(self) -> Sequence[Interface]:
        """The interfaces to announce on."""

    @property
    def serverToken(self) -> str:
        """The value of SERVER."""

    @property
    def httpPort(self) -> int:
        """The port that LOCATION names."""


class Answer(SSDPResponse):
    """The answer to an M-SEARCH for one target (UDA 1.1 §1.3.3).

    :param config: the :class:`SSDP` that answers.
    """

    def __init__(self, config: 'SSDP', status_code: int, reason: str) -> None:
        super().__init__(status_code, reason)
        self._config = config
        self._head = b''
        self._target: Target | None = None
        self._ip = ''

    def describe(self, target: Target, ip: str) -> 'Answer':
        """Fill in the headers for ``target``, with a LOCATION at our address ``ip``, and return itself."""
        self._target, self._ip = target, ip
        self.headers = self._config.headersFor(target, ip, ANSWER_HEADERS, {'ST': target.nt})
        self._head = _message.render(f'{self.version} {self.status_code} {self.reason}', self.headers)[:-2] + b'DATE: '
        return self

    def isRight(self) -> bool:
        """Tell whether its target is still advertised."""
        target = self._target
        return target is not None and target in self._config.annoncer.advertisement.directory.find(target.nt)

    def renewed(self) -> 'Answer':
        """Return it as it is now."""
        return self if self._target is None else self.describe(self._target, self._ip)

    def pad(self, size: int) -> None:
        """Fill the message up to ``size`` bytes with white space, which does not count (UDA 1.1 §1.1.2)."""
        self._head = self._head.replace(b'EXT:', b'EXT:' + b' ' * (size - len(bytes(self))), 1)

    @property
    def date(self) -> bytes:
        """The value of DATE now; the same object for a second."""
        return self._config.dateStamp.at(time.time())

    def __bytes__(self) -> bytes:
        """Return the message with the present DATE; the rest was rendered once."""
        return b'%b%b\r\n\r\n' % (self._head, self.date)

    def send(self, device: Device, ip: str, addr: Address) -> None:
        """Send the answer that ``device`` is here.

        :param ip: our own address, for LOCATION; the answer leaves from it.
        :param addr: the peer's (address, port).
        """
        if (target := self._config.targetFor(device)) is not None:
            self.describe(target, ip).sendto(self._config.endpoints[ip].transport, addr)

    def sendto(self, transport: Sender, addr: Address) -> None:
        """Send the answer as it is to ``addr``."""
        log.debug('> %s:%d answer', *addr)
        transport.sendto(bytes(self), addr)


class _Bundle:
    """Answers that leave together: many of them in one call, where the kernel can cut equal ones apart again.

    A few go one by one: what would be saved is little, and whoever captures on this machine sees them as they will be.
    """

    def __init__(self, config: 'SSDP', answers: Sequence[Answer]) -> None:
        self._config = config
        self._take(answers)

    def _take(self, answers: Sequence[Answer]) -> None:
        self._advertisement = self._config.annoncer.advertisement
        self._answers = answers
        self._isJoined = len(answers) >= MIN_JOINED
        self._date = self._joined = b''
        if self._isJoined:
            longest = max(len(bytes(answer)) for answer in answers)
            for answer in answers:
                answer.pad(longest)

    def sendto(self, transport: 'Sender', addr: Address) -> None:
        """Send them to ``addr``; what has changed since they were rendered is told as it is now, or not at all."""
        if self._advertisement is not self._config.annoncer.advertisement:
            self._take([answer.renewed() for answer in self._answers if answer.isRight()])
        if not self._isJoined or not isinstance(transport, LinkTransport):
            for answer in self._answers:
                answer.sendto(transport, addr)
            return
        if (date := self._answers[0].date) is not self._date:  # they carry it
            self._date, self._joined = date, b''.join(map(bytes, self._answers))
        log.debug('> %s:%d %d answers', *addr, len(self._answers))
        transport.sendEqual(self._joined, len(self._joined) // len(self._answers), addr)


_Due: TypeAlias = tuple[_Bundle, 'Sender', Address]


class Notify(SSDPRequest):
    """An advertisement of one target (UDA 1.1 §1.2.2, §1.2.3).

    :param config: the :class:`SSDP` that announces.
    :param device: whose targets are meant.
    :param nts: ``ssdp:alive`` or ``ssdp:byebye``.
    """

    def __init__(self, config: 'SSDP', device: Device, *, nts: str = ALIVE) -> None:
        super().__init__('NOTIFY')
        self._config = config
        self._device = device
        self._nts = nts

    def __bytes__(self) -> bytes:
        """Return the message."""
        return _message.render(f'{self.method} {self.uri} {self.version}', self.headers)

    def send(self, ip: str, usn: str | None = None, transport: Sender | None = None) -> None:
        """Send the advertisement to the group.

        :param ip: our own address on the interface to use, for LOCATION.
        :param usn: what to advertise; None means the device itself.
        :param transport: None means the one of that interface.
        """
        config = self._config
        target = config.targetFor(self._device) if usn is None else config.annoncer.advertisement.target(usn)
        if target is not None:
            names = ALIVE_HEADERS if self._nts == ALIVE else BYEBYE_HEADERS
            self.headers = config.headersFor(target, ip, names, {'NT': target.nt, 'NTS': self._nts})
            self.sendto(transport or config.endpoints[ip].transport, (GROUP, PORT))

    def sendto(self, transport: Sender, addr: Address) -> None:
        """Send the advertisement as it is to ``addr``."""
        log.debug('> %s:%d %s', *addr, self._nts)
        transport.sendto(bytes(self), addr)


class AnnouncerService(SimpleServiceDiscoveryProtocol):
    """The endpoint for UDP packets on one interface, used by asyncio.

    :param config: the :class:`SSDP` that answers; without one, nothing is answered.
    :param interface: where it listens.
    :param multicast: whether it hears what is sent to the group, rather than to our address. That, and never the HOST
        header, decides whether an MX is wanted.
    """

    def __init__(
        self, *, config: 'SSDP | None' = None, interface: Interface | None = None, multicast: bool = True
    ) -> None:
        self._config = config
        self._multicast = multicast
        self.interface = interface
        self.transport: Sender = asyncio.DatagramTransport()
        self._known: dict[bytes, _Request] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport that answers go out by; the group's serves for advertisements too."""
        if isinstance(transport, Sender):
            self.transport = transport
            if self._config is not None and self.interface is not None and self._multicast:
                self._config.endpoints[self.interface.address] = self

    def connection_lost(self, exc: Exception | None) -> None:
        """Do nothing: whoever closed it knows."""

    def error_received(self, exc: Exception) -> None:
        """Note that a datagram could not be delivered; peers come and go."""
        log.debug('not delivered: %s', exc)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Parse a datagram of any form; what is no message is dropped (UDA 1.1 §1.1.5)."""
        if (known := self._known.get(data)) is not None:
            self.request_received(known, addr)
            return
        if data.startswith(ADVERTISEMENT_START):  # the shared socket drops them before; a loop's own transport does not
            return
        try:
            message = _message.parse(data)
        except MessageError as error:
            log.debug('< %s:%d dropped: %s', addr[0], addr[1], error)
            return
        fields = dict(message.headers)
        if isinstance(message, _message.Request):
            request = _Request(message.method, message.target, message.version, fields)
            request.search = self._searchOf(request)
            self._remember(data, request)
            self.request_received(request, addr)
        else:
            self.response_received(SSDPResponse(message.status, message.reason, headers=fields), addr)

    def request_received(self, request: SSDPRequest, addr: Address) -> None:
        """Answer a search that concerns us; anything else is ignored, without a word."""
        if self._config is None or addr[1] == 0 or int(addr[0].partition('.')[0]) >= FIRST_CLASS_D:
            return
        search = request.search if isinstance(request, _Request) else self._searchOf(request)
        if search is not None:
            self._config.protocol.answer(search.st, (addr[0], addr[1]), endpoint=self, mx=search.mx)

    def response_received(self, response: SSDPResponse, addr: Address) -> None:
        """Do nothing: a device does not search."""

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

    def __init__(self, config: 'SSDP') -> None:
        self._config = config
        self._known: dict[tuple[str, str, bool], list[_Bundle]] = {}

    def answer(self, st: str, addr: Address, *, endpoint: AnnouncerService | None = None, mx: int = 0) -> None:
        """Answer a search for ``st`` by ``addr``, once for each target that matches.

        :param endpoint: where it came in; None means the first interface.
        :param mx: seconds over which the answers are spread (UDA 1.1 §1.3.3); 0 means at once.
        """
        ours = endpoint or next(iter(self._config.endpoints.values()), None)
        if ours is None or ours.interface is None:
            return
        if bundles := self._bundlesFor(st, ours.interface.address, mx):
            log.debug(SEARCHED, *addr, st)
            self._config.later(ours.transport, addr, bundles, mx)

    def _bundlesFor(self, st: str, ip: str, mx: int) -> 'list[_Bundle]':
        """Return the rendered answers, from the shelf where they are there."""
        if (known := self._known.get((st, ip, mx > 0))) is not None:
            return known
        targets = self._config.annoncer.advertisement.directory.find(st)
        answers = [Answer(self._config, 200, 'OK').describe(target, ip) for target in targets]
        bundles = [_Bundle(self._config, some) for some in bundled(answers, mx)]
        if bundles:  # a search that is not ours takes no place
            if len(self._known) >= MAX_KNOWN_SEARCHES:
                self._known.clear()
            self._known[st, ip, mx > 0] = bundles
        return bundles

    def forget(self) -> None:
        """Render every answer anew: the device, an address or the BOOTID has changed."""
        self._known.clear()

    def getDevices(self, st: str) -> list[Device]:
        """Return the devices that a search for ``st`` is answered for, root and embedded ones, each once."""
        advertisement = self._config.annoncer.advertisement
        udns = dict.fromkeys(target.udn for target in advertisement.directory.find(st))
        return [advertisement.devices[udn] for udn in udns]

    def notify(self, device: Device, ip: str, *, nts: str = ALIVE) -> None:
        """Send the advertisements of a device, its services and embedded devices on one interface.

        :param ip: our address there.
        """
        advertisement = self._config.annoncer.advertisement
        family = {member.UDN for member in device.family()}
        for target in advertisement.directory.targets:  # a root's as they were announced, whatever became of it since
            if target.root == device.UDN if device.UDN in advertisement.roots else target.udn in family:
                Notify(self._config, device, nts=nts).send(ip, target.usn)

    def provides(self, usn: str) -> bool:
        """Tell whether ``usn`` is advertised."""
        return self._config.annoncer.advertisement.target(usn) is not None


class SSDP:
    """SSDP for one announcer: the interfaces, the schedule, the answers that wait.

    :param annoncer: the announcer, for its devices and options.
    :param netBind: kept as given; the announcer chooses the interfaces by it.
    """

    def __init__(self, annoncer: Announced, netBind: str = '0.0.0.0') -> None:
        self.annoncer = annoncer
        self.netBind = netBind
        self.protocol = SSDP_Protocol(self)
        self.dateStamp = DateStamp()
        self.endpoints: dict[str, AnnouncerService] = {}  # by our address there
        self.makeLinks: Callable[[EndpointFactory, int], LinkSet] = Links  # the seam to the network
        self._links: LinkSet | None = None
        self._timetable: Timetable[_Due] | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the sockets and begin to announce; a second time is harmless.

        :raises NetworkError: port 1900 is not to be had.
        """
        if self._timetable is None:
            annoncer = self.annoncer
            links = self.makeLinks(self._endpoint, annoncer.limits.maxDatagramBytes)
            await links.open(annoncer.interfaces)
            self._links = links
            self.protocol.forget()
            self._timetable = Timetable(annoncer.limits, annoncer.maxAge, self.advertise, self._send)
            self._timetable.begin()

    def stop(self) -> None:
        """Send byebye for all that was announced, and close the sockets; a second time is harmless."""
        self.bye()
        if self._links is not None:
            self._links.close()
        self._links = self._timetable = None
        self.endpoints = {}

    def initLoop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start on a loop: at once when it is idle, as a task of its own when it runs."""
        self._task = _loops.startOn(loop, self.start, 'upnp SSDP start')

    def dispose(self) -> None:
        """Send byebye and close the sockets."""
        self.stop()

    def notify(self) -> None:
        """Send the next set of advertisements now; after :meth:`bye`, announce again, as after a start."""
        if self._timetable is not None:
            if self._timetable.isSilent:
                self.annoncer.advertisement = self.annoncer.advertisement.rebooted(self.annoncer.nextBootId())
                self.protocol.forget()
            self._timetable.hasten()

    def bye(self) -> None:
        """Send byebye for all that is announced, on every interface, and fall silent."""
        if self._timetable is not None and self._timetable.withdraw():
            self._toAll(BYEBYE)

    def change(self, advertisement: Advertisement) -> None:
        """Advertise something else: byebye for what vanishes, then one set of what there is now (UDA 1.1 §1.2)."""
        annoncer, former = self.annoncer, self.annoncer.advertisement
        speaking = self._timetable is not None and self._timetable.isAnnounced
        if speaking:
            for usn in former.byUsn.keys() - advertisement.byUsn.keys():
                target = former.byUsn[usn]
                for ip in self.endpoints:
                    Notify(self, former.devices[target.udn], nts=BYEBYE).send(ip, target.usn)
        annoncer.advertisement = advertisement
        self.protocol.forget()
        if speaking:
            self.notify()

    def advertise(self) -> None:
        """Send one set of advertisements on every interface."""
        self._toAll(ALIVE)

    def multicastEvent(self, service: Service, key: int, body: bytes) -> None:
        """Tell everybody of an event of a service, on every interface (UDA 1.1 §4.2).

        :param key: the event key.
        """
        advertisement = self.annoncer.advertisement
        for device in advertisement.devices.values():
            if service in device.services:
                usn = f'{device.UDN}::{service.serviceType}'
                log.debug('> %s:%d event %d of %r', GENA.GROUP, GENA.PORT, key, service)
                message = GENA.renderMulticastEvent(usn, serviceIdOf(service), key, advertisement.bootId, body)
                for endpoint in self.endpoints.values():
                    endpoint.transport.sendto(message, (GENA.GROUP, GENA.PORT))

    def later(self, transport: Sender, addr: Address, bundles: 'Sequence[_Bundle]', mx: int) -> None:
        """Have answers sent when they are due."""
        if self._timetable is not None:
            self._timetable.queue(addr[0], (addr[1], bundles[0]), [(one, transport, addr) for one in bundles], mx)

    def headersFor(self, target: Target, ip: str, names: Sequence[str], own: dict[str, str]) -> list[tuple[str, str]]:
        """Return the headers ``names`` of a message about ``target``, in that order, and the user's extra ones."""
        annoncer = self.annoncer
        root = annoncer.advertisement.roots[target.root]
        values = {
            'HOST': HOST,
            'CACHE-CONTROL': f'max-age={annoncer.maxAge}',
            'EXT': '',
            'LOCATION': f'http://{ip}:{annoncer.httpPort}{root.path}',
            'SERVER': annoncer.serverToken,
            'USN': target.usn,
            'BOOTID.UPNP.ORG': str(annoncer.advertisement.bootId),
            'CONFIGID.UPNP.ORG': str(root.configId),
            **own,
        }
        return [*((name, values[name]) for name in names), *annoncer.extraHeaders.items()]

    def targetFor(self, device: Device) -> Target | None:
        """Return the target that stands for a device itself: ``upnp:rootdevice`` of a root, its UDN of another."""
        advertisement = self.annoncer.advertisement
        return advertisement.target(f'{device.UDN}::upnp:rootdevice') or advertisement.target(str(device.UDN))

    def _endpoint(self, interface: Interface, multicast: bool) -> AnnouncerService:
        return AnnouncerService(config=self, interface=interface, multicast=multicast)

    def _send(self, due: '_Due') -> None:
        bundle, transport, addr = due
        bundle.sendto(transport, addr)

    def _toAll(self, nts: str) -> None:
        for root in self.annoncer.advertisement.roots.values():
            for ip in self.endpoints:
                self.protocol.notify(root.device, ip, nts=nts)
