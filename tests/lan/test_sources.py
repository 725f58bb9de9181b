"""Whose searches are answered: who is on the link that they came in on, this machine, and who is allowed.

A datagram may bear any source, and the answers go there: a device that answers everybody floods whom a stranger names.
Linux drops some sources by itself; where a test says `trustSources`, it has been told to let them through, with
rp_filter=0, accept_local=1 and route_localnet=1, so that what is seen is the device's own doing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.lan.announcing import announceLamp, waitForSets
from tests.lan.conftest import makeNetwork
from tests.lan.expected import LAMP_USNS
from tests.lan.hosts import Host, Lan, Network
from tests.lan.prompt import Prompt
from tests.lan.ssdp import Listener, Searching, Seen, isGroup, search
from tests.lan.wire import GROUP, Outgoing, forged, hardwareOf, startForging, trustSources, udpCounts

pytestmark = pytest.mark.lan

ROOT = 'upnp:rootdevice'
LINK_GROUP, SITE_GROUP = 'ff02::c', 'ff05::c'
PORT = 40_000  # that strangers search from
OWN_SOCKETS = 'upnp.discovery.endpoints.hasShared = lambda: False'


class Place(NamedTuple):
    """A device on two networks, and on the first of them a stranger and somebody honest."""

    device: Host
    stranger: Host
    honest: Host
    prompt: Prompt


def announceQuietly(prompt: Prompt, hearer: Host, options: str = '', places: int = 1) -> None:
    """Announce the lamp, and wait until its advertisements are over."""
    with Listener(hearer) as listener:
        announceLamp(prompt, options)
        waitForSets(listener, places)


@pytest.fixture(scope='module')
def place() -> Iterator[Place]:
    """Both protocols, and a kernel that lets through whatever can be let through."""
    with makeNetwork() as network:
        lan, second = network.lan(), network.lan()
        device = network.host('device', lan, second, hasIPv6=True)
        stranger, honest = network.host('stranger', lan, hasIPv6=True), network.host('honest', lan, hasIPv6=True)
        trustSources(device)
        with Prompt(device) as prompt:
            announceQuietly(prompt, honest, places=3)
            yield Place(device, stranger, honest, prompt)


def usns(answers: list[Seen]) -> list[str]:
    return sorted(answer.usn for answer in answers)


def assertFound(*asked: tuple[Host, str | None, str | None]) -> None:
    """Check that all is found by searches that are made at once: from a host, by an address of it, to a place."""
    searches = [Searching(host, 'ssdp:all', own=own, to=to) for host, own, to in asked]
    for searching, (host, own, to) in zip(searches, asked, strict=True):
        assert usns(searching.answers()) == sorted(LAMP_USNS), (host.name, own, to)


def assertUnanswered(place: Place, to: str, *sources: tuple[str, int], arrive: int | None = None) -> None:
    """Check that searches under these sources have the device send nothing, and ask nobody for a hardware address.

    Somebody honest searches afterwards, and is answered: the time of answers to the others is over by then.

    :param sources: addresses and ports.
    :param arrive: how many of them the kernel hands to the device; all unless given.
    """
    device, stranger, honest, prompt = place
    own = honest.linkLocal if ':' in to else honest.address
    name = '6InDatagrams' if ':' in to else 'InDatagrams'
    device.ip('neigh flush all')  # nobody else's search is to be seen here
    before = udpCounts(prompt)[name]
    with Outgoing(device) as outgoing:
        for port in {port for _, port in sources}:
            addresses = [address for address, at in sources if at == port]
            options = ['--port', str(port), *hardwareOption(device, to)]
            assert forged(startForging(stranger, addresses, to=to, target=ROOT, options=options)).sent == len(addresses)
        assert len(search(honest, ROOT, own=own)) == 1
        arrived = udpCounts(prompt)[name] - before
    assert arrived == 1 + (len(sources) if arrive is None else arrive)
    assert outgoing.addresses <= {honest.address, honest.wide, *honest.linkLocals.values()}
    assert len(outgoing.sent) == 1


def hardwareOption(device: Host, to: str) -> list[str]:
    """Return the option that has a search reach a device where it lives on the first network."""
    return [] if isGroup(to) else ['--hardware', hardwareOf(device)]


def directly(device: Host, to: str) -> str:
    """Return where a search goes: to a group, or to the device's address on a network (`eth0`)."""
    return device.addresses.get(to) or to


# What no host on the link has for an address (RFC 1122 §3.2.1.3), or not on this link.
IMPOSSIBLE = ('255.255.255.255', GROUP, '0.0.0.0')  # the kernel drops them, whatever it was told
BOGUS = ('192.168.1.255', '192.168.1.0', '127.0.0.1', '127.1.2.3', '240.0.0.1', '203.0.113.5')


