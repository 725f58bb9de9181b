"""Thousands of searches a second, and datagrams of every kind: who is honest is answered all the while.

How much went out, was lost and was used is logged: `pytest --log-cli-level=INFO` shows it.
"""

from __future__ import annotations

import base64
import itertools
import logging
import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.fuzz.seeds import mutated, seedsIn
from tests.lan.announcing import SETS, announceLamp, usns, waitForSets
from tests.lan.expected import LAMP_UDN, LAMP_USNS, QUICKSTART_UDN, QUICKSTART_USNS, QUICKSTARTS
from tests.lan.hosts import Host, Lan, Network, pythonCommand
from tests.lan.prompt import Prompt
from tests.lan.ssdp import Listener, Searching, Seen, search
from tests.lan.wire import GROUP, Outgoing, forged, startForging, udpCounts

pytestmark = pytest.mark.lan

log = logging.getLogger(__name__)

FLOOD_SECONDS = 4.0
SEARCHES = (1, 2)  # MX of those that others make meanwhile
MIN_RATE_SHARE = 0.8
RECOVERY_SECONDS = 7.0  # after the end
QUIET_SECONDS = 1.0  # after the longest MX
MAX_GROWTH_BYTES = 16 << 20
TICKS = os.sysconf('SC_CLK_TCK')
ALL = 'ssdp:all'
SITE_GROUP = 'ff05::c'
MAX_BYTES = 65_507  # the longest datagram
MAX_AMPLIFICATION = 20
HEADERS_BYTES = 28  # of IPv4 and UDP


@dataclass(frozen=True)
class Kind:
    """A flood: from so many addresses, at each by so many ports, for one target or so many spellings of it.

    :param sources: so many that are nobody's; 0 means that of who sends it.
    :param rate: searches a second.
    """

    sources: int = 0
    ports: int = 1
    spellings: int = 0
    mx: int = 1
    rate: int = 5000
    isIPv6: bool = False

    def start(self, lan: Lan, flooder: Host) -> subprocess.Popen[str]:
        """Begin it."""
        options = {
            '--ports': self.ports,
            '--spellings': self.spellings,
            '--mx': self.mx,
            '--rate': self.rate,
            '--seconds': FLOOD_SECONDS,
        }
        prefix = f'fd00:{lan.number}::' if self.isIPv6 else f'{lan.prefix}.'
        return startForging(
            flooder,
            [f'{prefix}{last}' for last in range(100, 100 + self.sources)] or [flooder.address],
            to=SITE_GROUP if self.isIPv6 else GROUP,
            target=LAMP_UDN if self.spellings else ALL,
            options=[str(word) for option in options.items() for word in option],
        )


FLOODS = {
    'from one address': (
        Kind(rate=1000),
        Kind(ports=8192, rate=1500),
        Kind(ports=16384, mx=5, rate=1500),
        Kind(spellings=8192, rate=1000),
    ),
    "from 150 addresses that are nobody's": (Kind(sources=150, ports=50),),
    "of twenty a second from addresses that are nobody's": (
        Kind(sources=150, rate=20),
        Kind(sources=150, rate=20, isIPv6=True),
    ),
}


class Process:
    """What a process on this machine uses."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f'/proc/{pid}')

    @property
    def cpuSeconds(self) -> float:
        fields = (self._folder / 'stat').read_text().rpartition(')')[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def residentBytes(self) -> int:
        return self._status('VmRSS')

    @property
    def peakBytes(self) -> int:
        """The most there was since `forgetPeak`."""
        return self._status('VmHWM')

    def forgetPeak(self) -> None:
        (self._folder / 'clear_refs').write_text('5')

    def _status(self, name: str) -> int:
        line = next(line for line in (self._folder / 'status').read_text().splitlines() if line.startswith(name))
        return int(line.split()[1]) << 10


class Meter:
    """What a flood costs the device, from now on."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self._process = Process(prompt.do('os.getpid()'))
        self._process.forgetPeak()
        self._resident, self._cpu = self._process.residentBytes, self._process.cpuSeconds
        self._counts = udpCounts(prompt)

    @property
    def cpuSeconds(self) -> float:
        return self._process.cpuSeconds - self._cpu

    @property
    def grownBytes(self) -> int:
        """What memory has grown by at most."""
        return self._process.peakBytes - self._resident

    @property
    def counts(self) -> dict[str, int]:
        """What the kernel has counted of UDP on the device's host."""
        return {name: number - self._counts[name] for name, number in udpCounts(self._prompt).items()}


