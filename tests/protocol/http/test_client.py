"""HTTP as a client: answers as bytes in, and what becomes of the connection."""

import asyncio
import errno
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.protocol.fakes import FakeTransport, run
from tests.protocol.streams import LOOPS
from upnp import MessageError
from upnp.http.client import PeerConnection
from upnp.http.message import Response

REQUEST = b'NOTIFY / HTTP/1.1\r\n\r\n'
MAX_BYTES = 200
HERE, HERE6 = '127.0.0.1', '::1'
OK = b'HTTP/1.1 200 OK\r\n'
CHUNKED = OK + b'Transfer-Encoding: chunked\r\n\r\n'


async def answerTo(connection: PeerConnection) -> Response:
    """Return the answer to a request."""
    told: asyncio.Future[Response | Exception] = asyncio.get_running_loop().create_future()
    connection.ask(REQUEST, told.set_result)
    outcome = await told
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def connected(maxBytes: int = MAX_BYTES) -> tuple[PeerConnection, FakeTransport]:
    """Return a connection that is made, and its transport."""
    connection, transport = PeerConnection(('192.0.2.9', 80), maxBytes), FakeTransport()
    connection.connection_made(transport)
    return connection, transport


def callsIn(function: Callable[[bytes], None], data: bytes) -> int:
    """Return how many calls, those of the interpreter's own functions included, a call makes."""
    calls: list[str] = []
    sys.setprofile(lambda _frame, event, _function: calls.append(event))
    try:
        function(data)
    finally:
        sys.setprofile(None)
    return len(calls)


def asked(*pieces: bytes, end: bool = False, later: bytes = b'') -> tuple[int, bool, bool]:
    """Return the status of an answer that comes in pieces, whether the connection is reusable then, and whether open.

    :param end: whether the peer closes after them.
    :param later: what comes when the answer has been taken.
    """

    async def scene() -> tuple[int, bool, bool]:
        connection, _ = connected()
        asking = asyncio.ensure_future(answerTo(connection))
        await asyncio.sleep(0)
        for piece in pieces:
            connection.data_received(piece)
        if end:
            assert not connection.eof_received()
        response = await asking
        if later:
            connection.data_received(later)
        return response.status, connection.isReusable, connection.isOpen

    return run(scene())


@pytest.mark.parametrize(
    ('pieces', 'expected'),
    [
        ([OK + b'Content-Length: 0\r\n\r\n'], (200, True, True)),
        ([b'HTTP/1.1 412 No\r\ncontent-length:2\r\n\r\nno'], (412, True, True)),
        ([OK + b'Content-Length: 4\r\n\r\nwh', b'ol'], (200, True, True)),
        ([OK + b'Content-Length: 4\r\n\r\nwh', b'ole'], (200, False, False)),  # one more than it says
        ([b'HTTP/1.1 204 No Content\r\n\r\n'], (204, True, True)),
        ([b'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'], (200, False, False)),
        ([b'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n'], (200, True, True)),
        ([OK + b'Connection: close\r\nContent-Length: 0\r\n\r\n'], (200, False, False)),
        ([OK + b'Connection: close\r\nContent-Length: 9\r\n\r\nnot yet'], (200, False, True)),
        ([OK + b'\r\n'], (200, False, True)),  # its end is the connection's
        ([OK + b'\r\n', b'some', b'more'], (200, False, True)),
        ([b'HTTP/1.1 100 Continue\r\n\r\n' + OK + b'Content-Length: 0\r\n\r\n'], (200, True, True)),
        ([OK, b'Content-Length: 0\r', b'\n\r\n'], (200, True, True)),
        ([CHUNKED + b'0\r\n\r\n'], (200, True, True)),
        ([CHUNKED + b'2\r\nok\r\n3;x=y\r\nyes\r\n0\r\n\r\n'], (200, True, True)),
        ([CHUNKED + b'2\r\nok\r\n0\r\nTrailer: x\r\n', b'\r\n'], (200, True, True)),
        ([CHUNKED + b'2\r\nok\r\n'], (200, False, True)),
        ([CHUNKED + b'ok\r\n'], (200, False, False)),
        ([OK + b'Transfer-Encoding: gzip\r\n\r\n'], (200, False, True)),
        ([b'http/1.1 200\nContent-Length: 0\n\n'], (200, True, True)),
    ],
)
def test_an_answer_counts_with_its_head_and_the_connection_is_used_again_with_its_end(
    pieces: list[bytes], expected: tuple[int, bool, bool]
) -> None:
    """RFC 9112 §6.3, §9.3."""
    assert asked(*pieces) == expected


