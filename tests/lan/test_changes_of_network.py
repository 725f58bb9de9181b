"""A network that changes while a device is announced: what is told where, and what goes on (UDA 1.1 §1.2.2-1.2.4)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.lan.announcing import (
    QUIET_SECONDS,
    SET,
    SETS,
    addressesIn,
    announceLamp,
    bootIds,
    usns,
    waitForSets,
)
from tests.lan.expected import LAMP_USNS, targetOf
from tests.lan.gena import Subscriber, eventUrls
from tests.lan.hosts import Host, Lan, Network
from tests.lan.prompt import Prompt
from tests.lan.ssdp import BYEBYE, Listener, Searching, Seen, search
from tests.lan.web import fetch

pytestmark = pytest.mark.lan

LOOPBACK = '127.0.0.1'
SWITCH = 'urn:schemas-upnp-org:service:SwitchPower:2'
STATUS = {'name': 'Status', 'dataType': 'boolean', 'sendEvents': True}
SOON_SECONDS = 1.0  # from a new address, where nothing was lost before, to the first message
FOLLOW_SECONDS = 2.0  # the same, where an address was replaced
NOTICE_SECONDS = 0.1  # until the kernel's word of a change has been read
PATIENCE_SECONDS = 10.0


@pytest.fixture
def listener(searcher: Host) -> Iterator[Listener]:
    with Listener(searcher) as listening:
        yield listening


def namesChosen(prompt: Prompt) -> list[str]:
    """Return what is used, by the names of the interfaces."""
    names: list[str] = prompt.do('[one.name for one in server.interfaces.chosen]')
    return names


def until(prompt: Prompt, expression: str) -> None:
    """Wait until something is true on the device's host."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not prompt.do(expression):
        assert time.monotonic() < end, expression
        time.sleep(0.02)


def since(seen: list[Seen], moment: float) -> list[Seen]:
    return [one for one in seen if one.time > moment]


def linesWith(prompt: Prompt, words: str) -> list[str]:
    return [line for line in prompt.do('logs') if words in line]


# An address that is replaced


def test_an_address_replaced_is_followed_at_once_and_the_old_one_never_named_again(
    deviceHost: Host, searcher: Host, listener: Listener, prompt: Prompt
) -> None:
    """Once in the middle of the first sets and while a search is being answered; and once in the middle of the next.

    The second time there is none for a moment, and loopback is all there is: this is no second loss.
    """
    announceLamp(prompt)
    listener.waitForAlive(LAMP_USNS)
    searching = Searching(searcher, 'ssdp:all', mx=3)
    replaced: dict[str, float] = {}
    for address, seconds in (('192.168.1.200', 0.0), ('192.168.1.201', 0.1)):
        before, former = listener.alive()[-1].bootId, deviceHost.address
        if seconds:
            deviceHost.dropIPv4()
            replaced[former] = time.monotonic() + NOTICE_SECONDS
            time.sleep(seconds)
        moment = time.monotonic()
        deviceHost.readdress(address)
        replaced.setdefault(former, time.monotonic() + NOTICE_SECONDS)
        listener.waitFor(lambda seen, address=address: address in addressesIn(since(seen, 0)))  # type: ignore[misc]
        first = next(one for one in listener.alive() if urlsplit(one.location).hostname == address)
        assert first.source == address
        assert first.time - moment < FOLLOW_SECONDS
        assert first.bootId > before
    alive = waitForSets(listener, since=first.time - NOTICE_SECONDS)
    assert len(bootIds(alive)) == 1
    told = [*listener.seen, *searching.answers()]
    for address, moment in replaced.items():
        late = since(told, moment)
        assert address not in {one.source for one in late} | addressesIn(
            [one for one in late if 'LOCATION' in one.headers]
        )
    answers = search(searcher, 'ssdp:all')
    assert usns(answers) == sorted(LAMP_USNS)
    assert {one.source for one in answers} == addressesIn(answers) == {deviceHost.address}
    assert bootIds(answers) == bootIds(alive)
    assert fetch(searcher, answers[0].location).status == 200
    assert list(prompt.do('server.locations').values()) == [[answers[0].location]]


