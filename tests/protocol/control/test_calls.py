"""Users' functions: run in the loop or in a thread of their service, in time, and never in each other's way."""

import asyncio
import contextlib
import functools
import gc
import logging
import sys
import threading
import time
import weakref
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any, NoReturn

import pytest

import upnp
from tests.protocol.fakes import HeldClock, passes, run
from upnp import ActionError, Call, MessageError
from upnp.control.calls import Callee, Calls
from upnp.control.worker import Job, Worker

TURNS = 10  # of the loop: enough for everything that is due
PATIENCE_SECONDS = 5.0
CALL = Call(('192.0.2.9', 40000), '192.0.2.1', {'user-agent': 'x'}, 'urn:exemple-org:service:Lamp:1', 'Act')


class Slow:
    """A plain function that lasts until it is told to end."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.count = 0
        self._loop = asyncio.get_running_loop()
        self._end = threading.Event()

    def __call__(self) -> str:
        self.count += 1
        self._loop.call_soon_threadsafe(self.began.set)
        assert self._end.wait(PATIENCE_SECONDS)
        return 'slow'

    def end(self) -> None:
        """Let it return."""
        self._end.set()


def service(name: str = 'lamp', **functions: Callable[..., object] | None) -> upnp.Service:
    """Return a service with actions by name."""
    actions = [{'name': action, 'function': function} for action, function in functions.items()]
    return upnp.Service({'serviceType': CALL.serviceType, 'serviceId': name, 'actions': actions})


def calling(
    calls: Calls,
    of: upnp.Service,
    action: str = 'Act',
    values: Mapping[str, object] | None = None,
    peer: str = '192.0.2.9',
) -> Coroutine[Any, Any, object]:
    """Return the call of an action."""
    return calls.run(
        Callee.of(of, of.actions[action]),
        values or {},
        Call((peer, 40000), CALL.host, CALL.headers, CALL.serviceType, CALL.action),
    )


async def outcome(call: Coroutine[Any, Any, object] | asyncio.Task[object]) -> object:
    """Return what a call returns; of a fault, its code and its text; of a refusal, its status."""
    try:
        return await call
    except ActionError as error:
        return error.code, error.description
    except MessageError as error:
        return error.status


async def begun(call: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
    """Begin a call, as far as it gets by itself; return the task of its outcome."""
    task = asyncio.create_task(outcome(call))
    await turns()
    return task


async def taken(call: Callable[[], Coroutine[Any, Any, object]]) -> object:
    """Call again and again until it is not refused; return what it returns."""
    while isinstance(result := await outcome(call()), tuple):  # noqa: ASYNC110 (nothing else tells of a thread)
        await asyncio.sleep(0)
    return result


async def turns() -> None:
    """Let the loop do all that is due."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


def threads() -> list[threading.Thread]:
    """Return the threads of services."""
    return [thread for thread in threading.enumerate() if thread.name.startswith('upnp ')]


def joined() -> list[threading.Thread]:
    """Wait for the end of the services' threads; return those that do not end."""
    for thread in threads():
        thread.join(PATIENCE_SECONDS)
    return threads()


def play(scene: Callable[[Calls], Coroutine[Any, Any, object]], **limits: float) -> Any:
    """Run a scene with calls of its own, by a clock that is held, and end them."""

    async def whole() -> object:
        calls = Calls(upnp.Limits(**limits))  # type: ignore[arg-type]
        result = await scene(calls)
        calls.abandon()
        return result

    return run(whole(), HeldClock())


