"""Every way an announcer ends: byebye is heard for each target, and nothing stays behind."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

import pytest

from tests.lan.expected import LAMP_USNS
from tests.lan.hosts import STOP_SECONDS, Host
from tests.lan.prompt import Prompt, PromptError
from tests.lan.ssdp import Listener
from tests.lan.tools import withoutSlowTurns
from tests.lan.web import fetch

pytestmark = pytest.mark.lan

BEGIN = """
import asyncio, logging, sys, threading
import upnp
logging.getLogger('asyncio').setLevel(logging.ERROR)  # beside other tests, a slow turn of the loop is no fault
from tests.lan.programs.lamp import makeLamp

def waitForInput():
    sys.stdin.readline()
"""
DISPOSE_AFTER_FOREAVER = """
server = upnp.Announcer(makeLamp(), httpPort=0)
server.initLoop()
server.notify()
server.foreaver()
server.dispose()
server.dispose()
"""
DISPOSE_FROM_ANOTHER_THREAD = """
server = upnp.Announcer(makeLamp(), httpPort=0)
server.initLoop()
def end():
    waitForInput()
    server.dispose()
thread = threading.Thread(target=end)
thread.start()
server.foreaver()
thread.join()
"""
FOREAVER_IN_A_THREAD = """
server = upnp.Announcer(makeLamp(), httpPort=0)
server.initLoop()
thread = threading.Thread(target=server.foreaver)
thread.start()
waitForInput()
server.dispose()
thread.join()
"""
DISPOSE_INSIDE_THE_LOOP = """
async def main():
    server = upnp.Announcer(makeLamp(), httpPort=0)
    server.initLoop()
    await asyncio.to_thread(waitForInput)
    server.dispose()
asyncio.run(main())
"""
DISPOSE_ON_AN_IDLE_LOOP = """
loop = asyncio.new_event_loop()
server = upnp.Announcer(makeLamp(), httpPort=0)
server.initLoop(loop)
loop.run_until_complete(asyncio.to_thread(waitForInput))
server.dispose()
loop.run_until_complete(loop.shutdown_default_executor())
loop.close()
"""
LEFT_BY_AN_EXCEPTION = """
async def main():
    async with upnp.Announcer(makeLamp(), httpPort=0):
        await asyncio.to_thread(waitForInput)
        raise KeyError('on purpose')
try:
    asyncio.run(main())
except KeyError:
    pass
"""
STOPPED = """
async def main():
    server = upnp.Announcer(makeLamp(), httpPort=0)
    await server.start()
    await server.start()
    await asyncio.to_thread(waitForInput)
    await server.stop()
    await server.stop()
asyncio.run(main())
"""
STOPPED_WHILE_SERVING = """
async def main():
    async with upnp.Announcer(makeLamp(), httpPort=0) as server:
        serving = asyncio.create_task(server.serveForever())
        await asyncio.to_thread(waitForInput)
        await server.stop()
        await serving
asyncio.run(main())
"""
BYE_AND_DISPOSE = """
loop = asyncio.new_event_loop()
server = upnp.Announcer(makeLamp(), httpPort=0)
server.initLoop(loop)
loop.run_until_complete(asyncio.to_thread(waitForInput))
server.bye()
server.dispose()
loop.run_until_complete(loop.shutdown_default_executor())
loop.close()
"""
SERVED_FOREVER = """
async def main():
    async with upnp.Announcer(makeLamp(), httpPort=0) as server:
        await server.serveForever()
asyncio.run(main())
"""
PORT_TAKEN = """
import socket
server = upnp.Announcer(makeLamp())
with socket.create_server(('0.0.0.0', 5000)):
    try:
        server.initLoop()
    except OSError as error:
        print(type(error).__name__, error)
server.dispose()
"""
ENDED_BY_A_LINE = {
    'dispose in another thread': DISPOSE_FROM_ANOTHER_THREAD,
    'foreaver in another thread': FOREAVER_IN_A_THREAD,
    'dispose inside the loop': DISPOSE_INSIDE_THE_LOOP,
    'dispose on an idle loop': DISPOSE_ON_AN_IDLE_LOOP,
    'async with left by an exception': LEFT_BY_AN_EXCEPTION,
    'stop': STOPPED,
    'stop while serving': STOPPED_WHILE_SERVING,
    'bye, then dispose': BYE_AND_DISPOSE,
}
ENDED_BY_A_SIGNAL = {'foreaver': DISPOSE_AFTER_FOREAVER, 'serveForever': SERVED_FOREVER}
LEFT_OPEN = "sorted(os.listdir('/proc/self/fd')), threading.active_count(), len(asyncio.all_tasks())"


MAX_TURNS = 12  # of the loop, before a start is cancelled
CANCEL_AFTER = """
async def cancelAfter(turns, server):
    starting = asyncio.ensure_future(server.start())
    for _turn in range(turns):
        await asyncio.sleep(0)
    starting.cancel()
    await asyncio.wait([starting])
    if not starting.cancelled():
        await server.stop()
