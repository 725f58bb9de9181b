"""The HTTP server that a LOCATION leads to (UDA 1.1 §2.1, §2.11; RFC 9110 and 9112 as far as a small server needs
them).

It owns the listening socket and the connections. What is served stands in a table, made when the devices are announced:
no path is ever joined to the file system, and nothing is rendered twice.
"""

import asyncio
import errno
import logging
import socket
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, TypeVar

from . import Description, _loops, _message, _page
from ._connection import Connection
from ._limits import Limits
from ._message import DateStamp
from ._xml import Element
from .Description import Places
from .Errors import MessageError, NetworkError
from .Objects import Device, Icon, Service

__all__ = [
    *('FETCHED', 'HTTP', 'DescriptionAnswer', 'HttpAnswer', 'HttpRequest', 'HttpServer', 'IconAnswer', 'PageAnswer'),
    *('Published', 'Resource', 'ScpdAnswer', 'ServerErrorAnswer'),
]

log = logging.getLogger(__name__)

XML_TYPE = 'text/xml; charset="utf-8"'
HTML_TYPE = 'text/html; charset=utf-8'
LANGUAGE = 'en'  # of what is served; UDA 1.1 §2.11 wants it told when ACCEPT-LANGUAGE came

REASONS = {  # RFC 9110 §15, those that are answered
    200: 'OK',
    400: 'Bad Request',
    404: 'Not Found',
    405: 'Method Not Allowed',
    413: 'Content Too Large',
    414: 'URI Too Long',
    431: 'Request Header Fields Too Large',
    500: 'Internal Server Error',
    501: 'Not Implemented',
    505: 'HTTP Version Not Supported',
}
READ_METHODS = ('GET', 'HEAD')
KNOWN_METHODS = (
    *(*READ_METHODS, 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'PATCH'),
    *('SUBSCRIBE', 'UNSUBSCRIBE', 'NOTIFY', 'M-POST'),
)

FETCHED = '< %s:%s %s %s: %d'
BACKLOG = 100
CLOSE_SECONDS = 1
LATE_TURNS = 8  # of the loop: so many does a connection take that was accepted at the very last, to be aborted

Thing = TypeVar('Thing')


class HttpRequest:
    """A request.

    :param path: of the resource, without the query.
    :param headers: by lower-case name.
    :param host: the address of ours that the peer connected to.
    """

    def __init__(self, method: str, path: str, version: str, headers: Mapping[str, str], *, host: str = '') -> None:
        self.method = method
        self.path = path
        self.version = version
        self.headers = headers
        self.host = host

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

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = b''
        self.closes = not request.keepsAlive

    def execute(self) -> None:
        """Prepare the answer; here an empty one, which subclasses override."""

    def pprint(self) -> None:
        """Print the answer in a form for people, to standard output."""
        show(self._statusLine, self._fields(''))

    def write(self, writer: asyncio.StreamWriter, *, date: str = '', server: str = '') -> None:
        """Send the answer; to HEAD without its body (RFC 9110 §9.3.2).

        :param date: the value of DATE; left out when empty.
        :param server: the value of SERVER, likewise.
        """
        fields = [*self._fields(date), ('SERVER', server)] if server else self._fields(date)
        head = _message.render(self._statusLine, fields)
        writer.write(head if self.request.method == 'HEAD' else head + self.body)

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

    @property
    def serverToken(self) -> str:
        """The value of SERVER."""

    @property
    def resources(self) -> 'Mapping[str, Resource]':
        """All that is served, by path."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that is served.

    :param content: bytes as they are, or a template that :func:`upnp.Description.fill` completes.
    """

    answer: 'type[ResourceAnswer]'
    contentType: str
    content: bytes | str
    configId: int = 0
    _filled: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    def body(self, host: str) -> bytes:
        """Return the bytes for a reader that reached us at ``host``; made once for each address of ours."""
        if isinstance(self.content, bytes):
            return self.content
        if host not in self._filled:
            self._filled[host] = Description.fill(self.content, self.configId, host)
        return self._filled[host]


class ResourceAnswer(HttpAnswer):
    """HTTP success, with something from the table of what is served.

    :param upnp: the announcer.
    """

    def __init__(self, request: HttpRequest, upnp: Published) -> None:
        super().__init__(request)
        self._upnp = upnp

    def execute(self) -> None:
        """Prepare the answer: the bytes that were rendered when the devices were announced."""
        resource = self._upnp.resources[self.request.path]
        self.headers['CONTENT-TYPE'] = resource.contentType
        self.body = resource.body(self.request.host)


