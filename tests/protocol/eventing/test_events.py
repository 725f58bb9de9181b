"""Eventing: subscriptions over HTTP in memory, events to subscribers over loopback, by a clock that is told to move."""

import asyncio
import contextlib
import errno
import logging
import re
import resource
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest

import upnp
from tests.protocol.calling import call
from tests.protocol.devices import DEVICE_TYPE, UUID
from tests.protocol.fakes import ClockLoop, FakeTransport, HeldClock, run
from tests.protocol.lamps import TYPE, Lamp
from tests.protocol.site import TOKEN, Site, fields, get, statuses
from upnp.addressing.addresses import hostOf, socketAddressOf
from upnp.eventing import gena
from upnp.eventing.events import Events

EVENT = f'/{UUID}/0/event'
CONTROL = f'/{UUID}/0/control'
HERE, OTHER, HERE6 = '127.0.0.1', '127.0.0.2', '::1'
OK = b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
CLOSING = b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'
REFUSED = b'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n'
UNKNOWN = b'HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n'
HELD_SECONDS = 0.101  # for so long is the initial event held back, at the most
TURNS = 20  # of the loop: enough for everything that needs no peer


ALL = {'Status': '0', 'Level': '0', 'Warmth': '0.0', 'Alarm': ''}


class Told(NamedTuple):
    """An event as it came: its head by lower-case name, its values, the connection it came by."""

    startLine: str
    headers: Mapping[str, str]
    values: dict[str, str]
    connection: int

    @property
    def seq(self) -> int:
        """The event key."""
        return int(self.headers['seq'])


class Subscriber:
    """A callback server.

    :param answers: for one event after the other, the last one for all that follow; None never answers.
    """

    def __init__(self, *answers: bytes | None, host: str) -> None:
        self.host = host
        self.told: list[Told] = []
        self.answers = list(answers or (OK,))
        self.connections = 0
        self.open: list[asyncio.StreamWriter] = []
        self._news = asyncio.Event()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f'http://{hostOf(self.host)}:{self._server.sockets[0].getsockname()[1]}/on?x=1'

    @property
    def values(self) -> list[dict[str, str]]:
        """The values of each event."""
        return [one.values for one in self.told]

    @property
    def keys(self) -> list[int]:
        """The event keys."""
        return [one.seq for one in self.told]

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, self.host, 0)

    async def stop(self) -> None:
        """Listen no more, and cut off who is connected."""
        assert self._server is not None
        self._server.close()
        for writer in self.open:
            writer.transport.abort()
        await turns()

    async def hear(self, count: int) -> list[Told]:
        """Wait until there were so many events; return them all."""
        while len(self.told) < count:
            self._news.clear()
            await self._news.wait()
        return self.told

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        self.open.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b'\r\n\r\n')).decode()
                body = await reader.readexactly(int(re.search(r'CONTENT-LENGTH: (\d+)', head)[1]))  # type: ignore[index]
                self.told.append(eventOf(head, body, number))
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if answer is not None:
                    writer.write(answer)
                self._news.set()
        writer.close()


def eventOf(head: str, body: bytes, connection: int) -> Told:
    """Return an event as it came."""
    startLine, *lines = head.removesuffix('\r\n\r\n').split('\r\n')
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(':') for line in lines)}
    root = ElementTree.fromstring(body)
    assert root.tag == '{urn:schemas-upnp-org:event-1-0}propertyset'
    return Told(startLine, headers, {one.tag: one.text or '' for (one,) in root}, connection)


async def turns(count: int = TURNS) -> None:
    """Let the loop turn."""
    for _ in range(count):
        await asyncio.sleep(0)


class Stage:
    """An announcer's part in this, and its peers."""

    def __init__(self, clock: HeldClock, **limits: float) -> None:
        self.clock = clock
        self.lamp = Lamp()
        device = upnp.Device(deviceType=DEVICE_TYPE, friendlyName='Lamp', uuid=UUID)
        device.addService(self.lamp)
        self.site = Site(device, **limits)
        self._subscribers: list[Subscriber] = []

    async def subscriber(self, *answers: bytes | None, host: str = HERE) -> Subscriber:
        """Return a callback server that listens."""
        made = Subscriber(*answers, host=host)
        await made.start()
        self._subscribers.append(made)
        return made

    async def ask(self, request: bytes, peer: str = HERE, host: str = HERE) -> bytes:
        """Return the answer to requests over one connection."""
        own, other = socketAddressOf(host, 5000), socketAddressOf(peer, 40000)
        transport = FakeTransport(other, own)
        reader, writer = transport.connect()
        reader.feed_data(request)
        reader.feed_eof()
        await asyncio.create_task(self.site.http.server.InConnection(reader, writer))
        await self.advance(HELD_SECONDS)
        return bytes(transport.written)

    async def subscribe(self, subscriber: Subscriber, *lines: str) -> str:
        """Subscribe, and return the SID."""
        answer = await self.ask(subscribing(f'<{subscriber.url}>', *lines), subscriber.host)
        assert statuses(answer) == [200]
        return fields(answer)['SID']

    async def advance(self, seconds: float) -> None:
        """Let time pass, and what it brings about happen."""
        await turns()
        self.clock.advance(seconds)
        asyncio.get_running_loop().call_soon(lambda: None)
        await turns()

    async def close(self) -> None:
        """End everything; nothing may be left."""
        self.site.events.stop()
        for subscriber in self._subscribers:
            await subscriber.stop()
        self.site.calls.abandon()
        own = [task for task in asyncio.all_tasks() if task.get_name().startswith('upnp')]
        assert own == []