@pytest.fixture(autouse=True)
def noThreadIsLeft() -> Iterator[None]:
    """Check that no test leaves a thread behind."""
    yield
    assert joined() == []


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Return what tells what was logged: level and text, and whether a traceback follows."""
    caplog.set_level(logging.DEBUG, 'upnp')

    def lines() -> list[str]:
        return [
            f'{record.levelname} {record.getMessage()}{" + traceback" * (record.exc_info is not None)}'
            for record in caplog.records
            if record.name == 'upnp.control.calls'
        ]

    return lines


# What is run


async def asyncFunction() -> str:
    """Return a word, later."""
    await asyncio.sleep(0)
    return 'done'


def plainFunction() -> str:
    """Return a word."""
    return 'done'


class Functions:
    """Functions that belong to an object."""

    async def asyncMethod(self) -> str:
        """Return a word, later."""
        return await asyncFunction()

    def plainMethod(self) -> str:
        """Return a word."""
        return 'done'


class PlainObject:
    """An object that can be called."""

    def __call__(self) -> str:
        return 'done'


class AsyncObject:
    """An object whose call is to be awaited."""

    async def __call__(self) -> str:
        return await asyncFunction()


class Cached:
    """An object around an async function that has its result already."""

    def __init__(self, func: Callable[..., object]) -> None:
        self.func = func

    def __call__(self) -> str:
        return 'done'


@functools.wraps(asyncFunction)
def wrapped() -> object:
    """Return what is to be awaited, as decorators do."""
    return asyncFunction()


async def word(start: str, end: str) -> str:
    """Return a word of two parts."""
    return start + end


def plainWord(start: str, end: str) -> str:
    """Return a word of two parts."""
    return start + end


@pytest.mark.parametrize(
    'function',
    [
        asyncFunction,
        plainFunction,
        wrapped,
        Functions().asyncMethod,
        Functions().plainMethod,
        PlainObject(),
        AsyncObject(),
        Cached(asyncFunction),
        lambda: asyncFunction(),
        lambda: asyncio.run(asyncFunction()),
        functools.partial(word, 'do', end='ne'),
        functools.partial(plainWord, 'do', end='ne'),
        functools.partial(AsyncObject()),
        functools.partial(functools.partial(plainWord, 'do'), end='ne'),
    ],
)
def test_whatever_can_be_called_is_run(function: Callable[..., object]) -> None:
    """User functions may be plain or async, and anything that can be called."""
    assert play(lambda calls: outcome(calling(calls, service(Act=function)))) == 'done'


def test_a_plain_function_may_return_a_future_of_the_loop() -> None:
    """What is to be awaited is awaited in the loop."""

    async def scene(calls: Calls) -> object:
        future = asyncio.get_running_loop().create_future()
        call = await begun(calling(calls, service(Act=lambda: future)))
        future.set_result('done')
        return await call

    assert play(scene) == 'done'


@pytest.mark.parametrize('isAsync', [True, False])
def test_arguments_come_by_keyword_and_the_call_where_it_is_wanted(isAsync: bool) -> None:
    """api: a parameter that is annotated upnp.Call gets the call."""

    def plain(Level: int, *, who: upnp.Call) -> object:
        return Level, who

    async def later(who: 'upnp.Call', Level: int) -> object:
        return Level, who

    async def scene(calls: Calls) -> object:
        lamp = service(Act=None)
        lamp.actions['Act'].function = later if isAsync else plain
        return await calling(calls, lamp, values={'Level': 5})

    assert play(scene) == (5, CALL)


def test_a_function_that_is_exchanged_is_run_as_what_it_is() -> None:
    """action.function may be set at any time."""

    async def scene(calls: Calls) -> list[object]:
        lamp = service(Act=asyncFunction)
        results = [await calling(calls, lamp)]
        lamp.actions['Act'].function = threading.current_thread
        return [*results, await calling(calls, lamp)]

    result, thread = play(scene)
    assert (result, thread.name) == ('done', 'upnp lamp')


def test_an_action_without_a_function_is_not_implemented() -> None:
    """UDA 1.1 §3.2.5: 602."""
    assert play(lambda calls: outcome(calling(calls, service(Act=None)))) == (602, 'Optional Action Not Implemented')


# What goes wrong in a function


def refuse() -> NoReturn:
    """Refuse as a service's type says."""
    raise ActionError(701, 'No such preset')


async def refuseLater() -> NoReturn:
    """Refuse as a service's type says."""
    refuse()


def fail() -> NoReturn:
    """Fail."""
    raise OSError('no such lamp')


async def failLater() -> NoReturn:
    """Fail."""
    fail()


def exitThread() -> NoReturn:
    """End the program, as it believes."""
    sys.exit('no lamp')


def interrupt() -> NoReturn:
    """Do as if the user ended the program."""
    raise KeyboardInterrupt


async def cancelItself() -> NoReturn:
    """End as if somebody had cancelled it."""
    raise asyncio.CancelledError


class Odd(BaseException):
    """An exception that is no Exception."""


async def failOddly() -> NoReturn:
    """Fail with what nobody expects."""
    raise Odd


@pytest.mark.parametrize('function', [refuse, refuseLater])
def test_a_fault_of_a_function_is_its_callers_and_no_news(
    function: Callable[..., object], told: Callable[[], list[str]]
) -> None:
    """api: raise upnp.ActionError(701, ...)."""
    assert play(lambda calls: outcome(calling(calls, service(Act=function)))) == (701, 'No such preset')
    assert told() == ['DEBUG action lamp#Act: 701 No such preset']


