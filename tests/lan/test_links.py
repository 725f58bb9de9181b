"""Sockets and memberships on real networks: one for each interface, joined and left again and again, or forbidden."""

from __future__ import annotations

import json
import time

import pytest

from tests.lan.expected import LAMP_UDN, LAMP_USNS
from tests.lan.hosts import Host, Lan, Network, pythonCommand
from tests.lan.prompt import Prompt
from tests.lan.ssdp import Listener, Seen, search
from tests.lan.tools import missing, needsTool

pytestmark = pytest.mark.lan

# As on other systems, and on Linux by a loop without add_reader.
OWN_SOCKETS = 'upnp.discovery.endpoints.hasShared = lambda: False'
WAYS = {'one socket': '', 'a socket for each interface': OWN_SOCKETS}
SETTLED_SECONDS = 2.5  # after the first sets
ROUNDS = 30  # more than igmp_max_memberships, the groups that the kernel lets one socket join: 20 unless told otherwise
FORBID = 'table inet f { chain out { type filter hook output priority 0; udp dport 1900 drop; }; }'
SEARCH_BY_IPV6 = """
import json, socket, sys, time
with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
    number = socket.if_nametoindex('eth0')
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, number)
    sock.bind(('::', 0))
    lines = ['M-SEARCH * HTTP/1.1', 'HOST: [FF02::C]:1900', 'MAN: "ssdp:discover"', 'MX: 1', 'ST: ' + sys.argv[1]]
    text = '\\r\\n'.join([*lines, '', ''])
    sock.sendto(text.encode(), ('ff02::c', 1900, 0, number))
    end, answers = time.monotonic() + 1.5, []
    while (left := end - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            data, peer = sock.recvfrom(65535)
        except TimeoutError:
            break
        answers.append([peer[0], data.decode()])
print(json.dumps(answers))
"""


def announce(prompt: Prompt, way: str = '', options: str = '') -> dict[str, list[str]]:
    """Announce the lamp, in one of the ways, and return its locations."""
    if WAYS.get(way):
        prompt.do(WAYS[way])
    prompt.do(f'server = upnp.Announcer(makeLamp(), httpPort=0, {options})')
    prompt.do('await server.start()')
    locations: dict[str, list[str]] = prompt.do('server.locations')
    return locations


def searchByIPv6(host: Host, target: str) -> list[tuple[str, str]]:
    """Search by the link's group; return who answered, and what."""
    done = host.run(*pythonCommand('-c', SEARCH_BY_IPV6, target))
    return [(source, text) for source, text in json.loads(done.stdout)]


def sources(answers: list[Seen]) -> list[str]:
    return [answer.source for answer in answers]


def warnings(prompt: Prompt) -> list[str]:
    return [line for line in prompt.do('logs') if line.startswith('WARNING')]


def forbid(host: Host) -> None:
    """Have the firewall of a host let nothing out to port 1900: the kernel tells who sends EPERM."""
    done = host.run(needsTool('nft'), FORBID, check=False)
    if done.returncode:
        missing(f'a kernel with nftables: {done.stderr.strip()}')


@pytest.mark.parametrize('way', WAYS)
def test_each_of_two_lans_is_answered_once_by_its_own_address_in_both_protocols(
    way: str, network: Network, lan: Lan
) -> None:
    device = network.host('device', lan, second := network.lan(), hasIPv6=True)
    searchers = network.host('first', lan, hasIPv6=True), network.host('second', second, hasIPv6=True)
    places = zip(searchers, device.addresses.values(), device.linkLocals.values(), strict=True)
    with Prompt(device) as prompt:
        announce(prompt, way)
        for searcher, address, link in places:
            (answer,) = search(searcher, LAMP_UDN, mx=1)
            assert answer.source == address
            assert f'http://{address}:' in answer.location
            ((source, text),) = searchByIPv6(searcher, LAMP_UDN)
            assert source == link
            assert f'LOCATION: http://[{link}]:' in text
        assert warnings(prompt) == []


