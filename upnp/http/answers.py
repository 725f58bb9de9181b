"""Requests and answers of the HTTP server (UDA 1.1 §2.11): what each kind of answer consists of.

The chapters of UPnP have their own kinds; here is what they have in common, and the table of what is served.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar, NamedTuple, Protocol, TypeVar

from ..addressing.access import Access
from ..base.limits import Limits
from ..Errors import ActionError, MessageError
from . import message
from .message import REASONS

__all__ = [
    *('READ_METHODS', 'XML_TYPE', 'CalledAnswer', 'HttpAnswer', 'HttpRequest', 'Resource', 'ResourceAnswer'),
    *('ServerErrorAnswer', 'Site'),
]

XML_TYPE = 'text/xml; charset="utf-8"'
LANGUAGE = 'en'  # of what is served; UDA 1.1 §2.11 wants it told when ACCEPT-LANGUAGE came

READ_METHODS = ('GET', 'HEAD')
Subject = TypeVar('Subject')


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


class Site(Protocol):
    """What a server serves, and by which rules."""

    limits: Limits
    access: Access

    @property
    def serverToken(self) -> str:
        """The value of SERVER."""

    @property
    def resources(self) -> 'Mapping[str, Resource]':
        """All that is served, by path."""


class Resource(NamedTuple):
    """Something that is served; which chapter it belongs to, only its answer and its subject know.

    :param answer: of a request for it.
    :param content: bytes as they are, or what makes them for a reader that reached us at an address of ours.
    :param subject: what it is about, in the form that ``answer`` wants.
    :param name: what people call that, for the command line.
    """

    answer: 'type[ResourceAnswer]'
    contentType: str
    content: bytes | Callable[[str], bytes] = b''
    subject: object = None
    name: str = ''

    def body(self, host: str) -> bytes:
        """Return the bytes for a reader that reached us at ``host``."""
        return self.content if isinstance(self.content, bytes) else self.content(host)


class ResourceAnswer(HttpAnswer):
    """HTTP success, with something from the table of what is served.

    :param upnp: whose table it is: the announcer.
    """

    methods: ClassVar[Sequence[str]] = READ_METHODS
    isPage: ClassVar[bool] = False  # whether another page may stand in its place
    isForOwnPages: ClassVar[bool] = False  # whether no other page may so much as ask for it
    # What whoever asks for it has done, for the command line: {name} and {path} are the resource's. Empty where it is
    # not worth a line, as it is fetched along with something else.
    deed: ClassVar[str] = ''

    def __init__(self, request: HttpRequest, upnp: Site) -> None:
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

    def subject(self, kind: type[Subject]) -> Subject:
        """Return what the resource is about.

        :param kind: of what it has to be.
        :raises MessageError: nothing of that kind is at the path of the request.
        """
        found = self.resource.subject
        if not isinstance(found, kind):
            raise MessageError(f'no {kind.__name__} is at {self.request.path!r}', 404)
        return found

    def execute(self) -> None:
        """Prepare the answer: the bytes that were rendered when the devices were announced."""
        resource = self.resource
        self.headers['CONTENT-TYPE'] = resource.contentType
        self.body = resource.body(self.reachedHost)

    @property
    def reachedHost(self) -> str:
        """The address, or the name that is advertised in its place, by which the reader has reached us."""
        return self._upnp.access.advertisedHost or self.request.host


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