def play(scene: Callable[[Stage], Coroutine[Any, Any, None]], **limits: float) -> None:
    """Run a scene on a stage of its own."""
    clock = HeldClock()

    async def whole() -> None:
        async with staged(clock, **limits) as stage:
            await scene(stage)

    run(whole(), clock)


@asynccontextmanager
async def staged(clock: HeldClock, **limits: float) -> AsyncIterator[Stage]:
    """Begin, and end."""
    stage = Stage(clock, **limits)
    stage.site.begin()
    try:
        yield stage
    finally:
        await stage.close()


def subscribing(callback: str, *lines: str, path: str = EVENT) -> bytes:
    """Return a SUBSCRIBE."""
    return get(path, 'SUBSCRIBE', '1.1', f'CALLBACK: {callback}', 'NT: upnp:event', *lines)


def renewing(sid: str, *lines: str) -> bytes:
    """Return a renewal."""
    return get(EVENT, 'SUBSCRIBE', '1.1', f'SID: {sid}', *lines)


def unsubscribing(sid: str) -> bytes:
    """Return an UNSUBSCRIBE."""
    return get(EVENT, 'UNSUBSCRIBE', '1.1', f'SID: {sid}')


# Subscriptions


def test_a_subscriber_gets_its_sid_and_then_everything() -> None:
    """UDA 1.1 §4.1.2, §4.3.2."""

    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber()
        answer = await stage.ask(subscribing(f'<{subscriber.url}>', 'TIMEOUT: Second-300'))
        sid = fields(answer)['SID']
        assert re.fullmatch(r'uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', sid)
        assert fields(answer) == {
            'CONTENT-LENGTH': '0',
            'SID': sid,
            'TIMEOUT': 'Second-300',
            'DATE': fields(answer)['DATE'],
            'SERVER': TOKEN,
        }
        (first,) = await subscriber.hear(1)
        assert (first.startLine, first.values) == ('NOTIFY /on?x=1 HTTP/1.1', ALL)
        assert {name: first.headers[name] for name in ('host', 'nt', 'nts', 'sid', 'seq', 'content-type')} == {
            'host': subscriber.url.split('/')[2],
            'nt': 'upnp:event',
            'nts': 'upnp:propchange',
            'sid': sid,
            'seq': '0',
            'content-type': 'text/xml; charset="utf-8"',
        }

    play(scene)


@pytest.mark.parametrize(
    ('request_', 'status'),
    [
        (subscribing('<http://127.0.0.1:7/>'), 200),
        (subscribing('<http://127.0.0.2:7/>'), 412),
        (subscribing('<http://127.0.0.1:5000/>'), 412),
        (subscribing('<http://localhost:7/>'), 412),
        (subscribing('http://127.0.0.1:7/'), 412),
        (get(EVENT, 'SUBSCRIBE', '1.1', 'NT: upnp:event'), 412),
        (get(EVENT, 'SUBSCRIBE', '1.1', 'CALLBACK: <http://127.0.0.1:7/>'), 412),
        (subscribing('<http://127.0.0.1:7/>', 'SID: uuid:1'), 400),
        (subscribing('<http://127.0.0.1:7/>', 'STATEVAR: Hidden,None'), 412),
        (renewing('uuid:1'), 412),
        (renewing(''), 412),
        (unsubscribing('uuid:1'), 412),
        (get(EVENT, 'UNSUBSCRIBE'), 412),
        (get(EVENT, 'UNSUBSCRIBE', '1.1', 'SID: uuid:1', 'NT: upnp:event'), 400),
        (get(EVENT), 405),
        (subscribing('<http://127.0.0.1:7/>', path=CONTROL), 405),
        (subscribing('<http://127.0.0.1:7/>', path='/else/event'), 404),
    ],
)
def test_what_is_wrong_is_refused_and_the_connection_goes_on(request_: bytes, status: int) -> None:
    """UDA 1.1 §4.1.2 to §4.1.4."""

    async def scene(stage: Stage) -> None:
        assert statuses(await stage.ask(request_ + get())) == [status, 200]

    play(scene)


def test_events_are_allowed_where_they_are_offered() -> None:
    async def scene(stage: Stage) -> None:
        assert fields(await stage.ask(get(EVENT)))['ALLOW'] == 'SUBSCRIBE, UNSUBSCRIBE'

    play(scene)


def test_nothing_is_subscribed_to_where_nothing_is_evented() -> None:
    service = upnp.Service(serviceType=TYPE, stateVariables=[{'name': 'Quiet'}])
    device = upnp.Device(deviceType=DEVICE_TYPE, friendlyName='Lamp', uuid=UUID, services=[service])
    assert EVENT not in Site(device).resources


@pytest.mark.parametrize('limit', ['maxSubscriptions', 'maxSubscriptionsPerPeer'])
def test_there_are_so_many_subscriptions_and_no_more(limit: str) -> None:
    async def scene(stage: Stage) -> None:
        answers = [await stage.ask(subscribing('<http://127.0.0.1:7/>')) for _ in range(4)]
        assert [statuses(one) for one in answers] == [[200], [200], [200], [503]]
        await stage.ask(unsubscribing(fields(answers[0])['SID']))
        assert statuses(await stage.ask(subscribing('<http://127.0.0.1:7/>'))) == [200]
        other = [await stage.ask(subscribing('<http://192.0.2.9:7/>'), peer='192.0.2.9') for _ in range(2)]
        assert [statuses(one) for one in other] == [[200], [503 if limit == 'maxSubscriptions' else 200]]

    play(scene, **{limit: 3})


