"""20,000 mutated HTTP requests at a real announcer."""

from __future__ import annotations

import pytest

from tests.fuzz.conftest import Target
from tests.fuzz.programs.announcer import HTTP_PORT
from tests.lan.expected import LAMP_USNS

pytestmark = pytest.mark.fuzz

SEED = 2
WARM_UP, COUNT = 2_000, 20_000
MAX_GROWTH_BYTES = 5 << 20
STATUSES = {'100', '200', '400', '403', '404', '405', '411', '413', '414', '431', '501', '505'}
SILENCES = {'aborted by us', 'closed without an answer', 'cut off by the device'}


def test_a_device_outlives_mutated_requests(target: Target) -> None:
    def attack(first: int, count: int) -> set[str]:
        return set(target.attack('requests', target.host.address, HTTP_PORT, SEED, first, count)['outcomes'])

    outcomes = attack(0, WARM_UP)
    before, filesBefore = target.residentBytes, target.openFiles
    outcomes |= attack(WARM_UP, COUNT - WARM_UP)

    assert outcomes <= STATUSES | SILENCES
    assert {'200', '400', '404', '405', '431', '501', '505'} <= outcomes
    assert target.residentBytes - before <= MAX_GROWTH_BYTES
    assert b'<friendlyName>Workshop lamp</friendlyName>' in target.described()
    assert target.openFiles == filesBefore
    assert target.found() == set(LAMP_USNS)
    assert target.end() == (0, '')
