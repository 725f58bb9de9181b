"""Connections accepted by ourselves: the transport over real sockets in this process, the listener, and the timers."""

import asyncio
import contextlib
import errno
import gc
import logging
import os
import resource
import socket
import struct
import weakref
from collections.abc import Callable, Coroutine, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

import upnp
from tests.protocol.fakes import Clock, ClockLoop, FakeTransport, HeldClock, run
from tests.protocol.site import Site, get, statuses
from tests.protocol.streams import LOOPS, play, readAll, unblocked
from upnp.http.answers import HttpAnswer, HttpRequest
from upnp.http.connections import Connection
from upnp.http.listener import Listener
from upnp.http.server import HTTP
from upnp.http.transport import SocketTransport, descriptorShare

HERE = '127.0.0.1'
PEER = (HERE, 40000)
TURNS = 10  # of the loop: enough for everything that is due
MEBIBYTE = 1 << 20
RESET_ON_CLOSE = struct.pack('ii', 1, 0)
LIMITS = {'idleSeconds': 30.0, 'headSeconds': 10.0, 'bodySeconds': 15.0}
POST = get('/', 'POST', '1.1', 'Content-Length: 4')
LOST = ('lost', type(None))


class Events(asyncio.Protocol):
    """Notes what a transport tells, in order.

    :param keepsOpen: what it answers to the peer's end.
    """

    def __init__(self, *, keepsOpen: bool = False) -> None:
        self.seen: list[object] = []
        self.keepsOpen = keepsOpen
        self.onResume: Callable[[], object] = lambda: None

    @property
    def received(self) -> bytes:
        return b''.join(one for one in self.seen if isinstance(one, bytes))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.seen.append('made')

    def data_received(self, data: bytes) -> None:
        self.seen.append(data)

    def eof_received(self) -> bool:
        self.seen.append('end')
        return self.keepsOpen

    def pause_writing(self) -> None:
        self.seen.append('pause')

    def resume_writing(self) -> None:
        self.seen.append('resume')
        self.onResume()

    def connection_lost(self, exc: Exception | None) -> None:
        self.seen.append(('lost', type(exc)))


class Scarce(socket.socket):
    """A listening socket whose ``accept`` fails with these numbers first, the last of them for ever, and counts."""

    def __init__(self, *errors: int, isForEver: bool = False) -> None:
        super().__init__()
        self.errors, self.isForEver, self.count = list(errors), isForEver, 0
        self.setblocking(False)
        self.bind((HERE, 0))
        self.listen(200)

    def accept(self) -> tuple[socket.socket, Any]:
        self.count += 1
        if self.errors:
            number = self.errors[0] if self.isForEver else self.errors.pop(0)
            raise OSError(number, os.strerror(number))
        return super().accept()


class Watch(ClockLoop):
    """A loop that tells which timers are set."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.timers: list[asyncio.TimerHandle] = []

    def call_at(self, when: float, *args: Any, **options: Any) -> asyncio.TimerHandle:
        timer = super().call_at(when, *args, **options)
        self.timers.append(timer)
        return timer

    @property
    def due(self) -> list[float]:
        """When those ring that are still to come."""
        return [timer.when() for timer in self.timers if not timer.cancelled() and timer.when() > self.time()]


async def until(condition: Callable[[], object]) -> None:
    """Let the loop turn until something holds."""
    while not condition():  # noqa: ASYNC110 (nothing else tells)
        await asyncio.sleep(0)


async def turns() -> None:
    """Let the loop do all that is due."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


def localPair() -> tuple[socket.socket, socket.socket]:
    """Return two connected sockets, which do not block."""
    return unblocked(*socket.socketpair())


def tcpPair() -> tuple[socket.socket, socket.socket]:
    """Return two sockets connected by TCP, the server's first."""
    with socket.create_server((HERE, 0)) as listening:
        peer = socket.create_connection(listening.getsockname())
        return unblocked(listening.accept()[0], peer)


def reset(peer: socket.socket) -> None:
    """Leave without a word: the other side gets a reset."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    peer.close()


def content(size: int) -> bytes:
    """Return bytes of which no two stretches are the same."""
    return b''.join(b'%07d\n' % number for number in range(size // 8))


@contextlib.contextmanager
def withoutCollection() -> Iterator[None]:
    """Leave reference cycles as they are."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def alive(*kinds: type) -> int:
    """Return how many objects of these classes there are."""
    return sum(type(one) in kinds for one in gc.get_objects())


