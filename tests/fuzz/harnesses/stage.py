"""Where the harnesses play: one loop for all inputs, by a clock of its own, with an ear on the log."""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from inspect import iscoroutinefunction
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple, TypeVar

import upnp
from tests.fuzz.answers import STREAM
from tests.protocol.fakes import Clock, ClockLoop, FakeTransport

Result = TypeVar('Result')

LOGGERS = ('upnp', 'asyncio')
MAX_PIECES = 6
# Addresses of the corpus.
OURS, PEER = ('192.168.1.10', 5000), ('192.168.1.40', 40000)


class StageClock(Clock):
    """Time that passes by itself, once nobody waits for the quiet before; no descriptor is ever looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.awaited: asyncio.Future[None] | None = None

    def select(self, timeout: float | None = None) -> list[Any]:
        """Tell of the quiet, else let the time pass at once."""
        if timeout is not None and timeout <= 0:
            return []
        if (awaited := self.awaited) is not None:
            self.awaited = None
            if not awaited.done():
                awaited.set_result(None)
        else:
            assert timeout is not None, 'a task waits for what will never happen'
            self.now += timeout
        return []


class Records(logging.Handler):
    """What is logged: nothing of a peer's doing above DEBUG, and no character of its that a terminal would obey."""

    def __init__(self) -> None:
        super().__init__()
        self.breaches: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of what should not be logged."""
        text = record.getMessage()
        if record.levelno > logging.DEBUG or not text.isprintable():
            self.breaches.append(f'{record.levelname} {record.name}: {text!r} {record.exc_info}')


class Stage:
    """A loop that plays scenes, one after the other."""

    def __init__(self) -> None:
        self._clock = StageClock()
        self._loop = ClockLoop(self._clock)
        self._loop.set_debug(False)  # it would note for each callback where it came from
        self._records = Records()
        self._levels = {name: logging.getLogger(name).level for name in LOGGERS}
        for name in LOGGERS:
            logging.getLogger(name).setLevel(logging.DEBUG)
            logging.getLogger(name).addHandler(self._records)

    def play(self, scene: Coroutine[Any, Any, Result]) -> Result:
        """Play a scene; nothing may reach the loop's exception handler, and nothing may be logged.

        :raises AssertionError: something did.
        """
        result = self._loop.run_until_complete(scene)
        assert self._loop.failures == [], self._loop.failures
        assert self._records.breaches == [], self._records.breaches
        return result

    def prepare(self, scene: Coroutine[Any, Any, Result]) -> Result:
        """Play what no peer brings about, so that it may be logged."""
        result = self._loop.run_until_complete(scene)
        self._records.breaches.clear()
        return result

    async def quiet(self) -> None:
        """Wait until nothing happens any more, unless time passes."""
        self._clock.awaited = asyncio.get_running_loop().create_future()
        await self._clock.awaited

    def close(self) -> None:
        """End it, and listen to the log no more."""
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)
            logging.getLogger(name).removeHandler(self._records)
        for task in asyncio.all_tasks(self._loop):  # of a scene that was broken off
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


@contextmanager
def staged() -> Iterator[Stage]:
    """Make a stage, and end it."""
    stage = Stage()
    try:
        yield stage
    finally:
        stage.close()


def drawn(data: bytes) -> Random:
    """Return the chance that belongs to an input: the same each time, and the input stays a plain message."""
    return Random(zlib.crc32(data))


def pieces(data: bytes) -> list[bytes]:
    """Cut an input into pieces, half of the cuts within line ends."""
    rng = drawn(data)
    ends = [index for index, byte in enumerate(data) if byte in b'\r\n']
    cuts = {rng.choice(ends) + rng.randrange(2) for _ in range(rng.randrange(MAX_PIECES)) if ends}
    cuts |= {rng.randint(0, len(data)) for _ in range(rng.randrange(MAX_PIECES))}
    return [data[start:end] for start, end in pairwise(sorted({0, *cuts, len(data)}))]


class Heard(NamedTuple):
    """What a peer was answered before it ended the connection or fell silent, and what then."""

    before: bytes
    after: bytes


async def conversation(
    stage: Stage,
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]],
    sent: Sequence[bytes],
    *,
    isEnded: bool,
    own: tuple[Any, ...] = OURS,
    peer: tuple[Any, ...] = PEER,
) -> Heard:
    """Send pieces over a connection in memory, each when the one before has been dealt with.

    :param isEnded: whether the peer ends its side; else it says nothing more, and the time passes.
    """
    transport = FakeTransport(peer, own)
    reader, writer = transport.connect()
    serving = asyncio.create_task(serve(reader, writer))
    for piece in sent:
        if not transport.is_closing():
            reader.feed_data(piece)
            await stage.quiet()
    before = len(transport.written)
    assert serving.done() == transport.is_closing(), 'it is served, and closed'
    isTold = STREAM in transport.written  # it is silent for good, and goes on being told
    if (isEnded or isTold) and not transport.is_closing():
        reader.feed_eof()
    await serving
    assert transport.is_closing()
    return Heard(bytes(transport.written[:before]), bytes(transport.written[before:]))


def inTheLoop(device: upnp.Device) -> upnp.Device:
    """Have the plain functions of a device run in the loop, as threads would need time that passes by itself."""
    for one in device.family():
        for service in one.services:
            for action in service.actions:
                if action.function is not None and not iscoroutinefunction(action.function):
                    action.function = asCoroutine(action.function)
    return device


def asCoroutine(function: Callable[..., object]) -> Callable[..., Awaitable[object]]:
    """Return a plain function as a coroutine."""

    @wraps(function)
    async def called(*args: object, **values: object) -> object:
        return function(*args, **values)

    return called
