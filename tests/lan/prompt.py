"""A Python prompt on another host: the test's way to drive an announcer there, a line at a time.

    with Prompt(host) as prompt:
        prompt.do('server = upnp.Announcer(makeLamp(), httpPort=0)')
        prompt.do('await server.start()')
        assert prompt.do('server.locations') == {...}

It runs in development mode with every warning an error. On leaving, it must end by itself with status 0, its stderr
silent.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.lan.hosts import STOP_SECONDS, Host


class PromptError(Exception):
    """What a line raised on the other host: `NameOfTheError: its text`."""


class Prompt:
    """A running program that executes lines of Python, announcing devices among other things.

    :param strict: in development mode, which is several times slower.
    """

    def __init__(self, host: Host, *, strict: bool = True) -> None:
        self._program = host.python('-m', 'tests.lan.programs.prompt', strict=strict, stdin=subprocess.PIPE)

    def __enter__(self) -> Prompt:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        status, errors = self._end()
        if kind is None:
            assert (status, errors) == (0, ''), f'the prompt ended with {status}: {errors}'

    def do(self, line: str) -> Any:
        """Execute a line and return its value, as far as JSON knows it; raise PromptError when it raised."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(line + '\n')
        self._program.stdin.flush()
        reply = json.loads(self._program.stdout.readline() or '{"error": "the program has ended"}')
        if 'error' in reply:
            raise PromptError(reply['error'])
        return reply['value']

    def _end(self) -> tuple[int, str]:
        """Close its input, so that it ends; return its exit status and what it wrote to stderr."""
        try:
            errors = self._program.communicate(timeout=STOP_SECONDS)[1]
        except subprocess.TimeoutExpired:
            self._program.kill()
            errors = self._program.communicate()[1]
        return self._program.returncode, errors
