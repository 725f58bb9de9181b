"""The firewall rules of the documentation let a device be found, read, called and heard, and are needed for it."""

from __future__ import annotations

import pytest

from tests.lan.expected import EXAMPLES
from tests.lan.gena import Subscriber, eventUrls
from tests.lan.hosts import Host, Lan, Network
from tests.lan.programs.simple_light import SWITCH
from tests.lan.prompt import Prompt
from tests.lan.soap import call, controlUrls
from tests.lan.ssdp import Listener, search
from tests.lan.tools import missing, needsTool
from tests.lan.web import fetch, withZone

pytestmark = pytest.mark.lan

PORT = 5000
ROOT = 'upnp:rootdevice'
RULES = (EXAMPLES / 'nftables.conf').read_text()
DROPPING = RULES.replace('policy accept', 'policy drop')  # of what leaves as well
SILENCE_SECONDS = 1.0


@pytest.fixture
def deviceHost(network: Network, lan: Lan) -> Host:
    """A host on the first LAN, for the device, with IPv6."""
    return network.host('device', lan, hasIPv6=True)


@pytest.fixture
def searcher(network: Network, lan: Lan) -> Host:
    """Another one, for the one who looks for devices."""
    return network.host('searcher', lan, hasIPv6=True)


def load(host: Host, rules: str) -> None:
    """Put firewall rules in force on a host."""
    done = host.run(needsTool('nft'), '-f', '/dev/stdin', stdin=None, input=rules, check=False)
    if 'Operation not supported' in done.stderr:
        missing(f'nf_tables of the kernel: {done.stderr}')
    assert done.stderr == ''


def announce(prompt: Prompt, host: Host) -> str:
    """Announce a light where the rules expect it; return where its description is by IPv4."""
    prompt.do('asyncio.get_running_loop().set_debug(False)')
    prompt.do('from tests.lan.programs.simple_light import makeLight')
    prompt.do('light = makeLight()')
    prompt.do(f'server = upnp.Announcer(light, httpPort={PORT})')
    prompt.do('await server.start()')
    return f'http://{host.address}:{PORT}/descr.xml'


def without(rules: str, line: str) -> str:
    """Return rules that lack a line."""
    kept = [one for one in rules.splitlines() if one.strip() != line]
    assert len(kept) == len(rules.splitlines()) - 1
    return '\n'.join(kept) + '\n'


def isRead(host: Host, location: str) -> bool:
    """Tell whether a host gets a description."""
    try:
        return fetch(host, location).status == 200
    except AssertionError:
        return False


@pytest.mark.parametrize('rules', [RULES, DROPPING], ids=['input', 'output too'])
def test_behind_the_rules_a_device_is_found_read_called_and_heard(
    rules: str, deviceHost: Host, searcher: Host, prompt: Prompt
) -> None:
    load(deviceHost, rules)
    with Listener(searcher) as listener:
        location = announce(prompt, deviceHost)
        listener.waitFor(lambda seen: len({one.source for one in seen}) >= 3)  # both protocols, and both scopes of one
    for own, address in ((searcher.address, deviceHost.address), (searcher.linkLocal, deviceHost.linkLocals['eth0'])):
        for to in (None, address):
            (answer,) = search(searcher, ROOT, own=own, to=to)
            assert answer.source == address
        assert isRead(searcher, withZone(answer.location, '%eth0'))

    with Subscriber(searcher) as subscriber:
        subscription = subscriber.subscribe(eventUrls(searcher, location)[SWITCH])
        (answer, *_) = call(
            searcher, controlUrls(searcher, location)[SWITCH], SWITCH, ('SetTarget', {'newTargetValue': '1'})
        )
        assert answer.status == 200
        assert [one.texts['Status'] for one in subscription.waitFor(2)] == ['0', '1']


def test_without_those_for_what_comes_in_it_is_neither_found_nor_read(
    deviceHost: Host, searcher: Host, prompt: Prompt
) -> None:
    """It is heard, as what it sends leaves; but nothing comes of it."""
    load(deviceHost, without(RULES, 'jump upnp_in'))
    with Listener(searcher) as listener:
        location = announce(prompt, deviceHost)
        listener.waitFor(lambda seen: bool(seen))
    for to in (None, deviceHost.address):
        assert search(searcher, ROOT, to=to) == []
    assert search(searcher, ROOT, own=searcher.linkLocal) == []
    assert not isRead(searcher, location)


def test_without_those_for_what_leaves_only_a_search_of_this_device_alone_is_answered(
    deviceHost: Host, searcher: Host, prompt: Prompt
) -> None:
    """Connection tracking knows an answer by its addresses, and one to a multicast comes from another."""
    load(deviceHost, without(DROPPING, 'jump upnp_out'))
    with Listener(searcher) as listener:
        announce(prompt, deviceHost)
        assert search(searcher, ROOT) == []
        assert len(search(searcher, ROOT, to=deviceHost.address)) == 1
        assert listener.waitQuiet(SILENCE_SECONDS) == []
