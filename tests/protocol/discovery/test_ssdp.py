"""Discovery between an announcer and hosts on a cable, in time that does not have to be waited for."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import pytest

import upnp
from tests.protocol.cable import Asker, Cable, CableLinks, Packet
from tests.protocol.devices import DEVICE_TYPE, SERVICE_TYPE, UDN, demo, lamp
from tests.protocol.fakes import FakeWatch, run
from upnp.addressing.interfaces import Interface
from upnp.discovery.sockets import GROUP, PORT
from upnp.discovery.ssdp import SSDP, AnnouncerService, Answer, Notify

HERE = '127.0.0.1'
GROUP_ADDRESS = (GROUP, PORT)
DEMO_TARGETS = ['upnp:rootdevice', UDN, DEVICE_TYPE, SERVICE_TYPE]
LIGHT = 'urn:schemas-upnp-org:device:DimmableLight'
SWITCH = 'urn:schemas-upnp-org:service:SwitchPower'
REFRESH_SECONDS = 900  # half of the default max-age


@asynccontextmanager
async def announced(cable: Cable, device: upnp.Device, **options: object) -> AsyncIterator[upnp.Announcer]:
    """Announce a device on a cable."""
    server = upnp.Announcer(device, 0, HERE, **options)  # type: ignore[arg-type]
    server.ssdp.makeLinks = cable.links
    async with server:
        yield server


def alives(cable: Cable) -> list[Packet]:
    """Return the alive advertisements so far."""
    return [packet for packet in cable.sent(HERE, 'NOTIFY') if packet.headers['NTS'] == 'ssdp:alive']


def byebyes(cable: Cable) -> list[Packet]:
    """Return the byebye advertisements so far."""
    return [packet for packet in cable.sent(HERE, 'NOTIFY') if packet.headers['NTS'] == 'ssdp:byebye']


def test_the_first_set_comes_within_100_ms_and_three_times_within_a_second() -> None:
    """UDA 1.1 §1.2.2."""
    cable = Cable()

    async def scene() -> float:
        async with announced(cable, demo()):
            began = asyncio.get_running_loop().time()
            await asyncio.sleep(2)
            return began

    began = run(scene())
    times = sorted({packet.time - began for packet in alives(cable)})
    assert len(times) == 3
    assert times[0] <= 0.1
    assert times[-1] < 1
    assert [packet.headers['NT'] for packet in alives(cable)] == DEMO_TARGETS * 3


def test_an_alive_is_written_as_uda_asks() -> None:
    """UDA 1.1 §1.2.2: every byte of one."""
    cable = Cable()

    async def scene() -> int:
        async with announced(cable, demo(), bootId=7, server='Lamp/1.0', extraHeaders={'X.EXAMPLE.ORG': 'y'}) as server:
            await asyncio.sleep(0.2)
            return server.httpPort

    port = run(scene())
    token = upnp.Announcer(demo(), server='Lamp/1.0').serverToken
    assert alives(cable)[3].destination == GROUP_ADDRESS
    assert alives(cable)[3].data.decode() == (
        'NOTIFY * HTTP/1.1\r\n'
        'HOST: 239.255.255.250:1900\r\n'
        'CACHE-CONTROL: max-age=1800\r\n'
        f'LOCATION: http://127.0.0.1:{port}/descr.xml\r\n'
        'NT: sadmin-fr:service:dummy\r\n'
        'NTS: ssdp:alive\r\n'
        f'SERVER: {token}\r\n'
        'USN: uuid:00a56575-78fa-40fe-b107-8f4b5043a2b0::sadmin-fr:service:dummy\r\n'
        'BOOTID.UPNP.ORG: 7\r\n'
        f'CONFIGID.UPNP.ORG: {alives(cable)[0].headers["CONFIGID.UPNP.ORG"]}\r\n'
        'X.EXAMPLE.ORG: y\r\n'
        '\r\n'
    )


def test_refreshes_come_between_three_and_five_tenths_of_max_age_and_nothing_else_wakes_the_loop() -> None:
    """UDA 1.1 §1.2.2."""
    cable = Cable()

    async def scene() -> list[float | None]:
        async with announced(cable, demo()):
            await asyncio.sleep(1)
            clock = asyncio.get_running_loop().clock  # type: ignore[attr-defined]
            clock.sleeps.clear()
            await asyncio.sleep(5000)
            return list(clock.sleeps)

    sleeps = run(scene())
    times = sorted({packet.time for packet in alives(cable)})[2:]
    gaps = [later - former for former, later in itertools.pairwise(times)]
    assert len(gaps) >= 5
    assert all(0.3 * 1800 <= gap <= 0.5 * 1800 for gap in gaps)
    assert len(sleeps) == len(gaps) + 1


def test_byebye_goes_out_for_every_usn_when_it_stops() -> None:
    """UDA 1.1 §1.2.3."""
    cable = Cable()

    async def scene() -> None:
        async with announced(cable, lamp()):
            await asyncio.sleep(0.2)

    run(scene())
    assert [packet.headers['USN'] for packet in byebyes(cable)] == list(
        dict.fromkeys(packet.headers['USN'] for packet in alives(cable))
    )
    assert byebyes(cable)[0].headers.keys() == {'HOST', 'NT', 'NTS', 'USN', 'BOOTID.UPNP.ORG', 'CONFIGID.UPNP.ORG'}


def test_byebye_goes_out_when_the_block_is_left_by_an_exception() -> None:
    """A device that crashes is gone, and says so."""
    cable = Cable()

    async def scene() -> None:
        async with announced(cable, demo()):
            await asyncio.sleep(0.2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(scene())
    assert len(byebyes(cable)) == 4


def test_what_was_never_announced_is_not_taken_back() -> None:
    """A stop before the first set sends nothing."""
    cable = Cable()

    async def scene() -> None:
        async with announced(cable, demo()):
            pass

    run(scene())
    assert cable.packets == []


def searched(st: str, device: upnp.Device, mx: int | None = 2, to: tuple[str, int] = GROUP_ADDRESS) -> list[Packet]:
    """Return the answers to a search, sent 10 s after the start, with times that count from the search."""
    cable = Cable()

    async def scene() -> float:
        async with announced(cable, device):
            await asyncio.sleep(10)
            began = asyncio.get_running_loop().time()
            Asker(cable).search(st, mx=mx, to=to)
            await asyncio.sleep(10)
            return began

    began = run(scene())
    answers = cable.sent(HERE, 'HTTP/1.1 200 OK')
    return [Packet(one.time - began, one.source, one.destination, one.data) for one in answers]


@pytest.mark.parametrize(
    ('st', 'expected'),
    [
        ('upnp:rootdevice', [('upnp:rootdevice', f'{UDN}::upnp:rootdevice')]),
        (UDN, [(UDN, UDN)]),
        (UDN.upper().replace('UUID', 'uuid'), [(UDN, UDN)]),
        ('uuid:5', [('uuid:5', 'uuid:5')]),
        (f'{LIGHT}:2', [(f'{LIGHT}:2', f'{UDN}::{LIGHT}:2')]),
        (f'{LIGHT}:1', [(f'{LIGHT}:1', f'{UDN}::{LIGHT}:1')]),
        (f'{SWITCH}:1', [(f'{SWITCH}:1', f'{UDN}::{SWITCH}:1'), (f'{SWITCH}:1', f'uuid:5::{SWITCH}:1')]),
        (f'{SWITCH}:2', [(f'{SWITCH}:2', f'{UDN}::{SWITCH}:2')]),
        (f'{LIGHT}:3', []),
        (f'{LIGHT}:0', []),
        (LIGHT, []),
        ('uuid:6', []),
        ('upnp:something', []),
        ('', []),
    ],
)
def test_a_search_is_answered_once_by_each_target_that_matches(st: str, expected: list[tuple[str, str]]) -> None:
    """UDA 1.1 §1.3.3: lower versions under the version that was asked for, higher ones not at all."""
    answers = [(answer.headers['ST'], answer.headers['USN']) for answer in searched(st, lamp())]
    assert sorted(answers) == sorted(expected)


def test_a_search_for_all_names_every_target_within_eight_tenths_of_mx() -> None:
    """UDA 1.1 §1.3.3: spread over the time, each target once."""
    answers = searched('ssdp:all', lamp(), mx=2)
    assert sorted(answer.headers['ST'] for answer in answers) == [
        'upnp:rootdevice',
        'urn:exemple-org:device:Sensor:1',
        f'{LIGHT}:2',
        f'{SWITCH}:1',
        f'{SWITCH}:3',
        UDN,
        'uuid:5',
    ]
    times = [answer.time for answer in answers]
    assert times == sorted(times)
    assert times[-1] <= 1.6
    assert times[0] <= 0.8
    assert times[-1] >= 0.8 - 1 / 16


def test_an_mx_over_five_counts_as_five_and_windows_firewall_is_minded() -> None:
    """UDA 1.1 §1.3.2; answers stay within 2.4 s."""
    assert 0.0 < searched('ssdp:all', lamp(), mx=100)[-1].time <= 2.4


def test_a_unicast_search_is_answered_at_once_without_mx() -> None:
    """UDA 1.1 §1.3.3."""
    answers = searched('ssdp:all', lamp(), mx=None, to=(HERE, PORT))
    assert [answer.time for answer in answers] == [0.0] * 7


def test_a_multicast_search_without_mx_is_ignored() -> None:
    """UDA 1.1 §1.3.2."""
    assert searched('ssdp:all', lamp(), mx=None) == []


def test_an_answer_is_written_as_uda_asks() -> None:
    """UDA 1.1 §1.3.3: headers in order, EXT without a value, a DATE."""
    (answer,) = searched('upnp:rootdevice', demo())
    names = [line.partition(':')[0] for line in answer.data.decode().split('\r\n')]
    assert names == [
        *('HTTP/1.1 200 OK', 'CACHE-CONTROL', 'EXT', 'LOCATION', 'SERVER', 'ST', 'USN'),
        *('BOOTID.UPNP.ORG', 'CONFIGID.UPNP.ORG', 'DATE', '', ''),
    ]
    assert b'\r\nEXT:\r\n' in answer.data
    assert answer.headers['DATE'].endswith(' GMT')


def test_a_repeated_search_is_answered_once() -> None:
    """Clients send each search two or three times."""
    cable = Cable()

    async def scene() -> None:
        async with announced(cable, demo()):
            await asyncio.sleep(2)
            asker = Asker(cable)
            for _ in range(3):
                asker.search('upnp:rootdevice')
            await asyncio.sleep(10)

    run(scene())
    assert len(cable.sent(HERE, 'HTTP/')) == 1


def test_a_lossy_network_that_doubles_and_reorders_leaves_the_device_found() -> None:
    """Three sets and repeated searches are there for this."""
    cable = Cable(loss=0.3, doubling=0.3, delay=0.1, seed=3)

    async def scene() -> list[bytes]:
        async with announced(cable, demo()):
            asker = Asker(cable)
            for _ in range(5):
                asker.search('ssdp:all')
                await asyncio.sleep(3)
            return asker.answers

    answers = run(scene())
    assert {answer.partition(b'ST: ')[2].partition(b'\r\n')[0].decode() for answer in answers} == set(DEMO_TARGETS)


@pytest.mark.parametrize(
    'datagram',
    [
        b'm-search * http/1.1\nhost:239.255.255.250:1900\nst:upnp:rootdevice\nman:"ssdp:discover"\nmx:3\n\n',
        b'M-SEARCH * HTTP/1.1\r\nMX:1\r\nST:upnp:rootdevice\r\nMan:"ssdp:discover"\r\nHost:239.255.255.250:1900',
        b'\r\nM-SEARCH  *  HTTP/1.1\r\n ST : x\r\nST :  upnp:rootdevice \r\nMAN: ssdp:discover\r\nMX: 1\r\n\r\nbody',
    ],
)
def test_the_form_of_a_search_is_taken_liberally(datagram: bytes) -> None:
    """Case, order, spaces, LF alone, no blank line, a body, lines that are nothing."""
    cable = Cable()

    async def scene() -> None:
        async with announced(cable, demo()):
            await asyncio.sleep(2)
            cable.send(datagram, ('127.0.0.98', 4), GROUP_ADDRESS)
            await asyncio.sleep(10)

    run(scene())
    assert len(cable.sent(HERE, 'HTTP/')) == 1


@pytest.mark.parametrize(
    ('datagram', 'source'),
    [
        (b'', ('127.0.0.98', 4)),
        (b'M-SEARCH', ('127.0.0.98', 4)),
        (b'\xff\xfe M-SEARCH', ('127.0.0.98', 4)),
        (b'HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\n\r\n', ('127.0.0.98', 4)),
        (b'HTTP/1.1 twohundred OK\r\n\r\n', ('127.0.0.98', 4)),
        (b'M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\nMX: 1\r\n\r\n', ('127.0.0.98', 4)),
        (b'M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\nMAN: "ssdp:discover"\r\nMX: x\r\n\r\n', ('127.0.0.98', 4)),
        (b'M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\nMAN: "ssdp:discover"\r\nMX: 1\r\n\r\n', ('127.0.0.98', 0)),
        (b'M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\nMAN: "ssdp:discover"\r\nMX: 1\r\n\r\n', ('239.255.255.250', 1900)),
        (b'M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\nMAN: "ssdp:discover"\r\nMX: 1\r\n\r\n', ('255.255.255.255', 9)),
    ],
)
def test_what_is_no_search_for_us_is_dropped_without_a_word(datagram: bytes, source: tuple[str, int]) -> None:
    """UDA 1.1 §1.1.5, §1.3.2; nothing ever goes to a multicast address because of a search."""
    cable = Cable()

    async def scene() -> None:
        async with announced(cable, demo()):
            await asyncio.sleep(2)
            cable.send(datagram, source, GROUP_ADDRESS)
            await asyncio.sleep(10)

    run(scene())
    assert cable.sent(HERE, 'HTTP/') == []


@pytest.mark.parametrize('multicast', [True, False])
@pytest.mark.parametrize(
    ('source', 'allowed', 'isAnswered'),
    [
        ('192.0.2.9', (), True),
        ('192.0.2.20', (), True),  # a program on this machine
        ('192.0.2.255', ('0.0.0.0/0',), False),
        ('198.51.100.9', (), False),
        ('198.51.100.9', ('198.51.100.0/24',), True),
        ('203.0.113.9', ('198.51.100.0/24',), False),
        ('127.0.0.1', ('127.0.0.0/8',), False),
        ('0.0.0.0', ('0.0.0.0/0',), False),
    ],
)
def test_a_search_is_answered_on_its_link_or_where_that_is_allowed(
    source: str, allowed: tuple[str, ...], isAnswered: bool, multicast: bool
) -> None:
    """A datagram may bear any source: an answer to it would be sent to a stranger."""
    cable, eth0 = Cable(), Interface('eth0', 2, '192.0.2.20', 24)
    mx = 'MX: 1\r\n' if multicast else ''

    async def scene() -> int:
        server = upnp.Announcer(demo(), 0, allowedNetworks=allowed)
        server.ssdp.makeLinks, server.network.makeWatch, server.http.netbind = cable.links, FakeWatch(eth0).make, HERE
        async with server:
            await asyncio.sleep(2)
            endpoint = AnnouncerService(config=server.ssdp, interface=eth0, multicast=multicast)
            cable.plug(('192.0.2.20', PORT), endpoint=endpoint)
            search = f'M-SEARCH * HTTP/1.1\r\nMAN: "ssdp:discover"\r\n{mx}ST: {UDN}\r\n\r\n'
            endpoint.datagram_received(search.encode(), (source, 5000))
            await asyncio.sleep(2)
            return len(cable.sent('192.0.2.20', 'HTTP/1.1 200'))

    assert run(scene()) == int(isAnswered)


def test_port_0_is_never_answered() -> None:
    """Nobody can ask from there: whoever says so has another in mind."""
    cable = Cable()

    async def scene() -> list[int]:
        async with announced(cable, demo()) as server:
            await asyncio.sleep(2)
            (endpoint,) = server.ssdp.endpoints.values()
            counts = []
            for port in (0, 1):
                search = f'M-SEARCH * HTTP/1.1\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: {UDN}\r\n\r\n'
                endpoint.datagram_received(search.encode(), ('127.0.0.98', port))
                await asyncio.sleep(2)
                counts.append(len(cable.sent(HERE, 'HTTP/1.1 200')))
            return counts

    assert run(scene()) == [0, 1]


def test_bye_falls_silent_until_notify() -> None:
    """The documented pair; a device that said byebye does not answer either."""
    cable = Cable()

    async def scene() -> tuple[int, int]:
        async with announced(cable, demo()) as server:
            await asyncio.sleep(2)
            server.bye()
            server.bye()
            asker = Asker(cable)
            asker.search('upnp:rootdevice')
            await asyncio.sleep(REFRESH_SECONDS)
            silent = len(cable.packets)
            server.notify()
            await asyncio.sleep(2)
            return silent, len(asker.answers)

    silent, answers = run(scene())
    assert (silent, answers) == (12 + 4 + 1, 0)
    assert len(alives(cable)) == 24


def test_notify_brings_the_next_set_forward() -> None:
    """And it is no extra one."""
    cable = Cable()

    async def scene() -> float:
        async with announced(cable, demo()) as server:
            began = asyncio.get_running_loop().time()
            server.notify()
            await asyncio.sleep(2)
            return began

    began = run(scene())
    assert alives(cable)[0].time == began
    assert len(alives(cable)) == 12


def test_the_pending_searches_of_a_source_are_bounded() -> None:
    """limits maxPendingSearchesPerSource: others are served meanwhile."""
    cable = Cable()

    async def scene() -> tuple[int, int]:
        limits = upnp.Limits(maxPendingSearchesPerSource=4, maxPendingSearches=6)
        async with announced(cable, demo(), limits=limits):
            await asyncio.sleep(2)
            noisy = [Asker(cable, ('127.0.0.97', 6000 + index)) for index in range(10)]
            for asker in noisy:
                asker.search('upnp:rootdevice')
            other = Asker(cable)
            other.search('upnp:rootdevice')
            await asyncio.sleep(10)
            return sum(len(asker.answers) for asker in noisy), len(other.answers)

    assert run(scene()) == (4, 1)


def test_where_many_search_once_what_is_due_first_goes_early_and_each_is_answered_once() -> None:
    """Limits maxPendingSearches: sources can be forged, and none of them keeps another from being answered."""
    cable = Cable()

    async def scene() -> tuple[int, list[int]]:
        async with announced(cable, demo(), limits=upnp.Limits(maxPendingSearches=3)):
            await asyncio.sleep(2)
            askers = [Asker(cable, (f'127.0.0.{number}', 1025)) for number in range(2, 22)]
            for asker in askers:
                asker.search(DEVICE_TYPE, mx=5)
            await asyncio.sleep(0.01)
            early = sum(len(asker.answers) for asker in askers)
            await asyncio.sleep(6)
            return early, [len(asker.answers) for asker in askers]

    early, answers = run(scene())
    assert early >= 17
    assert answers == [1] * 20


def test_the_documented_parts_find_and_send_by_themselves() -> None:
    """getDevices, provides, Answer.send, Notify.send and answer work when called directly."""
    cable = Cable()
    device = lamp()

    async def scene() -> None:
        async with announced(cable, device) as server:
            await asyncio.sleep(2)
            cable.packets.clear()
            protocol = server.ssdp.protocol
            assert protocol.getDevices('urn:schemas-upnp-org:service:SwitchPower:1') == [device, device.devices[0]]
            assert protocol.provides(f'{UDN}::upnp:rootdevice')
            assert not protocol.provides('uuid:6')
            Answer(server.ssdp, 200, 'OK').send(device, HERE, ('127.0.0.98', 4))
            Notify(server.ssdp, device.devices[0]).send(HERE)
            Notify(server.ssdp, device).send(HERE, 'uuid:6')
            protocol.answer('uuid:5', ('127.0.0.98', 4))
            protocol.notify(device.devices[0], HERE)

    run(scene())
    sent = [(packet.headers.get('ST') or packet.headers['NT'], packet.destination) for packet in cable.packets[:6]]
    assert sent == [
        ('upnp:rootdevice', ('127.0.0.98', 4)),
        ('uuid:5', GROUP_ADDRESS),
        ('uuid:5', ('127.0.0.98', 4)),
        ('uuid:5', GROUP_ADDRESS),
        ('urn:exemple-org:device:Sensor:1', GROUP_ADDRESS),
        ('urn:schemas-upnp-org:service:SwitchPower:1', GROUP_ADDRESS),
    ]


def test_an_endpoint_without_a_device_ignores_everything() -> None:
    """asyncio may call each of these at any time."""
    endpoint = AnnouncerService()
    endpoint.connection_made(asyncio.DatagramTransport())
    endpoint.datagram_received(
        b'M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\nMAN: "ssdp:discover"\r\n\r\n', ('127.0.0.98', 4)
    )
    endpoint.error_received(OSError('unreachable'))
    endpoint.connection_lost(None)
    assert endpoint.interface is None


def test_the_parts_start_and_stop_without_the_announcer_too() -> None:
    """initLoop and dispose of SSDP, as documented; twice is harmless."""
    cable = Cable()

    async def scene() -> None:
        server = upnp.Announcer(demo(), 0, HERE)
        ssdp = SSDP(server, HERE)
        ssdp.makeLinks = cable.links
        ssdp.initLoop(asyncio.get_running_loop())
        await asyncio.sleep(0.2)
        await ssdp.start()
        ssdp.dispose()
        ssdp.dispose()
        ssdp.notify()
        ssdp.bye()

    run(scene())
    assert cable.packets == []


def test_an_endpoint_that_is_lost_late_does_not_take_its_successor_along() -> None:
    """asyncio tells of the end of a transport when it has sent all; the address may be joined again by then."""
    cable, eth0 = Cable(), Interface('eth0', 2, '192.0.2.20', 24)

    async def scene() -> None:
        async with announced(cable, demo()) as server:
            former, later = (AnnouncerService(config=server.ssdp, interface=eth0) for _ in range(2))
            cable.plug(('192.0.2.20', PORT), endpoint=former)
            cable.plug(('192.0.2.20', PORT), endpoint=later)
            former.connection_lost(None)
            assert server.ssdp.endpoints[eth0] is later
            later.connection_lost(None)
            assert eth0 not in server.ssdp.endpoints

    run(scene())


@pytest.mark.parametrize(
    ('number', 'zone', 'multicast', 'isAnswered'),
    [(2, 2, True, True), (2, 3, True, False), (2, 0, True, True), (0, 3, True, True), (2, 3, False, True)],
)
def test_a_search_to_all_is_answered_on_the_interface_that_it_came_in_on(
    number: int, zone: int, multicast: bool, isAnswered: bool
) -> None:
    """A socket may hear what is sent to its group on other interfaces; a search to an address is for that address."""
    cable, eth0 = Cable(), Interface('eth0', number, 'fe80::20', 64)
    mx = 'MX: 1\r\n' if multicast else ''

    async def scene() -> int:
        async with announced(cable, demo()) as server:
            await asyncio.sleep(2)
            endpoint = AnnouncerService(config=server.ssdp, interface=eth0, multicast=multicast)
            cable.plug(('fe80::20', PORT), endpoint=endpoint)
            search = f'M-SEARCH * HTTP/1.1\r\nMAN: "ssdp:discover"\r\n{mx}ST: {UDN}\r\n\r\n'
            endpoint.datagram_received(search.encode(), ('fe80::9', 5000, 0, zone))
            await asyncio.sleep(2)
            return len(cable.sent('fe80::20', 'HTTP/1.1 200'))

    assert run(scene()) == int(isAnswered)


def test_a_datagram_beyond_the_limit_is_dropped_whoever_read_it() -> None:
    """A loop's own transport knows no limit of ours."""
    cable = Cable()
    search = f'M-SEARCH * HTTP/1.1\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: {UDN}\r\nX: '.encode()

    async def scene() -> list[int]:
        async with announced(cable, demo()) as server:
            await asyncio.sleep(2)
            (endpoint,) = server.ssdp.endpoints.values()
            counts = []
            for size in (server.limits.maxDatagramBytes, server.limits.maxDatagramBytes + 1):
                cable.packets.clear()
                endpoint.datagram_received(search.ljust(size, b'x'), ('127.0.0.98', 4))
                await asyncio.sleep(2)
                counts.append(len(cable.sent(HERE, 'HTTP/1.1 200')))
            return counts

    assert run(scene()) == [1, 0]


