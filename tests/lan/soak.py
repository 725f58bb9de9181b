"""Everything at once against one device: its neighbours, good and bad, and what becomes of its network meanwhile."""

from __future__ import annotations

import itertools
import signal
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

from tests.lan.hosts import Host, Lan, Network
from tests.lan.measuring import Rows, Sample, processorSeconds, sampleOf

PROGRAMS = 'tests.lan.programs'
LIGHT = f'{PROGRAMS}.light'
NEAR, FAR = ('kitchen', 'study'), 'garden'  # control points on the first network, and on the one that comes and goes
CROWDS, CROWD = ('attic', 'cellar'), 19  # subscribers on each, beside 6 of each of the near ones: 50 in all
FOE_ADDRESSES, FLOOD_ADDRESSES = 5, 4
DATAGRAMS_A_SECOND = 500
START_SECONDS, ONCE_SECONDS = 20.0, 40.0
STILL_SAMPLES = 3
SAMPLE_SECONDS = 1.0
DOWN_SECONDS = 0.5
SETTLE_SECONDS = 8.0  # after a change; until then an address that is no more may be waited for
LATE_SECONDS = 5.0
CHANGE_SECONDS = 12.0
MAX_TOLD = 20


class Check(NamedTuple):
    """What a control point has checked; `told` is empty when all was well, `isExcused` when things were changing."""

    who: str
    what: str
    began: float
    seconds: float
    told: str
    isExcused: bool

    @property
    def isFailed(self) -> bool:
        return bool(self.told) and not self.isExcused


class Absences:
    """When a device cannot be expected to be seen on a network, and for some time afterwards."""

    def __init__(self, *, isThere: bool) -> None:
        self._spans: list[tuple[float, float]] = []
        self._since: float | None = None if isThere else 0.0

    def begin(self) -> None:
        """Note that it goes."""
        self._since = time.monotonic()

    def end(self) -> None:
        """Note that it is back."""
        assert self._since is not None
        self._spans.append((self._since, time.monotonic() + SETTLE_SECONDS))
        self._since = None

    def cover(self, began: float, ended: float) -> bool:
        """Tell whether some of a time is in an absence."""
        now = [(self._since, ended)] if self._since is not None else []
        return any(began <= end and ended >= begin for begin, end in (*self._spans, *now))


class World:
    """A device, its two networks, and all who live there.

    :param seed: what is done by chance can be done again.
    """

    def __init__(self, network: Network, seed: int) -> None:
        self.lan, self._secondLan = network.lan(), network.lan()
        self.device = network.host('device', self.lan)
        self.witness = network.host('witness', self.lan)
        self.changes: list[tuple[float, str]] = []
        self.clients: dict[str, Rows] = {}
        self.used: dict[str, float] = {}  # seconds of a processor, by the clients
        self._hosts: dict[str, Host] = {}
        self._network = network
        self._seeds = Random(seed)
        self._addresses = itertools.cycle(range(200, 250))
        self._absences = {'near': Absences(isThere=True), FAR: Absences(isThere=False)}
        self._change = self._changeByTurns()
        self.light = Rows(self.device, LIGHT)
        self.light.waitForRow(START_SECONDS)

    def warm(self) -> list[Check]:
        """Use everything once, so that what is made by its first use is there; return the checks."""
        rows = self._innocent(NEAR[0], self.lan, '--once')
        assert rows.wait(ONCE_SECONDS) == 0, rows.errors
        return self.checks()

    def start(self) -> None:
        """Let everybody loose."""
        for name in NEAR:
            self._innocent(name, self.lan)
        self._innocent(FAR, self._secondLan)
        for name in CROWDS:
            host = self._host(name, self.lan)
            self._run(f'{name} crowd', host, 'crowd', host.address, self._seed(), str(CROWD))
        foe, flood = (
            self._crowded(name, first, count)
            for name, first, count in (('foe', 100, FOE_ADDRESSES), ('flood', 110, FLOOD_ADDRESSES))
        )
        self._run('foe', foe[0], 'foe', self._seed(), *foe[1])
        self._run('flood', flood[0], 'flood', self._seed(), str(DATAGRAMS_A_SECOND), *flood[1])

    def change(self) -> str:
        """Change the device's network in the next way, and return what was done."""
        name = next(self._change)
        self.changes.append((time.monotonic(), name))
        return name

    def vanish(self) -> None:
        """Have everybody leave without a word: no connection is closed, no subscription given back."""
        assertRunning(self.light, *self.clients.values())
        for name, host in self._hosts.items():
            (self._secondLan if name == FAR else self.lan).pullPlug(host)
        if 'eth1' in self.device.addresses:
            self._leave()
        self.used = {name: processorSeconds(rows) for name, rows in self.clients.items()}
        for rows in self.clients.values():
            rows.end()

    def close(self) -> None:
        """End every program."""
        for rows in (*self.clients.values(), self.light):
            rows.end()

    def checks(self) -> list[Check]:
        """Return all checks of the control points until now."""
        checks = []
        for name in (*NEAR, FAR):
            absences = self._absences[FAR if name == FAR else 'near']
            rows = self.clients[name].all if name in self.clients else []
            for row in list(rows):
                ended = row['time'] + row['seconds']
                told = row['told'] or ('late' if row['seconds'] > LATE_SECONDS else '')
                isExcused = absences.cover(row['time'], ended)
                checks.append(Check(name, row['what'], row['time'], row['seconds'], told, isExcused))
        return checks

    def records(self) -> list[dict[str, Any]]:
        """Return what the device has logged above INFO."""
        return [row for row in list(self.light.all) if 'record' in row]

    # The hosts

    def _innocent(self, name: str, lan: Lan, *options: str) -> Rows:
        host = self._hosts.get(name) or self._host(name, lan)
        return self._run(name, host, 'innocent', host.address, self._seed(), *options)

    def _host(self, name: str, lan: Lan) -> Host:
        host = self._hosts[name] = self._network.host(name, lan)
        return host

    def _crowded(self, name: str, first: int, count: int) -> tuple[Host, list[str]]:
        """Return a host with several addresses, and these."""
        host = self._host(name, self.lan)
        more = [f'{self.lan.prefix}.{number}' for number in range(first, first + count - 1)]
        host.ip(*(f'address add {address}/24 dev eth0' for address in more))
        return host, [host.address, *more]

    def _run(self, name: str, host: Host, program: str, *args: str) -> Rows:
        rows = self.clients[name] = Rows(host, f'{PROGRAMS}.{program}', *args)
        return rows

    def _seed(self) -> str:
        return str(self._seeds.randrange(1 << 32))

    # The changes

    def _changeByTurns(self) -> Iterator[str]:
        while True:
            for change in (self._join, self._readdress, self._downAndUp, self._leave, self._readdress, self._downAndUp):
                change()
                yield change.__name__[1:]

    def _readdress(self) -> None:
        self._absences['near'].begin()
        self.device.readdress(f'{self.lan.prefix}.{next(self._addresses)}')
        self._absences['near'].end()

    def _downAndUp(self) -> None:
        self._absences['near'].begin()
        self.device.ip('link set eth0 down')
        time.sleep(DOWN_SECONDS)
        self.device.ip('link set eth0 up')
        self._absences['near'].end()

    def _join(self) -> None:
        self.device.join(self._secondLan, 'eth1')
        self._absences[FAR].end()

    def _leave(self) -> None:
        self._absences[FAR].begin()
        self.device.leave('eth1')


