"""Things that wait: the owners take turns."""

from random import Random

import pytest

from upnp.base.fairness import Turns


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
