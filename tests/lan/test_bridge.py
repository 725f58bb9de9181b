"""A device behind a router that maps its ports, as a container on a bridge is: what works there, and what does not."""

from __future__ import annotations

import pytest

from tests.lan.announcing import announceLight
from tests.lan.gena import Subscriber, eventUrls
from tests.lan.hosts import Host, Network
from tests.lan.programs.simple_light import SWITCH
from tests.lan.prompt import Prompt
from tests.lan.soap import call, controlUrls
from tests.lan.ssdp import Listener, search
from tests.lan.tools import needsTool
from tests.lan.web import fetch

pytestmark = pytest.mark.lan

ROOT = 'upnp:rootdevice'
MAPPING = """
table ip nat {{
    chain prerouting {{
        type nat hook prerouting priority dstnat;
        iifname "eth0" tcp dport 5000 dnat to {device}
        iifname "eth0" ip daddr {router} udp dport 1900 dnat to {device}
    }}
    chain postrouting {{
        type nat hook postrouting priority srcnat;
        oifname "eth0" masquerade
    }}
}}
"""


@pytest.mark.parametrize('networks', [(), ('192.168.1.0/24',)], ids=['as it is', 'allowedNetworks'])
def test_with_its_address_told_it_is_read_called_and_heard_but_a_search_to_all_does_not_reach_it(
    networks: tuple[str, ...], network: Network
) -> None:
    outside, inside = network.lan(), network.lan()
    router = network.host('router', outside, inside)
    device, searcher = network.host('device', inside), network.host('searcher', outside)
    passOn(router, device)
    options = f'advertisedHost={router.address!r}, allowedNetworks={networks!r}'
    with Prompt(device) as prompt, Listener(searcher) as listener, Subscriber(searcher) as subscriber:
        location = announceLight(prompt, options)
        assert location == f'http://{router.address}:5000/descr.xml'
        assert b'Desk light' in fetch(searcher, location).body
        subscription = subscriber.subscribe(eventUrls(searcher, location)[SWITCH])
        (answer,) = call(
            searcher, controlUrls(searcher, location)[SWITCH], SWITCH, ('SetTarget', {'newTargetValue': '1'})
        )
        assert answer.status == 200
        assert [one.texts['Status'] for one in subscription.waitFor(2)] == ['0', '1']
        assert search(searcher, ROOT) == []
        answers = search(searcher, ROOT, to=router.address)
        assert [one.location for one in answers] == ([location] if networks else [])
        assert listener.seen == []


def passOn(router: Host, device: Host) -> None:
    """Have a router pass on what comes to the ports of the device, and whatever the device sends."""
    router.run('sysctl', '-qw', 'net.ipv4.ip_forward=1')
    rules = MAPPING.format(device=device.address, router=router.address)
    router.run(needsTool('nft'), '-f', '/dev/stdin', stdin=None, input=rules)
    device.ip(f'route add default via {list(router.addresses.values())[1]}')
