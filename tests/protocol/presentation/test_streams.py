"""The news of pages that are open: a stream over HTTP in memory, by a clock that moves by itself."""

import asyncio
import json
import logging
import resource
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

import upnp
from tests.protocol.devices import DEVICE_TYPE, UUID
from tests.protocol.fakes import FakeTransport, run
from tests.protocol.site import Site, fields, get, statuses

LIVE = f'/{UUID}/live'
KEY, OTHER_KEY = f'/{UUID}/0', f'/{UUID}/1'
PEER = '192.0.2.9'
STILL = ':\nevent: still\ndata: 15'


class Lamp(upnp.Service):
    """A service with evented variables."""

    serviceType = 'urn:exemple-org:service:Lamp:1'

    Status = upnp.StateVariable(dataType=bool, sendEvents=True)
    Level = upnp.StateVariable(dataType='ui2', sendEvents=True)
    Warmth = upnp.StateVariable(dataType=float, sendEvents=True, maximumRate=2)
    Alarm = upnp.StateVariable(dataType=str, sendEvents=True, multicast=True)
    Hidden = upnp.StateVariable(dataType=str)


class Meter(upnp.Service):
    """Another one."""

    serviceType = 'urn:exemple-org:service:Meter:1'

    Reading = upnp.StateVariable(dataType=str, sendEvents=True)


ALL = {KEY: {'Status': '0', 'Level': '0', 'Warmth': '0.0', 'Alarm': ''}, OTHER_KEY: {'Reading': ''}}


class Window:
    """A browser's window that has the page open.

    :param stuck: whether it reads nothing.
    """

    def __init__(self, site: Site, peer: str = PEER, *, stuck: bool = False) -> None:
        self.transport = FakeTransport((peer, 40000), stuck=stuck, isFull=False)
        self.reader, writer = self.transport.connect()
        self.serving = asyncio.create_task(site.http.server.InConnection(self.reader, writer))

    @property
    def head(self) -> bytes:
        """What came before the first message."""
        return bytes(self.transport.written).partition(b'\r\n\r\n')[0]

    @property
    def messages(self) -> list[str]:
        """What came since, the texts between the empty lines."""
        stream = bytes(self.transport.written).partition(b'\r\n\r\n')[2].decode()
        return stream.split('\n\n')[:-1]

    @property
    def news(self) -> list[Any]:
        """What the messages tell."""
        return [json.loads(one.removeprefix('data: ')) for one in self.messages if one.startswith('data: ')]


class Stage:
    """A site with two services, and the windows that have its page open."""

    def __init__(self, **limits: float) -> None:
        self.lamp, self.meter = Lamp(), Meter()
        device = upnp.Device(deviceType=DEVICE_TYPE, friendlyName='Lamp', uuid=UUID, services=[self.lamp, self.meter])
        self.site = Site(device, **limits).begin()
        self.windows: list[Window] = []

    async def open(self, peer: str = PEER, *lines: str, stuck: bool = False, method: str = 'GET') -> Window:
        """Open the page in one more window."""
        window = Window(self.site, peer, stuck=stuck)
        self.windows.append(window)
        window.reader.feed_data(get(LIVE, method, '1.1', *lines))
        await turns()
        return window

    async def close(self) -> None:
        """Stop everything."""
        self.site.events.stop()
        await self.site.http.server.stop()
        for window in self.windows:
            with suppress(asyncio.CancelledError):
                await window.serving


async def turns(count: int = 12) -> None:
    """Let the loop turn."""
    for _ in range(count):
        await asyncio.sleep(0)


@asynccontextmanager
async def staged(**limits: float) -> AsyncIterator[Stage]:
    """A stage, cleared at the end."""
    stage = Stage(**limits)
    try:
        yield stage
    finally:
        await stage.close()


def play(scene: Callable[[Stage], Coroutine[Any, Any, None]], **limits: float) -> None:
    """Run a scene."""

    async def whole() -> None:
        async with staged(**limits) as stage:
            await scene(stage)

    run(whole())