def waitUntilUsed(prompt: Prompt, number: int) -> None:
    """Wait until an interface is announced at, by its number."""
    end = time.monotonic() + 10
    while number not in prompt.do('[one.number for one in server.ssdp.endpoints]'):
        assert time.monotonic() < end, number
        time.sleep(0.01)


@pytest.mark.parametrize('way', WAYS)
def test_an_interface_that_went_and_came_many_times_is_still_heard(way: str, network: Network, lan: Lan) -> None:
    """The kernel counts memberships of interfaces that are no more: each has to be left."""
    device, searcher = network.host('device', lan, network.lan()), network.host('searcher', lan)
    assert int(device.run('cat', '/proc/sys/net/ipv4/igmp_max_memberships').stdout) < ROUNDS
    with Prompt(device) as prompt:
        prompt.do('import upnp.addressing.changes')
        prompt.do('upnp.addressing.changes.CALM_SECONDS = 0')  # who flaps is not waited for
        announce(prompt, way, 'ipv6=False')
        numbers = set()
        for _ in range(ROUNDS):
            device.leave('eth0')
            address = device.join(lan, 'eth0')
            numbers.add(int(device.run('cat', '/sys/class/net/eth0/ifindex').stdout))
            waitUntilUsed(prompt, max(numbers))
        assert len(numbers) == ROUNDS
        assert sources(search(searcher, LAMP_UDN, mx=1)) == [address]
        assert warnings(prompt) == []


@pytest.mark.parametrize('way', WAYS)
def test_a_firewall_that_forbids_output_is_told_once_with_what_to_do(
    way: str, deviceHost: Host, searcher: Host, prompt: Prompt
) -> None:
    """And the device is seen with the next set of advertisements when it lets them pass."""
    forbid(deviceHost)
    with Listener(searcher) as listener:
        announce(prompt, way, 'ipv6=False')
        time.sleep(SETTLED_SECONDS)
        for _ in range(3):
            prompt.do('server.notify()')
            time.sleep(0.1)
        (line,) = warnings(prompt)
        assert 'cannot send by eth0' in line
        assert 'have the firewall let UDP out, to port 1900' in line
        assert prompt.do('sum(server.ssdp.failures.values())') >= 6 * len(LAMP_USNS)
        assert listener.seen == []
        deviceHost.run('nft', 'delete', 'table', 'inet', 'f')
        prompt.do('server.notify()')
        listener.waitForAlive(LAMP_USNS, timeout=2)
        assert len(warnings(prompt)) == 1


@pytest.mark.parametrize('way', WAYS)
def test_an_interface_that_cannot_send_stops_no_other(way: str, network: Network, lan: Lan) -> None:
    """Its routes are gone (ENETUNREACH) or it is gone itself (ENODEV), and nobody was told yet."""
    device, searcher = network.host('device', network.lan(), lan), network.host('searcher', lan)
    with Listener(searcher) as listener, Prompt(device) as prompt:
        announce(prompt, way, 'ipv6=False')
        prompt.do('server.network.look = lambda: None')
        prompt.do('server.network._onChange = server.network._watch._onChange = lambda found: None')
        listener.waitForAlive(LAMP_USNS)
        time.sleep(SETTLED_SECONDS)
        for command in ('link set eth0 down', 'link del eth0'):
            device.ip(command)
            moment = time.monotonic()
            prompt.do('server.notify()')
            listener.waitFor(
                lambda seen, since=moment: len([one for one in seen if one.time > since]) >= len(LAMP_USNS)
            )
        assert sources(search(searcher, LAMP_UDN, mx=1)) == [device.addresses['eth1']]
        assert warnings(prompt) == []
        told = [line for line in prompt.do('logs') if 'cannot send by eth0' in line]
        assert len(told) == len(prompt.do('list(server.ssdp.failures.values())')) >= 1
