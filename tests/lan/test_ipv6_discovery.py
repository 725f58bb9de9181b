"""IPv6: found, described, called and subscribed to by it, beside IPv4 and without (UDA 1.1 Annex A)."""

from __future__ import annotations

import time
from typing import NamedTuple

import pytest

from tests.lan.announcing import QUIET_SECONDS, SET, SETS, addressesIn, announceLamp, bootIds, usns, waitForSets
from tests.lan.expected import LAMP_USNS
from tests.lan.gena import Subscriber, eventUrls
from tests.lan.hosts import Host, Lan, Network
from tests.lan.prompt import Prompt
from tests.lan.soap import call, controlUrls
from tests.lan.ssdp import ALIVE, Listener, Searching, Seen, search
from tests.lan.web import fetch, withZone

pytestmark = pytest.mark.lan

SWITCH = 'urn:schemas-upnp-org:service:SwitchPower:2'
STATUS = {'name': 'Status', 'dataType': 'boolean', 'sendEvents': True}
GET_STATUS = {
    'name': 'GetStatus',
    'arguments': [{'name': 'ResultStatus', 'direction': 'out', 'relatedStateVariable': 'Status'}],
}
IPV4_GROUP, LINK_GROUP, WIDE_GROUP = '239.255.255.250', 'ff02::c', 'ff05::c'
OPT = '"http://schemas.upnp.org/upnp/1/0/"; ns=01'
HOP_LIMIT = 2


class Pair(NamedTuple):
    """Two hosts with both protocols."""

    device: Host
    searcher: Host


@pytest.fixture
def pair(network: Network, lan: Lan) -> Pair:
    return Pair(network.host('device', lan, hasIPv6=True), network.host('searcher', lan, hasIPv6=True))


def makeSwitch(prompt: Prompt) -> None:
    """Have the lamp that is announced next tell its status, a `status` that can be set and is evented."""
    prompt.do(f'made = makeLamp(); made.services[0].stateVariables = [{STATUS!r}]; makeLamp = lambda: made')
    prompt.do(f'made.services[0].actions = [{GET_STATUS!r}]')
    prompt.do('status, = made.services[0].stateVariables; made.services[0].actions[0].function = lambda: status.value')


def toGroup(seen: list[Seen], group: str) -> list[Seen]:
    return [one for one in seen if one.to == group]


def assertIPv6(seen: list[Seen]) -> None:
    """Check what IPv6 messages have beside what others have."""
    for one in seen:
        assert (one.headers['OPT'], one.headers['01-NLS']) == (OPT, one.headers['BOOTID.UPNP.ORG'])


def assertUsable(prompt: Prompt, searcher: Host, subscriber: Subscriber, url: str, own: str) -> None:
    """Check that a device is described at a location, can be called and tells its events there."""
    number = prompt.do('status.value')
    location = withZone(url, '%eth0')
    assert fetch(searcher, location).status == 200
    (answer,) = call(searcher, controlUrls(searcher, location)[SWITCH], SWITCH, ('GetStatus', {}))
    assert (answer.status, answer.texts) == (200, {'ResultStatus': str(int(number))})
    subscription = subscriber.subscribe(eventUrls(searcher, location)[SWITCH], source=own)
    assert subscription.answer.status == 200, own
    subscription.waitFor(1)
    prompt.do('status.value = not status.value')
    events = subscription.waitFor(2)
    assert [(event.seq, event.texts['Status']) for event in events] == [
        (0, str(int(number))),
        (1, str(int(not number))),
    ]
    assert subscription.renew().status == subscription.unsubscribe().status == 200


