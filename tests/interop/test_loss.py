"""A network that loses every second datagram: gssdp-discover still finds a device that has just been started.

It searches three times, at 0, 0.5 and 1 s with an MX of 3, and then only listens (GSSDP 1.6); a new device tells of
itself in several sets. One datagram that arrives is enough, as each names the description. The loss is at the
device's own interface, of what comes and of what goes, and silent as on a wire: in an output hook the kernel would
tell the sender. UDP alone is lost: TCP, which brings the description, repeats by itself, and so does ARP. Answers that
leave in one call (UDP_SEGMENT) may pass these interfaces as one piece and be lost as one, harder than on a wire.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.interop.gssdp import DISCOVER, REPORT
from tests.lan.hosts import Host, Lan, Network
from tests.lan.prompt import Prompt
from tests.lan.tools import needsTool

pytestmark = pytest.mark.interop

FILTER = 'nft'
TRIES = 20
FOUND_WITHIN_SECONDS = 10
HOOKS = ('ingress', 'egress')  # as on a wire; after an output hook's drop, sendto says EPERM


@pytest.fixture(autouse=True)
def tools() -> None:
    for name in (DISCOVER, FILTER):
        needsTool(name)


def loseHalf(host: Host, interface: str = 'eth0') -> None:
    """Have a host lose every second UDP datagram at random, of those that come and of those that go."""
    commands = ['add table netdev loss']
    for hook in HOOKS:
        commands += [
            f'add chain netdev loss {hook} {{ type filter hook {hook} device {interface} priority 0; }}',
            f'add rule netdev loss {hook} ip protocol udp numgen random mod 2 == 0 counter drop',
        ]
    host.run(FILTER, '; '.join(commands))


def lost(host: Host) -> dict[str, int]:
    """Return how many datagrams were lost each way."""
    listing = json.loads(host.run(FILTER, '-j', 'list', 'table', 'netdev', 'loss').stdout)['nftables']
    rules = [entry['rule'] for entry in listing if 'rule' in entry]
    return {rule['chain']: step['counter']['packets'] for rule in rules for step in rule['expr'] if 'counter' in step}


@pytest.fixture
def devices(network: Network, lan: Lan) -> Iterator[dict[str, tuple[Host, Prompt]]]:
    """Hosts that lose half, each with a prompt where a lamp of a UUID of its own is ready to be announced."""
    with contextlib.ExitStack() as stack:
        made: dict[str, tuple[Host, Prompt]] = {}
        for number in range(TRIES):
            host = network.host(f'device{number}', lan)
            loseHalf(host)
            made[str(uuid.uuid4())] = host, stack.enter_context(Prompt(host))
        with ThreadPoolExecutor(TRIES) as pool:
            list(pool.map(lambda one: prepare(one[0], one[1][1]), made.items()))
        yield made


def prepare(rootUuid: str, prompt: Prompt) -> None:
    prompt.do('asyncio.get_running_loop().slow_callback_duration = 5')  # the hosts have one machine's processors
    prompt.do(f'server = upnp.Announcer(makeLamp({rootUuid!r}, {str(uuid.uuid4())!r}), httpPort=0)')


def test_it_finds_every_one_of_twenty_new_devices_within_ten_seconds(
    searcher: Host, devices: dict[str, tuple[Host, Prompt]]
) -> None:
    discover = searcher.popen(DISCOVER, '-i', 'eth0', f'--timeout={FOUND_WITHIN_SECONDS}')
    with ThreadPoolExecutor(TRIES) as pool:
        list(pool.map(lambda one: one[1].do('await server.start()'), devices.values()))
    output = discover.communicate()[0]
    found = {
        usn.partition('::')[0] for what, usn, location in REPORT.findall(output) if what == 'available' and location
    }
    assert {f'uuid:{rootUuid}' for rootUuid in devices} - found == set()
    for host, _prompt in devices.values():
        assert set(lost(host)) == set(HOOKS)
        assert sum(lost(host).values()) > 0
