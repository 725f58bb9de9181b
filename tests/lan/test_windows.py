"""Windows' network folder, replayed from another host: its search, its fetches, and what it demands of a description.

What Windows sends is written down in `programs/windows.py`, what it demands in `windows.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.lan.conftest import makeNetwork
from tests.lan.expected import QUICKSTART_UDN, QUICKSTARTS
from tests.lan.hosts import Host, Network
from tests.lan.prompt import Prompt
from tests.lan.ssdp import Listener, Seen
from tests.lan.web import Fetched
from tests.lan.windows import (
    FOUNDATION,
    PNPX,
    deviceIn,
    elementBreaches,
    fetchAsWindows,
    listingBreaches,
    pageOf,
    searchAsWindows,
    valueOf,
)

pytestmark = pytest.mark.lan

FIREWALL_SECONDS = 3.0  # for which answers to a multicast search are let in
BROWSER = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)'
AGENTS = [
    ('FDSSDP', 'Keep-Alive'),
    ('FDSSDP', 'close'),
    ('Microsoft-Windows/10.0 UPnP/1.0 Microsoft-Windows-DAFUPnP', 'Keep-Alive'),
    ('Microsoft-Windows/10.0 UPnP/1.0 Microsoft-Windows-DAFUPnP', 'close'),
]
UUID = '5e1f0a10-4d2c-4a6b-9a51-0242ac110004'
GUID = '8d0b2f1e-2c1a-4f0e-9f43-5b3f2c6d7e80'
EXAMPLE = 'urn:schemas-example-org:device-1-0'
FULL: dict[str, Any] = {
    **{'deviceType': 'urn:schemas-upnp-org:device:BinaryLight:1', 'friendlyName': 'Lamp <1> & co', 'uuid': UUID},
    **{'manufacturer': 'ACME', 'modelName': 'L1', 'modelNumber': '7', 'serialNumber': '42'},
    'hardwareId': ['VEN_0123&DEV_0001&REV_01', 'VEN_0123&DEV_0001'],
    'compatibleId': 'GenericUmPass',
    'deviceCategory': ['HomeAutomation.Lighting', 'Other'],
    'containerId': GUID,
    'extensions': [
        {'namespace': FOUNDATION, 'name': 'X_deviceCategory', 'value': 'Network.Gateway', 'prefix': 'df'},
        {'namespace': FOUNDATION, 'name': 'X_modelId', 'value': GUID},
        {'namespace': EXAMPLE, 'name': 'X_Place', 'extensions': [{'name': 'X_Floor', 'value': 3}]},
    ],
    'services': [{'serviceType': 'urn:schemas-upnp-org:service:SwitchPower:1'}],
    'devices': [{'deviceType': 'urn:example-org:device:sensor:1', 'friendlyName': 'Sensor'}],
}


@dataclass(frozen=True, slots=True)
class Scene:
    """The hosts, and what each search brought."""

    windows: Host
    prompt: Prompt
    addresses: dict[str, str]
    answers: dict[str, list[Seen]]

    def answersOf(self, device: str, target: str) -> list[Seen]:
        """Return the answers of one device to a search."""
        return [one for one in self.answers[target] if one.source == self.addresses[device]]

    def root(self, device: str) -> Seen:
        """Return the answer by which a root device is known."""
        (answer,) = self.answersOf(device, 'upnp:rootdevice')
        return answer

    def document(self, device: str) -> bytes:
        """Return the description of a device."""
        return fetchAsWindows(self.windows, self.root(device).location, 'FDSSDP')[0].body


@pytest.fixture(scope='module')
def scene() -> Iterator[Scene]:
    """A device with all that Windows has a use for, the quickstart, and a host that searches as Windows does."""
    with makeNetwork() as network:
        lan = network.lan()
        full, quickstart, windows = (network.host(name, lan) for name in ('full', 'quickstart', 'windows'))
        with Prompt(full) as prompt, Listener(windows) as listener:
            quickstart.python(QUICKSTARTS[0], strict=True)
            prompt.do(f'device = upnp.Device({FULL!r})')
            prompt.do('server = upnp.Announcer(device, httpPort=0)')
            prompt.do('await server.start()')
            listener.waitForAlive([QUICKSTART_UDN, f'uuid:{UUID}'])
            answers = {target: searchAsWindows(windows, target) for target in ('upnp:rootdevice', 'ssdp:all')}
            yield Scene(windows, prompt, {'full': full.address, 'quickstart': quickstart.address}, answers)


@pytest.mark.parametrize('device', ['full', 'quickstart'])
def test_its_search_is_answered_while_the_firewall_lets_answers_in(scene: Scene, device: str) -> None:
    """Headers without a space behind the colon, in its own order and case."""
    answers = scene.answersOf(device, 'upnp:rootdevice')
    assert [(one.start, one.target) for one in answers] == [('HTTP/1.1 200 OK', 'upnp:rootdevice')]
    assert all(one.time <= FIREWALL_SECONDS for one in scene.answers['ssdp:all'] + answers)


@pytest.mark.parametrize(('device', 'count'), [('full', 3 + 2 * 1 + 1), ('quickstart', 3 + 1)])
def test_its_search_for_all_is_answered_for_each_target(scene: Scene, device: str, count: int) -> None:
    """UDA 1.1 §1.3.3."""
    answers = scene.answersOf(device, 'ssdp:all')
    assert len({one.usn for one in answers}) == len(answers) == count
    assert {one.location for one in answers} == {scene.root(device).location}


@pytest.mark.parametrize('device', ['full', 'quickstart'])
@pytest.mark.parametrize(('agent', 'connection'), AGENTS)
def test_its_agents_get_the_description(scene: Scene, device: str, agent: str, connection: str) -> None:
    answers = fetchAsWindows(scene.windows, scene.root(device).location, agent, connection)
    assert len(answers) == (2 if connection == 'Keep-Alive' else 1)
    for one in answers:
        assert (one.status, one.headers['CONTENT-TYPE']) == (200, 'text/xml; charset="utf-8"')
        assert int(one.headers['CONTENT-LENGTH']) == len(one.body)
        assert one.body == answers[0].body


def test_that_windows_has_read_the_description_is_told_once(scene: Scene) -> None:
    """However often it comes back, and whatever its agent is called."""
    for agent, connection in AGENTS:
        fetchAsWindows(scene.windows, scene.root('full').location, agent, connection)
    told = [line for line in scene.prompt.do('logs') if 'seen by' in line]
    assert told == [f'INFO upnp.description.answers seen by Windows at {scene.windows.address}']


@pytest.mark.parametrize('device', ['full', 'quickstart'])
def test_the_description_meets_every_demand_for_the_listing(scene: Scene, device: str) -> None:
    answer, document = scene.root(device), scene.document(device)
    assert list(listingBreaches(answer.usn, answer.location, document)) == []
    assert list(elementBreaches(document)) == []


@pytest.mark.parametrize('device', ['full', 'quickstart'])
def test_a_double_click_opens_a_page(scene: Scene, device: str) -> None:
    page = opened(scene, device)
    assert page.status == 200
    assert page.headers['CONTENT-TYPE'].startswith('text/html')
    assert b'<html' in page.body


def opened(scene: Scene, device: str) -> Fetched:
    """Return what a browser on Windows gets."""
    return fetchAsWindows(scene.windows, pageOf(scene.root(device).location, scene.document(device)), BROWSER)[0]


def test_what_the_properties_show_is_there(scene: Scene) -> None:
    device = deviceIn(scene.document('full'))
    shown = ('friendlyName', 'manufacturer', 'modelName', 'modelNumber', 'serialNumber', 'UDN')
    assert {name: valueOf(device, name) for name in shown} == {
        **{name: FULL[name] for name in shown if name != 'UDN'},
        'UDN': f'uuid:{UUID}',
    }


@pytest.mark.parametrize(
    ('namespace', 'name', 'text'),
    [
        (PNPX, 'X_hardwareId', 'VEN_0123&DEV_0001&REV_01 VEN_0123&DEV_0001'),
        (PNPX, 'X_compatibleId', 'GenericUmPass'),
        (PNPX, 'X_deviceCategory', 'HomeAutomation.Lighting Other'),
        (FOUNDATION, 'X_containerId', f'{{{GUID}}}'),
        (FOUNDATION, 'X_deviceCategory', 'Network.Gateway'),
        (FOUNDATION, 'X_modelId', GUID),
    ],
)
def test_an_element_of_windows_stands_in_its_namespace_with_its_value(
    scene: Scene, namespace: str, name: str, text: str
) -> None:
    document = scene.document('full')
    elements = deviceIn(document).findall(f'{{{namespace}}}{name}')
    assert [element.text for element in elements] == [text]
    assert text.replace('&', '&amp;') in document.decode()


def test_elements_of_other_vendors_are_beside_them(scene: Scene) -> None:
    """UDA 1.1 §2.7."""
    assert deviceIn(scene.document('full')).findtext(f'{{{EXAMPLE}}}X_Place/{{{EXAMPLE}}}X_Floor') == '3'


def test_a_change_for_windows_gets_a_new_description(network: Network) -> None:
    lan = network.lan()
    host, windows = network.host('device', lan), network.host('windows', lan)
    with Prompt(host) as prompt, Listener(windows) as listener:
        prompt.do(f'device = upnp.Device({FULL!r})')
        prompt.do('server = upnp.Announcer(device, httpPort=0)')
        prompt.do('await server.start()')
        first = listener.waitForAlive([f'uuid:{UUID}'])[0]
        prompt.do("device.extensions['X_Place'].extensions['X_Floor'].value = 4")
        seen = listener.waitFor(lambda seen: any(one.configId != first.configId for one in seen))
        assert seen[-1].bootId == first.bootId
        document = fetchAsWindows(windows, seen[-1].location, 'FDSSDP')[0].body
        assert deviceIn(document).findtext(f'{{{EXAMPLE}}}X_Place/{{{EXAMPLE}}}X_Floor') == '4'


def test_an_id_without_a_category_is_announced_and_noted_once(prompt: Prompt) -> None:
    """Windows wants them together, and lists the device all the same."""
    elements = {name: FULL[name] for name in ('deviceType', 'friendlyName', 'hardwareId')}
    prompt.do(f'device = upnp.Device({elements!r})')
    prompt.do('server = upnp.Announcer(device, httpPort=0)')
    for _ in range(2):
        prompt.do('await server.start()')
        prompt.do('await server.stop()')
    notes = [line for line in prompt.do('logs') if 'announced as given' in line]
    assert len(notes) == 1
    assert notes[0].startswith('INFO upnp.announcer.preparation announced as given: device.hardwareId stands without')


# The demands themselves


WRONG = [
    ('</root>', '', 'cannot be read'),
    ('<device>', '<x:device>', 'cannot be read'),
    ('urn:schemas-upnp-org:device-1-0', 'urn:schemas-upnp-org:device:1', 'cannot be read'),
    ('DEV_0001&amp;REV', 'DEV_0001&REV', 'cannot be read'),
    ('<UDN>uuid:5e1f0a10', '<UDN>uuid:6e1f0a10', 'another UDN than in the USN'),
    ('<friendlyName>Lamp &lt;1&gt; &amp; co</friendlyName>', '<friendlyName> </friendlyName>', 'no friendlyName'),
    ('deviceType>', 'X_type>', 'no deviceType'),
    ('presentationURL>', 'X_page>', 'no page to open'),
    ('pnpx:X_deviceCategory', 'pnpx:X_category', 'IDs and category not together'),
    ('pnpx:X_hardwareId', 'X_hardwareId', 'X_hardwareId in urn:schemas-upnp-org:device-1-0'),
    ('pnpx/2005/11', 'pnpx/2005/12', 'X_hardwareId in http://schemas.microsoft.com/windows/pnpx/2005/12'),
    (f'{{{GUID}}}', GUID, f"X_containerId is '{GUID}'"),
    (f'<X_modelId xmlns="{FOUNDATION}">{GUID}', f'<X_modelId xmlns="{FOUNDATION}">a', "X_modelId is 'a'"),
    ('<X_Floor>3</X_Floor>', f'<X_modelId xmlns="{FOUNDATION}"/>', 'X_modelId outside of a device'),
    ('GenericUmPass', 'Generic&quot;', "X_compatibleId is 'Generic\"'"),
]


@pytest.mark.parametrize(('text', 'wrong', 'says'), WRONG)
def test_a_description_that_windows_would_not_take_is_found_out(scene: Scene, text: str, wrong: str, says: str) -> None:
    """Else the tests above would say nothing."""
    answer, document = scene.root('full'), scene.document('full').decode()
    assert text in document
    spoilt = document.replace(text, wrong).encode()
    told = list(listingBreaches(answer.usn, answer.location, spoilt))
    if not told or 'cannot' not in told[0]:
        told += elementBreaches(spoilt)
    assert any(one.startswith(says) for one in told)
