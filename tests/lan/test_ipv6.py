"""Description, control and events over IPv6 (UDA 2.0 Annex A), at addresses on a link and at global ones."""

from __future__ import annotations

import re

import pytest

from tests.lan.gena import Subscriber, eventUrls
from tests.lan.hosts import Host
from tests.lan.prompt import Prompt, PromptError
from tests.lan.soap import call, controlUrls
from tests.lan.web import fetch

pytestmark = pytest.mark.lan

PORT = 5000
LOCAL, GLOBAL = 'fe80::1%eth0', '2001:db8::1'  # the device's; the reader's end in 2
DIMMER = 'urn:example-org:service:dimmer:1'
DEVICE = {
    'deviceType': 'urn:example-org:device:dimmer:1',
    'friendlyName': 'Dimmer',
    'uuid': '5e1f0a10-4d2c-4a6b-9a51-0242ac110006',
    'services': [
        {
            'serviceType': DIMMER,
            'serviceId': 'urn:example-org:serviceId:dimmer',
            'stateVariables': [
                {'name': 'Level', 'dataType': 'ui2', 'sendEvents': True},
                {'name': 'Caller', 'dataType': 'string'},
            ],
            'actions': [
                {
                    'name': 'Set',
                    'arguments': [
                        {'name': 'Level', 'direction': 'in', 'relatedStateVariable': 'Level'},
                        {'name': 'Caller', 'direction': 'out', 'relatedStateVariable': 'Caller'},
                    ],
                }
            ],
        }
    ],
}
FUNCTION = """
def Set(Level, call: upnp.Call): level.value = Level; return f'{call.peer[0]} at {call.host}'
"""


@pytest.fixture
def dimmer(prompt: Prompt, deviceHost: Host, searcher: Host) -> Prompt:
    """A prompt where `device` has a `level`, on a host with addresses of each kind; nothing is announced."""
    for number, host in ((1, deviceHost), (2, searcher)):
        host.ip(*(f'address add {prefix}::{number}/64 dev eth0 nodad' for prefix in ('fe80', '2001:db8')))
    prompt.do('asyncio.get_running_loop().slow_callback_duration = 5')
    prompt.do(f'device = upnp.Device({DEVICE!r})')
    prompt.do('level = device.services[0].stateVariables[0]')
    prompt.do(FUNCTION.strip())
    prompt.do("device.services[0].actions['Set'].function = Set")
    return prompt


def start(prompt: Prompt, *before: str, port: int = PORT) -> None:
    """Announce the device; before it starts, carry out some lines about `server`."""
    prompt.do(f'server = upnp.Announcer(device, httpPort={port})')
    for line in before:
        prompt.do(line)
    prompt.do('await server.start()')


def locationOf(address: str, port: int = PORT) -> str:
    return f'http://{f"[{address}]" if ":" in address else address}:{port}/descr.xml'


def literalOf(address: str) -> str:
    return address.partition('%')[0]


def peerOf(address: str) -> str:
    """Return the reader's address of the same kind."""
    return re.sub('::1', '::2', address)


@pytest.mark.parametrize('address', [LOCAL, GLOBAL])
def test_a_description_is_served_with_the_address_that_was_asked(dimmer: Prompt, searcher: Host, address: str) -> None:
    """A literal in brackets, and no zone: that is the reader's own business."""
    start(dimmer)
    got = fetch(searcher, locationOf(address))
    assert got.status == 200
    assert f'<presentationURL>http://[{literalOf(address)}]:{PORT}/</presentationURL>'.encode() in got.body
    assert b'%' not in got.body
    page = fetch(searcher, locationOf(address).replace('descr.xml', ''))
    assert b'<h1>Dimmer</h1>' in page.body


@pytest.mark.parametrize('address', [LOCAL, GLOBAL])
def test_an_action_is_called_and_learns_who_calls(
    dimmer: Prompt, deviceHost: Host, searcher: Host, address: str
) -> None:
    start(dimmer)
    urls = controlUrls(searcher, locationOf(address))
    (answer,) = call(searcher, urls[DIMMER], DIMMER, ('Set', {'Level': '7'}))
    assert answer.status == 200
    caller, _, host = answer.texts['Caller'].partition(' at ')
    number = dimmer.do("__import__('socket').if_nametoindex('eth0')")
    assert host == (f'{literalOf(address)}%{number}' if address == LOCAL else address)
    assert caller.endswith(f'%{number}') is (address == LOCAL)
    assert dimmer.do('level.value') == 7


@pytest.mark.parametrize('address', [LOCAL, GLOBAL])
def test_events_go_to_the_subscriber_on_its_link(dimmer: Prompt, searcher: Host, address: str) -> None:
    """UDA 1.1 §4.1.2; HOST has no zone."""
    start(dimmer)
    with Subscriber(searcher, peerOf(address)) as subscriber:
        subscription = subscriber.subscribe(eventUrls(searcher, locationOf(address))[DIMMER])
        assert subscription.answer.status == 200
        assert subscription.callbacks[0].startswith(f'http://[{literalOf(peerOf(address))}]:')
        (first,) = subscription.waitFor(1)
        assert first.headers['HOST'] == subscription.callbacks[0].split('/')[2]
        dimmer.do('level.value = 9')
        assert [event.texts for event in subscription.waitFor(2)] == [{'Level': '0'}, {'Level': '9'}]


