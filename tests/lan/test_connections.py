"""Connections from other hosts to the HTTP server: many, slow, stubborn ones, and what is left of them."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.lan.hosts import RUN_SECONDS, Host, Lan, Network
from tests.lan.prompt import Prompt
from tests.lan.web import fetch

pytestmark = pytest.mark.lan

PORT = 5000
HOSTS, CONNECTIONS_PER_HOST = 4, 50
RESTARTS = 50
SPARE_DESCRIPTORS = 6
LEFT_OPEN = "sorted(os.listdir('/proc/self/fd'))"
GET = 'GET /descr.xml HTTP/1.1\r\nHost: {host}\r\n\r\n'

# Each program gets the device's address; its last line is a value as JSON.
BEGIN = f"""
import json, socket, sys, time
where, get = (sys.argv[1], {PORT}), {GET!r}.format(host=sys.argv[1]).encode()

def connect():
    sock = socket.create_connection(where, timeout=10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock

def readAll(sock):
    received = bytearray()
    try:
        while piece := sock.recv(65536):
            received += piece
    except ConnectionError:
        pass
    return bytes(received)

def statuses(received):
    return [int(part[1:4]) for part in received.split(b'HTTP/1.1')[1:]]

def ready():
    print('ready', flush=True)
    sys.stdin.readline()
"""
ONE_AFTER_THE_OTHER = """
sock, seen = connect(), []
for number in range(20):
    sock.sendall(get)
    head, _, body = sock.recv(65536).partition(b'\\r\\n\\r\\n')
    length = int(head.split(b'CONTENT-LENGTH: ')[1].split()[0])
    while len(body) < length:
        body += sock.recv(65536)
    seen.append((int(head.split()[1]), len(body) == length))
print(json.dumps(seen))
"""
ALL_IN_ONE = """
sock = connect()
sock.sendall(get * 200)
sock.shutdown(socket.SHUT_WR)
print(json.dumps(statuses(readAll(sock))))
"""
BYTE_BY_BYTE = """
sock = connect()
for byte in get * 3:
    sock.sendall(bytes([byte]))
sock.shutdown(socket.SHUT_WR)
print(json.dumps(statuses(readAll(sock))))
"""
CROWD = """
socks = [connect() for _ in range(int(sys.argv[2]))]
ready()
for sock in socks:
    sock.sendall(get)
    sock.shutdown(socket.SHUT_WR)
print(json.dumps([statuses(readAll(sock)) for sock in socks]))
"""
HOLD = """
socks = [connect() for _ in range(int(sys.argv[2]))]
ready()
for sock in socks:
    sock.close()
print(len(socks))
"""
IDLE = """
socks = [connect() for _ in range(int(sys.argv[2]))]
for sock in socks:
    sock.sendall(get[:9])
ready()
print(json.dumps([len(readAll(sock)) for sock in socks]))
"""
NEVER_READS = """
sock = connect()
sock.setblocking(False)
sent = quiet = 0
while quiet < 20:
    try:
        sent += sock.send(get * 100)
        quiet = 0
    except BlockingIOError:
        quiet += 1
        time.sleep(0.01)
ready()
sock.settimeout(10)
try:
    while True:
        sock.sendall(get)
except ConnectionError:
    print(json.dumps('cut off'))
"""


class Peer:
    """One of these programs on a host, ready."""

    def __init__(self, host: Host, device: Host, program: str, *args: str) -> None:
        self._program = host.python('-c', BEGIN + program, device.address, *args, stdin=subprocess.PIPE)
        assert self._program.stdout is not None
        assert self._program.stdout.readline() == 'ready\n', self._program.communicate(timeout=RUN_SECONDS)

    def goOn(self) -> None:
        """Have it do the rest."""
        assert self._program.stdin is not None
        self._program.stdin.write('\n')
        self._program.stdin.flush()

    def result(self) -> Any:
        """Wait for its end; return what it has printed."""
        return resultOf(self._program)


def resultOf(program: subprocess.Popen[str]) -> Any:
    output, errors = program.communicate(timeout=RUN_SECONDS)
    assert errors == ''
    return json.loads(output)


def ran(host: Host, device: Host, program: str) -> Any:
    """Run one of these programs, and return what it has printed."""
    return resultOf(host.python('-c', BEGIN + program, device.address))


@pytest.fixture
def lamp(prompt: Prompt) -> Prompt:
    """A prompt where a lamp is announced by `server`."""
    # With all hosts on one machine, a turn of the loop may have to wait for a processor: that is no fault of its own.
    prompt.do('asyncio.get_running_loop().slow_callback_duration = 5')
    start(prompt)
    return prompt


def start(prompt: Prompt, options: str = '') -> None:
    prompt.do(f'server = upnp.Announcer(makeLamp(), httpPort={PORT}, {options})')
    prompt.do('await server.start()')


def location(device: Host) -> str:
    return f'http://{device.address}:{PORT}/descr.xml'


def test_a_connection_serves_one_request_after_the_other(lamp: Prompt, deviceHost: Host, searcher: Host) -> None:
    """UDA 1.1 §2.1, RFC 9112 §9.3."""
    assert ran(searcher, deviceHost, ONE_AFTER_THE_OTHER) == [[200, True]] * 20


@pytest.mark.parametrize(('program', 'count'), [(ALL_IN_ONE, 200), (BYTE_BY_BYTE, 3)])
def test_requests_may_come_all_in_one_and_byte_by_byte(
    lamp: Prompt, deviceHost: Host, searcher: Host, program: str, count: int
) -> None:
    """RFC 9112 §9.3.2."""
    assert ran(searcher, deviceHost, program) == [200] * count


def test_two_hundred_connections_at_once_are_served_and_leave_nothing(
    network: Network, lan: Lan, lamp: Prompt, deviceHost: Host, searcher: Host
) -> None:
    before = lamp.do(LEFT_OPEN)
    hosts = [searcher, *(network.host(f'peer{number}', lan) for number in range(1, HOSTS))]
    peers = [Peer(host, deviceHost, CROWD, str(CONNECTIONS_PER_HOST)) for host in hosts]
    for peer in peers:
        peer.goOn()
    assert [peer.result() for peer in peers] == [[[200]] * CONNECTIONS_PER_HOST] * HOSTS
    assert lamp.do(LEFT_OPEN) == before
    assert lamp.do('logs') == lamp.do("[line for line in logs if line.startswith('INFO')]")


def test_a_peer_that_never_reads_holds_up_nobody_and_is_cut_off(
    prompt: Prompt, deviceHost: Host, searcher: Host
) -> None:
    start(prompt, 'limits=upnp.Limits(writeSeconds=1.5)')
    before = prompt.do(LEFT_OPEN)
    peer = Peer(searcher, deviceHost, NEVER_READS)
    assert fetch(searcher, location(deviceHost)).status == 200
    peer.goOn()
    assert peer.result() == 'cut off'
    assert prompt.do(LEFT_OPEN) == before


def test_stop_cuts_off_every_connection(lamp: Prompt, deviceHost: Host, searcher: Host) -> None:
    lamp.do('await server.stop()')
    before = lamp.do(LEFT_OPEN)
    lamp.do('await server.start()')
    peer = Peer(searcher, deviceHost, IDLE, '20')
    lamp.do('await server.stop()')
    assert lamp.do(LEFT_OPEN) == before
    assert lamp.do('[task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]') == []
    peer.goOn()
    assert peer.result() == [0] * 20


def test_it_starts_and_stops_again_and_again_on_one_port(lamp: Prompt, deviceHost: Host) -> None:
    """A connection that we have closed ourselves keeps the port busy for a minute, as TCP wants it."""
    lamp.do('await server.stop()')
    before = lamp.do(LEFT_OPEN)
    for _ in range(RESTARTS):
        lamp.do('await server.start()')
        lamp.do(f"reader, writer = await asyncio.open_connection('{deviceHost.address}', {PORT})")
        lamp.do(f'writer.write({GET.format(host=deviceHost.address)!r}.encode())')
        assert lamp.do('(await reader.readline()).decode()') == 'HTTP/1.1 200 OK\r\n'
        lamp.do('await server.stop()')
        lamp.do('writer.close()')
        lamp.do('await asyncio.wait([asyncio.ensure_future(writer.wait_closed())])')
    lamp.do('del reader, writer')
    assert lamp.do(LEFT_OPEN) == before


def test_a_device_without_descriptors_serves_newcomers_in_the_place_of_the_idle(
    lamp: Prompt, deviceHost: Host, searcher: Host
) -> None:
    lamp.do('import resource, time')
    lamp.do('former = resource.getrlimit(resource.RLIMIT_NOFILE)')
    lamp.do(f"limit = max(map(int, os.listdir('/proc/self/fd'))) + {SPARE_DESCRIPTORS}")
    lamp.do('resource.setrlimit(resource.RLIMIT_NOFILE, (limit, former[1]))')
    peer = Peer(searcher, deviceHost, HOLD, '20')
    lamp.do('used = time.process_time()')
    lamp.do('await asyncio.sleep(2.5)')
    assert lamp.do('time.process_time() - used') < 0.5
    assert fetch(searcher, location(deviceHost)).status == 200
    peer.goOn()
    assert lamp.do("[line for line in logs if not line.startswith('INFO')]") == [
        'WARNING upnp.http.listener descriptors are used up (Too many open files): '
        'the connections idle longest give way; raise the limit of open files (ulimit -n)'
    ]
    assert peer.result() == 20
    assert fetch(searcher, location(deviceHost)).status == 200
