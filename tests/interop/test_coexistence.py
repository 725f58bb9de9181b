"""Four devices of three makers on one host: whoever came first, another host finds and reads them all.

All share port 1900. Who gets a search to one address of the host, rather than to the group, is Linux's choice, and it
is one of them: the socket bound to that very address before those at any address; of equal ones the one bound last.
minidlna binds to the group alone, and never hears such a search. GSSDP binds to every address, and so has them all,
whether it was started before ours or after; it drops those without an MX, which UDA 1.1 §1.3.2 does not ask of them.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop import neighbours
from tests.interop.gssdp import DISCOVER, REPORT
from tests.lan.expected import LAMP_UDN, LAMP_USNS, usnsOf
from tests.lan.hosts import Host, pythonCommand
from tests.lan.prompt import Prompt
from tests.lan.ssdp import Listener, search
from tests.lan.tools import needsModule, needsTool

pytestmark = pytest.mark.interop

OTHER_UUID, OTHER_SENSOR_UUID = '0b9a7a60-5b1e-4c57-8a47-0242ac110004', '0b9a7a60-5b1e-4c57-8a47-0242ac110005'
OTHER_UDN = f'uuid:{OTHER_UUID}'
OTHER_USNS = usnsOf(OTHER_UDN, f'uuid:{OTHER_SENSOR_UUID}')
PLACES = {'ours first': 0, 'ours between': 1, 'ours last': 2}


@pytest.fixture(autouse=True)
def tools() -> None:
    for name in (DISCOVER, neighbours.MINIDLNA, neighbours.GUPNP_LIGHT, neighbours.X_SERVER):
        needsTool(name)
    needsModule('async_upnp_client')


@pytest.fixture
def otherPrompt(deviceHost: Host) -> Iterator[Prompt]:
    """A second prompt on the device's host, for the second announcer of ours."""
    with Prompt(deviceHost) as running:
        yield running


class Crowd:
    """The devices on one host; each is there once it has been heard on another host."""

    def __init__(self, host: Host, listener: Listener, display: str, folder: Path) -> None:
        self.names: dict[str, str] = {}
        self._host, self._listener, self._display, self._folder = host, listener, display, folder

    def addLamp(self, prompt: Prompt) -> None:
        self._announce(prompt, LAMP_UDN, 'Workshop lamp', LAMP_USNS)

    def addOtherLamp(self, prompt: Prompt) -> None:
        self._announce(prompt, OTHER_UDN, 'Other lamp', OTHER_USNS, f'{OTHER_UUID!r}, {OTHER_SENSOR_UUID!r}, ')

    def addMinidlna(self) -> None:
        neighbours.startMinidlna(self._host, self._folder)
        udn = neighbours.waitUntilAnnounced(self._listener, neighbours.MEDIA_SERVER_ROOT)
        self.names[udn] = neighbours.MEDIA_SERVER

    def addLight(self) -> None:
        neighbours.startLight(self._host, self._display, self._folder)
        udn = neighbours.waitUntilAnnounced(self._listener, neighbours.LIGHT_ROOT)
        self.names[udn] = neighbours.LIGHT

    def _announce(self, prompt: Prompt, udn: str, name: str, usns: tuple[str, ...], uuids: str = '') -> None:
        prompt.do(f'server = upnp.Announcer(makeLamp({uuids}friendlyName={name!r}), httpPort=0)')
        prompt.do('await server.start()')
        self._listener.waitForAlive(usns)
        self.names[udn] = name


@pytest.fixture
def crowd(deviceHost: Host, searcher: Host, tmp_path: Path) -> Iterator[Crowd]:
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(Listener(searcher))
        yield Crowd(deviceHost, listener, stack.enter_context(neighbours.display(deviceHost)), tmp_path)


def gather(crowd: Crowd, order: str, prompt: Prompt, otherPrompt: Prompt) -> None:
    """Start all four in one of the orders."""
    starts = [crowd.addMinidlna, crowd.addLight]
    ours = [lambda: crowd.addLamp(prompt), lambda: crowd.addOtherLamp(otherPrompt)]
    place = PLACES[order]
    for start in (*starts[:place], *ours, *starts[place:]):
        start()
    assert len(crowd.names) == 4


def find(searcher: Host) -> list[dict[str, Any]]:
    """Let async_upnp_client search for all root devices, and build them."""
    program = pythonCommand('-m', 'tests.interop.programs.control_point', searcher.address, 'upnp:rootdevice', '4')
    done = searcher.run(*program)
    assert done.stderr == ''
    devices: list[dict[str, Any]] = json.loads(done.stdout)['devices']
    return devices


def warnings(*prompts: Prompt) -> list[str]:
    return [line for prompt in prompts for line in prompt.do('logs') if line.startswith(('WARNING', 'ERROR'))]


@pytest.mark.parametrize('order', PLACES)
def test_all_four_are_found_and_described(
    searcher: Host, crowd: Crowd, prompt: Prompt, otherPrompt: Prompt, order: str
) -> None:
    gather(crowd, order, prompt, otherPrompt)
    output = searcher.run(DISCOVER, '-i', 'eth0', '--target=upnp:rootdevice', '--timeout=4').stdout
    located = {usn: location for what, usn, location in REPORT.findall(output) if what == 'available'}
    assert set(located) == {f'{udn}::upnp:rootdevice' for udn in crowd.names}
    assert len(set(located.values())) == 4
    devices = find(searcher)
    assert {device['udn']: device['name'] for device in devices} == crowd.names
    assert len(devices) == 4
    assert warnings(prompt, otherPrompt) == []


def test_what_leaves_last_leaves_the_others_found(
    searcher: Host, crowd: Crowd, prompt: Prompt, otherPrompt: Prompt
) -> None:
    gather(crowd, 'ours last', prompt, otherPrompt)
    otherPrompt.do('await server.stop()')
    answered = {answer.usn.partition('::')[0] for answer in search(searcher, 'upnp:rootdevice', mx=3)}
    assert answered == crowd.names.keys() - {OTHER_UDN}


def test_beside_minidlna_a_search_to_one_address_is_answered_by_one_of_ours(
    deviceHost: Host, searcher: Host, crowd: Crowd, prompt: Prompt, otherPrompt: Prompt
) -> None:
    crowd.addLamp(prompt)
    crowd.addMinidlna()
    assert {one.usn for one in search(searcher, 'ssdp:all', to=deviceHost.address)} == set(LAMP_USNS)
    crowd.addOtherLamp(otherPrompt)
    answers = {one.usn for one in search(searcher, 'ssdp:all', to=deviceHost.address)}
    assert answers in (set(LAMP_USNS), set(OTHER_USNS))


@pytest.mark.parametrize('order', PLACES)
def test_beside_gssdp_a_search_to_one_address_is_its_own_to_answer(
    deviceHost: Host, searcher: Host, crowd: Crowd, prompt: Prompt, otherPrompt: Prompt, order: str
) -> None:
    """And it answers with an MX only; a search to the group is what finds everybody."""
    gather(crowd, order, prompt, otherPrompt)
    assert search(searcher, 'upnp:rootdevice', to=deviceHost.address) == []
