"""What keeps one peer from taking all the time there is: peers take turns to be read, and their calls are counted."""

import asyncio
from collections import deque

from ..base.fairness import Turns
from ..base.limits import Limits
from ..Errors import MessageError

__all__ = ['Admission', 'Gate']

TURN_SECONDS = 0.01  # of the loop, for reading calls; then others have their turn


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