@pytest.mark.parametrize(
    ('function', 'again'),
    [
        (fail, "OSError('no such lamp')"),
        (failLater, "OSError('no such lamp')"),
        (exitThread, 'RuntimeError("SystemExit(\'no lamp\') in a function that is called, not run")'),
        (interrupt, "RuntimeError('KeyboardInterrupt() in a function that is called, not run')"),
        (cancelItself, 'CancelledError()'),
        (failOddly, 'Odd()'),
        (lambda wanted: wanted, None),
    ],
)
def test_anything_else_that_a_function_raises_is_501_and_logged_once(
    function: Callable[..., object], again: str | None, told: Callable[[], list[str]]
) -> None:
    """UDA 1.1 §3.2.5: Action Failed; a peer could repeat it at will, so the traceback comes once."""

    async def scene(calls: Calls) -> list[object]:
        lamp = service(Act=None)
        lamp.actions['Act'].function = function
        return [await outcome(calling(calls, lamp)) for _ in range(3)]

    assert play(scene) == [(501, 'Action Failed')] * 3
    first, *others = told()
    assert first == 'ERROR action lamp#Act failed, its caller was told so + traceback'
    assert len(others) == 2
    assert all(line.startswith('DEBUG action lamp#Act failed again: ') for line in others)
    assert again is None or {line.partition('again: ')[2] for line in others} == {again}


FORGED = 'x\nERROR:root:forged \r\x1b[2J\x9b31m\x9d0;title\x9c \u2028\u202e\udc80 é'
SHOWN = r'x\nERROR:root:forged \r\x1b[2J\x9b31m\x9d0;title\x9c \u2028\u202e\udc80 é'


def raiseForged() -> NoReturn:
    """Fail with what a peer has sent, twice."""
    try:
        raise KeyError(FORGED)
    except KeyError as error:
        raise ValueError(FORGED) from error


def refuseForged() -> NoReturn:
    """Refuse with what a peer has sent."""
    raise ActionError(701, FORGED)


@pytest.mark.parametrize('function', [raiseForged, refuseForged])
def test_what_a_peer_sent_writes_no_lines_of_its_own_in_the_log(
    function: Callable[..., object], caplog: pytest.LogCaptureFixture
) -> None:
    """A function may raise what it was called with; whoever has a formatter sees it escaped."""
    caplog.set_level(logging.DEBUG, 'upnp')

    async def scene(calls: Calls) -> None:
        lamp = service(Act=function)
        for _ in range(2):
            await outcome(calling(calls, lamp))
        calls.complain(Callee.of(lamp, lamp.actions['Act']), ValueError(FORGED))

    play(scene)
    text = '\n'.join(
        logging.Formatter().format(record) for record in caplog.records if record.name == 'upnp.control.calls'
    )
    assert all(line.isprintable() for line in text.split('\n'))
    assert not any(line.startswith('ERROR:root:forged') for line in text.splitlines())
    assert text.count(SHOWN) >= 3
    assert [record.exc_info is not None for record in caplog.records].count(True) == (function is raiseForged)


def test_a_traceback_stays_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """Its lines are those that Python prints."""
    play(lambda calls: outcome(calling(calls, service(Act=fail))))
    (record,) = caplog.records
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], OSError)
    lines = logging.Formatter().format(record).split('\n')
    assert lines[:2] == ['action lamp#Act failed, its caller was told so', 'Traceback (most recent call last):']
    assert lines[-2:] == ["    raise OSError('no such lamp')", 'OSError: no such lamp']


def test_each_cause_in_an_action_has_a_traceback_of_its_own(told: Callable[[], list[str]]) -> None:
    """What is said once is said once per cause: another error, another place, another action."""

    def two(which: int) -> None:
        if which == 0:
            raise OSError
        if which == 1:
            raise ValueError
        raise ValueError

    async def scene(calls: Calls) -> None:
        lamp = service(Act=None, Other=fail)
        lamp.actions['Act'].function = two
        for which in (0, 1, 2, 0, 1, 2):
            await outcome(calling(calls, lamp, values={'which': which}))
        await outcome(calling(calls, lamp, 'Other'))

    play(scene)
    assert [line.split()[0] for line in told()] == ['ERROR'] * 3 + ['DEBUG'] * 3 + ['ERROR']


def test_a_result_that_cannot_be_sent_is_told_once(told: Callable[[], list[str]]) -> None:
    """The log names the action and what is wrong; the caller is told no more than 501."""

    async def scene(calls: Calls) -> list[int]:
        lamp = service(Act=plainFunction)
        return [
            calls.complain(Callee.of(lamp, lamp.actions['Act']), ValueError('7 is not at most 5')).code
            for _ in range(2)
        ]

    assert play(scene) == [501, 501]
    text = 'action lamp#Act returned what its caller cannot be sent (an error in its place): 7 is not at most 5'
    assert told() == [f'ERROR {text}', f'DEBUG {text}']


def test_a_result_that_nobody_gets_is_told_once(told: Callable[[], list[str]]) -> None:
    """Its author has forgotten to declare it: a warning with the fix."""

    async def scene(calls: Calls) -> None:
        lamp = service(Act=plainFunction)
        for _ in range(2):
            calls.wonder(Callee.of(lamp, lamp.actions['Act']), 'x' * 200)

    play(scene)
    text = (
        f"action lamp#Act returned '{'x' * 79}, and it has no output: "
        'give it a return hint, or returns={...}, or return nothing'
    )
    assert told() == [f'WARNING {text}', f'DEBUG {text}']


