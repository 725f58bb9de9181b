"""gssdp-discover, of the library behind GNOME, on a network that comes after the device was started, or changes."""

from __future__ import annotations

import re
import time

import pytest

from tests.lan.expected import QUICKSTART_USNS, QUICKSTARTS
from tests.lan.hosts import Host
from tests.lan.ssdp import Listener
from tests.lan.tools import needsTool

pytestmark = pytest.mark.interop

DISCOVER = 'gssdp-discover'
AVAILABLE = re.compile(r'^resource available\n  USN: +(.+)\n  Location: (.+)$', re.MULTILINE)
LOOPBACK = '127.0.0.1'
FOUND_SECONDS = 3


@pytest.fixture(autouse=True)
def tool() -> None:
    needsTool(DISCOVER)


def test_it_lists_the_quickstart_within_three_seconds_of_the_first_network_and_of_another_address(
    deviceHost: Host, searcher: Host
) -> None:
    address = deviceHost.address
    deviceHost.ip('link set eth0 down', 'address flush dev eth0')
    with Listener(deviceHost, LOOPBACK) as listener:
        quickstart = deviceHost.python(QUICKSTARTS[0], strict=True)
        listener.waitForAlive(QUICKSTART_USNS)
    deviceHost.ip('link set eth0 up', f'address add {address}/24 brd + dev eth0')
    assertListed(searcher, address)
    deviceHost.readdress('192.168.1.200')
    assertListed(searcher, '192.168.1.200')
    assert quickstart.poll() is None


def assertListed(searcher: Host, address: str) -> None:
    """Check that it lists everything once, at this address, in the time that it is given."""
    moment = time.monotonic()
    output = searcher.run(DISCOVER, '-i', 'eth0', f'--timeout={FOUND_SECONDS}').stdout
    assert time.monotonic() - moment < FOUND_SECONDS + 1
    found = dict(AVAILABLE.findall(output))
    assert sorted(found) == sorted(QUICKSTART_USNS)
    assert set(found.values()) == {f'http://{address}:5000/descr.xml'}
