"""A browser opens the device's page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop.chromium import BROWSER, dom
from tests.lan.expected import QUICKSTART_USNS, QUICKSTARTS
from tests.lan.hosts import Host
from tests.lan.prompt import Prompt
from tests.lan.ssdp import Listener
from tests.lan.tools import needsTool

pytestmark = pytest.mark.interop


@pytest.fixture(autouse=True)
def tool() -> None:
    needsTool(BROWSER)


def test_the_page_of_the_quickstart_shows_its_name(deviceHost: Host, searcher: Host, tmp_path: Path) -> None:
    with Listener(searcher) as listener:
        deviceHost.python(QUICKSTARTS[0], strict=True)
        listener.waitForAlive(QUICKSTART_USNS)
    assert 'UPnP Test' in dom(searcher, f'http://{deviceHost.address}:5000/', tmp_path)


def test_a_name_with_markup_is_shown_as_text(lamp: Prompt, deviceHost: Host, searcher: Host, tmp_path: Path) -> None:
    lamp.do("lamp.friendlyName = '<script>document.title = 1</script>'")
    lamp.do('await asyncio.sleep(1)')
    page = dom(searcher, f'http://{deviceHost.address}:5000/', tmp_path)
    assert '&lt;script&gt;document.title = 1&lt;/script&gt;' in page
    assert '<title>1</title>' not in page
