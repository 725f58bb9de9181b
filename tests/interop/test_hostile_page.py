"""A page of a stranger's site, in a real browser on the same network, learns nothing of a device and changes nothing.

Once it tries that across origins: with the device's address, and with a name that leads to it. Once it is of the same
origin for the browser: its own name leads to the device while it is open (DNS rebinding). Here the name stays, and its
address moves from the site's host to the device's, which is the same to the browser and to the device.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.interop.chromium import BROWSER, OPTIONS
from tests.interop.programs.hostile_site import SECRET
from tests.lan.announcing import announceLight
from tests.lan.gena import eventUrls
from tests.lan.hosts import Host, Lan, Network, endProgram
from tests.lan.programs.simple_light import LIGHT_UUID, SWITCH
from tests.lan.prompt import Prompt
from tests.lan.soap import controlUrls
from tests.lan.tools import needsTool

pytestmark = pytest.mark.interop

SITE_PORT = 8000
DEVICE_PORT = 5000
SITE, OTHER_NAME = 'evil.example', 'rebound.example'
MOVING_ADDRESS = '192.168.1.50'
ATTACKS = 11
DESCRIPTIONS = ('description, cors', 'description, no-cors', 'description, frame')
READABLE = ('call, cors', 'call, xhr', 'call, plain xhr', 'subscription')  # the page sees the answer, if it may
REFUSED = {'', 'TypeError: Failed to fetch', 'Error: refused'}
WAIT_SECONDS = 10.0
CALLBACK_PORT = 7999  # where nobody listens

ANSWERED = re.compile(r"DEBUG upnp\.http\.server < \S+ (\w+) '(\S+)': (\d+)")

Outcomes = dict[str, dict[str, Any]]
Answer = tuple[str, str, int]


class Site:
    """The stranger's site, and what it was asked for and told."""

    def __init__(self, host: Host) -> None:
        self.address = host.address
        self.requests: list[dict[str, str]] = []
        self._program = host.python(
            *('-m', 'tests.interop.programs.hostile_site', str(SITE_PORT), str(DEVICE_PORT)), stderr=subprocess.STDOUT
        )
        assert self._line() == 'ready\n'

    def report(self, target: str) -> Outcomes:
        """Wait until the page has tried everything on a target; return what it saw of that."""
        while True:
            request = json.loads(self._line())
            if request['path'] == '/report':
                told = json.loads(request['body'])
                assert told['target'] == target
                return dict(told['outcomes'])
            self.requests.append(request)

    def _line(self) -> str:
        assert self._program.stdout is not None
        line = self._program.stdout.readline()
        assert line, 'the site has ended'
        return line


class Attack:
    """The device, the site, and the browser, all on one LAN.

    :param options: of the announcer.
    """

    def __init__(self, prompt: Prompt, deviceHost: Host, searcher: Host, siteHost: Host, options: str = '') -> None:
        self._prompt = prompt
        self._hosts = deviceHost, searcher, siteHost
        location = announceLight(prompt, options)
        self.paths = {
            'description': urlsplit(location).path,
            'control': urlsplit(controlUrls(searcher, location)[SWITCH]).path,
            'event': urlsplit(eventUrls(searcher, location)[SWITCH]).path,
        }
        siteHost.ip(f'address add {MOVING_ADDRESS}/24 dev eth0')
        self.site = Site(siteHost)
        prompt.do('import logging')
        prompt.do("logging.getLogger('upnp').setLevel(logging.DEBUG)")

    @contextmanager
    def page(self, profile: Path, **targets: str) -> Iterator[None]:
        """Have the page open in a browser; it tries everything on these targets in order."""
        _, searcher, _ = self._hosts
        wish = self.paths | {'service': SWITCH, 'targets': targets, 'site': f'http://{self.site.address}:{SITE_PORT}'}
        wish['callback'] = f'http://{searcher.address}:{CALLBACK_PORT}/'
        url = f'http://{SITE}:{DEVICE_PORT}/?{quote(json.dumps(wish))}'
        rules = f'MAP {SITE} {MOVING_ADDRESS}, MAP {OTHER_NAME} {self._hosts[0].address}'
        home = {'HOME': str(profile), 'XDG_CONFIG_HOME': str(profile), 'XDG_CACHE_HOME': str(profile)}
        options = [option for option in OPTIONS if option != '--dump-dom']
        profileOption = f'--user-data-dir={profile}/user'
        command = (BROWSER, *options, f'--host-resolver-rules={rules}', profileOption, url)
        with (profile / 'browser.log').open('w') as output:
            browser = searcher.popen(*command, env=home, stdout=output, stderr=output)
        try:
            yield
        finally:
            endProgram(browser)

    def rebind(self) -> None:
        """Let the address that the site's name leads to be the device's."""
        deviceHost, searcher, siteHost = self._hosts
        siteHost.ip(f'address del {MOVING_ADDRESS}/24 dev eth0')
        deviceHost.ip(f'address add {MOVING_ADDRESS}/24 dev eth0')
        searcher.ip('neigh flush dev eth0')

    def answered(self) -> list[Answer]:
        """Wait until the device has answered as often as the page attacks; return the methods, paths and statuses."""
        end = time.monotonic() + WAIT_SECONDS
        while len(answers := self._answers()) < ATTACKS:
            assert time.monotonic() < end, answers
            time.sleep(0.05)
        return sorted(answers)

    def changes(self) -> list[Any]:
        """Return how often the light was switched, whether it is on, and how many subscriptions there were."""
        answers = self._answers()
        calls: list[Any] = self._prompt.do('[light.services[0].calls, light.services[0].Status]')
        return [*calls, sum(method == 'SUBSCRIBE' and status == 200 for method, _, status in answers)]

    def _answers(self) -> list[Answer]:
        names = {path: name for name, path in self.paths.items()}
        found = [ANSWERED.fullmatch(line) for line in self._prompt.do('logs')]
        answers = [(one[1], names.get(one[2], ''), int(one[3])) for one in found if one]
        return [answer for answer in answers if answer[1]]


