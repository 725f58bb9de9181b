"""What is measured: both servers in turns, A B B A, or ours alone. Each measure returns rows of the table."""

import re
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from tests.bench import probe
from tests.bench.devices import SSDP_PORT
from tests.bench.setting import Server, Setting, Side

MICROSECONDS = 1e6
MILLISECONDS = 1e3
MEGABYTE = 1 << 20
WARM_UP_SHARE = 4  # of a load is run before it is measured
IMPORT_RUNS, START_RUNS, MEMORY_RUNS = 11, 7, 3
MANY_IMPORT_RUNS = 60  # where the difference is small
IDLE_SECONDS = 20
FLOOD_PER_SECOND, FLOOD_COUNT = 5_000, 30_000
SPREAD_RUNS = 5
SPREAD = {'subscribers': 100, 'perSecond': 20}
CROWD, CROWD_CHANGES = 1_000, 5
IMPORT = (
    'import time; wall, cpu = time.perf_counter(), time.process_time()\n'
    'import {}\n'
    'print(time.perf_counter() - wall, time.process_time() - cpu)'
)
FIRST_WAIT = re.compile(r'first advertisement in ([0-9.]+) s')


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; ``goal`` bounds the ratio from above or, where only ours is measured, our value."""

    measure: str
    unit: str
    ours: float
    theirs: float | None = None
    ratio: float | None = None
    goal: float | None = None
    note: str = ''

    @property
    def isReached(self) -> bool:
        """Tell whether the goal is reached; no goal is always reached."""
        return self.goal is None or (self.ours if self.ratio is None else self.ratio) <= self.goal


@dataclass(frozen=True, slots=True)
class Load:
    """A load whose cost for the server is CPU time for each piece: those answered, or sent when none is.

    ``before`` names a load that runs before it, unmeasured, and reports further arguments. One that ``probes`` is told
    the server's process, and tells the CPU time itself, without that of its own beginning and end.
    """

    name: str
    measure: str
    goal: float | None
    device: str
    kind: str
    count: int
    arguments: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    before: str = ''
    probes: bool = False


UNFILTERED = {'UPNP_SOCKET_FILTER': '0'}
PLAIN = {'UPNP_PLAIN_ACTIONS': '1'}  # theirs can only be async
NEW = {'UPNP_KNOWN_CALLS': '0'}  # as if no two bodies were the same
ALL = {'perSecond': 40, 'mx': 1}
KEPT, CLOSED = {'connections': 16, 'keep': 'yes'}, {'connections': 4, 'keep': 'no'}
PATH = 'controlPath'
LOADS = (
    Load('notify', "others' NOTIFYs", 0.45, 'lamp', 'notify', 18_000, {'distinct': 240}, UNFILTERED),
    Load('notify-new', "others' NOTIFYs, never one twice", None, 'lamp', 'notify', 18_000, {}, UNFILTERED),
    Load('notify-filter', "others' NOTIFYs, socket filter", 0.05, 'lamp', 'notify', 18_000, {'distinct': 240}),
    Load('search', 'unicast searches', 0.35, 'lamp', 'search', 10_000),
    Load('all', 'ssdp:all, 10 embedded, per reply', 0.5, 'tower', 'searchAll', 160, ALL),
    Load('all-unicast', 'the same by unicast', None, 'tower', 'searchAll', 160, {'perSecond': 40}),
    Load('http', 'description, 16 kept connections', 0.25, 'lamp', 'http', 6_000, KEPT),
    Load('http-close', 'description, connection each', 0.5, 'lamp', 'http', 3_000, CLOSED),
    Load('soap', 'action, 16 kept connections', 0.45, 'lamp', 'soap', 6_000, KEPT, before=PATH),
    Load('soap-close', 'action, connection each', 0.55, 'lamp', 'soap', 3_000, CLOSED, before=PATH),
    Load('soap-plain', 'action, 16 kept, ours a plain def', None, 'lamp', 'soap', 6_000, KEPT, PLAIN, before=PATH),
    Load('soap-new', 'action, 16 kept, no body known', None, 'lamp', 'soap', 6_000, KEPT, NEW, before=PATH),
)

EVENT_PATH = 'eventPath'
CLOSING, KEEPING = {'subscribers': 100, 'mode': 'closes'}, {'subscribers': 100, 'mode': 'keeps'}
EVENT_LOADS = (
    Load(
        'events-close',
        'event to 100, connection each',
        0.45,
        'lamp',
        'events',
        40,
        CLOSING,
        before=EVENT_PATH,
        probes=True,
    ),
    Load(
        'events', 'event to 100, kept connections', 0.15, 'lamp', 'events', 40, KEEPING, before=EVENT_PATH, probes=True
    ),
    Load('subscribe', 'subscription, initial event', 0.5, 'lamp', 'subscribe', 400, before=EVENT_PATH, probes=True),
)

Pairs = list[tuple[float, float]]


def inTurns(rounds: int, measure: Callable[[int], float]) -> Pairs:
    """Measure side 0 (ours) and side 1 (theirs) ``rounds`` times, each being first by turns."""
    pairs: Pairs = []
    for number in range(rounds):
        if number % 2:
            theirs, ours = measure(1), measure(0)
        else:
            ours, theirs = measure(0), measure(1)
        pairs.append((ours, theirs))
    return pairs


def rowOf(setting: Setting, measure: str, unit: str, pairs: Pairs, goal: float | None, factor: float) -> Row:
    """Return the row of medians; the ratio is the median of the pairs' ratios. Goals are against another server.

    A pair whose second is too little to be measured has no ratio.
    """
    ours, theirs = (statistics.median(pair[side] for pair in pairs) * factor for side in (0, 1))
    ratios = sorted(pair[0] / pair[1] for pair in pairs if pair[1]) or [1.0]
    highest = max(pair[1] for pair in pairs) * factor
    lowest = min(pair[1] for pair in pairs) * factor
    note = f'{len(pairs)} pairs: {ratios[0]:.3f} to {ratios[-1]:.3f}; theirs {lowest:.3g} to {highest:.3g}'
    return Row(measure, unit, ours, theirs, statistics.median(ratios), None if setting.isAgainstOurs else goal, note)


def costOf(setting: Setting, load: Load, server: Server, count: int) -> float:
    """Return the CPU seconds a server spends on each piece of a load that really arrived."""
    pid, side = server.process.pid, server.side
    where = {'source': side.source, 'address': side.address, 'device': load.device, 'count': count}
    found = setting.load(load.before, address=side.address) if load.before else {}
    where |= {'pid': pid} if load.probes else {}
    lost, before = probe.overflows(pid), probe.cpuSeconds(pid)
    report = setting.load(load.kind, **where, **found, **load.arguments)
    while probe.waitingBytes(pid, SSDP_PORT):
        time.sleep(0.01)
    spent, lost = probe.cpuSeconds(pid) - before, probe.overflows(pid) - lost
    if lost or report['done'] != report['wanted']:
        sys.stderr.write(f'{side.program}: {load.name}: {report}, {lost} lost to a full receive buffer\n')
    spent = float(report.get('spent', spent))
    return spent / int(report['done'] - (lost if load.kind == 'notify' else 0))


def measureLoads(loads: Sequence[Load], setting: Setting) -> list[Row]:
    """Compare the cost of loads on one device, each time between fresh processes.

    Processes of one program differ, by the luck of their memory: asyncio reads a datagram into 256 kB, which costs a
    mapping of its own in some processes (some 45 us) and nothing in others.
    """
    pairs: list[Pairs] = [[] for _ in loads]
    for number in range(setting.rounds):
        with setting.running(loads[0].device, **loads[0].environment) as servers:
            for load, done in zip(loads, pairs, strict=True):
                done.append(costsOf(setting, load, servers, (1, 0) if number % 2 else (0, 1)))
    return [
        rowOf(setting, load.measure, 'us CPU', done, load.goal, MICROSECONDS)
        for load, done in zip(loads, pairs, strict=True)
    ]


def costsOf(setting: Setting, load: Load, servers: list[Server], order: tuple[int, int]) -> tuple[float, float]:
    """Return the cost of a load for both servers, measured in this order."""
    count = setting.count(load.count)
    for server in servers:
        costOf(setting, load, server, count // WARM_UP_SHARE)
    costs = {side: costOf(setting, load, servers[side], count) for side in order}
    return costs[0], costs[1]


def measureFlood(setting: Setting) -> list[Row]:
    """5,000 multicast searches a second with MX 1, ours alone."""
    with setting.running('lamp', setting.ours) as (server,):
        pid = server.process.pid
        lost, before, residentBefore = probe.overflows(pid), probe.cpuSeconds(pid), probe.residentBytes(pid)
        where = {'source': server.side.source, 'device': 'lamp', 'count': setting.count(FLOOD_COUNT)}
        report = setting.load('flood', **where, perSecond=FLOOD_PER_SECOND, mx=1)
        spent, lost = probe.cpuSeconds(pid) - before, probe.overflows(pid) - lost
        grown = probe.residentBytes(pid) - residentBefore
    sent = report['sent']
    rate = f'{sent / report["seconds"]:.0f}/s, {sent} sent, {lost} lost to a full receive buffer'
    return [
        Row('multicast searches, MX 1: unanswered', '', sent - report['answered'], goal=0, note=rate),
        Row('  answered later than MX', '', report['late'], goal=0),
        Row('  answered twice or after 2 s', '', report['strays'], goal=0),
        Row('  longest delay', 's', report['longestDelay'], goal=1, note=f'median {report["medianDelay"]:.3f} s'),
        Row('  each', 'us CPU', spent / sent * MICROSECONDS),
        Row('  growth of RSS', 'MB', grown / MEGABYTE),
    ]


def measureSpread(setting: Setting) -> list[Row]:
    """The time from a change to the last of 100 live subscribers, beside five bad ones and alone; ours alone."""
    count, runs = setting.count(50), max(1, setting.count(SPREAD_RUNS))
    medians: dict[str, list[float]] = {'no': [], 'yes': []}
    longest = {'no': 0.0, 'yes': 0.0}
    missing = 0
    for _ in range(runs):
        with setting.running('lamp', setting.ours) as (server,):
            side = server.side
            where = {'source': side.source, 'address': side.address, 'pid': server.process.pid}
            where |= setting.load(EVENT_PATH, address=side.address) | SPREAD
            setting.load('spread', **where, count=count // WARM_UP_SHARE, bad='no')
            for bad in medians:
                report = setting.load('spread', **where, count=count, bad=bad)
                missing += report['wanted'] - report['done']
                medians[bad].append(report['median'])
                longest[bad] = max(longest[bad], report['longest'])
    alone, beside = (statistics.median(medians[bad]) * MILLISECONDS for bad in ('no', 'yes'))
    ratio = statistics.median(b / a for a, b in zip(medians['no'], medians['yes'], strict=True))
    note = f'{runs} pairs; alone {alone:.3g}; longest {longest["yes"]:.3f} s, alone {longest["no"]:.3f} s'
    return [
        Row('change to the last of 100, 5 bad', 'ms', beside, None, ratio, 1.2, note),
        Row('  events not delivered', '', missing, goal=0),
    ]


def measureCrowd(setting: Setting) -> list[Row]:
    """What many subscriptions take and give back, ours alone."""
    count = setting.count(CROWD)
    with setting.running('lamp', setting.ours) as (server,):
        side = server.side
        where = {'source': side.source, 'address': side.address, 'pid': server.process.pid}
        where |= setting.load(EVENT_PATH, address=side.address)
        setting.load('crowd', **where, count=1, changes=1)
        report = setting.load('crowd', **where, count=count, changes=CROWD_CHANGES)
    missing = report['wanted'] - report['done']
    return [
        Row(f'{count} subscribers: events not delivered', '', missing, goal=0, note=f'of {report["wanted"]}'),
        Row('  growth of RSS', 'MB', report['grown'] / MEGABYTE, goal=10),
        Row('  growth left when they have expired', 'MB', report['left'] / MEGABYTE, goal=2),
    ]


def importTimes(setting: Setting, side: Side, module: str) -> tuple[float, float]:
    """Return the wall and CPU seconds of importing a module in a fresh process."""
    where = {'PYTHONPATH': str(side.checkout)}
    text, _ = setting.popen(side.host, 0, '-c', IMPORT.format(module), env=where).communicate()
    wall, cpu = text.split()
    return float(wall), float(cpu)


def measureImport(setting: Setting) -> list[Row]:
    """The import alone, without the interpreter's own start."""
    modules = ('upnp', 'upnp' if setting.isAgainstOurs else 'async_upnp_client.server')
    times: dict[int, list[tuple[float, float]]] = {0: [], 1: []}

    def once(side: int) -> float:
        times[side].append(importTimes(setting, (setting.ours, setting.theirs)[side], modules[side]))
        return times[side][-1][0]

    inTurns(1, once)
    times = {0: [], 1: []}
    inTurns(MANY_IMPORT_RUNS if setting.isAgainstOurs else IMPORT_RUNS, once)
    kinds = [[(ours[kind], theirs[kind]) for ours, theirs in zip(times[0], times[1], strict=True)] for kind in (0, 1)]
    return [
        rowOf(setting, 'import, wall', 'ms', kinds[0], 0.35, MILLISECONDS),
        rowOf(setting, 'import, CPU', 'ms', kinds[1], 0.35, MILLISECONDS),
    ]


