"""nmap looks at the device's host, with all it has for UPnP and HTTP: it is told what is so, and disturbs nobody."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.lan.announcing import announceLight
from tests.lan.hosts import Host, Lan, Network
from tests.lan.innocent import Innocent, tooSlow
from tests.lan.prompt import Prompt
from tests.lan.tools import needsTool

pytestmark = pytest.mark.interop

NMAP = 'nmap'
NMAP_SECONDS = 120.0
SERVER = 'UPnP/1.1 IoT-UPnP/'
NAME = 'Desk light'
NOT_INFO = "[line for line in logs if not line.startswith('INFO')]"
OWN_LINK_ONLY = ('-n', '-Pn')  # no name is looked up, and nobody else asked whether the host is there
# With -v, upnp-info reads the description too, from where the device says that it is.
UPNP_INFO = ('-v', '-sU', '-p', 'U:1900', '--script', 'upnp-info', '--script-args', 'upnp-info.override=false')
BROADCAST_INFO = ('-e', 'eth0', '--script', 'broadcast-upnp-info')
# The rarer probes for versions have nothing to do with HTTP, and each waits for several seconds for an answer.
EVERYTHING = ('-sS', '-sU', '-sV', '--version-light', '-T4', '-p', 'T:1-65535,U:1900')
HTTP_SCRIPTS = (
    *('http-title', 'http-headers', 'http-methods', 'http-server-header', 'http-security-headers', 'http-cors'),
    *('http-trace', 'http-vhosts', 'http-useragent-tester', 'http-enum', 'http-robots.txt', 'http-date'),
)
# The plus: on whatever port.
HTTP_BASICS = ('-sS', '-p', 'T:5000', '--script', ','.join(f'+{name}' for name in HTTP_SCRIPTS))


@pytest.fixture(autouse=True)
def tool() -> None:
    needsTool(NMAP)


@pytest.fixture
def scanner(network: Network, lan: Lan) -> Host:
    """A third host on the first LAN."""
    return network.host('scanner', lan)


def scan(scanner: Host, folder: Path, *options: str) -> subprocess.Popen[str]:
    """Start nmap, as the user that it wants to be."""
    return scanner.popen(NMAP, *OWN_LINK_ONLY, *options, env={'HOME': str(folder)})


def outputOf(program: subprocess.Popen[str]) -> str:
    """Return what nmap tells, once it has ended."""
    output, errors = program.communicate(timeout=NMAP_SECONDS)
    assert program.returncode == 0, errors
    return output


@pytest.mark.parametrize('options', [UPNP_INFO, BROADCAST_INFO])
def test_the_scripts_for_upnp_tell_what_the_device_is(
    prompt: Prompt, deviceHost: Host, scanner: Host, tmp_path: Path, options: tuple[str, ...]
) -> None:
    location = announceLight(prompt)
    told = outputOf(scan(scanner, tmp_path, *options, *([deviceHost.address] if options is UPNP_INFO else [])))
    assert SERVER in told
    assert f'Location: {location}\n' in told
    assert f'Name: {NAME}\n' in told
    assert prompt.do(NOT_INFO) == []


def test_a_scan_of_the_whole_host_disturbs_nobody(
    prompt: Prompt, deviceHost: Host, searcher: Host, scanner: Host, tmp_path: Path
) -> None:
    location = announceLight(prompt)
    before = prompt.do("len(os.listdir('/proc/self/fd'))")
    with Innocent(searcher, location) as innocent:
        scans = [scan(scanner, tmp_path, *options, deviceHost.address) for options in (EVERYTHING, HTTP_BASICS)]
        everything, basics = [outputOf(program) for program in scans]
        assert tooSlow(innocent.end()) == []
    assert '5000/tcp open' in everything
    assert '1900/udp open' in everything
    assert f'|_http-title: {NAME}\n' in basics
    assert 'names had status 403' in basics  # of http-vhosts, which tries the names of others
    assert '|_  Supported Methods: GET HEAD\n' in basics
    assert prompt.do(NOT_INFO) == []
    assert prompt.do("len(os.listdir('/proc/self/fd'))") == before