@pytest.fixture
def prompt(deviceHost: Host) -> Iterator[Prompt]:
    """A device as it runs every day, not in development mode."""
    with Prompt(deviceHost, strict=False) as running:
        yield running


@pytest.mark.parametrize('name', FLOODS)
def test_in_a_flood_the_honest_are_answered_in_time_and_soon_after_it_all_is_quiet(
    network: Network, lan: Lan, name: str
) -> None:
    """In both protocols; a latecomer is somebody whose hardware address the device has still to ask for."""
    names = 'device', 'searcher', 'flooder', 'latecomer'
    device, searcher, flooder, latecomer = (network.host(one, lan, hasIPv6=True) for one in names)
    with Prompt(device, strict=False) as prompt:
        with Listener(searcher) as listener:
            announceLamp(prompt)
            waitForSets(listener, places=3)
        assert [usns(answers) for answers in searchBoth(searcher)] == [sorted(LAMP_USNS)] * 2
        meter = Meter(prompt)
        flooding = [kind.start(lan, flooder) for kind in FLOODS[name]]
        found = [(mx, answers) for mx in SEARCHES for answers in searchBoth(searcher, mx)]
        with Outgoing(device) as outgoing:
            floods = [forged(program) for program in flooding]
            used, counts, ended = meter.cpuSeconds, meter.counts, max(flood.ended for flood in floods)
            recovered = waitUntilFound(latecomer) - ended
            longest = max(kind.mx for kind in FLOODS[name])
            time.sleep(max(0.0, ended + longest + QUIET_SECONDS - time.monotonic()))
        grown = meter.grownBytes
    honest = {one for host in (latecomer, searcher) for one in (host.address, host.wide, *host.linkLocals.values())}
    last = max((one.time for one in outgoing.sent if one.to not in honest), default=ended) - ended
    log.info(
        'a flood %s: %d a second, the senders %d %% of a processor, the device %d %%; %s; last sent %.2f s after; '
        'honest %s; a latecomer after %.2f s; grown by %.1f MB',
        name,
        sum(flood.rate for flood in floods),
        100 * sum(flood.cpuSeconds for flood in floods) / FLOOD_SECONDS,
        100 * used / FLOOD_SECONDS,
        {key: value for key, value in counts.items() if value},
        last,
        [(len(answers), max((answer.time for answer in answers), default=0)) for _, answers in found],
        recovered,
        grown / (1 << 20),
    )
    assert all(flood.rate > MIN_RATE_SHARE * kind.rate for flood, kind in zip(floods, FLOODS[name], strict=True))
    assert [usns(answers) for _, answers in found] == [sorted(LAMP_USNS)] * 2 * len(SEARCHES)
    assert all(answer.time <= mx for mx, answers in found for answer in answers)
    assert last < longest + QUIET_SECONDS
    assert recovered < RECOVERY_SECONDS
    assert grown < MAX_GROWTH_BYTES


def searchBoth(host: Host, mx: int = 1) -> list[list[Seen]]:
    """Search for all by both protocols at once."""
    searches = [Searching(host, ALL, mx=mx, own=own) for own in (host.address, host.wide)]
    return [[replace(one, time=one.time - searching.sent) for one in searching.answers()] for searching in searches]


def waitUntilFound(host: Host) -> float:
    """Search until all is found; return when it was."""
    end = time.monotonic() + 2 * RECOVERY_SECONDS
    while len(answers := search(host, ALL)) < len(LAMP_USNS):
        assert time.monotonic() < end, answers
    return time.monotonic()


def searchOf(size: int) -> bytes:
    """Return a search for all that has exactly so many bytes, by what follows its blank line."""
    start = (
        b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n'
    )
    return start.ljust(size, b'x')


SIZES = (0, 1, 2, 3, 4, 5, 1400, 1472, 1473, 8191, 8192, 8193, 16384, 65506, MAX_BYTES)  # 1472: the last in one piece
FILLINGS = (b'\0', b'\n', b'M', b'm', b'\xff', b'M-SEARCH * HTTP/1.1\r\n', b'A: b\r\n')
MUTATIONS, SEED = 400, 7