def test_who_has_most_subscriptions_is_told_nothing_more_for_its_newest_when_there_are_too_many() -> None:
    async def scene(stage: Stage) -> None:
        many, one = [await stage.subscriber(OK, None) for _ in range(3)], await stage.subscriber(host=OTHER)
        sids = [await stage.subscribe(each) for each in many]
        for each in many:
            await each.hear(1)
        stage.lamp.Level = 1
        await many[2].hear(2)
        await stage.subscribe(one)
        assert [each.open[0].transport.is_closing() for each in many] == [False, False, True]
        assert [statuses(await stage.ask(renewing(sid))) for sid in sids] == [[200], [200], [412]]
        assert len(await one.hear(1)) == 1

    play(scene, maxSubscriptions=3)


def test_renewed_it_lasts_and_unsubscribed_it_ends() -> None:
    """UDA 1.1 §4.1.3, §4.1.4."""

    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber()
        sid = await stage.subscribe(subscriber, 'TIMEOUT: Second-100')
        await subscriber.hear(1)
        await stage.advance(99)
        renewed = await stage.ask(renewing(sid.upper(), 'TIMEOUT: Second-infinite'))
        assert (fields(renewed)['SID'], fields(renewed)['TIMEOUT']) == (sid, 'Second-86400')
        await stage.advance(99)
        stage.lamp.Level = 5
        await subscriber.hear(2)
        ended = await stage.ask(unsubscribing(sid) + renewing(sid))
        assert (statuses(ended), 'SID' in fields(ended)) == ([200, 412], False)
        stage.lamp.Level = 6
        await turns()
        assert subscriber.values == [ALL, {'Level': '5'}]

    play(scene)


def test_its_time_over_it_ends_by_itself() -> None:
    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber()
        sid = await stage.subscribe(subscriber, 'TIMEOUT: Second-60')
        await subscriber.hear(1)
        await stage.advance(60)
        stage.lamp.Level = 5
        await turns()
        assert statuses(await stage.ask(renewing(sid))) == [412]
        assert len(subscriber.told) == 1
        assert subscriber.open[0].transport.is_closing()

    play(scene)


@pytest.mark.parametrize('end', ['close', 'reopen', 'stop', 'retain'])
def test_the_device_leaves_and_every_subscription_ends(end: str) -> None:
    """UDA 1.1 §4.1.2: with byebye, and with a new BOOTID."""

    async def scene(stage: Stage) -> None:
        events, subscriber = stage.site.events, await stage.subscriber()
        sid = await stage.subscribe(subscriber)
        await subscriber.hear(1)
        getattr(events, end)(*([()] if end == 'retain' else []))
        stage.lamp.Level = 5
        await turns()
        assert len(subscriber.told) == 1
        assert statuses(await stage.ask(renewing(sid))) == [412]
        again = await stage.ask(subscribing(f'<{subscriber.url}>'))
        assert statuses(again) == [200 if end in ('reopen', 'retain') else 503]

    play(scene)


def test_with_an_address_of_ours_go_its_subscribers_and_no_others() -> None:
    """As an interface goes; the rest is told on."""

    async def scene(stage: Stage) -> None:
        gone, stays = await stage.subscriber(), await stage.subscriber()
        answers = [await stage.ask(subscribing(f'<{gone.url}>'), host='192.0.2.1')]
        answers += [await stage.ask(subscribing(f'<{stays.url}>'))]
        sids = [fields(answer)['SID'] for answer in answers]
        await gone.hear(1)
        await stays.hear(1)
        stage.site.events.leave(['192.0.2.1', 'fe80::1%3'])
        stage.lamp.Level = 5
        await stays.hear(2)
        assert len(gone.told) == 1
        assert [statuses(await stage.ask(renewing(sid))) for sid in sids] == [[412], [200]]
        assert stage.site.events.isOpen

    play(scene)


def test_who_does_not_know_its_sid_yet_may_lose_its_address() -> None:
    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber()
        transport = FakeTransport((HERE, 40000), ('192.0.2.1', 5000))
        reader, writer = transport.connect()
        reader.feed_data(subscribing(f'<{subscriber.url}>'))
        reader.feed_eof()
        await asyncio.create_task(stage.site.http.server.InConnection(reader, writer))
        stage.site.events.offer()
        stage.site.events.leave(['192.0.2.1'])
        await stage.advance(HELD_SECONDS)
        stage.site.events.offer()
        await turns()
        assert subscriber.connections == 0

    play(scene)


def test_a_subscriber_is_told_over_ipv6_too() -> None:
    """UDA 2.0 Annex A: a literal in brackets."""

    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber(host=HERE6)
        port = subscriber.url.rpartition(':')[2].partition('/')[0]
        for literal in ('[::1]', '[0:0:0::1]', '[0000:0000:0000:0000:0000:0000:0000:0001]'):
            answer = await stage.ask(subscribing(f'<http://{literal}:{port}/on>'), HERE6, HERE6)
            assert statuses(answer) == [200]
        for literal in ('[::ffff:127.0.0.1]', '[::127.0.0.1]', '[::]', '[::1%25lo]', '[::1%251]', HERE):
            answer = await stage.ask(subscribing(f'<http://{literal}:{port}/on>'), HERE6, HERE6)
            assert statuses(answer) == [412]
        await subscriber.hear(3)
        assert {one.headers['host'] for one in subscriber.told} == {f'[::1]:{port}'}

    play(scene)


def test_a_service_that_stays_keeps_its_subscribers_and_tells_what_is_new_of_it() -> None:
    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber()
        await stage.subscribe(subscriber)
        await subscriber.hear(1)
        stage.lamp.stateVariables.append({'name': 'Extra', 'dataType': 'ui1', 'sendEvents': True})
        stage.site.events.retain([stage.lamp])
        stage.lamp.stateVariables['Extra'].value = 7
        stage.lamp.Level = 1
        await subscriber.hear(2)
        assert subscriber.values[1] == {'Level': '1', 'Extra': '7'}

    play(scene)


