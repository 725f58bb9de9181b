"""The skin between plain calls and the asyncio core: which loop, how to run something in it, and signals."""

import asyncio
import logging
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager

__all__ = ['Alarm', 'anyRunsHere', 'callIn', 'currentLoop', 'runsHere', 'startOn', 'stopSignals', 'waitFor']

log = logging.getLogger(__name__)


class Alarm:
    """One timer, set to another time at will; nothing ticks while it is not set.

    :param ring: called in the loop when the time has come.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None

    def set(self, due: float | None) -> None:
        """Ring at ``due``, in the loop's time, and at no other; None means never."""
        if self._timer is not None:
            if self._timer.when() == due:
                return
            self._timer.cancel()
            self._timer = None
        if due is not None:
            self._timer = self._loop.call_at(due, self._onTime)

    def _onTime(self) -> None:
        self._timer = None
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
    """Call a function in the loop's thread, and wait for it; at once when this is that thread, or the loop is idle."""
    if not loop.is_running() or runsHere(loop):
        function()
        return

    async def call() -> None:
        function()

    waitFor(loop, call())


def waitFor(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[object, object, None]) -> None:
    """Run a coroutine in a loop that runs in another thread, and wait for it."""
    asyncio.run_coroutine_threadsafe(coroutine, loop).result()


def startOn(
    loop: asyncio.AbstractEventLoop, start: Callable[[], Coroutine[object, object, None]], name: str
) -> asyncio.Task[None] | None:
    """Run ``start()`` on a loop: one that is idle or runs in another thread is waited for, one that runs here is not.

    :returns: the task, when it is not waited for; its failure is logged, since nobody may ever await it.
    """
    if not loop.is_running():
        loop.run_until_complete(start())
        return None
    if not runsHere(loop):
        waitFor(loop, start())
        return None
    task = loop.create_task(start(), name=name)
    task.add_done_callback(logFailure)
    return task


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


@contextmanager
def stopSignals(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> Iterator[None]:
    """Have SIGINT and SIGTERM call ``stop()`` in the loop, and give them back after; in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def onSignal(number: int, frame: object) -> None:
        loop.call_soon_threadsafe(stop)

    former = {number: signal.signal(number, onSignal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, action in former.items():
            signal.signal(number, action if action is not None else signal.SIG_DFL)
