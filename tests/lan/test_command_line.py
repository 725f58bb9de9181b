"""`python -m upnp announce`, as a newcomer runs it."""

from __future__ import annotations

import re
import signal

import pytest

from tests.lan.hosts import STOP_SECONDS, Host
from tests.lan.ssdp import Listener, search
from tests.lan.tools import withoutSlowTurns
from tests.lan.web import fetch

pytestmark = pytest.mark.lan

BASIC = 'urn:schemas-upnp-org:device:Basic:1'


def test_announce_prints_where_it_is_and_who_asked_and_ends_at_ctrl_c(deviceHost: Host, searcher: Host) -> None:
    with Listener(searcher) as listener:
        program = deviceHost.python('-m', 'upnp', 'announce', '--name', 'My board', strict=True)
        (location,) = {one.location for one in listener.waitFor(lambda seen: len(seen) >= 3)}
        (answer,) = search(searcher, BASIC)
        assert b'My board' in fetch(searcher, location).body
        page = location.replace('/descr.xml', '/')
        assert b'My board' in fetch(searcher, page).body
        program.send_signal(signal.SIGINT)
        output, errors = program.communicate(timeout=STOP_SECONDS)
        listener.waitForByebye([answer.usn])
    assert (program.returncode, withoutSlowTurns(errors)) == (0, '')
    assert all(text in output for text in ('My board', location, page))
    assert re.search(rf'^.*{searcher.address}.*{BASIC}', output, re.MULTILINE)
    assert re.search(rf'^.*{searcher.address}.*/descr\.xml', output, re.MULTILINE)


def test_announce_takes_the_port_the_type_and_the_interface_given(deviceHost: Host, searcher: Host) -> None:
    with Listener(searcher) as listener:
        options = ('--port', '5001', '--type', 'urn:exemple-org:device:board:1', '--interface', 'eth0')
        deviceHost.python('-m', 'upnp', 'announce', *options, strict=True)
        listener.waitFor(lambda seen: len(seen) >= 3)
        (answer,) = search(searcher, 'urn:exemple-org:device:board:1')
    assert answer.location == f'http://{deviceHost.address}:5001/descr.xml'


def test_the_uuid_that_is_derived_is_the_same_after_a_restart(deviceHost: Host, searcher: Host) -> None:
    udns = []
    for _start in range(2):
        with Listener(searcher) as listener:
            program = deviceHost.python('-m', 'upnp', 'announce', strict=True)
            listener.waitFor(lambda seen: len(seen) >= 3)
            program.send_signal(signal.SIGTERM)
            program.communicate(timeout=STOP_SECONDS)
            udns.append({one.usn.partition('::')[0] for one in listener.seen})
    assert udns[0] == udns[1]


def test_an_interface_that_is_not_there_is_named_with_those_that_are(deviceHost: Host) -> None:
    """No network yet is no error: it waits for the interface."""
    program = deviceHost.python('-m', 'upnp', 'announce', '--interface', 'eth7', strict=True)
    assert program.stdout is not None
    said = next(line for line in program.stdout if 'eth7' in line)
    assert 'eth0' in said
    program.send_signal(signal.SIGINT)
    assert program.communicate(timeout=STOP_SECONDS)[1] == ''
    assert program.returncode == 0


def test_alone_it_says_how(deviceHost: Host) -> None:
    program = deviceHost.python('-m', 'upnp', strict=True)
    output, errors = program.communicate(timeout=STOP_SECONDS)
    assert 'announce' in output
    assert errors == ''
