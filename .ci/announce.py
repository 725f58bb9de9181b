"""Run an announce command line as a user would, look at the device from outside, press Ctrl-C, judge what was printed.

    unshare -rnm python3 .ci/announce.py '.venv/bin/python -m upnp announce'

It runs in a network namespace of its own and makes the one interface there.
"""

import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

ADDRESS = '192.168.77.2'
START_SECONDS = 20.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.02
SEARCH = (
    b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: upnp:rootdevice\r\n\r\n'
)
NETWORK = (
    'link set lo up',
    'link add eth0 type veth peer name cable',
    f'address add {ADDRESS}/24 dev eth0',
    'link set eth0 up',
    'link set cable up',
)


def waitFor(what: str, look: Callable[[], re.Match[str] | None], program: subprocess.Popen[bytes]) -> re.Match[str]:
    """Return the match as soon as there is one."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and program.poll() is None:
        if found := look():
            return found
        time.sleep(POLL_SECONDS)
    sys.exit(f'no {what} within {START_SECONDS:.0f} s (exit status {program.poll()})')


def search(seconds: float = START_SECONDS) -> bytes:
    """Return the first answer to a search for root devices; empty when there is none in this time."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as searcher, suppress(TimeoutError):
        searcher.settimeout(seconds)
        searcher.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(ADDRESS))
        searcher.sendto(SEARCH, ('239.255.255.250', 1900))
        return searcher.recv(2000)
    return b''


def fetch(url: str) -> bytes:
    """Return what is served at a URL."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=START_SECONDS) as answer:
        content: bytes = answer.read()
        return content


def observe(command: str, printed: Path) -> int:
    """Start the command, search, fetch, interrupt; return its exit status."""
    with printed.open('wb') as output, subprocess.Popen(shlex.split(command), stdout=output, stderr=output) as program:
        try:
            url = waitFor('LOCATION', lambda: re.search(r'http://\S+\.xml', printed.read_text()), program).group()
            answer, description = search(), fetch(url)
            if url.encode() not in answer or b'<friendlyName>' not in description:
                sys.exit(f'not what was announced at {url}: {answer!r} {description!r}')
            waitFor('word of who fetched it', lambda: re.search(rf'{ADDRESS}.*descr', printed.read_text()), program)
            program.send_signal(signal.SIGINT)
            return program.wait(STOP_SECONDS)
        finally:
            program.kill()


def main() -> None:
    """Make the network, observe the command, print what it printed."""
    for line in NETWORK:
        subprocess.run(['ip', *line.split()], check=True)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job would pass on that it is ignored
    with TemporaryDirectory() as folder:
        printed = Path(folder, 'printed')
        printed.touch()
        try:
            status = observe(sys.argv[1], printed)
        finally:
            print(printed.read_text())
    if status:
        sys.exit(f'exit status {status} after SIGINT')


if __name__ == '__main__':
    main()