def test_with_both_protocols_it_is_announced_found_and_used_at_each_address(pair: Pair) -> None:
    device, searcher = pair
    link, wide = device.linkLocals['eth0'], device.wide
    places = {IPV4_GROUP: device.address, LINK_GROUP: link, WIDE_GROUP: wide}
    with Prompt(device) as prompt, Listener(searcher) as listener, Subscriber(searcher) as subscriber:
        makeSwitch(prompt)
        locations = announceLamp(prompt)
        port = prompt.do('server.httpPort')
        urls = {
            IPV4_GROUP: f'http://{device.address}:{port}/descr.xml',
            LINK_GROUP: f'http://[{link}]:{port}/descr.xml',
            WIDE_GROUP: f'http://[{wide}]:{port}/descr.xml',
        }
        assert list(locations) == ['eth0']
        assert sorted(locations['eth0']) == sorted(urls.values())
        alive = waitForSets(listener, places=3)
        (bootId,) = bootIds(alive)
        hosts = {IPV4_GROUP: '239.255.255.250:1900', LINK_GROUP: '[FF02::C]:1900', WIDE_GROUP: '[FF05::C]:1900'}
        for group, address in places.items():
            here = toGroup(alive, group)
            assert usns(here) == sorted(LAMP_USNS * SETS)
            assert {(one.source, one.location, one.headers['HOST'], one.ttl) for one in here} == {
                (address, urls[group], hosts[group], HOP_LIMIT)
            }
        assertIPv6(toGroup(alive, LINK_GROUP) + toGroup(alive, WIDE_GROUP))
        assert all('OPT' not in one.headers for one in toGroup(alive, IPV4_GROUP))

        asked: list[tuple[str, str | None, str]] = [(searcher.address, None, IPV4_GROUP)]
        for own, group in ((searcher.linkLocal, LINK_GROUP), (searcher.wide, WIDE_GROUP)):
            asked += [(own, None, group), (own, places[group], group)]
        searches = [(Searching(searcher, 'ssdp:all', own=own, to=to), group) for own, to, group in asked]
        for searching, group in searches:
            answers = searching.answers()
            assert usns(answers) == sorted(LAMP_USNS), group
            assert {(one.source, one.location, one.bootId) for one in answers} == {(places[group], urls[group], bootId)}
            if group != IPV4_GROUP:
                assertIPv6(answers)
        for own, group in (
            (searcher.address, IPV4_GROUP),
            (searcher.linkLocal, LINK_GROUP),
            (searcher.wide, WIDE_GROUP),
        ):
            assertUsable(prompt, searcher, subscriber, urls[group], own)

        prompt.do('await server.stop()')
        listener.waitFor(lambda _seen: len(listener.byebye()) >= 3 * SET)
        for group, address in places.items():
            here = toGroup(listener.byebye(), group)
            assert usns(here) == sorted(LAMP_USNS)
            assert {(one.source, one.headers['HOST']) for one in here} == {(address, hosts[group])}


def test_without_ipv4_it_is_found_by_ipv6_and_then_by_the_address_that_came(pair: Pair) -> None:
    device, searcher = pair
    device.dropIPv4()
    with Prompt(device) as prompt, Listener(searcher) as listener, Subscriber(searcher) as subscriber:
        makeSwitch(prompt)
        (urls,) = announceLamp(prompt).values()
        assert all('[' in url for url in urls)
        before = waitForSets(listener, places=2)
        assert {one.to for one in before} == {LINK_GROUP, WIDE_GROUP}
        owns = searcher.linkLocal, searcher.wide, searcher.address
        *searches, byIPv4 = [Searching(searcher, 'upnp:rootdevice', own=own) for own in owns]
        for own, searching in zip(owns, searches, strict=False):
            (answer,) = searching.answers()
            assertUsable(prompt, searcher, subscriber, answer.location, own)
        assert byIPv4.answers() == []
        # IPv4 comes: an interface more, in a way, so that those who know the device are told of another BOOTID.
        device.ip('address add 192.168.1.100/24 brd + dev eth0')
        added = time.monotonic()
        alive = waitForSets(listener, places=3, since=added)
        assert min(bootIds(alive)) == max(bootIds(alive)) > before[0].bootId
        assert addressesIn(toGroup(alive, IPV4_GROUP)) == {'192.168.1.100'}
        assert usns(listener.update()) == sorted(LAMP_USNS * 2)
        assertIPv6(listener.update())