def test_only_the_variables_that_were_asked_for_are_told() -> None:
    """UDA 2.0 §4.1.2."""

    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber()
        answer = await stage.ask(subscribing(f'<{subscriber.url}>', 'STATEVAR: Level, Hidden'))
        assert fields(answer)['ACCEPTED-STATEVAR'] == 'Level'
        await subscriber.hear(1)
        stage.lamp.Status = True
        await turns()
        stage.lamp.Status, stage.lamp.Level = False, 4
        await subscriber.hear(2)
        assert (subscriber.values, subscriber.keys) == ([{'Level': '0'}, {'Level': '4'}], [0, 1])

    play(scene)


def test_the_initial_event_waits_until_the_subscriber_can_know_its_sid() -> None:
    """GUPnP 1.6.3 throws away one that comes before it has dealt with the answer; nor may a change bring it earlier."""

    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber()
        transport = FakeTransport((HERE, 40000), (HERE, 5000))
        reader, writer = transport.connect()
        reader.feed_data(subscribing(f'<{subscriber.url}>'))
        reader.feed_eof()
        await asyncio.create_task(stage.site.http.server.InConnection(reader, writer))
        assert statuses(bytes(transport.written)) == [200]
        stage.lamp.Level = 1
        await stage.advance(0.035)
        assert subscriber.connections == 0
        await stage.advance(HELD_SECONDS)
        await subscriber.hear(1)
        assert subscriber.values == [ALL | {'Level': '1'}]

    play(scene)


# Changes


def test_an_event_has_what_really_changed_and_what_changed_together() -> None:
    async def scene(stage: Stage) -> None:
        lamp, subscriber = stage.lamp, await stage.subscriber()
        await stage.subscribe(subscriber)
        await subscriber.hear(1)
        lamp.Level, lamp.Status, lamp.Level = 1, True, 2
        await subscriber.hear(2)
        lamp.Level = 2
        lamp.Status = False
        lamp.Status = True
        lamp.Hidden = 'x'
        await turns()
        lamp.stateVariables['Alarm'].value = '<&>'
        await subscriber.hear(3)
        assert subscriber.values[1:] == [{'Status': '1', 'Level': '2'}, {'Alarm': '<&>'}]
        assert subscriber.keys == [0, 1, 2]

    play(scene)


def test_changes_come_from_any_thread() -> None:
    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber()
        await stage.subscribe(subscriber)
        await subscriber.hear(1)
        thread = threading.Thread(target=setattr, args=(stage.lamp, 'Level', 3))
        thread.start()
        await subscriber.hear(2)
        thread.join()
        assert subscriber.values[1:] == [{'Level': '3'}]

    play(scene)


