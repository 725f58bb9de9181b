"""One timer that is set at will, on the loop that runs or ran; the grid of wake-ups."""

import asyncio

import pytest

from tests.protocol.fakes import run
from upnp.base.loops import Timer, onGrid


def test_a_timer_rings_once_at_the_last_time_it_was_set_to() -> None:
    async def scenario() -> None:
        rung: list[float] = []
        loop = asyncio.get_running_loop()
        timer = Timer(lambda: rung.append(loop.time()))
        begun = loop.time()
        timer.set(begun + 5)
        timer.set(begun + 2)
        await asyncio.sleep(10)
        assert (rung, timer.due) == ([begun + 2], None)

    run(scenario())


def test_a_timer_that_is_unset_rings_never() -> None:
    async def scenario() -> None:
        rung: list[None] = []
        timer = Timer(lambda: rung.append(None))
        timer.set(asyncio.get_running_loop().time() + 1)
        timer.set(None)
        await asyncio.sleep(2)
        assert (rung, timer.due) == ([], None)

    run(scenario())


def test_where_no_loop_runs_a_timer_is_set_on_the_one_it_was_set_on_before() -> None:
    timer = Timer(lambda: None)
    with pytest.raises(RuntimeError):
        timer.set(1.0)
    with asyncio.Runner() as runner:

        async def set() -> float:
            due = asyncio.get_running_loop().time()
            timer.set(due + 60)
            return due

        due = runner.run(set())
        timer.set(due + 30)
        assert timer.due == due + 30
        timer.set(None)


@pytest.mark.parametrize(('time', 'moment'), [(0, 0), (1000.02, 1000), (1000.07, 1000.0625), (7.25, 7.25)])
def test_answers_go_out_at_moments_that_searches_share(time: float, moment: float) -> None:
    assert onGrid(time) == moment