# Functions in the loop


def test_an_async_function_gets_thirty_seconds(told: Callable[[], list[str]]) -> None:
    """UDA 1.1 §3.2.2: the caller has its answer by then; the function is cancelled."""
    ends: list[str] = []

    async def endless() -> None:
        try:
            await asyncio.sleep(1e6)
        finally:
            ends.append('cancelled')

    async def scene(calls: Calls) -> object:
        lamp = service(Act=endless)
        first = await begun(calling(calls, lamp))
        await passes(29.9)
        assert not first.done()
        await passes(0.2)
        second = await begun(calling(calls, lamp))
        await passes(31)
        return await first, await second

    assert play(scene) == ((501, 'Action Failed'), (501, 'Action Failed'))
    assert ends == ['cancelled', 'cancelled']
    late = 'action lamp#Act took longer than 30 s: its caller was told so'
    assert [line for line in told() if 'longer' in line] == [f'ERROR {late}', f'DEBUG {late}']


@pytest.mark.parametrize('error', [None, OSError('too late'), upnp.ActionError(701)])
def test_an_async_function_that_ignores_being_cancelled_is_given_up(error: Exception | None) -> None:
    """A second later somebody else may answer its caller; what becomes of it is nobody's news."""

    async def scene(calls: Calls) -> object:
        released, givenUp = asyncio.Event(), []

        async def stubborn() -> None:
            while not released.is_set():
                try:
                    await released.wait()
                except asyncio.CancelledError:
                    continue
            if error is not None:
                raise error

        lamp = service(Act=stubborn)
        call = await begun(calls.run(Callee.of(lamp, lamp.actions['Act']), {}, CALL, lambda: givenUp.append(True)))
        await passes(30)
        assert (call.done(), givenUp) == (False, [])
        await passes(1)
        assert (call.done(), givenUp) == (False, [True])
        released.set()
        return await call

    assert play(scene) == (501, 'Action Failed')


def test_the_task_of_a_late_call_goes_on_as_if_nothing_had_happened() -> None:
    """It is a connection's, which serves more requests."""

    async def scene(calls: Calls) -> None:
        lamp = service(Act=lambda: asyncio.Event().wait())

        async def connection() -> object:
            result = await outcome(calling(calls, lamp))
            await asyncio.sleep(0)
            return result, asyncio.current_task().cancelling()  # type: ignore[union-attr]

        task = asyncio.create_task(connection())
        while calls._workers == {} or threads() == []:  # noqa: ASYNC110 (nothing tells of a thread)
            await asyncio.sleep(0)
        for _ in range(100):
            await turns()
        await passes(30)
        assert await task == ((501, 'Action Failed'), 0)

    play(scene)


def test_a_call_that_is_late_and_cancelled_by_others_is_cancelled() -> None:
    async def scene(calls: Calls) -> None:
        async def endless() -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                call.cancel()
                raise

        call = await begun(calling(calls, service(Act=endless)))
        await passes(30)
        with pytest.raises(asyncio.CancelledError):
            await call

    play(scene)


def test_a_caller_that_goes_cancels_its_async_function_and_waits_for_its_end() -> None:
    """Every task is cancelled and awaited by its owner."""
    ends: list[str] = []

    async def slowToEnd() -> None:
        try:
            await asyncio.sleep(1e6)
        finally:
            await asyncio.sleep(0)
            ends.append('ended')

    async def scene(calls: Calls) -> None:
        call = await begun(calling(calls, service(Act=slowToEnd)))
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert ends == ['ended']

    play(scene)


def test_async_functions_run_beside_each_other() -> None:
    """A slow one delays nobody."""

    async def scene(calls: Calls) -> object:
        event = asyncio.Event()

        async def waits() -> str:
            await event.wait()
            return 'first'

        async def sets() -> str:
            event.set()
            return 'second'

        lamp = service(Waits=waits, Sets=sets)
        first = await begun(calling(calls, lamp, 'Waits'))
        return await calling(calls, lamp, 'Sets'), await first

    assert play(scene) == ('second', 'first')


# Functions in a thread


def test_plain_functions_run_in_one_daemon_thread_of_their_service() -> None:
    """It cannot keep the process from ending, and it is there from the first call to the end."""

    async def scene(calls: Calls) -> list[object]:
        lamp, lock = service('lamp', Act=threading.current_thread), service('lock', Act=threading.current_thread)
        assert threads() == []
        return [await calling(calls, of) for of in (lamp, lamp, lock)]

    lamp, again, lock = play(scene)
    assert (lamp.name, lock.name) == ('upnp lamp', 'upnp lock')
    assert lamp is again
    assert lamp.daemon


