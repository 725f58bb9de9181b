"""Which subscriber is told next (UDA 1.1 §4.3), where more of them have something coming than connections are allowed.

An event goes to each subscriber over a connection, and a subscriber that is switched off holds one for seconds: 5 to
be connected to, 10 for an answer. With 256 connections and a few hundred dead subscribers, those that are alive would
wait for the dead ones. So subscribers are kept in three lanes, by how they have answered the last event: *prompt*
within a second, *slow* later or not at all, and *untried* for new ones. An address that was slow is slow with its next
subscription too, or it would do to subscribe anew.

The lanes share the connections. Of 256 in all

- untried and slow together have 128 at most, so that prompt ones always find half of them;
- slow ones have 112 of these, and prompt and slow ones together 224 of all, so that newcomers find some free;
- untried ones are taken first up to 32, then slow ones up to 32, then all prompt ones, then what is left of the others.

Within a lane the addresses take turns, so that it does not help to have many subscriptions. Where one waits for a
place, those that have held theirs for more than a second are given up.

Times are seconds of one monotonic clock and come in as ``now``.
"""

from collections import OrderedDict

from ..base.fairness import Turns
from .subscriptions import Subscription

__all__ = ['PROMPT_SECONDS', 'DeliveryScheduler']

PROMPT_SECONDS = 1.0  # a subscriber that answers within this is prompt; while others wait, none has its place longer
MAX_SHARE = 2  # untried and slow subscribers together have at most this part of the connections: one half
MIN_SHARE = 8  # each of the two has this part before prompt ones have more: one eighth; newcomers find as much free


class DeliveryScheduler:
    """The subscribers that wait to be told of an event, and those that are being told.

    :param places: how many are told at a time.
    :param maxSlowPeers: addresses that are remembered as slow; the oldest is forgotten for a new one.
    """

    def __init__(self, places: int, maxSlowPeers: int) -> None:
        self._maxSlowPeers = maxSlowPeers
        self._active: dict[Subscription, tuple[Lane, float]] = {}  # since when; the one that began first is first
        self._waiting: dict[Subscription, Lane] = {}
        self._prompt, self._untried, self._slow = prompt, untried, slow = Lane(), Lane(), Lane()
        half, least = shareOf(places, MAX_SHARE), shareOf(places, MIN_SHARE)
        free = places // MIN_SHARE  # of those that hang at the most, so that newcomers find it free
        self._order = (untried, least), (slow, least), (prompt, places), (untried, places), (slow, places)
        self._shares = (
            *(Share(places, prompt, untried, slow), Share(places - free, prompt, slow)),
            *(Share(half, untried, slow), Share(half - free, slow)),
        )
        self._slowPeers: OrderedDict[str, None] = OrderedDict()  # whose last event failed or took long

    @property
    def isWaitedFor(self) -> bool:
        """Tell whether a subscriber waits for its turn."""
        return bool(self._waiting)

    def isKnown(self, subscription: Subscription) -> bool:
        """Tell whether a subscriber waits, or is being told."""
        return subscription in self._active or subscription in self._waiting

    def add(self, subscription: Subscription) -> None:
        """Have a subscriber wait for its turn."""
        lane = self._waiting[subscription] = self._laneOf(subscription)
        lane.waiting.add(subscription.peer, subscription)

    def discard(self, subscription: Subscription) -> None:
        """Have a subscriber wait no longer, if it does."""
        if (lane := self._waiting.pop(subscription, None)) is not None:
            lane.waiting.discard(subscription.peer, subscription)

    def next(self, now: float) -> Subscription | None:
        """Return the one that is told next; it has its place until :meth:`end`. None when all that wait have to."""
        while self._waiting and (lane := self._nextLane()) is not None:
            subscription = lane.waiting.pop()
            del self._waiting[subscription]
            if lane is self._untried and self._laneOf(subscription) is self._slow:  # its address was, meanwhile
                self.add(subscription)
                continue
            lane.active += 1
            self._active[subscription] = lane, now
            return subscription
        return None

    def clear(self) -> None:
        """Have no subscriber wait any longer."""
        for subscription in list(self._waiting):
            self.discard(subscription)

    def end(self, subscription: Subscription) -> None:
        """Give back the place of one that was told, or was given up."""
        lane, _ = self._active.pop(subscription)
        lane.active -= 1

    def isPrompt(self, subscription: Subscription, now: float) -> bool:
        """Tell whether one that is being told has been so for a short time only."""
        return now <= self._active[subscription][1] + PROMPT_SECONDS

    def notePace(self, subscription: Subscription) -> None:
        """Remember of an address whether it was slow: who ends a subscription for a new one is no newcomer again."""
        self._slowPeers.pop(subscription.peer, None)
        if not subscription.isPrompt:
            self._slowPeers[subscription.peer] = None
            if len(self._slowPeers) > self._maxSlowPeers:
                self._slowPeers.popitem(last=False)

    def overdue(self, now: float) -> tuple[list[Subscription], float | None]:
        """Return those that are to be given up, as many as wait for their places, and when to look again if one waits.

        Given up is who has held a place for more than a second that another one waits for.
        """
        late: list[Subscription] = []
        inTheWay = {lane for share in self._shares if share.isFull and share.isWanted for lane in share.lanes}
        for subscription, (lane, began) in self._active.items():
            if lane not in inTheWay:
                continue
            if len(late) == len(self._waiting):
                break
            if began + PROMPT_SECONDS > now:
                return late, began + PROMPT_SECONDS
            late.append(subscription)
        return late, None

    def _laneOf(self, subscription: Subscription) -> 'Lane':
        if subscription.isPrompt:
            return self._prompt
        isKnown = subscription.isPrompt is not None or subscription.peer in self._slowPeers
        return self._slow if isKnown else self._untried

    def _nextLane(self) -> 'Lane | None':
        """Return where the next one is taken from; None when all that wait have to."""
        full = [share for share in self._shares if share.isFull]
        for lane, most in self._order:
            if lane.waiting and lane.active < most and not any(lane in share.lanes for share in full):
                return lane
        return None


class Lane:
    """Subscribers that are alike in how they have answered: those who wait, and how many are being told."""

    def __init__(self) -> None:
        self.waiting: Turns[Subscription] = Turns()
        self.active = 0


class Share:
    """So many connections, which some lanes have at most together."""

    def __init__(self, most: int, *lanes: Lane) -> None:
        self.most = most
        self.lanes = lanes

    @property
    def isFull(self) -> bool:
        """Tell whether one more has to wait."""
        return sum(lane.active for lane in self.lanes) >= self.most

    @property
    def isWanted(self) -> bool:
        """Tell whether one waits."""
        return any(lane.waiting for lane in self.lanes)


def shareOf(count: int, part: int) -> int:
    """Return one of so many parts, rounded up."""
    return -(-count // part)
