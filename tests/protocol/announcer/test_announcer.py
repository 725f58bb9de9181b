"""The announcer's life: on every kind of loop, from every thread, with devices that change."""

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import upnp
from tests.protocol.cable import Asker, Cable
from tests.protocol.devices import DEVICE_TYPE, UDN, demo, lamp
from tests.protocol.fakes import ClockLoop, HeldClock, run
from upnp.announcer import announcer as UPnP
from upnp.announcer import preparation
from upnp.description import writing
from upnp.eventing import gena
from upnp.eventing.answers import Evented, callbackRule
from upnp.http.answers import Resource

HERE = '127.0.0.1'
REMEDY = 'give the page another'
Resources = dict[str, Resource]
PNG = bytes.fromhex('89504e470d0a1a0a0000000d4948445200000030000000180806000000000000000000000049454e44ae426082')


@pytest.fixture
def cable() -> Cable:
    """A network of its own for each test."""
    return Cable()


@pytest.fixture
def noLoop() -> Iterator[None]:
    """Take care that no loop is set for this thread, before and after."""
    asyncio.set_event_loop(None)
    yield
    asyncio.set_event_loop(None)


def announcer(cable: Cable, device: upnp.Device | None = None, **options: object) -> upnp.Annoncer:
    """Return an announcer on a cable, not started."""
    server = upnp.Annoncer(device or demo(), 0, HERE, **options)  # type: ignore[arg-type]
    server.ssdp.makeLinks = cable.links
    return server


def notifications(cable: Cable, nts: str) -> list[str]:
    """Return the USNs advertised under this NTS, in order."""
    return [packet.headers['USN'] for packet in cable.sent(HERE, 'NOTIFY') if packet.headers['NTS'] == nts]


def test_an_announcer_of_an_empty_device_can_be_made_but_not_started() -> None:
    """The documented constructor needs no loop; the start says what is missing, and leaves nothing behind."""
    server = upnp.Annoncer(upnp.Device({}))
    with pytest.raises(upnp.DescriptionError, match='deviceType is missing'):
        asyncio.run(server.start())
    assert server.locations == {}


@pytest.mark.usefixtures('noLoop')
def test_the_documented_order_of_calls_works_on_no_loop(cable: Cable) -> None:
    """initLoop, notify, foreaver, dispose; a signal ends it, and the former handlers are back."""
    former = signal.getsignal(signal.SIGTERM)
    server = announcer(cable)
    server.initLoop()
    server.notify()
    loop = server.ssdp.endpointAt(HERE)[1].transport and asyncio.get_event_loop_policy().get_event_loop()
    loop.call_later(0.01, os.kill, os.getpid(), signal.SIGTERM)
    server.foreaver()
    server.dispose()
    server.dispose()
    assert len(set(notifications(cable, 'ssdp:alive'))) == 4  # each twice, where the machine is busy for a moment
    assert len(notifications(cable, 'ssdp:byebye')) == 4
    assert signal.getsignal(signal.SIGTERM) is former
    assert loop.is_closed()


@pytest.mark.usefixtures('noLoop')
def test_a_given_idle_loop_is_used_and_left_open(cable: Cable) -> None:
    """The user's loop stays the user's."""
    loop = asyncio.new_event_loop()
    server = announcer(cable)
    server.initLoop(loop)
    assert server.locations == {'lo': [f'http://{HERE}:{server.httpPort}/descr.xml']}
    server.dispose()
    assert not loop.is_closed()
    loop.close()


@pytest.mark.usefixtures('noLoop')
def test_the_loop_set_for_the_thread_is_taken(cable: Cable) -> None:
    """initLoop() without a loop takes it, and leaves it open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    server = announcer(cable)
    server.initLoop()
    server.dispose()
    assert not loop.is_closed()
    loop.close()


def test_on_a_running_loop_the_start_goes_on_as_a_task(cable: Cable) -> None:
    """initLoop returns at once; dispose says byebye at once."""

    async def scene() -> None:
        server = announcer(cable)
        server.initLoop()
        assert server.locations == {}
        await server.start()
        await asyncio.sleep(2)
        server.dispose()
        assert len(notifications(cable, 'ssdp:byebye')) == 4
        await server.stop()
        assert server.locations == {}

    run(scene())


def test_a_start_that_fails_on_a_running_loop_is_logged_and_raised_by_start(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody awaits the task of initLoop."""

    async def scene() -> None:
        server = upnp.Announcer(upnp.Device())
        server.initLoop()
        await asyncio.sleep(0.1)
        with pytest.raises(upnp.DescriptionError):
            await server.start()

    run(scene())
    assert 'upnp start failed: device: deviceType is missing' in caplog.text


