"""Make the pictures of pages that the documentation shows, from the real thing: the examples, in a real browser.

    python -m docs.screenshots                  docs/images/page-light.png and page-phone.png
    python -m docs.screenshots --all FOLDER     every example, on a desktop and on a phone, light and dark

Run it from the checkout, in an environment with the extras `test` and `browser`, on Linux with Chromium and its driver
(Debian: chromium, chromium-driver). Devices and browser are on hosts of a network that is made for this, and nothing
leaves the machine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.interop.browser import DESKTOP, PHONE, Browser
from tests.interop.pages import Page
from tests.lan.expected import EXAMPLES
from tests.lan.hosts import Host, Network

IMAGES = Path(__file__).parent / 'images'
PHONE_SCALE = 2.0
# What is done before a picture is taken: the action, and what is entered.
DEEDS: dict[str, list[tuple[str, dict[str, object]]]] = {
    'light': [('SetTarget', {'newTargetValue': True}), ('SetLoadLevelTarget', {'newLoadlevelTarget': '60'})],
    'camera': [('Capture', {'Width': '160'})],
    'sensor': [('Read', {})],
    'everything': [('Ask', {'Question': 'Who is there?'}), ('Fail', {'Reason': 'It is too dark to see anything'})],
}
COMMANDS = {
    'light': (EXAMPLES / 'binary_light.py', '--dimmable'),
    'camera': (EXAMPLES / 'camera.py',),
    'sensor': (EXAMPLES / 'sensor.py',),
    'everything': ('-m', 'tests.interop.programs.showcase'),
}
WAIT_FOR_STILLNESS = 'return document.getAnimations().every(one => one.playState === "finished")'


class Picture(NamedTuple):
    """One to be taken."""

    path: Path
    name: str
    isDark: bool
    isPhone: bool
    isWhole: bool = False


def shown() -> list[Picture]:
    """Return the pictures that the documentation shows."""
    return [
        Picture(IMAGES / 'page-light.png', 'light', isDark=False, isPhone=False, isWhole=True),
        Picture(IMAGES / 'page-phone.png', 'light', isDark=True, isPhone=True),
    ]


def everyKind(folder: Path) -> list[Picture]:
    """Return one of each kind, whole."""
    return [
        Picture(
            folder / f'{name}-{"phone" * isPhone or "desktop"}-{"dark" * isDark or "light"}.png',
            name,
            isDark,
            isPhone,
            True,
        )
        for name in COMMANDS
        for isPhone in (False, True)
        for isDark in (False, True)
    ]


@contextmanager
def devices(host: Host) -> Iterator[dict[str, str]]:
    """Have the devices announced; yield the URLs of their pages by name."""
    urls = {}
    for port, (name, command) in enumerate(COMMANDS.items(), 5001):
        program = host.python(*command, '--port', str(port))
        assert program.stdout is not None
        if not program.stdout.readline():
            sys.exit(program.communicate()[1])
        urls[name] = f'http://{host.address}:{port}/'
    yield urls


def take(browser: Browser, url: str, picture: Picture) -> None:
    """Take a picture of a page, after something was done there."""
    size, scale = (PHONE, PHONE_SCALE) if picture.isPhone else (DESKTOP, 1.0)
    browser.reset()
    browser.emulate(isDark=picture.isDark, size=size, scale=scale, isPhone=picture.isPhone)
    page = Page(browser, url)
    for action, values in DEEDS[picture.name]:
        page.submit(action, **values)
    browser.waitFor(WAIT_FOR_STILLNESS)
    browser.run('document.activeElement.blur(); scrollTo(0, 0)')
    picture.path.parent.mkdir(parents=True, exist_ok=True)
    browser.screenshot(picture.path.resolve(), isWhole=picture.isWhole)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').partition('\n')[0])
    parser.add_argument('--all', type=Path, metavar='FOLDER', help='take one of each kind, for looking at them')
    folder: Path | None = parser.parse_args().all
    with Network() as network, TemporaryDirectory() as profile:
        lan = network.lan()
        with (
            devices(network.host('device', lan)) as urls,
            Browser(network.host('browser', lan), Path(profile)) as browser,
        ):
            for picture in everyKind(folder) if folder else shown():
                take(browser, urls[picture.name], picture)


if __name__ == '__main__':
    main()
