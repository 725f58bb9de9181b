"""A device's page in a browser, by what people find there: values, forms, and what a form says in the end.

page = Page(browser, url)
page.submit('SetTarget', newTargetValue=True)
page.waitForValue('Status', 'On')
"""

from __future__ import annotations

import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from tests.interop.browser import WAIT_SECONDS, Browser
from tests.lan.hosts import Host
from tests.lan.ssdp import search
from tests.lan.web import fetch

DEVICE = '{urn:schemas-upnp-org:device-1-0}'

# Each is the body of a function of the page.
VALUE = "return document.querySelector(`[data-variable='${arguments[0]}']`)?.innerText.trim()"
HAS_VALUE = "return document.querySelector(`[data-variable='${arguments[0]}']`)?.innerText.trim() === arguments[1]"
LIVE = 'return document.getElementById("link").innerText === arguments[0]'
FILL = """
const [selector, value] = arguments, input = document.querySelector(selector);
if (input.type === 'checkbox') { if (input.checked !== value) input.click(); return }
input.value = value;
input.dispatchEvent(new Event('input', {bubbles: true}));
input.dispatchEvent(new Event('change', {bubbles: true}));
"""
SUBMIT = 'document.querySelector(`form[data-action="${arguments[0]}"]`).requestSubmit()'
SAID = """
const form = document.querySelector(`form[data-action="${arguments[0]}"]`);
if (form.querySelector('button').ariaBusy === 'true') return null;
return form.querySelector('[role=alert]').innerText || form.querySelector('[role=status]').innerText;
"""
# The moment at which a value is shown is noted in the page, as the wall clock tells, which all hosts share.
NOTE_MOMENT = """
const [name, text] = arguments, dd = document.querySelector(`[data-variable='${name}']`);
window.moment = null;
new MutationObserver(() => { if (dd.innerText.trim() === text) window.moment ??= Date.now() / 1000 })
    .observe(dd, {childList: true, subtree: true, characterData: true});
"""
REQUESTS = "return performance.getEntriesByType('resource').map(entry => entry.name)"
WIDTHS = 'return [document.documentElement.scrollWidth, document.documentElement.clientWidth]'


class Page:
    """A page that is open and live."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        browser.open(url)
        browser.waitFor(LIVE, 'Live')
        browser.run('window.isMarked = true')

    @property
    def isSame(self) -> bool:
        """Tell whether it is the document that was opened, not one that was read anew."""
        return bool(self.browser.run('return window.isMarked === true'))

    def value(self, variable: str) -> str:
        """Return what is shown of a variable."""
        return str(self.browser.run(VALUE, variable))

    def waitForValue(self, variable: str, text: str, seconds: float = WAIT_SECONDS) -> None:
        """Wait until a variable is shown so."""
        self.browser.waitFor(HAS_VALUE, variable, text, seconds=seconds)

    def noteMoment(self, variable: str, text: str) -> None:
        """Note the moment from which a variable is shown so."""
        self.browser.run(NOTE_MOMENT, variable, text)

    def moment(self) -> float:
        """Wait for that moment, and return it."""
        return float(self.browser.waitFor('return window.moment'))

    def fill(self, action: str, **values: Any) -> None:
        """Fill in a form; files by their paths."""
        for name, value in values.items():
            selector = inputOf(action, name)
            if isinstance(value, Path):
                self.browser.write(selector, str(value))
            else:
                self.browser.run(FILL, selector, value)

    def submit(self, action: str, **values: Any) -> str:
        """Fill in a form and send it; return what it says then."""
        self.fill(action, **values)
        self.browser.run(SUBMIT, action)
        return str(self.browser.waitFor(SAID, action))

    def requests(self) -> list[str]:
        """Return the URLs that it has asked for."""
        urls: list[str] = self.browser.run(REQUESTS)
        return urls


def inputOf(action: str, name: str) -> str:
    """Return the selector of an input."""
    return f'form[data-action="{action}"] [data-argument="{name}"]'


def presentationUrl(host: Host, target: str) -> str:
    """Search for a device, and return where its description says that its page is."""
    end = time.monotonic() + WAIT_SECONDS
    while not (answers := search(host, target)):
        assert time.monotonic() < end, f'no {target} is found'
    location = answers[0].location
    description = ElementTree.fromstring(fetch(host, location).body)
    url = description.findtext(f'{DEVICE}device/{DEVICE}presentationURL')
    assert url, f'{location} tells of no page'
    return urljoin(location, url)


def isWithoutSideways(browser: Browser) -> bool:
    """Tell whether nothing of the page is beyond its side."""
    whole, seen = browser.run(WIDTHS)
    return bool(whole <= seen)
