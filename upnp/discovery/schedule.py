"""When what is sent: the sets of advertisements, the answers that wait, and the one timer for both.

It knows the loop's time and the decisions of :mod:`upnp.discovery.targets`, and refuses to know what a message is or
where it goes.
"""

import asyncio
import logging
from collections.abc import Callable, Hashable, Sequence
from math import inf
from random import Random
from typing import Generic, TypeVar

from ..base.limits import Limits
from ..base.loops import Timer, onGrid
from .timing import Outbox, answerDelays, firstSets, refreshDelay

__all__ = ['Timetable']

log = logging.getLogger(__name__)

Reply = TypeVar('Reply')


class Timetable(Generic[Reply]):
    """The timetable of a running announcer.

    :param maxAge: seconds that an advertisement is kept for.
    :param advertise: sends a set of advertisements.
    :param send: sends one reply.
    """

    def __init__(
        self, limits: Limits, maxAge: int, advertise: Callable[[], None], send: Callable[[Reply], None]
    ) -> None:
        self.isAnnounced = False
        self._maxAge = maxAge
        self._advertise = advertise
        self._send = send
        self._rng = Random()
        self._loop = asyncio.get_running_loop()
        self._timer = Timer(self._onTime)
        self._outbox: Outbox[Reply] = Outbox(limits)
        self._sets: list[float] = []  # when the next sets are due; none while withdrawn

    @property
    def isSilent(self) -> bool:
        """Tell whether nothing is to be sent, not even answers."""
        return not self._sets

    def begin(self) -> None:
        """Schedule the first sets (UDA 1.1 §1.2.2)."""
        delays = firstSets(self._rng)
        log.debug('first advertisement in %.3f s', delays[0])
        self._sets = [self._loop.time() + delay for delay in delays]
        self._arm()

    def hasten(self) -> None:
        """Have the next set sent now."""
        if not self._sets:
            self.begin()
        self._sets[0] = self._loop.time()
        self._arm()

    def withdraw(self) -> bool:
        """Drop all that waits, and take nothing until the next begin; return whether anything was announced."""
        announced, self.isAnnounced = self.isAnnounced, False
        self._sets.clear()
        self._outbox.clear()
        self._timer.set(None)
        return announced

    def queue(self, source: str, key: Hashable, replies: Sequence[Reply], mx: int) -> None:
        """Send the replies to a search over ``mx`` seconds; one that repeats a pending one has them coming already.

        :param source: the address of who searches, and ``key`` what tells its searches apart.
        """
        if not self._sets:
            return
        self.isAnnounced = True  # who is answered before the first set has to hear the byebye too
        if mx == 0 and len(replies) == 1:
            self._send(replies[0])
            return
        now = self._loop.time()
        delays = answerDelays(len(replies), mx, self._rng)
        dues = [onGrid(now + delay) if mx else now + delay for delay in delays]
        if self._outbox.add(source, key, replies, dues):
            if mx == 0 or self._outbox.nextDue == -inf:  # another has made room for it
                self._sendDue(now)
            self._arm()

    def _onTime(self) -> None:
        now = self._loop.time()
        self._sendDue(now)
        if self._sets and self._sets[0] <= now:
            self.isAnnounced = True
            self._advertise()
            self._sets.pop(0)
            if not self._sets:
                self._sets.append(now + refreshDelay(self._maxAge, self._rng))
        self._arm()

    def _sendDue(self, now: float) -> None:
        for reply in self._outbox.take(now):
            self._send(reply)

    def _arm(self) -> None:
        due = self._outbox.nextDue
        if self._sets and (due is None or self._sets[0] < due):
            due = self._sets[0]
        self._timer.set(due)
