"""The HTTP server over streams in memory: requests as bytes in, answers as bytes out."""

import asyncio
import contextlib
import logging
import resource
import tracemalloc

import pytest

import upnp
from tests.protocol.devices import DEVICE_TYPE, SERVICE_TYPE, UUID, demo
from tests.protocol.fakes import FakeTransport, run
from tests.protocol.site import TOKEN, Site, fields, get, statuses
from upnp.description.answers import DescriptionAnswer, ScpdAnswer
from upnp.http.answers import HttpAnswer, HttpRequest, Resource, ServerErrorAnswer
from upnp.http.server import HttpServer
from upnp.presentation.answers import PageAnswer, assetResources

SCPD = f'/{UUID}/0/scpd.xml'
CONTROL, EVENT = f'/{UUID}/0/control', f'/{UUID}/0/event'


def exchange(
    sent: bytes | list[bytes],
    *,
    end: bool = True,
    device: upnp.Device | None = None,
    site: Site | None = None,
    **limits: float,
) -> bytes:
    """Return all that comes back for what is sent, piece by piece, until the server closes."""

    async def scene() -> bytes:
        transport = FakeTransport()
        reader, writer = transport.connect()
        serving = asyncio.create_task((site or Site(device, **limits)).http.server.InConnection(reader, writer))
        for piece in [sent] if isinstance(sent, bytes) else sent:
            reader.feed_data(piece)
            for _ in range(3):
                await asyncio.sleep(0)
        if end:
            reader.feed_eof()
        await serving
        return bytes(transport.written)

    return run(scene())


def test_a_description_is_served_as_uda_asks() -> None:
    """UDA 1.1 §2.11: status, headers, exact length."""
    answer = exchange(get())
    head, _, body = answer.partition(b'\r\n\r\n')
    assert head.startswith(b'HTTP/1.1 200 OK\r\n')
    assert fields(answer) == {
        'CONTENT-LENGTH': str(len(body)),
        'CONTENT-TYPE': 'text/xml; charset="utf-8"',
        'DATE': fields(answer)['DATE'],
        'SERVER': TOKEN,
    }
    assert fields(answer)['DATE'].endswith(' GMT')
    assert b'<UDN>uuid:00a56575-78fa-40fe-b107-8f4b5043a2b0</UDN>' in body
    assert b'<presentationURL>http://192.0.2.1:5000/</presentationURL>' in body
    assert f'configId="{Site().configId}"'.encode() in body


def test_what_is_described_by_hand_stands_in_the_place_of_the_device() -> None:
    device = demo()
    answer = DescriptionAnswer(HttpRequest('GET', '/descr.xml', 'HTTP/1.1', {}, host='192.0.2.1'), Site(device))
    answer.execute()
    whole = answer.body
    answer.describeDevice(device)
    answer.execute()
    assert answer.body == whole.replace(b'    <presentationURL>http://192.0.2.1:5000/</presentationURL>\n', b'')
    answer.describeService(device.services[0])
    answer.describeIcon(upnp.Icon(url='http://192.0.2.9/a.png', mimetype='image/png', width=8, height=8, depth=1))
    answer.execute()
    assert b'  <service>\n    <serviceType>' in answer.body
    assert b'  <icon>\n    <mimetype>image/png</mimetype>' in answer.body


def test_an_answer_about_something_else_than_is_served_there_is_refused() -> None:
    answer = DescriptionAnswer(HttpRequest('GET', '/', 'HTTP/1.1', {}), Site())
    with pytest.raises(upnp.MessageError, match="no Described is at '/'") as caught:
        answer.describeDevice(demo())
    assert caught.value.status == 404


@pytest.mark.parametrize(
    ('path', 'kind', 'content'),
    [(SCPD, 'text/xml; charset="utf-8"', b'<scpd '), ('/', 'text/html; charset=utf-8', b'<h1>UPnP Test</h1>')],
)
def test_the_scpd_and_the_page_are_served(path: str, kind: str, content: bytes) -> None:
    """UDA 1.1 §2.5, §5."""
    answer = exchange(get(path))
    assert fields(answer)['CONTENT-TYPE'] == kind
    assert content in answer


