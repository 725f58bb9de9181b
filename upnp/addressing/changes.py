"""When a device follows its addresses: at once when one goes, and when things have come to rest for one that comes.

It decides; sockets, clocks and messages are the business of others. Times are seconds of one monotonic clock.
"""

from collections.abc import Iterable
from typing import NamedTuple

from .interfaces import Interface

__all__ = ['Departure', 'Presence', 'Renewal']

SETTLE_SECONDS = 0.25  # after a new address: others of the same interface come within this; seen well within a second
MAX_SETTLE_SECONDS = 5.0  # where something flaps: each time it went doubles the wait; who stays waits no longer
CALM_SECONDS = 30.0  # without a loss, after which nothing counts as flapping
MAX_LOSSES = 5  # that count, of each interface by itself

Place = tuple[int | str, str]


class Departure(NamedTuple):
    """Addresses that are used no more, from now on.

    :param left: all of them.
    :param audible: those that can still be sent from, and where the device is not seen any more by another address:
        byebye leaves by them (UDA 1.1 §1.2.3).
    """

    left: tuple[Interface, ...]
    audible: tuple[Interface, ...]


class Renewal(NamedTuple):
    """An initial announcement of all there is, under a greater BOOTID (UDA 1.1 §1.2.2).

    :param stayed: on these, whoever knows the device is told of the new number before (UDA 1.1 §1.2.4).
    :param replaced: these are joined anew, as their rank has changed.
    :param joined: these are new.
    :param lost: these went before, and have not come back.
    """

    stayed: tuple[Interface, ...]
    replaced: tuple[Interface, ...]
    joined: tuple[Interface, ...]
    lost: tuple[Interface, ...]


class Presence:
    """Where a device is present: the addresses in use, and when those that have come are taken into use."""

    def __init__(self, chosen: Iterable[Interface] = ()) -> None:
        self.inUse: tuple[Interface, ...] = tuple(chosen)
        self._chosen = self.inUse
        self._waiting: dict[Place, float] = {}  # until when
        self._gone: dict[Interface, None] = {}  # since the last announcement
        self._losses: dict[str, tuple[int, float]] = {}  # by the interface's name: how many of late, and the last one

    @property
    def due(self) -> float | None:
        """When to :meth:`settle`; None while nothing waits."""
        return min(self._waiting.values(), default=None)

    def observe(self, chosen: Iterable[Interface], there: Iterable[Interface], now: float) -> Departure | None:
        """Take note of what is there now; return what has to be left at once.

        :param chosen: the addresses to use.
        :param there: further ones that can still be sent from.
        """
        former, self._chosen = {place(one): one for one in self._chosen}, tuple(chosen)
        places, links = {place(one) for one in self._chosen}, {one.link for one in self._chosen}
        self._calm(now)
        for name in {one.name for key, one in former.items() if key not in places}:
            self._losses[name] = min(self._losses.get(name, (0, now))[0] + 1, MAX_LOSSES), now
        left = tuple(one for one in self.inUse if place(one) not in places)
        self.inUse = tuple(one for one in self.inUse if place(one) in places)
        self._gone |= dict.fromkeys(left)
        self._wait(now)
        if not left:
            return None
        audible = {place(one) for one in there}
        return Departure(left, tuple(one for one in left if place(one) in audible and one.link not in links))

    def _wait(self, now: float) -> None:
        """Have what is new wait for the end of the changes; neither a change nor another rank makes it wait longer."""
        new = {place(one): one for one in self._chosen if one not in self.inUse}
        self._waiting = {key: self._waiting.get(key, now + self._patience(one)) for key, one in new.items()}

    def _patience(self, interface: Interface) -> float:
        """Return how long one waits: longer where it comes and goes; loopback, the stand-in, where anything does."""
        losses = [n for name, (n, _) in self._losses.items() if interface.isLoopback or name == interface.name]
        return min(SETTLE_SECONDS * (1 << max(losses, default=0)), MAX_SETTLE_SECONDS)

    def _calm(self, now: float) -> None:
        self._losses = {name: (n, last) for name, (n, last) in self._losses.items() if now - last < CALM_SECONDS}

    def settle(self, now: float) -> Renewal | None:
        """Take into use what has come, and what is about to; None when it is too early, or there is nothing."""
        if self.due is None or now < self.due:
            return None
        ready = {key for key, due in self._waiting.items() if due <= now + SETTLE_SECONDS}
        joined = tuple(one for one in self._chosen if place(one) in ready)
        replaced = tuple(one for one in self.inUse if place(one) in ready)
        stayed = tuple(one for one in self.inUse if place(one) not in ready)
        used = {place(one): one for one in (*stayed, *joined)}  # some under the rank that they had
        self.inUse = tuple(used[place(one)] for one in self._chosen if place(one) in used)
        self._waiting = {key: due for key, due in self._waiting.items() if key not in ready}
        there = {place(one) for one in self._chosen}
        lost = tuple(one for one in self._gone if place(one) not in there)
        self._gone = {one: None for one in self._gone if place(one) in there and place(one) not in ready}
        return Renewal(stayed, replaced, joined, lost)

    def restart(self, now: float) -> Departure | None:
        """Have everything announced anew, as after a sleep in which nothing was renewed."""
        left, self.inUse = self.inUse, ()
        self._gone |= dict.fromkeys(left)
        self._calm(now)
        self._wait(now)
        return Departure(left, ()) if left else None


def place(interface: Interface) -> Place:
    """Return what stays the same of an address when another takes its rank, or its interface another name."""
    return interface.number or interface.name, interface.address