def hostileDatagrams() -> dict[str, list[bytes]]:
    """Return datagrams of every size and kind, by what they are."""
    seeds = seedsIn('datagrams')
    heads = [seed.rstrip() + b'\r\n' for seed in seeds]
    return {
        'fillings': [(filling * size)[:size] for filling in FILLINGS for size in SIZES],
        'searches with a long end': [searchOf(size)[:size] for size in SIZES],
        'searches with a long field': [head + b'X: ' + bytes(size) for head in heads for size in (8000, 60_000)],
        'pieces': [seed[:length] for seed in seeds for length in range(0, len(seed), 7)],
        'real ones': seeds,
        'mutated ones': [mutated(seeds, SEED, number) for number in range(MUTATIONS)],
    }


def sendAll(attacker: Host, datagrams: list[bytes], *places: str) -> None:
    """Send datagrams from a host, each to every place."""
    text = ''.join(base64.b64encode(one).decode() + '\n' for one in datagrams)
    options = [option for to in places for option in ('--to', to)]
    command = pythonCommand('-m', 'tests.lan.programs.hostile', '--own', attacker.address, *options)
    attacker.run(*command, stdin=None, input=text)


def test_datagrams_of_every_size_and_kind_change_nothing_and_are_not_worth_a_word(
    network: Network, lan: Lan, deviceHost: Host, searcher: Host
) -> None:
    """In development mode, where every warning is an error; nothing above DEBUG is logged."""
    attacker = network.host('attacker', lan)
    with Prompt(deviceHost) as prompt:
        with Listener(searcher) as listener:
            announceLamp(prompt)
            waitForSets(listener)
        logged, before = prompt.do('logs'), udpCounts(prompt)
        hostile = hostileDatagrams()
        for kind, datagrams in hostile.items():
            sendAll(attacker, datagrams, deviceHost.address, GROUP)
            searches = [Searching(searcher, ALL, to=to) for to in (None, deviceHost.address)]
            assert [usns(searching.answers()) for searching in searches] == [sorted(LAMP_USNS)] * 2, kind
        assert prompt.do('logs') == logged
        counts = {key: number - before[key] for key, number in udpCounts(prompt).items() if number > before[key]}
        log.info('%d hostile datagrams, each sent twice: %s', sum(map(len, hostile.values())), counts)


def test_a_search_may_have_8192_bytes(deviceHost: Host, searcher: Host, prompt: Prompt) -> None:
    """It comes in fragments; a longer one is dropped unread."""
    with Listener(searcher) as listener:
        announceLamp(prompt)
        waitForSets(listener)
    for size, isAnswered in ((8192, True), (8193, False)):
        with Outgoing(deviceHost) as outgoing:
            sendAll(searcher, [searchOf(size)], GROUP)
            assert len(search(searcher, LAMP_UDN)) == 1
        assert len({one.port for one in outgoing.sent}) == 1 + isAnswered, size


# What a device takes for a search for all, from what clients send to the least that will do.
CLIENTS_SEARCH = searchOf(0)
SHORTEST_SEARCH = b'M-SEARCH * HTTP/1\nMAN:ssdp:discover\nMX:1\nST:ssdp:all'


def test_the_answers_to_one_search_are_less_than_twenty_times_as_long(deviceHost: Host, searcher: Host) -> None:
    """Of a device with one service, on the wire, so with the headers of IP and UDP; of a real search also without.

    The shortest that is understood gives some 26 times its own bytes without them.
    """
    with Listener(searcher) as listener:
        deviceHost.python(QUICKSTARTS[0])
        listener.waitFor(lambda seen: len(seen) >= SETS * len(QUICKSTART_USNS))
    for to, datagram in itertools.product((GROUP, deviceHost.address), (CLIENTS_SEARCH, SHORTEST_SEARCH)):
        with Outgoing(deviceHost) as outgoing:
            sendAll(searcher, [datagram], to)
            assert len(search(searcher, QUICKSTART_UDN)) == 1  # the answers to the other are out by then
        ports = Counter(one.port for one in outgoing.sent)
        answers = [one.length for one in outgoing.sent if ports[one.port] > 1]
        assert len(answers) == len(QUICKSTART_USNS)
        payload = sum(answers) / len(datagram)
        onWire = (sum(answers) + HEADERS_BYTES * len(answers)) / (len(datagram) + HEADERS_BYTES)
        log.info(
            '%d bytes to %s give %s: %.1f times as many, on the wire %.1f',
            len(datagram),
            to,
            answers,
            payload,
            onWire,
        )
        assert onWire < MAX_AMPLIFICATION
        assert payload < MAX_AMPLIFICATION or datagram is SHORTEST_SEARCH
