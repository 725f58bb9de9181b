"""Time that moves by itself when nothing else can happen, or only when it is told to, and streams without sockets."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from upnp.addressing.addresses import SocketAddress
from upnp.addressing.interfaces import Found, Interface

Result = TypeVar('Result')
TURNS = 10  # of the loop, in which all that is due happens


class Clock(selectors.DefaultSelector):
    """A selector that never waits: what a loop would sleep for is added to ``now`` instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.sleeps: list[float | None] = []

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; else let the time pass at once."""
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
            self.sleeps.append(timeout)
        return ready or (super().select(timeout) if timeout is None else [])


class HeldClock(Clock):
    """Time that stands still until it is advanced, so that a thread gets as long as it needs."""

    PATIENCE_SECONDS = 10.0  # of a test that waits for what never happens

    def advance(self, seconds: float) -> None:
        """Let time pass; what it brings about happens in the loop's next turns."""
        self.now += seconds

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready, once there is something."""
        if timeout is not None and timeout <= 0:
            return selectors.DefaultSelector.select(self, 0)
        ready = selectors.DefaultSelector.select(self, self.PATIENCE_SECONDS)
        assert ready, 'nothing happens, and the clock is held'
        return ready


class ClockLoop(asyncio.SelectorEventLoop):
    """A loop by such a clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.clock = clock
        self.failures: list[dict[str, Any]] = []
        self.set_debug(True)
        self.set_exception_handler(lambda _, context: self.failures.append(context))

    def time(self) -> float:
        """Return the clock's time, in seconds."""
        return self.clock.now

    def run_in_executor(
        self, executor: object, function: Callable[..., Result], *arguments: Any
    ) -> asyncio.Future[Result]:  # type: ignore[override]
        """Run it here: the clock would not wait for a thread."""
        future: asyncio.Future[Result] = self.create_future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


def run(coroutine: Coroutine[Any, Any, Result], clock: Clock | None = None) -> Result:
    """Run a test's coroutine by a clock of its own; what reached the loop's exception handler fails the test."""
    with asyncio.Runner(debug=True, loop_factory=lambda: ClockLoop(clock or Clock())) as runner:
        result = runner.run(coroutine)
        loop = runner.get_loop()
        assert isinstance(loop, ClockLoop)
        assert loop.failures == []
        return result


async def passes(seconds: float) -> None:
    """Let time pass, and what it brings about happen."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, ClockLoop)
    assert isinstance(loop.clock, HeldClock)
    loop.clock.advance(seconds)
    for _ in range(TURNS):
        await asyncio.sleep(0)


class FakeTransport(asyncio.Transport):
    """The writing side of a stream: keeps what was written.

    :param stuck: whether the peer takes nothing, so that the buffer is never empty.
    :param isFull: whether whoever writes has to wait then.
    """

    def __init__(
        self,
        peer: SocketAddress = ('192.0.2.9', 40000),
        own: SocketAddress = ('192.0.2.1', 5000),
        stuck: bool = False,
        isFull: bool = True,
    ) -> None:
        super().__init__({'peername': peer, 'sockname': own})
        self.written = bytearray()
        self.isAborted = False
        self._stuck = stuck
        self._isFull = isFull
        self._protocol: asyncio.StreamReaderProtocol | None = None
        self._closed = False

    def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return the two ends that a server's callback gets."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        self._protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        self._protocol.connection_made(self)
        if self._stuck and self._isFull:
            self._protocol.pause_writing()
        return reader, asyncio.StreamWriter(self, self._protocol, reader, loop)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep the bytes."""
        self.written += data

    def get_write_buffer_size(self) -> int:
        """Return what the peer has not taken."""
        return len(self.written) if self._stuck else 0

    def is_closing(self) -> bool:
        """Tell whether it was closed."""
        return self._closed

    def close(self) -> None:
        """Close; a stuck one waits for its peer for ever."""
        self._closed = True
        if not self._stuck:
            self._lose()

    def abort(self) -> None:
        """Close at once."""
        self.isAborted = self._closed = True
        self._lose()

    def _lose(self) -> None:
        if self._protocol is not None:
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)
            self._protocol = None


class FakeWatch:
    """What tells an announcer of its interfaces: ``server.network.makeWatch = watch.make``.

    :param found: what is there at first; all of it can be used.
    """

    def __init__(self, *found: Interface) -> None:
        self.looks = 0
        self.isRunning = False
        self._found: list[Found] = [(one, '') for one in found]
        self._onChange: Callable[[list[Found]], None] = lambda _found: None
        self._onSlept: Callable[[], None] = lambda: None

    def make(self, onChange: Callable[[list[Found]], None], onSlept: Callable[[], None]) -> 'FakeWatch':
        """Return itself, told whom to tell."""
        self._onChange, self._onSlept = onChange, onSlept
        return self

    async def start(self) -> list[Found]:
        """Begin, and return what is there."""
        self.isRunning = True
        return self._found

    def look(self) -> None:
        """Count the looks."""
        self.looks += 1

    def stop(self) -> None:
        """Tell no more."""
        self.isRunning = False

    def show(self, *found: Interface, hindered: Iterable[Found] = ()) -> None:
        """Tell of what is there now."""
        self._found = [*((one, '') for one in found), *hindered]
        if self.isRunning:
            self._onChange(self._found)

    def sleep(self) -> None:
        """Tell that the machine has slept."""
        self._onSlept()