@pytest.mark.parametrize(
    ('pieces', 'end', 'error'),
    [
        ([], True, ConnectionResetError),
        ([OK + b'Content-Le'], True, MessageError),
        ([b'NOTIFY / HTTP/1.1\r\n\r\n'], False, MessageError),
        ([b'\0\r\n\r\n'], False, MessageError),
        ([OK + b'Content-Length: -1\r\n\r\n'], False, MessageError),
        ([OK + b'X: ' + b'x' * MAX_BYTES], False, MessageError),
        ([OK + b'X: ' + b'x' * MAX_BYTES + b'\r\n\r\n'], False, MessageError),
        ([b'HTTP/1.1 100\r\n\r\n' * (MAX_BYTES // 16 + 1), OK + b'Content-Length: 0\r\n\r\n'], False, MessageError),
        ([*[b'HTTP/1.1 100\r\n\r\n'] * (MAX_BYTES // 16 + 1), OK + b'Content-Length: 0\r\n\r\n'], False, MessageError),
        ([b'HTTP/1.1 100\r\n\r\n'], True, MessageError),
    ],
)
def test_what_is_no_answer_is_an_error(pieces: list[bytes], end: bool, error: type[Exception]) -> None:
    with pytest.raises(error):
        asked(*pieces, end=end)


FULL_BODY = CHUNKED + b'2\nok\n' * ((MAX_BYTES - len(CHUNKED)) // 5)  # with room for three bytes


@pytest.mark.parametrize('size', [1, 7, MAX_BYTES * 3])
@pytest.mark.parametrize(
    ('answer', 'expected'),
    [
        (OK + b'Content-Length: 150\r\n\r\n' + b'x' * 150, (200, True, True)),
        (CHUNKED + b'1\nx\n' * 20 + b'0\n\n', (200, True, True)),
        (CHUNKED + b'1\r\nx\r\n' * 10 + b'0\r\nTrailer: x\r\nMore: \r\n\r\n', (200, True, True)),
        (CHUNKED + b'0\n\n' + b'x', (200, False, False)),  # one more than it says
        (CHUNKED + b'1\nx\n0x\n\n', (200, False, False)),
        (FULL_BODY + b'0\n\n', (200, True, True)),
        (FULL_BODY + b'0;\n\n', (200, False, False)),
        (b'HTTP/1.1 100\r\n\r\n' * 10 + OK + b'Content-Length: 0\n\n', (200, True, True)),
    ],
)
def test_an_answer_is_the_same_in_whatever_pieces_it_comes(
    answer: bytes, size: int, expected: tuple[int, bool, bool]
) -> None:
    pieces = [answer[start : start + size] for start in range(0, len(answer), size)]
    assert asked(*pieces) == expected


@pytest.mark.parametrize('piece', [b'1\nx\n', b'2\r\n\r\n\r\n', b'1'])
def test_a_piece_of_a_body_costs_the_same_however_many_have_come(piece: bytes) -> None:
    """Each byte may come by itself, to keep the device busy."""

    async def scene() -> list[int]:
        connection, _ = connected(10_000)
        connection.ask(REQUEST, lambda outcome: None)
        connection.data_received(CHUNKED)
        connection.data_received(b'\n' if piece.isspace() else b'')
        return [callsIn(connection.data_received, piece) for _ in range(1000)]

    counts = run(scene())
    assert max(counts[10:]) <= max(counts[:10])


def test_an_endless_body_ends_the_connection() -> None:
    head = OK + b'\r\n'
    assert asked(head, b'x' * (MAX_BYTES - len(head))) == (200, False, True)
    assert asked(head, b'x' * (MAX_BYTES - len(head) + 1)) == (200, False, False)


def test_what_nobody_asked_for_ends_the_connection() -> None:
    assert asked(OK + b'Content-Length: 0\r\n\r\n', later=b'HTTP/1.1 200 OK\r\n') == (200, False, False)


def test_closed_it_calls_nobody() -> None:
    async def scene() -> None:
        connection, transport = connected()
        told: list[object] = []
        connection.ask(REQUEST, told.append)
        connection.close()
        connection.close()
        assert transport.isAborted
        connection.data_received(OK + b'\r\n')
        connection.connection_lost(None)
        await asyncio.sleep(0)
        assert told == []
        with pytest.raises(ConnectionResetError):
            await answerTo(connection)

    run(scene())


@pytest.mark.parametrize('error', [ConnectionResetError('by peer'), None])
def test_a_lost_connection_is_told(error: Exception | None) -> None:
    async def scene() -> None:
        connection, _ = connected()
        asking = asyncio.ensure_future(answerTo(connection))
        await asyncio.sleep(0)
        connection.connection_lost(error)
        with pytest.raises(ConnectionResetError):
            await asking

    run(scene())


def onEach(kind: str, scene: Coroutine[Any, Any, None]) -> None:
    """Run a scene on a kind of loop."""
    with asyncio.Runner(debug=True, loop_factory=LOOPS[kind]) as runner:
        runner.run(scene)


@pytest.mark.parametrize('here', [HERE, HERE6])
@pytest.mark.parametrize('kind', LOOPS)
def test_it_connects_on_every_loop(kind: str, here: str) -> None:
    async def scene() -> None:
        family = socket.AF_INET6 if ':' in here else socket.AF_INET
        with socket.create_server((here, 0), family=family) as server:
            connection = PeerConnection(server.getsockname()[:2], MAX_BYTES)
            asking = asyncio.ensure_future(answerTo(connection))
            assert (connection.isOpen, connection.askedAt) == (False, None)
            peer, _ = await asyncio.to_thread(server.accept)
        with peer:
            peer.send(OK + b'Content-Length: 0\r\n\r\n')
            assert (await asking).status == 200
            assert (peer.recv(100), connection.isReusable) == (REQUEST, True)
            assert connection.askedAt is not None
            connection.close()
            assert not connection.isOpen

    onEach(kind, scene())


@pytest.mark.parametrize('kind', LOOPS)
def test_a_refused_connection_is_an_error_on_every_loop(kind: str) -> None:
    async def scene() -> None:
        with pytest.raises(ConnectionRefusedError):
            await answerTo(PeerConnection(place, MAX_BYTES))

    with socket.create_server((HERE, 0)) as server:
        place = server.getsockname()
    onEach(kind, scene())


@pytest.mark.parametrize('kind', LOOPS)
def test_closed_while_it_connects_it_calls_nobody_on_every_loop(kind: str) -> None:
    async def scene() -> None:
        told: list[object] = []
        with socket.create_server((HERE, 0)) as server:
            connection = PeerConnection(server.getsockname(), MAX_BYTES)
            connection.ask(REQUEST, told.append)
            connection.close()
            for _ in range(5):
                await asyncio.sleep(0.001)
        assert (told, connection.isOpen) == ([], False)

    onEach(kind, scene())


@pytest.mark.parametrize('kind', LOOPS)
def test_an_address_on_a_link_is_looked_for_on_that_link(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Noting(socket.socket):
        def connect_ex(self, place: Any) -> int:
            places.append(place)
            return errno.ENETUNREACH

        def connect(self, place: Any) -> None:
            places.append(place)
            raise OSError(errno.ENETUNREACH, 'unreachable')

    async def scene() -> None:
        with monkeypatch.context() as patch:
            patch.setattr('upnp.http.client.socket.socket', Noting)
            with pytest.raises(OSError, match='unreachable'):
                await answerTo(PeerConnection(('fe80::9%1', 80), MAX_BYTES))

    places: list[object] = []
    onEach(kind, scene())
    assert places == [('fe80::9', 80, 0, 1)]


@pytest.mark.parametrize('name', ['socket', 'connect'])
def test_a_connection_that_cannot_even_be_tried_is_an_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(socket.socket):
        def __init__(self, *arguments: int) -> None:
            if name == 'socket':
                raise OSError(errno.EMFILE, 'Too many open files')
            super().__init__(*arguments)

        def connect_ex(self, _place: object) -> int:
            return errno.ENETUNREACH

    async def scene() -> None:
        connection = PeerConnection((HERE, 9), MAX_BYTES)
        with monkeypatch.context() as patch:
            patch.setattr('upnp.http.client.socket.socket', Refusing)
            with pytest.raises(OSError, match=r'open files|unreachable') as caught:
                await answerTo(connection)
        assert caught.value.errno == (errno.EMFILE if name == 'socket' else errno.ENETUNREACH)

    onEach('add_reader', scene())