@pytest.mark.parametrize('to', [GROUP, 'eth0', 'eth1'])
def test_a_source_that_is_no_host_on_the_link_gets_nothing(place: Place, to: str) -> None:
    """Broadcast and group addresses, loopback, reserved ones and those of elsewhere; they arrive by `trustSources`.

    One of the other network gets nothing by the address that the device has there either: the search did not come in
    there. Nor does port 0: RFC 768 has it stand for no port.
    """
    device, stranger = place.device, place.stranger
    sources = [(one, PORT) for one in (*IMPOSSIBLE, *BOGUS, '192.168.2.77')]
    assertUnanswered(place, directly(device, to), *sources, (stranger.address, 0), arrive=len(sources) - 2)


def test_nothing_leaves_the_machine_for_a_source_that_is_its_own(place: Place) -> None:
    """It is answered as a program on this machine would be, and only there: `accept_local` let it in.

    Also where it is the address on the other network: by the group, and by each of the device's addresses.
    """
    device, stranger, honest, _prompt = place
    device.ip('neigh flush all')
    asked = [
        *((to, list(device.addresses.values())) for to in (GROUP, *device.addresses.values())),
        *((to, list(device.wides.values())) for to in (LINK_GROUP, SITE_GROUP)),
    ]
    with Outgoing(device) as outgoing:
        for to, sources in asked:
            options = hardwareOption(device, to)
            assert forged(startForging(stranger, sources, to=to, target=ROOT, options=options)).sent == len(sources)
        assert len(search(honest, ROOT)) == 1
    assert outgoing.addresses == {honest.address}


@pytest.mark.parametrize('to', [LINK_GROUP, SITE_GROUP, 'link', 'wide', 'other'])
def test_an_ipv6_source_that_is_no_host_on_the_link_gets_nothing(place: Place, to: str) -> None:
    """One of the other network, one of nobody here, no address, and no port; `other` is the device's address there."""
    sources = [(one, PORT) for one in ('fd00:2::77', '2001:db8::5', '::')]
    assertUnanswered(place, ipv6Directly(place.device, to), *sources, (place.stranger.wide, 0))


def ipv6Directly(device: Host, to: str) -> str:
    """Return where a search goes: to a group, or to one of the device's addresses."""
    places = {'link': device.linkLocals['eth0'], 'wide': device.wides['eth0'], 'other': device.wides['eth1']}
    return places.get(to, to)


def test_link_local_and_wide_sources_of_the_link_are_answered(place: Place) -> None:
    """In every way that a host may search by IPv6; to link-local places under a link-local address."""
    device, _stranger, honest, _prompt = place
    assertFound(
        *((honest, honest.linkLocal, to) for to in (LINK_GROUP, SITE_GROUP, device.linkLocals['eth0'], device.wide)),
        *((honest, honest.wide, to) for to in (SITE_GROUP, device.wide)),
    )


@pytest.mark.parametrize('interface', ['eth0', 'eth1'])
def test_a_program_on_the_devices_own_host_is_answered(place: Place, interface: str) -> None:
    """By the group, and by each of its addresses, from each of its addresses, in both protocols."""
    device, link = place.device, place.device.linkLocals[interface]
    assertFound(
        *((device, device.addresses[interface], to) for to in (None, *device.addresses.values())),
        *((device, device.wides[interface], to) for to in (None, *device.wides.values())),
        *((device, f'{link}%{interface}', to) for to in (None, link)),
    )


@pytest.fixture
def far(network: Network, lan: Lan, deviceHost: Host) -> Host:
    """A host behind a router that the device knows of."""
    behind = network.lan()
    router, far = network.host('router', lan, behind, hasIPv6=True), network.host('far', behind, hasIPv6=True)
    router.run('sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1')
    deviceHost.ip(f'route add default via {router.addresses["eth0"]}')
    far.ip(f'route add default via {router.addresses["eth1"]}')
    return far


@pytest.mark.parametrize('allowed', ['192.168.0.0/16', '{far}', ''])
def test_a_client_behind_a_router_is_answered_where_its_network_is_allowed(
    deviceHost: Host, far: Host, searcher: Host, prompt: Prompt, allowed: str
) -> None:
    """Also where its search comes by the group, as passed on by a router of multicasts (UDA 1.1 §1.1: the TTL is 2)."""
    trustSources(deviceHost)
    networks = [allowed.format(far=far.address)] if allowed else []
    announceQuietly(prompt, searcher, f'allowedNetworks={networks!r}')
    with Outgoing(deviceHost) as outgoing:
        searches = [Searching(far, 'ssdp:all', to=deviceHost.address), Searching(searcher, 'ssdp:all')]
        forged(startForging(searcher, [far.address]))
        answers, near = (searching.answers() for searching in searches)
    assert usns(near) == sorted(LAMP_USNS)
    assert usns(answers) == sorted(LAMP_USNS) * len(networks)
    assert {answer.source for answer in answers} <= {deviceHost.address}
    ports = [one.port for one in outgoing.sent if one.to == far.address]
    assert ports.count(PORT) == len(LAMP_USNS) * len(networks)
    assert bool(ports) == bool(networks)