def loopTime() -> float:
    """The time by the clock."""
    return asyncio.get_running_loop().time()


def test_a_page_is_told_everything_and_then_what_changes() -> None:
    async def scene(stage: Stage) -> None:
        window = await stage.open()
        assert window.head.startswith(b'HTTP/1.1 200 OK\r\n')
        told = fields(window.head)
        assert told['CONTENT-TYPE'] == 'text/event-stream; charset=utf-8'
        assert (told['CACHE-CONTROL'], told['CONNECTION']) == ('no-store', 'close')
        assert 'CONTENT-LENGTH' not in told
        assert window.messages[:2] == [f'retry: 2000\nevent: config\ndata: {stage.site.configId}', STILL]
        assert window.news == [ALL]

        stage.lamp.Status, stage.lamp.Level, stage.meter.Reading = True, 7, 'a\nb "ü" </script>'
        await turns()
        assert window.news == [ALL, {KEY: {'Status': '1', 'Level': '7'}, OTHER_KEY: {'Reading': 'a\nb "ü" </script>'}}]

    play(scene)


def test_what_changes_often_is_told_ten_times_a_second_and_the_last_value_arrives() -> None:
    async def scene(stage: Stage) -> None:
        window = await stage.open()
        begin = loopTime()
        for level in range(1, 101):
            stage.lamp.Level = level
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        levels = [int(one[KEY]['Level']) for one in window.news]
        assert loopTime() - begin < 1.3
        assert 9 <= len(levels) <= 12
        assert (levels[1], levels[-1]) == (1, 100)

    play(scene)


def test_a_page_keeps_to_the_rate_of_events() -> None:
    """UDA 1.1 §4.3: it comes from the same book."""

    async def scene(stage: Stage) -> None:
        window = await stage.open()
        for warmth in (1.0, 2.0, 3.0):
            stage.lamp.Warmth = warmth
            await asyncio.sleep(0.5)
        await asyncio.sleep(2)
        assert [one[KEY]['Warmth'] for one in window.news] == ['0.0', '1.0', '3.0']

    play(scene)


def test_all_pages_are_told_and_a_new_one_of_the_present() -> None:
    async def scene(stage: Stage) -> None:
        first = await stage.open()
        stage.lamp.Level = 5
        await asyncio.sleep(1)
        second = await stage.open('192.0.2.8')
        assert second.news == [{**ALL, KEY: {**ALL[KEY], 'Level': '5'}}]
        stage.lamp.Level = 6
        await turns()
        assert first.news[-1] == second.news[-1] == {KEY: {'Level': '6'}}

    play(scene)


def test_a_page_that_is_closed_is_told_nothing_and_forgotten() -> None:
    async def scene(stage: Stage) -> None:
        window = await stage.open()
        window.reader.feed_eof()
        await window.serving
        told = len(window.transport.written)
        stage.lamp.Level = 5
        await asyncio.sleep(20)
        assert len(window.transport.written) == told
        assert len(stage.site.http.server.crowd) == 0
        for _ in range(16):
            assert statuses((await stage.open()).head) == [200]

    play(scene)


def test_one_that_goes_on_talking_is_closed() -> None:
    async def scene(stage: Stage) -> None:
        window = await stage.open()
        window.reader.feed_data(get())
        await window.serving
        assert statuses(bytes(window.transport.written)) == [200]

    play(scene)


def test_without_news_there_is_an_empty_comment_and_it_is_never_idle() -> None:
    async def scene(stage: Stage) -> None:
        window = await stage.open()
        await asyncio.sleep(61)
        assert window.messages[3:] == [STILL] * 4
        stage.lamp.Level = 5
        await turns()
        assert window.news[-1] == {KEY: {'Level': '5'}}

    play(scene)


