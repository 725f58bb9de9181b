"""Pages that are opened and left thousands of times, from several hosts: what is left of them is nothing."""

from __future__ import annotations

import signal
import time
from collections import Counter

import pytest

from tests.lan.hosts import Host, Lan, Network
from tests.lan.measuring import MEGABYTE, Rows, Sample, descriptorsOf, sampleOf

pytestmark = pytest.mark.lan

HOSTS, VISITS = 3, 1500
START_SECONDS, VISIT_SECONDS, REST_SECONDS = 20.0, 120.0, 30.0
MAX_GROWTH_BYTES = 4 * MEGABYTE
MAX_GROWTH_OBJECTS = 500


@pytest.fixture
def light(deviceHost: Host) -> Rows:
    """The light, announced."""
    rows = Rows(deviceHost, 'tests.lan.programs.light')
    rows.waitForRow(START_SECONDS)
    return rows


def visits(lan: Lan, network: Network, device: Host, turn: int, count: int) -> Counter[str]:
    """Have some hosts open and leave the page; return how they were answered."""
    peers = [network.host(f'peer{turn}{number}', lan) for number in range(HOSTS)]
    rows = [
        Rows(peer, 'tests.lan.programs.leaving', device.address, str(turn * HOSTS + number), str(count))
        for number, peer in enumerate(peers)
    ]
    answered: Counter[str] = Counter()
    for one in rows:
        assert one.wait(VISIT_SECONDS) == 0, one.errors
        assert one.errors == []
        answered += Counter(one.all[-1]['statuses'])
    return answered


def collected(light: Rows, tasks: int | None = None) -> Sample:
    """Look at the light once it has collected what is unreachable, and has no more tasks than that."""
    end = time.monotonic() + REST_SECONDS
    while True:
        known = len(light.all)
        light.program.send_signal(signal.SIGUSR1)
        while not any('isCollected' in row for row in light.all[known:]):
            assert time.monotonic() < end, 'nothing was collected'
            time.sleep(0.05)
        sample = sampleOf(light)
        if tasks is None or sample.tasks <= tasks or time.monotonic() > end:
            return sample
        time.sleep(0.5)


def test_thousands_of_pages_opened_and_left_leave_nothing(
    network: Network, lan: Lan, deviceHost: Host, light: Rows
) -> None:
    """Politely or not, at each moment: descriptors, tasks, objects and memory are as before, and the log is empty."""
    try:
        rest = collected(light)
        visits(lan, network, deviceHost, 0, VISITS // 5)
        warm = collected(light, rest.tasks)
        answered = visits(lan, network, deviceHost, 1, VISITS)
        quiet = collected(light, rest.tasks)
        assert {'opened 200', 'read 200', 'head 200', 'old 200', 'strange 403'} <= set(answered), answered
        assert quiet.open == rest.open, descriptorsOf(light)
        assert quiet.objects - warm.objects < MAX_GROWTH_OBJECTS, answered
        assert quiet.bytes - warm.bytes < MAX_GROWTH_BYTES
        assert [row for row in light.all if 'record' in row] == []
    finally:
        light.end()
    assert light.errors == []