def test_plain_functions_of_a_service_run_one_at_a_time_in_the_order_of_their_calls() -> None:
    """Slow hardware code needs no lock."""
    order: list[int] = []

    async def scene(calls: Calls) -> None:
        slow = Slow()
        lamp = service(Slow=slow, Act=None)
        lamp.actions['Act'].function = lambda number: order.append(number)
        first = await begun(calling(calls, lamp, 'Slow'))
        await slow.began.wait()
        others = [await begun(calling(calls, lamp, values={'number': number})) for number in range(5)]
        assert order == []
        slow.end()
        assert await asyncio.gather(first, *others) == ['slow', None, None, None, None, None]

    play(scene)
    assert order == [0, 1, 2, 3, 4]


def test_peers_take_turns_in_the_thread_of_a_service() -> None:
    """One with many calls of slow hardware code does not keep the others waiting for all of them."""
    order: list[str] = []

    async def scene(calls: Calls) -> None:
        slow = Slow()
        lamp = service(Slow=slow, Act=None)
        lamp.actions['Act'].function = lambda name: order.append(name)
        first = await begun(calling(calls, lamp, 'Slow'))
        await slow.began.wait()
        greedy = [await begun(calling(calls, lamp, values={'name': f'greedy {number}'})) for number in range(3)]
        modest = await begun(calling(calls, lamp, values={'name': 'modest'}, peer='192.0.2.8'))
        slow.end()
        await asyncio.gather(first, *greedy, modest)

    play(scene)
    assert order == ['greedy 0', 'modest', 'greedy 1', 'greedy 2']


def test_so_many_calls_of_a_peer_run_and_so_many_more_wait() -> None:
    """Limits maxCallsPerPeer and maxWaitingCallsPerPeer; others are served meanwhile."""

    async def scene(calls: Calls) -> None:
        gate = asyncio.Event()
        running: list[str] = []

        async def wait(name: str) -> str:
            running.append(name)
            await gate.wait()
            return name

        lamp = service(Act=None)
        lamp.actions['Act'].function = wait
        tasks = [await begun(calling(calls, lamp, values={'name': f'{number}'})) for number in range(4)]
        assert running == ['0', '1']
        assert await outcome(calling(calls, lamp, values={'name': 'beyond'})) == 503
        other = await begun(calling(calls, lamp, values={'name': 'other'}, peer='192.0.2.8'))
        assert running == ['0', '1', 'other']
        tasks[2].cancel()  # the third waits no longer, so that there is room for another
        await turns()
        tasks.append(await begun(calling(calls, lamp, values={'name': '4'})))
        assert await outcome(calling(calls, lamp, values={'name': 'beyond'})) == 503
        tasks[0].cancel()
        await turns()
        assert running == ['0', '1', 'other', '3']  # in the place of the one that went
        gate.set()
        assert await asyncio.gather(tasks[1], tasks[3], tasks[4], other) == ['1', '3', '4', 'other']
        assert await outcome(calling(calls, lamp, values={'name': 'later'})) == 'later'

    play(scene, maxCallsPerPeer=2, maxWaitingCallsPerPeer=2)


def test_a_call_that_waits_for_its_turn_has_its_time_all_the_same() -> None:
    """UDA 1.1 §3.2.2: its caller is answered within 30 s, and its place goes to nobody."""

    async def scene(calls: Calls) -> object:
        ran: list[str] = []

        async def act(name: str) -> None:
            ran.append(name)
            await asyncio.sleep(15 if name == 'first' else 20)

        lamp = service(Act=None)
        lamp.actions['Act'].function = act
        tasks = [await begun(calling(calls, lamp, values={'name': name})) for name in ('first', 'second', 'third')]
        for _ in range(4):
            await passes(10)
        return ran, [await task for task in tasks]

    ran, outcomes = play(scene, maxCallsPerPeer=1)
    assert ran == ['first', 'second']
    assert outcomes == [None, (501, 'Action Failed'), (501, 'Action Failed')]


def test_a_turn_that_comes_in_the_moment_of_a_cancellation_is_not_lost() -> None:
    async def scene(calls: Calls) -> object:
        gate = asyncio.Event()
        lamp = service(Act=gate.wait)
        first, second, third = [await begun(calling(calls, lamp)) for _ in range(3)]
        gate.set()
        await asyncio.sleep(0)  # the first goes on, and gives its place to the second
        second.cancel()
        return await first, await third

    assert play(scene, maxCallsPerPeer=1) == (True, True)


def test_two_services_do_not_wait_for_each_other() -> None:
    """A thread each."""

    async def scene(calls: Calls) -> object:
        one, other = Slow(), Slow()
        first = await begun(calling(calls, service('lamp', Act=one)))
        second = await begun(calling(calls, service('lock', Act=other)))
        await asyncio.gather(one.began.wait(), other.began.wait())
        other.end()
        late = await second
        one.end()
        return await first, late

    assert play(scene) == ('slow', 'slow')