def test_foreaver_refuses_a_running_loop(cable: Cable) -> None:
    """It runs one by itself."""

    async def scene() -> None:
        with pytest.raises(RuntimeError, match='serveForever'):
            announcer(cable).foreaver()

    run(scene())


@pytest.mark.usefixtures('noLoop')
def test_dispose_from_another_thread_ends_foreaver_after_byebye(cable: Cable) -> None:
    """A Flask or GPIO script's way: the announcer in a background thread."""
    server = announcer(cable)
    ready = threading.Event()

    def background() -> None:
        server.initLoop()
        asyncio.get_event_loop_policy().get_event_loop().call_soon(ready.set)
        server.foreaver()

    thread = threading.Thread(target=background)
    thread.start()
    assert ready.wait(5)
    server.notify()
    server.bye()
    server.notify()
    server.device.friendlyName = 'Changed from another thread'
    server.dispose()
    thread.join(5)
    assert not thread.is_alive()
    assert len(notifications(cable, 'ssdp:byebye')) >= 4
    assert server.locations == {}


def test_serve_forever_ends_by_a_signal_and_by_stop(cable: Cable) -> None:
    """In async code."""

    async def scene() -> None:
        async with announcer(cable) as server:
            loop = asyncio.get_running_loop()
            loop.call_later(1, os.kill, os.getpid(), signal.SIGINT)
            await server.serveForever()
            assert len(notifications(cable, 'ssdp:byebye')) == 4
            serving = asyncio.create_task(server.serveForever())
            await asyncio.sleep(1)
            await server.stop()
            await serving

    run(scene())
    assert len(notifications(cable, 'ssdp:byebye')) == 8


def test_start_and_stop_are_idempotent_and_a_restart_has_a_greater_boot_id(cable: Cable) -> None:
    """UDA 1.1 §1.2.2: BOOTID grows with every start, two in one second too."""
    bootIds = []

    async def scene() -> None:
        server = announcer(cable)
        await server.stop()
        for _ in range(3):
            await asyncio.gather(server.start(), server.start())
            bootIds.append(server.advertisement.bootId)
            await asyncio.gather(server.stop(), server.stop())
        other = announcer(cable, server.device)
        async with other:
            bootIds.append(other.advertisement.bootId)

    run(scene())
    assert bootIds == sorted(set(bootIds))
    assert bootIds[-1] < 2**31


def test_a_boot_id_of_ones_own_is_used(cable: Cable) -> None:
    """For firmware that keeps a counter."""

    async def scene() -> list[int]:
        server = announcer(cable, bootId=41)
        seen = []
        for _ in range(2):
            async with server:
                seen.append(server.advertisement.bootId)
        return seen

    assert run(scene()) == [41, 42]


def test_a_taken_port_is_named_with_the_way_out_and_nothing_stays_behind(cable: Cable) -> None:
    """NetworkError; the announcer can be started once the port is free."""

    async def scene() -> None:
        with socket.socket() as taken:
            taken.bind((HERE, 0))
            taken.listen()
            port = taken.getsockname()[1]
            server = upnp.Announcer(demo(), port, HERE)
            server.ssdp.makeLinks = cable.links
            with pytest.raises(upnp.NetworkError, match=rf'port {port} .*httpPort=0'):
                await server.start()
        async with server:
            assert server.httpPort == port

    run(scene())


def test_an_address_that_is_not_ours_is_refused() -> None:
    """NetworkError names it, and what there is."""
    with pytest.raises(upnp.NetworkError, match=r"netBind '192\.0\.2\.77' is not .* lo \(127\.0\.0\.1\)"):
        asyncio.run(upnp.Announcer(demo(), 0, '192.0.2.77').start())


def test_a_change_is_advertised_once_with_a_new_config_id_and_the_same_boot_id(cable: Cable) -> None:
    """Several changes in a row are one; it comes within a second."""

    async def scene() -> tuple[float, float]:
        async with announcer(cable) as server:
            await asyncio.sleep(2)
            cable.packets.clear()
            server.device.friendlyName = 'Another'
            server.device.modelNumber = '2'
            changed = asyncio.get_running_loop().time()
            former = server.advertisement
            await asyncio.sleep(5)
            assert server.advertisement.bootId == former.bootId
            assert server.advertisement.roots[UDN].configId != former.roots[UDN].configId
            assert b'Another' in server.resources['/descr.xml'].body(HERE)
            sent = list(cable.packets)
        return changed, sent[0].time, len(sent)

    changed, first, count = run(scene())
    assert first - changed < 1
    assert count == 4


