"""The hosts and LANs that all other tests here stand on."""

from __future__ import annotations

import os

import pytest

from tests.lan.hosts import Host, Lan, Network, pythonCommand
from tests.lan.prompt import Prompt, PromptError

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