def test_a_page_that_reads_nothing_is_told_nothing_more_and_cut_off() -> None:
    async def scene(stage: Stage) -> None:
        stuck, window = await stage.open(stuck=True), await stage.open()
        told = len(stuck.transport.written)
        for level in range(1, 13):
            stage.lamp.Level = level
            await asyncio.sleep(1)
        assert (len(stuck.transport.written), stuck.transport.isAborted) == (told, False)
        await asyncio.sleep(4)
        assert stuck.transport.isAborted
        assert [one[KEY]['Level'] for one in window.news] == [str(level) for level in range(13)]

    play(scene)


def test_a_page_that_reads_nothing_gets_no_comments_either() -> None:
    async def scene(stage: Stage) -> None:
        window = await stage.open(stuck=True)
        told = len(window.transport.written)
        await asyncio.sleep(16)
        assert len(window.transport.written) == told

    play(scene, writeSeconds=60)


def test_a_page_that_was_slow_is_told_all_that_it_has_missed_at_once() -> None:
    async def scene(stage: Stage) -> None:
        window = await stage.open(stuck=True)
        for level in (1, 2, 3):
            stage.lamp.Level, stage.meter.Reading = level, str(level)
            await asyncio.sleep(1)
        window.transport._stuck = False
        await asyncio.sleep(2)
        assert window.news == [ALL, {KEY: {'Level': '3'}, OTHER_KEY: {'Reading': '3'}}]
        stage.lamp.Level = 4
        await turns()
        assert window.news[-1] == {KEY: {'Level': '4'}}
        await asyncio.sleep(60)
        assert not window.transport.isAborted

    play(scene)


def test_the_pages_of_one_peer_have_their_bound() -> None:
    async def scene(stage: Stage) -> None:
        heads = [(await stage.open()).head for _ in range(17)]
        assert [statuses(head) for head in heads] == [[200]] * 16 + [[503]]
        assert statuses((await stage.open('192.0.2.8')).head) == [200]
        assert b'too many pages' in bytes(stage.windows[16].transport.written)

    play(scene)


def test_all_pages_together_have_their_bound_and_who_has_most_gives_way() -> None:
    async def scene(stage: Stage) -> None:
        greedy = [await stage.open('192.0.2.8') for _ in range(3)]
        assert statuses((await stage.open('192.0.2.8')).head) == [503]
        newcomer = await stage.open()
        assert statuses(newcomer.head) == [200]
        await greedy[2].serving
        assert [one.transport.isAborted for one in greedy] == [False, False, True]
        stage.lamp.Level = 5
        await turns()
        assert newcomer.news[-1] == greedy[0].news[-1] == {KEY: {'Level': '5'}}
        assert [statuses((await stage.open(f'192.0.2.{host}')).head) for host in (7, 6)] == [[200], [503]]

    play(scene, maxPageStreams=3)


def test_pages_never_use_up_the_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, 'getrlimit', lambda _kind: (12, 12))

    async def scene(stage: Stage) -> None:
        heads = [(await stage.open(f'192.0.2.{host}')).head for host in range(4)]
        assert [statuses(head) for head in heads] == [[200]] * 3 + [[503]]

    play(scene)


def test_idle_connections_give_way_before_an_open_page() -> None:
    async def scene(stage: Stage) -> None:
        window = await stage.open()
        idle, newcomer = Window(stage.site), Window(stage.site)
        stage.windows += [idle, newcomer]
        await turns()
        assert [one.transport.isAborted for one in (window, idle, newcomer)] == [False, True, False]

    play(scene, maxConnections=2)


def test_one_that_gives_way_is_forgotten() -> None:
    async def scene(stage: Stage) -> None:
        first, second, third = [await stage.open() for _ in range(3)]
        assert [one.transport.isAborted for one in (first, second, third)] == [True, False, False]
        assert statuses((await stage.open('192.0.2.8')).head) == [200]

    play(scene, maxConnections=2, maxPageStreams=3)


def test_pages_end_when_the_devices_are_described_anew_and_come_again() -> None:
    async def scene(stage: Stage) -> None:
        window = await stage.open()
        stage.site.publication.streams.onEnd()
        await window.serving
        assert not window.transport.isAborted
        stage.lamp.Level = 3
        assert (await stage.open()).news[0][KEY]['Level'] == '3'

    play(scene)