def test_what_vanishes_says_byebye_first(cable: Cable) -> None:
    """A service taken away; what was added is announced."""

    async def scene() -> list[tuple[str, str]]:
        async with announcer(cable) as server:
            await asyncio.sleep(2)
            cable.packets.clear()
            server.device.services.clear()
            server.device.addDevice(upnp.Device(deviceType='urn:exemple-org:device:Sensor:1', friendlyName='S'))
            await asyncio.sleep(2)
            return [(packet.headers['NTS'][5:], packet.headers['NT']) for packet in cable.packets]

    sent = run(scene())
    assert sent[0] == ('byebye', 'sadmin-fr:service:dummy')
    assert [nts for nts, _ in sent] == ['byebye'] + ['alive'] * 5
    assert sent[-1] == ('alive', 'urn:exemple-org:device:Sensor:1')


def test_a_change_undone_is_not_advertised(cable: Cable) -> None:
    """Same documents, same CONFIGID, no message."""

    async def scene() -> None:
        async with announcer(cable) as server:
            await asyncio.sleep(2)
            cable.packets.clear()
            server.device.friendlyName = 'Another'
            server.device.friendlyName = 'UPnP Test'
            await asyncio.sleep(2)
            assert cable.packets == []

    run(scene())


def test_a_change_that_cannot_be_announced_is_warned_of_and_the_device_stays(
    cable: Cable, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is lost."""

    async def scene() -> None:
        async with announcer(cable) as server:
            await asyncio.sleep(2)
            server.device.deviceType = None
            await asyncio.sleep(2)
            assert server.ssdp.protocol.provides(f'{UDN}::{DEVICE_TYPE}')

    run(scene())
    assert [record.levelname for record in caplog.records if 'deviceType is missing' in record.getMessage()] == [
        'WARNING'
    ]


def test_the_uuid_is_fixed_while_it_is_announced(cable: Cable) -> None:
    """UDA 1.1 §1.1.4."""

    async def scene() -> None:
        server = announcer(cable)
        async with server:
            with pytest.raises(upnp.DescriptionError, match='fixed while the device is announced'):
                server.device.uuid = '6'
        server.device.uuid = '6'

    run(scene())


def test_several_root_devices_have_a_description_each(cable: Cable) -> None:
    """addDevice and removeDevice, while it runs."""

    async def scene() -> None:
        async with announcer(cable) as server:
            second = demo('6', 'Second')
            await asyncio.sleep(2)
            server.addDevice(second)
            await asyncio.sleep(2)
            assert server.devices == (server.device, second)
            assert [location.partition(':')[2].partition('/descr')[0][-2:] for location in server.locations['lo']] == [
                str(server.httpPort)[-2:],
                '/6',
            ]
            assert b'Second' in server.resources['/6/descr.xml'].body(HERE)
            assert b'Second' in server.resources['/6/'].body(HERE)
            assert 'uuid:6::upnp:rootdevice' in notifications(cable, 'ssdp:alive')
            await server.removeDevice(second)
            assert set(notifications(cable, 'ssdp:byebye')) == {
                *('uuid:6', 'uuid:6::upnp:rootdevice', f'uuid:6::{DEVICE_TYPE}', 'uuid:6::sadmin-fr:service:dummy')
            }
            assert '/6/descr.xml' not in server.resources

    run(scene())


def test_a_root_device_that_cannot_be_one_is_refused_at_once(cable: Cable) -> None:
    """Its mistake is told where it is made."""
    server = announcer(cable)
    embedding = lamp()
    with pytest.raises(TypeError, match=r'upnp\.Device is wanted'):
        server.addDevice('lamp')  # type: ignore[arg-type]
    with pytest.raises(upnp.DescriptionError, match='has the uuid'):
        server.addDevice(demo())
    with pytest.raises(upnp.DescriptionError, match='is embedded'):
        server.addDevice(embedding.devices[0])
    with pytest.raises(upnp.DescriptionError, match='friendlyName is missing'):
        server.addDevice(upnp.Device(deviceType=DEVICE_TYPE))


def test_a_uuid_is_derived_once_and_is_the_same_after_a_restart(cable: Cable, caplog: pytest.LogCaptureFixture) -> None:
    """Logged at INFO so that it can be pinned."""
    caplog.set_level(logging.INFO)

    def made() -> upnp.Device:
        device = upnp.Device(deviceType=DEVICE_TYPE, friendlyName='Derived')
        device.addDevice(upnp.Device(deviceType=DEVICE_TYPE, friendlyName='Derived'))
        return device

    async def scene() -> list[str | None]:
        uuids = []
        for _ in range(2):
            device = made()
            async with announcer(cable, device):
                uuids += [device.uuid, device.devices[0].uuid]
        return uuids

    first, embedded, again, embeddedAgain = run(scene())
    assert (first, embedded) == (again, embeddedAgain)
    assert first != embedded
    assert f'has the uuid {first}' in caplog.text


def test_an_icon_is_read_from_its_path_and_measured(cable: Cable, tmp_path: Path) -> None:
    """Its size stands in the description, its bytes are served."""
    path = tmp_path / 'lamp.png'
    path.write_bytes(PNG)
    device = demo()
    device.addIcon(upnp.Icon({'path': str(path)}))

    async def scene() -> None:
        async with announcer(cable, device) as server:
            icon = device.icons[0]
            assert (icon.mimetype, icon.width, icon.height, icon.depth) == ('image/png', 48, 24, 32)
            (served,) = [resource.body(HERE) for place, resource in server.resources.items() if 'icon' in place]
            assert served == PNG

    run(scene())


@pytest.mark.parametrize(
    ('icon', 'message'),
    [
        ({'path': '/nowhere.png'}, "icon '/nowhere.png' cannot be read"),
        ({'data': b'?'}, 'mimetype, width, height, depth cannot be told'),
        ({'data': b'GIF89a'}, 'width, height, depth cannot be told'),
        ({}, 'needs one of path, data and url'),
    ],
)
def test_an_icon_that_cannot_be_described_stops_the_start(icon: dict[str, object], message: str) -> None:
    """DescriptionError, with the remedy."""
    device = demo()
    device.addIcon(upnp.Icon(icon))
    with pytest.raises(upnp.DescriptionError, match=message):
        asyncio.run(upnp.Announcer(device, 0, HERE).start())


@pytest.mark.parametrize(
    ('options', 'error', 'message'),
    [
        ({'httpPort': 70000}, ValueError, 'httpPort must be a whole number from 0 to 65535, not 70000'),
        ({'httpPort': '5000'}, ValueError, "httpPort .* not '5000'"),
        ({'maxAge': 0}, ValueError, 'maxAge must be'),
        ({'bootId': -1}, ValueError, 'bootId must be'),
        ({'server': 'Lamp'}, ValueError, "server 'Lamp' has not the form"),
        ({'server': 'Lamp/1\r\nX: y'}, ValueError, 'has not the form'),
        ({'extraHeaders': {'USN': 'x'}}, ValueError, 'is set by the announcer'),
        ({'extraHeaders': {'X': 'a\r\nb'}}, ValueError, 'is no header'),
    ],
)
def test_a_wrong_option_is_refused_when_it_is_given(
    options: dict[str, object], error: type[Exception], message: str
) -> None:
    """With the value and the range."""
    with pytest.raises(error, match=message):
        upnp.Announcer(demo(), **options)  # type: ignore[arg-type]


def test_oddities_are_noted_once_at_info(cable: Cable, caplog: pytest.LogCaptureFixture) -> None:
    """They are announced exactly as given; a warning would reach stderr."""
    caplog.set_level(logging.INFO)

    async def scene() -> None:
        server = announcer(cable)
        for _ in range(2):
            async with server:
                await asyncio.sleep(0.2)

    run(scene())
    noted = [record for record in caplog.records if 'sadmin-fr:service:dummy' in record.getMessage()]
    assert [record.levelname for record in noted] == ['INFO']


def test_a_clock_loop_is_what_these_tests_run_on() -> None:
    """Nothing here waits for real."""

    async def scene() -> float:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, ClockLoop)
        began = loop.time()
        await asyncio.sleep(86400)
        return loop.time() - began

    assert run(scene()) == pytest.approx(86400)


def test_a_stop_with_a_kept_connection_is_silent(cable: Cable) -> None:
    """No traceback of asyncio's, and the peer sees the end."""
    failures: list[dict[str, object]] = []

    async def scene() -> bytes:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
        async with announcer(cable) as server:
            reader, writer = await asyncio.open_connection(HERE, server.httpPort)
            writer.write(b'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
            await reader.readuntil(b'\r\n\r\n')
        rest = await reader.read()
        writer.close()
        return rest

    assert asyncio.run(scene()).endswith(b'</html>\n')
    assert failures == []


def test_a_stop_that_is_cancelled_ends_all_the_same_and_a_start_follows_it(cable: Cable) -> None:
    """Who waits may be cancelled, the end is not."""

    async def scene() -> None:
        server = announcer(cable)
        await server.start()
        stopping = asyncio.create_task(server.stop())
        await asyncio.sleep(0)
        stopping.cancel()
        await asyncio.gather(stopping, return_exceptions=True)
        assert server.locations == {}
        await server.start()
        assert server.locations != {}
        await asyncio.sleep(1)
        await server.stop()

    run(scene())
    assert len(notifications(cable, 'ssdp:byebye')) == 4


def test_calls_at_the_same_time_end_as_the_last_one_says(cable: Cable) -> None:
    """start, stop, start."""

    async def scene() -> None:
        server = announcer(cable)
        await asyncio.gather(server.start(), server.stop(), server.start())
        assert server.locations != {}
        await server.stop()

    run(scene())


def test_a_start_that_waits_for_another_one_raises_what_stands_in_its_way() -> None:
    """Nobody is told that it runs when it does not."""

    async def scene() -> list[object]:
        with socket.socket() as taken:
            taken.bind((HERE, 0))
            taken.listen()
            device = upnp.Device(deviceType=DEVICE_TYPE, friendlyName='Derived')
            server = upnp.Announcer(device, taken.getsockname()[1], HERE)
            return list(await asyncio.gather(server.start(), server.start(), return_exceptions=True))

    assert [type(result) for result in asyncio.run(scene())] == [upnp.NetworkError] * 2


@pytest.mark.parametrize('first', [0, 1])
def test_one_signal_stops_all_who_serve_and_those_who_stay_hear_the_next(cable: Cable, first: int) -> None:
    """Two announcers in one process, one of which ends before the other."""
    former = signal.getsignal(signal.SIGTERM)

    async def scene() -> None:
        servers = [announcer(cable), announcer(cable, demo('6', 'Second'))]
        serving = [asyncio.create_task(server.serveForever()) for server in servers]
        await asyncio.sleep(1)
        await servers[first].stop()
        await serving[first]
        os.kill(os.getpid(), signal.SIGTERM)
        await serving[1 - first]
        serving = [asyncio.create_task(server.serveForever()) for server in servers]
        await asyncio.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.gather(*serving)

    run(scene())
    assert len(notifications(cable, 'ssdp:byebye')) == 16
    assert signal.getsignal(signal.SIGTERM) is former


def test_an_answer_that_waits_tells_what_there_is_when_it_goes_out(cable: Cable) -> None:
    """What has vanished meanwhile is not answered for, what stays has the new CONFIGID."""

    async def scene() -> tuple[float, int]:
        async with announcer(cable) as server:
            await asyncio.sleep(2)
            for port in range(20):
                Asker(cable, ('127.0.0.98', 5000 + port)).search('ssdp:all', mx=5)
            server.device.services.clear()
            changed = asyncio.get_running_loop().time() + 0.3
            await asyncio.sleep(10)
            return changed, server.advertisement.roots[UDN].configId

    changed, configId = run(scene())
    answers = [packet.headers for packet in cable.sent(HERE, 'HTTP/') if packet.time > changed]
    assert len(answers) >= 20
    assert {answer['ST'] for answer in answers} == {'upnp:rootdevice', UDN, DEVICE_TYPE}
    assert {answer['CONFIGID.UPNP.ORG'] for answer in answers} == {str(configId)}


def test_who_was_answered_before_the_first_set_hears_the_byebye(cable: Cable) -> None:
    """UDA 1.1 §1.2.3."""

    async def scene() -> None:
        async with announcer(cable):
            Asker(cable).search('upnp:rootdevice', mx=None, to=(HERE, 1900))
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    run(scene())
    assert len(cable.sent(HERE, 'HTTP/')) == 1
    assert len(notifications(cable, 'ssdp:byebye')) == 4


def test_a_device_that_comes_back_after_bye_has_a_greater_boot_id(cable: Cable) -> None:
    """UDA 1.1 §1.2.2."""

    async def scene() -> None:
        async with announcer(cable) as server:
            await asyncio.sleep(2)
            server.bye()
            server.notify()
            await asyncio.sleep(2)

    run(scene())
    bootIds = [packet.headers['BOOTID.UPNP.ORG'] for packet in cable.sent(HERE, 'NOTIFY')]
    assert bootIds[0] == bootIds[15]
    assert int(bootIds[16]) > int(bootIds[0])


def test_a_root_device_is_removed_also_while_another_one_is_wrong(cable: Cable) -> None:
    """The other stays as it was announced."""

    async def scene() -> None:
        async with announcer(cable) as server:
            second = demo('6', 'Second')
            server.addDevice(second)
            with pytest.raises(upnp.DescriptionError, match='is announced here already'):
                server.addDevice(second)
            await asyncio.sleep(2)
            server.device.addService(upnp.Service())
            await server.removeDevice(second)
            assert not server.ssdp.protocol.provides('uuid:6')
            assert '/6/' not in server.resources
            assert server.ssdp.protocol.provides(UDN)

    run(scene())
    assert len(notifications(cable, 'ssdp:byebye')) == 8


@pytest.mark.usefixtures('noLoop')
def test_dispose_after_the_loop_was_closed_says_byebye_and_closes_the_sockets(cable: Cable) -> None:
    """The wrong order, and nothing stays behind; it can be started anew."""
    loop = asyncio.new_event_loop()
    server = announcer(cable)
    server.initLoop(loop)
    loop.run_until_complete(asyncio.sleep(0.15))
    port = server.httpPort
    cable.send = lambda *packet: sent.append(packet)  # type: ignore[method-assign]
    sent: list[tuple[object, ...]] = []
    loop.close()
    server.dispose()
    assert len(sent) == 4
    with socket.socket() as free:
        free.bind((HERE, port))
    assert server.locations == {}


@pytest.mark.usefixtures('noLoop')
def test_foreaver_starts_again_what_has_ended(cable: Cable) -> None:
    """On a loop of its own, and on a given one."""
    for loop in (None, asyncio.new_event_loop()):
        server = announcer(cable)
        server.initLoop(loop)
        for _ in range(2):
            if server.locations == {}:
                server.initLoop(loop)
            used = server._plain.loop
            assert used is not None
            used.call_later(0.15, os.kill, os.getpid(), signal.SIGINT)
            server.foreaver()
        server.dispose()
        if loop is not None:
            loop.close()
    assert len(notifications(cable, 'ssdp:byebye')) == 16


@pytest.mark.usefixtures('noLoop')
def test_it_is_announced_on_one_loop_at_a_time(cable: Cable) -> None:
    """RuntimeError names the remedy."""
    first, second = asyncio.new_event_loop(), asyncio.new_event_loop()
    server = announcer(cable)
    server.initLoop(first)
    with pytest.raises(RuntimeError, match='dispose it first'):
        server.initLoop(second)
    with pytest.raises(RuntimeError, match='stop it there first'):
        second.run_until_complete(server.start())
    server.dispose()
    server.initLoop(second)
    server.dispose()
    first.close()
    second.close()


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'interfaces': 'eth0'}, 'interfaces must be a list'),
        ({'ignoredInterfaces': 'eth0'}, 'ignoredInterfaces must be a list'),
        ({'interfaces': [1]}, 'interfaces must be a list'),
        ({'limits': {}}, r'limits must be an upnp\.Limits'),
        ({'extraHeaders': ['X: y']}, 'extraHeaders must be a dict'),
    ],
)
def test_an_option_of_the_wrong_kind_is_refused(options: dict[str, object], message: str) -> None:
    """A text would be a list of letters."""
    with pytest.raises(TypeError, match=message):
        upnp.Announcer(demo(), **options)  # type: ignore[arg-type]


