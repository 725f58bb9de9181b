"""The connections that are open at one server: how many there may be, and which gives way.

It refuses to know what is said on them.
"""

import logging
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable

from ..base.limits import Limits
from .connections import Connection
from .transport import descriptorShare

__all__ = ['Crowd']

log = logging.getLogger(__name__)

FEW_CONNECTIONS = 8  # of a peer: a browser has six; who has more gives way first
DESCRIPTOR_PART = 2  # one of so many descriptors may be a connection's


class Crowd:
    """The open connections, the one idle longest first (limits ``maxConnections``, ``maxConnectionsPerPeer``)."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._most = limits.maxConnections
        self._open: OrderedDict[Connection, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    @property
    def connections(self) -> Collection[Connection]:
        """Those that are not closed yet."""
        return self._open.keys()

    def begin(self) -> None:
        """Find out how many there may be: never so many that they use up the descriptors of the process."""
        self._most = descriptorShare(self._limits.maxConnections, DESCRIPTOR_PART)
        if self._most < self._limits.maxConnections:
            log.info('%d connections at a time: the limit of open files allows no more', self._most)

    def add(self, newcomer: Connection) -> None:
        """Take one more; where there are too many then, of its peer or in all, another gives way."""
        self._open[newcomer] = None
        siblings = [one for one in self._open if one.peer[0] == newcomer.peer[0]]
        if len(siblings) > self._limits.maxConnectionsPerPeer:
            self._dismiss(givingWay(siblings, newcomer))
        elif len(self._open) > self._most:
            self._dismiss(givingWay(self._open, newcomer))

    def makeRoom(self) -> bool:
        """Have one give way, as the process has no descriptor left; tell whether there was one."""
        if not self._open:
            return False
        self._dismiss(givingWay(self._open))
        return True

    def served(self, connection: Connection) -> None:
        """Note that one is idle from now on."""
        if connection in self._open:
            self._open.move_to_end(connection)

    def retire(self, connection: Connection) -> None:
        """Note that one is about to be closed: it counts until it is, and is the first to give way."""
        connection.isBusy = False
        if connection in self._open:
            self._open.move_to_end(connection, last=False)

    def remove(self, connection: Connection) -> None:
        """Note that one is closed; a second time is harmless."""
        self._open.pop(connection, None)

    def _dismiss(self, victim: Connection) -> None:
        victim.abort()
        victim.task.cancel()  # what it has received by now never begins, as nobody would end it
        del self._open[victim]


def givingWay(connections: Iterable[Connection], newcomer: Connection | None = None) -> Connection:
    """Return the one that gives way: where a peer has many, of that which has most; there the one idle longest.

    One that waits for a function of the user's goes last, and the newcomer only when it is alone: else those who call
    slow actions could lock everybody out.
    """
    listed = list(connections)
    others = [one for one in listed if one is not newcomer] or listed
    counts = Counter(one.peer[0] for one in others)
    most = max(counts.values())
    if most > FEW_CONNECTIONS:
        others = [one for one in others if counts[one.peer[0]] == most]
    return next((one for one in others if not one.isBusy), others[0])
