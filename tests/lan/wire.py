"""Datagrams of any source, put on the wire of a host, and what a host sends, seen on its interfaces.

    with Outgoing(device) as outgoing:
        forge(attacker, device, '192.168.2.77')
    assert outgoing.sent == []

Linux drops some sources by itself. `trustSources` has a host let through what can be let through, so that a test sees
what the device does about it.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.lan.hosts import Host, endProgram
from tests.lan.prompt import Prompt

GROUP = '239.255.255.250'
WAIT_SECONDS = 10.0
# What makes the kernel look at sources: whether the way back is the way in, own addresses, and 127.0.0.0/8.
TRUST = {'rp_filter': 0, 'accept_local': 1, 'route_localnet': 1}


class Flood(NamedTuple):
    """What a program did that sent searches; when it ended, on the monotonic clock."""

    sent: int
    seconds: float
    cpuSeconds: float
    ended: float

    @property
    def rate(self) -> float:
        """Searches a second."""
        return self.sent / self.seconds


@dataclass(frozen=True, slots=True)
class Packet:
    """A datagram that was `sent`, or the question for somebody's hardware address that comes before (`asked`).

    :param length: of the payload.
    """

    time: float
    interface: str
    kind: str
    to: str
    port: int
    length: int


class Outgoing:
    """Sees what a host sends by some of its interfaces, all that it has unless they are given."""

    def __init__(self, host: Host, *interfaces: str) -> None:
        self.packets: list[Packet] = []
        self._host = host
        self._interfaces = interfaces or tuple(host.addresses)

    def __enter__(self) -> Outgoing:
        options = [option for name in self._interfaces for option in ('--interface', name)]
        self._program = self._host.python('-m', 'tests.lan.programs.outgoing', *options, stdin=subprocess.PIPE)
        assert self._program.stdout is not None
        first = self._program.stdout.readline()
        assert first == 'ready\n', self._program.communicate(timeout=WAIT_SECONDS)[1]
        return self

    def __exit__(self, *_error: object) -> None:
        output, errors = self._program.communicate(timeout=WAIT_SECONDS)
        endProgram(self._program)
        assert self._program.returncode == 0, errors
        self.packets = [Packet(**json.loads(line)) for line in output.splitlines()]

    @property
    def sent(self) -> list[Packet]:
        """The datagrams."""
        return [one for one in self.packets if one.kind == 'sent']

    @property
    def addresses(self) -> set[str]:
        """Whom anything was sent to, or would have been."""
        return {one.to for one in self.packets}


def trustSources(host: Host) -> None:
    """Have a host take datagrams from sources that the kernel would drop."""
    settings = [
        f'net.ipv4.conf.{name}.{key}={value}' for key, value in TRUST.items() for name in ('all', *host.addresses)
    ]
    host.run('sysctl', '-qw', *settings)


def hardwareOf(host: Host, interface: str = 'eth0') -> str:
    """Return the hardware address of an interface."""
    return host.run('cat', f'/sys/class/net/{interface}/address').stdout.strip()


def startForging(
    attacker: Host, sources: Sequence[str], *, to: str = GROUP, target: str = 'ssdp:all', options: Sequence[str] = ()
) -> subprocess.Popen[str]:
    """Have a host send searches under other addresses; return the program when it begins to.

    :param options: further ones of the program.
    """
    places = [option for source in sources for option in ('--source', source)]
    command = '-m', 'tests.lan.programs.forged', '--to', to, '--search', target, *places, *options
    program = attacker.python(*command)
    assert program.stdout is not None
    first = program.stdout.readline()
    assert first == 'ready\n', program.communicate(timeout=WAIT_SECONDS)[1]
    return program


def forged(program: subprocess.Popen[str]) -> Flood:
    """Wait for the end of a program that sends searches."""
    assert program.stdout is not None  # read to its end by itself: some may have come with the first line
    output = program.stdout.read()
    errors = program.communicate(timeout=WAIT_SECONDS)[1]
    assert program.returncode == 0, errors
    return Flood(**json.loads(output))


def udpCounts(prompt: Prompt) -> dict[str, int]:
    """Return what the kernel has counted of UDP on the host of a prompt: InDatagrams, OutDatagrams, RcvbufErrors, ...

    Those of IPv6 have a 6 before their name.
    """
    folder = Path(f'/proc/{prompt.do("os.getpid()")}/net')
    names, numbers = (
        line.split()[1:] for line in (folder / 'snmp').read_text().splitlines() if line.startswith('Udp: ')
    )
    rows = [line.split() for line in (folder / 'snmp6').read_text().splitlines() if line.startswith('Udp6')]
    return dict(zip(names, map(int, numbers), strict=True)) | {f'6{name[4:]}': int(number) for name, number in rows}
