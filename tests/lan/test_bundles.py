"""Answers of many targets, which leave together: all arrive, by each way that they can take."""

from __future__ import annotations

import pytest

from tests.lan.hosts import Host
from tests.lan.prompt import Prompt
from tests.lan.ssdp import search

pytestmark = pytest.mark.lan

EMBEDDED = 20
TARGETS = 3 + 2 * EMBEDDED  # UDA 1.1 §1.2.2: no services
WAYS = {
    'one call of the kernel': 'pass',
    'a kernel that cannot cut': 'upnp.discovery.endpoints.UDP_SEGMENT = 999',
    'a socket for each interface': 'upnp.discovery.endpoints.hasShared = lambda: False',
}
TREE = (
    "tree = upnp.Device(deviceType='urn:x-org:device:Tree:1', friendlyName='Tree', uuid='tree', devices=["
    "dict(deviceType=f'urn:x-org:device:Leaf{n}:1', friendlyName='Leaf', uuid=f'leaf{n}') "
    f'for n in range({EMBEDDED})])'
)


@pytest.mark.parametrize('way', WAYS)
def test_every_target_of_a_large_device_is_answered_once(way: str, deviceHost: Host, searcher: Host) -> None:
    """UDA 1.1 §1.3.3; padded answers are of one length, and say the same as any other."""
    with Prompt(deviceHost) as prompt:
        prompt.do(WAYS[way])
        prompt.do(TREE)
        prompt.do('server = upnp.Announcer(tree, httpPort=0)')
        prompt.do('await server.start()')
        answers = search(searcher, 'ssdp:all')
        alone = search(searcher, 'ssdp:all', to=deviceHost.address) if 'socket' not in way else answers
        prompt.do('await server.stop()')
    for received in (answers, alone):
        assert len({answer.usn for answer in received}) == len(received) == TARGETS
        assert {answer.source for answer in received} == {deviceHost.address}
