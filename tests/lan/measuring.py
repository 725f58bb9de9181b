"""Programs that tell by rows of JSON how they fare, and what they use, as the kernel tells; and tables of it."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.lan.hosts import Host, endProgram, pythonCommand

# A measured program would be measured with what measures it.
UNCOVERED = ('env', '-u', 'COVERAGE_PROCESS_START', '-u', 'COVERAGE_PROCESS_CONFIG')
WARNINGS_ARE_ERRORS = ('-W', 'error')
PAGE_BYTES = os.sysconf('SC_PAGE_SIZE')
TICKS_A_SECOND = os.sysconf('SC_CLK_TCK')
MEGABYTE = 1 << 20
# Failures while the network changes are counted apart.
HEADING = '                 s  RSS MB   fds  tasks  threads  objects   CPU s  records  served  failed  in change'
AROUND = 2  # samples before and after one, of which the median stands in the table


class Rows:
    """A running program whose output is lines of JSON, which are collected, as is what it writes to stderr."""

    def __init__(self, host: Host, module: str, *args: str) -> None:
        command = pythonCommand(*WARNINGS_ARE_ERRORS, '-m', module, *args)
        self.name = f'{module.rpartition(".")[2]} on {host.name}'
        self.program = host.popen(*UNCOVERED, *command)
        self.all: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self._threads = [threading.Thread(target=read) for read in (self._collect, self._collectErrors)]
        for thread in self._threads:
            thread.start()

    @property
    def isRunning(self) -> bool:
        return self.program.poll() is None

    def waitForRow(self, seconds: float) -> dict[str, Any]:
        """Wait for the first row."""
        end = time.monotonic() + seconds
        while not self.all:
            assert self.isRunning, f'{self.name} ended: {"".join(self.errors)}'
            assert time.monotonic() < end, f'nothing of {self.name} for {seconds} s'
            time.sleep(0.02)
        return self.all[0]

    def wait(self, seconds: float) -> int:
        """Wait until it ends by itself, and return its status; one that does not is killed."""
        try:
            return self.program.wait(seconds)
        finally:
            self.end()

    def end(self) -> None:
        """End it."""
        if self.isRunning:
            self.program.terminate()
            try:
                self.program.wait(seconds := 5.0)
            except subprocess.TimeoutExpired:
                self.errors.append(f'{self.name} did not end within {seconds} s of SIGTERM')
                self.program.kill()
        for thread in self._threads:
            thread.join()
        endProgram(self.program)

    def _collect(self) -> None:
        assert self.program.stdout is not None
        for line in self.program.stdout:
            self.all.append(json.loads(line))

    def _collectErrors(self) -> None:
        assert self.program.stderr is not None
        for line in self.program.stderr:
            self.errors.append(line)


class Sample(NamedTuple):
    """What a process uses at a moment; `seconds` of a processor since it began."""

    time: float
    bytes: int
    descriptors: int
    tasks: int
    threads: int
    objects: int
    seconds: float

    @property
    def open(self) -> tuple[int, int, int]:
        """What has to be given back."""
        return self.descriptors, self.tasks, self.threads


def sampleOf(rows: Rows) -> Sample:
    """Look at a process from outside, and at what it has last told of itself."""
    process = Path(f'/proc/{rows.program.pid}')
    told = next(row for row in reversed(rows.all) if 'tasks' in row)
    return Sample(
        time.monotonic(),
        int(process.joinpath('statm').read_text().split()[1]) * PAGE_BYTES,
        len(os.listdir(process / 'fd')),
        told['tasks'],
        len(os.listdir(process / 'task')),
        told['objects'],
        processorSeconds(rows),
    )


def processorSeconds(rows: Rows) -> float:
    """Return how long a program has had a processor."""
    fields = Path(f'/proc/{rows.program.pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def descriptorsOf(rows: Rows) -> list[str]:
    """Return what the descriptors of a process lead to."""
    folder = Path(f'/proc/{rows.program.pid}/fd')
    return sorted(f'{name} {os.readlink(folder / name)}' for name in os.listdir(folder))


def medianOf(samples: Sequence[Sample], index: int) -> Sample:
    """Return the middle values of the samples around one, as a single moment may be an odd one."""
    around = samples[max(0, index - AROUND) : index + AROUND + 1]
    middle = Sample(*(statistics.median_low(values) for values in zip(*around, strict=True)))
    return middle._replace(time=samples[index].time, seconds=samples[index].seconds)


def growth(samples: Sequence[Sample]) -> int:
    """Return by how many bytes the last fifth of the samples is above the second.

    Medians, as a burst of connections comes and goes; fifths, as each sees the whole mix of what happens; and not the
    first, in which what is made once, pools and caches, and the allocator's own reserves still reach their size.
    """
    fifth = max(1, len(samples) // 5)
    parts = samples[fifth : 2 * fifth], samples[-fifth:]
    early, late = (statistics.median(one.bytes for one in part) for part in parts)
    return int(late - early)


def table(moments: Sequence[tuple[str, Sample]], began: float, counts: Callable[[float], Sequence[int]]) -> str:
    """Return the table of what was used when, and of what had been counted by then."""
    names = (
        '',
        's',
        'RSS MB',
        'fds',
        'tasks',
        'threads',
        'objects',
        'CPU s',
        'records',
        'served',
        'failed',
        'in change',
    )
    lines = ['{:10}{:>8}{:>8}{:>6}{:>7}{:>9}{:>9}{:>8}{:>9}{:>8}{:>8}{:>11}'.format(*names)]
    for name, one in moments:
        figures = f'{one.time - began:8.0f}{one.bytes / MEGABYTE:8.1f}{one.descriptors:6}{one.tasks:7}{one.threads:9}'
        records, served, failed, excused = counts(one.time)
        counted = f'{records:9}{served:8}{failed:8}{excused:11}'
        lines.append(f'{name:10}{figures}{one.objects:9}{one.seconds:8.1f}{counted}')
    return '\n'.join(lines)
