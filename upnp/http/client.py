"""HTTP as a client: one connection to a peer, for one exchange after the other, bounded in size; time is the caller's.

It tells by a callback what became of a request: an event goes to hundreds of subscribers, and a task with its futures
and timers for each would cost more than all the rest. It refuses to know what is asked. Of an answer nobody needs the
body yet: it is skipped, to where the next one begins.
"""

import asyncio
import errno
import os
import socket
from collections.abc import Callable, Generator, Iterator
from typing import TypeAlias

from ..addressing.addresses import socketAddressOf
from ..Errors import MessageError
from . import message
from .transport import SocketTransport, isPossibleOn

__all__ = ['Outcome', 'PeerConnection']

Outcome: TypeAlias = message.Response | Exception

FINAL = 200  # below are answers that another follows
BLANK_BYTES = 3  # of a blank line, with the line end before it, that may have come before what is new
GONE = 'closed by the peer'
WHOLE = True
UNDER_WAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK)


class PeerConnection(asyncio.Protocol):
    """A connection that we make, with the first request.

    An answer counts as soon as its head is here; the body is skipped as it comes, and when it has come whole the
    connection can be used for the next request. Each byte is looked at once, in whatever pieces the peer sends them.

    :param place: an address literal, on an IPv6 link with the link's number (``fe80::9%3``), and the port of the peer.
    :param maxBytes: of an answer, head and body, and all that it announces itself with (1xx).
    """

    def __init__(self, place: tuple[str, int], maxBytes: int) -> None:
        self.place = place
        self.isReusable = False
        self.askedAt: float | None = None  # when the request was sent, in the loop's time; None while it connects
        self._maxBytes = maxBytes
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket | None = None  # while it connects
        self._connecting: asyncio.Task[object] | None = None  # likewise, where the loop does it
        self._transport: asyncio.Transport | None = None
        self._isClosed = False
        self._request = b''
        self._answered: Callable[[Outcome], None] | None = None
        self._received = bytearray()  # and neither read nor skipped yet
        self._left = maxBytes  # of the answer that is awaited or skipped
        self._body: Iterator[None] | None = None  # the rest of it, which is being dropped
        self._keeps = False  # whether the peer keeps the connection open after it

    @property
    def isOpen(self) -> bool:
        """Tell whether it may be used again, now or when the last answer has come whole."""
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, request: bytes, answered: Callable[[Outcome], None]) -> None:
        """Send a request, over a new connection the first time.

        :param answered: called once, unless it is closed before: with the head of the answer; with an OSError when it
            cannot be made or is lost, a ConnectionError if without a byte of an answer; with a MessageError for what is
            no answer, is cut off, or is too long.
        """
        self.isReusable, self._body, self.askedAt = False, None, None
        self._left = self._maxBytes
        self._request, self._answered = request, answered
        if self._transport is not None:
            self._send(self._transport)
        elif isPossibleOn(self._loop):
            self._connect()
        else:
            connecting = self._loop.create_connection(lambda: self, *self.place)
            self._connecting = self._loop.create_task(connecting, name='upnp connect')
            self._connecting.add_done_callback(self._onConnected)

    def close(self) -> None:
        """Close it at once, and call nobody; a second time is harmless."""
        self._isClosed, self._answered = True, None
        self._shut()

    def _shut(self) -> None:
        self.isReusable, self._body = False, None
        if self._connecting is not None and not self._loop.is_closed():
            self._connecting.cancel()
        self._dropSocket()
        if self._transport is not None:
            self._transport.abort()

    # Connecting

    def _connect(self) -> None:
        try:
            family = socket.AF_INET6 if ':' in self.place[0] else socket.AF_INET
            sock = self._socket = socket.socket(family, socket.SOCK_STREAM)
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if (number := sock.connect_ex(socketAddressOf(*self.place))) not in UNDER_WAY:
                raise OSError(number, os.strerror(number))
        except OSError as error:
            self._dropSocket()
            self._loop.call_soon(self._settle, error)  # not now, as who asks expects nothing yet
        else:
            self._loop.add_writer(sock.fileno(), self._onWritable)

    def _onWritable(self) -> None:
        sock, self._socket = self._socket, None
        if sock is None:
            return
        self._loop.remove_writer(sock.fileno())
        if number := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            sock.close()
            self._settle(OSError(number, os.strerror(number)))
        else:
            SocketTransport(sock, self)

    def _onConnected(self, connecting: 'asyncio.Task[object]') -> None:
        """Take note of how it went where the loop connects."""
        self._connecting = None
        if not connecting.cancelled() and isinstance(error := connecting.exception(), Exception):
            self._settle(error)

    def _dropSocket(self) -> None:
        sock, self._socket = self._socket, None
        if sock is not None:
            if not self._loop.is_closed():
                self._loop.remove_writer(sock.fileno())
            sock.close()

    # As asyncio calls it

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            if self._isClosed:  # in the same moment
                transport.abort()
            else:
                self._send(transport)

    def data_received(self, data: bytes) -> None:
        """Take a part of the answer; what nobody has asked for ends the connection."""
        new, isTooLong = len(self._received), len(data) > self._left
        data = data[: self._left]  # what is beyond is not even looked at
        self._left -= len(data)
        self._received += data
        response = None
        try:
            if self._answered is not None and self._body is None:
                response = self._head(new)
            if self._body is not None:
                self._skip(self._body)
            elif self._answered is None:
                self._shut()
            if isTooLong:
                raise MessageError(f'an answer of more than {self._maxBytes} bytes')
        except MessageError as error:
            self._end(response or error)
        else:
            if response is not None:
                self._settle(response)

    def eof_received(self) -> bool:
        """Take the end, and close."""
        hasBegun = self._left < self._maxBytes
        self._end(MessageError('an answer that is cut off') if hasBegun else ConnectionResetError(GONE))
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits for an answer."""
        self._end(exc or ConnectionResetError(GONE))

    def _send(self, transport: asyncio.Transport) -> None:
        self.askedAt = self._loop.time()
        if transport.is_closing():
            self._loop.call_soon(self._settle, ConnectionResetError(GONE))
        else:
            transport.write(self._request)

    def _end(self, outcome: Outcome) -> None:
        self._shut()
        self._settle(outcome)

    def _settle(self, outcome: Outcome) -> None:
        """Tell what became of the request, once."""
        answered, self._answered = self._answered, None
        if answered is not None:
            answered(outcome)

    def _head(self, new: int) -> message.Response | None:
        """Return the head of the answer when it is here; those that another follows are skipped.

        :param new: where that begins which has not been looked at.
        """
        received = self._received
        while (end := message.headEnd(received, max(new - BLANK_BYTES, 0))) >= 0:
            response = message.parse(bytes(received[:end]))
            if not isinstance(response, message.Response):
                raise MessageError(f'not an answer: {response!r:.80}')
            del received[:end]
            if response.status >= FINAL:
                self._body, self._keeps = dropBody(received, message.answerLength(response)), keepsAlive(response)
                return response
            new = 0
        return None

    def _skip(self, body: Iterator[None]) -> None:
        """Be ready for the next request when the body is here."""
        if next(body, WHOLE) is WHOLE:
            self.isReusable = self._keeps and not self._received
            self._body = None
            self._received.clear()
            if not self.isReusable:
                self._shut()


def keepsAlive(response: message.Response) -> bool:
    """Tell whether the peer keeps the connection open (RFC 9112 §9.3)."""
    options = response.headers.get('connection', '').lower()
    return 'keep-alive' in options if response.version == 'HTTP/1.0' else 'close' not in options


# What drops a body as it comes: each looks at what is new, and waits for more wherever it yields.


def dropBody(received: bytearray, length: int | None) -> Generator[None, None, None]:
    """Drop a body, of so many bytes or :data:`upnp.http.message.CHUNKED`; without a length its end is the connection's.

    :raises MessageError: its chunks are none (RFC 9112 §7.1).
    """
    if length == message.CHUNKED:
        yield from dropChunks(received)
    elif length is not None:
        yield from dropBytes(received, length)
    else:
        while True:
            received.clear()
            yield


def dropChunks(received: bytearray) -> Generator[None, None, None]:
    """Drop a chunked body, its trailer included."""
    while size := message.parseChunkSize((yield from dropLine(received))):
        yield from dropBytes(received, size)
        yield from dropLine(received)
    while (yield from dropLine(received)):
        pass


def dropBytes(received: bytearray, count: int) -> Generator[None, None, None]:
    """Drop so many bytes."""
    while len(received) < count:
        count -= len(received)
        received.clear()
        yield
    del received[:count]


def dropLine(received: bytearray) -> Generator[None, None, bytes]:
    """Drop a line; return it, without its end."""
    seen = 0
    while (end := received.find(b'\n', seen)) < 0:
        seen = len(received)
        yield
    line = bytes(received[:end])
    del received[: end + 1]
    return line.removesuffix(b'\r')