@pytest.mark.parametrize(
    ('request_', 'status'),
    [
        (get('/nowhere'), 404),
        (get('/../etc/passwd'), 404),
        (get('*', 'OPTIONS'), 404),
        (get(method='POST'), 405),
        (get(method='SUBSCRIBE'), 405),
        (get(method='BREW'), 501),
        (get('descr.xml'), 400),
        (get(version='2.0'), 505),
        (get(version='1'), 400),
        (b'GET /descr.xml HTTP/1.1\r\n\r\n', 400),
        (b'GET /descr.xml\r\n\r\n', 400),
        (get('/descr.xml', 'GET', '1.1', 'Host: other'), 400),
        (get('/descr.xml', 'GET', '1.1', 'X : y'), 400),
        (get('/descr.xml', 'GET', '1.1', 'X: y', ' folded'), 400),
        (get('/descr.xml', 'GET', '1.1', 'X: \0'), 400),
        (get('/descr.xml', 'GET', '1.1', 'X: a\rb'), 400),
        (get('/descr.xml', 'GET', '1.1', 'Content-Length: 1', 'Transfer-Encoding: chunked'), 400),
        (get('/descr.xml', 'GET', '1.1', 'Content-Length: 1', 'Content-Length: 1'), 400),
        (get('/descr.xml', 'GET', '1.1', 'Content-Length: +1'), 400),
        (get('/descr.xml', 'GET', '1.1', 'Transfer-Encoding: gzip'), 400),
        (get('/descr.xml', 'GET', '1.1', 'Content-Length: 262145'), 413),
        (get('/descr.xml', 'GET', '1.1', 'Content-Length: 9') + b'short', 400),
        (get('/descr.xml', 'GET', '1.1', 'Transfer-Encoding: chunked') + b'x\r\n', 400),
        (get('/descr.xml', 'GET', '1.1', 'Transfer-Encoding: chunked') + b'2\r\nabc\r\n', 400),
        (get('/descr.xml', 'GET', '1.1', 'Transfer-Encoding: chunked') + b'2\r\nabc\r\n0\r\n\r\n', 400),
        (get('/descr.xml', 'GET', '1.1', 'Transfer-Encoding: chunked') + b'a' * 2000, 400),
        (get('/descr.xml', 'GET', '1.1', 'Transfer-Encoding: chunked') + b'fffff\r\n', 413),
        (get('/descr.xml', 'GET', '1.1', 'Transfer-Encoding: chunked') + b'0\r\n' + b'a: b\r\n' * 200, 431),
        (get('/' + 'x' * 8192), 414),
        (b'G' * 20000, 414),
        (get('/descr.xml', 'GET', '1.1', 'X: ' + 'y' * 17000), 431),
        (get('/descr.xml', 'GET', '1.1', *['X: y'] * 100), 431),
    ],
)
def test_a_request_that_cannot_be_served_gets_its_status(request_: bytes, status: int) -> None:
    """RFC 9110 §15, RFC 9112 §2-§7."""
    answer = exchange(request_)
    assert statuses(answer) == [status]
    assert b'Traceback' not in answer
    assert b'upnp' not in answer.partition(b'\r\n\r\n')[2].lower()


def test_a_broken_request_closes_the_connection_and_an_unknown_path_does_not() -> None:
    """Where a broken request ends nobody knows."""
    assert statuses(exchange(get('/nowhere') + get())) == [404, 200]
    assert statuses(exchange(get(version='2.0') + get())) == [505]


def test_405_names_what_is_allowed() -> None:
    """RFC 9110 §15.5.6."""
    assert fields(exchange(get(method='POST')))['ALLOW'] == 'GET, HEAD'


def test_head_has_the_headers_of_get_and_no_body() -> None:
    """RFC 9110 §9.3.2."""
    answer = exchange(get(method='HEAD'))
    assert answer.endswith(b'\r\n\r\n')
    assert int(fields(answer)['CONTENT-LENGTH']) > 500


@pytest.mark.parametrize(
    ('first', 'kept', 'connection'),
    [
        (get(), True, None),
        (get('/', 'GET', '1.1', 'Connection: close'), False, 'close'),
        (get('/', 'GET', '1.0'), False, 'close'),
        (b'GET / HTTP/1.0\r\n\r\n', False, 'close'),
        (get('/', 'GET', '1.0', 'Connection: Keep-Alive'), True, 'keep-alive'),
    ],
)
def test_the_connection_is_kept_as_the_request_says(first: bytes, kept: bool, connection: str | None) -> None:
    """UDA 1.1 §2.1, RFC 9112 §9.3."""
    answer = exchange(first + get(SCPD))
    assert statuses(answer) == ([200, 200] if kept else [200])
    assert fields(answer).get('CONNECTION') == connection


def test_pipelined_requests_are_answered_in_order() -> None:
    """RFC 9112 §9.3.2."""
    answer = exchange(get('/nowhere') + get() + get(method='BREW') + get(SCPD))
    assert statuses(answer) == [404, 200, 501, 200]


