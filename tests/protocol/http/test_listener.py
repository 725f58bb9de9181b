"""Listening in both protocols on one port: over loopback alone, with sockets that are told what is to be had."""

import asyncio
import errno
import gc
import logging
import os
import socket
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, ClassVar

import pytest

import upnp
from tests.protocol.fakes import FakeTransport
from tests.protocol.site import Site, get, statuses
from tests.protocol.streams import LOOPS, play, readAll, unblocked
from upnp.http.listener import ATTEMPTS, listeningSockets
from upnp.http.server import HTTP

HERE, HERE6 = '127.0.0.1', '::1'
REAL = {'0.0.0.0': HERE, '::': HERE6, '127.0.0.1': HERE, '::1': HERE6, 'fe80::1': HERE6}


class Sheltered(socket.socket):
    """A socket that listens on loopback in place of all addresses; class attributes tell what goes wrong in IPv6."""

    made: ClassVar[list[Any]] = []
    failure = 0
    outcomes: ClassVar[list[str]] = []  # of one attempt after the other; it fails when there are none left
    isAtSocket = False

    def __init__(self, family: int = -1, *arguments: Any, **options: Any) -> None:
        if family == socket.AF_INET6 and self.isAtSocket:
            raise OSError(self.failure, os.strerror(self.failure))
        super().__init__(family, *arguments, **options)

    def bind(self, place: Any) -> None:
        self.wanted = place
        self.made.append(self)
        if self.family == socket.AF_INET6:
            if self.failure and (not self.outcomes or self.outcomes.pop(0) == 'fails'):
                raise OSError(self.failure, os.strerror(self.failure))
            place = (REAL[place[0]], place[1], 0, 0)
        else:
            place = (REAL[place[0]], place[1])
        super().bind(place)


@pytest.fixture(autouse=True)
def sheltered(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Sheltered]]:
    """The sockets of this module, which never listen beyond loopback; each is closed in the end."""
    monkeypatch.setattr(Sheltered, 'made', [])
    monkeypatch.setattr('upnp.http.listener.socket.socket', Sheltered)
    yield Sheltered
    gc.collect()
    assert [sock for sock in Sheltered.made if sock.fileno() >= 0] == []


def opened(address: str = '0.0.0.0', port: int = 0, *, hasIPv6: bool = True) -> list[tuple[Any, ...]]:
    """Return the families and ports of what listens, and close it."""
    socks = listeningSockets(address, port, hasIPv6=hasIPv6, isReused=True)
    try:
        return [(sock.family, sock.getsockname()[1]) for sock in socks]
    finally:
        for sock in socks:
            sock.close()


@pytest.mark.parametrize('address', ['0.0.0.0', '::'])
def test_all_addresses_are_those_of_both_protocols_on_one_port(address: str) -> None:
    (first, port), (second, samePort) = opened(address)
    assert (first, second, port) == (socket.AF_INET, socket.AF_INET6, samePort)
    assert port > 0
    assert [one.wanted[0] for one in Sheltered.made] == ['0.0.0.0', '::']


@pytest.mark.parametrize('address', ['0.0.0.0', '::'])
def test_ipv6_can_be_left_out(address: str) -> None:
    assert [family for family, _ in opened(address, hasIPv6=False)] == [socket.AF_INET]


@pytest.mark.parametrize(('address', 'family'), [(HERE, socket.AF_INET), (HERE6, socket.AF_INET6)])
def test_one_address_is_that_one_alone(address: str, family: int) -> None:
    assert [one for one, _ in opened(address, hasIPv6=False)] == [family]


@pytest.mark.parametrize('zone', [str(socket.if_nametoindex('lo')), 'lo'])
def test_an_address_on_a_link_is_bound_to_the_links_number(zone: str) -> None:
    opened(f'fe80::1%{zone}')
    assert Sheltered.made[0].wanted == ('fe80::1', 0, 0, socket.if_nametoindex('lo'))


def test_ipv4_peers_never_come_in_disguise() -> None:
    socks = listeningSockets('::', 0, hasIPv6=True, isReused=False)
    assert socks[1].getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 1
    for sock in socks:
        sock.close()


@pytest.mark.parametrize('isAtSocket', [False, True])
@pytest.mark.parametrize('number', [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT])
@pytest.mark.parametrize('port', [0, None])
def test_a_machine_without_ipv6_listens_in_ipv4_without_a_word(
    number: int, isAtSocket: bool, port: int | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Sheltered, 'failure', number)
    monkeypatch.setattr(Sheltered, 'isAtSocket', isAtSocket)
    assert [family for family, _ in opened(port=freePort() if port is None else port)] == [socket.AF_INET]
    assert caplog.messages == []


def freePort() -> int:
    """Return a port that is free in both protocols."""
    return int(opened()[0][1])


