"""Word of changed addresses, with systems and clocks made up."""

import asyncio
import errno
import gc
import logging
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.protocol.fakes import Clock, ClockLoop, run
from upnp.addressing.interfaces import NO_ADDRESS, TENTATIVE, Found, Interface
from upnp.addressing.netlink import Address, Answer, Link
from upnp.addressing.watch import (
    POLL_SECONDS,
    REST_SECONDS,
    Watch,
    ask,
    asleepSeconds,
    listInterfaces,
    openNotices,
    prefixOf,
    readNetifaces,
    readNetlink,
)

LO: Found = (Interface('lo', 1, '127.0.0.1', 8), '')
ETH0: Found = (Interface('eth0', 2, '192.168.1.20', 24), '')
ETH0_BARE: Found = (Interface('eth0', 2, '', 0), NO_ADDRESS)
USABLE = 0x11001  # IFF_UP, IFF_MULTICAST, IFF_LOWER_UP
DONE = struct.pack('=IHHIIi', 20, 3, 2, 0, 0, 0)


class System:
    """A machine whose addresses and sleep are made up; ``word`` is the far end of what tells of changes."""

    def __init__(self) -> None:
        self.found = [LO]
        self.slept = 0.0
        self.readings = 0
        self.failure: Exception | None = None
        self.word: socket.socket | None = None
        self.told: list[list[Found] | str] = []

    def read(self) -> list[Found]:
        """Take a reading."""
        self.readings += 1
        if self.failure is not None:
            raise self.failure
        return list(self.found)

    def watch(self) -> Watch:
        """A watch that keeps what it tells in ``told``."""
        return Watch(self.told.append, lambda: self.told.append('slept'))

    def openNotices(self) -> socket.socket:
        """Return what tells of changes."""
        self.word, near = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        near.setblocking(False)
        return near

    def tell(self, times: int = 1) -> None:
        """Send word of changes."""
        assert self.word is not None
        for _ in range(times):
            self.word.send(bytes(100))


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """A Linux that tells."""
    made = System()
    monkeypatch.setattr('upnp.addressing.watch.asleepSeconds', lambda: made.slept)
    monkeypatch.setattr('upnp.addressing.watch.openNotices', made.openNotices)
    monkeypatch.setattr('upnp.addressing.watch.readNetlink', made.read)
    yield made
    if made.word is not None:
        made.word.close()


@pytest.fixture
def mute(system: System, monkeypatch: pytest.MonkeyPatch) -> System:
    """A system that tells nothing by itself."""
    monkeypatch.setattr('upnp.addressing.watch.openNotices', refuse)
    monkeypatch.setattr('upnp.addressing.watch.listInterfaces', system.read)
    return system


def refuse(*_arguments: object) -> Any:
    """Be a system that has no netlink."""
    raise PermissionError(errno.EACCES, 'Permission denied')


