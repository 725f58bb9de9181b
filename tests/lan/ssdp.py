"""What tests see of the network: searches and announcements, as values.

    answers = search(searcher, 'ssdp:all')
    answers = search(searcher, 'ssdp:all', own=searcher.linkLocal)
    with Listener(searcher) as listener:
        ...
        listener.waitFor(lambda seen: len(seen) >= 4)

The programs run on the hosts; here are their command lines and what they print.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from tests.lan.hosts import Host, endProgram

PROGRAM = 'tests.lan.programs.datagrams'
SLACK_SECONDS = 0.3
WAIT_SECONDS = 10.0
ALIVE, BYEBYE, UPDATE = 'ssdp:alive', 'ssdp:byebye', 'ssdp:update'


@dataclass(frozen=True, slots=True)
class Seen:
    """A datagram as it arrived; `time` is monotonic, for answers counted from the sending of the search.

    :param source: the address it came from, without a zone.
    :param to: the address or group it was sent to.
    """

    start: str
    headers: dict[str, str]
    source: str
    port: int
    to: str
    ttl: int
    interface: str
    time: float

    @property
    def usn(self) -> str:
        return self.headers['USN']

    @property
    def kind(self) -> str:
        return self.headers['NTS']

    @property
    def target(self) -> str:
        return self.headers.get('ST') or self.headers['NT']

    @property
    def location(self) -> str:
        return self.headers['LOCATION']

    @property
    def bootId(self) -> int:
        return int(self.headers['BOOTID.UPNP.ORG'])

    @property
    def nextBootId(self) -> int:
        return int(self.headers['NEXTBOOTID.UPNP.ORG'])

    @property
    def configId(self) -> int:
        return int(self.headers['CONFIGID.UPNP.ORG'])


def search(
    host: Host, target: str, *, mx: int | None = 1, to: str | None = None, port: int = 1900, own: str | None = None
) -> list[Seen]:
    """Search from a host, and return every answer that came until no more is due.

    :param to: the address of one device; it is asked there, without an MX. Or a group other than one's own address has.
    :param port: where it is asked.
    :param own: the address of the host to search from, the first one unless given; a link-local one with its zone.
    """
    searching = Searching(host, target, mx=mx, to=to, port=port, own=own)
    return [replace(one, time=one.time - searching.sent) for one in searching.answers()]


class Searching:
    """A search that has been sent, at the time `sent`; a test may do something before it asks for the answers.

    The arguments are those of `search`; the times of answers are those of the clock.
    """

    def __init__(
        self,
        host: Host,
        target: str,
        *,
        mx: int | None = 1,
        to: str | None = None,
        port: int = 1900,
        own: str | None = None,
    ) -> None:
        isTimed = mx is not None and (to is None or isGroup(to))
        options = [*(('--to', to, '--port', str(port)) if to else ()), *(('--mx', str(mx)) if isTimed else ())]
        seconds = (mx if mx and isTimed else 1) + SLACK_SECONDS
        command = ('-m', PROGRAM, '--search', target, '--own', own or host.address, *options)
        self._program = host.python(*command, '--seconds', str(seconds))
        assert self._program.stdout is not None
        first = self._program.stdout.readline()
        assert first, self._program.communicate(timeout=WAIT_SECONDS)[1]
        self.sent: float = json.loads(first)['time']

    def answers(self) -> list[Seen]:
        """Wait until no more is due, and return what came."""
        assert self._program.stdout is not None  # read to its end by itself: some may have come with the first line
        output = self._program.stdout.read()
        errors = self._program.communicate(timeout=WAIT_SECONDS)[1]
        assert self._program.returncode == 0, errors
        return [Seen(**json.loads(line)) for line in output.splitlines()]


def isGroup(address: str) -> bool:
    return address.lower().startswith(('ff', '239.'))


class Listener:
    """Collects the datagrams that reach the multicast group on a host, from the moment it is entered.

    :param places: the host's IPv4 addresses to listen on, and its interfaces for both groups of IPv6; all that it has
        unless given.
    """

    def __init__(self, host: Host, *places: str) -> None:
        self._host = host
        self._places = places or (*host.addresses.values(), *host.linkLocals)
        self._seen: list[Seen] = []
        self._changed = threading.Condition()

    def __enter__(self) -> Listener:
        options = [option for place in self._places for option in ('--listen', place)]
        self._program = self._host.python('-m', PROGRAM, *options, stderr=subprocess.STDOUT)
        assert self._program.stdout is not None
        first = self._program.stdout.readline()
        assert first.startswith('{"time"'), first + self._program.stdout.read()
        self._thread = threading.Thread(target=self._collect, name='listener')
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._program.terminate()
        self._thread.join()
        endProgram(self._program)

    @property
    def seen(self) -> list[Seen]:
        """All notifications until now, searches left out."""
        with self._changed:
            return [one for one in self._seen if one.start == 'NOTIFY * HTTP/1.1']

    def alive(self) -> list[Seen]:
        """The ssdp:alive until now."""
        return [one for one in self.seen if one.kind == ALIVE]

    def byebye(self) -> list[Seen]:
        """The ssdp:byebye until now."""
        return [one for one in self.seen if one.kind == BYEBYE]

    def update(self) -> list[Seen]:
        """The ssdp:update until now."""
        return [one for one in self.seen if one.kind == UPDATE]

    def waitFor(self, condition: Callable[[list[Seen]], bool], timeout: float = WAIT_SECONDS) -> list[Seen]:
        """Wait until a condition holds of the notifications seen, and return these."""
        with self._changed:
            done = self._changed.wait_for(lambda: condition(self.seen), timeout)
        if not done:
            raise TimeoutError(f'not within {timeout} s; seen: {[(one.kind, one.usn) for one in self.seen]}')
        return self.seen

    def waitForAlive(self, usns: Iterable[str], timeout: float = WAIT_SECONDS) -> list[Seen]:
        """Wait until each of these USNs was announced; return the ssdp:alive until now."""
        self.waitFor(lambda seen: set(usns) <= {one.usn for one in seen if one.kind == ALIVE}, timeout)
        return self.alive()

    def waitForByebye(self, usns: Iterable[str], timeout: float = WAIT_SECONDS) -> list[Seen]:
        """Wait until each of these USNs was taken back; return the ssdp:byebye until now."""
        self.waitFor(lambda seen: set(usns) <= {one.usn for one in seen if one.kind == BYEBYE}, timeout)
        return self.byebye()

    def waitQuiet(self, seconds: float) -> list[Seen]:
        """Wait until nothing has arrived for so long; return what was seen."""
        quietSince = time.monotonic()
        with self._changed:
            while time.monotonic() - quietSince < seconds:
                if self._changed.wait(seconds - (time.monotonic() - quietSince)):
                    quietSince = time.monotonic()
        return self.seen

    def _collect(self) -> None:
        assert self._program.stdout is not None
        for line in self._program.stdout:
            row: dict[str, Any] = json.loads(line)
            with self._changed:
                self._seen.append(Seen(**row))
                self._changed.notify_all()
