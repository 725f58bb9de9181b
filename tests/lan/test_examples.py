"""Each program in examples/, and the README's, runs as it stands, is found by another host, and leaves at Ctrl-C."""

from __future__ import annotations

import re
import signal
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from tests.lan.expected import EXAMPLES
from tests.lan.hosts import CHECKOUT, STOP_SECONDS, Host, pythonCommand
from tests.lan.ssdp import Listener, search
from tests.lan.tools import withoutSlowTurns
from tests.lan.web import fetch

pytestmark = pytest.mark.lan

MAX_LINES = 40
MAX_LINES_OF = {
    'announce_my_pi.py': 15,  # the tutorial ends with it
    'binary_light.py': 70,  # two services with all that their standards require
    'camera.py': 60,  # it has to draw its picture and to serve it by itself
    'sensor.py': 55,  # it measures in a thread of its own, and is read as well
}
DEMO = ('urn:sadmin-fr:device:demo:1', 'sadmin-fr:service:dummy')
FOUND = {
    'quickstart_dict.py': DEMO,
    'quickstart_attributes.py': DEMO,
    'existing_loop.py': ('urn:example-org:device:thermometer:1',),
    'async_code.py': ('urn:example-org:device:lamp:1',),
    'embedded_devices.py': ('urn:example-org:device:gardenHub:1', 'urn:example-org:service:moisture:1'),
    'binary_light.py': (
        'urn:schemas-upnp-org:device:BinaryLight:1',
        'urn:schemas-upnp-org:service:SwitchPower:1',
    ),
    'binary_light.py --dimmable': (
        'urn:schemas-upnp-org:device:DimmableLight:1',
        'urn:schemas-upnp-org:service:SwitchPower:1',
        'urn:schemas-upnp-org:service:Dimming:1',
    ),
    'camera.py': ('urn:exemple-org:device:camera:1', 'urn:exemple-org:service:camera-image:1'),
    'sensor.py': ('urn:example-org:device:thermometer:1', 'urn:example-org:service:thermometer:1'),
    'announce_my_pi.py': ('urn:schemas-upnp-org:device:Basic:1',),
    'own_page.py': ('urn:example-org:device:lamp:1',),
    'README.md': ('urn:example-org:device:lamp:1',),
}
SEND = """
import sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
print(opener.open(sys.argv[1], data=sys.argv[2].encode(), timeout=5).read().decode())
"""
CONFIG_ID = 'CONFIGID.UPNP.ORG'
DEVICE = '{urn:schemas-upnp-org:device-1-0}'
PNPX = '{http://schemas.microsoft.com/windows/pnpx/2005/11}'
OWN_PORT = ('binary_light.py', 'camera.py', 'sensor.py')


@pytest.fixture(params=FOUND)
def name(request: pytest.FixtureRequest) -> str:
    """An example as it is called, with its options."""
    name: str = request.param
    return name


@pytest.fixture
def command(name: str, tmp_path: Path) -> list[str | Path]:
    """The path of an example, and its options; the README's is its first program."""
    if name != 'README.md':
        file, *options = name.split()
        return [EXAMPLES / file, *options]
    program, *_ = re.findall(r'^```python\n(.*?)^```$', (CHECKOUT / name).read_text(), re.DOTALL | re.MULTILINE)
    path = tmp_path / name
    path.write_text(program)
    return [path]


def test_every_example_is_run_here_and_short() -> None:
    lines = {path.name: len(path.read_text().splitlines()) for path in EXAMPLES.glob('*.py')}
    assert set(lines) == {name.partition(' ')[0] for name in FOUND} - {'README.md'}
    assert [name for name, count in lines.items() if count >= MAX_LINES_OF.get(name, MAX_LINES)] == []


def test_an_example_is_found_and_leaves_at_ctrl_c(
    name: str, command: list[str | Path], deviceHost: Host, searcher: Host
) -> None:
    with Listener(searcher) as listener:
        program = deviceHost.python(*command, strict=True)
        listener.waitFor(lambda seen: set(FOUND[name]) <= {one.target for one in seen})
        found = {target: {answer.usn for answer in search(searcher, target)} for target in FOUND[name]}
        announced = listener.alive()

        program.send_signal(signal.SIGINT)
        _output, errors = program.communicate(timeout=STOP_SECONDS)

        assert found == {target: {one.usn for one in announced if one.target == target} for target in found}
        assert (program.returncode, withoutSlowTurns(errors)) == (0, '')
        listener.waitForByebye({one.usn for one in announced})


@pytest.mark.parametrize('file', OWN_PORT)
def test_an_example_listens_where_it_is_told(file: str, deviceHost: Host, searcher: Host) -> None:
    with Listener(searcher) as listener:
        deviceHost.python(EXAMPLES / file, '--port', '5123', '--bind', deviceHost.address, strict=True)
        (first, *_) = listener.waitFor(lambda seen: bool(seen))
    assert first.location == f'http://{deviceHost.address}:5123/descr.xml'
    assert fetch(searcher, first.location).status == 200


def test_the_page_of_my_pi_is_what_a_double_click_opens(deviceHost: Host, searcher: Host) -> None:
    """And its icon and its category are those of the example."""
    with Listener(searcher) as listener:
        deviceHost.python(EXAMPLES / 'announce_my_pi.py', strict=True)
        (first, *_) = listener.waitFor(lambda seen: bool(seen))
    device = ElementTree.fromstring(fetch(searcher, first.location).body).find(f'{DEVICE}device')
    assert device is not None
    url = device.findtext(f'{DEVICE}presentationURL', '')
    assert url == f'http://{deviceHost.address}:8080/'
    assert urlsplit(url).port != urlsplit(first.location).port
    assert b'<h1>My Pi</h1>' in fetch(searcher, url).body
    icon = fetch(searcher, urljoin(first.location, device.findtext(f'.//{DEVICE}icon/{DEVICE}url', '')))
    assert icon.body == (EXAMPLES / 'announce_my_pi.png').read_bytes()
    assert [one.text for one in device.iter() if one.tag.startswith(PNPX)] == ['Computers']


def test_the_page_of_ones_own_is_what_a_double_click_opens_and_takes_what_its_form_sends(
    deviceHost: Host, searcher: Host
) -> None:
    with Listener(searcher) as listener:
        deviceHost.python(EXAMPLES / 'own_page.py', strict=True)
        (first, *_) = listener.waitFor(lambda seen: bool(seen))
        device = ElementTree.fromstring(fetch(searcher, first.location).body).find(f'{DEVICE}device')
        assert device is not None
        url = urljoin(first.location, device.findtext(f'{DEVICE}presentationURL', ''))
        assert b'<h1>Workshop lamp</h1>' in fetch(searcher, url).body
        answer = searcher.run(*pythonCommand('-c', SEND, url, 'name=Porch+%3Clamp%3E')).stdout
        assert '<h1>Porch &lt;lamp&gt;</h1>' in answer
        listener.waitFor(lambda seen: len({one.headers[CONFIG_ID] for one in seen}) > 1)
    assert b'<friendlyName>Porch &lt;lamp&gt;</friendlyName>' in fetch(searcher, first.location).body
