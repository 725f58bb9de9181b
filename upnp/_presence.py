"""When a device follows its addresses: at once when one goes, and when things have come to rest for one that comes.

It decides; sockets, clocks and messages are the business of others. Times are seconds of one monotonic clock.
"""

from collections.abc import Iterable
from typing import NamedTuple

from ._interfaces import Interface

__all__ = ['Departure', 'Presence', 'Renewal']

SETTLE_SECONDS = 0.25  # after a new address: others of the same interface come within this; seen well within a second
MAX_SETTLE_SECONDS = 5.0  # where something flaps: each time it went doubles the wait; who stays waits no longer
CALM_SECONDS = 30.0  # without a loss, after which nothing counts as flapping
MAX_LOSSES = 5  # that count


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
    :param joined: these are new.
    :param lost: these went before, and have not come back.
    """

    stayed: tuple[Interface, ...]
    joined: tuple[Interface, ...]
    lost: tuple[Interface, ...]


class Presence:
    """Where a device is present: the addresses in use, and when those that have come are taken into use."""

    def __init__(self, chosen: Iterable[Interface] = ()) -> None:
        self.inUse: tuple[Interface, ...] = tuple(chosen)
        self._chosen = self.inUse
        self._waiting: dict[Interface, float] = {}  # since when
        self._due: float | None = None
        self._gone: dict[Interface, None] = {}  # since the last announcement
        self._losses = 0
        self._lossAt = float('-inf')

    @property
    def due(self) -> float | None:
        """When to :meth:`settle`; None while nothing waits."""
        return self._due

    def observe(self, chosen: Iterable[Interface], there: Iterable[Interface], now: float) -> Departure | None:
        """Take note of what is there now; return what has to be left at once.

        :param chosen: the addresses to use.
        :param there: further ones that can still be sent from.
        """
        self._chosen, former = tuple(chosen), self._chosen
        left = tuple(one for one in self.inUse if one not in self._chosen)
        if left:
            self.inUse = tuple(one for one in self.inUse if one in self._chosen)
            self._gone |= dict.fromkeys(left)
        if any(one not in self._chosen for one in former):
            self._losses, self._lossAt = min(self._lossesAt(now) + 1, MAX_LOSSES), now
        self._wait(now)
        if not left:
            return None
        places, links = {place(one) for one in there}, {one.link for one in self._chosen}
        return Departure(left, tuple(one for one in left if place(one) in places and one.link not in links))

    def _wait(self, now: float) -> None:
        """Wait for the end of the changes, longer where they do not end; but who stays does not wait for who flaps."""
        former = self._waiting
        self._waiting = {one: former.get(one, now) for one in self._chosen if one not in self.inUse}
        if not self._waiting:
            self._due = None
        elif self._waiting.keys() - former.keys():
            latest = min(self._waiting.values()) + MAX_SETTLE_SECONDS
            self._due = min(now + SETTLE_SECONDS * 2 ** self._lossesAt(now), latest)

    def _lossesAt(self, now: float) -> int:
        return self._losses if now - self._lossAt < CALM_SECONDS else 0

    def settle(self, now: float) -> Renewal | None:
        """Take into use what has come; None when it is too early, or there is nothing."""
        if self._due is None or now < self._due:
            return None
        stayed, self.inUse, self._due, self._waiting = self.inUse, self._chosen, None, {}
        joined = tuple(one for one in self.inUse if one not in stayed)
        places = {place(one) for one in self.inUse}
        lost = tuple(one for one in self._gone if place(one) not in places)
        self._gone = {}
        return Renewal(stayed, joined, lost)

    def restart(self, now: float) -> Departure | None:
        """Have everything announced anew, as after a sleep in which nothing was renewed."""
        left, self.inUse = self.inUse, ()
        self._gone |= dict.fromkeys(left)
        self._wait(now)
        return Departure(left, ()) if left else None


def place(interface: Interface) -> tuple[int | str, str]:
    """Return what stays the same of an address when another takes its rank, or its interface another name."""
    return interface.number or interface.name, interface.address
