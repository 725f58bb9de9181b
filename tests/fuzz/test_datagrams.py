"""100,000 mutated datagrams at a real announcer."""

from __future__ import annotations

import pytest

from tests.fuzz.conftest import Target
from tests.fuzz.seeds import mutated, seedsIn
from tests.lan.expected import LAMP_USNS
from tests.lan.hosts import Host

pytestmark = pytest.mark.fuzz

SEED = 1
WARM_UP, COUNT = 10_000, 100_000
MAX_GROWTH_BYTES = 5 << 20


def test_a_mutation_is_known_by_its_number() -> None:
    seeds = seedsIn('datagrams')

    assert mutated(seeds, SEED, 7) == mutated(seeds, SEED, 7)
    assert len({mutated(seeds, SEED, number) for number in range(1000)}) > 800


def test_a_device_outlives_mutated_datagrams(target: Target, attacker: Host) -> None:
    def attack(first: int, count: int) -> list[object]:
        report = target.attack('datagrams', attacker.address, target.host.address, SEED, first, count)
        return list(report['unanswered'])

    missed = attack(0, WARM_UP)
    before, filesBefore = target.residentBytes, target.openFiles
    missed += attack(WARM_UP, COUNT - WARM_UP)

    assert missed == []
    assert target.residentBytes - before <= MAX_GROWTH_BYTES
    assert target.openFiles == filesBefore
    assert target.found() == set(LAMP_USNS)
    assert b'<friendlyName>Workshop lamp</friendlyName>' in target.described()
    assert target.end() == (0, '')