def test_a_netbind_that_is_ignored_is_told() -> None:
    """Two options that exclude each other."""
    with pytest.raises(upnp.NetworkError, match='left out by the other options'):
        asyncio.run(upnp.Announcer(demo(), 0, HERE, ignoredInterfaces=['lo']).start())


def test_a_loop_that_cannot_run_is_refused(cable: Cable) -> None:
    """A closed one, and one other than the one that runs in this thread."""
    closed, idle = asyncio.new_event_loop(), asyncio.new_event_loop()
    closed.close()
    with pytest.raises(RuntimeError, match='the loop is closed'):
        announcer(cable).initLoop(closed)

    async def scene() -> None:
        with pytest.raises(RuntimeError, match='another one runs in this thread'):
            announcer(cable).initLoop(idle)

    run(scene())
    idle.close()


def test_dispose_as_the_last_call_before_the_loop_ends_leaves_nothing_open(cable: Cable) -> None:
    """asyncio.run cancels what is left before it had a turn."""
    server = announcer(cable)

    async def scene() -> int:
        server.initLoop()
        await server.start()
        await asyncio.sleep(0.15)
        port = server.httpPort
        server.dispose()
        return port

    for _ in range(2):
        with socket.socket() as free:
            free.bind((HERE, asyncio.run(scene())))
    assert len(notifications(cable, 'ssdp:byebye')) == 8


