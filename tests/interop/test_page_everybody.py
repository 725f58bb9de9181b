"""The page of a device is for everybody: on a phone, in the dark, read aloud, without scripts; whatever it says."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.interop.browser import DESKTOP, NETWORK, PHONE, Browser
from tests.interop.pages import Page, isWithoutSideways
from tests.interop.programs.showcase import ATTACKS
from tests.lan.conftest import makeNetwork
from tests.lan.expected import EXAMPLES
from tests.lan.hosts import Host
from tests.lan.prompt import Prompt
from tests.lan.tools import needsPath

pytestmark = pytest.mark.interop

SEVERE = ('serious', 'critical')
NARROW = (320, 390)
EXAMPLE_PORTS = {'binary_light.py --dimmable': 5001, 'camera.py': 5002, 'sensor.py': 5003}
EVERYTHING_PORT, HOSTILE_PORT = 5004, 5005
PORTS = {'light': 5001, 'camera': 5002, 'sensor': 5003, 'everything': EVERYTHING_PORT}
SCREENS = [(size, isDark) for size in (DESKTOP, PHONE) for isDark in (False, True)]
CALLS = {
    'light': ['GetStatus'],
    'camera': ['Capture'],
    'sensor': ['Read'],
    'everything': ['Ask', 'Wake', 'Fail'],
}
ATTACKED_VARIABLES = 'return document.querySelector("[data-variable=Link5]").innerText.includes("{name}{live}")'
# What could have run, and what came of it.
DANGERS = """
const all = [...document.querySelectorAll('*')];
return {
    hacked: window.hacked === undefined ? '' : String(window.hacked),
    made: document.querySelectorAll('#hacked, svg').length,
    scripts: [...document.scripts].filter(one => new URL(one.src).origin !== location.origin).length,
    listeners: all.filter(one => [...one.attributes].some(attribute => /^on/i.test(attribute.name))).length,
    links: [...document.links].filter(one => !/^https?:/.test(one.protocol)).map(one => one.href),
    sources: all.map(one => one.getAttribute('src') ?? '').filter(src => src && !/^(\\/|data:image\\/png)/.test(src)),
};
"""
CHOOSE = "document.querySelector('form[data-action=Tell] select').selectedIndex = arguments[0]"
HARMLESS = {'hacked': '', 'made': 0, 'scripts': 0, 'listeners': 0, 'links': [], 'sources': []}
ENABLED = "return [...document.querySelectorAll('input, select, button')].filter(one => !one.matches(':disabled'))" + (
    '.filter(one => one.offsetParent !== null).map(one => one.outerHTML)'
)


@pytest.fixture(scope='module')
def hosts() -> Iterator[dict[str, Host]]:
    """A host for all the devices, and one for the browser."""
    with makeNetwork() as network:
        lan = network.lan()
        yield {name: network.host(name, lan) for name in ('device', 'browser')}


@pytest.fixture(scope='module')
def running(hosts: dict[str, Host], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The browser, once for all these tests."""
    with Browser(hosts['browser'], tmp_path_factory.mktemp('browser')) as browser:
        yield browser


@pytest.fixture(scope='module')
def devices(hosts: dict[str, Host]) -> Iterator[Prompt]:
    """The examples, one of everything, and a `hostile` device with its `trap`, each on its port."""
    programs = []
    for command, port in EXAMPLE_PORTS.items():
        file, *options = command.split()
        programs.append(hosts['device'].python(EXAMPLES / file, *options, '--port', str(port)))
    with Prompt(hosts['device']) as prompt:
        prompt.do('from tests.interop.programs.showcase import attack, makeEverything, makeHostile')
        prompt.do('hostile = makeHostile()')
        prompt.do('(trap,) = hostile.services')
        prompt.do(f'servers = [upnp.Announcer(makeEverything(), {EVERYTHING_PORT})]')
        prompt.do(f'servers.append(upnp.Announcer(hostile, {HOSTILE_PORT}))')
        prompt.do('for server in servers: await server.start()')
        for program in programs:
            assert program.stdout is not None
            assert program.stdout.readline()
        yield prompt
        prompt.do('for server in servers: await server.stop()')


@pytest.fixture
def browser(running: Browser, devices: Prompt) -> Iterator[Browser]:
    """The browser as if just begun, and the devices are there; it has no script or style to complain of in the end."""
    running.reset()
    yield running
    assert running.complaints(NETWORK) == []


@pytest.fixture
def at(hosts: dict[str, Host]) -> str:
    """The page at a port: a text to be formatted."""
    return f'http://{hosts["device"].address}:{{}}/'


@pytest.mark.parametrize('name', PORTS)
def test_a_page_has_no_severe_barrier(browser: Browser, at: str, name: str) -> None:
    """By the rules of axe-core; with results and a fault on it."""
    axe = needsPath('AXE_CORE', 'axe-core')
    found = {}
    for size, isDark in SCREENS:
        browser.emulate(size=size, isDark=isDark, isPhone=size == PHONE)
        page = Page(browser, at.format(PORTS[name]))
        for action in CALLS[name]:
            page.submit(action)
        found[size, isDark] = [one for one in browser.violations(axe) if one['impact'] in SEVERE]
    assert found == {screen: [] for screen in SCREENS}


@pytest.mark.parametrize('name', PORTS)
def test_a_page_fits_a_phone(browser: Browser, at: str, name: str) -> None:
    """Nothing is beyond its side, not the results either."""
    for width in NARROW:
        browser.emulate(size=(width, PHONE[1]))
        page = Page(browser, at.format(PORTS[name]))
        assert isWithoutSideways(browser)
        for action in CALLS[name]:
            page.submit(action)
        assert isWithoutSideways(browser)


def test_without_scripts_a_page_is_read_and_seems_to_do_nothing(browser: Browser, at: str) -> None:
    browser.emulate(hasScripts=False)
    browser.open(at.format(EVERYTHING_PORT))
    text = browser.run('return document.body.innerText')
    shown = ('Everything at once', 'ACME', 'E1', 'Built in', 'Mood', 'Brightness', '40', 'Ask', 'Wake', 'JavaScript')
    assert [word for word in shown if word not in text] == []
    assert browser.run(ENABLED) == []
    told = browser.accessible()
    assert ('heading', 'Everything at once') in told
    assert 'Live' not in text


def test_texts_of_a_hostile_device_stay_texts(browser: Browser, devices: Prompt, at: str) -> None:
    """As they are read, as they change, and as outputs and faults of actions."""
    page = Page(browser, at.format(HOSTILE_PORT))
    assert browser.run(DANGERS) == HARMLESS
    devices.do('attack(trap)')
    browser.waitFor(ATTACKED_VARIABLES)
    for number in range(len(ATTACKS)):
        browser.run(CHOOSE, number)
        assert 'Text0' in page.submit('Tell')
    assert '<img src=x' in page.submit('Fail')
    assert browser.run(DANGERS) == HARMLESS
    assert page.isSame
    assert {urlsplit(one)[:2] for one in page.requests()} == {urlsplit(at.format(HOSTILE_PORT))[:2]}
    Page(browser, at.format(HOSTILE_PORT))
    assert browser.run(DANGERS) == HARMLESS
    assert '<script>' in browser.run('return document.title')
