"""HTTP as a client: one connection to a peer, for one exchange after the other, bounded in size; time is the caller's.

It refuses to know what is asked. Of an answer nobody needs the body yet: it is skipped, to where the next one begins.
"""

import asyncio
import socket
from functools import partial

from . import _message, _transport
from .Errors import MessageError

__all__ = ['PeerConnection', 'connect']

FINAL = 200  # below are answers that another follows
GONE = 'closed by the peer'


class PeerConnection(asyncio.Protocol):
    """A connection that we have made.

    An answer counts as soon as its head is here; the body is skipped as it comes, and when it has come whole the
    connection can be used for the next request.

    :param place: the address and the port of the peer.
    :param maxBytes: of an answer, head and body.
    """

    def __init__(self, place: tuple[str, int], maxBytes: int) -> None:
        self.place = place
        self.isReusable = False
        self._maxBytes = maxBytes
        self._transport = asyncio.Transport()
        self._received = bytearray()
        self._answer: asyncio.Future[_message.Response] | None = None
        self._body: tuple[int, int | None] | None = None  # where the one to be skipped begins, and its length
        self._keeps = False  # whether the peer keeps the connection open after it

    @property
    def isOpen(self) -> bool:
        """Tell whether it may be used again, now or when the last answer has come whole."""
        return not self._transport.is_closing()

    async def ask(self, request: bytes) -> _message.Response:
        """Send a request, and return the head of the answer; should the wait be cancelled, the connection is closed.

        :raises ConnectionResetError: the peer has closed it, without a byte of an answer.
        :raises OSError: it is lost.
        :raises MessageError: what came is no answer, is cut off, or is too long.
        """
        if not self.isOpen:
            raise ConnectionResetError(GONE)
        self.isReusable, self._body = False, None
        self._answer = asyncio.get_running_loop().create_future()
        try:
            self._transport.write(request)
            response = await self._answer
        except BaseException:
            self.close()
            raise
        finally:
            self._answer = None
        return response

    def close(self) -> None:
        """Close it at once; a second time is harmless."""
        self.isReusable = False
        self._transport.abort()

    # As asyncio calls it

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take a part of the answer; what nobody has asked for ends the connection."""
        self._received += data
        answer = self._answer
        try:
            if answer is not None and not answer.done() and (response := self._head()) is not None:
                answer.set_result(response)
            if self._body is not None:
                self._skip(*self._body)
            elif answer is None or answer.done():
                self.close()
            if len(self._received) > self._maxBytes:
                raise MessageError(f'an answer of more than {self._maxBytes} bytes')
        except MessageError as error:
            self._fail(error)

    def eof_received(self) -> bool:
        """Take the end, and close."""
        self._fail(MessageError('an answer that is cut off') if self._received else ConnectionResetError(GONE))
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits for an answer."""
        self._fail(exc or ConnectionResetError(GONE))

    def _fail(self, error: Exception) -> None:
        answer = self._answer
        if answer is not None and not answer.done():
            answer.set_exception(error)
        self.close()

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
                self.close()


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


async def connect(place: tuple[str, int], maxBytes: int) -> PeerConnection:
    """Return a new connection to an address literal and a port.

    :raises OSError: the peer does not take it.
    """
    loop = asyncio.get_running_loop()
    if not _transport.isPossibleOn(loop):
        _, connection = await loop.create_connection(partial(PeerConnection, place, maxBytes), *place)
        return connection
    sock = socket.socket(socket.AF_INET6 if ':' in place[0] else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await loop.sock_connect(sock, place)
    except BaseException:
        sock.close()
        raise
    connection = PeerConnection(place, maxBytes)
    _transport.SocketTransport(sock, connection)
    return connection
