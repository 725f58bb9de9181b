"""An announcer from a start to its stop: what there is of it meanwhile, and how plain calls start and end it.

Scripts that have no loop of their own, and other threads, call plain methods; these run the start and the stop on a
loop, in the thread it belongs to.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from ..base import loops
from .preparation import Publication

__all__ = ['Life', 'PlainCalls', 'Startable']

SETTLE_SECONDS = 0.2  # after the last change, so that a script that sets ten attributes announces once
DISPOSE_POLL_SECONDS = 0.05  # another thread may end the loop without a word


class Life:
    """One life: its loop, what must not overlap in it, and how it ends.

    :param onSettled: called when changes have come to rest.
    :param publication: what is served and advertised meanwhile.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, onSettled: Callable[[], None], publication: Publication
    ) -> None:
        self.loop = loop
        self.publication = publication
        self.lock = asyncio.Lock()
        self.ended = asyncio.Event()
        self.isReady = False
        self.ending: asyncio.Task[None] | None = None
        self.republishing: asyncio.Task[None] | None = None
        self.arriving: asyncio.Task[None] | None = None
        self._timer = loops.Timer(onSettled)

    def settle(self) -> None:
        """Wait once more for the changes to end."""
        if self.ending is None and not self.ended.is_set():
            self._timer.set(self.loop.time() + SETTLE_SECONDS)

    def quiet(self) -> None:
        """Announce no more changes, not even one that is on its way."""
        self._timer.set(None)
        for task in (self.republishing, self.arriving):
            if task is not None and not self.loop.is_closed():
                task.cancel()


class Startable(Protocol):
    """What is driven: an announcer."""

    @property
    def isLive(self) -> bool:
        """Tell whether it has begun to start, and has not ended."""

    async def start(self) -> None:
        """Start."""

    async def stop(self) -> None:
        """Stop."""

    def silence(self) -> None:
        """Say byebye and close what can be closed without a loop."""

    def abandon(self) -> None:
        """End it without its loop, which is closed."""


class PlainCalls:
    """Runs an announcer's start and stop on a loop, in the thread it belongs to.

    :param announcer: what is driven.
    """

    def __init__(self, announcer: Startable) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.gone = threading.Event()  # set while the announcer is not live
        self._announcer = announcer
        self._madeLoop = False
        self._driver: int | None = None  # the thread that runs the loop for us
        self._inForeaver = False
        self._isDisposed = False
        self._task: asyncio.Task[None] | None = None

    def initLoop(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """See :meth:`upnp.Announcer.initLoop`."""
        former, made = self.loop, False
        if loop is None:
            loop, made = loops.currentLoop()
        if self._announcer.isLive and former is not None and former is not loop and not former.is_closed():
            raise RuntimeError('it is announced on another loop: dispose it first')
        if former is not loop:
            self._closeLoop()
        self._madeLoop = made or (self._madeLoop and former is loop)
        self.loop, self._isDisposed = loop, False
        isOuter = self._driver is None
        self._driver = threading.get_ident()
        try:
            self._task = loops.startOn(loop, self._announcer.start, 'upnp start')
            if self._isDisposed and not loop.is_running():  # by another thread, meanwhile
                loops.startOn(loop, self._announcer.stop, 'upnp stop')
        except BaseException:
            self._closeLoop()
            raise
        finally:
            if isOuter:
                self._driver = None

    def call(self, function: Callable[[], None]) -> None:
        """Call a function where the loop runs, or where it is just about to; nothing where there is none yet."""
        if self.loop is None:
            return
        if self._driver in (None, threading.get_ident()):
            loops.callIn(self.loop, function)
        else:
            with suppress(RuntimeError):  # the loop was closed just now
                self.loop.call_soon_threadsafe(function)

    def foreaver(self) -> None:
        """See :meth:`upnp.Announcer.foreaver`."""
        if loops.anyRunsHere():
            raise RuntimeError('foreaver runs a loop by itself: in async code use await serveForever()')
        self._driver = threading.get_ident()
        try:
            if not self._announcer.isLive or self.loop is None or self.loop.is_closed():
                self.initLoop(None if self.loop is None or self.loop.is_closed() else self.loop)
            loop = self.loop
            if loop is None or loop.is_running():
                raise RuntimeError('the loop runs in another thread already')
            self._runForever(loop)
        finally:
            self._driver = None
        if self._isDisposed:
            self._closeLoop()

    def dispose(self) -> None:
        """See :meth:`upnp.Announcer.dispose`."""
        loop = self.loop
        if loop is None:
            return
        self._isDisposed = True
        if loops.runsHere(loop):
            self._announcer.silence()  # now, as the loop may end before a task has its turn
            self._task = loops.startOn(loop, self._stopAll, 'upnp stop')
        elif loop.is_running() or self._driver not in (None, threading.get_ident()):
            self._disposeElsewhere(loop)
        elif loop.is_closed() or loops.anyRunsHere():
            self._announcer.abandon()
        else:
            loops.startOn(loop, self._announcer.stop, 'upnp stop')
            self._closeLoop()

    def _disposeElsewhere(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have the loop's own thread end it, and wait; that thread may be about to leave the loop by itself."""
        with suppress(RuntimeError):  # the loop was closed just now
            loop.call_soon_threadsafe(self._stopSoon)
        while self._announcer.isLive and (loop.is_running() or self._driver is not None):
            self.gone.wait(DISPOSE_POLL_SECONDS)

    def _stopSoon(self) -> None:
        self._task = loops.startOn(asyncio.get_running_loop(), self._stopAll, 'upnp stop')

    async def _stopAll(self) -> None:
        await self._announcer.stop()
        self._halt()

    def _runForever(self, loop: asyncio.AbstractEventLoop) -> None:
        self._inForeaver = True
        with loops.stopSignals(loop, self._halt):
            try:
                if not self._isDisposed and self._announcer.isLive:
                    loop.run_forever()
            finally:
                self._inForeaver = False
                loop.run_until_complete(self._announcer.stop())

    def _halt(self) -> None:
        """End :meth:`foreaver`, once."""
        if self._inForeaver and self.loop is not None:
            self._inForeaver = False
            self.loop.stop()

    def _closeLoop(self) -> None:
        """Close the loop if it was made here."""
        if self._madeLoop and self.loop is not None and not self.loop.is_running():
            self.loop.close()
            asyncio.set_event_loop(None)
            self.loop, self._madeLoop = None, False