def test_a_stuck_function_is_told_of_once_and_others_are_refused_until_it_ends(
    told: Callable[[], list[str]],
) -> None:
    """api: while a call is stuck, that service's other plain actions answer 501 at once."""
    refused = (501, 'Action Failed: action lamp#Slow has not ended yet')

    async def scene(calls: Calls) -> None:
        slow = Slow()
        lamp = service(Slow=slow, Act=plainFunction, Later=asyncFunction)
        first = await begun(calling(calls, lamp, 'Slow'))
        await slow.began.wait()
        await passes(10)
        waiting = await begun(calling(calls, lamp))
        await passes(20)
        assert await first == (501, 'Action Failed')
        assert await waiting == refused  # 20 s after it came: it need not wait for what is not to be
        assert [await outcome(calling(calls, lamp, name)) for name in ('Act', 'Slow', 'Act')] == [refused] * 3
        assert await calling(calls, lamp, 'Later') == 'done'
        assert await calling(calls, service('lock', Act=plainFunction)) == 'done'
        slow.end()
        assert await taken(lambda: calling(calls, lamp)) == 'done'
        assert slow.count == 1

    play(scene)
    assert [line for line in told() if not line.startswith('DEBUG')] == [
        'ERROR action lamp#Slow is stuck: until it ends, other plain functions of its service are given up at once',
        'INFO action lamp#Slow has ended after all',
    ]


def test_that_an_action_is_stuck_is_told_once_however_often_it_happens(told: Callable[[], list[str]]) -> None:
    """A peer could have it told at will; another action is news."""

    async def scene(calls: Calls) -> None:
        lamp = service(Slow=None, Slower=None, Act=plainFunction)
        for action in ('Slow', 'Slow', 'Slower', 'Slow'):
            lamp.actions[action].function = slow = Slow()
            call = await begun(calling(calls, lamp, action))
            await slow.began.wait()
            await passes(30)
            assert await call == (501, 'Action Failed')
            slow.end()
            assert await taken(lambda: calling(calls, lamp)) == 'done'

    play(scene)
    lines = [line for line in told() if 'stuck' in line or 'after all' in line]
    assert [(line.split()[0], line.split()[2]) for line in lines] == [
        *(('ERROR', 'lamp#Slow'), ('INFO', 'lamp#Slow'), ('DEBUG', 'lamp#Slow'), ('DEBUG', 'lamp#Slow')),
        *(('ERROR', 'lamp#Slower'), ('INFO', 'lamp#Slower'), ('DEBUG', 'lamp#Slow'), ('DEBUG', 'lamp#Slow')),
    ]


def test_a_call_that_had_to_wait_is_stuck_only_after_its_own_time(told: Callable[[], list[str]]) -> None:
    """Its caller's time runs from the request, its own from its start."""

    async def scene(calls: Calls) -> None:
        early, late = Slow(), Slow()
        lamp = service(Early=early, Late=late, Act=plainFunction)
        first = await begun(calling(calls, lamp, 'Early'))
        await early.began.wait()
        second = await begun(calling(calls, lamp, 'Late'))
        await passes(20)
        early.end()
        assert await first == 'slow'
        await late.began.wait()
        await passes(10)
        assert await second == (501, 'Action Failed')
        third = await begun(calling(calls, lamp))
        await passes(15)
        assert not third.done()
        late.end()
        assert await third == 'done'
        await passes(10)

    play(scene)
    assert [line for line in told() if 'stuck' in line] == []


def test_one_that_its_caller_has_left_counts_as_stuck_all_the_same() -> None:
    """Who comes later must not wait again and again."""

    async def scene(calls: Calls) -> object:
        slow = Slow()
        lamp = service(Slow=slow, Act=plainFunction)
        left = await begun(calling(calls, lamp, 'Slow'))
        await slow.began.wait()
        left.cancel()
        second = await begun(calling(calls, lamp))
        await passes(30)
        assert await second == (501, 'Action Failed')
        third = await outcome(calling(calls, lamp))
        slow.end()
        return third

    assert play(scene) == (501, 'Action Failed: action lamp#Slow has not ended yet')


def timers() -> int:
    """Return how many timers run in the loop."""
    return sum(not timer.cancelled() for timer in asyncio.get_running_loop()._scheduled)  # type: ignore[attr-defined]


def test_however_many_callers_leave_one_timer_watches_what_runs() -> None:
    """Peers that come and go must not fill the loop; with the function the timer ends."""

    async def scene(calls: Calls) -> object:
        slow = Slow()
        lamp = service(Slow=slow, Act=plainFunction)
        first = await begun(calling(calls, lamp, 'Slow'))
        await slow.began.wait()
        for _ in range(20):
            left = await begun(calling(calls, lamp))
            left.cancel()
            await turns()
        before = timers()
        slow.end()
        return await first, before, timers()

    assert play(scene) == ('slow', 2, 1)  # one is for the time of all calls


