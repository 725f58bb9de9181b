"""Peers take turns: what waits of them, how many of their calls run, which of their requests is read next."""

from random import Random

import pytest

from upnp import Limits, MessageError
from upnp.base.fairness import TURN_SECONDS, CallLimits, ReadScheduler, Turns


def drained(turns: Turns[str]) -> list[str]:
    """Return what comes out, in order."""
    return [turns.pop() for _ in range(len(turns))]


def test_owners_take_turns_and_keep_their_own_order() -> None:
    turns: Turns[str] = Turns()
    for name in ('a1', 'a2', 'a3', 'b1', 'c1', 'c2'):
        turns.add(name[0], name)
    assert sorted(turns) == ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']
    assert drained(turns) == ['a1', 'b1', 'c1', 'a2', 'c2', 'a3']


def test_a_second_time_is_harmless() -> None:
    turns: Turns[str] = Turns()
    for _ in range(2):
        turns.add('a', 'a1')
    assert drained(turns) == ['a1']
    for _ in range(2):
        turns.discard('a', 'a1')
    assert list(turns) == []


def test_what_is_taken_out_has_no_turn() -> None:
    turns: Turns[str] = Turns()
    for name in ('a1', 'a2', 'b1'):
        turns.add(name[0], name)
    turns.discard('a', 'a1')
    turns.discard('b', 'b1')
    turns.discard('c', 'c1')
    assert drained(turns) == ['a2']


def test_from_nobody_nothing_comes() -> None:
    with pytest.raises(KeyError):
        Turns[str]().pop()


def test_whatever_happens_each_comes_out_once_and_no_owner_waits_for_two_of_another() -> None:
    rng, turns, waiting = Random(5), Turns[str](), dict[str, list[str]]()
    seen: list[str] = []
    for number in range(3000):
        owner = rng.choice('abcde')
        if rng.random() < 0.55 or not len(turns):
            turns.add(owner, f'{owner}{number}')
            waiting.setdefault(owner, []).append(f'{owner}{number}')
        else:
            seen.append(turns.pop())
            assert waiting[seen[-1][0]].pop(0) == seen[-1]
        assert len(turns) == sum(map(len, waiting.values()))
    assert len(set(seen)) == len(seen)


# Calls


def callLimits(running: int = 2, waiting: int = 2) -> CallLimits[str]:
    """Return limits of so many calls for each peer."""
    return CallLimits(Limits(maxCallsPerPeer=running, maxWaitingCallsPerPeer=waiting))


def test_so_many_calls_of_a_peer_run_so_many_wait_and_one_more_is_refused() -> None:
    calls = callLimits()
    assert [calls.enter('a') for _ in range(3)] == [True, True, False]
    calls.wait('a', 'a3')
    calls.wait('a', 'a4')
    with pytest.raises(MessageError, match='2 calls of a run, and 2 wait') as caught:
        calls.wait('a', 'a5')
    assert caught.value.status == 503
    assert calls.enter('b')


def test_a_call_that_ends_lets_the_next_of_its_peer_run_in_order() -> None:
    calls = callLimits(1)
    assert calls.enter('a')
    for call in ('a2', 'a3'):
        assert not calls.enter('a')
        calls.wait('a', call)
    assert [calls.leave('a', None), calls.leave('a', 'a2'), calls.leave('a', 'a3')] == ['a2', 'a3', None]
    assert calls.enter('a')


def test_a_call_that_waits_no_longer_gives_its_place_to_none() -> None:
    calls = callLimits(1)
    assert calls.enter('a')
    calls.wait('a', 'a2')
    calls.wait('a', 'a3')
    assert calls.leave('a', 'a2') is None
    assert calls.leave('a', None) == 'a3'


def test_one_of_several_that_ends_leaves_the_others_running() -> None:
    calls = callLimits(2)
    assert [calls.enter('a'), calls.enter('a'), calls.leave('a', None), calls.enter('a')] == [True, True, None, True]
    assert not calls.enter('a')


# Reading


def test_requests_are_read_for_so_long_in_one_turn_of_the_loop() -> None:
    reading: ReadScheduler[str] = ReadScheduler()
    assert reading.isIdle
    assert [reading.enter('a', 0.0), reading.enter('a', TURN_SECONDS / 2)] == [True, True]
    assert not reading.isIdle
    assert not reading.enter('a', TURN_SECONDS)
    reading.wait('a', 'a3')
    assert not reading.enter('b', 0.0), 'none overtakes one that waits'


def test_each_turn_begins_with_one_that_has_waited_and_the_peers_take_turns() -> None:
    reading: ReadScheduler[str] = ReadScheduler()
    assert reading.enter('a', 0.0)
    for name in ('a2', 'a3', 'a4', 'b1'):
        reading.wait(name[0], name)
    assert [reading.turn(now) for now in (1.0, 2.0, 3.0, 4.0)] == ['a2', 'b1', 'a3', 'a4']
    assert not reading.isIdle
    assert reading.turn(5.0) is None
    assert reading.isIdle
