"""The skin between plain calls and the asyncio core: which loop, how to run something in it, and signals."""

import asyncio
import logging
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress

__all__ = ['Timer', 'anyRunsHere', 'callIn', 'currentLoop', 'onGrid', 'runsHere', 'startOn', 'stopSignals']

log = logging.getLogger(__name__)

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
GRID_SECONDS = 0.0625  # small beside the random wait; a busy network wakes us sixteen times a second for its answers


class Timer:
    """One timer, set to another time at will; nothing ticks while it is not set.

    It belongs to the loop that runs when it is set, or, where none runs, to the one that it was set on before.

    :param ring: called in the loop when the time has come.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._loop: asyncio.AbstractEventLoop | None = None
        self._handle: asyncio.TimerHandle | None = None

    @property
    def due(self) -> float | None:
        """When it rings; None for never."""
        return None if self._handle is None else self._handle.when()

    def set(self, due: float | None) -> None:
        """Ring at ``due``, in the loop's time, and at no other; None means never.

        :raises RuntimeError: no loop runs, and it was not set before.
        """
        if self._handle is not None:
            if self._handle.when() == due:
                return
            self._handle.cancel()
            self._handle = None
        if due is not None:
            try:
                self._loop = asyncio.get_running_loop()
            except RuntimeError:
                if self._loop is None:
                    raise
            self._handle = self._loop.call_at(due, self._onTime)

    def _onTime(self) -> None:
        self._handle = None
        self._ring()


def currentLoop() -> tuple[asyncio.AbstractEventLoop, bool]:
    """Return the running loop, else the one set for this thread, else a new one that is set; and whether it is new."""
    try:
        return asyncio.get_running_loop(), False
    except RuntimeError:
        pass
    if (loop := loopOfThread()) is not None and not loop.is_closed():
        return loop, False
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop, True


def loopOfThread() -> asyncio.AbstractEventLoop | None:
    """Return the loop that was set for this thread, and never make one as ``get_event_loop`` may."""
    if sys.version_info < (3, 12):  # it makes one without a word there, so look where the policy keeps it
        kept = getattr(asyncio.get_event_loop_policy(), '_local', None)
        return getattr(kept, '_loop', None)
    with warnings.catch_warnings():
        warnings.simplefilter('error', DeprecationWarning)  # 3.12 and 3.13 warn before they make one
        try:
            return asyncio.get_event_loop()
        except (RuntimeError, DeprecationWarning):
            return None


def callIn(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    """Call a function in the loop's thread: at once when this is that thread or the loop is idle, else soon."""
    if not loop.is_running() or runsHere(loop):
        function()
    else:
        with suppress(RuntimeError):  # it was closed just now
            loop.call_soon_threadsafe(function)


def startOn(
    loop: asyncio.AbstractEventLoop, start: Callable[[], Coroutine[object, object, None]], name: str
) -> asyncio.Task[None] | None:
    """Run ``start()`` on a loop: one that is idle or runs in another thread is waited for, one that runs here is not.

    :returns: the task, when it is not waited for; its failure is logged, since nobody may ever await it.
    :raises RuntimeError: the loop is closed, or another one runs in this thread.
    """
    if runsHere(loop):
        task = loop.create_task(start(), name=name)
        task.add_done_callback(logFailure)
        return task
    if loop.is_running():
        asyncio.run_coroutine_threadsafe(start(), loop).result()
    elif loop.is_closed() or anyRunsHere():
        raise RuntimeError(f'{name}: the loop is closed, or another one runs in this thread')
    else:
        runWhole(loop, loop.create_task(start(), name=name))
    return None


def runWhole(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    """Run a task on an idle loop; should a KeyboardInterrupt end the run, end the task too."""
    try:
        loop.run_until_complete(task)
    except BaseException:
        if not task.done():
            task.cancel()
            loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        raise


def logFailure(task: asyncio.Task[None]) -> None:
    """Log why a task failed."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error('%s failed: %s', task.get_name(), error)


def runsHere(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether the loop is the one that runs in this thread."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def anyRunsHere() -> bool:
    """Tell whether any loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class _StopSignal:
    """A signal handler that stops a loop's business, and those that were installed before it and are still there."""

    def __init__(self, loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
        self._loop = loop
        self._stop = stop
        self._isActive = True
        self._former = {number: signal.getsignal(number) for number in STOP_SIGNALS}
        for number in STOP_SIGNALS:
            signal.signal(number, self)

    def __call__(self, number: int, frame: object) -> None:
        """Stop everything that has asked for it."""
        link: object = self
        while isinstance(link, _StopSignal):
            if link._isActive and not link._loop.is_closed():
                link._loop.call_soon_threadsafe(link._stop)
            link = link._former[signal.Signals(number)]

    def remove(self) -> None:
        """Give the signals back, unless another stands in front, which does it when it goes."""
        self._isActive = False
        for number in STOP_SIGNALS:
            link: object = self
            while isinstance(link, _StopSignal) and not link._isActive:
                link = link._former[number]
            if signal.getsignal(number) is self:
                signal.signal(number, link if callable(link) or isinstance(link, int) else signal.SIG_DFL)


@contextmanager
def stopSignals(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> Iterator[None]:
    """Have SIGINT and SIGTERM call ``stop()`` in the loop, and give them back after; in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = _StopSignal(loop, stop)
    try:
        yield
    finally:
        handler.remove()


def onGrid(time: float) -> float:
    """Return the moment at or before ``time`` at which answers go out: those to several searches share a wake-up."""
    return time - time % GRID_SECONDS
