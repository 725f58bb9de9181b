"""The messages of SSDP that a device sends (UDA 1.1 §1.2, §1.3.3): advertisements, and answers to searches.

It knows what each header says, and refuses to know when something is sent, and who hears it.
"""

import logging
import time
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from ssdp.messages import SSDPRequest, SSDPResponse

from ..addressing.access import Access
from ..addressing.addresses import SocketAddress
from ..addressing.interfaces import Interface
from ..base.limits import Limits
from ..description.device import Device
from ..http import message
from ..http.message import DateStamp
from .sockets import GROUP, LINK_GROUP, PORT, SITE_GROUP, groupAddress, groupOf
from .targets import Advertisement, Target
from .transport import LinkTransport

__all__ = [
    *('ALIVE', 'BYEBYE', 'NOWHERE', 'OUR_HEADERS', 'UPDATE', 'Announced', 'Answer', 'Bundle', 'Endpoint'),
    *('Notify', 'Sender'),
]

log = logging.getLogger(__name__)

ALIVE = 'ssdp:alive'
UPDATE = 'ssdp:update'
BYEBYE = 'ssdp:byebye'
HOSTS = {GROUP: f'{GROUP}:{PORT}', LINK_GROUP: f'[FF02::C]:{PORT}', SITE_GROUP: f'[FF05::C]:{PORT}'}
BOOTID, CONFIGID, SEARCHPORT = 'BOOTID.UPNP.ORG', 'CONFIGID.UPNP.ORG', 'SEARCHPORT.UPNP.ORG'
NEXTBOOTID = 'NEXTBOOTID.UPNP.ORG'
ALIVE_HEADERS = ('HOST', 'CACHE-CONTROL', 'LOCATION', 'NT', 'NTS', 'SERVER', 'USN', BOOTID, CONFIGID, SEARCHPORT)
UPDATE_HEADERS = ('HOST', 'LOCATION', 'NT', 'NTS', 'USN', BOOTID, CONFIGID, NEXTBOOTID, SEARCHPORT)
BYEBYE_HEADERS = ('HOST', 'NT', 'NTS', 'USN', BOOTID, CONFIGID)
ANSWER_HEADERS = ('CACHE-CONTROL', 'EXT', 'LOCATION', 'SERVER', 'ST', 'USN', BOOTID, CONFIGID, SEARCHPORT)
NOTIFY_HEADERS = {ALIVE: ALIVE_HEADERS, UPDATE: UPDATE_HEADERS, BYEBYE: BYEBYE_HEADERS}
OPT, NLS = 'OPT', '01-NLS'  # of IPv6 messages, for control points of UDA 1.0 Annex A
OUR_HEADERS = frozenset((*ALIVE_HEADERS, *UPDATE_HEADERS, *ANSWER_HEADERS, OPT, NLS, 'DATE'))
NAMESPACE = '"http://schemas.upnp.org/upnp/1/0/"; ns=01'

MIN_JOINED = 8  # answers that leave in one call


@runtime_checkable
class Sender(Protocol):
    """What datagrams go out by: an asyncio transport of any loop, or :class:`LinkTransport`."""

    def sendto(self, data: bytes, addr: SocketAddress | None = None) -> None:
        """Send one datagram to ``(address, port)``."""


class _Nowhere:
    """What an endpoint sends by while it is not connected, or no more."""

    def sendto(self, data: bytes, addr: SocketAddress | None = None) -> None:
        """Drop it."""


NOWHERE = _Nowhere()


class Announced(Protocol):
    """What SSDP needs to know of its announcer."""

    advertisement: Advertisement
    limits: Limits
    maxAge: int
    extraHeaders: dict[str, str]
    access: Access

    def nextBootId(self) -> int:
        """Return a BOOTID greater than the former one."""

    def lookAround(self) -> None:
        """Look whether the network has changed without a word."""

    @property
    def inUse(self) -> Sequence[Interface]:
        """The addresses to announce at."""

    @property
    def serverToken(self) -> str:
        """The value of SERVER."""


class Endpoint(Protocol):
    """What is sent by: see :class:`upnp.SSDP.AnnouncerService`."""

    @property
    def transport(self) -> Sender:
        """Where it goes out."""


class Config(Protocol):
    """What a message needs to know: see :class:`upnp.SSDP.SSDP`."""

    @property
    def annoncer(self) -> Announced:
        """Whose message it is."""

    @property
    def dateStamp(self) -> DateStamp:
        """What writes the date."""

    def searchPort(self, interface: Interface) -> int:
        """Return the port that unicast searches come to there."""

    def endpointAt(self, ip: str) -> tuple[Interface, Endpoint]:
        """Return the interface with our address ``ip``, and its endpoint."""


