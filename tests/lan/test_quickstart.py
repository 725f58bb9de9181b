"""Both quickstarts of the documentation, letter for letter, as another host sees them."""

from __future__ import annotations

import signal
import subprocess
import urllib.parse
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lan.expected import QUICKSTART_UDN, QUICKSTART_USNS, QUICKSTARTS, targetOf
from tests.lan.hosts import STOP_SECONDS, Host
from tests.lan.ssdp import ALIVE, Listener, search
from tests.lan.tools import withoutSlowTurns
from tests.lan.web import fetch

pytestmark = pytest.mark.lan

MAX_SETS = 3
SETS_SECONDS = 1.2  # the random wait of 0 to 100 ms, then the repeats within a second; and a little for a busy machine
QUIET_SECONDS = 1.5
DEVICE = '{urn:schemas-upnp-org:device-1-0}'


@pytest.fixture
def listener(searcher: Host) -> Iterator[Listener]:
    with Listener(searcher) as listening:
        yield listening


@pytest.fixture(params=QUICKSTARTS, ids=lambda path: path.stem)
def script(request: pytest.FixtureRequest) -> Path:
    """The path of a quickstart."""
    path: Path = request.param
    return path


@pytest.fixture
def quickstart(script: Path, deviceHost: Host, listener: Listener) -> subprocess.Popen[str]:
    """A quickstart that runs, and has announced itself."""
    program = deviceHost.python(script, strict=True)
    listener.waitForAlive(QUICKSTART_USNS)
    return program


@pytest.mark.usefixtures('quickstart')
def test_the_first_set_is_repeated_within_a_second_and_then_no_more(listener: Listener) -> None:
    """UDA 1.1 §1.2.2: more than once, some hundred ms apart, not more than three times."""
    alive = [one for one in listener.waitQuiet(QUIET_SECONDS) if one.kind == ALIVE]
    count = Counter(one.usn for one in alive)
    assert set(count) == set(QUICKSTART_USNS)
    assert len(set(count.values())) == 1
    assert 2 <= count[QUICKSTART_UDN] <= MAX_SETS
    assert alive[-1].time - alive[0].time <= SETS_SECONDS


@pytest.mark.usefixtures('quickstart')
def test_each_usn_is_announced_under_its_own_target(listener: Listener) -> None:
    """UDA 1.1 §1.2.2, table 1-1."""
    assert all(one.target == targetOf(one.usn) for one in listener.alive())


@pytest.mark.usefixtures('quickstart')
def test_each_alive_has_its_headers_and_the_address_it_came_from(deviceHost: Host, listener: Listener) -> None:
    """UDA 1.1 §1.2.2; the TTL of §1.1."""
    for one in listener.alive():
        assert one.headers['HOST'] == '239.255.255.250:1900'
        assert one.headers['CACHE-CONTROL'] == 'max-age=1800'
        assert ' UPnP/1.1 ' in one.headers['SERVER']
        assert one.source == urllib.parse.urlsplit(one.location).hostname == deviceHost.address
        assert (one.ttl, one.port) == (2, 1900)
        assert 0 < one.bootId < 2**31
        assert 0 <= one.configId < 2**24


@pytest.mark.usefixtures('quickstart')
@pytest.mark.parametrize('target', ['upnp:rootdevice', QUICKSTART_UDN, *map(targetOf, QUICKSTART_USNS[2:])])
def test_a_search_for_a_target_is_answered_once(searcher: Host, listener: Listener, target: str) -> None:
    """UDA 1.1 §1.3.3: with the odd types exactly as they were given."""
    (answer,) = search(searcher, target)
    announced = next(one for one in listener.alive() if one.target == target)
    assert (answer.start, answer.target, answer.usn) == ('HTTP/1.1 200 OK', target, announced.usn)
    same = ('LOCATION', 'CACHE-CONTROL', 'SERVER', 'BOOTID.UPNP.ORG', 'CONFIGID.UPNP.ORG')
    assert [answer.headers[name] for name in same] == [announced.headers[name] for name in same]
    assert answer.headers['EXT'] == ''


@pytest.mark.usefixtures('quickstart')
def test_a_search_for_all_is_answered_for_each_target(searcher: Host) -> None:
    assert sorted(answer.usn for answer in search(searcher, 'ssdp:all')) == sorted(QUICKSTART_USNS)


@pytest.mark.usefixtures('quickstart')
def test_the_description_is_where_location_says(searcher: Host, listener: Listener) -> None:
    """UDA 1.1 §2.3 and §2.11."""
    first = listener.alive()[0]
    answer = fetch(searcher, first.location)
    root = ElementTree.fromstring(answer.body)
    assert (answer.status, answer.headers['CONTENT-TYPE']) == (200, 'text/xml; charset="utf-8"')
    assert root.get('configId') == str(first.configId)
    assert root.findtext(f'{DEVICE}device/{DEVICE}UDN') == QUICKSTART_UDN
    assert root.findtext(f'.//{DEVICE}service/{DEVICE}serviceType') == 'sadmin-fr:service:dummy'
    assert root.findtext(f'.//{DEVICE}service/{DEVICE}serviceId') == 'sadmin-fr:serviceId:1'


@pytest.mark.parametrize('signalNumber', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_byebye_status_0_and_a_silent_stderr(
    quickstart: subprocess.Popen[str], listener: Listener, signalNumber: signal.Signals
) -> None:
    """UDA 1.1 §1.2.3."""
    alive = listener.alive()[0]
    quickstart.send_signal(signalNumber)
    output, errors = quickstart.communicate(timeout=STOP_SECONDS)
    byebye = listener.waitForByebye(QUICKSTART_USNS)
    assert (quickstart.returncode, output, withoutSlowTurns(errors)) == (0, '', '')
    assert {(one.bootId, one.configId, one.ttl) for one in byebye} == {(alive.bootId, alive.configId, 2)}
    assert not any('CACHE-CONTROL' in one.headers for one in byebye)
