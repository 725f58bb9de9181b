"""When a device speaks (UDA 1.1 §1.2.2, §1.3.3): sets of advertisements, and answers spread within the time granted.

Times are seconds of one monotonic clock and come in as ``now``; chance comes in as a ``Random``.
"""

from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import pairwise
from math import inf
from random import Random
from typing import Generic, TypeVar

from ..base.limits import Limits
from .targets import MAX_MX_SECONDS

__all__ = ['Outbox', 'answerDelays', 'bundled', 'firstSets', 'refreshDelay']

MX_SHARE = 0.8  # of MX is used, so that the last answer has time to arrive
MIN_MOMENTS = 2  # at which several answers go out; and as many answers at most are sent at one, as a receive buffer
MOMENT_ANSWERS = 32  # of 200 kB holds some 90
MAX_SPREAD_SECONDS = 2.4  # Windows' firewall lets answers in for about 3 s after a search
BURST_ANSWERS = 64  # sent at once to a unicast search, to which nobody else answers
BURST_SECONDS = 0.01

FIRST_WAIT_SECONDS = 0.1  # UDA 1.1 §1.2.2: a random wait of up to this before the first set
REPEATS_SECONDS = (0.0, 0.3, 0.7)  # three sets, some hundred ms apart, within a second
REFRESH_SHARE = (0.3, 0.5)  # of max-age; UDA 1.1 §1.2.2: at random, below half of it

Reply = TypeVar('Reply')


