"""Peers take turns: their requests are read, and their calls run, in an order in which none gains by having many.

Each peer may have many connections, and send over each of them at once. So what waits is kept by its peer, and the
peers are served round robin: one that has sent a hundred calls delays another that has sent one by one call.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

from ..Errors import MessageError
from .limits import Limits

__all__ = ['Admission', 'Gate', 'Turns']

Thing = TypeVar('Thing', bound=Hashable)

TURN_SECONDS = 0.01  # of the loop, for reading calls; then others have their turn


class Turns(Generic[Thing]):
    """A queue in which the owners take turns, and each one's things keep their order."""

    def __init__(self) -> None:
        self._ofOwner: OrderedDict[str, dict[Thing, None]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Thing]:
        return (thing for own in self._ofOwner.values() for thing in own)

    def add(self, owner: str, thing: Thing) -> None:
        """Put one at the end of its owner's; a second time is harmless."""
        own = self._ofOwner.setdefault(owner, {})
        self._length += thing not in own
        own[thing] = None

    def discard(self, owner: str, thing: Thing) -> None:
        """Take one out, if it is there."""
        own = self._ofOwner.get(owner, {})
        if thing in own:
            del own[thing]
            self._length -= 1
            if not own:
                del self._ofOwner[owner]

    def pop(self) -> Thing:
        """Take out the next one.

        :raises KeyError: there is none.
        """
        if not self._length:
            raise KeyError('nobody waits')
        owner, own = next(iter(self._ofOwner.items()))
        thing = next(iter(own))
        self._ofOwner.move_to_end(owner)
        self.discard(owner, thing)
        return thing


class Admission:
    """The calls of each peer: those that run, and those that wait for that (limits ``max...CallsPerPeer``)."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._running: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    def enter(self, peer: str) -> 'asyncio.Future[None] | None':
        """Let a call in; it has to :meth:`leave`.

        :returns: None when it may run at once; else what it has to wait for.
        :raises MessageError: 503, too many of this peer wait already.
        """
        running = self._running.get(peer, 0)
        if running < self._limits.maxCallsPerPeer:
            self._running[peer] = running + 1
            return None
        waiting = self._waiting.setdefault(peer, deque())
        if len(waiting) >= self._limits.maxWaitingCallsPerPeer:
            raise MessageError(f'{running} calls of {peer} run, and {len(waiting)} wait', 503)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.append(turn)
        return turn

    def leave(self, peer: str, turn: 'asyncio.Future[None] | None') -> None:
        """Note that a call has ended, or waits no longer: the next one of its peer has its turn.

        :param turn: what :meth:`enter` has returned.
        """
        waiting = self._waiting.get(peer, deque())
        if turn is not None and (turn.cancelled() or not turn.done()):  # it never had its turn
            if turn in waiting:
                waiting.remove(turn)
        elif not self._passOn(waiting):
            self._running[peer] -= 1
            if not self._running[peer]:
                del self._running[peer]
        if not waiting:
            self._waiting.pop(peer, None)

    def _passOn(self, waiting: 'deque[asyncio.Future[None]]') -> bool:
        """Give a place to the next one, and tell if there is any; those cancelled just now are none."""
        while waiting:
            turn = waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return True
        return False


class Gate:
    """Where requests wait when reading them would take too much of one turn of the loop; the peers take turns.

    The costliest call that is within the limits takes some 50 ms to read, and a peer may send one over each of its
    connections at once.
    """

    def __init__(self) -> None:
        self._waiting: Turns[asyncio.Future[None]] = Turns()
        self._end: float | None = None  # of what may be read in this turn of the loop, in its time

    def enter(self, peer: str) -> 'asyncio.Future[None] | None':
        """Let a request of a peer in.

        :returns: None when it may be read now; else what to wait for.
        """
        loop = asyncio.get_running_loop()
        if self._end is None:
            self._begin(loop)
        elif self._waiting or loop.time() >= self._end:
            turn: asyncio.Future[None] = loop.create_future()
            self._waiting.add(peer, turn)
            return turn
        return None

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._end = loop.time() + TURN_SECONDS
        loop.call_soon(self._next, loop)

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin the next turn, with one of those that wait."""
        self._end = None
        while self._waiting:
            turn = self._waiting.pop()
            if not turn.done():  # else who waited is gone
                turn.set_result(None)
                self._begin(loop)
                return
