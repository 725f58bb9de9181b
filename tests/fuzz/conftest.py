"""A device under fire: it runs on a host of its own, the attacker on another, an innocent on a third."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.programs.announcer import HTTP_PORT
from tests.lan.conftest import deviceHost, lan, network, searcher  # noqa: F401 (fixtures)
from tests.lan.expected import LAMP_USNS
from tests.lan.hosts import Host, Lan, Network, endProgram, pythonCommand
from tests.lan.ssdp import Listener, search
from tests.lan.web import fetch

ATTACK_SECONDS = 300.0


class Target:
    """The device that is attacked, and what its process shows."""

    def __init__(self, host: Host, attacker: Host, innocent: Host) -> None:
        self.host = host
        self._attacker = attacker
        self._innocent = innocent
        self._errors = tempfile.TemporaryFile('w+')  # noqa: SIM115 (closed with the device)
        command = pythonCommand('-W', 'error', '-m', 'tests.fuzz.programs.announcer')
        with Listener(innocent) as listener:
            self._program = host.popen(*command, stderr=self._errors)
            listener.waitForAlive(LAMP_USNS)

    @property
    def residentBytes(self) -> int:
        """The resident set size of its process."""
        status = Path(f'/proc/{self._program.pid}/status').read_text()
        return int(status.partition('VmRSS:')[2].split()[0]) * 1024

    @property
    def openFiles(self) -> int:
        """The number of its process's open files."""
        return len(list(Path(f'/proc/{self._program.pid}/fd').iterdir()))

    def attack(self, program: str, *arguments: object) -> dict[str, Any]:
        """Run one of our attacking programs to its end; return what it reports."""
        command = pythonCommand('-m', f'tests.fuzz.programs.{program}', *map(str, arguments))
        report: dict[str, Any] = json.loads(self._attacker.run(*command, timeout=ATTACK_SECONDS).stdout)
        return report

    def found(self) -> set[str]:
        """Search by multicast from the innocent host; return the USNs that answered."""
        return {answer.usn for answer in search(self._innocent, 'ssdp:all', mx=1)}

    def described(self) -> bytes:
        """Fetch the description from the innocent host."""
        return fetch(self._innocent, f'http://{self.host.address}:{HTTP_PORT}/descr.xml').body

    def end(self) -> tuple[int, str]:
        """End it as a user would; return its exit status and what it wrote to stderr."""
        self._program.terminate()
        self._program.wait(10)
        self._errors.seek(0)
        return self._program.returncode, self._errors.read()

    def close(self) -> None:
        """End it anyway."""
        endProgram(self._program)
        self._errors.close()


@pytest.fixture
def attacker(network: Network, lan: Lan) -> Host:  # noqa: F811 (fixtures)
    """A third host, from which the mutated messages come."""
    return network.host('attacker', lan)


@pytest.fixture
def target(deviceHost: Host, attacker: Host, searcher: Host) -> Iterator[Target]:  # noqa: F811 (fixtures)
    """The announced lamp, before the attack."""
    made = Target(deviceHost, attacker, searcher)
    yield made
    made.close()
