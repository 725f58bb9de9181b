"""Actions called by other hosts: many at once, slow ones, failing ones, and the end while one runs (UDA 1.1 §3)."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.lan.hosts import Host, Lan, Network
from tests.lan.programs.echo import ECHO, TYPES
from tests.lan.prompt import Prompt
from tests.lan.soap import Calls, call, controlUrls
from tests.lan.ssdp import search

pytestmark = pytest.mark.lan

HOSTS, CALLS_PER_HOST = 4, 50
PORT = 5000
SLOW_SECONDS = 1.0


@pytest.fixture
def echo(prompt: Prompt) -> Prompt:
    """A prompt where `device`, of programs/echo.py, is announced by `server`."""
    # With all hosts on one machine, a turn of the loop may have to wait for a processor: that is no fault of its own.
    prompt.do(f'asyncio.get_running_loop().slow_callback_duration = {SLOW_SECONDS}')
    prompt.do('from tests.lan.programs.echo import makeEcho')
    prompt.do('device = makeEcho()')
    prompt.do(f'server = upnp.Announcer(device, httpPort={PORT})')
    prompt.do('await server.start()')
    return prompt


@pytest.fixture
def urls(echo: Prompt, deviceHost: Host, searcher: Host) -> dict[str, str]:
    """Its control URLs by service type."""
    return controlUrls(searcher, locationOf(deviceHost.address))


def locationOf(address: str) -> str:
    return f'http://{address}:{PORT}/descr.xml'


def test_two_hundred_calls_at_once_are_each_answered_with_their_own_value(
    network: Network, lan: Lan, searcher: Host, urls: dict[str, str]
) -> None:
    hosts = [searcher, *(network.host(f'caller{number}', lan) for number in range(1, HOSTS))]
    with ExitStack() as stack:
        connected = []
        for number, host in enumerate(hosts):
            values = range(number * CALLS_PER_HOST, (number + 1) * CALLS_PER_HOST)
            calls = [(('Plain', 'Async')[value % 2], {'Value': str(value)}) for value in values]
            connected.append(stack.enter_context(Calls(host, urls[ECHO], ECHO, calls)))
        for one in connected:
            one.send()
        answers = [answer for one in connected for answer in one.answers()]
    assert answers == [(200, {'Result': str(value)}) for value in range(HOSTS * CALLS_PER_HOST)]


def test_a_plain_function_that_waits_holds_up_nobody_else(
    echo: Prompt, deviceHost: Host, searcher: Host, urls: dict[str, str]
) -> None:
    with Calls(searcher, urls[ECHO], ECHO, [('Hold', {'Value': '7'})]) as held:
        held.send()
        echo.do('await asyncio.to_thread(device.services[0].begun.wait, 5)')
        assert call(searcher, urls[ECHO], ECHO, ('Async', {'Value': '1'})) == [(200, {'Result': '1'})]
        assert call(searcher, urls[TYPES], TYPES, ('Echo_ui1', {'Value': '2'})) == [(200, {'Result': '2'})]
        assert len(search(searcher, 'upnp:rootdevice', to=deviceHost.address)) == 1
        echo.do('device.services[0].released.set()')
        assert held.answers() == [(200, {'Result': '7'})]


def test_stop_cuts_off_a_call_and_does_not_wait_for_its_plain_function(
    echo: Prompt, searcher: Host, urls: dict[str, str]
) -> None:
    """The prompt that goes with the test ends by itself too, with the function still in its thread."""
    with Calls(searcher, urls[ECHO], ECHO, [('Hold', {'Value': '7'})]) as held:
        held.send()
        echo.do('await asyncio.to_thread(device.services[0].begun.wait, 5)')
        echo.do('await server.stop()')
        with pytest.raises(ConnectionError, match='1 of 1 calls got no answer'):
            held.answers()


def test_a_function_is_told_who_called_and_at_which_address(network: Network, deviceHost: Host, echo: Prompt) -> None:
    """A device on two LANs has an address on each: a URL that it returns is to name the caller's side."""
    other = network.lan()
    address = deviceHost.join(other)
    caller = network.host('caller', other)
    url = controlUrls(caller, locationOf(address))[ECHO]
    assert call(caller, url, ECHO, ('Who', {})) == [
        (200, {'Peer': caller.address, 'Host': address, 'Agent': 'test/1.0'})
    ]


@pytest.mark.parametrize(
    ('serviceType', 'action', 'texts', 'code', 'description'),
    [
        (ECHO, 'Vanish', {}, '401', "Invalid Action: there is no 'Vanish' here"),
        (ECHO, 'Plain', {'Value': 'many'}, '402', None),
        (ECHO, 'Plain', {}, '402', None),
        (TYPES, 'Echo_date', {'Value': '2024-02-30'}, '600', None),
        (TYPES, 'Echo_ui1', {'Value': '256'}, '601', None),
        (TYPES, 'Missing', {}, '602', None),
        (ECHO, 'Refuse', {}, '701', 'No such preset'),
        (ECHO, 'Crash', {}, '501', 'Action Failed'),
    ],
)
def test_what_goes_wrong_is_told_by_its_code(
    searcher: Host,
    urls: dict[str, str],
    serviceType: str,
    action: str,
    texts: dict[str, str],
    code: str,
    description: str | None,
) -> None:
    """UDA 1.1 §3.2.5."""
    (answer,) = call(searcher, urls[serviceType], serviceType, (action, texts))
    assert (answer.status, answer.texts['errorCode']) == (500, code)
    assert description in (None, answer.texts['errorDescription'])


def test_a_function_that_fails_again_and_again_is_logged_once(
    echo: Prompt, searcher: Host, urls: dict[str, str]
) -> None:
    for _ in range(3):
        call(searcher, urls[ECHO], ECHO, ('Crash', {}))
    (line,) = [line for line in echo.do('logs') if line.startswith('ERROR')]
    assert line.endswith('action urn:example-org:serviceId:echo#Crash failed, its caller was told so')
