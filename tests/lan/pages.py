"""Open pages on a host, for tests that look at the news which they are told.

    with Pages(searcher) as pages:
        assert pages.open(liveUrl(searcher, deviceHost), 16) == [200] * 16
        assert pages.wait(key, 'Status', '1')

The program runs on the host; here are its command line and what it prints.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from tests.lan.hosts import STOP_SECONDS, Host
from tests.lan.web import fetch

PROGRAM = 'tests.lan.programs.pages'
WAIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Told:
    """What came to a page; see the program."""

    status: int
    type: str
    text: str
    values: dict[str, dict[str, str]]
    configs: list[str]
    news: int
    comments: int
    latest: float
    ended: float


class Pages:
    """A running program that has pages open, at any of its host's addresses, the first unless said otherwise."""

    def __init__(self, host: Host) -> None:
        self._source = host.address
        self._program = host.python('-m', PROGRAM, stdin=subprocess.PIPE)

    def __enter__(self) -> Pages:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        errors = self._program.communicate(timeout=STOP_SECONDS)[1]
        assert kind is not None or errors == ''

    def open(self, url: str, count: int = 1, source: str = '') -> list[int]:
        """Open pages, and return the statuses of their streams."""
        statuses: list[int] = self._do('open', url, source or self._source, count)
        return statuses

    def ignore(self, url: str) -> None:
        """Open a page that reads nothing."""
        self._do('ignore', url, self._source)

    def wait(self, key: str, name: str, text: str, seconds: float = WAIT_SECONDS) -> bool:
        """Tell whether all of them come to know a value of a variable."""
        return bool(self._do('wait', key, name, text, seconds))

    def waitUntilEnded(self, seconds: float = WAIT_SECONDS) -> bool:
        """Tell whether all of them end."""
        return bool(self._do('waitUntilEnded', seconds))

    def told(self) -> list[Told]:
        """Return what came to each."""
        return [Told(**row) for row in self._do('told')]

    def close(self) -> None:
        """Close all."""
        self._do('close')

    def _do(self, *command: object) -> Any:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps(command) + '\n')
        self._program.stdin.flush()
        line = self._program.stdout.readline()
        assert line, self._program.communicate(timeout=STOP_SECONDS)[1]
        return json.loads(line)


def liveUrl(host: Host, page: str) -> str:
    """Return where the news of a page are, as it tells."""
    found = re.search('data-live="([^"]*)"', fetch(host, page).body.decode())
    assert found, f'{page} does not tell where its news are'
    return urljoin(page, found[1])