@pytest.mark.parametrize(
    'body',
    [
        get('/', 'GET', '1.1', 'Content-Length: 5') + b'GET /',
        get('/', 'GET', '1.1', 'Transfer-Encoding: chunked') + b'3;x=y\r\nGET\r\n2\r\n /\r\n0\r\nTrailer: x\r\n\r\n',
    ],
)
def test_a_body_that_nobody_wants_is_read_and_dropped(body: bytes) -> None:
    """RFC 9110 §9.3.1: what follows it is the next request."""
    assert statuses(exchange(body + get(SCPD))) == [200, 200]


def test_a_request_may_come_in_any_pieces() -> None:
    """TCP keeps no borders."""
    whole = b'\r\n' + get('/', 'GET', '1.1', 'Transfer-Encoding: chunked') + b'3\r\nabc\r\n0\r\n\r\n' + get(SCPD)
    assert statuses(exchange([whole[index : index + 1] for index in range(len(whole))])) == [200, 200]


def test_line_feeds_alone_end_lines_too() -> None:
    """RFC 9112 §2.2."""
    assert statuses(exchange(b'GET / HTTP/1.1\nHost: 192.0.2.1\n\n')) == [200]


def switch() -> upnp.Device:
    """Return a device that can be subscribed to."""
    device = upnp.Device({'deviceType': DEVICE_TYPE, 'friendlyName': 'Switch', 'uuid': UUID})
    status = {'name': 'Status', 'dataType': 'boolean', 'sendEvents': True}
    device.addService(
        upnp.Service({'serviceType': SERVICE_TYPE, 'serviceId': 'x:serviceId:1', 'stateVariables': [status]})
    )
    return device


ALL = ('/descr.xml', SCPD, '/', '/nothing', CONTROL, EVENT, '*')
METHODS = ('GET', 'HEAD', 'POST', 'OPTIONS', 'SUBSCRIBE', 'UNSUBSCRIBE', 'PUT', 'BREW')


@pytest.mark.parametrize('path', ALL)
@pytest.mark.parametrize('method', METHODS)
def test_a_request_for_another_host_is_refused_whatever_it_asks_for(method: str, path: str) -> None:
    """DNS rebinding: a page of another site has its own name lead to this device."""
    for host in ('evil.example:5000', '', '192.0.2.2'):
        answer = exchange(f'{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n'.encode())
        assert statuses(answer) == [403]
        assert b'access-control' not in answer.lower()
    assert b'allowedHosts' in exchange(b'GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n')


def test_the_host_of_the_absolute_form_counts_too() -> None:
    """RFC 9112 §3.2.2."""
    for target, host, status in (
        ('http://192.0.2.1:5000/', '192.0.2.1', 200),
        ('http://evil.example/', '192.0.2.1', 403),
        ('http://192.0.2.1/', 'evil.example', 403),
        ('http://evil.example?/', '192.0.2.1', 403),
    ):
        assert statuses(exchange(f'GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n'.encode())) == [status]


def test_http_1_0_may_leave_the_host_out_and_not_name_another() -> None:
    assert statuses(exchange(b'GET / HTTP/1.0\r\n\r\n')) == [200]
    assert statuses(exchange(b'GET / HTTP/1.0\r\nHost: evil.example\r\n\r\n')) == [403]


@pytest.mark.parametrize(
    ('method', 'path'), [('POST', CONTROL), ('M-POST', CONTROL), ('SUBSCRIBE', EVENT), ('UNSUBSCRIBE', EVENT)]
)
def test_what_changes_something_is_not_taken_from_another_page(method: str, path: str) -> None:
    """Requests across origins: any page may send them, whether or not it can read what comes back."""
    for origin in ('http://evil.example', 'null', 'http://192.0.2.1', 'http://192.0.2.1:8080', ''):
        assert statuses(exchange(get(path, method, '1.1', f'Origin: {origin}'), device=switch())) == [403]
    assert statuses(exchange(get(path, method, '1.1', 'Origin: http://192.0.2.1:5000'), device=switch())) != [403]


def test_what_only_reads_is_served_to_any_page_which_cannot_read_it() -> None:
    """No Access-Control header: the browser keeps the answer from the page."""
    answer = exchange(get('/descr.xml', 'GET', '1.1', 'Origin: http://evil.example'))
    assert statuses(answer) == [200]
    assert b'access-control' not in answer.lower()


def test_the_absolute_form_is_accepted() -> None:
    """RFC 9112 §3.2.2."""
    assert statuses(exchange(get('http://192.0.2.1:5000/descr.xml?x=y'))) == [200]