def test_a_name_as_net_bind_follows_the_address_of_that_interface(
    network: Network, lan: Lan, deviceHost: Host, prompt: Prompt
) -> None:
    secondLan = network.lan()
    deviceHost.join(secondLan)
    hearer = network.host('hearer', lan, secondLan)
    with Listener(hearer) as listener:
        assert list(announceLamp(prompt, "netBind='eth0'")) == ['eth0']
        listener.waitForAlive(LAMP_USNS)
        moment = time.monotonic()
        deviceHost.readdress('192.168.1.200')
        listener.waitFor(lambda seen: '192.168.1.200' in addressesIn([one for one in seen if one.kind == 'ssdp:alive']))
        assert {one.interface for one in listener.seen} == {'eth0'}
        assert listener.seen[-1].time - moment < FOLLOW_SECONDS
        here, elsewhere = (Searching(hearer, 'upnp:rootdevice', own=own) for own in hearer.addresses.values())
        (answer,) = here.answers()
        assert (answer.source, addressesIn([answer])) == ('192.168.1.200', {'192.168.1.200'})
        assert fetch(hearer, answer.location).status == 200
        assert elsewhere.answers() == []


# Two networks, of which one changes


def test_a_network_that_stays_hears_of_another_lost_nothing_and_of_one_gained_an_update_and_its_events_go_on(
    network: Network, lan: Lan, deviceHost: Host, prompt: Prompt
) -> None:
    secondLan = network.lan()
    deviceHost.join(secondLan)
    hearer = network.host('hearer', lan, secondLan)
    with Listener(hearer) as listener, Subscriber(hearer) as subscriber:
        location, _ = announceLampWithStatus(prompt)
        subscription = subscriber.subscribe(eventUrls(hearer, location)[SWITCH])
        subscription.waitFor(1)
        before = waitForSets(listener, places=2)[-1]

        deviceHost.ip(f'address del {deviceHost.addresses["eth1"]}/24 dev eth1')
        lost = time.monotonic()
        prompt.do('status.value = True')
        searching = Searching(hearer, 'upnp:rootdevice')
        assert listener.waitQuiet(QUIET_SECONDS) == [one for one in listener.seen if one.time < lost]
        assert bootIds(searching.answers()) == {before.bootId}

        deviceHost.ip('address add 192.168.2.77/24 brd + dev eth1')
        gained = time.monotonic()
        alive = waitForSets(listener, places=2, since=lost)
        assert alive[0].time - gained < FOLLOW_SECONDS
        assert {(one.interface, one.source) for one in alive} == {
            ('eth0', deviceHost.address),
            ('eth1', '192.168.2.77'),
        }
        (bootId,) = bootIds(alive)
        assert bootId > before.bootId

        updates = listener.update()
        assert usns(updates) == sorted(LAMP_USNS)
        assert max(one.time for one in updates) <= alive[0].time
        expected = ('eth0', before.bootId, bootId, location, before.configId, '239.255.255.250:1900')
        for one in updates:
            fields = one.interface, one.bootId, one.nextBootId, one.location, one.configId, one.headers['HOST']
            assert (*fields, one.headers['NT']) == (*expected, targetOf(one.usn))
        prompt.do('status.value = False')
        events = subscription.waitFor(3)
        assert [(event.seq, event.texts['Status']) for event in events] == [(0, '0'), (1, '1'), (2, '0')]
        assert subscription.renew().status == 200
        assert len(since(listener.waitQuiet(QUIET_SECONDS), lost)) == SET + 2 * SETS * SET
        assert listener.byebye() == []


def announceLampWithStatus(prompt: Prompt) -> list[str]:
    """Announce a lamp that has a `status` to tell of; return its locations."""
    prompt.do(f'theLamp = makeLamp(); theLamp.services[0].stateVariables = [{STATUS!r}]')
    prompt.do('status, = theLamp.services[0].stateVariables; makeLamp = lambda: theLamp')
    return [url for urls in announceLamp(prompt).values() for url in urls]


# None at first, or for a while


