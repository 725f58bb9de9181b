"""Wireshark's dissectors read whole sessions: nothing is malformed or an error, and all is what it should be."""

from __future__ import annotations

import signal
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tests.interop.programs.meter import METER
from tests.lan.conftest import makeNetwork
from tests.lan.expected import LAMP_USNS
from tests.lan.gena import Subscriber, eventUrls
from tests.lan.hosts import RUN_SECONDS, STOP_SECONDS, Host
from tests.lan.programs.echo import ECHO, TYPES
from tests.lan.prompt import Prompt
from tests.lan.soap import call, controlUrls
from tests.lan.ssdp import Listener, search
from tests.lan.tools import needsTool
from tests.lan.web import fetch

pytestmark = pytest.mark.interop

TSHARK, DUMPCAP = 'tshark', 'dumpcap'
DEVICE = '{urn:schemas-upnp-org:device-1-0}'
DOCUMENTS = 4  # the description, and the SCPDs of three services
EVENTS_AS_SSDP = ('-d', 'udp.port==7900,ssdp')  # which both are HTTP over UDP
SSDP = 'eth:ethertype:ip:udp:ssdp'
ECHO_TARGETS = ('upnp:rootdevice', 'urn:example-org:device:echo:1', ECHO, TYPES)
BYEBYES = 1 + len(ECHO_TARGETS)  # the device has one under its UDN too
CALLS = (('Plain', {'Value': '1'}), ('Async', {'Value': '-1'}), ('Who', {}))
FAULTS = (('Plain', {'Value': 'one'}), ('Refuse', {}), ('Crash', {}), ('Vanish', {}))
METER_TARGETS = ('upnp:rootdevice', 'urn:example-org:device:meter:1', METER)
METER_BYEBYES = 1 + len(METER_TARGETS)
CHANGES = 20
DEVICE_ADDRESS = '192.168.1.10'
ELSEWHERE = 'http://10.0.0.1:8080/'  # not on the subscriber's link
WRONG = '_ws.malformed || _ws.expert.severity == "Error" || _ws.unreassembled'


@pytest.fixture(scope='module')
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that passes the searcher's interface while a device comes, is found and described, and goes."""
    return captureOf(runSession, len(LAMP_USNS), tmp_path_factory)


@pytest.fixture(scope='module')
def controlCapture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same while a device comes, has its actions called, and goes."""
    return captureOf(runCalls, BYEBYES, tmp_path_factory)


@pytest.fixture(scope='module')
def eventCapture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same while a device comes, is subscribed to and tells of changes, and goes."""
    return captureOf(runEvents, METER_BYEBYES, tmp_path_factory)


