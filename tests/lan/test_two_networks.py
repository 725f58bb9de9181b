"""Several networks and several addresses at once: each peer is told one address, that of its own link."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import pytest

from tests.lan.announcing import QUIET_SECONDS, addressesIn, announceLamp, bootIds, usns, waitForSets
from tests.lan.expected import LAMP_USNS
from tests.lan.hosts import Host, Lan, Network
from tests.lan.prompt import Prompt
from tests.lan.ssdp import Listener, Searching
from tests.lan.web import fetch

pytestmark = pytest.mark.lan

FOLLOW_SECONDS = 2.0
ROOT = 'upnp:rootdevice'


def assertFoundAt(*expected: tuple[Host, str]) -> None:
    """Check that who searches from a host is told this address alone, by itself, and can read the description there."""
    searches = [(Searching(searcher, ROOT), searcher, address) for searcher, address in expected]
    for searching, searcher, address in searches:
        answers = searching.answers()
        assert [(one.source, *addressesIn([one])) for one in answers] == [(address, address)]
        assert fetch(searcher, answers[0].location).status == 200


def addressesOf(urls: list[str]) -> list[str | None]:
    return [urlsplit(url).hostname for url in urls]


def test_a_client_on_each_of_three_networks_sees_one_location_the_third_added_while_running(
    network: Network, lan: Lan, deviceHost: Host, prompt: Prompt
) -> None:
    second, third = network.lan(), network.lan()
    deviceHost.join(second)
    clients = [network.host(name, one) for name, one in (('first', lan), ('second', second), ('third', third))]
    with Listener(clients[0]) as onFirst, Listener(clients[1]) as onSecond, Listener(clients[2]) as onThird:
        assert list(announceLamp(prompt)) == ['eth0', 'eth1']
        listeners = {'eth0': onFirst, 'eth1': onSecond, 'eth2': onThird}
        before = [waitForSets(listener)[-1].bootId for listener in (onFirst, onSecond)]
        deviceHost.join(third)
        joined = time.monotonic()
        for listener, (name, address) in zip(listeners.values(), deviceHost.addresses.items(), strict=True):
            alive = waitForSets(listener, since=joined)
            assert alive[0].time - joined < FOLLOW_SECONDS
            assert addressesIn(listener.alive()) == {one.source for one in listener.seen} == {address}, name
            assert usns(listener.update()) == (sorted(LAMP_USNS) if name != 'eth2' else [])
            assert min(bootIds(alive)) > before[0] == before[1]
        assertFoundAt(*zip(clients, deviceHost.addresses.values(), strict=True))
        port = prompt.do('server.httpPort')
        assert prompt.do('server.locations') == {
            name: [f'http://{address}:{port}/descr.xml'] for name, address in deviceHost.addresses.items()
        }


def test_of_two_addresses_on_an_interface_one_is_advertised_and_a_peer_of_the_other_subnet_is_answered_by_the_other(
    network: Network, lan: Lan, deviceHost: Host, searcher: Host, prompt: Prompt
) -> None:
    """A third one, in the first subnet, is used for nobody."""
    deviceHost.ip('address add 10.77.0.1/24 dev eth0', 'address add 192.168.1.99/24 dev eth0')
    peer = network.host('peer', lan)
    peer.readdress('10.77.0.2')
    with Listener(searcher) as listener, Listener(peer) as atPeer:
        locations = announceLamp(prompt)
        for alive in (waitForSets(listener), waitForSets(atPeer)):
            assert addressesIn(alive) == {one.source for one in alive} == {deviceHost.address}
        assert addressesOf(locations['eth0']) == [deviceHost.address, '10.77.0.1']
        direct = Searching(peer, ROOT, to='10.77.0.1')
        assertFoundAt((searcher, deviceHost.address), (peer, '10.77.0.1'))
        (answer,) = direct.answers()
        assert (answer.source, addressesIn([answer])) == ('10.77.0.1', {'10.77.0.1'})
    chosen = prompt.do('[(one.address, one.isPrimary) for one in server.interfaces.chosen]')
    assert chosen == [[deviceHost.address, True], ['10.77.0.1', False]]
    skipped = prompt.do('{one.address: reason for one, reason in server.interfaces.skipped}')
    assert skipped['192.168.1.99'] == f'{deviceHost.address} is used there'
    # What is not primary is left in silence; who knows the other is told nothing.
    with Listener(searcher) as listener:
        deviceHost.ip('address del 10.77.0.1/24 dev eth0')
        assert listener.waitQuiet(QUIET_SECONDS) == []


def test_on_overlapping_subnets_each_client_is_answered_on_the_network_it_asked_on(
    network: Network, lan: Lan, deviceHost: Host, prompt: Prompt
) -> None:
    """Also who has, on the wide network, an address that the narrow one covers: the route goes the other way."""
    second = network.lan()
    deviceHost.join(second)
    deviceHost.readdress('10.8.0.1', 'eth0', prefix=16)
    deviceHost.readdress('10.8.1.1', 'eth1', prefix=24)
    wide, narrow, covered = network.host('wide', lan), network.host('narrow', second), network.host('covered', lan)
    wide.readdress('10.8.0.2', prefix=16)
    narrow.readdress('10.8.1.2', prefix=24)
    covered.readdress('10.8.1.77', prefix=16)
    assert list(announceLamp(prompt)) == ['eth0', 'eth1']
    searching = Searching(covered, ROOT)
    assertFoundAt((wide, '10.8.0.1'), (narrow, '10.8.1.1'))
    assert [one.source for one in searching.answers()] == ['10.8.0.1']


def test_it_is_found_over_a_point_to_point_link_beside_a_network(
    network: Network, lan: Lan, deviceHost: Host, searcher: Host, prompt: Prompt
) -> None:
    wire = network.lan()
    peer = network.host('peer', wire)
    deviceHost.join(wire)
    for host, name, own, other in (
        (deviceHost, 'eth1', '10.9.0.1', '10.9.0.2'),
        (peer, 'eth0', '10.9.0.2', '10.9.0.1'),
    ):
        host.ip(f'address flush dev {name} to 0.0.0.0/0', f'address add {own} peer {other} dev {name}')
        host.addresses[name] = own
    with Listener(peer) as listener:
        assert list(announceLamp(prompt)) == ['eth0', 'eth1']
        alive = waitForSets(listener)
        assert addressesIn(alive) == {one.source for one in alive} == {'10.9.0.1'}
    assertFoundAt((peer, '10.9.0.1'), (searcher, deviceHost.address))


@pytest.mark.parametrize(
    ('advertised', 'place'),
    [
        ('192.0.2.7', '192.0.2.7:{port}'),
        ('192.0.2.7:8080', '192.0.2.7:8080'),
        ('lamp.example:8080', 'lamp.example:8080'),
    ],
)
def test_an_advertised_host_stands_in_every_location_and_for_the_host_in_documents(
    deviceHost: Host, searcher: Host, prompt: Prompt, advertised: str, place: str
) -> None:
    prompt.do("made = makeLamp(); made.presentationURL = 'http://{host}/page'; makeLamp = lambda: made")
    with Listener(searcher) as listener:
        locations = announceLamp(prompt, f'advertisedHost={advertised!r}')
        port = prompt.do('server.httpPort')
        expected = f'http://{place.format(port=port)}/descr.xml'
        assert {one.location for one in listener.waitForAlive(LAMP_USNS)} == {expected}
    assert locations == {'eth0': [expected]}
    document = fetch(searcher, f'http://{deviceHost.address}:{port}/descr.xml').body.decode()
    assert f'<presentationURL>http://{advertised.partition(":")[0]}/page</presentationURL>' in document