def test_after_a_byebye_the_page_goes_on_and_nothing_is_multicast() -> None:
    async def scene(stage: Stage) -> None:
        stage.site.events.close()
        window = await stage.open()
        stage.lamp.Alarm = 'fire'
        await turns()
        assert window.news[-1] == {KEY: {'Alarm': 'fire'}}
        assert stage.site.multicasts == []

    play(scene)


def test_after_the_end_no_page_is_opened() -> None:
    async def scene(stage: Stage) -> None:
        window = await stage.open()
        stage.site.events.stop()
        await window.serving
        assert statuses((await stage.open()).head) == [503]
        await asyncio.sleep(100)
        assert window.messages[3:] == []

    play(scene)


def test_head_tells_of_a_stream_and_opens_none() -> None:
    async def scene(stage: Stage) -> None:
        window = await stage.open(method='HEAD')
        await window.serving
        assert fields(window.head)['CONTENT-TYPE'].startswith('text/event-stream')
        assert window.messages == []

    play(scene, maxPageStreams=1)


def test_each_refusal_is_a_line_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(stage: Stage) -> None:
        with caplog.at_level(logging.DEBUG, 'upnp'):
            await stage.open()
            await stage.open()
        (line,) = [one.getMessage() for one in caplog.records if 'refused' in one.getMessage()]
        assert line.endswith('refused: 1 pages of 192.0.2.9 are open: Limits.maxPageStreamsPerPeer')

    play(scene, maxPageStreamsPerPeer=1)


def clogged(stage: Stage, peer: str = PEER) -> Window:
    """A window whose peer has asked for much before, and takes none of it: whoever writes to it has to wait."""
    window = Window(stage.site, peer, stuck=True)
    stage.windows.append(window)
    assert window.transport._protocol is not None
    window.transport._protocol.pause_writing()
    window.reader.feed_data(get(LIVE))
    return window


def unclog(window: Window) -> None:
    """Take what was written."""
    window.transport._stuck = False
    assert window.transport._protocol is not None
    window.transport._protocol.resume_writing()


def test_one_that_has_given_way_before_its_head_was_taken_is_closed() -> None:
    """Else it would be told nothing, and its connection would stay: busy, counted by nobody."""

    async def scene(stage: Stage) -> None:
        first, slow = await stage.open('192.0.2.8'), clogged(stage, '192.0.2.8')
        await turns()
        assert statuses((await stage.open()).head) == [200]
        unclog(slow)
        await asyncio.sleep(1)
        assert slow.serving.done()
        assert (slow.messages, first.serving.done()) == ([], False)

    play(scene, maxPageStreams=2)


@pytest.mark.parametrize('isStopped', [False, True])
def test_one_whose_head_was_not_taken_before_the_end_is_closed(isStopped: bool) -> None:
    async def scene(stage: Stage) -> None:
        slow = clogged(stage)
        await turns()
        (stage.site.events.stop if isStopped else stage.site.publication.streams.onEnd)()
        unclog(slow)
        await asyncio.sleep(1)
        assert slow.serving.done()

    play(scene)


def test_a_page_that_takes_nothing_is_cut_off_where_pages_are_closed() -> None:
    """What it was not sent would have the connection wait for it, and no more look whether it ever takes it."""

    async def scene(stage: Stage) -> None:
        stuck = await stage.open(stuck=True)
        stage.site.publication.streams.onEnd()
        await asyncio.sleep(1)
        assert stuck.serving.done()

    play(scene)


def test_one_that_takes_no_comment_is_cut_off_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(stage: Stage) -> None:
        window = await stage.open()
        written, taken = window.transport.written, len(window.transport.written)
        monkeypatch.setattr(window.transport, 'get_write_buffer_size', lambda: len(written) - taken)
        await asyncio.sleep(15 + 15 + 2)
        assert window.transport.isAborted

    play(scene)


