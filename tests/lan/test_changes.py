"""A device that changes while it is announced, and devices that come and go."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.lan.expected import LAMP_UDN, LAMP_USNS, usnsOf
from tests.lan.hosts import Host, pythonCommand
from tests.lan.prompt import Prompt, PromptError
from tests.lan.ssdp import Listener, Seen, search
from tests.lan.web import fetch

pytestmark = pytest.mark.lan

NOTICE_SECONDS = 1.0
QUIET_SECONDS = 1.2
OTHER_UUID, OTHER_SENSOR_UUID = '0b9a7a60-5b1e-4c57-8a47-0242ac110004', '0b9a7a60-5b1e-4c57-8a47-0242ac110005'
OTHER_USNS = usnsOf(f'uuid:{OTHER_UUID}', f'uuid:{OTHER_SENSOR_UUID}')
DIMMING = f'{LAMP_UDN}::urn:schemas-upnp-org:service:Dimming:1'
SHORT_LIFE = """
import asyncio, upnp
from tests.lan.programs.lamp import makeLamp
async def main():
    async with upnp.Announcer(makeLamp(), httpPort=0):
        await asyncio.sleep(0.5)
asyncio.run(main())
"""


@pytest.fixture
def listener(searcher: Host) -> Iterator[Listener]:
    with Listener(searcher) as listening:
        yield listening


@pytest.fixture
def lamp(prompt: Prompt, listener: Listener) -> Prompt:
    """A prompt where `lamp` is announced by `server`, and its first sets are out."""
    prompt.do('lamp = makeLamp()')
    prompt.do('server = upnp.Announcer(lamp, httpPort=0)')
    prompt.do('await server.start()')
    listener.waitForAlive(LAMP_USNS)
    listener.waitQuiet(QUIET_SECONDS)
    return prompt


def after(listener: Listener, moment: float) -> list[Seen]:
    return [one for one in listener.seen if one.time > moment]


def test_a_new_name_is_announced_once_within_a_second_of_the_last_change(
    lamp: Prompt, listener: Listener, searcher: Host
) -> None:
    """UDA 1.1 §1.2.2: a change of a document changes CONFIGID; nothing was restarted, so BOOTID stays."""
    before = listener.alive()[-1]
    lamp.do("lamp.friendlyName = 'Red lamp'")
    moment = time.monotonic()
    lamp.do("lamp.friendlyName = 'Blue lamp'")
    lamp.do("lamp.modelNumber = '2'")
    listener.waitFor(lambda _seen: len(after(listener, moment)) >= len(LAMP_USNS))
    listener.waitQuiet(QUIET_SECONDS)
    news = after(listener, moment)
    assert sorted(one.usn for one in news) == sorted(LAMP_USNS)
    assert {(one.kind, one.bootId) for one in news} == {('ssdp:alive', before.bootId)}
    (configId,) = {one.configId for one in news}
    assert configId != before.configId
    assert news[-1].time - moment <= NOTICE_SECONDS
    body = fetch(searcher, news[0].location).body
    assert b'Blue lamp' in body
    assert f'configId="{configId}"'.encode() in body


def test_setting_the_same_value_again_is_no_change(lamp: Prompt, listener: Listener) -> None:
    moment = time.monotonic()
    lamp.do('lamp.friendlyName = lamp.friendlyName')
    listener.waitQuiet(QUIET_SECONDS)
    assert after(listener, moment) == []


def test_a_change_back_gives_the_former_configid(lamp: Prompt, listener: Listener, searcher: Host) -> None:
    before = listener.alive()[-1]
    lamp.do("lamp.friendlyName = 'Blue lamp'")
    listener.waitFor(lambda seen: seen[-1].configId != before.configId)
    lamp.do("lamp.friendlyName = 'Workshop lamp'")
    listener.waitFor(lambda seen: seen[-1].configId == before.configId)
    assert {answer.configId for answer in search(searcher, 'ssdp:all')} == {before.configId}


def test_a_service_taken_away_is_taken_back_before_the_rest_is_announced(lamp: Prompt, listener: Listener) -> None:
    """UDA 1.1 §1.2.3."""
    before = listener.alive()[-1]
    moment = time.monotonic()
    lamp.do('del lamp.services[1]')
    left = [usn for usn in LAMP_USNS if usn != DIMMING]
    listener.waitFor(lambda _seen: len(after(listener, moment)) > len(left))
    news = after(listener, moment)
    assert [(one.kind, one.usn) for one in news[:1]] == [('ssdp:byebye', DIMMING)]
    assert sorted(one.usn for one in news[1:]) == sorted(left)
    assert {one.kind for one in news[1:]} == {'ssdp:alive'}
    assert (news[0].bootId, news[0].configId) == (before.bootId, before.configId)
    assert news[-1].time - moment <= NOTICE_SECONDS


def test_a_service_added_is_announced_and_found(lamp: Prompt, listener: Listener, searcher: Host) -> None:
    added = 'urn:exemple-org:service:camera-image:1'
    moment = time.monotonic()
    lamp.do(f"lamp.addService(upnp.Service(serviceType={added!r}, serviceId='urn:exemple-org:serviceId:camera'))")
    seen = listener.waitForAlive([f'{LAMP_UDN}::{added}'])
    assert seen[-1].time - moment <= NOTICE_SECONDS
    assert [answer.usn for answer in search(searcher, added)] == [f'{LAMP_UDN}::{added}']


def test_a_service_taken_away_is_found_no_longer_under_a_lower_version_either(
    lamp: Prompt, listener: Listener, searcher: Host
) -> None:
    lamp.do('del lamp.services[0]')
    listener.waitForByebye([f'{LAMP_UDN}::urn:schemas-upnp-org:service:SwitchPower:2'])
    assert search(searcher, 'urn:schemas-upnp-org:service:SwitchPower:1') == []


def test_the_uuid_is_fixed_while_announced(lamp: Prompt) -> None:
    with pytest.raises(PromptError, match=r'^DescriptionError: .*uuid.*fixed'):
        lamp.do(f'lamp.uuid = {OTHER_UUID!r}')


def test_a_second_root_device_comes_and_goes(lamp: Prompt, listener: Listener, searcher: Host) -> None:
    lamp.do(f"other = makeLamp({OTHER_UUID!r}, {OTHER_SENSOR_UUID!r}, 'Kitchen lamp')")
    lamp.do('server.addDevice(other)')
    (location,) = {one.location for one in listener.waitForAlive(OTHER_USNS) if one.usn in OTHER_USNS}
    assert location.endswith(f'/{OTHER_UUID}/descr.xml')
    assert b'Kitchen lamp' in fetch(searcher, location).body
    assert sorted(one.usn for one in search(searcher, 'ssdp:all')) == sorted(LAMP_USNS + OTHER_USNS)
    lamp.do('await server.removeDevice(other)')
    assert sorted(one.usn for one in listener.waitForByebye(OTHER_USNS)) == sorted(OTHER_USNS)
    assert sorted(one.usn for one in search(searcher, 'ssdp:all')) == sorted(LAMP_USNS)
    assert fetch(searcher, location).status == 404


def test_notify_brings_the_next_set_forward(lamp: Prompt, listener: Listener) -> None:
    before = listener.alive()[-1]
    moment = time.monotonic()
    lamp.do('server.notify()')
    listener.waitFor(lambda _seen: len(after(listener, moment)) >= len(LAMP_USNS))
    news = after(listener, moment)
    assert sorted({one.usn for one in news}) == sorted(LAMP_USNS)
    assert {(one.bootId, one.configId) for one in news} == {(before.bootId, before.configId)}


def test_the_bootid_grows_with_a_second_start_in_the_same_second(prompt: Prompt, listener: Listener) -> None:
    """UDA 1.1 §1.2.2."""
    prompt.do('server = upnp.Announcer(makeLamp(), httpPort=0)')
    for _start in range(2):
        prompt.do('await server.start()')
        prompt.do('await asyncio.sleep(0.15)')
        prompt.do('await server.stop()')
    listener.waitFor(lambda _seen: len(listener.byebye()) >= 2 * len(LAMP_USNS))
    bootIds = list(dict.fromkeys(one.bootId for one in listener.seen))
    assert len(bootIds) == 2
    assert bootIds[0] < bootIds[1] < 2**31


def test_the_bootid_grows_with_a_second_process_half_a_second_later(deviceHost: Host, listener: Listener) -> None:
    """UDA 1.1 §1.2.2."""
    for _start in range(2):
        deviceHost.run(*pythonCommand('-c', SHORT_LIFE))
    listener.waitFor(lambda _seen: len(listener.byebye()) >= 2 * len(LAMP_USNS))
    bootIds = list(dict.fromkeys(one.bootId for one in listener.seen))
    assert len(bootIds) == 2
    assert bootIds[0] < bootIds[1] < 2**31