def bundled(answers: Sequence[Reply], mx: int) -> list[Sequence[Reply]]:
    """Cut the answers to one search into those that leave together, in order.

    They are few enough not to overrun the asker's buffer, and so many that we need not wake for each. Without ``mx``
    they all go at once; else several leave at two moments at the least (UDA 1.1 §1.3.3).
    """
    most = BURST_ANSWERS if mx <= 0 else MOMENT_ANSWERS
    parts = min(len(answers), max(1 if mx <= 0 else MIN_MOMENTS, -(-len(answers) // most)))
    cuts = [part * len(answers) // max(parts, 1) for part in range(parts + 1)]
    return [answers[first:end] for first, end in pairwise(cuts)]


def answerDelays(count: int, mx: int, rng: Random) -> list[float]:
    """Return when to send each of ``count`` bundles of answers, in seconds from now (UDA 1.1 §1.3.3).

    They are spread over 0.8 of ``mx``: at a random moment in each of ``count`` equal parts of it. With ``mx`` 0 they
    go at once, one soon after the other.
    """
    if mx <= 0:
        return [index * BURST_SECONDS for index in range(count)]
    part = min(min(mx, MAX_MX_SECONDS) * MX_SHARE, MAX_SPREAD_SECONDS) / max(count, 1)
    return [(index + rng.random()) * part for index in range(count)]


def firstSets(rng: Random) -> list[float]:
    """Return when the first sets of advertisements go out, in seconds from the start (UDA 1.1 §1.2.2)."""
    wait = rng.uniform(0, FIRST_WAIT_SECONDS)
    return [wait + repeat for repeat in REPEATS_SECONDS]


def refreshDelay(maxAge: int, rng: Random) -> float:
    """Return the seconds until the next set, at random between 0.3 and 0.5 of max-age (UDA 1.1 §1.2.2)."""
    return maxAge * rng.uniform(*REFRESH_SHARE)


class _Pending(Generic[Reply]):
    """One search whose answers wait: they go out in order, so only the next one stands in the queue."""

    __slots__ = ('dues', 'key', 'position', 'replies', 'source')

    def __init__(self, source: str, key: Hashable, replies: Sequence[Reply], dues: Sequence[float]) -> None:
        self.source = source
        self.key = key
        self.replies = replies
        self.dues = dues
        self.position = 0


class Outbox(Generic[Reply]):
    """Answers that wait for their time, bounded per source and in all (limits ``maxPendingSearches...``).

    A search that repeats one still pending joins it. When all places are taken, a source that has more than the
    newcomer gives way by its newest. When none has, as when each of many sources searches once, nobody is lost: the
    search whose answers are due first makes room, and all that is left of them is due at once.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._queue: list[tuple[float, int, _Pending[Reply]]] = []
        self._hasty: deque[Reply] = deque()  # due at once
        self._bySource: dict[str, dict[Hashable, _Pending[Reply]]] = {}
        self._byLoad: list[dict[str, None]] = [{}]  # sources by how many searches they have pending
        self._count = 0
        self._serial = 0

    def __len__(self) -> int:
        """Return the number of pending searches."""
        return self._count

    @property
    def nextDue(self) -> float | None:
        """Return when :meth:`take` has something to give; minus infinity when that is at once."""
        return -inf if self._hasty else self._queue[0][0] if self._queue else None

    def add(self, source: str, key: Hashable, replies: Sequence[Reply], dues: Sequence[float]) -> bool:
        """Queue the answers to one search; afterwards those to another may be due at once.

        :param source: the address that counts for the bound.
        :param key: equal keys of one source are one search.
        :param dues: when each reply is due, ascending.
        :returns: whether it was queued; False when it joined another, or its source has as many as it may have.
        """
        if not replies or key in self._bySource.get(source, ()):
            return False
        mine = self._bySource.setdefault(source, {})
        if len(mine) >= self._limits.maxPendingSearchesPerSource:
            return False
        if self._count >= self._limits.maxPendingSearches:
            self._makeRoom(len(mine) + 1)
            mine = self._bySource.setdefault(source, mine)  # its only other one may have been the one to go
        pending = mine[key] = _Pending(source, key, replies, dues)
        self._weigh(source, len(mine) - 1, len(mine))
        self._count += 1
        self._push(pending)
        return True

    def take(self, now: float) -> Iterator[Reply]:
        """Yield every reply that is due."""
        while self._hasty:
            yield self._hasty.popleft()
        while self._queue and self._queue[0][0] <= now:
            pending = heappop(self._queue)[2]
            if not pending.replies:
                continue  # it gave way
            reply = pending.replies[pending.position]
            pending.position += 1
            if pending.position < len(pending.replies):
                self._push(pending)
            else:
                self._forget(pending)
            yield reply

    def clear(self) -> None:
        """Forget everything."""
        self._queue.clear()
        self._hasty.clear()
        self._bySource.clear()
        self._byLoad = [{}]
        self._count = 0

    def _push(self, pending: _Pending[Reply]) -> None:
        self._serial += 1
        heappush(self._queue, (pending.dues[pending.position], self._serial, pending))

    def _makeRoom(self, load: int) -> None:
        """Free a place for a newcomer whose source will have so many."""
        if len(self._byLoad) - 1 > load:
            heaviest = next(iter(self._byLoad[-1]))
            pending = next(reversed(self._bySource[heaviest].values()))
        else:
            pending = heappop(self._queue)[2]
            while not pending.replies:  # it gave way
                pending = heappop(self._queue)[2]
            self._hasty.extend(pending.replies[pending.position :])
        pending.replies = ()
        self._forget(pending)

    def _forget(self, pending: _Pending[Reply]) -> None:
        mine = self._bySource[pending.source]
        del mine[pending.key]
        self._count -= 1
        self._weigh(pending.source, len(mine) + 1, len(mine))
        if not mine:
            del self._bySource[pending.source]

    def _weigh(self, source: str, former: int, load: int) -> None:
        """Move a source from one class of load to the next; the last class is never empty, but for the first."""
        self._byLoad[former].pop(source, None)
        if load == len(self._byLoad):
            self._byLoad.append({})
        if load:
            self._byLoad[load][source] = None
        while len(self._byLoad) > 1 and not self._byLoad[-1]:
            self._byLoad.pop()
