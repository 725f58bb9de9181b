"""Port 1900 on a machine where other programs want it too: those who share it, and those who do not.

Who does not hear the group can still tell of itself, and be searched for at a port that it names: SEARCHPORT.UPNP.ORG,
UDA 1.1 §1.2.2 and §1.3.2.
"""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.lan.expected import LAMP_UDN, LAMP_USNS
from tests.lan.holding import holdPort
from tests.lan.hosts import Host, endProgram
from tests.lan.prompt import Prompt
from tests.lan.ssdp import ALIVE, BYEBYE, Listener, Seen, search
from tests.lan.web import fetch

pytestmark = pytest.mark.lan

GROUP = '239.255.255.250'
SEARCH_PORT = 'SEARCHPORT.UPNP.ORG'
SEARCH_PORTS = range(49152, 65536)  # UDA 1.1 §1.2.2
ROOT = f'{LAMP_UDN}::upnp:rootdevice'
REMEDY = re.compile(r'\bstop\b|SO_REUSEADDR')


def announce(prompt: Prompt) -> None:
    prompt.do('server = upnp.Announcer(makeLamp(), httpPort=0)')
    prompt.do('await server.start()')


def warnings(prompt: Prompt) -> list[str]:
    return [line for line in prompt.do('logs') if line.startswith(('WARNING', 'ERROR'))]


def searchPortOf(seen: list[Seen]) -> int:
    """Return the search port that all of these name, which is the same one."""
    (port,) = {int(one.headers[SEARCH_PORT]) for one in seen}
    return port


def usns(answers: list[Seen]) -> list[str]:
    return sorted(answer.usn for answer in answers)


@pytest.fixture
def owner(deviceHost: Host) -> subprocess.Popen[str]:
    """A program on the device's host that shares port 1900 with nobody."""
    return holdPort(deviceHost, 'alone')


@pytest.mark.usefixtures('owner')
def test_a_port_that_is_not_shared_leaves_announcements_that_name_another_one(
    searcher: Host, deviceHost: Host, prompt: Prompt
) -> None:
    with Listener(searcher) as listener:
        announce(prompt)
        alive = listener.waitForAlive(LAMP_USNS)
        assert searchPortOf(alive) in SEARCH_PORTS
        assert {one.source for one in alive} == {deviceHost.address}
        assert fetch(searcher, alive[0].location).status == 200


@pytest.mark.usefixtures('owner')
def test_the_port_named_is_searched_with_success_and_named_in_the_answers(
    searcher: Host, deviceHost: Host, prompt: Prompt
) -> None:
    with Listener(searcher) as listener:
        announce(prompt)
        port = searchPortOf(listener.waitForAlive(LAMP_USNS))
    answers = search(searcher, 'ssdp:all', to=deviceHost.address, port=port)
    assert usns(answers) == sorted(LAMP_USNS)
    assert searchPortOf(answers) == port
    assert {(answer.source, answer.port) for answer in answers} == {(deviceHost.address, port)}
    assert search(searcher, 'ssdp:all') == []


def test_one_warning_says_which_port_who_has_it_and_what_to_do(
    searcher: Host, prompt: Prompt, owner: subprocess.Popen[str]
) -> None:
    with Listener(searcher) as listener:
        announce(prompt)
        listener.waitForAlive(LAMP_USNS)
        prompt.do('server.notify()')
        listener.waitFor(lambda seen: usns(seen).count(ROOT) >= 2)
    (line,) = warnings(prompt)
    assert '1900' in line
    assert f'(pid {owner.pid})' in line
    assert REMEDY.search(line)


@pytest.mark.usefixtures('owner')
def test_byebye_is_said_at_the_end_as_ever(searcher: Host, prompt: Prompt) -> None:
    with Listener(searcher) as listener:
        announce(prompt)
        listener.waitForAlive(LAMP_USNS)
        prompt.do('await server.stop()')
        assert usns(listener.waitForByebye(LAMP_USNS)) == sorted(LAMP_USNS)


def test_the_port_is_ours_with_the_next_announcement_once_its_owner_has_ended(
    searcher: Host, deviceHost: Host, prompt: Prompt, owner: subprocess.Popen[str]
) -> None:
    with Listener(searcher) as listener:
        announce(prompt)
        port = searchPortOf(listener.waitForAlive(LAMP_USNS))
        endProgram(owner)
        prompt.do('server.notify()')
        # The set on its way may still name the port; what follows the next one without it does not.
        listener.waitFor(lambda seen: any(one.kind == ALIVE and SEARCH_PORT not in one.headers for one in seen))
        settled = listener.waitQuiet(1)
        first = next(index for index, one in enumerate(settled) if SEARCH_PORT not in one.headers)
        after = settled[first:]
        assert [one.usn for one in after if SEARCH_PORT in one.headers] == []
        assert {one.usn for one in after} >= set(LAMP_USNS)
        assert BYEBYE not in {one.kind for one in settled}
    answers = search(searcher, 'ssdp:all')
    assert usns(answers) == sorted(LAMP_USNS)
    assert [one.usn for one in answers if SEARCH_PORT in one.headers] == []
    assert usns(search(searcher, 'ssdp:all', to=deviceHost.address)) == sorted(LAMP_USNS)
    assert port in SEARCH_PORTS


@pytest.mark.parametrize('isFirst', [True, False], ids=['ours last', 'ours first'])
@pytest.mark.parametrize('at', [GROUP, '0.0.0.0'], ids=['at the group', 'at any address'])
@pytest.mark.parametrize('sharing', ['address', 'port'])
def test_with_one_who_shares_the_port_both_hear_the_searches_to_all(
    searcher: Host, deviceHost: Host, prompt: Prompt, sharing: str, at: str, isFirst: bool
) -> None:
    """minidlna shares by address at the group, libupnp by address at any, GSSDP by port at the group."""
    options = (sharing, '--at', at, '--member', deviceHost.address)
    other = holdPort(deviceHost, *options) if isFirst else None
    with Listener(searcher) as listener:
        announce(prompt)
        alive = listener.waitForAlive(LAMP_USNS)
        assert [one.usn for one in alive if SEARCH_PORT in one.headers] == []
    other = other or holdPort(deviceHost, *options)
    assert usns(search(searcher, 'ssdp:all')) == sorted(LAMP_USNS)
    other.terminate()
    heard = other.communicate()[0].split()
    assert searcher.address in heard
    assert warnings(prompt) == []


def test_unicasts_go_to_the_socket_at_the_very_address_before_ours_at_any(
    searcher: Host, deviceHost: Host, prompt: Prompt
) -> None:
    """So GSSDP, which binds to each address too, keeps from us the searches to one address; Linux tells it only one."""
    announce(prompt)
    assert usns(search(searcher, 'ssdp:all', to=deviceHost.address)) == sorted(LAMP_USNS)
    other = holdPort(deviceHost, 'port', '--at', deviceHost.address)
    assert search(searcher, 'ssdp:all', to=deviceHost.address) == []
    other.terminate()
    assert searcher.address in other.communicate()[0].split()
    assert usns(search(searcher, 'ssdp:all', to=deviceHost.address)) == sorted(LAMP_USNS)