def test_searches_that_differ_are_not_heaped_up() -> None:
    """What is remembered of those that come again and again has bounds; of what is not here there is nothing."""
    search = 'M-SEARCH * HTTP/1.1\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: urn:x:device:Nothing:{}\r\nX: {}\r\n\r\n'

    async def scene() -> None:
        async with announced(Cable(), demo()) as server:
            (endpoint,) = server.ssdp.endpoints.values()
            for number in range(1, 301):
                endpoint.datagram_received(search.format(number, '').encode(), ('127.0.0.98', 4))
                endpoint.datagram_received(search.format(number, 'x' * 512).encode(), ('127.0.0.98', 4))
            assert len(endpoint._known) <= 128
            assert max(map(len, endpoint._known)) <= 512
            assert len(server.ssdp.protocol._known) == 0

    run(scene())


def test_answers_under_many_versions_are_not_heaped_up() -> None:
    """UDA 1.1 §1.3.3: a later version answers for each lower one, under the name of that."""

    async def scene() -> None:
        device = upnp.Device(deviceType='urn:exemple-org:device:Lamp:9999', friendlyName='Lamp')
        async with announced(Cable(), device) as server:
            for version in range(1, 1501):
                server.ssdp.protocol.answer(f'urn:exemple-org:device:Lamp:{version}', ('127.0.0.98', 4))
            assert 0 < len(server.ssdp.protocol._known) <= 1024

    run(scene())


