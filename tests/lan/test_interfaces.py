"""Several interfaces, several LANs, several announcers on one host: who hears what, and from which address."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.lan.expected import LAMP_USNS, usnsOf
from tests.lan.hosts import Host, Lan, Network
from tests.lan.prompt import Prompt
from tests.lan.ssdp import ALIVE, BYEBYE, Listener, Seen, search
from tests.lan.web import fetch

pytestmark = pytest.mark.lan

LOOPBACK = '127.0.0.1'
OTHER_UUID, OTHER_SENSOR_UUID = '0b9a7a60-5b1e-4c57-8a47-0242ac110004', '0b9a7a60-5b1e-4c57-8a47-0242ac110005'
OTHER_USNS = usnsOf(f'uuid:{OTHER_UUID}', f'uuid:{OTHER_SENSOR_UUID}')
START = 'await server.start()'


@pytest.fixture
def secondLan(network: Network) -> Lan:
    return network.lan()


def announce(prompt: Prompt, options: str = '') -> dict[str, list[str]]:
    """Start announcing the lamp, and return its locations."""
    prompt.do(f'server = upnp.Announcer(makeLamp(), httpPort=0, {options})')
    prompt.do(START)
    locations: dict[str, list[str]] = prompt.do('server.locations')
    return locations


def usns(answers: list[Seen]) -> list[str]:
    return sorted(answer.usn for answer in answers)


def addressesIn(seen: list[Seen]) -> set[str | None]:
    return {urlsplit(one.location).hostname for one in seen}


def test_each_of_two_lans_gets_one_answer_a_target_with_its_own_address(
    network: Network, lan: Lan, secondLan: Lan
) -> None:
    device = network.host('device', lan, secondLan)
    searchers = network.host('first', lan), network.host('second', secondLan)
    with Prompt(device) as prompt:
        announce(prompt)
        for one, address in zip(searchers, device.addresses.values(), strict=True):
            answers = search(one, 'ssdp:all')
            assert usns(answers) == sorted(LAMP_USNS)
            assert addressesIn(answers) == {answer.source for answer in answers} == {address}
            assert fetch(one, answers[0].location).status == 200


def test_each_of_two_lans_hears_its_own_announcements_and_byebyes(network: Network, lan: Lan, secondLan: Lan) -> None:
    device, hearer = network.host('device', lan, secondLan), network.host('hearer', lan, secondLan)
    with Listener(hearer) as listener:
        with Prompt(device) as prompt:
            announce(prompt)
            listener.waitFor(lambda seen: len({(one.usn, one.interface) for one in seen}) == 2 * len(LAMP_USNS))
            prompt.do('await server.stop()')
            listener.waitFor(lambda _seen: len(listener.byebye()) >= 2 * len(LAMP_USNS))
        for interface, address in device.addresses.items():
            here = [one for one in listener.seen if one.interface == interface]
            assert {one.source for one in here} == {address}
            assert addressesIn([one for one in here if one.kind == ALIVE]) == {address}
            assert usns([one for one in here if one.kind == BYEBYE]) == sorted(LAMP_USNS)


def test_each_address_answers_a_unicast_search_with_itself(network: Network, lan: Lan, secondLan: Lan) -> None:
    device = network.host('device', lan, secondLan)
    searchers = network.host('first', lan), network.host('second', secondLan)
    with Prompt(device) as prompt:
        announce(prompt)
        for one, address in zip(searchers, device.addresses.values(), strict=True):
            answers = search(one, 'ssdp:all', to=address)
            assert usns(answers) == sorted(LAMP_USNS)
            assert addressesIn(answers) == {answer.source for answer in answers} == {address}


def test_two_interfaces_in_one_subnet_are_each_found_there(network: Network, lan: Lan, searcher: Host) -> None:
    device = network.host('device', lan, lan)
    with Listener(searcher) as listener, Prompt(device) as prompt:
        locations = announce(prompt)
        assert list(locations) == ['eth0', 'eth1']
        listener.waitFor(lambda seen: addressesIn(seen) == set(device.addresses.values()))
        answers = search(searcher, LAMP_USNS[1])
        assert 1 <= len(answers) <= len(locations)
        assert all(fetch(searcher, answer.location).status == 200 for answer in answers)


def test_locations_name_each_interface_and_its_url(network: Network, lan: Lan, secondLan: Lan) -> None:
    device = network.host('device', lan, secondLan)
    with Prompt(device) as prompt:
        locations = announce(prompt)
        port = prompt.do('server.httpPort')
    assert locations == {name: [f'http://{address}:{port}/descr.xml'] for name, address in device.addresses.items()}


def test_interfaces_named_are_the_only_ones_used(network: Network, lan: Lan, secondLan: Lan) -> None:
    device = network.host('device', lan, secondLan)
    searchers = network.host('first', lan), network.host('second', secondLan)
    with Prompt(device) as prompt:
        assert list(announce(prompt, "interfaces=['eth1']")) == ['eth1']
        assert search(searchers[0], 'upnp:rootdevice') == []
        assert len(search(searchers[1], 'upnp:rootdevice')) == 1


@pytest.mark.parametrize('ignored', ['eth0', 'eth0*', '192.168.1.10'])
def test_an_ignored_interface_is_left_alone(network: Network, lan: Lan, secondLan: Lan, ignored: str) -> None:
    device, hearer = network.host('device', lan, secondLan), network.host('hearer', lan, secondLan)
    with Listener(hearer) as listener, Prompt(device) as prompt:
        assert list(announce(prompt, f'ignoredInterfaces=[{ignored!r}]')) == ['eth1']
        seen = listener.waitForAlive(LAMP_USNS)
        assert {one.interface for one in seen} == {'eth1'}


def test_an_address_as_net_bind_confines_the_announcer_to_it(network: Network, lan: Lan, secondLan: Lan) -> None:
    device = network.host('device', lan, secondLan)
    searchers = network.host('first', lan), network.host('second', secondLan)
    with Prompt(device) as prompt:
        announce(prompt, f'netBind={device.addresses["eth1"]!r}')
        assert search(searchers[0], 'upnp:rootdevice') == []
        (answer,) = search(searchers[1], 'upnp:rootdevice')
        assert answer.source == device.addresses['eth1']


def test_loopback_is_used_and_said_so_while_it_is_all_there_is(network: Network) -> None:
    device = network.host('device')
    with Listener(device, LOOPBACK) as listener, Prompt(device) as prompt:
        locations = announce(prompt)
        assert list(locations) == ['lo']
        assert addressesIn(listener.waitForAlive(LAMP_USNS)) == {LOOPBACK}
        assert usns(search(device, 'ssdp:all', own=LOOPBACK)) == sorted(LAMP_USNS)
        assert fetch(device, locations['lo'][0]).status == 200
        said = [line for line in prompt.do('logs') if line.startswith('INFO') and 'this machine' in line]
    assert len(said) == 1


def test_loopback_is_left_alone_where_there_is_a_network(deviceHost: Host, prompt: Prompt) -> None:
    with Listener(deviceHost, LOOPBACK, deviceHost.address) as listener:
        assert list(announce(prompt)) == ['eth0']
        assert {one.interface for one in listener.waitForAlive(LAMP_USNS)} == {'eth0'}


def test_a_virtual_adapter_is_skipped_with_a_line_in_the_log(network: Network, lan: Lan, secondLan: Lan) -> None:
    device, hearer = network.host('device', lan), network.host('hearer', lan, secondLan)
    device.join(secondLan, 'docker0')
    with Listener(hearer) as listener, Prompt(device) as prompt:
        assert list(announce(prompt)) == ['eth0']
        assert {one.interface for one in listener.waitForAlive(LAMP_USNS)} == {'eth0'}
        assert [line for line in prompt.do('logs') if line.startswith('INFO') and 'docker0' in line]


def test_a_virtual_adapter_is_used_when_named(network: Network, lan: Lan, secondLan: Lan) -> None:
    device, hearer = network.host('device', lan), network.host('hearer', secondLan)
    address = device.join(secondLan, 'docker0')
    with Listener(hearer) as listener, Prompt(device) as prompt:
        assert list(announce(prompt, "interfaces=['docker0']")) == ['docker0']
        assert addressesIn(listener.waitForAlive(LAMP_USNS)) == {address}


def test_two_announcers_in_one_process_are_both_found(searcher: Host, prompt: Prompt) -> None:
    announce(prompt)
    prompt.do(f'other = upnp.Announcer(makeLamp({OTHER_UUID!r}, {OTHER_SENSOR_UUID!r}), httpPort=0)')
    prompt.do('await other.start()')
    assert usns(search(searcher, 'ssdp:all')) == sorted(LAMP_USNS + OTHER_USNS)
    prompt.do('await server.stop()')
    assert usns(search(searcher, 'ssdp:all')) == sorted(OTHER_USNS)
    prompt.do('await other.stop()')


def test_two_processes_on_one_host_are_both_found(deviceHost: Host, searcher: Host, prompt: Prompt) -> None:
    announce(prompt)
    with Prompt(deviceHost) as otherPrompt:
        otherPrompt.do(f'server = upnp.Announcer(makeLamp({OTHER_UUID!r}, {OTHER_SENSOR_UUID!r}), httpPort=0)')
        otherPrompt.do(START)
        assert usns(search(searcher, 'ssdp:all')) == sorted(LAMP_USNS + OTHER_USNS)
    assert usns(search(searcher, 'ssdp:all')) == sorted(LAMP_USNS)