@pytest.fixture(autouse=True)
def tool() -> None:
    needsTool(BROWSER)


@pytest.fixture
def siteHost(network: Network, lan: Lan) -> Host:
    """A third host on the first LAN, of a stranger."""
    return network.host('site', lan)


def texts(outcomes: Outcomes, *names: str) -> list[str]:
    """Return what the page has read by some of its attacks, by all of them unless given."""
    return [outcomes[name]['text'] for name in names or outcomes]


@pytest.mark.parametrize(
    ('host', 'read', 'preflight'), [('{address}', 200, 405), (OTHER_NAME, 403, 403)], ids=['address', 'name']
)
def test_across_origins_a_page_reads_and_changes_nothing(
    prompt: Prompt,
    deviceHost: Host,
    searcher: Host,
    siteHost: Host,
    tmp_path: Path,
    host: str,
    read: int,
    preflight: int,
) -> None:
    """What it may send without asking is refused by its Origin; what it asks for first (Fetch §4.8), by no permission.

    The description is served to the browser at the device's own address, and the browser keeps it from the page.
    """
    attack = Attack(prompt, deviceHost, searcher, siteHost)
    target = f'http://{host.format(address=deviceHost.address)}:{DEVICE_PORT}'
    with attack.page(tmp_path, device=target):
        outcomes = attack.site.report('device')
        assert {outcome['status'] for outcome in outcomes.values()} == {0}
        assert not any(LIGHT_UUID in text for text in texts(outcomes))
        assert set(texts(outcomes, *DESCRIPTIONS, *READABLE)) <= REFUSED
        assert attack.answered() == [
            *[('GET', 'description', read)] * 3,
            *[('OPTIONS', 'control', preflight)] * 3,
            ('OPTIONS', 'event', preflight),
            *[('POST', 'control', 403)] * 4,
        ]
    assert attack.changes() == [0, False, 0]


def test_the_same_page_has_its_way_with_a_device_that_permits_it(
    prompt: Prompt, deviceHost: Host, searcher: Host, siteHost: Host, tmp_path: Path
) -> None:
    """So it is the device that refuses, and the browser does send all that."""
    attack = Attack(prompt, deviceHost, searcher, siteHost)
    with attack.page(tmp_path, naive=f'http://{siteHost.address}:{SITE_PORT}'):
        outcomes = attack.site.report('naive')
    assert set(texts(outcomes, 'description, cors', *READABLE)) == {SECRET}
    asked = [(request['method'], request['type']) for request in attack.site.requests]
    assert asked.count(('POST', 'text/xml')) == 2
    assert asked.count(('POST', 'text/plain')) == 4
    assert ('SUBSCRIBE', '') in asked
    assert all('<newTargetValue>1<' in request['body'] for request in attack.site.requests if request['type'])


def test_a_page_whose_name_is_led_to_the_device_reads_and_changes_nothing(
    prompt: Prompt, deviceHost: Host, searcher: Host, siteHost: Host, tmp_path: Path
) -> None:
    """DNS rebinding: for the browser there is one origin, and only the Host tells the device that it is another's."""
    attack = Attack(prompt, deviceHost, searcher, siteHost)
    with attack.page(tmp_path, naive=f'http://{siteHost.address}:{SITE_PORT}'):
        attack.site.report('naive')
        attack.rebind()
        outcomes = attack.site.report('same origin')
        assert {outcomes[name]['status'] for name in ('description, cors', *READABLE)} == {403}
        assert all('403 Forbidden' in text for text in texts(outcomes, *DESCRIPTIONS, 'call, form'))
        assert not any(LIGHT_UUID in text for text in texts(outcomes))
        assert attack.answered() == [
            *[('GET', 'description', 403)] * 3,
            *[('POST', 'control', 403)] * 7,
            ('SUBSCRIBE', 'event', 403),
        ]
    assert attack.changes() == [0, False, 0]


def test_the_same_page_has_its_way_where_its_name_is_allowed(
    prompt: Prompt, deviceHost: Host, searcher: Host, siteHost: Host, tmp_path: Path
) -> None:
    """So it is by the name alone that it is refused else."""
    attack = Attack(prompt, deviceHost, searcher, siteHost, f'allowedHosts=({SITE!r},)')
    with attack.page(tmp_path, naive=f'http://{siteHost.address}:{SITE_PORT}'):
        attack.site.report('naive')
        attack.rebind()
        outcomes = attack.site.report('same origin')
        assert all(LIGHT_UUID in text for text in texts(outcomes, *DESCRIPTIONS))
        assert [outcomes[name]['status'] for name in READABLE] == [200, 200, 415, 200]
    assert attack.changes() == [2, True, 1]
