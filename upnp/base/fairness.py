"""Peers take turns: their requests are read, and their calls run, in an order in which none gains by having many.

Each peer may have many connections, and send over each of them at once. So what waits is kept by its peer, and the
peers are served round robin: one that has sent a hundred calls delays another that has sent one by one call.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

from ..Errors import MessageError
from .limits import Limits

__all__ = ['CallLimits', 'ReadScheduler', 'Turns']

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


class CallLimits(Generic[Thing]):
    """How many calls of a peer run, and how many wait for that (limits ``max...CallsPerPeer``).

    With the defaults, 32 calls of one peer run at a time, 64 more wait in order, and the next one is refused. Others'
    calls are not counted with them. A call that waits is known by a thing of the caller's.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._running: dict[str, int] = {}
        self._waiting: dict[str, dict[Thing, None]] = {}

    def enter(self, peer: str) -> bool:
        """Let a call run, if it may at once; it has to :meth:`leave`. Else it has to :meth:`wait`."""
        running = self._running.get(peer, 0)
        if running < self._limits.maxCallsPerPeer:
            self._running[peer] = running + 1
            return True
        return False

    def wait(self, peer: str, call: Thing) -> None:
        """Have a call wait until :meth:`leave` returns it; it has to leave, too.

        :raises MessageError: 503, too many of this peer wait already.
        """
        waiting = self._waiting.setdefault(peer, {})
        if len(waiting) >= self._limits.maxWaitingCallsPerPeer:
            raise MessageError(f'{self._running[peer]} calls of {peer} run, and {len(waiting)} wait', 503)
        waiting[call] = None

    def leave(self, peer: str, call: Thing | None) -> Thing | None:
        """Note that a call has ended, or waits no longer.

        :param call: what it has waited with; None if it ran at once.
        :returns: the next call of its peer, which may run now; None if there is none.
        """
        waiting = self._waiting.get(peer, {})
        if call is not None and call in waiting:
            del waiting[call]
            following = None
        elif waiting:
            following = next(iter(waiting))
            del waiting[following]
        else:
            following = None
            self._running[peer] -= 1
            if not self._running[peer]:
                del self._running[peer]
        if not waiting:
            self._waiting.pop(peer, None)
        return following


class ReadScheduler(Generic[Thing]):
    """Which request is read next, where reading them all at once would take too much of one turn of the loop.

    The costliest call that is within the limits takes some 50 ms to read, and a peer may send one over each of its
    connections at once. So requests are read for 10 ms of a turn at the most; those that come after wait, and each
    further turn of the loop begins with one that has waited. The peers take turns, so that a greedy one delays
    another by one request of its own.

    Times are seconds of one monotonic clock and come in as ``now``. The caller calls :meth:`turn` in the loop's next
    turn: after a request that was let in while :attr:`isIdle`, and after each request that :meth:`turn` has returned.
    """

    def __init__(self) -> None:
        self._waiting: Turns[Thing] = Turns()
        self._end: float | None = None  # of what may be read in this turn of the loop

    @property
    def isIdle(self) -> bool:
        """Tell whether nothing was read in this turn of the loop."""
        return self._end is None

    def enter(self, peer: str, now: float) -> bool:
        """Let a request of a peer be read now; False when it has to :meth:`wait`."""
        if self._end is None:
            self._end = now + TURN_SECONDS
            return True
        return not self._waiting and now < self._end

    def wait(self, peer: str, request: Thing) -> None:
        """Have a request wait until :meth:`turn` returns it."""
        self._waiting.add(peer, request)

    def turn(self, now: float) -> Thing | None:
        """Begin a turn of the loop; return the request that is read first, None if none waits."""
        self._end = None
        if not self._waiting:
            return None
        self._end = now + TURN_SECONDS
        return self._waiting.pop()
