"""Where it is measured: a load host, a device host for each of the two servers, and how programs are run there."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from tests.lan.hosts import CHECKOUT, Host, Network, endProgram

HERE = Path(__file__).parent
SETTLING_SECONDS = 1.5  # the first sets are out 1.1 s after the start at the latest
SERVER_CORE, LOAD_CORE = 0, 1
TELL_START = 'echo $EPOCHREALTIME >&2; exec "$@"'  # in bash: the time at which the program itself begins


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two compared: its program, the host it runs on, its address and the load host's on their LAN.

    :param checkout: that the program is of.
    """

    program: str
    checkout: Path
    host: Host
    address: str
    source: str


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    side: Side
    process: subprocess.Popen[str]


class Setting:
    """The hosts: each device host on a LAN of its own with the load host.

    :param python: the interpreter that has both servers.
    :param rounds: how often each pair is measured.
    :param scale: of the loads, 1 for a full run.
    :param against: another checkout of ours, which stands in the place of the other server.
    """

    def __init__(self, python: str, rounds: int, scale: float, against: Path | None = None) -> None:
        self.python = python
        self.rounds = rounds
        self.scale = scale
        self.isAgainstOurs = against is not None
        self._cache = TemporaryDirectory(prefix='upnp-bench-')  # of byte code, so that both sides have theirs
        self._network = Network()
        lans = [self._network.lan(), self._network.lan()]
        self._loadHost = self._network.host('load', *lans)
        programs = ('ours.py', 'theirs.py' if against is None else 'ours.py')
        checkouts = (CHECKOUT, against or CHECKOUT)
        sources = self._loadHost.addresses.values()
        self.ours, self.theirs = (
            Side(program, checkout, host := self._network.host(name, lan), host.address, source)
            for name, program, checkout, lan, source in zip(
                ('ours', 'theirs'), programs, checkouts, lans, sources, strict=True
            )
        )

    def __enter__(self) -> Setting:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._network.close()
        self._cache.cleanup()

    def count(self, full: int) -> int:
        """Return a count, scaled down for a quick run."""
        return int(full * self.scale)

    def popen(
        self, host: Host, core: int, *words: str, prefix: tuple[str, ...] = (), **options: Any
    ) -> subprocess.Popen[str]:
        """Start Python on a host, on one core where there are several; its stderr is ours unless said otherwise."""
        pin = ('taskset', '-c', str(core)) if (os.cpu_count() or 1) > 1 else ()
        options['env'] = options.get('env', {}) | {
            'PYTHONPYCACHEPREFIX': self._cache.name,
            'PYTHONDONTWRITEBYTECODE': '',
        }
        return host.popen(*pin, *prefix, self.python, '-P', *words, **{'stderr': None} | options)

    def beginLoad(self, kind: str, **arguments: object) -> subprocess.Popen[str]:
        """Start one piece of load."""
        words = [f'{name}={value}' for name, value in arguments.items()]
        return self.popen(self._loadHost, LOAD_CORE, str(HERE / 'load.py'), kind, *words)

    def load(self, kind: str, **arguments: object) -> dict[str, Any]:
        """Run one piece of load to its end, and return what it reports."""
        process = self.beginLoad(kind, **arguments)
        text, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f'load {kind} ended with {process.returncode}')
        report: dict[str, Any] = json.loads(text)
        return report

    def start(self, side: Side, device: str, *words: str, **options: Any) -> Server:
        """Start a server without waiting for it."""
        program = str(side.checkout / 'tests' / 'bench' / side.program)
        options['env'] = options.get('env', {}) | {'PYTHONPATH': str(side.checkout)}
        return Server(side, self.popen(side.host, SERVER_CORE, program, device, side.address, *words, **options))

    def startTimed(self, side: Side, device: str) -> Server:
        """Start a server that writes to stderr, first the time at which it was started, then what it logs."""
        prefix = ('bash', '-c', TELL_START, 'bash')
        return self.start(side, device, 'log', prefix=prefix, stderr=subprocess.PIPE, env={'LC_ALL': 'C'})

    @contextmanager
    def running(self, device: str, *sides: Side, **environment: str) -> Iterator[list[Server]]:
        """Run servers, and wait until they answer and their first sets are out."""
        servers = [self.start(side, device, env=environment) for side in sides or (self.ours, self.theirs)]
        try:
            for server in servers:
                self.load('ready', address=server.side.address)
            time.sleep(SETTLING_SECONDS)
            yield servers
        finally:
            for server in servers:
                endProgram(server.process)