def test_events_go_to_the_subscriber_where_the_loop_connects(dimmer: Prompt, searcher: Host) -> None:
    """As on Windows, whose default loop watches no descriptors."""
    dimmer.do("__import__('upnp.http.transport', fromlist=['*']).isPossibleOn = lambda loop: False")
    start(dimmer)
    with Subscriber(searcher, peerOf(LOCAL)) as subscriber:
        subscription = subscriber.subscribe(eventUrls(searcher, locationOf(LOCAL))[DIMMER])
        dimmer.do('level.value = 9')
        assert subscription.waitFor(1)[0].texts == {'Level': '9'}


def test_a_callback_on_the_same_link_or_elsewhere_is_refused(dimmer: Prompt, searcher: Host) -> None:
    """UDA 2.0 §4.1.1 as revised in 2020: to the subscriber alone, and to no zone of its choice."""
    start(dimmer)
    url = eventUrls(searcher, locationOf(LOCAL))[DIMMER]
    with Subscriber(searcher, peerOf(LOCAL)) as subscriber:
        for host in ('[fe80::3]', '[fe80::1]', '[2001:db8::2]', '[fe80::2%25eth0]', '[fe80::2%eth0]', searcher.address):
            assert subscriber.subscribeAt(url, [f'http://{host}:4004/']).answer.status == 412
        assert subscriber.subscribeAt(url, ['http://[FE80:0:0::2]:4004/']).answer.status == 200


def test_both_protocols_have_one_port_and_ipv6_can_be_left_out(
    dimmer: Prompt, deviceHost: Host, searcher: Host
) -> None:
    start(dimmer, port=0)
    port = dimmer.do('server.httpPort')
    for address in (deviceHost.address, LOCAL, GLOBAL):
        assert fetch(searcher, locationOf(address, port)).status == 200
    dimmer.do('await server.stop()')
    start(dimmer, 'server.http.hasIPv6 = False')
    assert dimmer.do('(server.http.servesIPv4, server.http.servesIPv6)') == [True, False]
    assert fetch(searcher, locationOf(deviceHost.address)).status == 200
    with pytest.raises(AssertionError, match='refused'):
        fetch(searcher, locationOf(GLOBAL))


def test_what_is_not_accepted_is_not_served(dimmer: Prompt, searcher: Host) -> None:
    start(dimmer, "server.http.accepts = lambda host: host.startswith('fe80::1%')")
    assert fetch(searcher, locationOf(LOCAL)).status == 200
    with pytest.raises(AssertionError, match=r'reset|disconnected|closed'):
        fetch(searcher, locationOf(GLOBAL))


@pytest.mark.parametrize('address', [LOCAL, GLOBAL])
def test_one_address_alone_is_served(dimmer: Prompt, deviceHost: Host, searcher: Host, address: str) -> None:
    dimmer.do(f'server = upnp.HTTP.HTTP(upnp.Announcer(device), {PORT}, {address!r})')
    dimmer.do('await server.start()')
    assert fetch(searcher, locationOf(address)).status == 404
    for other in {LOCAL, GLOBAL, deviceHost.address} - {address}:
        with pytest.raises(AssertionError, match='refused'):
            fetch(searcher, locationOf(other))
    dimmer.do('await server.stop()')


def test_a_host_without_ipv6_listens_in_ipv4_without_a_word(dimmer: Prompt, deviceHost: Host, searcher: Host) -> None:
    deviceHost.run('sh', '-c', 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6')
    start(dimmer)
    assert fetch(searcher, locationOf(deviceHost.address)).status == 200
    assert [line for line in dimmer.do('logs') if 'IPv6' in line] == []


def test_a_port_that_is_taken_in_one_protocol(dimmer: Prompt, deviceHost: Host, searcher: Host) -> None:
    """In IPv6, the device is served in IPv4, and the log tells; in IPv4, it cannot start."""
    dimmer.do('import socket')
    dimmer.do(f"taken = socket.create_server(('::', {PORT}), family=socket.AF_INET6)")
    start(dimmer)
    assert dimmer.do('(server.http.servesIPv4, server.http.servesIPv6)') == [True, False]
    assert fetch(searcher, locationOf(deviceHost.address)).status == 200
    (warning,) = [line for line in dimmer.do('logs') if line.startswith('WARNING')]
    assert f'HTTP port {PORT} is not to be had in IPv6' in warning
    dimmer.do('await server.stop()')
    dimmer.do('taken.close()')
    dimmer.do(f"taken = socket.create_server(('0.0.0.0', {PORT}))")
    with pytest.raises(PromptError, match='NetworkError'):
        start(dimmer)
    dimmer.do('taken.close()')
