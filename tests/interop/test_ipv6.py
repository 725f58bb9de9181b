"""Real clients over IPv6: async_upnp_client, which Home Assistant uses, and GSSDP, which GNOME uses."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.lan.announcing import announceLamp
from tests.lan.expected import LAMP_UDN, LAMP_USNS
from tests.lan.hosts import STOP_SECONDS, Host, Lan, Network, pythonCommand
from tests.lan.prompt import Prompt
from tests.lan.tools import missing, needsModule

pytestmark = pytest.mark.interop

SEARCH_SECONDS = '1'
SYSTEM_PYTHON = '/usr/bin/python3'
SWITCH = 'urn:schemas-upnp-org:service:SwitchPower:2'
STATUS = {'name': 'Status', 'dataType': 'boolean', 'sendEvents': True}
GET_STATUS = {
    'name': 'GetStatus',
    'arguments': [{'name': 'ResultStatus', 'direction': 'out', 'relatedStateVariable': 'Status'}],
}


@pytest.fixture
def searcher(network: Network, lan: Lan) -> Host:
    """A host with both protocols."""
    return network.host('searcher', lan, hasIPv6=True)


@pytest.fixture(params=['both protocols', 'IPv6 only'])
def device(request: pytest.FixtureRequest, network: Network, lan: Lan) -> Host:
    """A host with both protocols, or with IPv6 alone."""
    host = network.host('device', lan, hasIPv6=True)
    if request.param == 'IPv6 only':
        host.dropIPv4()
    return host


@pytest.fixture
def lamp(device: Host) -> Iterator[Prompt]:
    """A prompt for a lamp whose `status` can be asked for and is evented; it is not announced yet."""
    with Prompt(device) as prompt:
        prompt.do(f'made = makeLamp(); made.services[0].stateVariables = [{STATUS!r}]; makeLamp = lambda: made')
        prompt.do(f'made.services[0].actions = [{GET_STATUS!r}]; status, = made.services[0].stateVariables')
        prompt.do('made.services[0].actions[0].function = lambda: status.value')
        yield prompt


@pytest.fixture
def watcher(searcher: Host) -> Iterator[Prompt]:
    """A prompt on the other host, for programs/watcher.py."""
    with Prompt(searcher) as running:
        running.do('asyncio.get_running_loop().slow_callback_duration = 5')
        running.do("__import__('warnings').simplefilter('ignore')")  # other people's code may warn
        running.do('from tests.interop.programs.watcher import Watcher')
        yield running


def find(searcher: Host, own: str, group: str) -> dict[str, Any]:
    """Let async_upnp_client search from an address in a group, and build what it finds."""
    program = ('-m', 'tests.interop.programs.control_point', own, 'ssdp:all', SEARCH_SECONDS, group)
    found: dict[str, Any] = json.loads(searcher.run(*pythonCommand(*program)).stdout)
    return found


def hostsOf(urls: list[str]) -> set[str]:
    """Return the addresses in URLs, without the zones that a client has added."""
    return {str(urlsplit(url).hostname).partition('%')[0] for url in urls}


def test_async_upnp_client_finds_builds_calls_and_subscribes(
    device: Host, lamp: Prompt, searcher: Host, watcher: Prompt
) -> None:
    """In the link-local group, where it asks unless told otherwise, and in the wider one."""
    needsModule('async_upnp_client')
    announceLamp(lamp)
    link, wide = device.linkLocals['eth0'], device.wide
    places = (searcher.linkLocal, 'ff02::c%eth0', link), (f'{searcher.wide}%eth0', 'ff05::c%eth0', wide)
    for own, group, address in places:
        found = find(searcher, own, group)
        assert found['usns'] == sorted(LAMP_USNS), group
        assert [built['udn'] for built in found['devices']] == [LAMP_UDN]
        (location,) = found['locations']
        assert hostsOf([location]) == {address}

        calls = json.dumps([{'action': 'GetStatus', 'arguments': {}}])
        done = searcher.run(*pythonCommand('-m', 'tests.interop.programs.caller', location, calls))
        number = lamp.do('status.value')
        assert json.loads(done.stdout)['results'] == [{'ResultStatus': ['bool', str(number)]}]

        source = own if address == link else searcher.wide
        watcher.do(f'watcher = await Watcher.make({location!r}, {source!r})')
        sid, seconds = watcher.do(f'await watcher.subscribe({SWITCH!r})')
        assert seconds > 0
        watcher.do(f'await watcher.waitFor({sid!r}, 1)')
        lamp.do('status.value = not status.value')
        watcher.do(f'await watcher.waitFor({sid!r}, 2)')
        assert watcher.do(f'watcher.events({sid!r})') == [[0, {'Status': number}], [1, {'Status': not number}]]
        watcher.do('await watcher.close()')


class Browser:
    """GSSDP on a host, that looks for everything from an address."""

    def __init__(self, host: Host, address: str) -> None:
        command = (SYSTEM_PYTHON, '-m', 'tests.interop.programs.gssdp_browser', address, 'ssdp:all')
        self._program = host.popen(*command, stdin=subprocess.PIPE)
        self._lines: list[list[str]] = []
        assert self.next() == ['ready']

    def next(self) -> list[str]:
        """Wait for the next thing that it tells."""
        assert self._program.stdout is not None
        line = self._program.stdout.readline()
        assert line, self._program.communicate(timeout=STOP_SECONDS)
        words: list[str] = json.loads(line)
        return words

    def until(self, kind: str, count: int) -> dict[str, list[str]]:
        """Wait until it has told so of so many; return their locations."""
        told: dict[str, list[str]] = {}
        while len(told) < count:
            what, usn, *locations = self.next()
            assert what == kind, (what, usn)
            told[usn] = locations
        return told


def test_gssdp_finds_every_target_at_each_address_and_hears_it_go(device: Host, lamp: Prompt, searcher: Host) -> None:
    """By its announcements from a wider address: GSSDP hears FF05::C, but searches in FF0E::C."""
    needsGssdp(searcher)
    browsers = {
        device.linkLocals['eth0']: Browser(searcher, searcher.linkLocals['eth0']),
        device.wide: Browser(searcher, searcher.wide),
    }
    announceLamp(lamp)
    for address, browser in browsers.items():
        found = browser.until('available', len(LAMP_USNS))
        assert sorted(found) == sorted(LAMP_USNS)
        assert hostsOf([url for urls in found.values() for url in urls]) == {address}
    late = Browser(searcher, searcher.linkLocals['eth0'])
    assert sorted(late.until('available', len(LAMP_USNS))) == sorted(LAMP_USNS)
    lamp.do('await server.stop()')
    for browser in browsers.values():
        assert sorted(browser.until('unavailable', len(LAMP_USNS))) == sorted(LAMP_USNS)


def needsGssdp(host: Host) -> None:
    """Require GSSDP and its bindings for the system's Python."""
    probe = "import gi; gi.require_version('GSSDP', '1.6'); from gi.repository import GSSDP"
    if host.run(SYSTEM_PYTHON, '-c', probe, check=False).returncode:
        missing(f'GSSDP 1.6 for {SYSTEM_PYTHON}')