def assertRunning(*programs: Rows) -> None:
    """Check that none has ended, nor complained."""
    for rows in programs:
        assert rows.isRunning, f'{rows.name} ended with {rows.program.returncode}: {"".join(rows.errors)}'
        assert not rows.errors, f'{rows.name}: {"".join(rows.errors)}'


def sampleUntil(world: World, seconds: float, isEnough: Callable[[list[Sample]], bool]) -> list[Sample]:
    """Look at the device once a second, until that is enough or the time is over."""
    samples: list[Sample] = []
    end = time.monotonic() + seconds
    while not isEnough(samples) and time.monotonic() < end:
        samples.append(sampleOf(world.light))
        time.sleep(SAMPLE_SECONDS)
    return samples


def collectedSample(world: World) -> Sample:
    """Look at the device once it has collected what is unreachable."""
    known = len(world.light.all)
    world.light.program.send_signal(signal.SIGUSR1)
    end = time.monotonic() + START_SECONDS
    while not any('isCollected' in row for row in world.light.all[known:]):
        assert time.monotonic() < end, 'nothing was collected'
        time.sleep(0.02)
    return sampleOf(world.light)


def isStill(samples: list[Sample]) -> bool:
    """Tell whether nothing was opened or closed of late."""
    last = samples[-STILL_SAMPLES:]
    return len(last) == STILL_SAMPLES and len({one.open for one in last}) == 1


def load(world: World, seconds: float, warmSeconds: float, progress: Callable[[Sample], None]) -> list[Sample]:
    """Let everybody loose for a time, change the network now and then; return what the device used each second."""
    world.start()
    began = time.monotonic()
    samples: list[Sample] = []
    changeAt = began + warmSeconds
    while (now := time.monotonic()) < began + seconds:
        if now >= changeAt:
            world.change()
            changeAt += CHANGE_SECONDS
        assertRunning(world.light, *world.clients.values())
        samples.append(sampleOf(world.light))
        progress(samples[-1])
        time.sleep(max(0.0, began + len(samples) * SAMPLE_SECONDS - time.monotonic()))
    return samples


def told(world: World, began: float) -> str:
    """Return what the clients have done and met; times are seconds since it began."""
    checks = world.checks()
    lines = [f'changes: {", ".join(f"{at - began:.1f} {name}" for at, name in world.changes)}']
    for what in dict.fromkeys(one.what for one in checks):
        own = [one for one in checks if one.what == what and not one.isExcused]
        worst = max((one.seconds for one in own), default=0.0)
        lines.append(f'{what}: {len(own)} judged, {sum(one.isFailed for one in own)} failed, slowest {worst:.2f} s')
    lines += [f'failed: {one._replace(began=one.began - began)}' for one in checks if one.isFailed][:MAX_TOLD]
    lines.append(f'seconds of a processor: {world.used}')
    others = {name: rows.all for name, rows in world.clients.items() if name not in (*NEAR, FAR)}
    lines += [f'{name}: {rows[-1]}' for name, rows in others.items() if rows]
    return '\n'.join(lines)
