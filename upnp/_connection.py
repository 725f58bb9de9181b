"""One HTTP connection: its bytes cut into requests, each bounded in time and size.

It knows how long to wait and how much to take, and refuses to know what a request asks for.
"""

import asyncio

from ._limits import Limits
from ._message import CHUNKED, Request, bodyLength, headEnd, parseChunkSize, parseRequest
from .Errors import MessageError

__all__ = ['Connection']

CONTINUE = b'HTTP/1.1 100 Continue\r\n\r\n'
READ_BYTES = 65536
MAX_CHUNK_LINE_BYTES = 1024


class Connection:
    """One connection: its bytes cut into requests, each read bounded in time and size."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limits: Limits) -> None:
        self.writer = writer
        self.peer: tuple[str, int] = (writer.get_extra_info('peername') or ('?', 0))[:2]
        self.host: str = (writer.get_extra_info('sockname') or ('',))[0]
        self.task = currentTask('upnp connection')
        self._reader = reader
        self._limits = limits
        self._buffer = bytearray()

    async def request(self) -> Request | None:
        """Return the next request, its body read and dropped; None at the end.

        :raises MessageError: the peer's bytes are no request, or go beyond a limit.
        :raises TimeoutError: the peer is silent or slow.
        """
        head = await self._head()
        if head is None:
            return None
        parsed = parseRequest(head, self._limits.maxHeaderFields)
        if length := bodyLength(parsed):
            await self._skipBody(parsed, length)
        return parsed

    async def flush(self) -> None:
        """Wait until the peer has taken what was written; one that reads nothing is cut off."""
        if self.writer.transport.get_write_buffer_size():
            async with asyncio.timeout(self._limits.writeSeconds):
                await self.writer.drain()

    def abort(self) -> None:
        """Cut it off, whatever is under way."""
        self.writer.transport.abort()

    async def close(self) -> None:
        """Close it, and wait for the end; what the peer does not take in time is dropped."""
        self.writer.close()
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
        async with asyncio.timeout(limits.headSeconds if began else limits.idleSeconds) as deadline:
            while True:
                while buffer.startswith((b'\r\n', b'\n')):  # RFC 9112 §2.2: skip empty lines before a request
                    del buffer[: 1 + (buffer[0] == 0x0D)]
                if (end := headEnd(buffer)) >= 0 or len(buffer) > limits.maxHeadBytes:
                    break
                if buffer and not began:
                    began = True
                    deadline.reschedule(asyncio.get_running_loop().time() + limits.headSeconds)
                received = await self._reader.read(READ_BYTES)
                if not received:
                    return None
                buffer += received
        self._checkHead(end)
        head = bytes(buffer[:end])
        del buffer[:end]
        return head

    def _checkHead(self, end: int) -> None:
        line = self._buffer.find(b'\n')
        if line > self._limits.maxRequestLineBytes or (
            line < 0 and len(self._buffer) > self._limits.maxRequestLineBytes
        ):
            raise MessageError('the request line is too long', 414)
        if end < 0 or end > self._limits.maxHeadBytes:
            raise MessageError('the head is too long', 431)

    async def _skipBody(self, request: Request, length: int) -> None:
        if length > self._limits.maxBodyBytes:
            raise MessageError(f'a body of {length} bytes', 413)
        if request.headers.get('expect', '').lower() == '100-continue' and request.version == 'HTTP/1.1':
            self.writer.write(CONTINUE)
        async with asyncio.timeout(self._limits.bodySeconds):
            if length == CHUNKED:
                await self._skipChunks()
            else:
                await self._take(length)

    async def _skipChunks(self) -> None:
        """Read a chunked body and its trailer (RFC 9112 §7.1)."""
        total = 0
        while size := parseChunkSize(await self._line()):
            total += size
            if total > self._limits.maxBodyBytes:
                raise MessageError(f'a body of more than {total} bytes', 413)
            await self._take(size)
            if await self._line():
                raise MessageError('a chunk is longer than it says')
        for _ in range(self._limits.maxHeaderFields):
            if not await self._line():
                return
        raise MessageError('the trailer is too long', 431)

    async def _line(self) -> bytes:
        while (end := self._buffer.find(b'\n')) < 0:
            if len(self._buffer) > MAX_CHUNK_LINE_BYTES:
                raise MessageError('a chunk size is too long')
            await self._more()
        line = await self._take(end + 1)
        return line[:-1].removesuffix(b'\r')

    async def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            await self._more()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    async def _more(self) -> None:
        received = await self._reader.read(READ_BYTES)
        if not received:
            raise MessageError('the body is cut off')
        self._buffer += received


def currentTask(name: str) -> 'asyncio.Task[object]':
    """Return the task that runs now, under a name of ours."""
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError('a connection is served in a task')
    task.set_name(name)
    return task