# Eventing


def alarm() -> upnp.Device:
    """Return a device with a variable that is told to everybody."""
    variables = [{'name': 'Fire', 'dataType': 'boolean', 'sendEvents': True, 'multicast': True}]
    device = upnp.Device(deviceType=DEVICE_TYPE, friendlyName='Alarm', uuid=UDN)
    device.addService(upnp.Service(serviceType='urn:x-org:service:Alarm:1', stateVariables=variables))
    return device


def test_a_multicast_event_goes_out_on_every_interface(cable: Cable) -> None:
    """UDA 1.1 §4.2, §4.3.3."""

    async def scene() -> None:
        device = alarm()
        async with announcer(cable, device) as server:
            device.services[0].stateVariables['Fire'].value = True
            await asyncio.sleep(0.1)
            bootId = server.advertisement.bootId
        (packet,) = [one for one in cable.packets if one.destination == ('239.255.255.246', 7900)]
        body = (
            b'<?xml version="1.0" encoding="utf-8"?>\n<e:propertyset xmlns:e="urn:schemas-upnp-org:event-1-0">'
            b'<e:property><Fire>1</Fire></e:property></e:propertyset>\n'
        )
        head = (
            'NOTIFY * HTTP/1.0\r\nHOST: 239.255.255.246:7900\r\nCONTENT-TYPE: text/xml; charset="utf-8"\r\n'
            f'USN: {UDN}::urn:x-org:service:Alarm:1\r\nSVCID: urn:x-org:serviceId:Alarm\r\n'
            'NT: upnp:event\r\nNTS: upnp:propchange\r\nSEQ: 0\r\nLVL: upnp:/general\r\n'
            f'BOOTID.UPNP.ORG: {bootId}\r\nCONTENT-LENGTH: {len(body)}\r\n\r\n'
        )
        assert packet.data == head.encode() + body

    run(scene())


