"""Word of changed addresses, from a real kernel."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lan.hosts import Host, Lan
from tests.lan.prompt import Prompt

pytestmark = pytest.mark.lan

IDLE_SECONDS = 5.0
LINK_LOCAL = 'fe80:*'
DOWN, NO_CARRIER, NO_ADDRESS, NO_MULTICAST = (
    'it is down',
    'it has no carrier',
    'it has no address',
    'it has no multicast',
)
TENTATIVE, DUPLICATE = 'duplicate detection is under way', 'another host has this address'
TEMPORARY, DEPRECATED = 'temporary address', 'deprecated address'


class Watched:
    """A host where the changes are watched."""

    def __init__(self, prompt: Prompt, host: Host) -> None:
        self.prompt = prompt
        self.host = host
        prompt.do('from tests.lan.programs.watcher import Watcher')
        prompt.do('watcher = Watcher()')
        prompt.do('await watcher.start()')

    def waitFor(self, name: str, address: str, hindrance: str = '') -> str:
        """Wait for an address in this state; return it."""
        found: str = self.prompt.do(f'await watcher.waitFor({name!r}, {address!r}, {hindrance!r})')
        return found

    def waitGone(self, name: str, address: str = '*') -> None:
        """Wait until an address is there no more."""
        self.prompt.do(f'await watcher.waitGone({name!r}, {address!r})')

    def states(self, name: str, address: str) -> list[str | None]:
        """What was told of an address, one after the other."""
        told: list[str | None] = self.prompt.do(f'watcher.states({name!r}, {address!r})')
        return told


@pytest.fixture
def watched(prompt: Prompt, deviceHost: Host) -> Iterator[Watched]:
    """The device's host, watched, its IPv6 address valid."""
    deviceHost.generateLinkLocal()
    made = Watched(prompt, deviceHost)
    made.waitFor('eth0', LINK_LOCAL)
    yield made
    prompt.do('watcher.stop()')


def test_what_is_there_at_the_start_is_what_ip_tells(watched: Watched) -> None:
    found = watched.prompt.do('watcher.told[-1]')
    assert [one[:4] for one, _ in found if one[0] == 'lo'] == [['lo', 1, '127.0.0.1', 8], ['lo', 1, '::1', 128]]
    assert [why for one, why in found if one[0] == 'lo'] == ['', NO_MULTICAST]
    ((_, number, *ipv4, _, _), why), ((_, _, *ipv6, _, _), _) = [one for one in found if one[0][0] == 'eth0']
    assert (ipv4, why) == ([watched.host.address, 24], '')
    assert (ipv6[0][:6], ipv6[1]) == ('fe80::', 64)
    assert watched.host.run('ip', 'link', 'show', 'eth0').stdout.startswith(f'{number}: eth0')


def test_netlink_and_netifaces_know_the_same_addresses(watched: Watched) -> None:
    watched.host.ip('address add 10.1.1.1/20 dev eth0', 'address add 10.9.0.1 peer 10.9.0.2/32 dev eth0')
    watched.host.ip('address add fd00::1:0:0:1/56 dev eth0 nodad', 'link add quiet type bridge')
    watched.waitFor('quiet', '', DOWN)
    watched.prompt.do('from upnp.addressing import watch')
    netlink = watched.prompt.do('[one for one, _ in watch.readNetlink()]')
    netifaces = watched.prompt.do('[one for one, _ in watch.readNetifaces()]')
    assert sorted(one[:4] for one in netlink) == sorted(one[:4] for one in netifaces)


def test_an_address_comes_and_goes(watched: Watched) -> None:
    watched.host.ip('address add 192.168.1.99/24 dev eth0')
    watched.waitFor('eth0', '192.168.1.99')
    watched.host.ip('address delete 192.168.1.99/24 dev eth0')
    watched.waitGone('eth0', '192.168.1.99')


def test_the_first_address_is_replaced_by_the_next(watched: Watched) -> None:
    watched.host.ip('address add 192.168.2.1/24 dev eth0', f'address delete {watched.host.address}/24 dev eth0')
    watched.waitGone('eth0', watched.host.address)
    watched.waitFor('eth0', '192.168.2.1')


def test_a_link_without_addresses_is_told_of(watched: Watched) -> None:
    watched.host.ip('address flush dev eth0')
    watched.waitFor('eth0', '', NO_ADDRESS)