def test_who_was_told_that_its_call_is_refused_is_not_served_after_all() -> None:
    """Not even where the stuck function ends in that very moment."""
    ran: list[str] = []

    async def scene(_: Calls) -> object:
        slow = Slow()

        def tell(level: int, text: str, name: str) -> None:
            slow.end()
            while not worker.isIdle:
                time.sleep(0.001)

        worker = Worker('lamp', tell)
        stuck = Job(slow, {}, 'action lamp#Slow', '192.0.2.9', contextlib.nullcontext())
        other = Job(lambda: ran.append('other'), {}, 'action lamp#Act', '192.0.2.8', contextlib.nullcontext())
        worker.take(stuck)
        await slow.began.wait()
        worker.take(other)
        worker.watch(30)
        await passes(31)
        worker.end()
        return [str(error) for _, error in [await other.outcome]]

    assert play(scene) == ['501 Action Failed: action lamp#Slow has not ended yet']
    assert ran == []


def test_calls_that_nobody_waits_for_never_begin() -> None:
    """Neither those whose callers have gone nor those whose time has run out."""

    async def scene(calls: Calls) -> object:
        slow, counted = Slow(), Slow()
        lamp = service(Slow=slow, Counted=counted, Act=plainFunction)
        first = await begun(calling(calls, lamp, 'Slow'))
        await slow.began.wait()
        gone = await begun(calling(calls, lamp, 'Counted'))
        gone.cancel()
        await turns()
        slow.end()
        assert await first == 'slow'
        assert await calling(calls, lamp) == 'done'
        return gone.cancelled(), counted.count

    assert play(scene) == (True, 0)


def test_a_call_that_nobody_waits_for_holds_nothing() -> None:
    """Peers that come and go while a function runs must not fill the memory."""

    class Argument:
        """Something that is not small."""

    async def scene(calls: Calls) -> object:
        slow = Slow()
        lamp = service(Slow=slow, Act=None)
        lamp.actions['Act'].function = lambda value: None
        first = await begun(calling(calls, lamp, 'Slow'))
        await slow.began.wait()
        value = Argument()
        held = weakref.ref(value)
        gone = await begun(calling(calls, lamp, values={'value': value}))
        gone.cancel()
        await turns()
        del value, gone
        gc.collect()
        isHeld = held() is not None
        slow.end()
        return await first, isHeld

    assert play(scene) == ('slow', False)


def test_a_function_that_ends_just_in_time_is_in_time() -> None:
    """A limit is a bound, not a rhythm."""

    async def scene(calls: Calls) -> object:
        slow = Slow()
        call = await begun(calling(calls, service(Act=slow)))
        await slow.began.wait()
        await passes(29.9)
        slow.end()
        return await call

    assert play(scene) == 'slow'


def test_sys_exit_ends_neither_the_thread_nor_the_program() -> None:
    """A function is called, not run."""

    async def scene(calls: Calls) -> object:
        lamp = service(Exit=exitThread, Act=threading.current_thread)
        before = await calling(calls, lamp)
        code = await outcome(calling(calls, lamp, 'Exit'))
        return code, await calling(calls, lamp) is before

    assert play(scene) == ((501, 'Action Failed'), True)


# The end


def test_a_stop_ends_the_threads_and_the_next_call_begins_another() -> None:
    """A restart needs nothing."""

    async def scene(calls: Calls) -> object:
        lamp = service(Act=threading.current_thread)
        first = await calling(calls, lamp)
        for _ in range(3):
            calls.abandon()
        assert joined() == []
        second = await calling(calls, lamp)
        return first is second, second.is_alive()

    assert play(scene) == (False, True)


def test_a_stop_without_a_loop_ends_the_threads() -> None:
    """What the announcer does when its loop is closed."""

    async def scene() -> Calls:
        calls = Calls(upnp.Limits())
        await calling(calls, service(Act=plainFunction))
        return calls

    calls = run(scene(), HeldClock())
    calls.abandon()
    assert joined() == []


def test_a_stop_leaves_a_stuck_thread_to_itself_and_a_restart_finds_it_so() -> None:
    """Two functions of one service never run beside each other."""

    async def scene(calls: Calls) -> None:
        slow = Slow()
        lamp = service(Slow=slow, Act=threading.current_thread)
        call = await begun(calling(calls, lamp, 'Slow'))
        await slow.began.wait()
        await passes(30)
        assert await call == (501, 'Action Failed')
        calls.abandon()
        assert await outcome(calling(calls, lamp)) == (501, 'Action Failed: action lamp#Slow has not ended yet')
        assert len(threads()) == 1
        slow.end()
        assert await taken(lambda: calling(calls, lamp)) in threads()

    play(scene)