class DescriptionAnswer(ResourceAnswer):
    """HTTP success, the description of a root device in XML (UDA 1.1 §2.3)."""

    def __init__(self, request: HttpRequest, upnp: Published) -> None:
        super().__init__(request, upnp)
        self._places = Places('', '', {}, {})
        self._elements: list[Element] = []
        self._page: str | None = None

    def render(self, root: Device, places: Places, page: str) -> str:
        """Return the document of a root device, a template (see :mod:`upnp.Description`).

        :param page: the presentationURL when it has none of its own.
        """
        self._places, self._page = places, page
        (element,) = self._described([root], self.describeDevice)
        return Description.renderRoot(element)

    def describeDevice(self, device: Device) -> None:
        """Add a device, with its icons, services and embedded devices, to the answer."""
        page, self._page = self._page, None  # it is the root's
        icons = self._described(device.icons, self.describeIcon)
        services = self._described(device.services, self.describeService)
        devices = self._described(device.devices, self.describeDevice)
        self._elements.append(Description.deviceElement(device, icons, services, devices, page))

    def describeIcon(self, icon: Icon) -> None:
        """Add an icon to the answer."""
        self._elements.append(Description.iconElement(icon, str(icon.url or self._places.icons[icon])))

    def describeService(self, service: Service) -> None:
        """Add a service to the answer."""
        self._elements.append(Description.serviceElement(service, self._places))

    def _described(self, things: Iterable[Thing], describe: Callable[[Thing], None]) -> list[Element]:
        """Return what ``describe`` adds for each of the things."""
        outer, self._elements = self._elements, []
        for thing in things:
            describe(thing)
        inner, self._elements = self._elements, outer
        return inner


class ScpdAnswer(ResourceAnswer):
    """HTTP success, the SCPD of a service (UDA 1.1 §2.5)."""

    def render(self, service: Service) -> str:
        """Return the document of a service, a template."""
        return Description.renderScpd(service)


class IconAnswer(ResourceAnswer):
    """HTTP success, a picture."""


class PageAnswer(ResourceAnswer):
    """HTTP success, the page that the default presentationURL leads to (UDA 1.1 §5)."""


class ServerErrorAnswer(HttpAnswer):
    """An HTTP error; its body says no more than its status.

    :param status: one of those in ``REASONS``.
    :param allow: for 405, the methods that are allowed.
    """

    def __init__(self, request: HttpRequest, *, status: int = 500, allow: Sequence[str] = ()) -> None:
        super().__init__(request)
        self.status = status
        self._allow = allow

    def execute(self) -> None:
        """Prepare the answer."""
        if self._allow:
            self.headers['ALLOW'] = ', '.join(self._allow)
        self.headers['CONTENT-TYPE'] = 'text/plain'
        self.body = f'{self.status} {REASONS[self.status]}\n'.encode()