class Answer(SSDPResponse):
    """The answer to an M-SEARCH for one target (UDA 1.1 §1.3.3).

    :param config: the :class:`SSDP` that answers.
    """

    __module__ = 'upnp.SSDP'

    def __init__(self, config: Config, status_code: int, reason: str) -> None:
        super().__init__(status_code, reason)
        self._config = config
        self._head = b''
        self._target: Target | None = None
        self._interface: Interface | None = None

    def describe(self, target: Target, interface: Interface) -> 'Answer':
        """Fill in the headers for ``target``, with a LOCATION at our address there, and return itself."""
        self._target, self._interface = target, interface
        self.headers = headersFor(self._config, target, interface, ANSWER_HEADERS, {'ST': target.nt})
        self._head = message.render(f'{self.version} {self.status_code} {self.reason}', self.headers)[:-2] + b'DATE: '
        return self

    def isRight(self) -> bool:
        """Tell whether its target is still advertised."""
        target = self._target
        return target is not None and target in self._config.annoncer.advertisement.directory.find(target.nt)

    def renewed(self) -> 'Answer':
        """Return it as it is now."""
        if self._target is None or self._interface is None:
            return self
        return self.describe(self._target, self._interface)

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

    def send(self, device: Device, ip: str, addr: SocketAddress) -> None:
        """Send the answer that ``device`` is here.

        :param ip: our own address, for LOCATION; the answer leaves from it.
        :param addr: the peer's (address, port).
        """
        interface, endpoint = self._config.endpointAt(ip)
        if (target := targetFor(self._config.annoncer.advertisement, device)) is not None:
            self.describe(target, interface).sendto(endpoint.transport, addr)

    def sendto(self, transport: Sender, addr: SocketAddress) -> None:
        """Send the answer as it is to ``addr``."""
        log.debug('> %s:%d answer', *addr[:2])
        transport.sendto(bytes(self), addr)


class Bundle:
    """Answers that leave together: many of them in one call, where the kernel can cut equal ones apart again.

    A few go one by one: what would be saved is little, and whoever captures on this machine sees them as they will be.
    """

    def __init__(self, config: Config, answers: Sequence[Answer]) -> None:
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

    def sendto(self, transport: Sender, addr: SocketAddress) -> None:
        """Send them to ``addr``; what has changed since they were rendered is told as it is now, or not at all."""
        if self._advertisement is not self._config.annoncer.advertisement:
            self._take([answer.renewed() for answer in self._answers if answer.isRight()])
        if not self._isJoined or not isinstance(transport, LinkTransport):
            for answer in self._answers:
                answer.sendto(transport, addr)
            return
        if (date := self._answers[0].date) is not self._date:  # they carry it
            self._date, self._joined = date, b''.join(map(bytes, self._answers))
        log.debug('> %s:%d %d answers', *addr[:2], len(self._answers))
        transport.sendEqual(self._joined, len(self._joined) // len(self._answers), addr)


class Notify(SSDPRequest):
    """An advertisement of one target (UDA 1.1 §1.2.2 to §1.2.4).

    :param config: the :class:`SSDP` that announces.
    :param device: whose targets are meant.
    :param nts: ``ssdp:alive``, ``ssdp:update`` or ``ssdp:byebye``.
    :param nextBootId: of an update, the BOOTID of the advertisements that follow.
    """

    __module__ = 'upnp.SSDP'

    def __init__(self, config: Config, device: Device, *, nts: str = ALIVE, nextBootId: int = 0) -> None:
        super().__init__('NOTIFY')
        self._config = config
        self._device = device
        self._nts = nts
        self._nextBootId = nextBootId

    def __bytes__(self) -> bytes:
        """Return the message."""
        return message.render(f'{self.method} {self.uri} {self.version}', self.headers)

    def send(self, ip: str, usn: str | None = None, transport: Sender | None = None) -> None:
        """Send the advertisement to the group.

        :param ip: our own address on the interface to use, for LOCATION.
        :param usn: what to advertise; None means the device itself.
        :param transport: None means the one of that interface.
        """
        config = self._config
        interface, endpoint = config.endpointAt(ip)
        target = (
            targetFor(config.annoncer.advertisement, self._device)
            if usn is None
            else config.annoncer.advertisement.target(usn)
        )
        if target is not None:
            self.describe(target, interface).sendto(transport or endpoint.transport, groupAddress(interface))

    def describe(self, target: Target, interface: Interface) -> 'Notify':
        """Fill in the headers for ``target``, with a LOCATION at our address there, and return itself."""
        own = {'NT': target.nt, 'NTS': self._nts, NEXTBOOTID: str(self._nextBootId)}
        self.headers = headersFor(self._config, target, interface, NOTIFY_HEADERS[self._nts], own)
        return self

    def sendto(self, transport: Sender, addr: SocketAddress) -> None:
        """Send the advertisement as it is to ``addr``."""
        log.debug('> %s:%d %s', *addr[:2], self._nts)
        transport.sendto(bytes(self), addr)


def targetFor(advertisement: Advertisement, device: Device) -> Target | None:
    """Return the target that stands for a device itself: ``upnp:rootdevice`` of a root, its UDN of another."""
    return advertisement.target(f'{device.UDN}::upnp:rootdevice') or advertisement.target(str(device.UDN))


def headersFor(
    config: Config, target: Target, interface: Interface, names: Sequence[str], own: dict[str, str]
) -> list[tuple[str, str]]:
    """Return the headers ``names`` of a message about ``target``, in that order, and the user's extra ones.

    :param interface: where it goes out.
    :param own: further ones of the message's kind.
    """
    annoncer = config.annoncer
    root, bootId = annoncer.advertisement.roots[target.root], str(annoncer.advertisement.bootId)
    values = {
        'HOST': HOSTS[groupOf(interface)],
        'CACHE-CONTROL': f'max-age={annoncer.maxAge}',
        'EXT': '',
        'LOCATION': f'http://{annoncer.access.urlHost(interface.address)}{root.path}',
        'SERVER': annoncer.serverToken,
        'USN': target.usn,
        BOOTID: bootId,
        CONFIGID: str(root.configId),
        **own,
    }
    if (port := config.searchPort(interface)) != PORT:
        values[SEARCHPORT] = str(port)
    headers = [(name, values[name]) for name in names if name in values]
    if interface.isIPv6:
        headers += ((OPT, NAMESPACE), (NLS, bootId))
    return [*headers, *annoncer.extraHeaders.items()]
