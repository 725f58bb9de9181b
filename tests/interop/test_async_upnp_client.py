"""async_upnp_client, which Home Assistant uses: it finds the device, and builds it without an error."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.lan.expected import LAMP_UDN, LAMP_USNS, QUICKSTART_UDN, QUICKSTART_USNS, QUICKSTARTS, SENSOR_UDN
from tests.lan.hosts import Host, pythonCommand
from tests.lan.prompt import Prompt
from tests.lan.ssdp import Listener
from tests.lan.tools import needsModule

pytestmark = pytest.mark.interop

SEARCH_SECONDS = '2'
PNG = ['image/png', 48, 48, 24]


@pytest.fixture(autouse=True)
def library() -> None:
    needsModule('async_upnp_client')


def find(searcher: Host, target: str) -> dict[str, Any]:
    """Let the library search and build; return what it printed."""
    program = pythonCommand('-m', 'tests.interop.programs.control_point', searcher.address, target, SEARCH_SECONDS)
    done = searcher.run(*program)
    assert done.stderr == ''
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.usefixtures('lamp')
def test_it_finds_every_target_once(searcher: Host) -> None:
    assert find(searcher, 'ssdp:all')['usns'] == sorted(LAMP_USNS)


@pytest.mark.usefixtures('lamp')
def test_it_builds_the_device_with_its_services_and_embedded_devices(searcher: Host) -> None:
    (device,) = find(searcher, 'upnp:rootdevice')['devices']
    assert (device['udn'], device['name'], device['manufacturer']) == (LAMP_UDN, 'Workshop lamp', 'ACME')
    assert device['services'] == {
        'urn:schemas-upnp-org:service:SwitchPower:2': {
            'SetTarget': [['newTargetValue', 'in']],
            'GetStatus': [['ResultStatus', 'out']],
        },
        'urn:schemas-upnp-org:service:Dimming:1': {},
    }
    assert {'Target', 'Status'} <= set(device['variables'])
    (sensor,) = device['devices']
    assert (sensor['udn'], sensor['name']) == (SENSOR_UDN, 'Light sensor')
    assert list(sensor['services']) == ['urn:schemas-upnp-org:service:SensorTransport:1']


@pytest.mark.usefixtures('lamp')
def test_the_icon_it_fetches_is_the_file_given(searcher: Host, iconFile: Path) -> None:
    (device,) = find(searcher, LAMP_UDN)['devices']
    ((*properties, content),) = device['icons']
    assert properties == PNG
    assert base64.b64decode(content) == iconFile.read_bytes()


def test_it_sees_a_name_that_changed(searcher: Host, lamp: Prompt) -> None:
    with Listener(searcher) as listener:
        before = listener.waitForAlive(LAMP_USNS)[0]
        lamp.do("lamp.friendlyName = 'Küche & <Flur>'")
        listener.waitFor(lambda seen: seen[-1].configId != before.configId)
    assert find(searcher, LAMP_UDN)['devices'][0]['name'] == 'Küche & <Flur>'


@pytest.mark.parametrize('script', QUICKSTARTS, ids=lambda path: path.stem)
def test_it_builds_the_documented_quickstart(deviceHost: Host, searcher: Host, script: Path) -> None:
    with Listener(searcher) as listener:
        deviceHost.python(script, strict=True)
        listener.waitForAlive(QUICKSTART_USNS)
    found = find(searcher, 'ssdp:all')
    (device,) = found['devices']
    assert found['usns'] == sorted(QUICKSTART_USNS)
    assert (device['udn'], device['name']) == (QUICKSTART_UDN, 'UPnP Test')
    assert list(device['services']) == ['sadmin-fr:service:dummy']