def test_expect_gets_its_continue() -> None:
    """RFC 9110 §10.1.1."""
    request = get('/', 'GET', '1.1', 'Content-Length: 2', 'Expect: 100-continue')
    assert statuses(exchange([request, b'ab'])) == [100, 200]


@pytest.mark.parametrize(
    ('request_', 'status'),
    [
        (get('/nowhere', 'POST', '1.1', 'Content-Length: 2', 'Expect: 100-continue'), 404),
        (get('/descr.xml', 'POST', '1.1', 'Transfer-Encoding: chunked', 'Expect: 100-continue'), 405),
        (get('/', 'BREW', '1.1', 'Content-Length: 2', 'Expect: 100-continue'), 501),
        (get('/', 'GET', '1.1', 'Content-Length: 262145', 'Expect: 100-continue'), 413),
    ],
)
def test_expect_gets_an_error_at_once(request_: bytes, status: int) -> None:
    """RFC 9110 §10.1.1: the body need not be sent, so the connection ends here."""
    answer = exchange(request_ + get())
    assert statuses(answer) == [status]
    assert fields(answer)['CONNECTION'] == 'close'


def test_expect_means_nothing_without_a_body_and_in_http_1_0() -> None:
    """RFC 9110 §10.1.1."""
    assert statuses(exchange(get('/', 'GET', '1.1', 'Expect: 100-continue'))) == [200]
    assert statuses(exchange(get('/', 'GET', '1.0', 'Content-Length: 2', 'Expect: 100-continue') + b'ab')) == [200]


@pytest.mark.parametrize(('more', 'language'), [((), None), (('Accept-Language: de',), 'en')])
def test_the_language_is_told_when_one_was_asked_for(more: tuple[str, ...], language: str | None) -> None:
    """UDA 1.1 §2.11: if and only if."""
    assert fields(exchange(get('/descr.xml', 'GET', '1.1', *more))).get('CONTENT-LANGUAGE') == language


@pytest.mark.parametrize(
    ('pieces', 'expected'),
    [([], []), ([b'GET / HT'], []), ([get()], [200]), ([get('/', 'GET', '1.1', 'Content-Length: 5'), b'x'], [])],
)
def test_a_silent_peer_is_cut_off(pieces: list[bytes], expected: list[int]) -> None:
    """limits headSeconds, bodySeconds, idleSeconds; the clock runs by itself here."""
    assert statuses(exchange(pieces, end=False)) == expected


@pytest.mark.parametrize('path', ['/\x9b2J', '/\x85\x9d0;title\x9c', '/\xad\xa0'])
def test_a_path_reaches_the_log_without_what_a_terminal_would_obey(path: str, caplog: pytest.LogCaptureFixture) -> None:
    """`upnp announce` shows these lines; bytes above 127 are taken in a path, and some are controls in a terminal."""
    caplog.set_level(logging.DEBUG)
    exchange(f'GET {path} HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n'.encode('latin-1'))
    assert f'GET {path!r}: 404' in caplog.text
    assert [record for record in caplog.records if not record.getMessage().isprintable()] == []


class SlowTransport(FakeTransport):
    """One whose peer takes a few bytes a second, and then, when its patience is over, nothing any more."""

    def __init__(self, perSecond: int, patience: float) -> None:
        super().__init__(stuck=True)
        loop = asyncio.get_running_loop()
        self._perSecond, self._end = perSecond, loop.time() + patience
        self._began, self._time = loop.time(), loop.time
        loop.call_later(1, self._take)

    def get_write_buffer_size(self) -> int:
        """Return what the peer has not taken."""
        taken = int((min(self._time(), self._end) - self._began) * self._perSecond)
        return max(0, len(self.written) - taken)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep the bytes, and have whoever writes wait."""
        super().write(data)
        if self._protocol is not None and not self._stuck:
            self._stuck = True
            self._protocol.pause_writing()
            asyncio.get_running_loop().call_later(1, self._take)

    def _take(self) -> None:
        if self._protocol is None:
            return
        if not self.get_write_buffer_size():
            self._stuck = False
            self._protocol.resume_writing()
        else:
            asyncio.get_running_loop().call_later(1, self._take)


@pytest.mark.parametrize(('patience', 'isServed'), [(1000.0, True), (40.0, False)])
def test_a_peer_that_reads_slowly_is_waited_for_as_long_as_it_reads(patience: float, isServed: bool) -> None:
    """A page of one's own may be large, and a link slow."""

    async def scene() -> tuple[bool, float]:
        site = Site()
        site.resources['/large'] = Resource(PageAnswer, 'text/plain', b'x' * 100_000)
        begin = asyncio.get_running_loop().time()
        transport = SlowTransport(1000, patience)
        reader, writer = transport.connect()
        reader.feed_data(get('/large'))
        reader.feed_eof()
        await site.http.server.InConnection(reader, writer)
        return transport.isAborted, asyncio.get_running_loop().time() - begin

    isAborted, seconds = run(scene())
    assert (not isAborted, 99 < seconds < 120 if isServed else 50 < seconds < 90) == (isServed, True)