def captureOf(run: Callable[[Host, Prompt], None], byebyes: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what is captured of a session in a network of its own, which ends with so many byebyes."""
    needsTool(TSHARK)
    needsTool(DUMPCAP)
    path = tmp_path_factory.mktemp('capture') / 'session.pcapng'
    with makeNetwork() as network:
        lan = network.lan()
        device, searcher = network.host('device', lan), network.host('searcher', lan)
        with Prompt(device) as prompt, captured(searcher, path, byebyes):
            run(searcher, prompt)
    return path


@contextmanager
def captured(host: Host, path: Path, byebyes: int) -> Iterator[None]:
    """Capture into a file during the block, and until the last byebye is in the file."""
    program = host.popen(DUMPCAP, '-q', '-i', 'eth0', '-w', path)
    assert program.stderr is not None
    while not (line := program.stderr.readline()).startswith('File:'):
        assert line, 'dumpcap has ended'
    yield
    end = time.monotonic() + STOP_SECONDS
    while path.read_bytes().count(b'ssdp:byebye') < byebyes and time.monotonic() < end:
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


def runCalls(searcher: Host, prompt: Prompt) -> None:
    """Announce, call, take back."""
    with Listener(searcher) as listener:
        prompt.do('from tests.lan.programs.echo import makeEcho')
        prompt.do('server = upnp.Announcer(makeEcho(), httpPort=0)')
        prompt.do('await server.start()')
        listener.waitFor(lambda seen: set(ECHO_TARGETS) <= {one.target for one in seen})
        url = controlUrls(searcher, listener.alive()[0].location)[ECHO]
        for action, texts in (*CALLS, *FAULTS):
            call(searcher, url, ECHO, (action, texts))
        prompt.do('await server.stop()')
        listener.waitFor(lambda _seen: len({one.usn for one in listener.byebye()}) == BYEBYES)


def runEvents(searcher: Host, prompt: Prompt) -> None:
    """Announce, take and refuse subscriptions, tell of changes, take back."""
    with Listener(searcher) as listener, Subscriber(searcher) as subscriber:
        prompt.do('asyncio.get_running_loop().slow_callback_duration = 5')  # it may have to wait for a processor
        prompt.do('from tests.interop.programs.meter import Meter, makeMeter')
        prompt.do('meter = Meter()')
        prompt.do('server = upnp.Announcer(makeMeter(meter), httpPort=0)')
        prompt.do('await server.start()')
        listener.waitFor(lambda seen: set(METER_TARGETS) <= {one.target for one in seen})
        url = eventUrls(searcher, listener.alive()[0].location)[METER]
        everybody = subscriber.listen()
        subscription = subscriber.subscribe(url)
        for number in range(1, CHANGES + 1):
            subscription.waitFor(number)
            prompt.do(f'meter.Count = {number}')
        assert subscription.renew().status == 200
        assert subscriber.subscribeAt(url, [ELSEWHERE]).answer.status == 412
        subscription.waitFor(1 + CHANGES)
        prompt.do('meter.Alarm = True')
        subscriber.wait([everybody], 1)
        subscription.waitFor(1 + CHANGES + 1)
        assert subscription.unsubscribe().status == 200
        prompt.do('await server.stop()')
        listener.waitFor(lambda _seen: len({one.usn for one in listener.byebye()}) == METER_BYEBYES)


def frames(capture: Path, displayFilter: str, *fields: str) -> list[str]:
    """Return the chosen fields of the frames that pass a filter, a line each."""
    options = [option for field in fields for option in ('-e', field)]
    command = [TSHARK, '-r', str(capture), *EVENTS_AS_SSDP, '-Y', displayFilter, '-T', 'fields', *options]
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


def test_nothing_of_calls_and_faults_is_malformed(controlCapture: Path) -> None:
    assert frames(controlCapture, WRONG, 'frame.number', 'frame.protocols', '_ws.expert.message') == []


def test_every_call_and_every_answer_is_dissected_as_http_with_xml(controlCapture: Path) -> None:
    requests = frames(controlCapture, 'http.request.method == POST', 'frame.protocols')
    answers = frames(controlCapture, 'tcp && http.response', 'http.response.code', 'frame.protocols')
    assert len(requests) == len(CALLS) + len(FAULTS)
    assert all(line.endswith(':xml') for line in requests + answers)
    assert [line.split()[0] for line in answers] == ['200', *['200'] * len(CALLS), *['500'] * len(FAULTS)]


def test_nothing_of_subscriptions_and_events_is_malformed(eventCapture: Path) -> None:
    assert frames(eventCapture, WRONG, 'frame.number', 'frame.protocols', '_ws.expert.message') == []


def test_every_request_for_events_and_its_answer_is_dissected_as_http(eventCapture: Path) -> None:
    requests = frames(eventCapture, 'http.request.method contains "SUBSCRIBE"', 'http.request.method', 'tcp.stream')
    answers = frames(eventCapture, f'http.response && ip.src == {DEVICE_ADDRESS}', 'http.response.code', 'tcp.stream')
    statuses = dict(reversed(line.split()) for line in answers)
    asked = [(method, statuses[stream]) for method, stream in map(str.split, requests)]
    assert asked == [('SUBSCRIBE', '200'), ('SUBSCRIBE', '200'), ('SUBSCRIBE', '412'), ('UNSUBSCRIBE', '200')]


def test_every_event_is_dissected_as_http_with_xml(eventCapture: Path) -> None:
    events = frames(eventCapture, 'tcp && http.request.method == NOTIFY', 'frame.protocols')
    answers = frames(eventCapture, f'http.response && ip.dst == {DEVICE_ADDRESS}', 'http.response.code')
    assert all(line.endswith(':http:xml') for line in events)
    assert answers == ['200'] * len(events) == ['200'] * (1 + CHANGES + 1)


def test_the_multicast_event_is_dissected_as_ssdp_with_xml(eventCapture: Path) -> None:
    """UDA 1.1 §4.2.1: it goes to a group and a port of its own."""
    events = frames(eventCapture, 'udp.port == 7900', 'frame.protocols', 'http.request.method', 'ip.dst', 'ip.ttl')
    assert events == [f'{SSDP}:xml\tNOTIFY\t239.255.255.246\t2']