def streams(sock: socket.socket) -> tuple[SocketTransport, asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a transport and the streams on it."""
    made: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    loop = asyncio.get_running_loop()
    protocol = asyncio.StreamReaderProtocol(
        asyncio.StreamReader(loop=loop), lambda reader, writer: made.append((reader, writer)), loop=loop
    )
    return SocketTransport(sock, protocol, peer=PEER), *made.pop()


# What a transport tells its protocol


def test_the_protocol_is_told_of_each_thing_once_and_in_order() -> None:
    async def scene() -> None:
        own, peer = localPair()
        peer.send(b'with the accept')
        events = Events()
        transport = SocketTransport(own, events, peer=PEER)
        assert events.seen == ['made', b'with the accept']
        peer.send(b'later')
        await until(lambda: b'later' in events.seen)
        peer.close()
        await until(lambda: LOST in events.seen)
        for end in (transport.close, transport.abort, transport.close):
            end()
        await turns()
        assert events.seen == ['made', b'with the accept', b'later', 'end', LOST]
        assert transport.is_closing()

    play(scene)


def test_the_end_of_the_peer_is_told_once_and_what_is_written_after_it_arrives() -> None:
    """RFC 9112 §9.6: half a connection may be closed."""

    async def scene() -> None:
        own, peer = localPair()
        events = Events(keepsOpen=True)
        transport = SocketTransport(own, events, peer=PEER)
        peer.shutdown(socket.SHUT_WR)
        await until(lambda: 'end' in events.seen)
        await turns()
        assert not transport.is_closing()
        transport.write(b'answer')
        transport.close()
        assert await readAll(peer) == b'answer'
        await turns()
        assert events.seen == ['made', 'end', LOST]

    play(scene)


def test_the_end_may_come_with_the_accept() -> None:
    async def scene() -> None:
        own, peer = localPair()
        peer.send(b'all')
        peer.close()
        events = Events()
        SocketTransport(own, events, peer=PEER)
        await until(lambda: LOST in events.seen)
        assert events.seen == ['made', b'all', 'end', LOST]

    play(scene)


def test_a_protocol_may_close_as_soon_as_it_is_told_of_the_connection() -> None:
    async def scene() -> None:
        own, peer = localPair()
        peer.send(b'never read')
        events = Events()
        events.connection_made = lambda transport: transport.abort()  # type: ignore[method-assign,attr-defined]
        SocketTransport(own, events, peer=PEER)
        await until(lambda: events.seen)
        await readAll(peer)
        assert events.seen == [LOST]

    play(scene)


def test_nothing_is_taken_while_reading_is_paused() -> None:
    async def scene() -> None:
        own, peer = localPair()
        events = Events()
        transport = SocketTransport(own, events, peer=PEER)
        assert transport.is_reading()
        transport.pause_reading()
        transport.pause_reading()
        peer.send(b'kept')
        await turns()
        assert (transport.is_reading(), events.received) == (False, b'')
        transport.resume_reading()
        transport.resume_reading()
        await until(lambda: events.received)
        assert events.received == b'kept'
        transport.close()
        peer.close()
        transport.resume_reading()
        assert not transport.is_reading()
        await turns()

    play(scene)


def test_both_addresses_are_known() -> None:
    async def scene() -> None:
        own, peer = tcpPair()
        transport = SocketTransport(own, Events(), peer=PEER)
        assert transport.get_extra_info('peername') == PEER
        assert transport.get_extra_info('sockname') == peer.getpeername()
        assert transport.get_extra_info('sslcontext') is None
        transport.close()
        peer.close()
        await turns()

    play(scene)


# Writing


def test_a_large_write_reaches_a_slow_reader_whole() -> None:
    async def scene() -> None:
        own, peer = localPair()
        sent = content(10 * MEBIBYTE)
        transport, _, writer = streams(own)
        writer.write(sent)
        assert transport.get_write_buffer_size() > 9 * MEBIBYTE
        drained, received = asyncio.ensure_future(writer.drain()), asyncio.ensure_future(readAll(peer))
        await turns()
        assert not drained.done()
        await drained
        writer.write(b'the last')
        writer.close()
        assert await received == sent + b'the last'
        await writer.wait_closed()

    play(scene)


@pytest.mark.parametrize('kind', [bytes, bytearray, memoryview])
def test_many_writes_arrive_in_order_whatever_they_are_made_of(kind: Callable[[bytes], Any]) -> None:
    async def scene() -> None:
        own, peer = localPair()
        pieces = [b'%d,' % number * 4000 for number in range(200)]
        transport = SocketTransport(own, Events(), peer=PEER)
        for piece in pieces:
            transport.write(kind(piece))
            transport.write(kind(b''))
        transport.close()
        assert await readAll(peer) == b''.join(pieces)

    play(scene)


def test_a_writer_is_told_to_wait_once_and_to_go_on_once() -> None:
    async def scene() -> None:
        own, peer = localPair()
        events = Events()
        transport = SocketTransport(own, events, peer=PEER)
        for _ in range(3):
            transport.write(bytes(MEBIBYTE))
        assert events.seen == ['made', 'pause']
        reading = asyncio.ensure_future(readAll(peer))
        await until(lambda: 'resume' in events.seen)
        assert transport.get_write_buffer_size() <= 16384
        await until(lambda: not transport.get_write_buffer_size())
        transport.close()
        assert len(await reading) == 3 * MEBIBYTE
        assert events.seen == ['made', 'pause', 'resume', LOST]

    play(scene)


def test_a_protocol_may_write_when_it_is_told_to_go_on() -> None:
    async def scene() -> None:
        own, peer = localPair()
        events, more = Events(), [content(MEBIBYTE), content(MEBIBYTE)]
        transport = SocketTransport(own, events, peer=PEER)
        events.onResume = lambda: transport.write(more.pop()) if more else transport.close()
        transport.write(content(MEBIBYTE))
        assert await readAll(peer) == 3 * content(MEBIBYTE)
        assert events.seen == ['made', *['pause', 'resume'] * 3, LOST]

    play(scene)


def test_closing_sends_what_was_written_and_aborting_does_not() -> None:
    async def scene(end: str, isWhole: bool) -> None:
        own, peer = localPair()
        events = Events()
        transport = SocketTransport(own, events, peer=PEER)
        transport.write(content(MEBIBYTE))
        getattr(transport, end)()
        transport.write(b'too late')
        assert transport.is_closing()
        received = await readAll(peer)
        assert (received == content(MEBIBYTE)) is isWhole
        assert content(MEBIBYTE).startswith(received)
        await turns()
        assert events.seen[-1] == LOST
        assert events.seen.count(LOST) == 1

    play(lambda: scene('close', True))
    play(lambda: scene('abort', False))


def test_half_a_connection_is_not_closed_by_us() -> None:
    async def scene() -> None:
        own, peer = localPair()
        transport = SocketTransport(own, Events(), peer=PEER)
        assert not transport.can_write_eof()
        transport.close()
        assert await readAll(peer) == b''

    play(scene)


# Peers that leave


def idle(transport: SocketTransport) -> None:
    """Wait for a request."""


def paused(transport: SocketTransport) -> None:
    transport.pause_reading()


def sending(transport: SocketTransport) -> None:
    transport.write(bytes(8 * MEBIBYTE))


def closing(transport: SocketTransport) -> None:
    sending(transport)
    transport.close()


@pytest.mark.parametrize('stage', [idle, paused, sending, closing])
def test_a_reset_is_told_once_at_whatever_stage(stage: Callable[[SocketTransport], None]) -> None:
    async def scene() -> None:
        own, peer = tcpPair()
        events = Events()
        transport = SocketTransport(own, events, peer=PEER)
        stage(transport)
        reset(peer)
        await turns()
        transport.write(b'is it still there?')
        transport.write(b'and now?')
        await until(lambda: transport.get_write_buffer_size() == 0)
        await until(lambda: isinstance(events.seen[-1], tuple))
        kind = events.seen[-1][1]  # type: ignore[index]
        assert issubclass(kind, ConnectionError)
        assert events.seen.count(('lost', kind)) == 1
        assert transport.is_closing()

    play(scene)


def test_a_peer_may_have_left_before_it_was_accepted() -> None:
    async def scene() -> None:
        own, peer = tcpPair()
        reset(peer)
        events = Events()
        transport = SocketTransport(own, events, peer=PEER)
        await turns()
        assert transport.get_extra_info('peername') == PEER
        assert events.seen == ['made', ('lost', ConnectionResetError)]

    play(scene)


def test_a_stream_tells_its_reader_and_its_writer_of_a_reset() -> None:
    async def scene() -> None:
        own, peer = tcpPair()
        _, reader, writer = streams(own)
        writer.write(bytes(8 * MEBIBYTE))
        draining = asyncio.ensure_future(writer.drain())
        await turns()
        reset(peer)
        for waiting in (draining, reader.read(1), writer.wait_closed()):
            with pytest.raises(ConnectionError):
                await waiting

    play(scene)


# What stays behind


@pytest.mark.parametrize('unsent', [0, MEBIBYTE])
def test_a_closed_one_never_touches_the_next_socket_of_its_number(unsent: int) -> None:
    async def scene() -> None:
        own, peer = localPair()
        number = own.fileno()
        former = SocketTransport(own, Events(), peer=PEER)
        former.write(bytes(unsent))
        former.abort()
        other, otherPeer = localPair()
        assert other.fileno() == number  # the lowest one that is free
        events = Events()
        transport = SocketTransport(other, events)
        transport.write(content(MEBIBYTE))
        for act in (former.pause_reading, former.resume_reading, former.close, former.abort):
            act()
        former.write(b'intruder')
        otherPeer.send(b'still read')
        await until(lambda: events.received)
        transport.close()
        assert await readAll(otherPeer) == content(MEBIBYTE)
        await readAll(peer)

    play(scene)


@pytest.mark.parametrize('end', ['close', 'abort'])
def test_one_that_is_closed_when_it_may_go_on_leaves_its_number_unwatched(end: str) -> None:
    async def scene() -> None:
        own, peer = localPair()
        number, events = own.fileno(), Events()
        transport = SocketTransport(own, events, peer=PEER)
        events.onResume = getattr(transport, end)
        transport.write(bytes(70000 + MEBIBYTE))
        received = await readAll(peer)
        assert len(received) <= 70000 + MEBIBYTE
        await until(lambda: LOST in events.seen)
        assert not asyncio.get_running_loop().remove_writer(number)
        assert events.seen.count(LOST) == 1

    play(scene)


def test_nothing_keeps_it_alive_after_its_end() -> None:
    async def scene() -> None:
        own, peer = localPair()
        transport, reader, writer = streams(own)
        peer.send(b'something')
        await reader.read(9)
        writer.write(bytes(MEBIBYTE))
        writer.close()
        await readAll(peer)
        await writer.wait_closed()
        kept = [weakref.ref(one) for one in (transport, reader, writer)]
        del transport, reader, writer
        await turns()
        assert [one() for one in kept] == [None] * 3

    with withoutCollection():
        play(scene)


def test_one_that_outlives_its_loop_is_aborted_in_silence() -> None:
    wires: list[tuple[SocketTransport, Events]] = []
    own, peer = localPair()

    async def scene() -> None:
        events = Events()
        wires.append((SocketTransport(own, events, peer=PEER), events))

    asyncio.run(scene())
    transport, events = wires[0]
    transport.abort()
    transport.close()
    assert own.fileno() < 0
    assert events.seen == ['made']
    peer.close()


# The listener


def accepting(sock: socket.socket) -> tuple[Listener, list[socket.socket]]:
    """Return a listener and those it has accepted."""
    accepted: list[socket.socket] = []
    return Listener([sock], lambda one, _: accepted.append(one)), accepted


def connected(sock: socket.socket, count: int = 1) -> list[socket.socket]:
    """Return peers that wait to be accepted."""
    return [socket.create_connection(sock.getsockname()) for _ in range(count)]


def closeAll(*socks: socket.socket) -> None:
    for sock in socks:
        sock.close()


@pytest.mark.parametrize('number', [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
def test_a_lack_of_descriptors_is_told_once_and_passes_by_itself(number: int, caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        sock = Scarce(number, isForEver=True)
        listener, accepted = accepting(sock)
        peers = connected(sock, 3)
        await asyncio.sleep(60)
        assert 50 <= sock.count <= 61  # once a second: it does not keep the loop busy
        sock.errors.clear()
        await asyncio.sleep(2)
        assert len(accepted) == 3
        sock.errors.append(number)
        peers += connected(sock)
        await asyncio.sleep(5)
        listener.close()
        closeAll(*peers, *accepted)

    run(scene())
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert os.strerror(number) in caplog.text
    assert 'ulimit -n' in caplog.text


def test_who_gives_way_makes_room_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """Peers that hold what there is do not keep others waiting; the log tells of it once."""

    async def scene() -> None:
        sock = Scarce(errno.EMFILE)
        holders, given = [5, 5], []

        def makeRoom() -> bool:
            given.append(holders.pop() if holders else 0)
            return bool(given[-1])

        accepted: list[socket.socket] = []
        listener = Listener((sock,), lambda one, _: accepted.append(one), makeRoom)
        peers = connected(sock, 1)
        await turns()
        assert (len(accepted), given) == (1, [5])
        sock.errors += [errno.EMFILE, errno.EMFILE, errno.EMFILE]
        peers += connected(sock, 1)
        await turns()
        assert (len(accepted), given) == (1, [5, 5, 0])  # nobody is left that could
        await asyncio.sleep(3)
        assert (len(accepted), given) == (2, [5, 5, 0, 0])
        listener.close()
        closeAll(*peers, *accepted)

    run(scene())
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.parametrize(
    ('most', 'part', 'share'), [(1024, 2, 100), (64, 2, 32), (64, 4, 16), (1, 4, 1), (resource.RLIM_INFINITY, 2, 100)]
)
def test_descriptors_are_left_for_others(most: int, part: int, share: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, 'getrlimit', lambda _: (most, most))
    assert descriptorShare(100, part) == share


def test_where_nothing_limits_the_descriptors_all_that_are_wanted_may_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('upnp.http.transport.sys', SimpleNamespace(platform='win32'))
    assert descriptorShare(100, 2) == 100


def test_peers_that_left_while_they_waited_stop_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        sock = Scarce(errno.ECONNABORTED, errno.EINTR, errno.EPROTO, errno.EAGAIN, errno.ECONNRESET)
        listener, accepted = accepting(sock)
        peers = connected(sock, 2)
        await turns()
        assert len(accepted) == 2
        assert [one.getblocking() for one in accepted] == [False, False]
        listener.close()
        closeAll(*peers, *accepted)

    run(scene())
    assert caplog.records == []


def test_a_crowd_is_accepted_bit_by_bit_so_that_others_have_their_turn() -> None:
    async def scene() -> None:
        sock = Scarce()
        listener, accepted = accepting(sock)
        peers = connected(sock, 100)
        counts = []
        while len(accepted) < len(peers):
            await asyncio.sleep(0)
            counts.append(len(accepted))
        assert max(after - before for before, after in zip([0, *counts], counts, strict=False)) == 32
        listener.close()
        closeAll(*peers, *accepted)

    run(scene())


def test_one_that_waits_for_descriptors_is_closed_for_good() -> None:
    async def scene() -> None:
        sock = Scarce(errno.EMFILE, isForEver=True)
        listener, _ = accepting(sock)
        peers = connected(sock)
        await turns()
        count = sock.count
        listener.close()
        listener.close()
        await asyncio.sleep(5)
        assert (sock.count, sock.fileno()) == (count, -1)
        closeAll(*peers)

    run(scene())


def test_one_that_outlives_its_loop_is_closed_in_silence() -> None:
    async def scene() -> tuple[Listener, socket.socket]:
        sock = Scarce()
        return accepting(sock)[0], sock

    listener, sock = asyncio.run(scene())
    listener.close()
    listener.close()
    assert sock.fileno() < 0


# The server on real sockets, both ways that a loop can offer


async def started() -> HTTP:
    """Return a server that listens at a free port."""
    site = Site()
    site.http = HTTP(site, 0, HERE)
    await site.http.start()
    return site.http


@pytest.mark.parametrize('loop', LOOPS.values(), ids=LOOPS)
def test_a_request_whose_sender_has_ended_gets_its_answer(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """RFC 9112 §9.6; ``nc -N`` and others do that."""

    async def scene() -> None:
        http = await started()
        peer = socket.create_connection((HERE, http.port))
        peer.setblocking(False)
        peer.send(get() + get('/nowhere'))
        peer.shutdown(socket.SHUT_WR)
        assert statuses(await readAll(peer)) == [200, 404]
        await http.stop()

    play(scene, loop)


@pytest.mark.parametrize('loop', LOOPS.values(), ids=LOOPS)
def test_a_server_stops_and_starts_again_and_again_on_one_port(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def scene() -> None:
        http = await started()
        port = http.port
        await http.stop()
        http = HTTP(http.annoncer, port, HERE)
        for _ in range(20):
            await http.start()
            reader, writer = await asyncio.open_connection(HERE, port)
            writer.write(get())
            assert (await reader.readline()) == b'HTTP/1.1 200 OK\r\n'
            await http.stop()
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    play(scene, loop)


@pytest.mark.parametrize('turn', range(6))
def test_a_connection_that_comes_as_the_server_stops_is_cut_off(turn: int) -> None:
    """However far it has come by then."""

    async def scene() -> None:
        http = await started()
        peers = [socket.create_connection((HERE, http.port)) for _ in range(3)]
        for peer in peers:
            peer.setblocking(False)
            peer.send(get()[:-2])
        for _ in range(turn):
            await asyncio.sleep(0)
        await http.stop()
        assert [await readAll(peer) for peer in peers] == [b''] * 3

    play(scene)


@pytest.mark.parametrize('sent', [b'', get()[:20], get(), POST + b'x', get() * 500])
def test_a_peer_that_resets_leaves_nothing_behind(sent: bytes) -> None:
    async def scene() -> None:
        http = await started()
        for when in range(6):
            peer = socket.create_connection((HERE, http.port))
            peer.send(sent)
            for _ in range(when):
                await asyncio.sleep(0)
            reset(peer)
        await turns()
        await until(lambda: len(asyncio.all_tasks()) == 1)
        await http.stop()

    play(scene)


def test_a_peer_that_has_left_at_once_is_known_by_its_address_all_the_same() -> None:
    """Else what it has sent would be done for nobody, and count as nobody's."""

    async def scene() -> None:
        http = await started()
        peers: list[str] = []
        route = http.server.HttpRouting

        def routing(request: HttpRequest) -> HttpAnswer:
            peers.append(request.peer[0])
            return route(request)

        http.server.HttpRouting = routing  # type: ignore[method-assign]
        for _ in range(20):
            peer = socket.create_connection((HERE, http.port))
            peer.send(get())
            reset(peer)
        await until(lambda: len(asyncio.all_tasks()) == 1 and peers)
        await http.stop()
        assert set(peers) == {HERE}

    play(scene)


def test_a_connection_of_nobody_is_not_served() -> None:
    async def scene() -> None:
        transport = FakeTransport(peer=None)  # type: ignore[arg-type]
        reader, writer = transport.connect()
        reader.feed_data(get())
        await Site().http.server.InConnection(reader, writer)
        assert transport.isAborted
        assert transport.written == b''

    run(scene())


def test_a_connection_that_was_served_is_no_garbage() -> None:
    """It is gone at once, without a search for cycles."""

    async def scene() -> None:
        http, before = await started(), alive(Connection, SocketTransport)
        peer = socket.create_connection((HERE, http.port))
        peer.setblocking(False)
        peer.send(get() + POST[:9])
        received = await asyncio.get_running_loop().sock_recv(peer, 65536)
        assert statuses(received) == [200]
        assert alive(Connection, SocketTransport) == before + 2
        peer.close()
        await until(lambda: len(asyncio.all_tasks()) == 1)
        await turns()
        assert alive(Connection, SocketTransport) == before
        await http.stop()

    with withoutCollection():
        play(scene)


# Time


def timed(scene: Callable[[asyncio.StreamReader, FakeTransport, Watch], Coroutine[Any, Any, None]]) -> list[float]:
    """Run a scene by a clock that is held; return the timers that are left when the peer has ended."""

    async def whole() -> list[float]:
        loop, transport = asyncio.get_running_loop(), FakeTransport()
        assert isinstance(loop, Watch)
        reader, writer = transport.connect()
        serving = asyncio.create_task(Site(**LIMITS).http.server.InConnection(reader, writer))
        await turns()
        await scene(reader, transport, loop)
        reader.feed_eof()
        await serving
        return loop.due

    with asyncio.Runner(loop_factory=lambda: Watch(HeldClock())) as runner:
        left = runner.run(whole())
        loop = runner.get_loop()
        assert isinstance(loop, Watch)
        assert loop.failures == []
        return left


async def passes(loop: Watch, seconds: float) -> None:
    """Let time pass, and what it brings about happen."""
    assert isinstance(loop.clock, HeldClock)
    loop.clock.advance(seconds)
    await turns()


@pytest.mark.parametrize(
    ('pieces', 'seconds'),
    [
        ([], 30),
        ([get()], 30),
        ([get(), get()], 30),
        ([get()[:5]], 10),
        ([get()[:5], get()[5:9], get()[9:15]], 10),
        ([get() + get()[:5]], 10),
        ([get(), get()[:5], get()[5:], get()[:5]], 10),
        ([get()[:5], get()[5:]], 30),
        ([POST], 15),
        ([POST + b'ab'], 15),
        ([POST + b'abcd'], 30),
        ([get('/', 'POST', '1.1', 'Transfer-Encoding: chunked') + b'2\r\nab'], 15),
        ([POST, b'abcd', POST, b'ab'], 15),
    ],
)
def test_a_peer_gets_its_time_to_the_moment(pieces: list[bytes], seconds: float) -> None:
    """From when the last thing began that is waited for: silence, a head, a body."""

    async def scene(reader: asyncio.StreamReader, transport: FakeTransport, loop: Watch) -> None:
        for piece in pieces:
            reader.feed_data(piece)
            await turns()
        await passes(loop, seconds - 0.01)
        assert not transport.isAborted
        await passes(loop, 0.01)
        assert transport.isAborted

    assert timed(scene) == []


def test_the_time_for_a_head_begins_with_its_first_byte_and_more_bytes_win_none() -> None:
    async def scene(reader: asyncio.StreamReader, transport: FakeTransport, loop: Watch) -> None:
        await passes(loop, 29)
        for byte in get()[:9]:
            reader.feed_data(bytes([byte]))
            await turns()
            await passes(loop, 1)
            assert not transport.isAborted
        await passes(loop, 0.99)
        assert not transport.isAborted
        await passes(loop, 0.01)
        assert transport.isAborted

    assert timed(scene) == []


def test_each_request_begins_the_time_anew() -> None:
    async def scene(reader: asyncio.StreamReader, transport: FakeTransport, loop: Watch) -> None:
        for _ in range(20):
            await passes(loop, 29)
            reader.feed_data(get())
            await turns()
        assert not transport.isAborted
        assert len(statuses(bytes(transport.written))) == 20
        await passes(loop, 30)
        assert transport.isAborted

    assert timed(scene) == []


def test_many_requests_leave_one_timer_and_their_end_none() -> None:
    async def scene(reader: asyncio.StreamReader, transport: FakeTransport, loop: Watch) -> None:
        for _ in range(50):
            reader.feed_data(get() + POST[:7])
            await turns()
            reader.feed_data(POST[7:] + b'ab')
            await turns()
            reader.feed_data(b'cd')
            await passes(loop, 0.5)
            assert len(loop.due) == 1
        assert len(statuses(bytes(transport.written))) == 100

    assert timed(scene) == []


def test_what_comes_in_the_moment_of_the_cut_is_not_begun() -> None:
    """Its sender sees a connection that closes, and may well send it again."""

    async def scene() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Watch)
        assert isinstance(loop.clock, HeldClock)
        own, peer = localPair()
        _, reader, writer = streams(own)
        connection = Connection(reader, writer, upnp.Limits(**LIMITS))
        asked = asyncio.ensure_future(connection.head())
        await turns()
        peer.send(get())
        loop.clock.advance(LIMITS['idleSeconds'])
        assert await asked is None
        await connection.close()
        peer.close()

    with asyncio.Runner(loop_factory=lambda: Watch(HeldClock())) as runner:
        runner.run(scene())