def test_of_a_large_body_a_peer_that_reads_nothing_has_a_piece_in_memory() -> None:
    async def scene() -> int:
        site = Site()
        site.resources['/large'] = Resource(PageAnswer, 'text/plain', b'x' * 1_000_000)
        transport = FakeTransport(stuck=True)
        reader, writer = transport.connect()
        reader.feed_data(get('/large'))
        await site.http.server.InConnection(reader, writer)
        return len(transport.written)

    assert 65536 < run(scene()) < 70_000


@pytest.mark.parametrize('size', [65535, 65536, 65537, 131072, 200_000])
def test_a_large_body_arrives_whole(size: int) -> None:
    site = Site()
    content = bytes(index * 7 % 251 for index in range(size))
    site.resources['/large'] = Resource(PageAnswer, 'text/plain', content)
    head, _, body = exchange(get('/large'), site=site).partition(b'\r\n\r\n')
    assert fields(head + b'\r\n\r\n')['CONTENT-LENGTH'] == str(size)
    assert body == content
    assert exchange(get('/large', 'HEAD'), site=site).endswith(b'\r\n\r\n')


def test_a_peer_that_reads_nothing_is_cut_off() -> None:
    """limits writeSeconds."""

    async def scene() -> bool:
        transport = FakeTransport(stuck=True)
        reader, writer = transport.connect()
        reader.feed_data(get())
        serving = asyncio.create_task(Site().http.server.InConnection(reader, writer))
        ended, _ = await asyncio.wait([serving], timeout=60)
        return bool(ended) and transport.isAborted

    assert run(scene())


@pytest.mark.parametrize(
    ('limits', 'peers', 'alive'),
    [
        ({'maxConnections': 2}, ['192.0.2.7', '192.0.2.8', '192.0.2.9'], [1, 2]),
        ({'maxConnectionsPerPeer': 2}, ['192.0.2.7', '192.0.2.8', '192.0.2.7', '192.0.2.7'], [1, 2, 3]),
    ],
)
def test_the_connection_idle_longest_gives_way(limits: dict[str, float], peers: list[str], alive: list[int]) -> None:
    """limits maxConnections, maxConnectionsPerPeer: nobody is locked out by others' idle connections."""

    async def scene() -> list[int]:
        server = Site(**limits).http.server
        transports = [FakeTransport(peer=(peer, 40000)) for peer in peers]
        tasks = []
        for transport in transports:
            tasks.append(asyncio.create_task(server.InConnection(*transport.connect())))
            await asyncio.sleep(0)
        living = [index for index, transport in enumerate(transports) if not transport.isAborted]
        await server.stop()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)
        return living

    assert run(scene()) == alive


def test_one_that_has_just_been_served_is_not_idle() -> None:
    async def scene() -> list[bool]:
        server = Site(maxConnections=2).http.server
        transports = [FakeTransport(peer=(f'192.0.2.{number}', 40000)) for number in (7, 8, 9)]
        ends = [one.connect() for one in transports]
        tasks = [asyncio.create_task(server.InConnection(*both)) for both in ends[:2]]
        await asyncio.sleep(0)
        ends[0][0].feed_data(get())
        for _ in range(3):
            await asyncio.sleep(0)
        tasks.append(asyncio.create_task(server.InConnection(*ends[2])))
        await asyncio.sleep(0)
        aborted = [one.isAborted for one in transports]
        await server.stop()
        await asyncio.wait(tasks)
        return aborted

    assert run(scene()) == [False, True, False]


@pytest.mark.parametrize(('greedy', 'first'), [(8, 0), (9, 1)])
def test_who_has_many_connections_gives_way_before_who_has_few(greedy: int, first: int) -> None:
    """Else one that holds all others busy with slow actions would have newcomers cut off in its place."""

    async def scene() -> list[int]:
        server = Site(maxConnections=greedy + 1).http.server
        peers = ['192.0.2.7', *['192.0.2.8'] * greedy, '192.0.2.9']
        transports = [FakeTransport(peer=(peer, 40000)) for peer in peers]
        tasks = []
        for transport in transports:
            tasks.append(asyncio.create_task(server.InConnection(*transport.connect())))
            await asyncio.sleep(0)
        gone = [index for index, transport in enumerate(transports) if transport.isAborted]
        await server.stop()
        await asyncio.wait(tasks)
        return gone

    assert run(scene()) == [first]


