"""A watch on this host's addresses that keeps what it was told, for a test that waits for a change."""

from __future__ import annotations

import asyncio
from fnmatch import fnmatchcase

from upnp.addressing.interfaces import Found, Interface
from upnp.addressing.watch import Watch

PATIENCE_SECONDS = 10.0


class Watcher:
    """Watches; ``told`` has what was there at the start and after each change."""

    def __init__(self) -> None:
        self.told: list[list[Found]] = []
        self.slept = 0
        self._watch = Watch(self._onChange, self._onSlept)
        self._changed = asyncio.Event()

    async def start(self) -> list[Found]:
        """Begin; return what is there."""
        self.told.append(await self._watch.start())
        return self.told[-1]

    def stop(self) -> None:
        """End."""
        self._watch.stop()

    async def waitFor(self, name: str, address: str, hindrance: str = '') -> str:
        """Wait until an interface has an address that matches, in this state; return it."""
        while not (there := [one for one, why in self.told[-1] if matches(one, name, address) and why == hindrance]):
            await self._wait()
        return there[0].address

    async def waitGone(self, name: str, address: str = '*') -> None:
        """Wait until an interface has no address that matches, or is no more."""
        while any(matches(one, name, address) for one, _ in self.told[-1]):
            await self._wait()

    def states(self, name: str, address: str) -> list[str | None]:
        """Return what was told of an address, one after the other; None while it was not there."""
        told = [next((why for one, why in found if matches(one, name, address)), None) for found in self.told]
        return [why for number, why in enumerate(told) if number == 0 or told[number - 1] != why]

    async def _wait(self) -> None:
        self._changed.clear()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f'no more changes; there is {self.told[-1]}') from None

    def _onChange(self, found: list[Found]) -> None:
        self.told.append(found)
        self._changed.set()

    def _onSlept(self) -> None:
        self.slept += 1


def matches(interface: Interface, name: str, address: str) -> bool:
    """Tell whether an interface has this name, and an address by this pattern."""
    return interface.name == name and fnmatchcase(interface.address, address)
