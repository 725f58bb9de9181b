"""HTTP as a client: answers as bytes in, and what becomes of the connection."""

import asyncio
import socket

import pytest

from upnp import MessageError
from upnp._fetch import PeerConnection, connect

from .fakes import FakeTransport, HeldClock, run
from .test_transport import LOOPS

REQUEST = b'NOTIFY / HTTP/1.1\r\n\r\n'
MAX_BYTES = 200
OK = b'HTTP/1.1 200 OK\r\n'
CHUNKED = OK + b'Transfer-Encoding: chunked\r\n\r\n'


def asked(*pieces: bytes, end: bool = False, later: bytes = b'') -> tuple[int, bool, bool]:
    """Return the status of an answer that comes in pieces, whether the connection is reusable then, and whether open.

    :param end: whether the peer closes after them.
    :param later: what comes when the answer has been taken.
    """

    async def scene() -> tuple[int, bool, bool]:
        connection = PeerConnection(('192.0.2.9', 80), MAX_BYTES)
        connection.connection_made(FakeTransport())
        asking = asyncio.ensure_future(connection.ask(REQUEST))
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
    ],
)
def test_what_is_no_answer_is_an_error(pieces: list[bytes], end: bool, error: type[Exception]) -> None:
    with pytest.raises(error):
        asked(*pieces, end=end)


def test_an_endless_body_ends_the_connection() -> None:
    head = OK + b'\r\n'
    assert asked(head, b'x' * (MAX_BYTES - len(head))) == (200, False, True)
    assert asked(head, b'x' * (MAX_BYTES - len(head) + 1)) == (200, False, False)


def test_what_nobody_asked_for_ends_the_connection() -> None:
    assert asked(OK + b'Content-Length: 0\r\n\r\n', later=b'HTTP/1.1 200 OK\r\n') == (200, False, False)


def test_a_wait_that_is_cancelled_closes_the_connection() -> None:
    async def scene() -> None:
        connection, transport = PeerConnection(('192.0.2.9', 80), MAX_BYTES), FakeTransport()
        connection.connection_made(transport)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await connection.ask(REQUEST)
        assert transport.isAborted
        connection.data_received(OK)
        with pytest.raises(ConnectionResetError):
            await connection.ask(REQUEST)

    run(scene())


@pytest.mark.parametrize('error', [ConnectionResetError('by peer'), None])
def test_a_lost_connection_is_told(error: Exception | None) -> None:
    async def scene() -> None:
        connection = PeerConnection(('192.0.2.9', 80), MAX_BYTES)
        connection.connection_made(FakeTransport())
        asking = asyncio.ensure_future(connection.ask(REQUEST))
        await asyncio.sleep(0)
        connection.connection_lost(error)
        with pytest.raises(ConnectionResetError):
            await asking

    run(scene())


@pytest.mark.parametrize('kind', LOOPS)
def test_it_connects_on_every_loop(kind: str) -> None:
    async def scene() -> None:
        with socket.create_server(('127.0.0.1', 0)) as server:
            connection = await connect(server.getsockname(), MAX_BYTES)
            peer, _ = server.accept()
        with peer:
            peer.send(OK + b'Content-Length: 0\r\n\r\n')
            assert (await connection.ask(REQUEST)).status == 200
            assert peer.recv(100) == REQUEST
            assert connection.isReusable
            connection.close()
            connection.close()
            assert not connection.isOpen

    with asyncio.Runner(debug=True, loop_factory=LOOPS[kind]) as runner:
        runner.run(scene())


def test_a_refused_connection_is_an_error() -> None:
    with socket.create_server(('127.0.0.1', 0)) as server:
        place = server.getsockname()
    with pytest.raises(ConnectionRefusedError):
        run(connect(place, MAX_BYTES), HeldClock())