def onPlatform(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Be on another platform, as far as this module can see."""
    monkeypatch.setattr('upnp.addressing.watch.sys', SimpleNamespace(platform=name))


async def turns(count: int = 5) -> None:
    """Let the loop do what is due now."""
    for _ in range(count):
        await asyncio.sleep(0)


# Linux tells


def test_start_returns_what_is_there_and_tells_nothing(system: System) -> None:
    async def scenario() -> None:
        watch = system.watch()
        assert await watch.start() == [LO]
        system.tell()
        await turns()
        watch.stop()

    run(scenario())
    assert (system.told, system.readings) == ([], 2)


def test_a_change_is_told_once_with_all_that_is_there(system: System) -> None:
    async def scenario() -> None:
        watch = system.watch()
        await watch.start()
        system.found = [LO, ETH0]
        system.tell()
        await turns()
        system.tell()
        await turns()
        watch.stop()

    run(scenario())
    assert system.told == [[LO, ETH0]]


def test_a_hindrance_that_goes_is_a_change(system: System) -> None:
    async def scenario() -> None:
        system.found = [(ETH0[0], TENTATIVE)]
        watch = system.watch()
        await watch.start()
        system.found = [ETH0]
        system.tell()
        await turns()
        watch.stop()

    run(scenario())
    assert system.told == [[ETH0]]


def test_several_notices_in_one_wake_up_are_one_reading(system: System) -> None:
    async def scenario() -> None:
        watch = system.watch()
        await watch.start()
        system.tell(5)
        await turns()
        watch.stop()

    run(scenario())
    assert system.readings == 2


def test_a_flood_of_notices_lets_others_have_their_turn(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('upnp.addressing.watch.DRAIN_READS', 2)

    async def scenario() -> None:
        watch = system.watch()
        await watch.start()
        system.tell(5)
        await asyncio.sleep(10 * REST_SECONDS)
        watch.stop()

    run(scenario())
    assert system.readings == 1 + 3


def test_many_notices_are_few_readings_and_no_change_is_missed(system: System) -> None:
    """Anybody on the network can send router advertisements, and the kernel tells of each."""
    clock = Clock()

    async def scenario() -> None:
        watch = system.watch()
        await watch.start()
        system.found = [LO, ETH0]
        system.tell()
        await turns()
        assert system.told == [[LO, ETH0]]  # the first one at once
        for _ in range(200):
            system.tell()
            await asyncio.sleep(REST_SECONDS / 50)
        system.found = [LO]
        system.tell()
        await asyncio.sleep(REST_SECONDS * 1.01)
        assert system.told == [[LO, ETH0], [LO]]  # the last one in time
        clock.sleeps.clear()
        await asyncio.sleep(3600)
        watch.stop()

    run(scenario(), clock)
    assert 4 <= system.readings - 1 <= 6
    assert clock.sleeps == [3600]


def test_a_notice_that_waits_is_forgotten_with_stop(system: System) -> None:
    async def scenario() -> None:
        watch = system.watch()
        await watch.start()
        for _ in range(2):
            system.tell()
            await turns()
        watch.stop()
        await asyncio.sleep(10 * REST_SECONDS)

    run(scenario())
    assert system.readings == 2


def test_a_look_does_not_wait_for_a_rest_to_end(system: System) -> None:
    async def scenario() -> None:
        watch = system.watch()
        await watch.start()
        for _ in range(2):
            system.tell()
            await turns()
        system.found = [ETH0]
        watch.look()
        assert system.told == [[ETH0]]
        watch.stop()

    run(scenario())


def test_lost_notices_count_as_one(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    class Lossy(socket.socket):
        """A socket that has lost something each time there is something."""

        def recv(self, *arguments: int) -> bytes:  # type: ignore[override]
            super().recv(*arguments)
            raise OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))

    def openNotices() -> socket.socket:
        sock = System.openNotices(system)
        return Lossy(fileno=sock.detach())

    monkeypatch.setattr('upnp.addressing.watch.openNotices', openNotices)

    async def scenario() -> None:
        watch = system.watch()
        await watch.start()
        system.found = [LO, ETH0]
        system.tell()
        await turns()
        watch.stop()

    run(scenario())
    assert (system.told, system.readings) == ([[LO, ETH0]], 2)


def test_nothing_ticks_while_nothing_happens(system: System) -> None:
    clock = Clock()

    async def scenario() -> None:
        watch = system.watch()
        await watch.start()
        await asyncio.sleep(3600)
        watch.stop()

    run(scenario(), clock)
    assert (clock.sleeps, system.readings) == ([3600], 1)


def test_look_tells_at_once_what_nobody_told(system: System) -> None:
    async def scenario() -> None:
        watch = system.watch()
        await watch.start()
        system.found = [ETH0]
        watch.look()
        assert system.told == [[ETH0]]
        watch.stop()

    run(scenario())


@pytest.mark.parametrize(('number', 'levels'), [(errno.ENOMEM, ['WARNING']), (errno.EMFILE, [])])
def test_a_reading_that_fails_is_made_again_and_logged_once(
    system: System, caplog: pytest.LogCaptureFixture, number: int, levels: list[str]
) -> None:
    """Of a lack of descriptors others tell."""

    async def scenario() -> None:
        watch = system.watch()
        await watch.start()
        system.found, system.failure = [ETH0], OSError(number, 'refused')
        system.tell()
        await asyncio.sleep(3.5 * POLL_SECONDS)
        watch.look()
        system.failure = None
        await asyncio.sleep(1.5 * POLL_SECONDS)
        assert system.told == [[ETH0]]
        await asyncio.sleep(10 * POLL_SECONDS)
        watch.stop()

    run(scenario())
    assert system.readings == 1 + 4 + 1 + 1
    assert [one.levelname for one in caplog.records if one.levelno > logging.DEBUG] == levels


def test_a_reading_that_is_due_again_is_forgotten_with_stop(system: System) -> None:
    async def scenario() -> None:
        watch = system.watch()
        await watch.start()
        system.failure = OSError(errno.EMFILE, 'Too many open files')
        watch.look()
        watch.stop()
        await asyncio.sleep(10 * POLL_SECONDS)

    run(scenario())
    assert system.readings == 2


# Sleep


def test_a_sleep_is_told_once_before_what_has_changed(system: System) -> None:
    async def scenario() -> None:
        watch = system.watch()
        await watch.start()
        system.slept, system.found = 3600.0, [ETH0]
        system.tell()
        await turns()
        watch.look()
        watch.stop()

    run(scenario())
    assert system.told == ['slept', [ETH0]]


def test_clocks_that_drift_apart_are_no_sleep(system: System) -> None:
    async def scenario() -> None:
        watch = system.watch()
        await watch.start()
        for _ in range(10):
            system.slept += 0.5
            watch.look()
        system.slept -= 100.0
        watch.look()
        watch.stop()

    run(scenario())
    assert system.told == []


@pytest.mark.parametrize('kind', ['system', 'mute'])
def test_whoever_stops_it_when_told_of_a_sleep_hears_no_more(kind: str, request: pytest.FixtureRequest) -> None:
    system: System = request.getfixturevalue(kind)

    async def scenario() -> None:
        watch = Watch(system.told.append, lambda: watch.stop())
        await watch.start()
        system.slept, system.found = 3600.0, [ETH0]
        watch.look()
        await asyncio.sleep(10 * POLL_SECONDS)

    run(scenario())
    assert (system.told, system.readings) == ([], 1)


@pytest.mark.parametrize(
    ('platform', 'clock'), [('linux', 'CLOCK_BOOTTIME'), ('darwin', 'CLOCK_MONOTONIC'), ('win32', None)]
)
def test_sleep_is_what_a_clock_that_counts_it_is_ahead(
    platform: str, clock: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    onPlatform(monkeypatch, platform)
    times = {clock: 4600.0}
    names = SimpleNamespace(CLOCK_BOOTTIME='CLOCK_BOOTTIME', CLOCK_MONOTONIC='CLOCK_MONOTONIC')
    names.monotonic, names.clock_gettime = (lambda: 1000.0), times.__getitem__
    monkeypatch.setattr('upnp.addressing.watch.time', names)
    assert asleepSeconds() == (3600.0 if clock else 0.0)


@pytest.mark.skipif(sys.platform != 'linux', reason='where there is such a clock')
def test_awake_the_two_clocks_go_at_the_same_speed() -> None:
    before = asleepSeconds()
    time.sleep(0.01)
    assert abs(asleepSeconds() - before) < 0.5


# Polling


def test_where_nobody_tells_it_is_looked_for_every_few_seconds(mute: System) -> None:
    clock = Clock()

    async def scenario() -> None:
        watch = mute.watch()
        assert await watch.start() == [LO]
        await asyncio.sleep(2.5 * POLL_SECONDS)
        mute.found = [LO, ETH0]
        await asyncio.sleep(POLL_SECONDS)
        assert mute.told == [[LO, ETH0]]
        watch.stop()

    run(scenario(), clock)
    assert mute.readings == 1 + 3


def test_a_loop_that_watches_no_descriptors_is_polled_on(mute: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('upnp.addressing.watch.openNotices', mute.openNotices)

    def refuseReader(*_arguments: object) -> None:
        raise NotImplementedError

    async def scenario() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), 'add_reader', refuseReader)
        watch = mute.watch()
        await watch.start()
        mute.found = [ETH0]
        await asyncio.sleep(1.5 * POLL_SECONDS)
        watch.stop()

    run(scenario())
    assert mute.told == [[ETH0]]


def test_a_sleep_is_told_at_the_next_poll(mute: System) -> None:
    async def scenario() -> None:
        watch = mute.watch()
        await watch.start()
        mute.slept = 60.0
        await asyncio.sleep(3 * POLL_SECONDS)
        watch.stop()

    run(scenario())
    assert mute.told == ['slept']


def test_a_poll_that_fails_does_not_end_it_and_is_logged_once(mute: System, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        watch = mute.watch()
        await watch.start()
        mute.failure = ValueError('You must specify a valid interface name.')
        await asyncio.sleep(3.5 * POLL_SECONDS)
        mute.found, mute.failure = [ETH0], None
        await asyncio.sleep(POLL_SECONDS)
        mute.failure = OSError('another')
        await asyncio.sleep(POLL_SECONDS)
        watch.stop()

    run(scenario())
    assert mute.told == [[ETH0]]
    assert [record.levelname for record in caplog.records] == ['WARNING']


def test_a_callback_that_fails_does_not_end_the_polling(mute: System) -> None:
    told: list[list[Found]] = []

    def fail(found: list[Found]) -> None:
        told.append(found)
        raise ZeroDivisionError

    async def scenario() -> None:
        failures: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context['exception']))
        watch = Watch(fail, fail)  # type: ignore[arg-type]
        await watch.start()
        for found in ([ETH0], [LO]):
            mute.found = found
            await asyncio.sleep(1.5 * POLL_SECONDS)
        watch.stop()
        assert [type(failure) for failure in failures] == [ZeroDivisionError] * 2

    run(scenario())
    assert told == [[ETH0], [LO]]


def test_a_first_reading_that_fails_is_the_callers_to_know(mute: System) -> None:
    mute.failure = OSError(errno.EACCES, 'Permission denied')

    async def scenario() -> None:
        watch = mute.watch()
        with pytest.raises(OSError, match='Permission denied'):
            await watch.start()
        await asyncio.sleep(10 * POLL_SECONDS)

    run(scenario())
    assert mute.readings == 1


def test_a_netlink_that_tells_of_changes_only_is_left_for_polling(
    mute: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('upnp.addressing.watch.openNotices', mute.openNotices)
    monkeypatch.setattr('upnp.addressing.watch.readNetlink', refuse)

    async def scenario() -> None:
        watch = mute.watch()
        assert await watch.start() == [LO]
        mute.found = [ETH0]
        await asyncio.sleep(1.5 * POLL_SECONDS)
        watch.stop()

    run(scenario())
    assert mute.told == [[ETH0]]


# Threads


class Slow:
    """A reading in a thread that waits until it is let go."""

    def __init__(self, system: System) -> None:
        self._system = system
        self.begun = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.threads: list[threading.Thread] = []

    def __call__(self) -> list[Found]:
        self.threads.append(threading.current_thread())
        self.begun.release()
        assert self.go.acquire(timeout=10)
        return self._system.read()


@pytest.fixture
def slow(mute: System, monkeypatch: pytest.MonkeyPatch) -> Slow:
    """Readings that take their time."""
    made = Slow(mute)
    monkeypatch.setattr('upnp.addressing.watch.listInterfaces', made)
    return made


async def begun(slow: Slow) -> None:
    """Wait until a reading is under way."""
    await asyncio.to_thread(slow.begun.acquire)


async def startSlowly(watch: Watch, slow: Slow) -> None:
    """Start where a reading takes its time."""
    slow.go.release()
    await watch.start()
    await begun(slow)


def test_a_reading_is_off_the_loop_and_what_is_asked_for_meanwhile_is_one_more(mute: System, slow: Slow) -> None:
    async def scenario() -> None:
        told = asyncio.Event()
        watch = Watch(lambda found: (mute.told.append(found), told.set()), told.clear)  # type: ignore[arg-type, return-value]
        await startSlowly(watch, slow)
        watch.look()
        await begun(slow)
        watch.look()
        watch.look()
        slow.go.release()
        await begun(slow)
        assert (mute.readings, mute.told) == (2, [])
        mute.found = [ETH0]
        slow.go.release()
        async with asyncio.timeout(10):
            await told.wait()
        watch.stop()

    asyncio.run(scenario())
    assert mute.readings == 3
    assert threading.current_thread() not in slow.threads


def test_a_look_while_it_starts_is_one_more_reading_after(mute: System, slow: Slow) -> None:
    async def scenario() -> None:
        watch = mute.watch()
        starting = asyncio.create_task(watch.start())
        await begun(slow)
        watch.look()
        slow.go.release()
        assert await starting == [LO]
        await begun(slow)
        watch.stop()
        slow.go.release()

    asyncio.run(scenario())
    assert mute.told == []


def test_stopped_while_it_starts_it_polls_no_more(mute: System, slow: Slow) -> None:
    async def scenario() -> None:
        watch = mute.watch()
        starting = asyncio.create_task(watch.start())
        await begun(slow)
        watch.stop()
        slow.go.release()
        assert await starting == [LO]
        assert [handle for handle in asyncio.get_running_loop()._scheduled if not handle.cancelled()] == []  # type: ignore[attr-defined]

    asyncio.run(scenario())


def test_a_start_that_fails_once_stopped_leaves_the_next_one_alone(mute: System, slow: Slow) -> None:
    async def scenario() -> None:
        watch = mute.watch()
        starting = asyncio.create_task(watch.start())
        await begun(slow)
        starting.cancel()
        watch.stop()
        slow.go.release()
        with pytest.raises(asyncio.CancelledError):
            await starting
        slow.go.release()
        assert await watch.start() == [LO]
        watch.stop()

    asyncio.run(scenario())


def test_a_reading_under_way_ends_unheard(mute: System, slow: Slow) -> None:
    async def scenario() -> None:
        watch = mute.watch()
        await startSlowly(watch, slow)
        watch.look()
        await begun(slow)
        mute.found = [ETH0]
        watch.stop()
        slow.go.release()

    asyncio.run(scenario())
    assert (mute.told, mute.readings) == ([], 2)


def test_a_reading_under_way_does_not_mind_that_the_loop_is_closed(
    mute: System, slow: Slow, caplog: pytest.LogCaptureFixture
) -> None:
    loop = asyncio.new_event_loop()
    watch = mute.watch()

    async def scenario() -> None:
        await startSlowly(watch, slow)
        watch.look()
        await begun(slow)

    loop.run_until_complete(scenario())
    loop.close()
    watch.stop()
    slow.go.release()
    for thread in slow.threads:
        thread.join(10)
    assert caplog.records == []


def test_without_threads_it_is_silent(mute: System) -> None:
    loop = asyncio.new_event_loop()
    watch = mute.watch()
    loop.run_until_complete(watch.start())
    loop.run_until_complete(loop.shutdown_default_executor())
    watch.look()
    watch.stop()
    loop.close()
    assert mute.told == []


# The end


@pytest.mark.parametrize('kind', ['system', 'mute'])
def test_nothing_is_told_after_stop_and_a_second_stop_is_harmless(kind: str, request: pytest.FixtureRequest) -> None:
    system: System = request.getfixturevalue(kind)

    async def scenario() -> None:
        watch = system.watch()
        watch.stop()
        await watch.start()
        watch.stop()
        watch.stop()
        system.found, system.slept = [ETH0], 100.0
        watch.look()
        await asyncio.sleep(10 * POLL_SECONDS)

    run(scenario())
    assert (system.told, system.readings) == ([], 1)


@pytest.mark.parametrize('kind', ['system', 'mute'])
def test_it_can_be_stopped_when_the_loop_is_closed(kind: str, request: pytest.FixtureRequest) -> None:
    system: System = request.getfixturevalue(kind)
    watch = system.watch()
    loop = ClockLoop(Clock())
    loop.run_until_complete(watch.start())
    loop.close()
    watch.stop()
    watch.stop()
    del watch
    gc.collect()  # nothing is left open, or the warning fails the test


@pytest.mark.parametrize('kind', ['system', 'mute'])
def test_it_can_be_started_again(kind: str, request: pytest.FixtureRequest) -> None:
    system: System = request.getfixturevalue(kind)

    async def scenario() -> None:
        watch = system.watch()
        for found in ([LO], [ETH0]):
            system.found = found
            assert await watch.start() == found
            if system.word is not None:
                system.word.close()
        system.found = [LO, ETH0]
        watch.look()
        await turns()
        watch.stop()

    run(scenario())
    assert system.told == [[LO, ETH0]]


# Netlink


class Kernel:
    """A socket whose far end is a kernel that answers with given pieces."""

    def __init__(self, *pieces: bytes, flags: int = 0, port: int = 0) -> None:
        self._pieces = list(pieces)
        self._flags = flags
        self._ports = [port]
        self.sent: list[bytes] = []

    def send(self, request: bytes) -> int:
        self.sent.append(request)
        return len(request)

    def recvmsg(self, _size: int) -> tuple[bytes, list[object], int, tuple[int, int]]:
        if not self._pieces:
            raise TimeoutError('timed out')
        port = self._ports.pop() if self._ports else 0
        return self._pieces.pop(0), [], self._flags, (port, 0)


def test_an_answer_is_read_to_its_end() -> None:
    kernel = Kernel(b'', DONE, DONE)
    assert ask(kernel, b'request').isDone  # type: ignore[arg-type]
    assert (kernel.sent, len(kernel._pieces)) == ([b'request'], 1)


def test_what_another_process_sends_is_no_answer() -> None:
    kernel = Kernel(b'rubbish', DONE, port=4711)
    assert ask(kernel, b'request').isDone  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ('kernel', 'number'),
    [
        pytest.param(Kernel(), None, id='no answer'),
        pytest.param(Kernel(DONE, flags=socket.MSG_TRUNC), errno.EMSGSIZE, id='a piece that is too long'),
        pytest.param(Kernel(b'rubbish'), errno.EPROTO, id='no netlink'),
        pytest.param(Kernel(struct.pack('=IHHIIi', 20, 2, 0, 0, 0, -13)), errno.EACCES, id='an error'),
    ],
)
def test_what_goes_wrong_is_an_os_error(kernel: Kernel, number: int | None) -> None:
    with pytest.raises(OSError, match=r'netlink|timed out') as raised:
        ask(kernel, b'request')  # type: ignore[arg-type]
    assert raised.value.errno == number


linuxOnly = pytest.mark.skipif(sys.platform != 'linux', reason='netlink is of Linux')


@linuxOnly
@pytest.mark.parametrize(('interruptions', 'readings'), [(0, 1), (1, 2), (3, 4), (100, 4)])
def test_what_changes_while_it_is_read_is_read_again_a_few_times(
    interruptions: int, readings: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []

    def answer(_sock: socket.socket, request: bytes) -> Answer:
        made = Answer()
        made.isInterrupted = len(asked) // 2 < interruptions and bool(len(asked) % 2)
        made.links, made.addresses = [Link(2, 'eth0', USABLE)], [Address(2, '192.168.1.20', 24, 0)]
        asked.append(request)
        return made

    monkeypatch.setattr('upnp.addressing.watch.ask', answer)
    assert readNetlink() == [ETH0]
    assert len(asked) == 2 * readings


# Other systems


def netifacesOf(monkeypatch: pytest.MonkeyPatch, known: dict[str, dict[int, list[dict[str, str]]]]) -> None:
    """Have netifaces know given interfaces; one with an entry None goes while it is read."""
    module = ModuleType('netifaces')

    def ifaddresses(name: str) -> dict[int, list[dict[str, str]]]:
        if not known[name]:
            raise ValueError('You must specify a valid interface name.')
        return known[name]

    for name, value in {
        'AF_INET': 2,
        'AF_INET6': 30,
        'interfaces': lambda: list(known),
        'ifaddresses': ifaddresses,
    }.items():
        setattr(module, name, value)
    monkeypatch.setitem(sys.modules, 'netifaces', module)


def numbers(monkeypatch: pytest.MonkeyPatch, **known: int) -> None:
    """Have the system know the numbers of some interfaces."""

    def numberOf(name: str) -> int:
        if name not in known:
            raise OSError(f'no interface with this name: {name}')
        return known[name]

    monkeypatch.setattr(socket, 'if_nametoindex', numberOf)


def test_macs_interfaces_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers(monkeypatch, lo0=1, en0=4, en1=5)
    full = {'addr': '192.168.1.20', 'netmask': '255.255.255.0', 'broadcast': '192.168.1.255'}
    netifacesOf(
        monkeypatch,
        {
            'lo0': {2: [{'addr': '127.0.0.1', 'netmask': '255.0.0.0', 'peer': '127.0.0.1'}]},
            'en0': {
                18: [{'addr': '00:11:22:33:44:55'}],
                30: [{'addr': 'fe80::1%en0', 'netmask': 'ffff:ffff:ffff:ffff::/64', 'flags': '1024'}],
                2: [full],
            },
            'en1': {18: [{'addr': '00:11:22:33:44:56'}], 2: [{'peer': '10.0.0.1'}]},
            'gone': {},
        },
    )
    assert readNetifaces() == [
        (Interface('lo0', 1, '127.0.0.1', 8), ''),
        (Interface('en0', 4, '192.168.1.20', 24), ''),
        (Interface('en0', 4, 'fe80::1', 64), ''),
        (Interface('en1', 5, '', 0), NO_ADDRESS),
    ]


def test_on_windows_the_zone_tells_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers(monkeypatch)
    guid, other = '{0E4F6C2A-0000-4000-8000-000000000001}', '{0E4F6C2A-0000-4000-8000-000000000002}'
    v6 = [{'addr': 'fd00::5', 'netmask': 'ffff:ffff:ffff:ffff::/64'}, {'addr': 'fe80::5%12', 'netmask': '::/64'}]
    v4 = {'addr': '192.168.1.20', 'netmask': '255.255.255.0'}
    netifacesOf(monkeypatch, {guid: {2: [v4], 30: v6}, other: {2: [{'addr': '10.0.0.1'}]}})
    found = [interface for interface, _ in readNetifaces()]
    assert [(one.name, one.number, one.address) for one in found] == [
        *((guid, 12, address) for address in ('192.168.1.20', 'fd00::5', 'fe80::5')),
        (other, 0, '10.0.0.1'),
    ]


@pytest.mark.parametrize(
    ('netmask', 'isIPv6', 'prefix'),
    [
        *(('255.255.255.0', False, 24), ('255.255.240.0', False, 20), ('0.0.0.0', False, 0), ('', False, 32)),
        *(('255.255.255.255', False, 32), ('/24', False, 24), ('rubbish', False, 32)),
        *(('ffff:ffff:ffff:ffff::', True, 64), ('ffff:ffff:ffff:ffff::/64', True, 64), ('ffff:fff0::', True, 28)),
        *(
            ('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', True, 128),
            ('::', True, 0),
            ('', True, 128),
            ('/200', True, 128),
        ),
        *(('ffff::/x', True, 16), ('rubbish', True, 128)),
    ],
)
def test_a_netmask_gives_the_length_of_the_prefix(netmask: str, isIPv6: bool, prefix: int) -> None:
    assert prefixOf(netmask, isIPv6=isIPv6) == prefix


@pytest.mark.parametrize(
    ('platform', 'isRefused', 'reads'),
    [('linux', False, 'netlink'), ('linux', True, 'netifaces'), ('win32', True, 'netifaces')],
)
def test_netifaces_is_asked_where_there_is_no_netlink(
    platform: str, isRefused: bool, reads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    onPlatform(monkeypatch, platform)
    monkeypatch.setattr('upnp.addressing.watch.readNetlink', refuse if isRefused else lambda: [LO])
    monkeypatch.setattr('upnp.addressing.watch.readNetifaces', lambda: [ETH0])
    assert listInterfaces() == [LO if reads == 'netlink' else ETH0]


def test_elsewhere_no_netlink_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    onPlatform(monkeypatch, 'freebsd14')
    with pytest.raises(OSError, match='no netlink'):
        openNotices()


@linuxOnly
def test_a_netlink_that_lets_nobody_listen_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(socket.socket):
        """A socket that may not be bound."""

        def bind(self, address: object) -> None:
            refuse(address)

    monkeypatch.setattr(socket, 'socket', Closed)
    with pytest.raises(PermissionError):
        openNotices()
    gc.collect()
