"""Searches from another host: which are answered, how often, and when."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lan.conftest import makeNetwork
from tests.lan.expected import LAMP_UDN, LAMP_USNS, SENSOR_UDN, targetOf
from tests.lan.hosts import Host
from tests.lan.prompt import Prompt
from tests.lan.ssdp import Seen, search

pytestmark = pytest.mark.lan

LAST_ANSWER_SHARE = 0.8  # of MX: a late answer is lost to searchers that stop listening
BUSY_SECONDS = 0.05
UNICAST_SECONDS = 0.5


@pytest.fixture(scope='module')
def hosts() -> Iterator[tuple[Host, Host]]:
    """A host that announces the lamp, for all tests here, and one to search from."""
    with makeNetwork() as network:
        lan = network.lan()
        device, searcher = network.host('device', lan), network.host('searcher', lan)
        with Prompt(device) as prompt:
            prompt.do('server = upnp.Announcer(makeLamp(), httpPort=0)')
            prompt.do('await server.start()')
            yield device, searcher


@pytest.fixture
def deviceHost(hosts: tuple[Host, Host]) -> Host:
    return hosts[0]


@pytest.fixture
def searcher(hosts: tuple[Host, Host]) -> Host:
    return hosts[1]


def usns(answers: list[Seen]) -> list[str]:
    return sorted(answer.usn for answer in answers)


def test_a_search_for_all_is_answered_once_for_each_target(searcher: Host, deviceHost: Host) -> None:
    """UDA 1.1 §1.3.3: 3 + 2d + k answers."""
    answers = search(searcher, 'ssdp:all')
    assert usns(answers) == sorted(LAMP_USNS)
    assert {answer.source for answer in answers} == {deviceHost.address}
    assert [answer.target for answer in answers] == [targetOf(answer.usn) for answer in answers]


@pytest.mark.parametrize(
    ('target', 'expected'),
    [
        ('upnp:rootdevice', [f'{LAMP_UDN}::upnp:rootdevice']),
        (LAMP_UDN, [LAMP_UDN]),
        (LAMP_UDN.upper().replace('UUID', 'uuid'), [LAMP_UDN]),
        (SENSOR_UDN, [SENSOR_UDN]),
        *((targetOf(usn), [usn]) for usn in LAMP_USNS if '::urn:' in usn),
    ],
)
def test_a_target_is_found_under_its_own_name(searcher: Host, target: str, expected: list[str]) -> None:
    assert [usn.lower() for usn in usns(search(searcher, target))] == [usn.lower() for usn in expected]


@pytest.mark.parametrize(
    'lower', ['urn:schemas-upnp-org:device:BinaryLight:1', 'urn:schemas-upnp-org:service:SwitchPower:1']
)
def test_a_lower_version_is_answered_under_the_version_asked(searcher: Host, lower: str) -> None:
    """UDA 1.1 §1.3.3: the response carries the version asked for."""
    (answer,) = search(searcher, lower)
    assert (answer.target, answer.usn) == (lower, f'{LAMP_UDN}::{lower}')


@pytest.mark.parametrize(
    'target',
    [
        'urn:schemas-upnp-org:device:BinaryLight:3',
        'urn:schemas-upnp-org:device:BinaryLight',
        'urn:schemas-upnp-org:service:Nothing:1',
        'uuid:00000000-0000-0000-0000-000000000000',
        'upnp:device',
    ],
)
def test_what_it_is_not_gets_no_answer(searcher: Host, target: str) -> None:
    assert search(searcher, target) == []


@pytest.mark.parametrize('mx', [1, 2])
def test_answers_are_spread_and_the_last_is_out_in_time(searcher: Host, mx: int) -> None:
    """UDA 1.1 §1.3.3: delayed at random within MX, several ones spread over it."""
    times = sorted(answer.time for answer in search(searcher, 'ssdp:all', mx=mx))
    assert len(times) == len(LAMP_USNS)
    assert times[-1] <= mx * LAST_ANSWER_SHARE + BUSY_SECONDS
    assert times[-1] - times[0] > BUSY_SECONDS


def test_a_multicast_search_without_mx_is_ignored(searcher: Host) -> None:
    """UDA 1.1 §1.3.2."""
    assert search(searcher, 'ssdp:all', mx=None) == []


def test_a_unicast_search_needs_no_mx_and_is_answered_at_once(searcher: Host, deviceHost: Host) -> None:
    """UDA 1.1 §1.3.2 and §1.3.3."""
    answers = search(searcher, 'ssdp:all', to=deviceHost.address)
    assert usns(answers) == sorted(LAMP_USNS)
    assert max(answer.time for answer in answers) <= UNICAST_SECONDS


def test_a_searcher_on_the_same_host_is_answered(deviceHost: Host) -> None:
    assert usns(search(deviceHost, 'ssdp:all')) == sorted(LAMP_USNS)


def test_a_repeated_search_finds_the_same_boot_and_configuration(searcher: Host) -> None:
    answers = search(searcher, 'ssdp:all') + search(searcher, 'ssdp:all')
    assert len({(answer.bootId, answer.configId) for answer in answers}) == 1
