"""gssdp-discover, of the library behind GNOME, Rygel and GUPnP: the quickstart appears, and goes at Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import threading
from pathlib import Path

import pytest

from tests.interop.gssdp import DISCOVER, REPORT
from tests.lan.expected import LAMP_UDN, QUICKSTART_USNS, QUICKSTARTS
from tests.lan.hosts import STOP_SECONDS, Host
from tests.lan.ssdp import Listener
from tests.lan.tools import needsTool, withoutSlowTurns

pytestmark = pytest.mark.interop


@pytest.fixture(autouse=True)
def tool() -> None:
    needsTool(DISCOVER)


def reported(output: str, kind: str) -> list[str]:
    return sorted({usn for what, usn, _location in REPORT.findall(output) if what == kind})


def outputUntil(program: subprocess.Popen[str], line: str, count: int) -> str:
    """Return a program's output up to the line after the given one has come so often; then end the program."""
    lines: list[str] = []
    assert program.stdout is not None
    timer = threading.Timer(STOP_SECONDS, program.terminate)
    timer.start()
    while lines[:-1].count(line) < count and (following := program.stdout.readline()):
        lines.append(following)
    timer.cancel()
    program.terminate()
    return ''.join(lines)


@pytest.mark.parametrize('script', QUICKSTARTS, ids=lambda path: path.stem)
def test_it_lists_the_quickstart_within_three_seconds(deviceHost: Host, searcher: Host, script: Path) -> None:
    with Listener(searcher) as listener:
        deviceHost.python(script, strict=True)
        listener.waitForAlive(QUICKSTART_USNS)
    output = searcher.run(DISCOVER, '-i', 'eth0', '--timeout=3').stdout
    assert reported(output, 'available') == sorted(QUICKSTART_USNS)
    locations = {location for _what, _usn, location in REPORT.findall(output)}
    assert locations == {f'http://{deviceHost.address}:5000/descr.xml'}


@pytest.mark.parametrize('script', QUICKSTARTS, ids=lambda path: path.stem)
def test_it_sees_the_quickstart_come_and_go_at_ctrl_c(deviceHost: Host, searcher: Host, script: Path) -> None:
    discover = searcher.popen(DISCOVER, '-i', 'eth0', '--message-type=all')
    quickstart = deviceHost.python(script, strict=True)
    with Listener(searcher) as listener:
        listener.waitForAlive(QUICKSTART_USNS)
        quickstart.send_signal(signal.SIGINT)
        output, errors = quickstart.communicate(timeout=STOP_SECONDS)
        assert (output, withoutSlowTurns(errors)) == ('', '')
        listener.waitForByebye(QUICKSTART_USNS)
    output = outputUntil(discover, 'resource unavailable\n', len(QUICKSTART_USNS))
    assert reported(output, 'available') == reported(output, 'unavailable') == sorted(QUICKSTART_USNS)


@pytest.mark.usefixtures('lamp')
@pytest.mark.parametrize(
    ('target', 'usn'),
    [
        ('upnp:rootdevice', f'{LAMP_UDN}::upnp:rootdevice'),
        ('urn:schemas-upnp-org:device:BinaryLight:2', f'{LAMP_UDN}::urn:schemas-upnp-org:device:BinaryLight:'),
        ('urn:schemas-upnp-org:device:BinaryLight:1', f'{LAMP_UDN}::urn:schemas-upnp-org:device:BinaryLight:'),
    ],
)
def test_it_finds_one_target(searcher: Host, target: str, usn: str) -> None:
    """A lower version too; gssdp shows the version that it was told first, by an announcement or an answer."""
    output = searcher.run(DISCOVER, '-i', 'eth0', f'--target={target}', '--timeout=2').stdout
    (found,) = reported(output, 'available')
    assert found.startswith(usn)
