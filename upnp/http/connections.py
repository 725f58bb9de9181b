"""One HTTP connection: its bytes cut into requests, each bounded in time and size.

It knows how long to wait and how much to take, and refuses to know what a request asks for.
"""

import asyncio

from ..addressing.addresses import addressOf
from ..base.fairness import ReadScheduler
from ..base.limits import Limits
from ..Errors import MessageError
from .message import CHUNKED, Request, headEnd, parseChunkSize, parseRequest

__all__ = ['Connection', 'ReadGate']

CONTINUE = b'HTTP/1.1 100 Continue\r\n\r\n'
READ_BYTES = 65536


class Connection:
    """One connection: its bytes cut into requests, each read bounded in time and size.

    ``peer`` is the peer's address and port, ``host`` the address of ours that it has connected to, each with its zone.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limits: Limits) -> None:
        told = writer.get_extra_info('peername')
        peer = told or ('?', 0)
        self.writer = writer
        self.isKnown = told is not None  # else the peer had left before anybody asked who it was
        self.peer: tuple[str, int] = (addressOf(peer), peer[1])
        self.host: str = addressOf(writer.get_extra_info('sockname') or ('', 0))
        self.task = currentTask('upnp connection')
        self.isBusy = False  # while a function of the user's runs for it
        self._reader = reader
        self._limits = limits
        self._buffer = bytearray()
        self._former: tuple[bytes, Request] | None = None
        self._due: float | None = None
        self._isLate = False
        self._timer: asyncio.TimerHandle | None = None

    async def head(self) -> Request | None:
        """Return the head of the next request; None at the end.

        :raises MessageError: the peer's bytes are no request, or go beyond a limit.
        """
        head = await self._head()
        if head is None:
            return None
        if self._former is None or head != self._former[0]:  # most kept connections ask for the same again and again
            self._former = head, parseRequest(head, self._limits.maxHeaderFields)
        return self._former[1]

    async def body(self, length: int, *, keep: bool, isAwaited: bool = False) -> bytes:
        """Read the body that follows a head; return it, or nothing when it is not to be kept.

        :param length: in bytes, or :data:`upnp.http.message.CHUNKED`.
        :param isAwaited: the peer waits for a word before it sends the body (RFC 9110 §10.1.1).
        :raises MessageError: it goes beyond a limit, is cut off, or its chunks are none.
        :raises TimeoutError: the peer is slow; it was cut off.
        """
        if length > self._limits.maxBodyBytes:
            raise MessageError(f'a body of {length} bytes', 413)
        if isAwaited:
            self.writer.write(CONTINUE)
        self._expect(self._limits.bodySeconds)
        body = await (self._chunks(keep) if length == CHUNKED else self._take(length, keep))
        self._due = None
        return body

    async def flush(self) -> None:
        """Wait until the peer has taken what was written; one that reads nothing is cut off."""
        unsent = self.writer.transport.get_write_buffer_size
        while left := unsent():
            try:
                async with asyncio.timeout(self._limits.writeSeconds):
                    await self.writer.drain()
                return
            except TimeoutError:
                if unsent() >= left:
                    raise

    async def untilClosed(self) -> None:
        """Wait until it is closed; a peer that sends anything meanwhile has nothing more to expect."""
        await self._reader.read(READ_BYTES)

    def abort(self) -> None:
        """Cut it off, whatever is under way."""
        self.writer.transport.abort()

    async def close(self) -> None:
        """Close it, and wait for the end; what the peer does not take in time is dropped."""
        if self._timer is not None:
            self._timer.cancel()
        self.writer.close()
        if not self.writer.transport.get_write_buffer_size():
            return
        try:
            async with asyncio.timeout(self._limits.writeSeconds):
                await self.writer.wait_closed()
        except OSError:  # a TimeoutError is one
            self.abort()
        except asyncio.CancelledError:
            self.abort()
            raise

    async def _head(self) -> bytes | None:
        """Return a head with its blank line; None when the peer has closed, or is idle for too long."""
        limits, buffer = self._limits, self._buffer
        began = bool(buffer)
        self._expect(limits.headSeconds if began else limits.idleSeconds)
        while True:
            while buffer.startswith((b'\r\n', b'\n')):  # RFC 9112 §2.2: skip empty lines before a request
                del buffer[: 1 + (buffer[0] == 0x0D)]
            if (end := headEnd(buffer)) >= 0 or len(buffer) > limits.maxHeadBytes:
                break
            if buffer and not began:
                began = True
                self._expect(limits.headSeconds)
            received = await self._reader.read(READ_BYTES)
            if not received or self._isLate:  # what came at the very last gets no answer, so nothing is done for it
                return None
            buffer += received
        self._due = None
        self._checkHead(end)
        head = bytes(buffer[:end])
        del buffer[:end]
        return head

    def _expect(self, seconds: float) -> None:
        """Cut the peer off if nothing is noted to the contrary for so long.

        A timer for each request would cost more than the request: one is left as it is, and looks when it rings.
        """
        loop = self.task.get_loop()
        self._due = loop.time() + seconds
        if self._timer is None or self._timer.when() > self._due:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = loop.call_at(self._due, self._onTime)

    def _onTime(self) -> None:
        rang, self._timer = self._timer, None
        if self._due is None or rang is None:
            return
        if self._due > rang.when():
            self._timer = self.task.get_loop().call_at(self._due, self._onTime)
        else:
            self._isLate = True
            self.abort()

    def _checkHead(self, end: int) -> None:
        most = self._limits.maxRequestLineBytes
        line = self._buffer.find(b'\n', 0, most + len(b'\r\n'))
        if (line < 0 and len(self._buffer) > most) or len(self._buffer[:line].removesuffix(b'\r')) > most:
            raise MessageError('the request line is too long', 414)
        if end < 0 or end > self._limits.maxHeadBytes:
            raise MessageError('the head is too long', 431)

    async def _chunks(self, keep: bool) -> bytes:
        """Read a chunked body and its trailer (RFC 9112 §7.1)."""
        chunks = bytearray()
        total = 0
        while size := parseChunkSize(await self._line()):
            total += size
            if total > self._limits.maxBodyBytes:
                raise MessageError(f'a body of more than {total} bytes', 413)
            chunks += await self._take(size, keep)
            if await self._line():
                raise MessageError('a chunk is longer than it says')
        for _ in range(self._limits.maxHeaderFields):
            if not await self._line():
                return bytes(chunks)
        raise MessageError('the trailer is too long', 431)

    async def _line(self) -> bytes:
        most = self._limits.maxChunkLineBytes
        while (end := self._buffer.find(b'\n', 0, most + 1)) < 0:
            if len(self._buffer) > most:
                raise MessageError('a chunk size is too long')
            await self._more()
        line = await self._take(end + 1)
        if not line.endswith(b'\r\n'):
            raise MessageError('a line between chunks that LF alone ends')  # two readers could differ on where it does
        return line[:-2]

    async def _take(self, count: int, keep: bool = True) -> bytes:
        while len(self._buffer) < count:
            if not keep:  # what is dropped need not be collected first
                count -= len(self._buffer)
                self._buffer.clear()
            await self._more()
        taken = bytes(self._buffer[:count]) if keep else b''
        del self._buffer[:count]
        return taken

    async def _more(self) -> None:
        received = await self._reader.read(READ_BYTES)
        if self._isLate:
            raise TimeoutError('the body comes too slowly')
        if not received:
            raise MessageError('the body is cut off')
        self._buffer += received


class ReadGate:
    """Where requests wait while others are read; see :class:`upnp.base.fairness.ReadScheduler`."""

    def __init__(self) -> None:
        self._scheduler: ReadScheduler[asyncio.Future[None]] = ReadScheduler()

    def enter(self, peer: str) -> asyncio.Future[None] | None:
        """Let a request of a peer in; return what it has to wait for, None when it may be read now."""
        loop = asyncio.get_running_loop()
        if self._scheduler.isIdle:
            loop.call_soon(self._turn, loop)
        if self._scheduler.enter(peer, loop.time()):
            return None
        turn: asyncio.Future[None] = loop.create_future()
        self._scheduler.wait(peer, turn)
        return turn

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin the loop's next turn, with one of those that wait."""
        while (turn := self._scheduler.turn(loop.time())) is not None:
            if not turn.done():  # else who waited is gone
                turn.set_result(None)
                loop.call_soon(self._turn, loop)
                return


def currentTask(name: str) -> 'asyncio.Task[object]':
    """Return the task that runs now, under a name of ours."""
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError('a connection is served in a task')
    task.set_name(name)
    return task