@pytest.mark.parametrize(
    ('commands', 'options', 'said'),
    [
        (('link set lo down',), '', 'INFO upnp.addressing.network no network is used yet'),
        ((), "interfaces=['eth0']", "WARNING upnp.addressing.network interfaces ['eth0']: none of them is here"),
    ],
)
def test_started_without_any_network_it_says_so_and_is_there_within_a_second_of_the_first_address(
    network: Network, lan: Lan, searcher: Host, listener: Listener, commands: tuple[str, ...], options: str, said: str
) -> None:
    device = network.host('device')
    device.ip(*commands)
    with Prompt(device) as prompt:
        assert announceLamp(prompt, options) == {}
        device.join(lan)
        joined = time.monotonic()
        alive = waitForSets(listener)
        assert alive[0].time - joined < SOON_SECONDS
        assert addressesIn(alive) == {device.address}
        assert len(bootIds(alive)) == 1
        assert usns(search(searcher, 'ssdp:all')) == sorted(LAMP_USNS)
        assert fetch(searcher, alive[0].location).status == 200
        lines = prompt.do('logs')
        assert len([line for line in lines if line.startswith(said)]) == 1
        assert [line for line in lines if not line.startswith(('INFO', said))] == []


def test_loopback_is_left_with_a_byebye_when_a_network_appears(network: Network, lan: Lan, listener: Listener) -> None:
    device = network.host('device')
    with Listener(device, LOOPBACK) as onLoopback, Prompt(device) as prompt:
        assert list(announceLamp(prompt)) == ['lo']
        before = waitForSets(onLoopback)[-1]
        assert len(linesWith(prompt, 'this machine')) == 1
        device.join(lan)
        joined = time.monotonic()
        alive = waitForSets(listener)
        assert alive[0].time - joined < SOON_SECONDS
        assert alive[0].bootId > before.bootId
        here = [one for one in onLoopback.seen if one.interface == 'lo']
        byebye = [one for one in here if one.kind == BYEBYE]
        assert usns(byebye) == sorted(LAMP_USNS)
        assert bootIds(byebye) == {before.bootId}
        assert {one.source for one in byebye} == {LOOPBACK}
        assert here[-SET:] == byebye
        assert namesChosen(prompt) == ['eth0']
        assert LOOPBACK not in str(prompt.do('server.locations'))


def test_a_cable_that_is_pulled_and_plugged_in_again_has_it_announced_anew(
    lan: Lan, deviceHost: Host, searcher: Host, listener: Listener, prompt: Prompt
) -> None:
    announceLamp(prompt)
    before = waitForSets(listener)[-1]
    lan.pullPlug(deviceHost)
    until(prompt, "'eth0' not in [one.name for one in server.interfaces.chosen]")
    assert [reason for (name, *_), reason in prompt.do('server.interfaces.skipped') if name == 'eth0']
    lan.plug(deviceHost)
    plugged = time.monotonic()
    alive = waitForSets(listener, since=plugged)
    assert alive[0].time - plugged < FOLLOW_SECONDS
    (bootId,) = bootIds(alive)
    assert bootId > before.bootId
    assert namesChosen(prompt) == ['eth0']
    assert bootIds(search(searcher, 'upnp:rootdevice')) == {bootId}


# Silence


def test_after_bye_it_says_nothing_whatever_the_network_does_until_it_is_to_notify(
    lan: Lan, deviceHost: Host, searcher: Host, listener: Listener, prompt: Prompt
) -> None:
    announceLamp(prompt)
    waitForSets(listener)
    prompt.do('server.bye()')
    listener.waitForByebye(LAMP_USNS)
    silent = time.monotonic()
    deviceHost.readdress('192.168.1.200')
    until(prompt, "'192.168.1.200' in [one.address for one in server.interfaces.chosen]")
    searching = Searching(searcher, 'ssdp:all')
    deviceHost.join(lan, 'eth1')
    until(prompt, "'eth1' in [one.name for one in server.interfaces.chosen]")
    assert since(listener.waitQuiet(QUIET_SECONDS), silent) == []
    assert searching.answers() == []
    prompt.do('server.notify()')
    alive = waitForSets(listener, places=2, since=silent)
    assert addressesIn(alive) == {'192.168.1.200', deviceHost.addresses['eth1']}


def test_it_ends_at_once_while_a_change_has_not_settled(
    lan: Lan, deviceHost: Host, listener: Listener, prompt: Prompt
) -> None:
    """What it has announced it takes back, in the place that is still there; what is still to come never comes."""
    announceLamp(prompt)
    waitForSets(listener)
    deviceHost.join(lan, 'eth1')
    began = time.monotonic()
    prompt.do('await server.stop()')
    assert time.monotonic() - began < SOON_SECONDS
    byebye = listener.waitForByebye(LAMP_USNS)
    assert deviceHost.addresses['eth0'] in {one.source for one in byebye}
    assert since(listener.waitQuiet(QUIET_SECONDS), byebye[-1].time) == []
