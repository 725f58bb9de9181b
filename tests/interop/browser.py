"""A browser on a host, for tests that look at pages as people see them, and use them.

    with Browser(searcher, tmp_path) as browser:
        browser.open(f'http://{deviceHost.address}:5000/')
        browser.waitFor('return document.title == "Lamp"')
        browser.press('TAB', 'SPACE')
        assert browser.complaints() == []

The program runs on the host; here are its command line and what it prints.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.lan.hosts import Host
from tests.lan.tools import needsModule, needsTool

PROGRAM = 'tests.interop.programs.browser'
TOOLS = ('chromium', 'chromedriver')
START_SECONDS, END_SECONDS = 60.0, 20.0
WAIT_SECONDS = 10.0
DESKTOP, PHONE = (1280, 800), (390, 844)
ZONE = 'Asia/Kolkata'  # five and a half hours later, all the year: nobody takes it for the one of the device
NETWORK = 'network'  # the source of a complaint about an answer that came not or was no success


class BrowserError(Exception):
    """What a command raised: `NameOfTheError: its text`."""


class Browser:
    """A running browser, of somebody in India.

    :param folder: an empty one, for what it writes.
    """

    def __init__(self, host: Host, folder: Path) -> None:
        needsModule('selenium')
        paths = [needsTool(name) for name in TOOLS]
        home = {name: str(folder) for name in ('HOME', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'TMPDIR', 'SE_CACHE_PATH')}
        environment = home | {'TZ': ZONE, 'SE_OFFLINE': 'true', 'SE_AVOID_STATS': 'true', 'NO_PROXY': '*'}
        with (folder / 'browser.log').open('w') as output:
            command = ('-m', PROGRAM, *paths, folder)
            self._program = host.python(*command, env=environment, stdin=subprocess.PIPE, stderr=output)
        self._log = folder / 'browser.log'

    def __enter__(self) -> Browser:
        assert self._read() == 'ready'
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            self._program.communicate(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            self._program.kill()
            self._program.communicate()

    # Pages

    def open(self, url: str) -> None:
        """Open a page, and wait until it is loaded."""
        self._do('open', url)

    def tab(self, url: str, *, isWindow: bool = False) -> int:
        """Open a page in a tab of its own, which is spoken to from now on; return its number, from 1.

        :param isWindow: whether that is beside the others, else it hides them.
        """
        number: int = self._do('tab', url, 'window' if isWindow else 'tab')
        return number

    def switch(self, number: int) -> None:
        """Speak to another tab; 0 is the first."""
        self._do('switch', number)

    def reset(self) -> None:
        """Close all tabs but the first, and leave that empty; forget what was complained of."""
        self._do('reset')
        self.emulate()

    def before(self, script: str) -> None:
        """Run a script in every page of this tab before its own; of one that `reset` closes, not of the first."""
        self._do('before', script)

    def emulate(
        self,
        *,
        isDark: bool = False,
        size: tuple[int, int] = DESKTOP,
        scale: float = 1,
        isPhone: bool = False,
        hasScripts: bool = True,
    ) -> None:
        """Be such a screen; what is not said is as at the start."""
        self._do('emulate', 'dark' if isDark else 'light', *size, scale, isPhone, hasScripts)

    # What is there

    def run(self, script: str, *args: Any) -> Any:
        """Run the body of a function in the page; return what it returns, as far as JSON knows it."""
        return self._do('run', script, *args)

    def waitFor(self, script: str, *args: Any, seconds: float = WAIT_SECONDS) -> Any:
        """Wait until the body of a function returns something true in the page, and return that."""
        if not (value := self._do('wait', script, seconds, *args)):
            text = self.run('return document.body ? document.body.innerText : ""')
            raise TimeoutError(f'not within {seconds} s: {script} {args}; the page: {text}')
        return value

    def accessible(self) -> list[tuple[str, str]]:
        """Return role and name of all that a screen reader has to say."""
        return [(role, name) for role, name in self._do('accessible')]

    def violations(self, axe: str) -> list[dict[str, Any]]:
        """Return what axe-core, at that path, holds against the page."""
        found: list[dict[str, Any]] = self._do('axe', axe)
        return found

    def complaints(self, *expected: str) -> list[tuple[str, str]]:
        """Return what the browser has complained of since it was asked, but not from these sources."""
        return [(source, text) for source, text in self._do('console') if source not in expected]

    def screenshot(self, path: Path, *, isWhole: bool = False) -> None:
        """Write a PNG of what is seen, or of the whole page."""
        self._do('screenshot', str(path), isWhole)

    # What one does

    def click(self, selector: str) -> None:
        """Click at an element."""
        self._do('click', selector)

    def write(self, selector: str, text: str) -> None:
        """Type into an element."""
        self._do('write', selector, text)

    def press(self, *names: str) -> None:
        """Press keys, by their names: TAB, SPACE, ENTER."""
        self._do('press', *names)

    def _do(self, *command: object) -> Any:
        assert self._program.stdin is not None
        self._program.stdin.write(json.dumps(command) + '\n')
        self._program.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        assert self._program.stdout is not None
        line = self._program.stdout.readline()
        assert line, f'the browser has ended: {self._log.read_text()}'
        reply = json.loads(line)
        if 'error' in reply:
            raise BrowserError(reply['error'])
        return reply['value']
