"""upnpc, of miniupnp, which most programs that open ports in a router are built on."""

from __future__ import annotations

import pytest

from tests.lan.hosts import Host
from tests.lan.tools import needsTool

pytestmark = pytest.mark.interop


@pytest.mark.usefixtures('lamp')
def test_it_lists_the_device_and_reads_its_description(deviceHost: Host, searcher: Host) -> None:
    """The lamp is no router; upnpc says so once it has read the description."""
    needsTool('upnpc')
    output = searcher.run('upnpc', '-m', 'eth0', '-l', check=False).stdout
    location = f'http://{deviceHost.address}:5000/descr.xml'
    assert f' desc: {location}\n st: upnp:rootdevice\n' in output
    assert 'UPnP device found. Is it an IGD ?' in output
