"""Be a nuisance over TCP to the light in `light.py`: many connections that are held, and many that strike.

    python -m tests.lan.programs.foe SEED OWN_ADDRESS ...

Once a second it prints how often it has done what, and how it was answered. It follows the device, as others do.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from urllib.parse import urlsplit

from tests.lan.programs.finding import Connection, connect, search, show
from tests.lan.programs.light import UUID
from tests.lan.programs.malice import STRIKES, workshopCall

HOLDERS, STRIKERS = 320, 36
HOLDS = ('idle', 'drip', 'half', 'halfBody', 'deaf', 'dripChunks', 'news', 'deafNews')
HOLD_SECONDS = 20.0
STRIKE_PAUSE_SECONDS = 0.2
HOLD_PAUSE_SECONDS = 1.0
PATIENCE_SECONDS = 1.0
DRIP_SECONDS = 1.0
LOOK_SECONDS = 1.0
RECEIVE_BYTES = 4096
MAX_ANSWER_BYTES = 65536
RESET = struct.pack('ii', 1, 0)  # SO_LINGER: close at once, and tell the peer
GET = b'GET /descr.xml HTTP/1.1\r\nHost: %s\r\n\r\n'
NEWS = b'GET /%s/live HTTP/1.1\r\nHost: %%s\r\n\r\n' % UUID.encode()


class Foe:
    """All that comes from one host."""

    def __init__(self, rng: Random, owns: Sequence[str]) -> None:
        self._rng = rng
        self._owns = owns
        self._location = ''
        self._host = b''
        self._done: Counter[str] = Counter()

    async def run(self) -> None:
        """Go on for ever."""
        logging.getLogger('asyncio').setLevel(logging.ERROR)  # it warns of writing to who has cut one off
        chores = [self._look(), self._report()]
        chores += [self._again(self._hold, HOLD_PAUSE_SECONDS) for _ in range(HOLDERS)]
        chores += [self._again(self._strike, STRIKE_PAUSE_SECONDS) for _ in range(STRIKERS)]
        await asyncio.gather(*chores)

    async def _look(self) -> None:
        """Know where the device is."""
        while True:
            try:
                self._location = await search(self._owns[0], f'uuid:{UUID}')
                self._host = urlsplit(self._location).netloc.encode()
            except OSError:
                self._location = ''
            await asyncio.sleep(LOOK_SECONDS)

    async def _report(self) -> None:
        while True:
            show(dict(self._done))
            await asyncio.sleep(LOOK_SECONDS)

    async def _again(self, act: Callable[[Connection], Awaitable[None]], pause: float) -> None:
        while True:
            await asyncio.sleep(self._rng.uniform(0, 2 * pause))
            if not self._location:
                continue
            try:
                connection = await connect(self._rng.choice(self._owns), self._location)
            except OSError:
                self._done['connect failed'] += 1
                continue
            try:
                await act(connection)
            except (OSError, EOFError):
                self._done['cut off'] += 1
            finally:
                connection[1].transport.abort()

    # Those that are held

    async def _hold(self, connection: Connection) -> None:
        """Hold a connection for some time, in one of many ways."""
        name = self._rng.choice(HOLDS)
        self._done[name] += 1
        hold = getattr(self, f'_{name}')
        async with asyncio.timeout(self._rng.uniform(1, HOLD_SECONDS)):
            await hold(*connection)

    async def _idle(self, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def _drip(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'GET /descr.xml HTTP/1.1\r\nHost: %s\r\n' % self._host)
        await self._send(writer, b'X-Drip: drip\r\n')

    async def _half(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = GET % self._host
        writer.write(request[: self._rng.randrange(1, len(request) - 2)])
        await reader.read()

    async def _halfBody(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = self._call('Wait')
        writer.write(request[: -self._rng.randrange(1, 300)])
        await reader.read()

    async def _dripChunks(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head, _, _ = self._call('Wait').partition(b'\r\n\r\n')
        lines = [line for line in head.split(b'\r\n') if not line.startswith(b'CONTENT-LENGTH')]
        writer.write(b'\r\n'.join([*lines, b'TRANSFER-ENCODING: chunked', b'', b'']))
        await self._send(writer, b'1\r\n \r\n')

    async def _deaf(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Ask for much and read nothing."""
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        sock = writer.get_extra_info('socket')
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        for _ in range(int(HOLD_SECONDS)):
            writer.write(GET % self._host * 40)
            await asyncio.sleep(DRIP_SECONDS)

    async def _news(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Have the page open, more often than is allowed."""
        writer.write(NEWS % self._host)
        while await reader.read(MAX_ANSWER_BYTES):
            pass

    async def _deafNews(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Likewise, and read nothing."""
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.get_extra_info('socket').setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        writer.write(GET % self._host * 100 + NEWS % self._host)
        await asyncio.sleep(HOLD_SECONDS)

    async def _send(self, writer: asyncio.StreamWriter, drop: bytes) -> None:
        for _ in range(int(HOLD_SECONDS / DRIP_SECONDS)):
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(DRIP_SECONDS)

    # Those that strike

    async def _strike(self, connection: Connection) -> None:
        """Send something wicked, and look at the answer for a moment; or go before it comes."""
        reader, writer = connection
        name = self._rng.choice((*STRIKES, 'reset'))
        self._done[name] += 1
        if name == 'reset':
            await self._reset(writer)
            return
        own = writer.get_extra_info('sockname')[0]
        writer.write(STRIKES[name](self._rng, self._host.decode(), own))
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await reader.read(MAX_ANSWER_BYTES)
        self._done[f'{name} -> {answer[9:12].decode("latin-1") or "closed"}'] += 1

    async def _reset(self, writer: asyncio.StreamWriter) -> None:
        """Break off in the middle of a request, or of an answer."""
        request = self._rng.choice((GET % self._host * 20, self._call('Wait'), self._call('Grind')))
        writer.write(request[: self._rng.randrange(1, 2 * len(request))])
        await asyncio.sleep(self._rng.uniform(0, 0.2))
        writer.get_extra_info('socket').setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    def _call(self, action: str) -> bytes:
        return workshopCall(self._host.decode(), action)


if __name__ == '__main__':
    asyncio.run(Foe(Random(int(sys.argv[1])), sys.argv[2:]).run())