def test_a_link_goes_down_and_up(watched: Watched) -> None:
    watched.host.ip('link set eth0 down')
    watched.waitFor('eth0', watched.host.address, DOWN)
    watched.waitGone('eth0', LINK_LOCAL)
    watched.host.ip('link set eth0 up')
    watched.waitFor('eth0', watched.host.address)
    watched.waitFor('eth0', LINK_LOCAL)


def test_a_carrier_is_lost_and_found(watched: Watched, lan: Lan) -> None:
    lan.pullPlug(watched.host)
    watched.waitFor('eth0', watched.host.address, NO_CARRIER)
    lan.plug(watched.host)
    watched.waitFor('eth0', watched.host.address)


def test_a_link_comes_and_goes(watched: Watched, lan: Lan) -> None:
    address = watched.host.join(lan)
    watched.waitFor('eth1', address)
    watched.host.ip('link delete eth1')
    watched.waitGone('eth1')


def test_a_new_name_is_told(watched: Watched) -> None:
    watched.host.ip('link add quiet type bridge')
    watched.waitFor('quiet', '', DOWN)
    watched.host.ip('link set quiet name loud')
    watched.waitFor('loud', '', DOWN)
    watched.waitGone('quiet')


def test_ipv6_is_tentative_then_valid(watched: Watched) -> None:
    """RFC 4862 §5.4: about a second in which nothing is to be sent from it."""
    watched.host.ip('address add fd00::1/64 dev eth0')
    watched.waitFor('eth0', 'fd00::1')
    assert watched.states('eth0', 'fd00::1') == [None, TENTATIVE, '']


def test_without_duplicate_detection_ipv6_is_valid_at_once(watched: Watched) -> None:
    watched.host.ip('address add fd00::1/64 dev eth0 nodad')
    watched.waitFor('eth0', 'fd00::1')
    assert watched.states('eth0', 'fd00::1') == [None, '']


def test_an_ipv6_address_that_another_host_has_is_a_duplicate(watched: Watched, searcher: Host) -> None:
    searcher.ip('address add fd00::1/64 dev eth0 nodad')
    watched.host.ip('address add fd00::1/64 dev eth0')
    watched.waitFor('eth0', 'fd00::1', DUPLICATE)


def test_an_address_past_its_time_is_deprecated(watched: Watched) -> None:
    watched.host.ip('address add fd00::1/64 dev eth0 nodad preferred_lft 0')
    watched.waitFor('eth0', 'fd00::1', DEPRECATED)


def test_an_address_made_for_privacy_is_temporary(watched: Watched) -> None:
    """RFC 8981."""
    watched.host.run('sh', '-c', 'echo 2 > /proc/sys/net/ipv6/conf/eth0/use_tempaddr')
    watched.host.ip('address add fd00::1/64 dev eth0 nodad mngtmpaddr valid_lft 86400 preferred_lft 86400')
    assert watched.waitFor('eth0', 'fd00::*') == 'fd00::1'
    watched.waitFor('eth0', 'fd00:*:*', TEMPORARY)


def test_a_link_whose_multicast_is_off_has_none(watched: Watched) -> None:
    watched.host.ip('link set eth0 multicast off')
    watched.waitFor('eth0', watched.host.address, NO_MULTICAST)


def test_hundreds_of_changes_at_once_are_all_seen_at_the_end(watched: Watched) -> None:
    added = [f'address add 10.0.{number // 200}.{number % 200 + 1}/32 dev eth0' for number in range(600)]
    watched.host.ip(*added, 'address delete 10.0.0.1/32 dev eth0', 'address add 10.1.1.1/24 dev eth0')
    watched.waitFor('eth0', '10.1.1.1')
    watched.waitFor('eth0', '10.0.2.200')
    watched.waitGone('eth0', '10.0.0.1')


def test_idle_it_does_not_run_at_all(watched: Watched) -> None:
    pid = watched.prompt.do('os.getpid()')
    while values(pid, 'State') != ['S']:  # it has answered, and is about to wait
        time.sleep(0.001)
    before = switches(pid)
    time.sleep(IDLE_SECONDS)  # nothing is waited for: that it does not happen is measured
    assert switches(pid) == before


def values(pid: int, ending: str) -> list[str]:
    """What the kernel tells of each thread of a process under names that end so."""
    lines = [line for path in Path(f'/proc/{pid}/task').glob('*/status') for line in path.read_text().splitlines()]
    return [line.split()[1] for line in lines if line.partition(':')[0].endswith(ending)]


def switches(pid: int) -> int:
    """How often a process has got or lost a processor."""
    return sum(map(int, values(pid, 'ctxt_switches')))
