"""Peers that mean harm, over TCP: what they cannot keep an ordinary control point from."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.lan.announcing import announceLight
from tests.lan.attacker import Attacker, moreAddresses
from tests.lan.hosts import Host, Lan, Network
from tests.lan.innocent import Innocent, tooSlow
from tests.lan.prompt import Prompt

pytestmark = pytest.mark.lan

PORT = 5000
PER_PEER, IN_ALL = 64, 256
OF_THE_INNOCENT = 3  # a request, an event, and one that is just closed
SLOW, IDLE = 500, 1000
ROUNDS = 5
RESETS = 3000
DESCRIPTORS, ATTEMPTS = 64, 500
RETURN_SECONDS = 5.0
QUIET_SECONDS = 3.0
# When its queue was full, the kernel may bring a connection late, of a peer that has left: idle, it ends after 30 s.
WAIT_SECONDS = 40.0
LEFT_OPEN = "len(os.listdir('/proc/self/fd'))"
NOT_INFO = "[line for line in logs if not line.startswith('INFO')]"
TASKS = '[task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]'
NO_DESCRIPTORS = 'Too many open files'


@pytest.fixture
def attackerHost(network: Network, lan: Lan) -> Host:
    """A third host on the first LAN."""
    return network.host('attacker', lan)


def waitFor(prompt: Prompt, expression: str, condition: Callable[[Any], bool]) -> Any:
    """Wait until a condition holds of what an expression is there; return that."""
    end = time.monotonic() + WAIT_SECONDS
    while not condition(value := prompt.do(expression)):
        assert time.monotonic() < end, f'{expression} is still {value}'
        time.sleep(0.02)
    return value


def test_slow_and_idle_connections_by_the_thousand_delay_nobody_else(
    prompt: Prompt, deviceHost: Host, searcher: Host, attackerHost: Host
) -> None:
    """The attacker's descriptors are raised; the device needs no more than usual, as it keeps 64 of one peer."""
    location = announceLight(prompt)
    before = prompt.do(LEFT_OPEN)
    options = ('--slow', str(SLOW), '--idle', str(IDLE), '--again')
    with Innocent(searcher, location) as innocent:
        with Attacker(attackerHost, deviceHost, PORT, 'hold', *options) as attacker:
            innocent.rounds(ROUNDS)
            assert prompt.do(LEFT_OPEN) <= before + PER_PEER + OF_THE_INNOCENT
            assert attacker.end()['opened'] > SLOW + IDLE
        assert tooSlow(innocent.end()) == []
    waitFor(prompt, LEFT_OPEN, lambda left: left == before)
    assert prompt.do(NOT_INFO) == []


def test_a_flood_of_requests_delays_nobody_else(
    prompt: Prompt, deviceHost: Host, searcher: Host, attackerHost: Host
) -> None:
    """RFC 9112 §9.3.2: requests may be sent before the answers to those before have come."""
    location = announceLight(prompt)
    before = prompt.do(LEFT_OPEN)
    with Innocent(searcher, location) as innocent:
        with Attacker(attackerHost, deviceHost, PORT, 'flood', '--connections', str(PER_PEER)) as attacker:
            innocent.rounds(ROUNDS)
            assert attacker.end()['cut'] == 0
        assert tooSlow(innocent.end()) == []
    waitFor(prompt, LEFT_OPEN, lambda left: left == before)
    assert prompt.do(NOT_INFO) == []


def test_connections_broken_off_by_the_thousand_delay_nobody_and_leave_nothing(
    prompt: Prompt, deviceHost: Host, searcher: Host, attackerHost: Host
) -> None:
    location = announceLight(prompt)
    before, tasks = prompt.do(LEFT_OPEN), prompt.do(TASKS)
    with Innocent(searcher, location) as innocent:
        with Attacker(attackerHost, deviceHost, PORT, 'reset', '--connections', str(RESETS)) as attacker:
            innocent.rounds(ROUNDS)
            assert attacker.end()['opened'] >= RESETS
        assert tooSlow(innocent.end()) == []
    waitFor(prompt, LEFT_OPEN, lambda left: left == before)
    waitFor(prompt, TASKS, lambda left: left == tasks)
    assert prompt.do(NOT_INFO) == []