"""


@pytest.fixture
def listener(searcher: Host) -> Iterator[Listener]:
    with Listener(searcher) as listening:
        yield listening


@pytest.mark.parametrize('program', ENDED_BY_A_LINE.values(), ids=ENDED_BY_A_LINE.keys())
def test_it_says_byebye_once_for_each_target(deviceHost: Host, listener: Listener, program: str) -> None:
    """UDA 1.1 §1.2.3."""
    running = deviceHost.python('-c', BEGIN + program, strict=True, stdin=-1)
    listener.waitForAlive(LAMP_USNS)
    _output, errors = running.communicate('end\n', timeout=STOP_SECONDS)
    byebye = listener.waitForByebye(LAMP_USNS)
    assert (running.returncode, withoutSlowTurns(errors)) == (0, '')
    assert sorted(one.usn for one in byebye) == sorted(LAMP_USNS)
    assert listener.seen[-len(LAMP_USNS) :] == byebye


@pytest.mark.parametrize('signalNumber', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('program', ENDED_BY_A_SIGNAL.values(), ids=ENDED_BY_A_SIGNAL.keys())
def test_a_signal_makes_it_say_byebye(
    deviceHost: Host, listener: Listener, program: str, signalNumber: signal.Signals
) -> None:
    running = deviceHost.python('-c', BEGIN + program, strict=True)
    listener.waitForAlive(LAMP_USNS)
    running.send_signal(signalNumber)
    _output, errors = running.communicate(timeout=STOP_SECONDS)
    assert (running.returncode, withoutSlowTurns(errors)) == (0, '')
    assert sorted(one.usn for one in listener.waitForByebye(LAMP_USNS)) == sorted(LAMP_USNS)


def test_a_stopped_announcer_can_be_started_again(prompt: Prompt, listener: Listener, searcher: Host) -> None:
    prompt.do('server = upnp.Announcer(makeLamp(), httpPort=0)')
    prompt.do('await server.start()')
    listener.waitForAlive(LAMP_USNS)
    prompt.do('await server.stop()')
    byebye = listener.waitForByebye(LAMP_USNS)
    prompt.do('await server.start()')
    listener.waitFor(lambda seen: len(seen) >= seen.index(byebye[-1]) + 1 + len(LAMP_USNS))
    assert fetch(searcher, listener.alive()[-1].location).status == 200
    assert listener.alive()[-1].bootId > byebye[-1].bootId


def test_a_taken_port_is_named_with_the_way_out_and_nothing_stays_open(prompt: Prompt, listener: Listener) -> None:
    prompt.do("import socket; taken = socket.create_server(('0.0.0.0', 5000))")
    before = prompt.do(LEFT_OPEN)
    prompt.do('server = upnp.Announcer(makeLamp())')
    with pytest.raises(PromptError, match=r'^NetworkError: .*\b5000\b.*httpPort=0'):
        prompt.do('await server.start()')
    assert prompt.do(LEFT_OPEN) == before
    prompt.do('taken.close()')
    assert listener.seen == []


def test_an_announcer_whose_port_was_taken_starts_when_it_is_free(prompt: Prompt, listener: Listener) -> None:
    prompt.do("import socket; taken = socket.create_server(('0.0.0.0', 5000))")
    prompt.do('server = upnp.Announcer(makeLamp())')
    with pytest.raises(PromptError, match='NetworkError'):
        prompt.do('await server.start()')
    prompt.do('taken.close()')
    prompt.do('await server.start()')
    listener.waitForAlive(LAMP_USNS)
    prompt.do('await server.stop()')


def test_a_taken_port_is_named_without_a_loop_too(deviceHost: Host) -> None:
    program = deviceHost.python('-c', BEGIN + PORT_TAKEN, strict=True)
    output, errors = program.communicate(timeout=STOP_SECONDS)
    assert (program.returncode, withoutSlowTurns(errors)) == (0, '')
    assert re.fullmatch(r'NetworkError .*\b5000\b.*httpPort=0.*\n', output)


def test_a_taken_port_on_a_running_loop_is_logged_and_raised_by_start(prompt: Prompt) -> None:
    prompt.do("import socket; taken = socket.create_server(('0.0.0.0', 5000))")
    prompt.do('server = upnp.Announcer(makeLamp())')
    prompt.do('server.initLoop()')
    with pytest.raises(PromptError, match=r'^NetworkError: .*\b5000\b'):
        prompt.do('await server.start()')
    assert [line for line in prompt.do('logs') if line.startswith(('ERROR', 'WARNING')) and '5000' in line]
    prompt.do('taken.close()')


def test_a_start_that_is_cancelled_leaves_nothing_open(prompt: Prompt) -> None:
    """Ctrl-C while it starts does that."""
    prompt.do(f'exec({CANCEL_AFTER!r})')
    prompt.do('server = upnp.Announcer(makeLamp(), httpPort=0)')
    prompt.do(f'await cancelAfter({10 * MAX_TURNS}, server)')
    before = prompt.do(LEFT_OPEN)
    for turns in range(MAX_TURNS):
        prompt.do(f'await cancelAfter({turns}, server)')
        assert prompt.do(LEFT_OPEN) == before, f'cancelled after {turns} turns'


def test_an_address_that_is_not_ours_is_named(prompt: Prompt) -> None:
    prompt.do("server = upnp.Announcer(makeLamp(), httpPort=0, netBind='10.9.8.7')")
    with pytest.raises(PromptError, match=r'^NetworkError: .*10\.9\.8\.7'):
        prompt.do('await server.start()')