def test_a_start_that_was_overtaken_by_another_begins_nothing() -> None:
    """While sockets are opened, the announcer may be stopped and started again."""
    cable, gates = Cable(), [asyncio.Event(), asyncio.Event()]

    class Slow(CableLinks):
        async def join(self, interfaces: Iterable[Interface]) -> None:
            self.gate = gates.pop(0)
            await self.gate.wait()
            await super().join(interfaces)

    async def scene() -> None:
        server = upnp.Announcer(demo(), 0, HERE)
        first, second = gates
        server.ssdp.makeLinks = lambda factory, _limit, _placeOf: Slow(cable, factory)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.ssdp.start())
            await asyncio.sleep(0)
            server.ssdp.stop()
            tasks.create_task(server.ssdp.start())
            await asyncio.sleep(0)
            first.set()
            await asyncio.sleep(1)
            assert server.ssdp.isSilent
            second.set()
            await asyncio.sleep(1)
            assert not server.ssdp.isSilent
        server.ssdp.stop()

    run(scene())


def test_an_interface_is_told_from_its_address() -> None:
    """Only 127.0.0.0/8 is loopback."""
    assert Interface('lo', 1, '127.0.0.1', 8).isLoopback
    assert not Interface('eth0', 2, '192.0.2.1', 24).isLoopback
