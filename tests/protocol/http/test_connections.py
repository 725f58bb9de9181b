"""What keeps one peer from taking all the time there is: turns for reading."""

import asyncio

from tests.protocol.fakes import HeldClock, run
from upnp.base.fairness import TURN_SECONDS
from upnp.http.connections import ReadGate


def test_what_is_quick_to_read_need_not_wait() -> None:
    async def scene() -> None:
        gate = ReadGate()
        assert [gate.enter('192.0.2.9') for _ in range(100)] == [None] * 100

    run(scene(), HeldClock())


def test_what_is_slow_to_read_waits_for_the_next_turn_and_peers_take_turns() -> None:
    """The costliest calls of one peer, over many connections at once, hold up others for one of them at most."""
    clock = HeldClock()
    order: list[str] = []

    async def read(gate: ReadGate, peer: str, name: str) -> None:
        if (turn := gate.enter(peer)) is not None:
            await turn
        clock.advance(2 * TURN_SECONDS)
        order.append(name)

    async def scene() -> None:
        gate = ReadGate()
        greedy = [asyncio.create_task(read(gate, '192.0.2.8', f'greedy {number}')) for number in range(8)]
        await asyncio.sleep(0)
        assert order == ['greedy 0']
        modest = asyncio.create_task(read(gate, '192.0.2.9', 'modest'))
        greedy[1].cancel()
        await asyncio.wait([*greedy, modest])
        assert gate.enter('192.0.2.8') is None

    run(scene(), clock)
    assert [name for name in order if name != 'modest'] == [f'greedy {number}' for number in (0, *range(2, 8))]
    assert order.index('modest') <= 3


def test_each_turn_of_the_loop_reads_one_that_has_waited() -> None:
    clock = HeldClock()

    async def scene() -> None:
        gate = ReadGate()
        assert gate.enter('192.0.2.8') is None
        clock.advance(2 * TURN_SECONDS)
        turns = [gate.enter('192.0.2.8') for _ in range(3)]
        done = []
        for _ in range(4):
            await asyncio.sleep(0)
            done.append(sum(turn is not None and turn.done() for turn in turns))
        assert done == [1, 2, 3, 3]

    run(scene(), clock)
