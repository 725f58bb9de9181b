"""What there is of an announcer from a start to its stop."""

import asyncio
from collections.abc import Callable

from ..base import loops

__all__ = ['Life']

SETTLE_SECONDS = 0.2  # after the last change, so that a script that sets ten attributes announces once


class Life:
    """One life: its loop, what must not overlap in it, and how it ends.

    :param onSettled: called when changes have come to rest.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, onSettled: Callable[[], None]) -> None:
        self.loop = loop
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