async def closing(server: HttpServer, *peers: str) -> tuple[list[FakeTransport], list['asyncio.Task[None]']]:
    """Return connections that wait for peers to take their last answer."""
    transports = [FakeTransport(peer=(peer, 40000), stuck=True, isFull=False) for peer in peers]
    tasks = []
    for transport in transports:
        reader, writer = transport.connect()
        reader.feed_data(b'GET / HTTP/1.0\r\n\r\n')
        tasks.append(asyncio.create_task(server.InConnection(reader, writer)))
        for _ in range(5):
            await asyncio.sleep(0)
    return transports, tasks


def test_a_connection_counts_until_it_is_closed_and_gives_way_first() -> None:
    """Else one peer could use up all descriptors with answers that it never takes."""

    async def scene() -> list[bool]:
        server = Site(maxConnectionsPerPeer=2, writeSeconds=1000).http.server
        transports, tasks = await closing(server, '192.0.2.7', '192.0.2.7')
        idle = FakeTransport(peer=('192.0.2.7', 40000))
        tasks.append(asyncio.create_task(server.InConnection(*idle.connect())))
        await asyncio.sleep(0)
        newcomer = FakeTransport(peer=('192.0.2.7', 40000))
        tasks.append(asyncio.create_task(server.InConnection(*newcomer.connect())))
        await asyncio.sleep(0)
        aborted = [one.isAborted for one in (*transports, idle, newcomer)]
        await server.stop()
        await asyncio.wait(tasks)
        return aborted

    assert run(scene()) == [True, True, False, False]


def test_a_connection_that_is_being_closed_gives_way_before_an_idle_one() -> None:
    async def scene() -> list[bool]:
        server = Site(maxConnectionsPerPeer=2, writeSeconds=1000).http.server
        idle, newcomer = (FakeTransport(peer=('192.0.2.7', 40000)) for _ in range(2))
        tasks = [asyncio.create_task(server.InConnection(*idle.connect()))]
        transports, others = await closing(server, '192.0.2.7')
        tasks += [*others, asyncio.create_task(server.InConnection(*newcomer.connect()))]
        await asyncio.sleep(0)
        aborted = [one.isAborted for one in (idle, *transports, newcomer)]
        await server.stop()
        await asyncio.wait(tasks)
        return aborted

    assert run(scene()) == [False, True, False]


def test_what_waits_to_be_closed_is_cut_off_when_the_server_stops() -> None:
    async def scene() -> None:
        server = Site(writeSeconds=1000).http.server
        transports, tasks = await closing(server, '192.0.2.7', '192.0.2.8')
        began = asyncio.get_running_loop().time()
        await server.stop()
        assert [one.isAborted for one in transports] == [True, True]
        assert all(task.done() for task in tasks)
        assert asyncio.get_running_loop().time() == began

    run(scene())


def test_without_descriptors_the_connection_idle_longest_gives_way() -> None:
    async def scene() -> list[bool]:
        server = Site().http.server
        transports = [FakeTransport(peer=(f'192.0.2.{number}', 40000)) for number in (7, 8, 9)]
        tasks = [asyncio.create_task(server.InConnection(*one.connect())) for one in transports]
        await asyncio.sleep(0)
        made = [server.crowd.makeRoom() for _ in range(4)]
        await asyncio.wait(tasks)
        assert [one.isAborted for one in transports] == [True] * 3
        return made

    assert run(scene()) == [True, True, True, False]


