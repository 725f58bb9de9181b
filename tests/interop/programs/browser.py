"""Drive a browser, a line at a time: Chromium by Selenium.

    python -m tests.interop.programs.browser CHROMIUM CHROMEDRIVER FOLDER

Each line of standard input is a JSON list, a name of a method of `Browser` and its arguments, and gets a line of JSON:
`{"value": ...}` or `{"error": ...}`. It ends with its input, or at SIGTERM, and the browser with it. Nothing is looked
for elsewhere: both programs are given, and what they write goes into the folder.
"""

from __future__ import annotations

import base64
import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

OPTIONS = (
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--disable-dev-shm-usage',
    '--no-first-run',
    '--no-proxy-server',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-extensions',
    '--hide-scrollbars',
)
POLL_SECONDS = 0.02
PAGE_SECONDS = 30


class Browser:
    """What can be asked of it."""

    def __init__(self, chromium: str, chromedriver: str, folder: Path) -> None:
        options = ChromeOptions()
        options.binary_location = chromium
        for option in (*OPTIONS, f'--user-data-dir={folder}/user'):
            options.add_argument(option)
        options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
        log = str(folder / 'chromedriver.log')
        self._driver = Chrome(options, Service(chromedriver, log_output=log))
        self._driver.set_page_load_timeout(PAGE_SECONDS)
        self._driver.set_script_timeout(PAGE_SECONDS)

    def open(self, url: str) -> None:
        """Open a page, and wait until it is loaded."""
        self._driver.get(url)

    def tab(self, url: str, kind: str) -> int:
        """Open a page in a tab or window of its own, which is spoken to from now on; return its number."""
        self._driver.switch_to.new_window(kind)
        self._driver.get(url)
        return len(self._driver.window_handles) - 1

    def switch(self, number: int) -> None:
        """Speak to another tab."""
        self._driver.switch_to.window(self._driver.window_handles[number])

    def run(self, script: str, *args: Any) -> Any:
        """Run the body of a function in the page; return what it returns."""
        return self._driver.execute_script(script, *args)

    def wait(self, script: str, seconds: float, *args: Any) -> Any:
        """Run it again and again until it returns something true, or the time is over; return the last of it."""
        end = time.monotonic() + seconds
        while not (value := self.run(script, *args)) and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
        return value

    def before(self, script: str) -> None:
        """Run a script in every page of this tab before its own, as long as there is the tab."""
        self._do('Page.addScriptToEvaluateOnNewDocument', source=script)

    def reset(self) -> None:
        """Close all tabs but the first, leave that empty, and forget what was complained of."""
        for handle in self._driver.window_handles[1:]:
            self._driver.switch_to.window(handle)
            self._driver.close()
        self.switch(0)
        self.open('about:blank')
        self.console()

    def click(self, selector: str) -> None:
        """Click at an element, as a mouse does."""
        self._driver.find_element(By.CSS_SELECTOR, selector).click()

    def write(self, selector: str, text: str) -> None:
        """Type into an element; into the one of a file, its path."""
        self._driver.find_element(By.CSS_SELECTOR, selector).send_keys(text)

    def press(self, *names: str) -> None:
        """Press keys, by their names: TAB, SPACE, ENTER."""
        for name in names:
            ActionChains(self._driver).send_keys(getattr(Keys, name)).perform()

    def emulate(self, scheme: str, width: int, height: int, scale: float, isPhone: bool, hasScripts: bool) -> None:
        """Be another screen, for pages that are opened from now on."""
        self._do('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': scheme}])
        size = {'width': width, 'height': height, 'deviceScaleFactor': scale, 'mobile': isPhone}
        self._do('Emulation.setDeviceMetricsOverride', **size)
        self._do('Emulation.setTouchEmulationEnabled', enabled=isPhone)
        self._do('Emulation.setScriptExecutionDisabled', value=not hasScripts)

    def console(self) -> list[list[str]]:
        """Return what the browser complained of since it was asked: source and text."""
        return [[row['source'], row['message']] for row in self._driver.get_log('browser')]

    def accessible(self) -> list[list[str]]:
        """Return role and name of all that a screen reader has to say of the page."""
        nodes = self._do('Accessibility.getFullAXTree')['nodes']
        told = [node for node in nodes if not node['ignored']]
        return [[node['role']['value'], node.get('name', {}).get('value', '')] for node in told]

    def axe(self, path: str) -> list[dict[str, Any]]:
        """Have axe-core look at the page; return what it objects to: id, impact, and the elements."""
        self._driver.execute_script(Path(path).read_text())
        script = 'const done = arguments[0]; axe.run(document).then(done, error => done({error: String(error)}))'
        found = self._driver.execute_async_script(script)
        assert 'error' not in found, found['error']
        return [
            {'id': one['id'], 'impact': one['impact'], 'nodes': [node['html'] for node in one['nodes']]}
            for one in found['violations']
        ]

    def screenshot(self, path: str, isWhole: bool) -> None:
        """Write a PNG of what is seen, or of the whole page."""
        taken = self._do('Page.captureScreenshot', format='png', captureBeyondViewport=isWhole, **self._clip(isWhole))
        Path(path).write_bytes(base64.b64decode(taken['data']))

    def quit(self) -> None:
        """End it."""
        self._driver.quit()

    def _clip(self, isWhole: bool) -> dict[str, Any]:
        if not isWhole:
            return {}
        size = self._do('Page.getLayoutMetrics')['cssContentSize']
        return {'clip': {'x': 0, 'y': 0, 'width': size['width'], 'height': size['height'], 'scale': 1}}

    def _do(self, name: str, **parameters: Any) -> Any:
        return self._driver.execute_cdp_cmd(name, parameters)


@contextlib.contextmanager
def started(chromium: str, chromedriver: str, folder: str) -> Iterator[Browser]:
    """Have a browser that ends in any case."""
    browser = Browser(chromium, chromedriver, Path(folder))
    try:
        yield browser
    finally:
        browser.quit()


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with started(*sys.argv[1:]) as browser:
        show({'value': 'ready'})
        for line in sys.stdin:
            name, *args = json.loads(line)
            try:
                show({'value': getattr(browser, name)(*args)})
            except Exception as error:  # the test decides what an error means
                show({'error': f'{type(error).__name__}: {error}'})


def show(row: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(row) + '\n')
    sys.stdout.flush()


if __name__ == '__main__':
    main()