@pytest.mark.parametrize('leave', ['bye', 'notify after bye', 'removeDevice', 'stop'])
def test_subscriptions_end_when_the_device_leaves(cable: Cable, leave: str) -> None:
    """UDA 1.1 §4.1.2: a restart starts clean."""

    async def scene() -> None:
        device = alarm()
        async with announcer(cable, device) as server:
            rule = callbackRule(server.access, '192.0.2.9', HERE, isLinkWide=False)
            request = gena.parseSubscribe({'callback': '<http://192.0.2.9/>', 'nt': 'upnp:event'}, rule)
            sid = server.events.subscribe(device.services[0], request, '192.0.2.9', HERE).sid
            if leave == 'notify after bye':
                server.bye()
                with pytest.raises(upnp.MessageError, match='byebye'):
                    server.events.subscribe(device.services[0], request, '192.0.2.9', HERE)
                server.notify()
                server.events.subscribe(device.services[0], request, '192.0.2.9', HERE)
            elif leave == 'removeDevice':
                await server.removeDevice(device)
            elif leave == 'bye':
                server.bye()
            else:
                await server.stop()
                await server.start()
            with pytest.raises(upnp.MessageError, match=f'no subscription {sid!r} here'):
                server.events.unsubscribe(device.services[0], sid)

    run(scene())


