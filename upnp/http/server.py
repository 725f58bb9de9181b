"""The HTTP server that a LOCATION leads to (UDA 1.1 §2.1, §2.11; RFC 9110 and 9112 as far as a small server needs
them).

It owns the listening sockets and the connections. What is served stands in a table, made when the devices are
announced: no path is ever joined to the file system, and nothing is rendered twice.
"""

import asyncio
import logging
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import ClassVar

from ..base import loops
from ..Errors import ActionError, MessageError
from . import message, transport
from .answers import READ_METHODS, CalledAnswer, HttpAnswer, HttpRequest, ServerErrorAnswer, Site
from .connections import Connection, ReadGate
from .listener import Listener, giveUpAfter, listeningSockets
from .message import DateStamp
from .table import Crowd

__all__ = ['FETCHED', 'HTTP', 'HttpServer']

log = logging.getLogger(__name__)
KNOWN_METHODS = (
    *('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'PATCH'),
    *('SUBSCRIBE', 'UNSUBSCRIBE', 'NOTIFY', 'M-POST'),
)

OK = 200
FETCHED = '< %s:%s %s %r: %d'
FOREIGN_HOST = 'the name in the address is none of this device, which allowedHosts can change'
PIECE_BYTES = 65536  # of a body that are written at once: who takes none of them has no more in our memory
ANSWERS_AT_ONCE = 4  # over one connection, before others have their turn: a peer has 64 of them
CLOSE_SECONDS = 1
STOP_SECONDS = 1
LATE_TURNS = 8  # of the loop: so many does a connection take that was accepted at the very last, to be aborted


class HttpServer:
    """Serves connections: reads requests in order, and answers each.

    :param config: the :class:`HTTP` that listens.
    """

    __module__ = 'upnp.HTTP'

    def __init__(self, config: 'HTTP') -> None:
        self._config = config
        self._dateStamp = DateStamp()
        self._isStopping = False
        self._gate = ReadGate()
        self._givenUp: set[asyncio.Task[object]] = set()
        self.crowd = Crowd(config.annoncer.limits)

    def HttpRouting(self, request: HttpRequest) -> HttpAnswer:
        """Return the answer to a request, still to be executed: by the host it is meant for, by path, then by method.

        What changes something is not taken from a page that is not our own.
        """
        annoncer = self._config.annoncer
        if not self._isForUs(request):
            return ServerErrorAnswer(request, status=403, remedy=FOREIGN_HOST)
        if request.method not in KNOWN_METHODS:
            return ServerErrorAnswer(request, status=501)
        resource = annoncer.resources.get(request.path)
        if resource is None:
            return ServerErrorAnswer(request, status=404)
        if request.method not in resource.answer.methods:
            return ServerErrorAnswer(request, status=405, allow=resource.answer.methods)
        isGuarded = request.method not in READ_METHODS or resource.answer.isForOwnPages
        if isGuarded and annoncer.access.isStrangers(request.headers):
            return ServerErrorAnswer(request, status=403)
        return resource.answer(request, annoncer)

    def _isForUs(self, request: HttpRequest) -> bool:
        """Tell whether every host that a request names is ours; HTTP/1.0 need not name any."""
        named = request.headers.get('host')
        isOurs = self._config.annoncer.access.isOurs
        return (named is None or isOurs(named, request.host)) and (
            not request.authority or isOurs(request.authority, request.host)
        )

    async def InConnection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection until the peer, an error, a limit or :meth:`stop` ends it."""
        connection = Connection(reader, writer, self._config.annoncer.limits)
        if self._isStopping or not connection.isKnown or not self._config.accepts(connection.host):
            connection.abort()  # it was accepted at the very last, or is nobody's any more, or not for us
            return
        self.crowd.add(connection)
        try:
            await self._serve(connection)
        except (TimeoutError, OSError) as error:
            log.debug('< %s:%s gone: %r', *connection.peer, error)
        except asyncio.CancelledError:  # and not raised again: some Pythons log a traceback for it, and it ends here
            connection.abort()
        finally:
            await self._close(connection)

    async def _close(self, connection: Connection) -> None:
        self.crowd.retire(connection)
        try:
            await connection.close()
        except asyncio.CancelledError:  # as above
            connection.abort()
        finally:
            self.crowd.remove(connection)

    def begin(self) -> None:
        """Take connections."""
        self._isStopping = False
        self.crowd.begin()

    async def stop(self) -> None:
        """Take no more connections, cut off every one, and wait for the end of those who served them."""
        self._isStopping = True
        tasks = [*(connection.task for connection in self.crowd.connections), *self._givenUp]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)  # functions of users may ignore it

    async def _serve(self, connection: 'Connection') -> None:
        answer: HttpAnswer | None = None
        served = 0
        while answer is None or not answer.closes:
            try:
                answer = await self._answered(connection)
                if answer is None or connection.task in self._givenUp:
                    return
            except MessageError as error:
                log.debug('< %s:%s refused: %s', *connection.peer, error)
                request = HttpRequest('', '', 'HTTP/1.1', {'connection': 'close'})
                answer = ServerErrorAnswer(request, status=error.status)
            self._send(connection, answer)
            try:
                await connection.flush()
                while answer.rest:
                    connection.writer.write(answer.rest[:PIECE_BYTES])
                    answer.rest = answer.rest[PIECE_BYTES:]
                    await connection.flush()
            except BaseException:
                answer.lost()
                raise
            answer.sent()
            if answer.lasts:
                await self._follow(connection, answer)
            served += 1
            if served % ANSWERS_AT_ONCE == 0:
                await asyncio.sleep(0)  # what one peer has sent in advance delays nobody else
            self.crowd.served(connection)

    async def _follow(self, connection: Connection, answer: HttpAnswer) -> None:
        """Wait for the end of a connection that others write to."""
        connection.isBusy = True  # one that is idle gives way before it
        try:
            await connection.untilClosed()
        finally:
            answer.ended()

    def _send(self, connection: 'Connection', answer: HttpAnswer) -> None:
        answer.execute()
        log.debug(FETCHED, *connection.peer, answer.request.method, answer.request.path, answer.status)
        date = self._dateStamp.at(time.time()).decode()
        answer.write(connection.writer, date=date, server=self._config.annoncer.serverToken, most=PIECE_BYTES)

    def _giveUp(self, connection: 'Connection', answer: CalledAnswer) -> None:
        """Answer in the place of a function that was cancelled and does not end; its task is left to itself."""
        answer.fail(ActionError(501))
        answer.closes = True
        self._send(connection, answer)
        connection.writer.close()
        self.crowd.retire(connection)
        connection.task.get_loop().call_later(self._config.annoncer.limits.writeSeconds, self._abandon, connection)
        self._givenUp.add(connection.task)
        connection.task.add_done_callback(self._givenUp.discard)

    def _abandon(self, connection: Connection) -> None:
        connection.abort()
        self.crowd.remove(connection)

    async def _answered(self, connection: 'Connection') -> HttpAnswer | None:
        """Read a request, and return the answer to it, still to be executed; None at the end of the connection."""
        parsed = await connection.head()
        if parsed is None:
            return None
        path = message.pathOf(parsed.target)
        authority = message.authorityOf(parsed.target)
        request = HttpRequest(
            *(parsed.method, path, parsed.version, parsed.headers),
            authority=authority,
            host=connection.host,
            peer=connection.peer,
            query=message.queryOf(parsed.target),
        )
        answer = self.HttpRouting(request)
        if length := message.bodyLength(parsed):
            expects = message.expectsContinue(parsed)
            if expects and answer.status != OK:  # known before the body is sent, so it need not be (RFC 9110 §10.1.1)
                answer.closes = True
                return answer
            request.body = await connection.body(length, keep=answer.wantsBody, isAwaited=expects)
        if isinstance(answer, CalledAnswer):
            if (turn := self._gate.enter(connection.peer[0])) is not None:
                await turn
            connection.isBusy = True
            try:
                await answer.call(partial(self._giveUp, connection, answer))
            finally:
                connection.isBusy = False
        return answer


class HTTP:
    """The server of one announcer: its sockets, its connections, and the table of what it serves.

    Beside what it is made with, two attributes may be set: ``hasIPv6``, before it starts, says whether all interfaces
    are meant in IPv6 too. ``accepts`` is called with our address that a peer has connected to, for IPv6 on a link with
    its zone (``fe80::1%3``), and tells whether it is served; at others the connection is closed without a word.

    :param annoncer: the announcer.
    :param port: 0 takes a free one; :attr:`port` tells which, once it listens.
    :param netbind: the address to listen at, of IPv6 with a zone where it needs one; ``0.0.0.0`` or ``::`` is every one
        in both protocols.
    """

    __module__ = 'upnp.HTTP'

    reuse: ClassVar[bool] = sys.platform != 'win32'  # there it would let two programs share the port

    def __init__(self, annoncer: Site, port: int, netbind: str) -> None:
        self.annoncer = annoncer
        self.netbind = netbind
        self.port = port
        self.hasIPv6 = True
        self.accepts: Callable[[str], bool] = acceptsAny
        self.server = HttpServer(self)
        self._wantedPort = port
        self._families: tuple[int, ...] = ()
        self._listening: list[Listener | asyncio.Server] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def servesIPv4(self) -> bool:
        """Tell whether it listens in IPv4."""
        return socket.AF_INET in self._families

    @property
    def servesIPv6(self) -> bool:
        """Tell whether it listens in IPv6: not where the machine has none, or another program has the port there."""
        return socket.AF_INET6 in self._families

    async def start(self) -> None:
        """Listen; a second time is harmless.

        :raises NetworkError: the port is taken, or the address is not ours.
        """
        if self._listening:
            return
        socks = listeningSockets(self.netbind, self._wantedPort, hasIPv6=self.hasIPv6, isReused=self.reuse)
        for sock in socks:
            giveUpAfter(sock, self.annoncer.limits.writeSeconds)
        self.port = socks[0].getsockname()[1]
        self._families = tuple(sock.family for sock in socks)
        self.server.begin()
        self._loop = asyncio.get_running_loop()
        if transport.isPossibleOn(self._loop):
            self._listening = [Listener(socks, self._accepted, self.server.crowd.makeRoom)]
            return
        # In two steps, as a start that is cancelled between listening and returning would lose the sockets.
        servers = [await asyncio.start_server(self.server.InConnection, sock=one, start_serving=False) for one in socks]
        self._listening = [*servers]
        for server in servers:
            await server.start_serving()

    async def stop(self) -> None:
        """Stop listening and cut off every connection; a second time is harmless."""
        servers = [one for one in self._listening if isinstance(one, asyncio.Server)]
        self.abandon()
        await self.server.stop()
        if servers:
            for _ in range(LATE_TURNS):
                await asyncio.sleep(0)
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await asyncio.gather(*(server.wait_closed() for server in servers))

    def abandon(self) -> None:
        """Stop listening, without a loop; connections are left to themselves."""
        listening, self._listening = self._listening, []
        for one in listening:
            one.close()
        self.port, self._families = self._wantedPort, ()

    def initLoop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start on a loop: at once when it is idle, as a task of its own when it runs."""
        self._task = loops.startOn(loop, self.start, 'upnp HTTP start')

    def dispose(self) -> None:
        """Stop listening; connections end with the loop's next turn."""
        if self._listening and self._loop is not None:
            self._task = loops.startOn(self._loop, self.stop, 'upnp HTTP stop')

    def _accepted(self, sock: socket.socket, peer: object) -> None:
        """Serve a connection, as ``asyncio.start_server`` would."""
        reader = asyncio.StreamReader(loop=self._loop)
        protocol = asyncio.StreamReaderProtocol(reader, self.server.InConnection, loop=self._loop)
        transport.SocketTransport(sock, protocol, peer=peer)


def acceptsAny(host: str) -> bool:
    """Serve who connects to any of our addresses."""
    return True
