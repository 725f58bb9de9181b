"""An ordinary control point on another host, for tests that look at what others make it wait for.

with Innocent(host, location) as innocent:
    ...
    assert tooSlow(innocent.rounds(3)) == []
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass

from tests.lan.hosts import RUN_SECONDS, Host, endProgram

PROGRAM = 'tests.lan.programs.control_point'
SECONDS = 1.0  # of each step; for the multicast search that is its MX too


@dataclass(frozen=True, slots=True)
class Round:
    """When a round began, monotonic, and how many seconds each step took, or what went wrong."""

    began: float
    steps: dict[str, float | str]


class Innocent:
    """One that has subscribed, and that finds, describes, switches and hears a light of makeLight again and again."""

    def __init__(self, host: Host, location: str) -> None:
        self._program = host.python('-m', PROGRAM, host.address, location, stdin=subprocess.PIPE)
        assert self._program.stdout is not None
        if self._program.stdout.readline() != 'ready\n':
            raise AssertionError(self._program.communicate(timeout=RUN_SECONDS)[1])
        self._seen: list[Round] = []

    def __enter__(self) -> Innocent:
        return self

    def __exit__(self, *_error: object) -> None:
        endProgram(self._program)

    def rounds(self, count: int) -> list[Round]:
        """Wait for so many rounds that begin from now on; return them."""
        now, rows = time.monotonic(), list[Round]()
        assert self._program.stdout is not None
        while len(rows) < count:
            line = self._program.stdout.readline()
            assert line, self._program.communicate(timeout=RUN_SECONDS)[1]
            one = Round(**json.loads(line))
            self._seen.append(one)
            if one.began > now:
                rows.append(one)
        return rows

    def end(self) -> list[Round]:
        """Let it end with the round under way; return all rounds."""
        output, errors = self._program.communicate(timeout=RUN_SECONDS)
        assert errors == ''
        return [*self._seen, *(Round(**json.loads(line)) for line in output.splitlines())]


def tooSlow(rounds: Iterable[Round], seconds: float = SECONDS) -> list[tuple[int, str, float | str]]:
    """Return the steps that took longer, or failed: the number of the round, the step, and what it took."""
    return [
        (number, step, taken)
        for number, one in enumerate(rounds)
        for step, taken in one.steps.items()
        if isinstance(taken, str) or taken > seconds
    ]