def test_neither_a_new_boot_id_nor_a_set_ahead_of_time_ends_a_subscription(cable: Cable) -> None:
    """An interface came: UDA 1.1 §1.2.2 wants a new BOOTID, and the device has not begun anew."""

    async def scene() -> None:
        device = alarm()
        async with announcer(cable, device) as server:
            rule = callbackRule(server.access, 'fe80::9%3', 'fe80::1%3', isLinkWide=False)
            assert {'fe80::1', HERE} <= rule.own
            request = gena.parseSubscribe({'callback': '<http://[FE80::9]/>', 'nt': 'upnp:event'}, rule)
            subscription = server.events.subscribe(device.services[0], request, 'fe80::9%3', 'fe80::1%3')
            assert server.nextBootId() > server.advertisement.bootId
            server.notify()
            assert subscription.isLive
            assert (subscription.host, subscription.request.callbacks[0].place) == ('fe80::1%3', ('fe80::9%3', 80))

    run(scene())


@pytest.mark.parametrize(('callbackHosts', 'network'), [('subscriber', None), ('link', f'{HERE}/8')])
def test_callbacks_may_be_as_far_away_as_the_option_says(cable: Cable, callbackHosts: str, network: str | None) -> None:
    async def scene() -> None:
        async with announcer(cable, alarm(), callbackHosts=callbackHosts) as server:
            (isLinkWide,) = [
                one.subject.isLinkWide for one in server.resources.values() if isinstance(one.subject, Evented)
            ]
            rule = callbackRule(server.access, '192.0.2.9', HERE, isLinkWide=isLinkWide)
            assert (rule.peer, rule.port, rule.network) == ('192.0.2.9', server.httpPort, network)
            assert HERE in rule.own
            assert callbackRule(server.access, '192.0.2.9', '192.0.2.1', isLinkWide=isLinkWide).network is None

    run(scene())


def test_an_unknown_kind_of_callback_hosts_is_refused() -> None:
    with pytest.raises(ValueError, match="callbackHosts must be 'subscriber' or 'link', not 'any'"):
        upnp.Announcer(demo(), callbackHosts='any')


# Pages


def pageOf(server: upnp.Announcer, path: str = '/') -> bytes:
    """What is served at a path."""
    return server.resources[path].body(HERE)


