"""The hosts and LANs that all other tests here stand on."""

from __future__ import annotations

import os

import pytest

from tests.lan.hosts import Host, Lan, Network, pythonCommand
from tests.lan.prompt import Prompt, PromptError
from tests.lan.ssdp import Listener, search
from tests.lan.web import fetch, withZone

pytestmark = pytest.mark.lan

TALK = """
import socket, sys
group, port, own, role = '239.255.255.250', 1900, sys.argv[1], sys.argv[2]
endpoint = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
if role == 'send':
    endpoint.sendto(b'hello', (group, port))
else:
    endpoint.bind((group, port))
    endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(own))
    print('ready', flush=True)
    endpoint.settimeout(5)
    print(endpoint.recv(100).decode())
endpoint.close()
"""

ANSWER = """
import socket, struct, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
index = struct.pack('@I', socket.if_nametoindex('eth0'))
endpoint = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
endpoint.bind(('::', 1900))
for group in ('ff02::c', 'ff05::c'):
    endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, group) + index)
class Server(HTTPServer):
    address_family = socket.AF_INET6
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.headers['Host'].encode())
    def log_message(self, *_):
        pass
server = Server(('::', 8080), Handler)
Thread(target=server.serve_forever, daemon=True).start()
print('ready', flush=True)
for group in ('ff02::c', 'ff05::c'):
    endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    endpoint.sendto(b'NOTIFY * HTTP/1.1\\r\\nNTS: ssdp:update\\r\\nNEXTBOOTID.UPNP.ORG: 7\\r\\n\\r\\n', (group, 1900))
while True:
    datagram, source = endpoint.recvfrom(1000)
    endpoint.sendto(b'HTTP/1.1 200 OK\\r\\n' + datagram.split(b'\\r\\n', 1)[1], source)
"""

CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], 9), timeout=5)
except ConnectionRefusedError:
    print('refused')
"""


def machineInterfaces() -> list[str]:
    return sorted(os.listdir('/sys/class/net'))


def test_a_datagram_to_the_group_reaches_the_other_host(deviceHost: Host, searcher: Host) -> None:
    receiver = searcher.python('-c', TALK, searcher.address, 'receive')
    assert receiver.stdout is not None
    assert receiver.stdout.readline() == 'ready\n'
    deviceHost.run(*pythonCommand('-c', TALK, deviceHost.address, 'send'))
    assert receiver.stdout.readline() == 'hello\n'


def test_a_host_on_two_lans_has_an_address_on_each(network: Network, lan: Lan) -> None:
    host = network.host('router', lan, network.lan())
    assert host.addresses == {'eth0': '192.168.1.10', 'eth1': '192.168.2.10'}
    assert sorted(host.run('ls', '/sys/class/net').stdout.split()) == ['eth0', 'eth1', 'lo']


def test_two_networks_have_the_same_names_and_do_not_meet(lan: Lan, deviceHost: Host) -> None:
    with Network() as other:
        twin = other.host(deviceHost.name, other.lan())
        assert twin.addresses == deviceHost.addresses
    assert deviceHost.run('true').returncode == 0


def test_the_machine_itself_gets_no_interface(network: Network) -> None:
    before = machineInterfaces()
    network.host('device', network.lan())
    assert machineInterfaces() == before


def test_programs_end_with_the_network() -> None:
    with Network() as network:
        program = network.host('device', network.lan()).popen('sleep', '100')
    assert program.returncode == -15


def test_a_failing_program_names_itself_its_host_and_its_error(deviceHost: Host) -> None:
    with pytest.raises(AssertionError, match=r"'ls', '/nowhere'\) on device ended with 2: .*No such file"):
        deviceHost.run('ls', '/nowhere')


def test_an_unplugged_cable_is_seen_by_the_host(lan: Lan, deviceHost: Host) -> None:
    lan.pullPlug(deviceHost)
    assert deviceHost.waitFor('link show eth0', 'NO-CARRIER')
    lan.plug(deviceHost)
    assert deviceHost.waitFor('link show eth0', 'state UP')


def test_a_prompt_gives_values_and_errors_back(prompt: Prompt) -> None:
    prompt.do('value = 6')
    assert prompt.do('value * 7') == 42
    with pytest.raises(PromptError, match='ZeroDivisionError: division by zero'):
        prompt.do('value / 0')


# IPv6, and what changes


@pytest.fixture
def pair6(network: Network, lan: Lan) -> tuple[Host, Host]:
    """Two hosts with both protocols, an answerer and a searcher."""
    return network.host('device', lan, hasIPv6=True), network.host('searcher', lan, hasIPv6=True)


def test_a_search_by_ipv6_is_heard_and_answered_in_each_way(pair6: tuple[Host, Host]) -> None:
    device, searcher = pair6
    link, wide = device.linkLocals['eth0'], device.wide
    with Listener(searcher) as listener:
        answerer = device.python('-c', ANSWER)
        assert answerer.stdout is not None
        assert answerer.stdout.readline() == 'ready\n'
        listener.waitFor(lambda seen: len(seen) == 2)
    assert {(one.source, one.to, one.interface, one.nextBootId) for one in listener.update()} == {
        (link, 'ff02::c', 'eth0', 7),
        (wide, 'ff05::c', 'eth0', 7),
    }
    asked = [
        (searcher.linkLocal, None, link, '[FF02::C]:1900'),
        (searcher.wide, None, wide, '[FF05::C]:1900'),
        (searcher.linkLocal, link, link, f'[{link}]:1900'),
        (searcher.wide, wide, wide, f'[{wide}]:1900'),
    ]
    for own, to, source, host in asked:
        (answer,) = search(searcher, 'upnp:rootdevice', own=own, to=to)
        assert (answer.source, answer.headers['HOST']) == (source, host)
    for url, host in [(f'http://[{link}]:8080/', f'[{link}]:8080'), (f'http://[{wide}]:8080/', f'[{wide}]:8080')]:
        assert fetch(searcher, withZone(url, '%eth0')).body.decode() == host


def test_an_address_that_the_kernel_made_is_tentative_at_first(pair6: tuple[Host, Host]) -> None:
    device, searcher = pair6
    address = device.generateLinkLocal()
    assert 'tentative' in device.waitFor('address show dev eth0', address)
    device.waitUntilUnique()
    assert searcher.run(*pythonCommand('-c', CONNECT, f'{address}%eth0')).stdout == 'refused\n'


def test_a_host_does_without_one_of_the_protocols(pair6: tuple[Host, Host]) -> None:
    device, searcher = pair6
    device.dropIPv4()
    searcher.disableIPv6()
    assert 'inet ' not in device.waitFor('address show dev eth0', device.wide)
    assert 'inet6' not in searcher.waitFor('address show', searcher.address)


def test_an_interface_goes_and_comes_back_and_gets_another_address(lan: Lan, deviceHost: Host, searcher: Host) -> None:
    address = deviceHost.address
    deviceHost.leave()
    assert deviceHost.run('ls', '/sys/class/net').stdout.split() == ['lo']
    assert deviceHost.join(lan, 'eth0', address) == address
    deviceHost.readdress('192.168.1.200')
    assert searcher.run(*pythonCommand('-c', CONNECT, '192.168.1.200')).stdout == 'refused\n'
    assert address not in deviceHost.waitFor('address show dev eth0', deviceHost.address)
