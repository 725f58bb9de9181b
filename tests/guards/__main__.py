"""``python -m tests.guards [--only WORD] [--jobs N]``: takes each guard out in turn; a test of it has to fail.

First all the tests are run as everything stands. Then each guard is taken out of a copy, and its tests are run there;
what does not end in time, or within so much memory, has failed as well. The end is 1 if a removal goes unnoticed.
"""

import argparse
import compileall
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import NamedTuple

from tests.guards import GUARDS, Guard
from tests.guards.guard import ROOT

PASSED, FAILED = 0, 1  # how pytest ends
OPTIONS = ('-x', '-q', '-p', 'no:cacheprovider', '-rf', '--tb=line', '--no-header')
MEMORY_BYTES = 1 << 30
PROGRAM = f"""
import resource, sys, pytest
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY_BYTES}, {MEMORY_BYTES}))
sys.exit(pytest.main(sys.argv[1:]))
"""


class Verdict(NamedTuple):
    """What became of the tests of a guard.

    :param told: the first test that failed and why, or what happened in its place.
    """

    guard: Guard
    isNoticed: bool
    told: str


def parseArguments() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog='python -m tests.guards', description=__doc__)
    parser.add_argument('--only', default='', help='guards whose name, file or tests have this word in them')
    parser.add_argument('--jobs', type=int, default=2, help='how many at a time')
    parser.add_argument('--seconds', type=float, default=30, help='for the tests of one guard')
    return parser.parse_args()


def copied(folder: Path) -> Path:
    """Copy the package and its tests to a folder, compiled: the bytecode is used for just the text that it is of."""
    for name in ('upnp', 'tests'):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns('__pycache__', 'corpus'))
    shutil.copy(ROOT / 'pyproject.toml', folder)
    compileall.compile_dir(folder / 'upnp', quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH, workers=1)
    return folder


def tested(folder: Path, targets: Sequence[str], seconds: float | None) -> tuple[int | None, str]:
    """Run tests in a folder; return how they ended, None for not at all in this time, and what was printed."""
    command = [sys.executable, '-c', PROGRAM, *OPTIONS, *targets]
    environment = {**os.environ, 'PYTHONDONTWRITEBYTECODE': '1', 'COLUMNS': '160'}
    try:
        ended = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            errors='replace',
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, ''
    return ended.returncode, ended.stdout + ended.stderr


def judged(guard: Guard, folder: Path, seconds: float) -> Verdict:
    """Take a guard out of a copy, run its tests, and put it back."""
    path = guard.pathIn(folder)
    text = path.read_text()
    if text.count(guard.text) != 1:
        return Verdict(guard, False, f'NOT FOUND: its text is {text.count(guard.text)} times in {guard.file}')
    path.write_text(text.replace(guard.text, guard.without))
    try:
        status, printed = tested(folder, guard.targets, seconds)
    finally:
        path.write_text(text)
    failures = re.findall(r'^FAILED tests/(.+)$', printed, re.MULTILINE)
    if status is None:
        return Verdict(guard, True, f'{guard.tests[0]} - it hangs')
    if status == FAILED and failures:
        return Verdict(guard, True, failures[0])
    if status == PASSED:
        return Verdict(guard, False, 'NOT NOTICED')
    return Verdict(guard, False, f'BROKEN: {printed[-500:]}')


def judgedAll(guards: Sequence[Guard], jobs: int, seconds: float) -> list[Verdict]:
    """Take each guard out, several at a time, and print what becomes of it."""
    with tempfile.TemporaryDirectory(prefix='upnp-guards-') as place, ThreadPoolExecutor(jobs) as pool:
        folders: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for number in range(jobs):
            folders.put(copied(Path(place) / str(number)))

        def inTurn(guard: Guard) -> Verdict:
            folder = folders.get()
            try:
                return judged(guard, folder, seconds)
            finally:
                folders.put(folder)

        verdicts = []
        for number, verdict in enumerate(pool.map(inTurn, guards), 1):
            sign = 'ok' if verdict.isNoticed else '!!'
            print(f'{number:3}/{len(guards)} {sign} {verdict.guard.name}: {verdict.told}', flush=True)
            verdicts.append(verdict)
    return verdicts


def allPass(guards: Sequence[Guard], seconds: float) -> bool:
    """Run all tests of these guards as everything stands; print what fails."""
    targets = sorted({target for guard in guards for target in guard.targets})
    with tempfile.TemporaryDirectory(prefix='upnp-guards-') as place:
        status, printed = tested(copied(Path(place) / 'whole'), targets, seconds)
    print(f'{len(targets)} tests with all guards in place: {"passed" if status == PASSED else printed or "too slow"}')
    return status == PASSED


def tableOf(verdicts: Sequence[Verdict]) -> str:
    """Return a line for each guard: its name, and the first test that fails without it."""
    width = max(len(verdict.guard.name) for verdict in verdicts)
    return '\n'.join(f'{one.guard.name:{width}}  {one.told.partition(" - ")[0]}' for one in verdicts)


def main() -> int:
    """Take each guard out in turn, and print the table."""
    options = parseArguments()
    began = time.monotonic()
    guards = [guard for guard in GUARDS if options.only.lower() in ' '.join((*guard[:2], *guard.tests)).lower()]
    if not guards:
        print(f'no guard has {options.only!r} in it')
        return 1
    if not allPass(guards, options.seconds * 10):
        return 1
    verdicts = judgedAll(guards, options.jobs, options.seconds)
    missed = [verdict for verdict in verdicts if not verdict.isNoticed]
    print(f'\n{tableOf(verdicts)}\n')
    print(f'{len(verdicts)} guards, {len(missed)} not noticed, {time.monotonic() - began:.0f} s')
    return 1 if missed else 0


if __name__ == '__main__':
    sys.exit(main())