@pytest.mark.parametrize(('peers', 'limit'), [(1, PER_PEER), (IN_ALL // PER_PEER, IN_ALL)])
def test_so_many_connections_are_kept_and_with_one_more_the_one_idle_longest_gives_way(
    prompt: Prompt, deviceHost: Host, attackerHost: Host, peers: int, limit: int
) -> None:
    """The limits of one peer, where the last one comes from it too, and in all, where it comes from another."""
    announceLight(prompt)
    before = prompt.do(LEFT_OPEN)
    one, *others = moreAddresses(attackerHost, peers + 1)
    own, newcomers = ([one], [one]) if peers == 1 else (others, [one])
    with Attacker(attackerHost, deviceHost, PORT, 'hold', '--idle', str(limit), own=own) as attacker:
        waitFor(prompt, LEFT_OPEN, lambda left: left == before + limit)
        with Attacker(attackerHost, deviceHost, PORT, 'hold', '--idle', '1', own=newcomers) as newcomer:
            assert [prompt.do(LEFT_OPEN) for _ in range(3)][-1] == before + limit
            assert newcomer.end() == {'opened': 1, 'cut': [], 'held': 1}
        assert attacker.end() == {'opened': limit, 'cut': [0], 'held': limit - 1}


@pytest.mark.parametrize('peers', [1, 20])
def test_with_few_descriptors_it_serves_meanwhile_and_afterwards(
    prompt: Prompt, deviceHost: Host, searcher: Host, attackerHost: Host, peers: int
) -> None:
    """The connections of one address, and those of many, are more than it may have open."""
    prompt.do('import resource, time')
    prompt.do(f'resource.setrlimit(resource.RLIMIT_NOFILE, ({DESCRIPTORS}, {DESCRIPTORS}))')
    location = announceLight(prompt)
    before, tasks = prompt.do(LEFT_OPEN), prompt.do(TASKS)
    with Innocent(searcher, location) as innocent:
        own = moreAddresses(attackerHost, peers)
        with Attacker(attackerHost, deviceHost, PORT, 'hold', '--idle', str(ATTEMPTS), own=own) as attacker:
            innocent.rounds(ROUNDS)
            attacker.end()
        assert tooSlow(innocent.end()) == []
    waitFor(prompt, LEFT_OPEN, lambda left: left == before)
    waitFor(prompt, TASKS, lambda left: left == tasks)
    complaints = prompt.do(NOT_INFO)
    assert len(complaints) <= 1
    assert all(NO_DESCRIPTORS in line for line in complaints)


def test_without_descriptors_it_does_not_keep_the_processor_busy(
    prompt: Prompt, deviceHost: Host, attackerHost: Host
) -> None:
    prompt.do('import resource, time')
    prompt.do(f'resource.setrlimit(resource.RLIMIT_NOFILE, ({DESCRIPTORS}, {DESCRIPTORS}))')
    announceLight(prompt)
    own = moreAddresses(attackerHost, 20)
    with Attacker(attackerHost, deviceHost, PORT, 'hold', '--idle', str(ATTEMPTS), own=own):
        prompt.do('used = time.process_time()')
        prompt.do(f'await asyncio.sleep({QUIET_SECONDS})')
        assert prompt.do('time.process_time() - used') < QUIET_SECONDS / 5


def test_after_a_lack_of_descriptors_everything_is_served_within_five_seconds(
    prompt: Prompt, deviceHost: Host, searcher: Host, attackerHost: Host
) -> None:
    """Search, description, control and events; also to one that comes only then."""
    prompt.do('import resource')
    prompt.do(f'resource.setrlimit(resource.RLIMIT_NOFILE, ({DESCRIPTORS}, {DESCRIPTORS}))')
    location = announceLight(prompt)
    with Attacker(attackerHost, deviceHost, PORT, 'hold', '--idle', str(ATTEMPTS)) as attacker:
        prompt.do(f'await asyncio.sleep({QUIET_SECONDS})')
        attacker.end()
    ended = time.monotonic()
    with Innocent(searcher, location) as innocent:
        (first,) = innocent.rounds(1)
        assert time.monotonic() < ended + RETURN_SECONDS
    assert tooSlow([first]) == []