def test_a_page_of_ones_own_is_added_before_the_start_and_while_it_runs(cable: Cable) -> None:
    async def scene() -> None:
        server = announcer(cable)
        server.addPage('/setup', b'first')
        async with server:
            assert pageOf(server, '/setup') == b'first'
            server.addPage('/setup', b'second')
            server.addPage('/more', b'more')
            assert (pageOf(server, '/setup'), pageOf(server, '/more')) == (b'second', b'more')
            server.device.friendlyName = 'Changed'
            await asyncio.sleep(2)
            assert (pageOf(server, '/setup'), b'Changed' in pageOf(server)) == (b'second', True)
        async with server:
            assert pageOf(server, '/setup') == b'second'

    run(scene())


def test_a_page_of_ones_own_stands_in_the_place_of_the_devices(cable: Cable) -> None:
    async def scene() -> None:
        async with announcer(cable) as server:
            assert b'UPnP Test' in pageOf(server)
            server.addPage('/', b'mine')
            assert pageOf(server) == b'mine'
            second = demo('6', 'Second')
            server.addDevice(second)
            await asyncio.sleep(2)
            assert pageOf(server) == b'mine'
            await server.removeDevice(server.device)
            assert pageOf(server) == b'mine'
            await server.removeDevice(second)

    run(scene())


def test_a_page_has_the_path_of_nothing_else(cable: Cable) -> None:
    async def scene() -> None:
        server = announcer(cable)
        async with server:
            with pytest.raises(upnp.DescriptionError, match=r'/descr\.xml is taken'):
                server.addPage('/descr.xml', b'')
            assert server.resources['/descr.xml'].contentType.startswith('text/xml')
        server.addPage('/descr.xml', b'')
        with pytest.raises(upnp.DescriptionError, match=r'/descr\.xml is taken'):
            await server.start()

    run(scene())


def test_what_belongs_to_the_page_stays_when_a_device_goes(cable: Cable) -> None:
    """Its style sheet and script are the same for every device."""

    async def scene() -> None:
        async with announcer(cable) as server:
            second = demo('6', 'Second')
            server.addDevice(second)
            await asyncio.sleep(2)
            await server.removeDevice(second)
            assert sorted(path[-3:] for path in server.resources if path.startswith('/page-')) == ['.js', 'css']

    run(scene())


def test_a_page_that_another_thread_adds_undoes_nothing(cable: Cable, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is served may be rendered anew at the same moment."""

    async def scene() -> None:
        async with announcer(cable) as server:

            def withPages(resources: Resources, pages: Resources) -> Resources:
                table = preparation.withPages(resources, pages)
                if threading.current_thread() is adding:
                    server.resources = {**server.resources, '/new': server.resources['/descr.xml']}  # the loop did it
                return table

            monkeypatch.setattr(UPnP, 'withPages', withPages)
            adding = threading.Thread(target=server.addPage, args=('/setup', b'setup'))
            adding.start()
            adding.join()
            await asyncio.sleep(0.1)
            assert pageOf(server, '/setup') == b'setup'
            assert '/new' in server.resources

    run(scene())


def test_a_page_where_a_new_device_has_something_keeps_that_device_out(
    cable: Cable, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        async with announcer(cable) as server:
            second = demo('6', 'Second')
            path = writing.placesOf(second, first=False).description
            server.addPage(path, b'mine')
            server.addDevice(second)
            await asyncio.sleep(2)
            assert pageOf(server, path) == b'mine'
            (record,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
            assert record.levelno == logging.WARNING
            assert record.getMessage().endswith(f'the path {path} is taken, by what is served of a device: {REMEDY}')
            await server.removeDevice(second)

    run(scene())


def test_the_thread_of_a_page_goes_with_it_and_stays_when_a_device_changes(cable: Cable) -> None:
    def page() -> str:
        threads.append(threading.current_thread())
        return ''

    async def ask(server: upnp.Announcer) -> None:
        reader, writer = await asyncio.open_connection(HERE, server.httpPort)
        writer.write(b'GET /setup HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')
        assert (await reader.readline()).startswith(b'HTTP/1.1 200')
        writer.close()
        await writer.wait_closed()

    async def scene() -> None:
        async with announcer(cable) as server:
            server.addPage('/setup', page)
            await ask(server)
            server.device.friendlyName = 'Changed'
            await asyncio.sleep(0)
            clock.advance(2)
            for _ in range(50):
                await asyncio.sleep(0)
            assert b'Changed' in pageOf(server, '/descr.xml')
            await ask(server)
            assert threads[0] is threads[1]
            server.addPage('/setup', b'')
            await asyncio.sleep(0)
            threads[0].join(5)
            assert not threads[0].is_alive()

    threads: list[threading.Thread] = []
    clock = HeldClock()
    run(scene(), clock)