def test_a_port_that_is_taken_in_ipv6_only_is_told_with_the_way_out(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server((HERE6, 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        assert opened(port=port) == [(socket.AF_INET, port)]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert f'HTTP port {port} is not to be had in IPv6' in caplog.text
    assert 'httpPort=0' in caplog.text


@pytest.mark.parametrize('address', ['0.0.0.0', '::', HERE, HERE6])
def test_a_port_that_is_taken_is_an_error(address: str) -> None:
    place = REAL[address] if address != '::' else HERE
    family = socket.AF_INET6 if ':' in place else socket.AF_INET
    with socket.create_server((place, 0), family=family) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(upnp.NetworkError, match=rf'HTTP port {port} .*httpPort=0'):
            opened(address, port)


@pytest.mark.parametrize('address', ['192.0.2.77', 'fe80::1%none', 'fe80::1%4000000'])
def test_an_address_that_is_not_ours_is_an_error(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('upnp.http.listener.socket.socket', socket.socket.__mro__[1])
    with pytest.raises(upnp.NetworkError, match='netBind has to be an address of this machine'):
        opened(address)


def test_a_free_port_is_one_that_is_free_in_both(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Sheltered, 'failure', errno.EADDRINUSE)
    monkeypatch.setattr(Sheltered, 'outcomes', ['fails', 'fails', 'works'])
    (_, port), (_, samePort) = opened()
    assert port == samePort
    assert len({sock.wanted[1] for sock in Sheltered.made if sock.family == socket.AF_INET6}) == 3
    assert caplog.messages == []


def test_a_free_port_is_not_looked_for_for_ever(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Sheltered, 'failure', errno.EADDRINUSE)
    assert [family for family, _ in opened()] == [socket.AF_INET]
    assert len(Sheltered.made) == 2 * ATTEMPTS
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


# The server


def serving(kind: str, scene: Callable[[HTTP], Coroutine[Any, Any, None]], netbind: str = '0.0.0.0') -> None:
    """Run a scene with a server that listens, on a kind of loop."""

    async def whole() -> None:
        site = Site()
        site.http = HTTP(site, 0, netbind)
        await scene(site.http)
        await site.http.stop()

    play(whole, LOOPS[kind])


async def asked(place: str, port: int) -> bytes:
    """Return what comes back for a request, until the end."""
    loop = asyncio.get_running_loop()
    peer, _ = unblocked(socket.create_connection((place, port)), socket.socket())
    _.close()
    await loop.sock_sendall(peer, get('/descr.xml', 'GET', '1.0'))
    return await readAll(peer)


@pytest.mark.parametrize('kind', LOOPS)
def test_both_protocols_are_served_on_every_loop_and_started_again(kind: str) -> None:
    async def scene(http: HTTP) -> None:
        for _ in range(2):
            await http.start()
            await http.start()
            assert (http.servesIPv4, http.servesIPv6) == (True, True)
            assert b'<presentationURL>http://127.0.0.1:' in await asked(HERE, http.port)
            assert b'<presentationURL>http://[::1]:' in await asked(HERE6, http.port)
            await http.stop()
            assert (http.servesIPv4, http.servesIPv6, http.port) == (False, False, 0)

    serving(kind, scene)


@pytest.mark.parametrize('kind', LOOPS)
@pytest.mark.parametrize(('hasIPv6', 'netbind'), [(False, '::'), (True, HERE)])
def test_what_is_not_asked_for_is_not_served(kind: str, hasIPv6: bool, netbind: str) -> None:
    async def scene(http: HTTP) -> None:
        http.hasIPv6 = hasIPv6
        await http.start()
        assert (http.servesIPv4, http.servesIPv6) == (True, False)
        assert statuses(await asked(HERE, http.port)) == [200]
        with pytest.raises(ConnectionRefusedError):
            await asked(HERE6, http.port)

    serving(kind, scene, netbind)


@pytest.mark.parametrize('kind', LOOPS)
def test_an_ipv6_address_alone_is_served_alone(kind: str) -> None:
    async def scene(http: HTTP) -> None:
        await http.start()
        assert (http.servesIPv4, http.servesIPv6) == (False, True)
        assert statuses(await asked(HERE6, http.port)) == [200]

    serving(kind, scene, HERE6)


@pytest.mark.parametrize('kind', LOOPS)
def test_at_addresses_that_are_not_accepted_nothing_is_answered(kind: str) -> None:
    async def scene(http: HTTP) -> None:
        await http.start()
        hosts: list[str] = []
        http.accepts = lambda host: hosts.append(host) is None and host == HERE
        assert await asked(HERE6, http.port) == b''
        assert statuses(await asked(HERE, http.port)) == [200]
        assert hosts == [HERE6, HERE]

    serving(kind, scene)


def test_the_peer_and_our_address_carry_the_number_of_their_link() -> None:
    async def scene() -> None:
        hosts: list[str] = []
        site = Site()
        site.http.accepts = lambda host: hosts.append(host) is None
        peer, own = ('fe80::2', 40000, 0, 3), ('fe80::1', 5000, 0, 3)
        transport = FakeTransport(peer, own)
        reader, writer = transport.connect()
        reader.feed_data(get('/descr.xml'))
        reader.feed_eof()
        await asyncio.create_task(site.http.server.InConnection(reader, writer))
        assert b'<presentationURL>http://[fe80::1]:5000/<' in transport.written
        assert hosts == ['fe80::1%3']

    asyncio.run(scene())


def test_a_document_is_kept_for_few_addresses() -> None:
    resource = Site().resources['/descr.xml']
    first = resource.body('127.0.0.0')
    assert resource.body('127.0.0.0') is first
    assert b'//127.0.0.99:5000/' in [resource.body(f'127.0.0.{number}') for number in range(100)][99]
    again = resource.body('127.0.0.0')
    assert again == first
    assert again is not first
