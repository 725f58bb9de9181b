"""Wireshark's dissectors read a whole session: nothing is malformed or an error, and all is what it should be."""

from __future__ import annotations

import signal
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tests.lan.conftest import makeNetwork
from tests.lan.expected import LAMP_USNS
from tests.lan.hosts import RUN_SECONDS, STOP_SECONDS, Host
from tests.lan.prompt import Prompt
from tests.lan.ssdp import Listener, search
from tests.lan.tools import needsTool
from tests.lan.web import fetch

pytestmark = pytest.mark.interop

TSHARK, DUMPCAP = 'tshark', 'dumpcap'
DEVICE = '{urn:schemas-upnp-org:device-1-0}'
DOCUMENTS = 4  # the description, and the SCPDs of three services
SSDP = 'eth:ethertype:ip:udp:ssdp'
WRONG = '_ws.malformed || _ws.expert.severity == "Error" || _ws.unreassembled'


@pytest.fixture(scope='module')
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that passes the searcher's interface while a device comes, is found and described, and goes."""
    needsTool(TSHARK)
    needsTool(DUMPCAP)
    path = tmp_path_factory.mktemp('capture') / 'session.pcapng'
    with makeNetwork() as network:
        lan = network.lan()
        device, searcher = network.host('device', lan), network.host('searcher', lan)
        with Prompt(device) as prompt, captured(searcher, path):
            runSession(searcher, prompt)
    return path


@contextmanager
def captured(host: Host, path: Path) -> Iterator[None]:
    """Capture into a file during the block, and until the last byebye is in the file."""
    program = host.popen(DUMPCAP, '-q', '-i', 'eth0', '-w', path)
    assert program.stderr is not None
    while not (line := program.stderr.readline()).startswith('File:'):
        assert line, 'dumpcap has ended'
    yield
    end = time.monotonic() + STOP_SECONDS
    while path.read_bytes().count(b'ssdp:byebye') < len(LAMP_USNS) and time.monotonic() < end:
        time.sleep(0.02)
    program.send_signal(signal.SIGINT)
    program.wait(STOP_SECONDS)


def runSession(searcher: Host, prompt: Prompt) -> None:
    """Announce, search, describe, take back."""
    with Listener(searcher) as listener:
        prompt.do('server = upnp.Announcer(makeLamp(), httpPort=0)')
        prompt.do('await server.start()')
        location = listener.waitForAlive(LAMP_USNS)[0].location
        search(searcher, 'ssdp:all')
        description = ElementTree.fromstring(fetch(searcher, location).body)
        for scpd in description.iter(f'{DEVICE}SCPDURL'):
            fetch(searcher, urljoin(location, scpd.text))
        prompt.do('await server.stop()')
        listener.waitForByebye(LAMP_USNS)


def frames(capture: Path, displayFilter: str, *fields: str) -> list[str]:
    """Return the chosen fields of the frames that pass a filter, a line each."""
    options = [option for field in fields for option in ('-e', field)]
    command = [TSHARK, '-r', str(capture), '-Y', displayFilter, '-T', 'fields', *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_SECONDS, check=True)
    return done.stdout.splitlines()


def test_nothing_of_a_session_is_malformed(capture: Path) -> None:
    assert frames(capture, WRONG, 'frame.number', 'frame.protocols', '_ws.expert.message') == []


def test_every_datagram_is_dissected_as_ssdp(capture: Path) -> None:
    kinds = Counter(frames(capture, 'udp.port == 1900', 'frame.protocols', 'http.request.method', 'http.response.code'))
    assert set(kinds) == {f'{SSDP}\tNOTIFY\t', f'{SSDP}\tM-SEARCH\t', f'{SSDP}\t\t200'}
    assert kinds[f'{SSDP}\t\t200'] == len(LAMP_USNS)


def test_every_document_is_dissected_as_http_with_xml(capture: Path) -> None:
    answers = frames(capture, 'tcp && http.response', 'http.response.code', 'frame.protocols')
    assert len(answers) == DOCUMENTS
    assert all(line.startswith('200\t') and line.endswith(':xml') for line in answers)
