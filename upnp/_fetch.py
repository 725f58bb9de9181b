"""HTTP as a client: one connection to a peer, for one exchange after the other, bounded in size; time is the caller's.

It tells by a callback what became of a request: an event goes to hundreds of subscribers, and a task with its futures
and timers for each would cost more than all the rest. It refuses to know what is asked. Of an answer nobody needs the
body yet: it is skipped, to where the next one begins.
"""

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from typing import TypeAlias

from . import _message, _transport
from ._addresses import socketAddressOf
from .Errors import MessageError

__all__ = ['Outcome', 'PeerConnection']

Outcome: TypeAlias = _message.Response | Exception

FINAL = 200  # below are answers that another follows
GONE = 'closed by the peer'
UNDER_WAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK)


class PeerConnection(asyncio.Protocol):
    """A connection that we make, with the first request.

    An answer counts as soon as its head is here; the body is skipped as it comes, and when it has come whole the
    connection can be used for the next request.

    :param place: an address literal, on an IPv6 link with the link's number (``fe80::9%3``), and the port of the peer.
    :param maxBytes: of an answer, head and body.
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
        self._received = bytearray()
        self._body: tuple[int, int | None] | None = None  # where the one to be skipped begins, and its length
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
        self._request, self._answered = request, answered
        if self._transport is not None:
            self._send(self._transport)
        elif _transport.isPossibleOn(self._loop):
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
        self.isReusable = False
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
            _transport.SocketTransport(sock, self)

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
        self._received += data
        response = None
        try:
            if self._answered is not None and self._body is None:
                response = self._head()
            if self._body is not None:
                self._skip(*self._body)
            elif self._answered is None:
                self._shut()
            if len(self._received) > self._maxBytes:
                raise MessageError(f'an answer of more than {self._maxBytes} bytes')
        except MessageError as error:
            self._end(response or error)
        else:
            if response is not None:
                self._settle(response)

    def eof_received(self) -> bool:
        """Take the end, and close."""
        self._end(MessageError('an answer that is cut off') if self._received else ConnectionResetError(GONE))
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

    def _head(self) -> _message.Response | None:
        """Return the head of the answer when it is here; those that another follows are skipped."""
        while (end := _message.headEnd(self._received)) >= 0:
            response = _message.parse(bytes(self._received[:end]))
            if not isinstance(response, _message.Response):
                raise MessageError(f'not an answer: {response!r:.80}')
            if response.status >= FINAL:
                self._body, self._keeps = (end, _message.answerLength(response)), keepsAlive(response)
                return response
            del self._received[:end]
        return None

    def _skip(self, start: int, length: int | None) -> None:
        """Be ready for the next request when the body is here; without a length its end is the connection's."""
        if length is None:
            return
        end = chunkedEnd(self._received, start) if length == _message.CHUNKED else start + length
        if 0 <= end <= len(self._received):
            self.isReusable = self._keeps and end == len(self._received)
            self._body = None
            self._received.clear()
            if not self.isReusable:
                self._shut()


def keepsAlive(response: _message.Response) -> bool:
    """Tell whether the peer keeps the connection open (RFC 9112 §9.3)."""
    options = response.headers.get('connection', '').lower()
    return 'keep-alive' in options if response.version == 'HTTP/1.0' else 'close' not in options


def chunkedEnd(received: bytearray, start: int) -> int:
    """Return where a chunked body that begins at ``start`` ends, its trailer included; -1 when that has not come yet.

    :raises MessageError: it is none (RFC 9112 §7.1).
    """
    while (line := received.find(b'\n', start)) >= 0:
        size = _message.parseChunkSize(bytes(received[start:line]).removesuffix(b'\r'))
        if size == 0:
            return _message.headEnd(received, line - 1)
        start = line + 1 + size
        if (line := received.find(b'\n', start)) >= 0:
            start = line + 1
    return -1
