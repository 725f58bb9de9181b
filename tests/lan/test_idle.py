"""What it costs to follow the network: nothing while nothing changes, and nothing stays of what came and went.

The idle announcers are started before the other tests here and looked at after them, so that nobody waits for them
alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lan.announcing import QUIET_SECONDS, SET, SETS, addressesIn, announceLamp, bootIds, waitForSets
from tests.lan.conftest import makeNetwork
from tests.lan.hosts import Host, Lan
from tests.lan.prompt import Prompt
from tests.lan.ssdp import Listener

pytestmark = pytest.mark.lan

IDLE_SECONDS = 20.0
CYCLES, CYCLES_SECONDS = 20, 10.0
CYCLE_SECONDS = 0.45  # long enough that each return would be announced if nothing were damped
SETTLED_SECONDS = 6.0  # 5 s at most of damping, and some for all that runs here
FOLLOW_SECONDS = 2.0
MAX_GROWTH_BYTES, MAX_GROWTH_OBJECTS = 1 << 20, 200
IMPORTS = 'import gc, pathlib'
COLLECTED = 'gc.collect()'
DESCRIPTORS = "len(os.listdir('/proc/self/fd'))"
OBJECTS = 'len(gc.get_objects())'
RESIDENT_BYTES = "int(pathlib.Path('/proc/self/statm').read_text().split()[1]) * os.sysconf('SC_PAGE_SIZE')"


def switches(pid: int) -> int:
    """Return how often the threads of a process have got a processor."""
    texts = [path.read_text() for path in Path(f'/proc/{pid}/task').glob('*/status')]
    lines = [line.split() for text in texts for line in text.splitlines()]
    return sum(int(line[1]) for line in lines if line[0].endswith('ctxt_switches:'))


@pytest.fixture(scope='module', autouse=True)
def wakeUps() -> Iterator[Callable[[], dict[str, int]]]:
    """How often idle announcers have been woken, one with IPv4 and one with both protocols, once the time is over."""
    with makeNetwork() as network, ExitStack() as prompts:
        pids = {}
        lan = network.lan()
        hearer = network.host('hearer', lan, hasIPv6=True)
        hosts = network.host('IPv4', lan), network.host('both', lan, hasIPv6=True)
        hosts[0].disableIPv6()
        with Listener(hearer) as listener:
            for host in hosts:
                prompt = prompts.enter_context(Prompt(host))
                announceLamp(prompt)
                pids[host.name] = prompt.do('os.getpid()')
            waitForSets(listener, places=4)
            listener.waitQuiet(QUIET_SECONDS)
        began, before = time.monotonic(), {name: switches(pid) for name, pid in pids.items()}

        def counted() -> dict[str, int]:
            time.sleep(max(0.0, began + IDLE_SECONDS - time.monotonic()))
            return {name: switches(pid) - before[name] for name, pid in pids.items()}

        yield counted


def test_twenty_times_away_and_back_in_ten_seconds_is_one_announcement_and_leaves_nothing_behind(
    lan: Lan, deviceHost: Host, searcher: Host, prompt: Prompt
) -> None:
    address = deviceHost.address
    prompt.do(IMPORTS)
    with Listener(searcher) as listener:
        announceLamp(prompt)
        waitForSets(listener)
        # Once before, as what deals with changes is made then.
        deviceHost.leave()
        deviceHost.join(lan, 'eth0', address)
        again = waitForSets(listener, since=time.monotonic())
        before = used(prompt)
        began = time.monotonic()
        for number in range(CYCLES):
            deviceHost.leave()
            deviceHost.join(lan, 'eth0', address)
            time.sleep(max(0.0, began + (number + 1) * CYCLE_SECONDS - time.monotonic()))
        ended = time.monotonic()
        assert ended - began < CYCLES_SECONDS
        alive = waitForSets(listener, since=ended, timeout=SETTLED_SECONDS + FOLLOW_SECONDS)
        listener.waitQuiet(QUIET_SECONDS)
        settled = [one for one in listener.alive() if one.time > began]
        assert len(settled) == SETS * SET
        assert len(bootIds(settled)) == 1
        assert max(bootIds(settled)) > max(bootIds(again))
        assert alive[0].time - ended < SETTLED_SECONDS
        assert addressesIn(settled) == {address}
        after = used(prompt)
    assert after[0] == before[0]
    assert after[1] - before[1] < MAX_GROWTH_OBJECTS
    assert after[2] - before[2] < MAX_GROWTH_BYTES


def used(prompt: Prompt) -> tuple[int, int, int]:
    """Return the descriptors, the objects and the bytes of memory that an announcer has."""
    prompt.do(COLLECTED)
    return prompt.do(DESCRIPTORS), prompt.do(OBJECTS), prompt.do(RESIDENT_BYTES)


def test_twenty_seconds_without_a_change_wake_it_not_once(wakeUps: Callable[[], dict[str, int]]) -> None:
    assert wakeUps() == {'IPv4': 0, 'both': 0}