class HttpServer:
    """Serves connections: reads requests in order, and answers each.

    :param config: the :class:`HTTP` that listens.
    """

    def __init__(self, config: 'HTTP') -> None:
        self._config = config
        self._dateStamp = DateStamp()
        self._isStopping = False
        self._open: OrderedDict[asyncio.StreamWriter, Connection] = OrderedDict()  # the one idle longest first

    def HttpRouting(self, request: HttpRequest) -> HttpAnswer:
        """Return the answer to a request, still to be executed: by path, then by method."""
        if request.method not in KNOWN_METHODS:
            return ServerErrorAnswer(request, status=501)
        resource = self._config.annoncer.resources.get(request.path)
        if resource is None:
            return ServerErrorAnswer(request, status=404)
        if request.method not in READ_METHODS:
            return ServerErrorAnswer(request, status=405, allow=READ_METHODS)
        return resource.answer(request, self._config.annoncer)

    async def InConnection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection until the peer, an error, a limit or :meth:`stop` ends it."""
        if self._isStopping:  # it was accepted at the very last
            writer.transport.abort()
            return
        connection = Connection(reader, writer, self._config.annoncer.limits)
        self._open[writer] = connection
        self._makeRoom(connection)
        try:
            await self._serve(connection)
        except (TimeoutError, OSError) as error:
            log.debug('< %s:%s gone: %r', *connection.peer, error)
        except asyncio.CancelledError:  # and not raised again: some Pythons log a traceback for it, and it ends here
            connection.abort()
        finally:
            self._open.pop(writer, None)
            await connection.close()

    def begin(self) -> None:
        """Take connections."""
        self._isStopping = False

    async def stop(self) -> None:
        """Take no more connections, cut off every one, and wait for the end of those who served them."""
        self._isStopping = True
        tasks = [connection.task for connection in self._open.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _makeRoom(self, newcomer: 'Connection') -> None:
        """Keep to the number of connections: the one idle longest gives way, so that nobody can lock others out."""
        limits = self._config.annoncer.limits
        siblings = [one for one in self._open.values() if one.peer[0] == newcomer.peer[0]]
        if len(siblings) > limits.maxConnectionsPerPeer:
            victim = siblings[0]
        elif len(self._open) > limits.maxConnections:
            victim = next(iter(self._open.values()))
        else:
            return
        victim.abort()
        del self._open[victim.writer]

    async def _serve(self, connection: 'Connection') -> None:
        closes = False
        while not closes:
            try:
                parsed = await connection.request()
                if parsed is None:
                    return
                path = _message.pathOf(parsed.target)
                request = HttpRequest(parsed.method, path, parsed.version, parsed.headers, host=connection.host)
                answer = self.HttpRouting(request)
            except MessageError as error:
                log.debug('< %s:%s refused: %s', *connection.peer, error)
                request = HttpRequest('', '', 'HTTP/1.1', {'connection': 'close'})
                answer = ServerErrorAnswer(request, status=error.status)
            answer.execute()
            log.debug(FETCHED, *connection.peer, request.method, request.path, answer.status)
            date = self._dateStamp.at(time.time()).decode()
            answer.write(connection.writer, date=date, server=self._config.annoncer.serverToken)
            await connection.flush()
            if connection.writer in self._open:
                self._open.move_to_end(connection.writer)
            closes = answer.closes


def show(firstLine: str, fields: Iterable[tuple[str, str]]) -> None:
    """Write a head to standard output."""
    sys.stdout.write('\n'.join([firstLine, *(f'    {name}: {value}' for name, value in fields), '']))


class HTTP:
    """The server of one announcer: its socket, its connections, and the table of what it serves.

    :param annoncer: the announcer.
    :param port: 0 takes a free one; :attr:`port` tells which, once it listens.
    :param netbind: the address to listen at.
    """

    reuse: ClassVar[bool] = sys.platform != 'win32'  # there it would let two programs share the port

    def __init__(self, annoncer: Published, port: int, netbind: str) -> None:
        self.annoncer = annoncer
        self.netbind = netbind
        self.port = port
        self.server = HttpServer(self)
        self._wantedPort = port
        self._listening: asyncio.Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; a second time is harmless.

        :raises NetworkError: the port is taken, or the address is not ours.
        """
        if self._listening is None:
            sock = self._bound()
            self.port = sock.getsockname()[1]
            self.server.begin()
            # In two steps, as a start that is cancelled between listening and returning would lose the socket.
            self._listening = await asyncio.start_server(self.server.InConnection, sock=sock, start_serving=False)
            await self._listening.start_serving()

    async def stop(self) -> None:
        """Stop listening and cut off every connection; a second time is harmless."""
        listening = self._listening
        self.abandon()
        await self.server.stop()
        if listening is not None:
            for _ in range(LATE_TURNS):
                await asyncio.sleep(0)
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await listening.wait_closed()

    def abandon(self) -> None:
        """Stop listening, without a loop; connections are left to themselves."""
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.close()
        self.port = self._wantedPort

    def initLoop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start on a loop: at once when it is idle, as a task of its own when it runs."""
        self._task = _loops.startOn(loop, self.start, 'upnp HTTP start')

    def dispose(self) -> None:
        """Stop listening; connections end with the loop's next turn."""
        if self._listening is not None:
            self._task = _loops.startOn(self._listening.get_loop(), self.stop, 'upnp HTTP stop')

    def publish(self, root: Device, places: Places) -> tuple[dict[str, Resource], int]:
        """Render all that is to be served of a root device.

        :returns: the resources by path, and the CONFIGID.
        """
        request = HttpRequest('GET', places.description, 'HTTP/1.1', {})
        page = f'http://{{host}}:{self.port}{places.page}'
        description = DescriptionAnswer(request, self.annoncer).render(root, places, page)
        scpds = {
            places.scpd(service): ScpdAnswer(request, self.annoncer).render(service) for service in places.services
        }
        configId = Description.configIdOf([description, *scpds.values()])
        resources = {places.description: Resource(DescriptionAnswer, XML_TYPE, description, configId)}
        resources |= {path: Resource(ScpdAnswer, XML_TYPE, scpd, configId) for path, scpd in scpds.items()}
        for icon, path in places.icons.items():
            resources[path] = Resource(IconAnswer, str(icon.mimetype), icon.content or b'')
        resources[places.page] = Resource(PageAnswer, HTML_TYPE, _page.renderPage(root, places))
        return resources, configId

    def _bound(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            if self.reuse:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setblocking(False)
            sock.bind((self.netbind, self._wantedPort))
            sock.listen(BACKLOG)
        except OSError as error:
            sock.close()
            remedy = 'choose another with httpPort=..., or httpPort=0 for any free one'
            if error.errno == errno.EADDRNOTAVAIL:
                remedy = 'netBind has to be an address of this machine'
            text = f'HTTP port {self._wantedPort} on {self.netbind} is not to be had ({error.strerror}): {remedy}'
            raise NetworkError(error.errno, text) from error
        return sock