class LateTransport(FakeTransport):
    """One that has what was written on its way until the loop's next turn, as that of Windows' loop does."""

    def __init__(self) -> None:
        super().__init__((PEER, 40000), isFull=False)
        self._underWay = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep the bytes."""
        super().write(data)
        self._underWay += len(data)
        asyncio.get_running_loop().call_soon(self._take)

    def get_write_buffer_size(self) -> int:
        """Return what is on its way."""
        return self._underWay

    def _take(self) -> None:
        self._underWay = 0


def test_where_nothing_is_sent_at_once_the_values_come_at_once_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(stage: Stage) -> None:
        monkeypatch.setitem(globals(), 'FakeTransport', lambda *_args, **_options: LateTransport())
        window = await stage.open()
        assert window.news == [ALL]
        stage.lamp.Level = 5
        await turns()
        assert window.news == [ALL, {KEY: {'Level': '5'}}]

    play(scene)


def test_values_travel_in_as_few_bytes_as_can_be() -> None:
    """A peer may set one by an action, and each page that takes nothing keeps a message of them."""

    async def scene(stage: Stage) -> None:
        window = await stage.open()
        stage.meter.Reading = 'ü😀\u2028'
        await turns()
        assert window.news[-1] == {OTHER_KEY: {'Reading': 'ü😀\u2028'}}
        assert 'ü😀\u2028'.encode() in window.transport.written

    play(scene)


def test_a_page_comes_again_when_a_service_is_replaced_by_its_like() -> None:
    """The description is the same then, so nothing else would tell."""

    async def scene(stage: Stage) -> None:
        window, like = await stage.open(), Lamp()
        stage.site.events.retain([stage.lamp, stage.meter])
        await turns()
        assert not window.serving.done()
        stage.site.events.retain([like, stage.meter])
        await turns()
        assert window.serving.done()

    play(scene)


FOREIGN = [
    ['Origin: http://evil.example'],
    ['Origin: null'],
    ['Origin: http://192.0.2.1:8000', 'Sec-Fetch-Site: same-site'],
    ['Sec-Fetch-Site: cross-site'],
]


@pytest.mark.parametrize('lines', FOREIGN)
def test_a_page_of_a_strangers_gets_no_news_and_uses_up_no_place(lines: list[str]) -> None:
    """It could not read them, but its visitor's own windows would be refused."""

    async def scene(stage: Stage) -> None:
        assert statuses((await stage.open(PEER, *lines)).head) == [403]
        assert statuses((await stage.open(PEER, *lines, method='HEAD')).head) == [403]
        assert statuses((await stage.open()).head) == [200]

    play(scene, maxPageStreamsPerPeer=1)


OWN = [['Sec-Fetch-Site: same-origin'], ['Sec-Fetch-Site: none'], ['Origin: http://192.0.2.1:5000']]


@pytest.mark.parametrize('lines', OWN)
def test_the_pages_of_this_device_get_news_whatever_their_browser_tells(lines: list[str]) -> None:
    async def scene(stage: Stage) -> None:
        window = await stage.open(PEER, *lines)
        assert statuses(window.head) == [200]
        assert fields(window.head)['CROSS-ORIGIN-RESOURCE-POLICY'] == 'same-origin'

    play(scene)


def test_a_page_that_takes_a_long_message_slowly_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would come again, to be told the same from the beginning."""

    async def scene(stage: Stage) -> None:
        window = await stage.open()
        written, taken, begin = window.transport.written, len(window.transport.written), loopTime()
        monkeypatch.setattr(
            window.transport, 'get_write_buffer_size', lambda: max(0, len(written) - taken - int(loopTime() - begin))
        )
        stage.meter.Reading = 'x' * 30
        await asyncio.sleep(120)
        assert not window.transport.isAborted
        stage.lamp.Level = 5
        await asyncio.sleep(1)
        assert window.news[-1] == {KEY: {'Level': '5'}}

    play(scene)
