"""What a device advertises, which searches concern it, and when it speaks (UDA 1.1 §1.2, §1.3).

It decides and computes; sockets, clocks and message bytes are the business of :mod:`upnp.discovery.ssdp`. Times are
seconds of one monotonic clock and come in as ``now``; chance comes in as a ``Random``.
"""

from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import pairwise
from math import inf
from random import Random
from typing import Generic, NamedTuple, TypeVar

from ..base.limits import Limits
from ..description.device import Device
from ..description.urn import splitVersion

__all__ = [
    'Advertisement',
    'Directory',
    'Outbox',
    'Root',
    'Search',
    'Target',
    'answerDelays',
    'firstSets',
    'refreshDelay',
    'targetsOf',
]

SEARCH_ALL = 'ssdp:all'
ROOT_DEVICE = 'upnp:rootdevice'
DISCOVER = 'ssdp:discover'

MAX_MX_SECONDS = 5  # UDA 1.1 §1.3.2: more counts as this
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


class Target(NamedTuple):
    """One thing to be advertised and found.

    :param nt: what NT and ST say: ``upnp:rootdevice``, a UDN, or a type.
    :param udn: of the device it belongs to.
    :param root: UDN of the root device, whose description it leads to.
    """

    nt: str
    udn: str
    root: str

    @property
    def usn(self) -> str:
        """Return the USN (UDA 1.1 §1.2.2)."""
        return self.udn if self.nt == self.udn else f'{self.udn}::{self.nt}'


def targetsOf(root: Device) -> tuple[Target, ...]:
    """Return the 3 + 2d + k targets of a root device, in the order they are advertised (UDA 1.1 §1.2.2).

    Every device in the tree has a UUID by now. Of one service type in several versions only the highest counts.
    """
    rootUDN = str(root.UDN)
    targets = [Target(ROOT_DEVICE, rootUDN, rootUDN)]
    for device in root.family():
        types = highestVersions(str(service.serviceType) for service in device.services)
        names = (str(device.UDN), str(device.deviceType), *types)
        targets += [Target(nt, str(device.UDN), rootUDN) for nt in names]
    return tuple(targets)


def highestVersions(types: Iterable[str]) -> list[str]:
    """Return each type once, in its highest version, in the order of their first appearance."""
    highest: dict[tuple[str, bool], int] = {}
    for type_ in types:
        base, version = splitVersion(type_)
        highest[base, version > 0] = max(version, highest.get((base, version > 0), 0))
    return [f'{base}:{version}' if versioned else base for (base, versioned), version in highest.items()]


class Directory:
    """All targets of an announcer, to be looked up by search target in constant time."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self.targets = tuple(targets)
        self._byName: dict[str, list[Target]] = {}
        self._byBase: dict[str, list[tuple[int, Target]]] = {}
        for target in self.targets:
            base, version = splitVersion(target.nt)
            if version and target.nt != target.udn:
                self._byBase.setdefault(base, []).append((version, target))
            else:
                self._byName.setdefault(nameKey(target.nt), []).append(target)

    def find(self, st: str) -> list[Target]:
        """Return what answers a search, each under the name it is answered by (UDA 1.1 §1.3.3).

        A later version answers for a lower one, under the lower one. UUIDs compare without regard to case.
        """
        if st == SEARCH_ALL:
            return list(self.targets)
        if (named := self._byName.get(nameKey(st))) is not None:
            return list(named)
        base, version = splitVersion(st)
        return [target._replace(nt=st) for had, target in self._byBase.get(base, ()) if had >= version > 0]


class Root(NamedTuple):
    """What the messages about one root device have in common.

    :param path: of its description.
    :param configId: CONFIGID.UPNP.ORG, which stands for the content of its documents.
    :param paths: of all that is served of it.
    """

    device: Device
    path: str
    configId: int
    paths: tuple[str, ...] = ()


class Advertisement:
    """All that is advertised at one time, taken down so that the objects may change meanwhile.

    :param roots: the root devices in order, each with a UDN by now.
    :param bootId: BOOTID.UPNP.ORG.
    """

    def __init__(self, roots: Sequence[Root] = (), bootId: int = 0) -> None:
        devices = {str(device.UDN): device for root in roots for device in root.device.family()}
        targets = [target for root in roots for target in targetsOf(root.device)]
        self._take({str(root.device.UDN): root for root in roots}, devices, targets, bootId)

    def _take(self, roots: dict[str, Root], devices: dict[str, Device], targets: Iterable[Target], bootId: int) -> None:
        self.bootId = bootId
        self.roots = roots
        self.devices = devices
        self.directory = Directory(targets)
        self.byUsn = {nameKey(target.usn): target for target in self.directory.targets}

    def rebooted(self, bootId: int) -> 'Advertisement':
        """Return the same under another BOOTID."""
        other = Advertisement()
        other._take(self.roots, self.devices, self.directory.targets, bootId)
        return other

    def without(self, device: Device) -> 'Advertisement':
        """Return the same without a root device."""
        roots = {udn: root for udn, root in self.roots.items() if root.device is not device}
        targets = [target for target in self.directory.targets if target.root in roots]
        udns = {target.udn for target in targets}
        other = Advertisement()
        other._take(roots, {udn: one for udn, one in self.devices.items() if udn in udns}, targets, self.bootId)
        return other

    @property
    def content(self) -> tuple[object, ...]:
        """Return what has to be advertised anew when it differs: names, places and documents."""
        roots = tuple((udn, root.path, root.configId) for udn, root in self.roots.items())
        return roots, self.directory.targets

    def target(self, usn: str) -> Target | None:
        """Return the target with this USN; UUIDs compare without regard to case."""
        return self.byUsn.get(nameKey(usn))


def nameKey(name: str) -> str:
    """Return what names compare by: of a UDN or USN the UUID without regard to case (UDA 1.1 §1.1.4)."""
    if name[:5].lower() != 'uuid:':
        return name
    uuid, colons, rest = name.partition('::')
    return f'{uuid.lower()}{colons}{rest}'


class Search(NamedTuple):
    """An M-SEARCH that deserves an answer.

    :param mx: seconds the answers may take, 0 to 5; 0 means at once.
    """

    st: str
    mx: int

    @classmethod
    def fromRequest(cls, method: str, uri: str, headers: Mapping[str, str], *, multicast: bool) -> 'Search | None':
        """Return the search a request makes; None for anything that UDA 1.1 §1.3.2 has us ignore.

        :param headers: by lower-case name.
        :param multicast: how it really came; then an MX is required, else it is answered at once.
        """
        if method != 'M-SEARCH' or uri != '*' or headers.get('man', '').strip('"').lower() != DISCOVER:
            return None
        st, mx = headers.get('st', ''), headers.get('mx', '')
        if not st or not multicast:
            return cls(st, 0) if st else None
        if not (mx.isascii() and mx.isdigit()):
            return None
        return cls(st, min(int(mx.lstrip('0')[:9] or 0), MAX_MX_SECONDS))


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
