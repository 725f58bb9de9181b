"""Calls of actions from a host, for tests that look at what comes back.

    urls = controlUrls(searcher, location)
    (answer,) = call(searcher, urls[ECHO], ECHO, ('Plain', {'Value': '1'}))
    with Calls(searcher, urls[ECHO], ECHO, calls) as many:
        answers = many.answers()

The programs run on the hosts; here are their command lines and what they print.
"""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urljoin

from tests.lan.hosts import RUN_SECONDS, Host, endProgram
from tests.lan.web import fetch

PROGRAM = 'tests.lan.programs.calls'
DEVICE = '{urn:schemas-upnp-org:device-1-0}'


class Answer(NamedTuple):
    """An HTTP status and the texts by name: the out arguments, or a fault's errorCode and errorDescription."""

    status: int
    texts: dict[str, str]


class Calls:
    """Calls that are connected and wait to be sent: all at once, when their answers are asked for."""

    def __init__(self, host: Host, url: str, serviceType: str, calls: Sequence[tuple[str, dict[str, str]]]) -> None:
        self._program = host.python('-m', PROGRAM, url, serviceType, json.dumps(calls), stdin=subprocess.PIPE)

    def __enter__(self) -> Calls:
        assert self._program.stdout is not None
        if self._program.stdout.readline() != 'ready\n':
            raise AssertionError(self._program.communicate(timeout=RUN_SECONDS)[1])
        return self

    def __exit__(self, *_error: object) -> None:
        endProgram(self._program)

    def send(self) -> None:
        """Send them now; their answers may be asked for later."""
        assert self._program.stdin is not None
        self._program.stdin.write('\n')
        self._program.stdin.flush()

    def answers(self) -> list[Answer]:
        """Return the answers, in order; a call that got none raises, with the reason."""
        output, errors = self._program.communicate(timeout=RUN_SECONDS)
        assert errors == ''
        rows = json.loads(output)
        if failed := [row for row in rows if isinstance(row, str)]:
            raise ConnectionError(f'{len(failed)} of {len(rows)} calls got no answer: {failed[0]}')
        return [Answer(*row) for row in rows]


def call(host: Host, url: str, serviceType: str, *calls: tuple[str, dict[str, str]]) -> list[Answer]:
    """Call actions at once, and return their answers, in order."""
    with Calls(host, url, serviceType, calls) as connected:
        return connected.answers()


def controlUrls(host: Host, location: str) -> dict[str, str]:
    """Return the control URLs that a description tells, by service type."""
    description = ElementTree.fromstring(fetch(host, location).body)
    return {
        service.findtext(f'{DEVICE}serviceType', ''): urljoin(location, service.findtext(f'{DEVICE}controlURL', ''))
        for service in description.iter(f'{DEVICE}service')
    }