@pytest.mark.parametrize(('isDisabled', 'options'), [(True, ''), (False, 'ipv6=False')])
def test_without_ipv6_it_is_as_if_there_had_never_been_any(pair: Pair, isDisabled: bool, options: str) -> None:
    device, searcher = pair
    if isDisabled:
        device.disableIPv6()
    with Prompt(device) as prompt, Listener(searcher) as listener:
        locations = announceLamp(prompt, options)
        byIPv4, byIPv6 = (Searching(searcher, 'ssdp:all', own=own) for own in (searcher.address, searcher.linkLocal))
        waitForSets(listener)
        assert locations == {'eth0': [f'http://{device.address}:{prompt.do("server.httpPort")}/descr.xml']}
        assert {one.to for one in listener.seen} == {IPV4_GROUP}
        assert usns(byIPv4.answers()) == sorted(LAMP_USNS)
        assert byIPv6.answers() == []
        lines = prompt.do('logs')
        assert [line for line in lines if 'IPv6' in line or '::' in line or not line.startswith('INFO')] == []


def test_addresses_under_duplicate_detection_are_waited_for_and_a_duplicate_is_not_used(pair: Pair) -> None:
    device, searcher = pair
    device.ip(f'address del {device.wide}/64 dev eth0')
    link = device.generateLinkLocal()
    device.ip(f'address add {searcher.wide}/64 dev eth0')
    with Prompt(device) as prompt, Listener(searcher) as listener:
        locations = announceLamp(prompt)
        assert [url for url in locations['eth0'] if '[' in url] == []
        reasons = prompt.do('{one.address: reason for one, reason in server.interfaces.skipped}')
        assert reasons[link] == 'duplicate detection is under way'
        assert reasons[searcher.wide] in (reasons[link], 'another host has this address')
        before = listener.waitForAlive(LAMP_USNS)[0]
        alive = listener.waitFor(lambda seen: len(toGroup(seen, LINK_GROUP)) >= SETS * SET)
        inLink = toGroup(alive, LINK_GROUP)
        assert addressesIn(inLink) == {one.source for one in inLink} == {link}
        assert {one.kind for one in inLink} == {ALIVE}
        (bootId,) = bootIds(inLink)
        assert bootId > before.bootId
        assert usns(listener.update()) == sorted(LAMP_USNS)
        listener.waitQuiet(QUIET_SECONDS)
        assert toGroup(listener.seen, WIDE_GROUP) == []
        reasons = prompt.do('{one.address: reason for one, reason in server.interfaces.skipped}')
        assert reasons[searcher.wide] == 'another host has this address'
        assert usns(search(searcher, 'ssdp:all', own=searcher.linkLocal)) == sorted(LAMP_USNS)


def test_link_local_addresses_on_two_links_are_kept_apart(network: Network, lan: Lan) -> None:
    """The same address on both, as its meaning ends with the link."""
    second = network.lan()
    device = network.host('device', lan, second, hasIPv6=True)
    device.ip(f'address del {device.linkLocals["eth1"]}/64 dev eth1')
    device.linkLocals['eth1'] = device.linkLocals['eth0']
    device.ip(f'address add {device.linkLocals["eth1"]}/64 dev eth1 nodad')
    clients = network.host('first', lan, hasIPv6=True), network.host('second', second, hasIPv6=True)
    with Prompt(device) as prompt:
        makeSwitch(prompt)
        assert list(announceLamp(prompt)) == ['eth0', 'eth1']
        searches = [Searching(client, 'upnp:rootdevice', own=client.linkLocal) for client in clients]
        for client, searching in zip(clients, searches, strict=True):
            with Subscriber(client) as subscriber:
                (answer,) = searching.answers()
                assert (answer.source, *addressesIn([answer])) == (device.linkLocals['eth0'],) * 2
                assertUsable(prompt, client, subscriber, answer.location, client.linkLocal)