def test_connections_never_use_up_the_descriptors(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Half of them are left for events, searches, and the files of the user's program."""
    monkeypatch.setattr(resource, 'getrlimit', lambda _: (4, 4))
    caplog.set_level(logging.INFO)

    async def scene() -> list[bool]:
        server = Site().http.server
        server.begin()
        transports = [FakeTransport(peer=(f'192.0.2.{number}', 40000)) for number in (7, 8, 9)]
        tasks = []
        for transport in transports:
            tasks.append(asyncio.create_task(server.InConnection(*transport.connect())))
            await asyncio.sleep(0)
        aborted = [one.isAborted for one in transports]
        await server.stop()
        await asyncio.wait(tasks)
        return aborted

    assert run(scene()) == [True, False, False]
    assert caplog.messages == ['2 connections at a time: the limit of open files allows no more']


def test_lines_between_chunks_end_with_cr_lf() -> None:
    """RFC 9112 §7.1: with LF alone, two readers could differ on where a request ends."""
    head = get('/descr.xml', 'GET', '1.1', 'Transfer-Encoding: chunked')
    assert statuses(exchange(head + b'1\r\na\r\n0\r\n\r\n')) == [200]
    for body in (b'1\na\r\n0\r\n\r\n', b'1\r\na\n0\r\n\r\n', b'1\r\na\r\n0\n\r\n', b'1\r\na\r\n0\r\nx: y\n\r\n'):
        assert statuses(exchange(head + body)) == [400]


def body(field: str, content: bytes) -> bytes:
    """Return a request with a body."""
    return get('/', 'GET', '1.1', field) + content


def sized(size: int) -> bytes:
    """Return a request whose line has so many bytes."""
    return get('/' + '?' * (size - len('GET / HTTP/1.1')))


def headed(size: int) -> bytes:
    """Return a request whose head has so many bytes, the blank line included."""
    return get('/', 'GET', '1.1', 'x: ' + 'y' * (size - len(get('/', 'GET', '1.1', 'x: '))))


@pytest.mark.parametrize(
    ('limits', 'request_', 'beyond', 'status'),
    [
        ({}, sized(8192), sized(8193), 414),
        ({}, sized(8192).replace(b'\r', b''), sized(8193).replace(b'\r', b''), 414),
        ({}, headed(16384), headed(16385), 431),
        ({}, get('/', 'GET', '1.1', *['x: y'] * 99), get('/', 'GET', '1.1', *['x: y'] * 100), 431),
        ({'maxBodyBytes': 9}, body('Content-Length: 9', bytes(9)), body('Content-Length: 10', bytes(10)), 413),
        (
            {'maxBodyBytes': 9},
            body('Transfer-Encoding: chunked', b'4\r\nabcd\r\n5\r\nabcde\r\n0\r\n\r\n'),
            body('Transfer-Encoding: chunked', b'4\r\nabcd\r\n6\r\n'),
            413,
        ),
        (
            {'maxHeaderFields': 3},
            body('Transfer-Encoding: chunked', b'0\r\na:\r\nb:\r\n\r\n'),
            body('Transfer-Encoding: chunked', b'0\r\na:\r\nb:\r\nc:\r\n'),
            431,
        ),
    ],
)
def test_what_has_the_size_of_a_limit_passes_and_one_more_does_not(
    limits: dict[str, float], request_: bytes, beyond: bytes, status: int
) -> None:
    """Limits maxRequestLineBytes, maxHeadBytes, maxHeaderFields, maxBodyBytes."""
    assert statuses(exchange(request_, **limits)) == [200]
    assert statuses(exchange(beyond, **limits)) == [status]


@pytest.mark.parametrize(('size', 'status'), [(1024, 200), (1025, 400)])
@pytest.mark.parametrize('isWhole', [True, False])
def test_the_line_of_a_chunk_is_bounded(size: int, status: int, isWhole: bool) -> None:
    """Limit maxChunkLineBytes, however it comes; CR counts, LF does not."""
    head = get('/descr.xml', 'GET', '1.1', 'Transfer-Encoding: chunked')
    sent = b'1;' + b'x' * (size - 3) + b'\r\n' + b'a\r\n0\r\n\r\n'
    pieces = [sent] if isWhole else [sent[:500], sent[500:1000], sent[1000:]]
    assert statuses(exchange([head, *pieces])) == [status]


@pytest.mark.parametrize('coding', ['Content-Length: 8388608', 'Transfer-Encoding: chunked'])
def test_a_body_that_nobody_wants_takes_no_memory(coding: str) -> None:
    """It is dropped as it comes."""
    size = 8 << 20
    pieces = [get('/', 'GET', '1.1', coding), *([b'%x\r\n' % size] if 'chunked' in coding else [])]
    tracemalloc.start()
    exchange([*pieces, *[bytes(65536)] * (size // 65536)], maxBodyBytes=size)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


def test_what_a_peer_asks_for_does_nothing_to_whoever_reads_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """To a terminal, the byte 0x9B is the beginning of a command."""
    caplog.set_level(logging.DEBUG, 'upnp')
    assert statuses(exchange(b'GET /\x9b2J HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n')) == [404]
    assert r"'/\x9b2J'" in caplog.messages[-1]
    assert caplog.messages[-1].isprintable()


def test_documents_are_rendered_once_for_each_address() -> None:
    """The very same bytes object is sent again."""
    resource = Site().resources['/descr.xml']
    assert resource.body('192.0.2.1') is resource.body('192.0.2.1')
    assert resource.body('192.0.2.1') != resource.body('192.0.2.2')


def test_routing_picks_the_documented_answers() -> None:
    """The documented classes are what serves."""
    site = Site()
    server = HttpServer(site.http)
    paths = ['/descr.xml', SCPD, '/', '/nowhere']
    kinds = [type(server.HttpRouting(HttpRequest('GET', path, 'HTTP/1.1', {}))) for path in paths]
    assert kinds == [DescriptionAnswer, ScpdAnswer, PageAnswer, ServerErrorAnswer]


def test_an_answer_by_itself_is_an_empty_success() -> None:
    """What a subclass begins with."""

    async def scene() -> bytes:
        transport = FakeTransport()
        _, writer = transport.connect()
        answer = HttpAnswer(HttpRequest('GET', '/', 'HTTP/1.1', {}))
        answer.execute()
        answer.write(writer)
        writer.close()
        await writer.wait_closed()
        return bytes(transport.written)

    assert run(scene()) == b'HTTP/1.1 200 OK\r\nCONTENT-LENGTH: 0\r\n\r\n'


def test_requests_and_answers_print_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    """pprint, as documented."""
    request = HttpRequest('GET', '/x', 'HTTP/1.1', {'host': 'y'})
    request.pprint()
    answer = ServerErrorAnswer(request, status=404)
    answer.execute()
    answer.pprint()
    assert capsys.readouterr().out == (
        'GET /x HTTP/1.1\n    host: y\nHTTP/1.1 404 Not Found\n    CONTENT-LENGTH: 14\n    CONTENT-TYPE: text/plain\n'
    )


def test_windows_is_told_of_once_for_each_address(caplog: pytest.LogCaptureFixture) -> None:
    """Its Function Discovery, and what associates devices; only the description counts."""

    async def scene() -> None:
        server = Site().http.server
        server.begin()
        for path, peer, agent in (
            ('/', '192.0.2.2', 'FDSSDP'),
            ('/descr.xml', '192.0.2.3', 'Mozilla/5.0'),
            ('/descr.xml', '192.0.2.4', 'FDSSDP'),
            ('/descr.xml', '192.0.2.4', 'FDSSDP'),
            ('/descr.xml', '192.0.2.5', 'Microsoft-Windows/10.0 UPnP/1.0 Microsoft-Windows-DAFUPnP'),
        ):
            reader, writer = FakeTransport((peer, 40000)).connect()
            reader.feed_data(get(path, 'GET', '1.1', f'User-Agent: {agent}'))
            reader.feed_eof()
            await server.InConnection(reader, writer)

    with caplog.at_level(logging.INFO, 'upnp.description'):
        run(scene())
    assert [one.getMessage() for one in caplog.records] == [f'seen by Windows at 192.0.2.{host}' for host in (4, 5)]


def test_whoever_says_to_be_windows_cannot_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        server = Site().http.server
        for number in range(100):
            reader, writer = FakeTransport((f'fe80::{number:x}', 40000, 0, 3), ('fe80::1', 5000, 0, 3)).connect()
            reader.feed_data(get('/descr.xml', 'GET', '1.0', 'User-Agent: FDSSDP'))
            reader.feed_eof()
            await server.InConnection(reader, writer)

    with caplog.at_level(logging.INFO, 'upnp.description'):
        run(scene())
    told = [one.getMessage() for one in caplog.records]
    assert (len(told), told[1]) == (64, 'seen by Windows at fe80::1%3')


def test_the_page_and_its_files_are_served_as_safe_as_they_can_be() -> None:
    page = fields(exchange(get('/')))
    assert page['CACHE-CONTROL'] == 'no-store'
    assert page['CONTENT-SECURITY-POLICY'].startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert (page['X-CONTENT-TYPE-OPTIONS'], page['REFERRER-POLICY']) == ('nosniff', 'no-referrer')
    assert page['CROSS-ORIGIN-RESOURCE-POLICY'] == 'same-origin'
    site = Site()
    site.resources |= assetResources()
    for path, kind in ((path, one.contentType) for path, one in assetResources().items()):
        told = fields(exchange(get(path), site=site))
        assert told['CONTENT-TYPE'] == kind
        assert told['CACHE-CONTROL'] == 'public, max-age=31536000, immutable'
        assert told['X-CONTENT-TYPE-OPTIONS'] == 'nosniff'
        assert told['CROSS-ORIGIN-RESOURCE-POLICY'] == 'same-origin'
