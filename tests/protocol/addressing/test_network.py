"""An announcer whose network changes: who is told what, by which address, under which BOOTID."""

import asyncio
import errno
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

import upnp
from tests.protocol.cable import Asker, Cable, Packet
from tests.protocol.devices import UDN, demo
from tests.protocol.fakes import FakeWatch, run
from upnp.addressing.interfaces import TENTATIVE, Interface
from upnp.http.server import HTTP

HERE = '127.0.0.1'
LO = Interface('lo', 1, HERE, 8)
ETH0 = Interface('eth0', 2, '192.0.2.20', 24)
ETH0_NEW = Interface('eth0', 2, '192.0.2.99', 24)
ETH0_SECOND = Interface('eth0', 2, '198.51.100.20', 24)
WLAN0 = Interface('wlan0', 3, '203.0.113.7', 24)
LINK = Interface('eth0', 2, 'fe80::20', 64)
WIDE = Interface('eth0', 2, '2001:db8::20', 64)
REST_SECONDS = 3  # in which everything that was caused has happened


@pytest.fixture(autouse=True)
def servedByIPv6(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server listens on loopback alone here; nobody connects to it."""
    monkeypatch.setattr(HTTP, 'servesIPv6', True)


@asynccontextmanager
async def announced(cable: Cable, watch: FakeWatch, **options: object) -> AsyncIterator[upnp.Announcer]:
    """Announce the demo device on a cable, on interfaces as the watch shows them."""
    server = upnp.Announcer(demo(), 0, **options)  # type: ignore[arg-type]
    server.ssdp.makeLinks, server.network.makeWatch, server.http.netbind = cable.links, watch.make, HERE
    async with server:
        await asyncio.sleep(REST_SECONDS)
        yield server


def notes(cable: Cable, source: Interface, nts: str) -> list[Packet]:
    """Return the notifications of a kind that left by an address."""
    return [one for one in cable.sent(source.address, 'NOTIFY') if one.headers['NTS'] == f'ssdp:{nts}']


def bootIds(packets: list[Packet]) -> set[int]:
    """Return the BOOTIDs of messages."""
    return {int(one.headers['BOOTID.UPNP.ORG']) for one in packets}


def hosts(packets: list[Packet]) -> set[str]:
    """Return the hosts that the LOCATIONs of messages name."""
    return {one.headers['LOCATION'].removeprefix('http://').rpartition(':')[0] for one in packets}


def test_a_device_that_starts_without_a_network_is_announced_within_a_second_of_the_first_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log tells once that nobody can see it."""
    cable, watch = Cable(), FakeWatch()

    async def scene() -> float:
        async with announced(cable, watch) as server:
            assert server.locations == {}
            watch.show(ETH0)
            began = asyncio.get_running_loop().time()
            await asyncio.sleep(REST_SECONDS)
            assert list(server.locations) == ['eth0']
            return began

    with caplog.at_level(logging.INFO, 'upnp'):
        began = run(scene())
    first = notes(cable, ETH0, 'alive')[0]
    assert first.time - began < 1
    assert len(notes(cable, ETH0, 'alive')) == 3 * 4
    assert len([one for one in caplog.messages if 'no network is used yet' in one]) == 1


def test_loopback_is_left_with_byebye_when_a_network_comes() -> None:
    """UDA 1.1 §1.2.3: on that interface, which can still be spoken on."""
    cable, watch = Cable(), FakeWatch(LO)

    async def scene() -> None:
        async with announced(cable, watch):
            cable.packets.clear()
            watch.show(LO, ETH0)
            await asyncio.sleep(REST_SECONDS)

    run(scene())
    assert len(notes(cable, LO, 'byebye')) == 4 * 1
    assert notes(cable, LO, 'alive') == []
    assert len(notes(cable, ETH0, 'alive')) == 3 * 4


def test_an_address_that_is_replaced_is_advertised_no_more_and_the_boot_id_grows() -> None:
    """UDA 1.1 §1.2.2; nothing can be said by the old one."""
    cable, watch = Cable(), FakeWatch(ETH0)

    async def scene() -> None:
        async with announced(cable, watch):
            watch.show(ETH0_NEW)
            cable.packets[:] = [one for one in cable.packets if one.headers['NTS'] == 'ssdp:alive'][:1]
            await asyncio.sleep(REST_SECONDS)

    run(scene())
    (old,), new = notes(cable, ETH0, 'alive'), notes(cable, ETH0_NEW, 'alive')
    assert hosts(new) == {ETH0_NEW.address}
    assert min(bootIds(new)) > int(old.headers['BOOTID.UPNP.ORG'])
    assert len(bootIds(new)) == 1


def test_who_knows_the_device_by_another_interface_is_told_of_the_new_number_before() -> None:
    """UDA 1.1 §1.2.4: one ssdp:update for each alive, then a new set on all interfaces."""
    cable, watch = Cable(), FakeWatch(ETH0)

    async def scene() -> int:
        async with announced(cable, watch) as server:
            former = server.advertisement.bootId
            cable.packets.clear()
            watch.show(ETH0, WLAN0)
            await asyncio.sleep(REST_SECONDS)
            return former

    former = run(scene())
    updates, alives = notes(cable, ETH0, 'update'), notes(cable, ETH0, 'alive')
    (bootId,) = bootIds(alives)
    assert [one.headers['USN'] for one in updates] == [one.headers['USN'] for one in alives[:4]]
    assert bootIds(updates) == {former}
    assert {int(one.headers['NEXTBOOTID.UPNP.ORG']) for one in updates} == {bootId} != {former}
    assert all('CACHE-CONTROL' not in one.headers and 'SERVER' not in one.headers for one in updates)
    assert hosts(updates) == {ETH0.address}
    assert max(one.time for one in updates) <= min(one.time for one in alives)
    assert notes(cable, WLAN0, 'update') == []
    assert bootIds(notes(cable, WLAN0, 'alive')) == {bootId}
    assert len(alives) == len(notes(cable, WLAN0, 'alive')) == 3 * 4


def test_an_interface_that_only_goes_changes_nothing_on_the_others() -> None:
    """Nobody there has to know."""
    cable, watch = Cable(), FakeWatch(ETH0, WLAN0)

    async def scene() -> list[str]:
        async with announced(cable, watch) as server:
            cable.packets.clear()
            watch.show(ETH0)
            await asyncio.sleep(REST_SECONDS)
            assert cable.packets == []
            return list(server.locations)

    assert run(scene()) == ['eth0']


def test_a_device_that_said_byebye_stays_silent_when_addresses_come_and_speaks_by_them_after() -> None:
    """notify() begins anew."""
    cable, watch = Cable(), FakeWatch(ETH0)

    async def scene() -> None:
        async with announced(cable, watch) as server:
            server.bye()
            cable.packets.clear()
            watch.show(ETH0, WLAN0)
            await asyncio.sleep(REST_SECONDS)
            assert cable.packets == []
            server.notify()
            await asyncio.sleep(REST_SECONDS)

    run(scene())
    assert len(notes(cable, WLAN0, 'alive')) == len(notes(cable, ETH0, 'alive')) == 3 * 4


def test_answers_that_wait_are_not_sent_by_an_address_that_has_gone() -> None:
    """Neither by it nor with its LOCATION."""
    cable, watch = Cable(), FakeWatch(ETH0, WLAN0)

    async def scene() -> None:
        async with announced(cable, watch):
            asker = Asker(cable, ('192.0.2.50', 50000))
            cable.packets.clear()
            asker.search('ssdp:all', mx=5)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            cable.packets.clear()  # what was due at once
            watch.show(WLAN0)
            await asyncio.sleep(2 * REST_SECONDS)

    run(scene())
    assert cable.sent(ETH0.address, 'HTTP/1.1 200') == []


def test_after_a_sleep_everything_is_announced_anew() -> None:
    """What others knew may have expired, and memberships been lost."""
    cable, watch = Cable(), FakeWatch(ETH0)

    async def scene() -> int:
        async with announced(cable, watch) as server:
            former = server.advertisement.bootId
            cable.packets.clear()
            watch.sleep()
            await asyncio.sleep(REST_SECONDS)
            return former

    former = run(scene())
    assert len(notes(cable, ETH0, 'alive')) == 3 * 4
    assert min(bootIds(notes(cable, ETH0, 'alive'))) > former


def test_the_network_is_looked_at_before_each_set_and_not_after_the_end() -> None:
    """A change that nobody told of is seen then at the latest."""
    watch = FakeWatch(ETH0)

    async def scene() -> None:
        async with announced(Cable(), watch):
            assert watch.looks == 3
            assert watch.isRunning

    run(scene())
    assert not watch.isRunning


def test_ipv6_is_spoken_in_its_own_groups_with_its_own_addresses() -> None:
    """UDA 1.1 Annex A; the headers that UDA 1.0 Annex A wants come along."""
    cable, watch = Cable(), FakeWatch(ETH0, LINK, WIDE)

    async def scene() -> dict[str, list[str]]:
        async with announced(cable, watch) as server:
            return server.locations

    locations = run(scene())
    groups = {ETH0: '239.255.255.250:1900', LINK: '[FF02::C]:1900', WIDE: '[FF05::C]:1900'}
    urls = {ETH0: '192.0.2.20', LINK: '[fe80::20]', WIDE: '[2001:db8::20]'}
    for interface, group in groups.items():
        alives, byebyes = notes(cable, interface, 'alive'), notes(cable, interface, 'byebye')
        assert len(alives) == 3 * len(byebyes) == 3 * 4
        assert {one.headers['HOST'] for one in alives + byebyes} == {group}
        assert hosts(alives) == {urls[interface]}
        assert all(('01-NLS' in one.headers) == interface.isIPv6 for one in alives + byebyes)
        if interface.isIPv6:
            assert {one.headers['01-NLS'] for one in alives} == {one.headers['BOOTID.UPNP.ORG'] for one in alives}
            assert {one.headers['OPT'] for one in alives} == {'"http://schemas.upnp.org/upnp/1/0/"; ns=01'}
    assert [url.rpartition(':')[0] for url in locations['eth0']] == [f'http://{url}' for url in urls.values()]
    assert len(bootIds(cable.packets)) == 1


def test_a_search_by_ipv6_is_answered_in_kind() -> None:
    """Group and address of the same scope."""
    cable, watch = Cable(), FakeWatch(LINK, WIDE)
    asker = Asker(cable, ('fe80::50', 50000))

    async def scene() -> None:
        async with announced(cable, watch):
            asker.search('upnp:rootdevice', mx=1, to=('ff02::c', 1900))
            await asyncio.sleep(REST_SECONDS)

    run(scene())
    (answer,) = asker.answers
    assert b'LOCATION: http://[fe80::20]:' in answer
    assert b'01-NLS: ' in answer


def test_with_ipv6_off_it_is_neither_spoken_nor_mentioned() -> None:
    """The one switch."""
    cable, watch = Cable(), FakeWatch(ETH0, LINK)

    async def scene() -> None:
        async with announced(cable, watch, ipv6=False) as server:
            assert str(server.interfaces) == 'eth0 (192.0.2.20)'

    run(scene())
    assert cable.sent(LINK.address) == []


def test_an_address_under_duplicate_detection_is_waited_for() -> None:
    """RFC 4862 §5.4: it is nobody's yet."""
    cable, watch = Cable(), FakeWatch(ETH0)

    async def scene() -> None:
        async with announced(cable, watch) as server:
            watch.show(ETH0, hindered=[(LINK, TENTATIVE)])
            await asyncio.sleep(REST_SECONDS)
            assert server.interfaces.skipped == ((LINK, TENTATIVE),)
            assert cable.sent(LINK.address) == []
            watch.show(ETH0, LINK)
            await asyncio.sleep(REST_SECONDS)

    run(scene())
    assert len(notes(cable, LINK, 'alive')) == 3 * 4


def test_of_two_subnets_on_one_interface_the_first_is_advertised() -> None:
    """Others on that wire see one LOCATION; the second becomes the first when that goes."""
    cable, watch = Cable(), FakeWatch(ETH0, ETH0_SECOND)

    async def scene() -> None:
        async with announced(cable, watch):
            assert cable.sent(ETH0_SECOND.address) == []
            watch.show(ETH0_SECOND)
            await asyncio.sleep(REST_SECONDS)

    run(scene())
    assert len(notes(cable, ETH0_SECOND, 'alive')) == 3 * 4


@pytest.mark.parametrize(
    ('advertised', 'host'), [('192.0.2.7', '192.0.2.7:{port}'), ('lamp.example:8080', 'lamp.example:8080')]
)
def test_an_advertised_host_stands_in_every_url(advertised: str, host: str) -> None:
    """Behind a port mapping."""
    cable, watch = Cable(), FakeWatch(ETH0, LINK)

    async def scene() -> str:
        async with announced(cable, watch, advertisedHost=advertised) as server:
            expected = f'http://{host.format(port=server.httpPort)}/descr.xml'
            assert server.locations == {'eth0': [expected]}
            return expected

    expected = run(scene())
    alives = [one for one in cable.packets if one.headers['NTS'] == 'ssdp:alive']
    assert {one.headers['LOCATION'] for one in alives} == {expected}


def test_where_port_1900_is_not_to_be_had_the_messages_name_another() -> None:
    """UDA 1.1 §1.2.2: SEARCHPORT, in everything but byebye."""
    cable, watch = Cable(searchPort=50123), FakeWatch(ETH0)

    async def scene() -> None:
        async with announced(cable, watch):
            watch.show(ETH0, WLAN0)
            await asyncio.sleep(REST_SECONDS)

    run(scene())
    for nts in ('alive', 'update'):
        assert {one.headers['SEARCHPORT.UPNP.ORG'] for one in notes(cable, ETH0, nts)} == {'50123'}
    assert all('SEARCHPORT.UPNP.ORG' not in one.headers for one in notes(cable, ETH0, 'byebye'))


def test_an_interface_that_could_not_be_joined_is_tried_again_with_the_next_set() -> None:
    """It stops no other."""
    cable, watch = Cable(broken={WLAN0.address}), FakeWatch(ETH0, WLAN0)

    async def scene() -> None:
        async with announced(cable, watch) as server:
            assert len(notes(cable, ETH0, 'alive')) == 3 * 4
            assert cable.sent(WLAN0.address) == []
            cable.broken.clear()
            server.notify()
            await asyncio.sleep(REST_SECONDS)
            assert len(notes(cable, WLAN0, 'alive')) == 4

    run(scene())


def test_a_failure_to_send_is_counted_and_told_once_for_each_cause(caplog: pytest.LogCaptureFixture) -> None:
    """What a peer can bring about is not told at all."""
    watch = FakeWatch(ETH0, WLAN0)

    async def scene() -> dict[tuple[str, int], int]:
        async with announced(Cable(), watch) as server:
            for interface in (ETH0, WLAN0):
                endpoint = server.ssdp.endpoints[interface]
                for number in (errno.ENETUNREACH, errno.EPERM, errno.ENETUNREACH, errno.ECONNREFUSED):
                    endpoint.error_received(OSError(number, f'error {number}'))
            return dict(server.ssdp.failures)

    with caplog.at_level(logging.INFO, 'upnp.discovery.ssdp'):
        failures = run(scene())
    assert failures == {(name, number): 2 if number == errno.ENETUNREACH else 1 for name, number in failures}
    assert len(failures) == 4
    assert len(caplog.messages) == 4
    assert [one.levelname for one in caplog.records].count('WARNING') == 2
    assert 'firewall' in caplog.text


def test_an_address_that_is_not_announced_at_is_refused_by_the_documented_calls() -> None:
    """NetworkError names those that are."""
    watch = FakeWatch(ETH0)

    async def scene() -> None:
        async with announced(Cable(), watch) as server:
            with pytest.raises(upnp.NetworkError, match=r"'192\.0\.2\.1' is not .* eth0 \(192\.0\.2\.20\)"):
                server.ssdp.protocol.notify(server.device, '192.0.2.1')

    run(scene())


def test_the_log_tells_what_is_used_what_is_not_and_why_once_a_change(caplog: pytest.LogCaptureFixture) -> None:
    """One INFO line."""
    watch = FakeWatch(LO, ETH0)

    async def scene() -> None:
        async with announced(Cable(), watch):
            for _ in range(5):
                watch.show(LO)
                watch.show(LO, WLAN0)
            await asyncio.sleep(2 * REST_SECONDS)

    with caplog.at_level(logging.INFO, 'upnp.addressing.network'):
        run(scene())
    assert caplog.messages == [
        'interfaces: eth0 (192.0.2.20); not lo (127.0.0.1): loopback',
        'gone: eth0 (192.0.2.20)',
        'interfaces: wlan0 (203.0.113.7); not lo (127.0.0.1): loopback',
    ]


def test_a_usn_is_the_same_on_all_addresses() -> None:
    """Between interfaces only HOST, CACHE-CONTROL and LOCATION may differ (UDA 1.1 §1.2.2)."""
    cable, watch = Cable(), FakeWatch(ETH0, WLAN0)

    async def scene() -> None:
        async with announced(cable, watch):
            pass

    run(scene())
    assert {one.headers['USN'] for one in notes(cable, ETH0, 'alive')} == {
        one.headers['USN'] for one in notes(cable, WLAN0, 'alive')
    }
    assert all(one.headers['USN'].startswith(UDN) for one in cable.packets)


def test_a_protocol_without_a_server_is_not_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its port is taken there, or the machine has it not."""
    monkeypatch.setattr(HTTP, 'servesIPv6', False)
    cable, watch = Cable(), FakeWatch(ETH0, LINK)

    async def scene() -> None:
        async with announced(cable, watch) as server:
            watch.show(ETH0, LINK, WIDE)
            await asyncio.sleep(REST_SECONDS)
            assert server.interfaces.chosen == (ETH0,)

    run(scene())
    assert [one for one in cable.packets if ':' in one.source[0]] == []