def startSeconds(setting: Setting, side: int) -> float:
    """Return the seconds from the start of a process to its first alive on the wire, less the wait it drew."""
    where = (setting.ours, setting.theirs)[side]
    listener = setting.beginLoad('firstAlive', source=where.source)
    assert listener.stdout
    listener.stdout.readline()
    server = setting.startTimed(where, 'lamp')
    heard = float(listener.communicate()[0])
    server.process.terminate()
    began, _, log = server.process.communicate()[1].partition('\n')
    wait = FIRST_WAIT.search(log)
    if where is setting.ours and not wait:
        sys.stderr.write('ours.py: the wait drawn is not in its log\n')
    return heard - float(began) - (float(wait[1]) if wait else 0.0)


def measureStart(setting: Setting) -> list[Row]:
    """Process start to the first alive."""
    inTurns(1, partial(startSeconds, setting))
    pairs = inTurns(START_RUNS, partial(startSeconds, setting))
    return [rowOf(setting, 'start to first alive, less the wait', 'ms', pairs, 0.45, MILLISECONDS)]


def measureMemory(setting: Setting) -> list[Row]:
    """RSS after the first sets, a few searches and a GET."""
    pairs = []
    for _ in range(MEMORY_RUNS):
        with setting.running('lamp') as servers:
            for server in servers:
                side = server.side
                setting.load('search', source=side.source, address=side.address, device='lamp', count=20)
            ours, theirs = (float(probe.residentBytes(server.process.pid)) for server in servers)
            pairs.append((ours, theirs))
    return [rowOf(setting, 'RSS', 'MB', pairs, 0.65, 1 / MEGABYTE)]


def measureIdle(setting: Setting) -> list[Row]:
    """Context switches of all threads while nothing happens; theirs sends one advertisement every 30 s."""
    with setting.running('lamp') as servers:
        before = [probe.contextSwitches(server.process.pid) for server in servers]
        time.sleep(IDLE_SECONDS)
        ours, theirs = (
            probe.contextSwitches(server.process.pid) - count for server, count in zip(servers, before, strict=True)
        )
    return [Row(f'context switches, {IDLE_SECONDS} s idle', '', ours, theirs, goal=0)]


MEASURES: dict[str, Callable[[Setting], list[Row]]] = {load.name: partial(measureLoads, (load,)) for load in LOADS} | {
    'events': partial(measureLoads, EVENT_LOADS),
    'spread': measureSpread,
    'crowd': measureCrowd,
    'flood': measureFlood,
    'import': measureImport,
    'start': measureStart,
    'memory': measureMemory,
    'idle': measureIdle,
}