def test_a_function_that_outlasts_its_loop_is_stuck_in_the_next_one_too() -> None:
    """An announcer can be stopped, and started again on another loop, while a function runs."""
    calls, slows = Calls(upnp.Limits()), []

    async def first() -> upnp.Service:
        slows.append(slow := Slow())
        lamp = service(Slow=slow, Act=plainFunction)
        call = await begun(calling(calls, lamp, 'Slow'))
        await slow.began.wait()
        call.cancel()
        await turns()
        calls.abandon()
        return lamp

    async def second() -> object:
        call = await begun(calling(calls, lamp))
        await passes(30)
        outcomes = [await call, await outcome(calling(calls, lamp))]
        slows[0].end()
        outcomes.append(await taken(lambda: calling(calls, lamp)))
        calls.abandon()
        return outcomes

    lamp = run(first(), HeldClock())
    assert run(second(), HeldClock()) == [
        (501, 'Action Failed'),
        (501, 'Action Failed: action lamp#Slow has not ended yet'),
        'done',
    ]


def test_a_function_that_ends_when_its_loop_is_closed_disturbs_nobody() -> None:
    """Its thread ends in silence."""
    slows = []

    async def scene() -> None:
        slows.append(slow := Slow())
        calls = Calls(upnp.Limits())
        call = await begun(calling(calls, service(Act=slow)))
        await slow.began.wait()
        call.cancel()
        await turns()
        calls.abandon()

    run(scene(), HeldClock())
    assert len(threads()) == 1
    slows[0].end()
    assert joined() == []


def test_a_plain_function_and_what_it_returns_to_be_awaited_have_one_time() -> None:
    """UDA 1.1 §3.2.2: the answer within 30 s."""

    async def scene(calls: Calls) -> None:
        slow, forever = Slow(), asyncio.get_running_loop().create_future()

        def act() -> asyncio.Future[object]:
            slow()
            return forever

        call = await begun(calling(calls, service(Act=act)))
        await slow.began.wait()
        await passes(20)
        slow.end()
        while not forever._callbacks:  # noqa: ASYNC110 (nothing tells that it is awaited)
            await asyncio.sleep(0)
        await passes(10)
        assert await call == (501, 'Action Failed')

    play(scene)


def test_what_is_to_be_awaited_is_closed_when_its_caller_has_left() -> None:
    """Else Python warns that it was never awaited."""

    async def scene(calls: Calls) -> None:
        slow = Slow()

        def act() -> Coroutine[Any, Any, object]:
            slow()
            return asyncFunction()

        call = await begun(calling(calls, service(Act=act)))
        await slow.began.wait()
        call.cancel()
        await turns()
        slow.end()
        calls.abandon()
        assert joined() == []
        await turns()
        gc.collect()

    play(scene)


def test_services_that_were_removed_are_forgotten_with_their_threads() -> None:
    async def scene(calls: Calls) -> None:
        first, second = service('first', Act=plainFunction), service('second', Act=plainFunction)
        await calling(calls, first)
        await calling(calls, second)
        calls.retain([second])
        while len(threads()) > 1:  # noqa: ASYNC110 (nothing tells of its end)
            await asyncio.sleep(0)
        assert [thread.name for thread in threads()] == ['upnp second']
        removed = weakref.ref(first)
        del first
        gc.collect()
        assert removed() is None

    play(scene)


def test_a_call_on_the_next_loop_has_its_time_though_the_former_ended_with_calls() -> None:
    calls = Calls(upnp.Limits())

    async def endless() -> None:
        await asyncio.Event().wait()

    lamp = service(Act=endless)

    async def first() -> None:
        await begun(calling(calls, lamp))
        calls.abandon()

    async def second() -> object:
        call = await begun(calling(calls, lamp))
        await passes(30)
        return await call

    run(first(), HeldClock())
    assert run(second(), HeldClock()) == (501, 'Action Failed')


def test_a_fault_leaves_no_garbage_that_holds_the_arguments() -> None:
    class Argument:
        pass

    def refuseIt(A: object) -> NoReturn:
        raise ActionError(701)

    async def scene(calls: Calls) -> object:
        lamp = upnp.Service(
            stateVariables=[{'name': 'A'}],
            actions=[{'name': 'Act', 'function': refuseIt, 'arguments': [{'name': 'A', 'relatedStateVariable': 'A'}]}],
        )
        argument = Argument()
        kept = weakref.ref(argument)
        gc.disable()
        try:
            await outcome(calling(calls, lamp, values={'A': argument}))
            del argument
            calls.abandon()
            assert joined() == []  # the thread has let go of it too
            await turns()
            return kept()
        finally:
            gc.enable()

    assert play(scene) is None
