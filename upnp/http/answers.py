"""Requests and answers of the HTTP server (UDA 1.1 §2.11): what each kind of answer consists of.

It knows the table of what is served, and refuses to know sockets and connections.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from ..addressing.access import Access
from ..addressing.addresses import hostOf
from ..base.limits import Limits
from ..base.xml import Element
from ..control.calls import Calls
from ..control.soap import ActionCall
from ..description import writing
from ..description.device import Device, Icon, Service
from ..description.writing import Places
from ..Errors import ActionError, MessageError
from ..eventing.events import Events
from . import message
from .message import REASONS

if TYPE_CHECKING:
    from ..presentation.page import Page

__all__ = [
    'OWN_USE',
    'READ_METHODS',
    'XML_TYPE',
    'AssetAnswer',
    'CalledAnswer',
    'DescriptionAnswer',
    'HttpAnswer',
    'HttpRequest',
    'IconAnswer',
    'PageAnswer',
    'Published',
    'Resource',
    'ResourceAnswer',
    'ScpdAnswer',
    'ServerErrorAnswer',
]

XML_TYPE = 'text/xml; charset="utf-8"'
# Of a document. Addresses come and go while a device runs, and all of 127.0.0.0/8 are this machine's.
MAX_FILLED = 32
LANGUAGE = 'en'  # of what is served; UDA 1.1 §2.11 wants it told when ACCEPT-LANGUAGE came

READ_METHODS = ('GET', 'HEAD')
# Of a page of ours: it loads nothing from elsewhere, runs nothing but its script, and stands in no stranger's frame.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Of what only pages of this device have a use for: a browser gives it to no stranger's, not even to see if it exists.
OWN_USE = {'X-CONTENT-TYPE-OPTIONS': 'nosniff', 'CROSS-ORIGIN-RESOURCE-POLICY': 'same-origin'}
PAGE_HEADERS = {
    'CACHE-CONTROL': 'no-store',
    'CONTENT-SECURITY-POLICY': CONTENT_POLICY,
    **OWN_USE,
    'REFERRER-POLICY': 'no-referrer',
}
ASSET_HEADERS = {'CACHE-CONTROL': 'public, max-age=31536000, immutable', **OWN_USE}

Thing = TypeVar('Thing')


class HttpRequest:
    """A request.

    :param path: of the resource, without the query.
    :param headers: by lower-case name.
    :param authority: host and port of an absolute request target (RFC 9112 §3.2.2); empty for one that is a path.
    :param host: the address of ours that the peer connected to, for IPv6 on a link with its zone: ``fe80::1%3``.
    :param peer: the peer's address, likewise, and port.
    :param query: what follows the path after a question mark, as it was sent: ``urllib.parse.parse_qs`` reads it.
    """

    __module__ = 'upnp.HTTP'

    def __init__(
        self,
        method: str,
        path: str,
        version: str,
        headers: Mapping[str, str],
        *,
        authority: str = '',
        host: str = '',
        peer: tuple[str, int] = ('', 0),
        query: str = '',
    ) -> None:
        self.method = method
        self.path = path
        self.version = version
        self.headers = headers
        self.authority = authority
        self.host = host
        self.peer = peer
        self.query = query
        self.body = b''

    @property
    def keepsAlive(self) -> bool:
        """Tell whether the connection stays open after the answer (RFC 9112 §9.3)."""
        options = self.headers.get('connection', '').lower()
        return 'close' not in options if self.version == 'HTTP/1.1' else 'keep-alive' in options

    def pprint(self) -> None:
        """Print the request in a form for people, to standard output."""
        show(f'{self.method} {self.path} {self.version}', self.headers.items())


class HttpAnswer:
    """A response to ``request``; a subclass fills it in by :meth:`execute`."""

    __module__ = 'upnp.HTTP'

    wantsBody: ClassVar[bool] = False  # whether the body of the request is kept, or dropped as it comes

    @property
    def lasts(self) -> bool:
        """Tell whether more is written after the answer was sent, until the connection ends."""
        return False

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = b''
        self.rest = memoryview(b'')  # of the body, that is yet to be sent
        self.closes = not request.keepsAlive

    def execute(self) -> None:
        """Prepare the answer; here an empty one, which subclasses override."""

    def pprint(self) -> None:
        """Print the answer in a form for people, to standard output."""
        show(self._statusLine, self._fields(''))

    def write(self, writer: asyncio.StreamWriter, *, date: str = '', server: str = '', most: int | None = None) -> None:
        """Send the answer; to HEAD without its body (RFC 9110 §9.3.2).

        :param date: the value of DATE; left out when empty.
        :param server: the value of SERVER, likewise.
        :param most: bytes of the body to send now, all unless given; what is left is in :attr:`rest`.
        """
        fields = [*self._fields(date), ('SERVER', server)] if server else self._fields(date)
        head = message.render(self._statusLine, fields)
        if self.request.method == 'HEAD':
            writer.write(head)
        elif most is None or len(self.body) <= most:
            writer.write(head + self.body)
        else:
            self.rest = memoryview(self.body)
            writer.write(head + self.rest[:most])
            self.rest = self.rest[most:]

    def sent(self) -> None:
        """Go on with what follows the answer, now that it is on its way; here nothing."""

    def lost(self) -> None:
        """Take back what the peer will not learn of, as the answer could not be sent; here nothing."""

    def ended(self) -> None:
        """Note that the connection of an answer that lasts has ended; here nothing."""

    @property
    def _statusLine(self) -> str:
        return f'HTTP/1.1 {self.status} {REASONS[self.status]}'

    def _fields(self, date: str) -> list[tuple[str, str]]:
        fields = [('CONTENT-LENGTH', str(len(self.body))), *self.headers.items()]
        if 'accept-language' in self.request.headers and self.body:
            fields.append(('CONTENT-LANGUAGE', LANGUAGE))
        if date:
            fields.append(('DATE', date))
        if self.closes:
            fields.append(('CONNECTION', 'close'))
        elif self.request.version == 'HTTP/1.0':
            fields.append(('CONNECTION', 'keep-alive'))
        return fields


class Published(Protocol):
    """What the server needs to know of its announcer."""

    limits: Limits
    calls: Calls
    events: Events
    access: Access

    @property
    def serverToken(self) -> str:
        """The value of SERVER."""

    @property
    def resources(self) -> 'Mapping[str, Resource]':
        """All that is served, by path."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that is served.

    :param content: bytes as they are, or a template that :func:`upnp.description.writing.fill` completes.
    :param service: the one whose actions are called here.
    :param page: the one that is shown here, or whose news are told.
    :param known: calls that came before, by SOAPACTION and body: control points ask for the same again and again.
    """

    answer: 'type[ResourceAnswer]'
    contentType: str
    content: bytes | str = b''
    configId: int = 0
    service: Service | None = None
    page: 'Page | None' = None
    known: dict[tuple[str, bytes], ActionCall] = field(default_factory=dict, repr=False, compare=False)
    _filled: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    def body(self, host: str) -> bytes:
        """Return the bytes for a reader that reached us at ``host``; made once for each address."""
        if self.page is not None:
            return self.page.body()
        if isinstance(self.content, bytes):
            return self.content
        if host not in self._filled:
            if len(self._filled) >= MAX_FILLED:
                self._filled.clear()
            self._filled[host] = writing.fill(self.content, self.configId, hostOf(host))
        return self._filled[host]


class ResourceAnswer(HttpAnswer):
    """HTTP success, with something from the table of what is served.

    :param upnp: the announcer.
    """

    methods: ClassVar[Sequence[str]] = READ_METHODS
    isPage: ClassVar[bool] = False  # whether another page may stand in its place
    isForOwnPages: ClassVar[bool] = False  # whether no other page may so much as ask for it

    def __init__(self, request: HttpRequest, upnp: Published) -> None:
        super().__init__(request)
        self._upnp = upnp
        self._resource = upnp.resources.get(request.path)  # now: the table may be another one when a call has ended

    @property
    def resource(self) -> Resource:
        """What is served at the path of the request.

        :raises MessageError: nothing is.
        """
        if self._resource is None:
            raise MessageError(f'nothing is at {self.request.path!r}', 404)
        return self._resource

    def execute(self) -> None:
        """Prepare the answer: the bytes that were rendered when the devices were announced."""
        resource = self.resource
        self.headers['CONTENT-TYPE'] = resource.contentType
        self.body = resource.body(self._upnp.access.advertisedHost or self.request.host)


class CalledAnswer(ResourceAnswer):
    """An answer that a function of the program makes, in the time that it has."""

    wantsBody = True

    async def call(self, giveUp: Callable[[], None] = lambda: None) -> None:
        """Call the function; here there is none.

        :param giveUp: called when its time is over and it cannot be ended.
        :raises MessageError: the request asks for nothing that can be called, or there are too many.
        """

    def fail(self, error: ActionError) -> None:
        """Answer with an error in the place of a result."""


class DescriptionAnswer(ResourceAnswer):
    """HTTP success, the description of a root device in XML (UDA 1.1 §2.3)."""

    __module__ = 'upnp.HTTP'

    def __init__(self, request: HttpRequest, upnp: Published) -> None:
        super().__init__(request, upnp)
        self._places = Places('', '')
        self._elements: list[Element] = []
        self._page: str | None = None

    def render(self, root: Device, places: Places, page: str) -> str:
        """Return the document of a root device, a template (see :mod:`upnp.description.writing`).

        :param page: the presentationURL when it has none of its own.
        """
        self._places, self._page = places, page
        (element,) = self._described([root], self.describeDevice)
        return writing.renderRoot(element)

    def describeDevice(self, device: Device) -> None:
        """Add a device, with its icons, services and embedded devices, to the answer."""
        page, self._page = self._page, None  # it is the root's
        icons = self._described(device.icons, self.describeIcon)
        services = self._described(device.services, self.describeService)
        devices = self._described(device.devices, self.describeDevice)
        self._elements.append(writing.deviceElement(device, icons, services, devices, page))

    def describeIcon(self, icon: Icon) -> None:
        """Add an icon to the answer."""
        self._elements.append(writing.iconElement(icon, str(icon.url or self._places.icon(icon))))

    def describeService(self, service: Service) -> None:
        """Add a service to the answer."""
        self._elements.append(writing.serviceElement(service, self._places))

    def _described(self, things: Iterable[Thing], describe: Callable[[Thing], None]) -> list[Element]:
        """Return what ``describe`` adds for each of the things."""
        outer, self._elements = self._elements, []
        for thing in things:
            describe(thing)
        inner, self._elements = self._elements, outer
        return inner


class ScpdAnswer(ResourceAnswer):
    """HTTP success, the SCPD of a service (UDA 1.1 §2.5)."""

    __module__ = 'upnp.HTTP'

    def render(self, service: Service) -> str:
        """Return the document of a service, a template."""
        return writing.renderScpd(service)


class IconAnswer(ResourceAnswer):
    """HTTP success, a picture."""


class PageAnswer(ResourceAnswer):
    """HTTP success, the page that the default presentationURL leads to (UDA 1.1 §5), with the present values."""

    isPage = True

    def execute(self) -> None:
        """Prepare the answer."""
        super().execute()
        self.headers |= PAGE_HEADERS


class AssetAnswer(ResourceAnswer):
    """HTTP success, a file of the page; its path tells its content, so that it may be kept for ever."""

    def execute(self) -> None:
        """Prepare the answer."""
        super().execute()
        self.headers |= ASSET_HEADERS


class ServerErrorAnswer(HttpAnswer):
    """An HTTP error; its body says no more than its status, and what would help.

    :param status: one of those in ``REASONS``.
    :param allow: for 405, the methods that are allowed.
    :param remedy: what whoever runs the device can do.
    """

    __module__ = 'upnp.HTTP'

    def __init__(self, request: HttpRequest, *, status: int = 500, allow: Sequence[str] = (), remedy: str = '') -> None:
        super().__init__(request)
        self.status = status
        self._allow = allow
        self._remedy = f': {remedy}' if remedy else ''

    def execute(self) -> None:
        """Prepare the answer."""
        if self._allow:
            self.headers['ALLOW'] = ', '.join(self._allow)
        self.headers['CONTENT-TYPE'] = 'text/plain'
        self.body = f'{self.status} {REASONS[self.status]}{self._remedy}\n'.encode()


def show(firstLine: str, fields: Iterable[tuple[str, str]]) -> None:
    """Write a head to standard output."""
    sys.stdout.write('\n'.join([firstLine, *(f'    {name}: {value}' for name, value in fields), '']))
