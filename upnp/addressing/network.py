"""The machine's network as an announcer sees it, and as it changes: what is there, what is used, and what to do now.

It owns the watch and the time of what has come to rest, and refuses to know what is announced.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from ..base import loops
from .changes import Departure, Presence, Renewal
from .interfaces import Choice, Found, Interface, Wish, chooseInterfaces

__all__ = ['MakeWatch', 'Network', 'Watching']

log = logging.getLogger(__name__)


class Watching(Protocol):
    """What tells of the interfaces: :class:`upnp.addressing.watch.Watch`, or a test."""

    async def start(self) -> list[Found]:
        """Begin to watch, and return what is there."""

    def look(self) -> None:
        """Look now whether something has changed."""

    def stop(self) -> None:
        """Watch no more."""


MakeWatch = Callable[[Callable[[list[Found]], None], Callable[[], None]], Watching]


def systemWatch(onChange: Callable[[list[Found]], None], onSlept: Callable[[], None]) -> Watching:
    """Return the watch of this machine's interfaces."""
    from .watch import Watch  # here, as an import of the package alone needs it not

    return Watch(onChange, onSlept)


class Network:
    """The addresses of one announcer.

    :param wish: which ones to use.
    :param onLeft: called at once when some go.
    :param onSettled: called when those that have come are to be taken into use, by :meth:`settle`.
    """

    def __init__(self, wish: Wish, onLeft: Callable[[Departure], None], onSettled: Callable[[], None]) -> None:
        self.choice = Choice()
        self.makeWatch: MakeWatch = systemWatch  # the seam to the system
        self._wish = self._keptTo = wish
        self._found: list[Found] = []
        self._onLeft = onLeft
        self._onSettled = onSettled
        self._presence = Presence()
        self._watch: Watching | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer = loops.Timer(self._onSettled)
        self._isTold = False

    @property
    def inUse(self) -> Sequence[Interface]:
        """The addresses that are announced; those that have come just now are not."""
        return self._presence.inUse

    async def start(self) -> None:
        """Begin to watch; what is used is chosen by :meth:`keepTo`.

        :raises NetworkError: ``netBind`` is not ours.
        """
        self._loop = asyncio.get_running_loop()
        self._watch = self.makeWatch(self._onChange, self._onSlept)
        self._found = await self._watch.start()
        self._wish.check(self._found)
        self._keptTo = self._wish

    def keepTo(self, *, hasIPv4: bool, hasIPv6: bool) -> None:
        """Choose, of the protocols that there is a server for, and tell what is used."""
        wish = self._wish
        self._keptTo = wish._replace(hasIPv4=wish.hasIPv4 and hasIPv4, hasIPv6=wish.hasIPv6 and hasIPv6)
        self.choice = chooseInterfaces(self._found, self._keptTo)
        self._presence = Presence(self.choice.chosen)
        self._tell()

    def isOurs(self, address: str) -> bool:
        """Tell whether ``netBind`` means the interface of an address, which may have a zone."""
        return any(self._wish.isBoundTo(one) and address in (one.address, one.zoned) for one, _ in self._found)

    def stop(self) -> None:
        """Watch no more; it needs no loop, and a second time is harmless."""
        if self._watch is not None:
            self._watch.stop()
        self._timer.set(None)
        self._watch = self._loop = None
        self.choice, self._presence = Choice(), Presence()

    def look(self) -> None:
        """Look whether something has changed that nobody told of."""
        if self._watch is not None:
            self._watch.look()

    def settle(self) -> Renewal | None:
        """Take into use what has come to rest; None when there is nothing."""
        renewal = self._presence.settle(self._now())
        self._arm()
        if renewal is not None:
            self._tell()
        return renewal

    def _onChange(self, found: list[Found]) -> None:
        self._found, self.choice = found, chooseInterfaces(found, self._keptTo)
        there = [interface for interface, hindrance in found if not hindrance]
        self._leave(self._presence.observe(self.choice.chosen, there, self._now()))

    def _onSlept(self) -> None:
        """Announce everything anew: what others knew of this device may have expired meanwhile."""
        log.info('this machine has slept')
        self._leave(self._presence.restart(self._now()))

    def _leave(self, departure: Departure | None) -> None:
        self._arm()
        if departure is None:
            return
        level, self._isTold = (logging.DEBUG if self._isTold else logging.INFO), True  # once, whatever flaps
        log.log(level, 'gone: %s', ', '.join(map(str, departure.left)))
        self._onLeft(departure)

    def _now(self) -> float:
        return 0.0 if self._loop is None else self._loop.time()

    def _arm(self) -> None:
        self._timer.set(self._presence.due)

    def _tell(self) -> None:
        """Tell what is used, what is not, and why; and who can see it, where that is hardly anybody."""
        self._isTold = False
        log.info('interfaces: %s', self.choice)
        if not self.choice.chosen and self._wish.wanted is not None:
            there = ', '.join(dict.fromkeys(one.name for one, _ in self._found)) or 'none'
            log.warning('interfaces %r: none of them is here and usable; there are %s', list(self._wish.wanted), there)
        elif not self.choice.chosen:
            log.info('no network is used yet: the device is announced as soon as there is one')
        elif all(interface.isLoopback for interface in self.choice.chosen):
            log.info('only programs on this machine can see it: no other network is used')