@pytest.mark.parametrize('isAllowed', [False, True])
def test_an_ipv6_client_behind_a_router_is_answered_where_its_network_is_allowed(
    network: Network, lan: Lan, isAllowed: bool
) -> None:
    behind = network.lan()
    device, near = network.host('device', lan, hasIPv6=True), network.host('near', lan, hasIPv6=True)
    router, far = network.host('router', lan, behind, hasIPv6=True), network.host('far', behind, hasIPv6=True)
    router.run('sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1')
    device.ip(f'route add ::/0 via {router.wides["eth0"]}')
    far.ip(f'route add ::/0 via {router.wides["eth1"]}')
    with Prompt(device) as prompt:
        announceQuietly(prompt, near, "allowedNetworks=['fd00:2::/64']" * isAllowed, places=3)
        searches = [Searching(host, 'ssdp:all', own=host.wide, to=device.wide) for host in (far, near)]
        answers, others = (usns(searching.answers()) for searching in searches)
        assert answers == sorted(LAMP_USNS) * isAllowed
        assert others == sorted(LAMP_USNS)


def test_a_peer_in_the_subnet_of_a_second_address_is_on_the_link(
    network: Network, lan: Lan, deviceHost: Host, searcher: Host, prompt: Prompt
) -> None:
    """By the group, and by each of the device's addresses; one of a third subnet is not."""
    deviceHost.ip('address add 10.77.0.1/24 dev eth0')
    peer, other = network.host('peer', lan), network.host('other', lan)
    peer.readdress('10.77.0.2')
    other.readdress('10.78.0.2')
    for host in (deviceHost, searcher, peer, other):
        host.ip('route add default dev eth0')
    announceQuietly(prompt, searcher)
    places = (None, '10.77.0.1', deviceHost.address)
    unheard = [Searching(other, 'ssdp:all', to=to) for to in places]
    assertFound(*((host, None, to) for host in (peer, searcher) for to in places))
    assert [searching.answers() for searching in unheard] == [[], [], []]


def test_over_a_point_to_point_link_the_peer_is_answered_and_nobody_else(network: Network) -> None:
    """Its prefix is that of the peer's address: 10.9.0.2/32."""
    wire = network.lan()
    device, peer = network.host('device', wire), network.host('peer', wire)
    for host, own, other in ((device, '10.9.0.1', '10.9.0.2'), (peer, '10.9.0.2', '10.9.0.1')):
        host.ip('address flush dev eth0 to 0.0.0.0/0', f'address add {own} peer {other}/32 dev eth0')
        host.addresses['eth0'] = own
    trustSources(device)
    with Prompt(device) as prompt:
        announceQuietly(prompt, peer)
        assertFound((peer, None, None), (peer, None, '10.9.0.1'))
        with Outgoing(device) as outgoing:
            forged(startForging(peer, ['10.9.0.3', '10.9.0.0'], target=ROOT))
            assert len(search(peer, ROOT)) == 1
        assert outgoing.addresses <= {'10.9.0.2'}


def test_on_each_of_two_networks_one_is_answered_by_the_group_and_by_the_address_there(
    network: Network, lan: Lan
) -> None:
    second = network.lan()
    device, clients = network.host('device', lan, second), [network.host('a', lan), network.host('b', second)]
    with Prompt(device) as prompt:
        announceQuietly(prompt, clients[0])
        places = list(zip(clients, device.addresses.values(), strict=True))
        assertFound(*((client, None, to) for client, address in places for to in (None, address)))


def test_without_a_shared_socket_a_source_off_the_link_gets_nothing_either(network: Network, lan: Lan) -> None:
    """As on systems where each interface has a socket of its own."""
    second = network.lan()
    device, stranger = network.host('device', lan, second), network.host('stranger', lan)
    trustSources(device)
    with Prompt(device) as prompt:
        prompt.do(OWN_SOCKETS)
        announceQuietly(prompt, stranger)
        with Outgoing(device) as outgoing:
            forged(startForging(stranger, ['192.168.2.77', '203.0.113.5', '192.168.1.255', '127.0.0.1'], target=ROOT))
            assert len(search(stranger, ROOT)) == 1
        assert outgoing.addresses <= {stranger.address}