@pytest.mark.parametrize(('action', 'values'), [('Fade', {'Status': '1', 'Level': '3'}), ('Break', {'Level': '9'})])
def test_what_one_plain_action_changes_travels_in_one_event(
    action: str, values: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber()
        await stage.subscribe(subscriber)
        await subscriber.hear(1)
        with caplog.at_level(logging.CRITICAL):
            await stage.ask(call(action, type_=TYPE))
        await subscriber.hear(2)
        assert subscriber.values[1:] == [values]

    play(scene)


def test_a_rate_is_kept_and_the_last_value_arrives() -> None:
    async def scene(stage: Stage) -> None:
        lamp, subscriber = stage.lamp, await stage.subscriber()
        await stage.subscribe(subscriber)
        await subscriber.hear(1)
        lamp.Warmth = 1
        await subscriber.hear(2)
        lamp.Warmth = 2
        lamp.Level = 1
        await subscriber.hear(3)
        lamp.Warmth = 3
        await stage.advance(1.9)
        assert len(subscriber.told) == 3
        await stage.advance(0.2)
        await subscriber.hear(4)
        assert subscriber.values[1:] == [{'Warmth': '1.0'}, {'Level': '1'}, {'Warmth': '3.0'}]

    play(scene)


def test_multicast_variables_are_told_to_everybody_with_keys_of_their_own() -> None:
    """UDA 1.1 §4.2: without a subscription, and without an initial event."""

    async def scene(stage: Stage) -> None:
        stage.lamp.Alarm = 'fire'
        await turns()
        stage.lamp.Level = 4
        await turns()
        stage.lamp.Alarm, stage.lamp.Level = '', 5
        await turns()
        assert stage.site.multicasts == [
            (0, gena.renderProperties({'Alarm': 'fire'})),
            (1, gena.renderProperties({'Alarm': ''})),
        ]

    play(scene)


def test_a_value_that_can_no_longer_be_written_is_passed_over() -> None:
    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber()
        await stage.subscribe(subscriber)
        await subscriber.hear(1)
        stage.lamp.Alarm = 'word'
        stage.lamp.stateVariables['Alarm'].dataType = 'ui1'
        stage.lamp.Level = 8
        await subscriber.hear(2)
        assert subscriber.values[1] == {'Level': '8'}

    play(scene)


# Deliveries


@pytest.mark.parametrize(('answer', 'connections'), [(OK, [1, 1, 1]), (CLOSING, [1, 2, 3])])
def test_a_connection_is_kept_where_the_answer_allows_it(answer: bytes, connections: list[int]) -> None:
    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber(answer)
        await stage.subscribe(subscriber)
        for level in (1, 2):
            await subscriber.hear(level)
            await turns()
            stage.lamp.Level = level
        assert [one.connection for one in await subscriber.hear(3)] == connections

    play(scene)


def test_a_kept_connection_that_is_closed_by_the_peer_is_replaced() -> None:
    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber()
        await stage.subscribe(subscriber)
        await subscriber.hear(1)
        await turns()
        subscriber.open[0].close()
        stage.lamp.Level = 1  # told in the same moment
        await subscriber.hear(2)
        await turns()
        subscriber.open[1].close()
        await turns()
        stage.lamp.Level = 2  # told when the end is known
        await subscriber.hear(3)
        assert subscriber.keys == [0, 1, 2]
        assert [one.connection for one in subscriber.told] == [1, 2, 3]

    play(scene)


def test_an_idle_connection_is_closed() -> None:
    async def scene(stage: Stage) -> None:
        first, second = await stage.subscriber(), await stage.subscriber()
        await stage.subscribe(first)
        await first.hear(1)
        await stage.advance(20)
        await stage.subscribe(second)
        await second.hear(1)
        await stage.advance(10)
        assert await first.open[0].wait_closed() is None  # type: ignore[func-returns-value]
        stage.lamp.Level = 1
        await first.hear(2)
        await second.hear(2)
        assert (first.connections, second.connections) == (2, 1)

    play(scene)


@pytest.mark.parametrize('rest', [b'Transfer-Encoding: chunked\r\n\r\n1\r\n', b'Content-Length: 9\r\n\r\n', b'\r\n'])
def test_the_rest_of_an_answer_has_so_long_and_no_longer(rest: bytes) -> None:
    """It counts with its head, and its rest may come slowly to keep the connection, but not for ever."""

    async def scene(stage: Stage) -> None:
        slow, other = await stage.subscriber(b'HTTP/1.1 200 OK\r\n' + rest), await stage.subscriber()
        await stage.subscribe(other)
        await other.hear(1)
        await stage.subscribe(slow)
        await slow.hear(1)
        await stage.advance(9)
        assert not slow.open[0].is_closing()
        slow.open[0].write(b'x')
        await stage.advance(1)
        assert await slow.open[0].wait_closed() is None  # type: ignore[func-returns-value]
        stage.lamp.Level = 1
        assert [one.connection for one in await slow.hear(2)] == [1, 2]
        assert [one.connection for one in await other.hear(2)] == [1, 1]

    play(scene)


def test_callbacks_are_tried_in_order() -> None:
    """UDA 1.1 §4.1.2: for each event anew."""

    async def scene(stage: Stage) -> None:
        first, second = await stage.subscriber(REFUSED, OK), await stage.subscriber()
        gone = await stage.subscriber()
        await gone.stop()
        answer = await stage.ask(subscribing(f'<{GONE}><{first.url}> <{second.url}>'))
        assert statuses(answer) == [200]
        await second.hear(1)
        stage.lamp.Level = 1
        await first.hear(2)
        assert (first.keys, second.keys) == ([0, 1], [0])

    GONE = 'http://127.0.0.1:9/'
    play(scene)


def test_what_was_not_taken_is_told_with_the_next_event() -> None:
    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber(OK, REFUSED, OK)
        await stage.subscribe(subscriber)
        await subscriber.hear(1)
        stage.lamp.Level = 1
        await subscriber.hear(2)
        await turns()
        stage.lamp.Status = True
        await subscriber.hear(3)
        assert subscriber.values[1:] == [{'Level': '1'}, {'Status': '1', 'Level': '1'}]
        assert subscriber.keys == [0, 1, 2]

    play(scene)


def test_after_three_failures_nothing_is_told_until_the_renewal() -> None:
    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber(OK, REFUSED, REFUSED, REFUSED, OK)
        sid = await stage.subscribe(subscriber)
        for level in (1, 2, 3, 4):
            await subscriber.hear(min(level, 4))
            await turns()
            stage.lamp.Level = level
        await subscriber.hear(4)
        await turns()
        stage.lamp.Status, stage.lamp.Level = True, 5
        await turns()
        assert len(subscriber.told) == 4
        assert statuses(await stage.ask(renewing(sid))) == [200]
        await subscriber.hear(5)
        assert subscriber.values[4] == {'Status': '1', 'Level': '5'}
        assert subscriber.keys == [0, 1, 2, 3, 4]

    play(scene)


def test_what_could_not_be_told_is_told_when_the_network_is_back() -> None:
    """Nobody need renew for it."""

    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber(OK, REFUSED, REFUSED, REFUSED, OK)
        await stage.subscribe(subscriber)
        stage.site.events.offer()
        for level in (1, 2, 3, 4):
            await subscriber.hear(level)
            await turns()
            stage.lamp.Level = level
            await turns()
        assert len(subscriber.told) == 4
        stage.site.events.offer()
        await subscriber.hear(5)
        await turns()
        stage.site.events.offer()
        await turns()
        assert (subscriber.values[4:], subscriber.keys) == ([{'Level': '4'}], [0, 1, 2, 3, 4])

    play(scene)


def test_who_does_not_know_the_subscription_has_none_any_more(caplog: pytest.LogCaptureFixture) -> None:
    """UDA 1.1 §4.3.2; to the initial event 412 may mean that it came before its SID was known."""

    async def scene(stage: Stage) -> None:
        subscriber, other = await stage.subscriber(UNKNOWN, OK, UNKNOWN, OK), await stage.subscriber()
        sid = await stage.subscribe(subscriber)
        await stage.subscribe(other)
        for level in (1, 2, 3):
            await subscriber.hear(min(level, 3))
            await other.hear(level)
            await turns()
            stage.lamp.Level = level
        await other.hear(4)
        await turns()
        assert (len(subscriber.told), subscriber.keys) == (3, [0, 1, 2])
        assert subscriber.open[-1].transport.is_closing()
        assert statuses(await stage.ask(renewing(sid))) == [412]
        assert f'> {sid} is not known to its subscriber' in caplog.messages

    caplog.set_level(logging.DEBUG, 'upnp')
    play(scene)
    assert {one.levelno for one in caplog.records if one.name.startswith('upnp')} == {logging.DEBUG}


def test_one_who_never_answers_holds_up_nobody_and_is_given_up() -> None:
    async def scene(stage: Stage) -> None:
        silent, prompt = await stage.subscriber(None, OK), await stage.subscriber()
        await stage.subscribe(silent)
        await stage.subscribe(prompt)
        await silent.hear(1)
        for level in range(1, 16):
            await prompt.hear(level)
            await turns()
            stage.lamp.Level = level
        await prompt.hear(16)
        assert len(silent.told) == 1
        await stage.advance(10)
        await silent.hear(2)
        assert silent.values == [ALL, ALL | {'Level': '15'}]
        assert (silent.keys, silent.connections) == ([0, 1], 2)
        assert prompt.values[1:] == [{'Level': str(level)} for level in range(1, 16)]

    play(scene)


def test_beyond_its_queue_a_subscriber_gets_the_newest_state_in_one_event() -> None:
    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber(None)
        await stage.subscribe(subscriber)
        await subscriber.hear(1)
        for level in range(1, 5):
            stage.lamp.Level = level
            await turns()
        subscriber.open[0].write(OK)
        subscriber.answers = [OK]
        await subscriber.hear(2)
        assert subscriber.values[1:] == [{'Level': '4'}]

    async def atTheLimit(stage: Stage) -> None:
        subscriber = await stage.subscriber(None)
        await stage.subscribe(subscriber)
        await subscriber.hear(1)
        for level in range(1, 4):
            stage.lamp.Level = level
            await turns()
        subscriber.answers = [OK]
        subscriber.open[0].write(OK)
        await subscriber.hear(4)
        assert subscriber.values[1:] == [{'Level': '1'}, {'Level': '2'}, {'Level': '3'}]

    play(scene, maxQueuedEvents=3)
    play(atTheLimit, maxQueuedEvents=3)


def test_there_are_never_more_connections_than_allowed() -> None:
    async def scene(stage: Stage) -> None:
        silent = [await stage.subscriber(None) for _ in range(4)]
        for one in silent:
            await stage.subscribe(one)
        await silent[1].hear(1)
        await turns()
        assert [one.connections for one in silent] == [1, 1, 0, 0]
        stage.site.events.close()

    async def afterwards(stage: Stage) -> None:
        """Those that are kept give way, the one used last first; those that answer at once have the other half."""
        prompt = [await stage.subscriber() for _ in range(4)]
        for one in prompt:
            await stage.subscribe(one)
            await one.hear(1)
            await turns()
        silent = [await stage.subscriber(None) for _ in range(3)]
        for one in silent:
            await stage.subscribe(one)
        await silent[1].hear(1)
        assert [one.open[0].transport.is_closing() for one in prompt] == [False, False, True, True]
        stage.lamp.Level = 1
        for one in prompt:
            await one.hear(2)
        assert silent[2].connections == 0

    play(scene, maxEventConnections=4)
    play(afterwards, maxEventConnections=4)


def test_those_that_answered_at_once_have_no_more_connections_either() -> None:
    """They may have them all, and fall silent."""

    async def scene(stage: Stage) -> None:
        prompt = [await stage.subscriber(OK, None) for _ in range(4)]
        for one in prompt:
            await stage.subscribe(one)
            await one.hear(1)
            await turns()
        stage.lamp.Level = 1
        for one in prompt[:2]:
            await one.hear(2)
        await turns()
        assert [len(one.told) for one in prompt] == [2, 2, 1, 1]

    play(scene, maxEventConnections=2)


def test_newcomers_and_those_who_answered_at_once_have_no_more_than_all_connections() -> None:
    async def scene(stage: Stage) -> None:
        prompt = [await stage.subscriber(OK, None, host=OTHER) for _ in range(7)]
        for one in prompt:
            await stage.subscribe(one)
            await one.hear(1)
            await turns()
        stage.lamp.Level = 1
        newcomers = [await stage.subscriber(None) for _ in range(2)]
        for one in newcomers:
            await stage.subscribe(one)
        for one in prompt:
            await one.hear(2)
        await newcomers[0].hear(1)
        await turns()
        assert newcomers[1].connections == 0

    play(scene, maxEventConnections=8)


def test_events_never_use_up_the_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of them is for events, and half of these for those that have not shown that they answer at once."""
    monkeypatch.setattr(resource, 'getrlimit', lambda _: (16, 16))

    async def scene(stage: Stage) -> None:
        silent = [await stage.subscriber(None) for _ in range(4)]
        for one in silent:
            await stage.subscribe(one)
        await silent[1].hear(1)
        await turns()
        assert [one.connections for one in silent] == [1, 1, 0, 0]

    play(scene)


@pytest.mark.skipif(sys.platform != 'linux', reason='Linux leaves whoever finds the queue full without an answer')
def test_a_callback_that_accepts_no_connection_is_given_up() -> None:
    """Limit connectSeconds."""

    async def scene(stage: Stage) -> None:
        second = await stage.subscriber()
        with socket.create_server((HERE, 0), backlog=0) as full, contextlib.ExitStack() as queued:
            for _ in range(4):
                waiting = queued.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(full.getsockname())
            assert statuses(await stage.ask(subscribing(f'<http://{HERE}:{full.getsockname()[1]}><{second.url}>'))) == [
                200
            ]
            await stage.advance(4.9)
            assert second.connections == 0
            await stage.advance(0.2)
            await second.hear(1)

    play(scene)


def test_all_callbacks_together_have_half_a_minute() -> None:
    """UDA 1.1 §4.3.1."""

    async def scene(stage: Stage) -> None:
        silent = [await stage.subscriber(None) for _ in range(5)]
        answer = await stage.ask(subscribing(''.join(f'<{one.url}>' for one in silent)))
        assert statuses(answer) == [200]
        stage.lamp.Level = 1
        for one, seconds in zip(silent, (8, 8, 8, 6.1), strict=False):
            await one.hear(1)
            await stage.advance(seconds)
        await silent[0].hear(2)
        assert silent[4].connections == 0

    play(scene, eventSeconds=8)


def test_initial_events_of_those_that_have_left_are_not_heaped_up() -> None:
    """They do not wait for a connection; those that subscribe and leave at once could be many."""

    async def scene(stage: Stage) -> None:
        silent, left, last = await stage.subscriber(None), await stage.subscriber(), await stage.subscriber()
        await stage.subscribe(silent)
        await silent.hear(1)
        transport = FakeTransport((HERE, 40000), (HERE, 5000))
        reader, writer = transport.connect()
        serving = asyncio.create_task(stage.site.http.server.InConnection(reader, writer))
        reader.feed_data(subscribing(f'<{left.url}>'))
        await turns()
        reader.feed_data(unsubscribing(fields(bytes(transport.written))['SID']))
        reader.feed_eof()
        await serving
        await stage.subscribe(last)
        await stage.advance(1.1)
        await last.hear(1)
        assert left.connections == 0

    play(scene, maxEventConnections=2)


def test_while_others_wait_an_event_is_given_up_after_a_second() -> None:
    async def scene(stage: Stage) -> None:
        silent = [await stage.subscriber(None) for _ in range(5)]
        for one in silent:
            await stage.subscribe(one)
        await silent[1].hear(1)
        assert [one.connections for one in silent] == [1, 1, 0, 0, 0]
        await stage.advance(1.1)
        await silent[3].hear(1)
        assert silent[0].open[0].transport.is_closing()
        await stage.advance(1.1)
        await silent[4].hear(1)

    play(scene, maxEventConnections=4)


@pytest.mark.parametrize('way', ['event', 'renewal', 'subscription'])
def test_a_newcomer_does_not_wait_for_those_who_are_known_to_hang(way: str) -> None:
    """Neither at their next event, nor when they renew after failures, nor when they subscribe anew."""

    async def scene(stage: Stage) -> None:
        refused = 3 if way == 'renewal' else 1
        known = [await stage.subscriber(*[REFUSED] * refused, None, host=OTHER) for _ in range(6)]
        sids = [await stage.subscribe(one) for one in known]
        for level in range(1, refused):
            stage.lamp.Level = level
            await turns()
        for one, sid in zip(known, sids, strict=True):
            assert len(await one.hear(refused)) == refused
            await turns()
            if way == 'renewal':
                await stage.ask(renewing(sid), OTHER)
            elif way == 'subscription':
                await stage.ask(unsubscribing(sid), OTHER)
                await stage.subscribe(one)
        if way == 'event':
            stage.lamp.Level = 9
        await known[2].hear(refused + 1)
        await turns()
        assert len(known[5].told) == refused  # it waits, as they have all the places that they may have
        newcomer = await stage.subscriber()
        await stage.subscribe(newcomer)
        assert len(await newcomer.hear(1)) == 1

    play(scene, maxEventConnections=8)


@pytest.mark.parametrize(('places', 'seconds'), [(8, 0), (4, 1.1)])
def test_a_newcomer_finds_a_place_where_all_who_were_prompt_hang(places: int, seconds: float) -> None:
    """With few connections, a second later."""

    async def scene(stage: Stage) -> None:
        known = [await stage.subscriber(OK, None, host=OTHER) for _ in range(places)]
        for one in known:
            await stage.subscribe(one)
            await one.hear(1)
        await turns()
        stage.lamp.Level = 1
        newcomer = await stage.subscriber()
        await stage.subscribe(newcomer)
        await stage.advance(seconds)
        assert len(await newcomer.hear(1)) == 1

    play(scene, maxEventConnections=places)


def test_peers_that_were_slow_are_not_heaped_up() -> None:
    """As many are remembered as there may be subscriptions."""

    async def scene(stage: Stage) -> None:
        for number in range(2, 8):
            refusing = await stage.subscriber(REFUSED, host=f'127.0.0.{number}')
            sid = await stage.subscribe(refusing)
            await refusing.hear(1)
            await turns()
            await stage.ask(unsubscribing(sid), refusing.host)
        assert len(stage.site.events._notifier._scheduler._slowPeers) == 3

    play(scene, maxSubscriptions=3)


def test_who_has_many_subscriptions_waits_no_less_for_it() -> None:
    """Of each address one waits by turns."""

    async def scene(stage: Stage) -> None:
        many, one = [await stage.subscriber(None) for _ in range(6)], await stage.subscriber(host=OTHER)
        for each in many:
            await stage.subscribe(each)
        await stage.subscribe(one)
        await many[0].hear(1)
        await stage.advance(1.1)
        await many[1].hear(1)
        await stage.advance(1.1)
        await one.hear(1)
        assert [each.connections for each in many[3:]] == [0, 0, 0]

    play(scene, maxEventConnections=1)


def test_of_those_that_answered_at_once_the_peers_take_turns_too() -> None:
    async def scene(stage: Stage) -> None:
        many, one = [await stage.subscriber(OK, None) for _ in range(4)], await stage.subscriber(host=OTHER)
        for each in (*many, one):
            await stage.subscribe(each)
            await each.hear(1)
            await turns()
        stage.lamp.Level = 1
        await many[0].hear(2)
        await stage.advance(1.1)
        await one.hear(2)
        assert [len(each.told) for each in many[2:]] == [1, 1]

    play(scene, maxEventConnections=1)


def test_a_trouble_of_this_machine_is_no_failure_of_the_subscriber(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber(CLOSING)
        await stage.subscribe(subscriber)
        await subscriber.hear(1)
        await turns()
        with monkeypatch.context() as patch:
            patch.setattr('upnp.http.client.socket.socket', Unreachable)
            for level in range(1, 6):
                stage.lamp.Level = level
                await turns()
        stage.lamp.Status = True
        await subscriber.hear(2)
        assert subscriber.values[1] == {'Status': '1', 'Level': '5'}
        assert subscriber.keys == [0, 6]

    play(scene)


def test_after_a_trouble_of_this_machine_who_was_prompt_is_told_before_those_who_hang(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scene(stage: Stage) -> None:
        hanging = [await stage.subscriber(REFUSED, None, host=f'127.0.0.{number}') for number in range(2, 8)]
        prompt = await stage.subscriber(CLOSING)
        for one in (*hanging, prompt):
            await stage.subscribe(one)
            await one.hear(1)
        await turns()
        with monkeypatch.context() as patch:
            patch.setattr('upnp.http.client.socket.socket', Unreachable)
            stage.lamp.Level = 1
            await turns()
        stage.lamp.Level = 2
        assert len(await prompt.hear(2)) == 2

    play(scene, maxEventConnections=8)


class Unreachable(socket.socket):
    """A socket of a machine that has no network."""

    def connect_ex(self, _place: object) -> int:
        """Fail."""
        return errno.ENETUNREACH


def test_unsubscribed_while_an_event_is_under_way_nothing_more_is_sent() -> None:
    """UDA 1.1 §4.1.4; the initial event comes all the same (§4.1.2)."""

    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber(OK, None)
        sid = await stage.subscribe(subscriber)
        await stage.ask(unsubscribing(sid))
        await subscriber.hear(1)
        await turns()
        other = await stage.subscribe(subscriber)
        await subscriber.hear(2)
        subscriber.open[-1].write(OK)
        await turns()
        stage.lamp.Level = 1
        await subscriber.hear(3)
        stage.lamp.Level = 2
        await stage.ask(unsubscribing(other))
        await turns()
        assert subscriber.values == [ALL, ALL, {'Level': '1'}]
        assert subscriber.open[-1].transport.is_closing()

    play(scene)


@pytest.mark.parametrize('sent', [True, False])
def test_a_subscriber_that_does_not_get_the_answer_is_forgotten(sent: bool) -> None:
    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber()
        transport = FakeTransport((HERE, 40000), (HERE, 5000), stuck=True)
        reader, writer = transport.connect()
        reader.feed_data(subscribing(f'<{subscriber.url}>'))
        serving = asyncio.create_task(stage.site.http.server.InConnection(reader, writer))
        await turns()
        assert subscriber.told == []
        sid = fields(bytes(transport.written))['SID']
        if sent:
            protocol = transport._protocol
            assert protocol is not None
            transport._stuck = False
            protocol.resume_writing()
            await stage.advance(HELD_SECONDS)
            await subscriber.hear(1)
            reader.feed_eof()
        else:
            await stage.advance(16)  # for the answer
            await stage.advance(16)  # for the connection to close
        await serving
        assert statuses(await stage.ask(renewing(sid))) == [200 if sent else 412]

    play(scene)


def test_a_subscriber_of_http_1_0_is_told_in_it() -> None:
    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber()
        request = get(EVENT, 'SUBSCRIBE', '1.0', f'CALLBACK: <{subscriber.url}>', 'NT: upnp:event')
        await stage.ask(request)
        (first,) = await subscriber.hear(1)
        assert first.startLine == 'NOTIFY /on?x=1 HTTP/1.0'

    play(scene)


def test_each_event_and_each_refusal_is_a_line_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(stage: Stage) -> None:
        subscriber = await stage.subscriber()
        with caplog.at_level(logging.DEBUG, 'upnp'):
            sid = await stage.subscribe(subscriber)
            await subscriber.hear(1)
            await turns()
            await stage.ask(renewing('uuid:1'))
        host = subscriber.url.split('/')[2]
        assert f'> {host} event 0 of {sid}: 200' in caplog.messages
        assert "< 127.0.0.1:40000 SUBSCRIBE refused: no subscription 'uuid:1' here" in caplog.messages
        assert {record.levelno for record in caplog.records if record.name.startswith('upnp')} == {logging.DEBUG}

    play(scene)


def test_what_is_set_on_a_loop_that_has_ended_is_lost_without_a_word() -> None:
    lamp = Lamp()
    events = Events(upnp.Limits(), lambda service, key, body: None)

    async def scene() -> None:
        events.start([lamp])
        lamp.stateVariables['Alarm'].value = 'early'

    lamp.addValueObserver(events.note)
    with asyncio.Runner(loop_factory=lambda: ClockLoop(HeldClock())) as runner:
        runner.run(scene())
    thread = threading.Thread(target=setattr, args=(lamp, 'Alarm', 'late'))
    thread.start()
    thread.join()
    events.stop()
    assert lamp.Alarm == 'late'
