"""Fuzzes one target: ``python -m tests.fuzz http --seconds 600 --corpus found --artifacts findings``.

Where atheris is installed, coverage leads the way; elsewhere inputs are mutated at random. What is found is written to
the folder of artifacts: the input, and the traceback beside it. ``--merge`` takes over from a folder what reaches
something new. Its exit status is 1 when something was found.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.fuzz.findings import Judge, findingsIn
from tests.fuzz.harnesses import HARNESSES, Harness

EXECUTIONS = re.compile(r'^stat::number_of_executed_units: *(\d+)', re.MULTILINE)
PATIENCE_SECONDS = 20  # for one input, and for libFuzzer to come to its end
MAX_MEGABYTES = 2048
MAX_KEPT_BYTES = 4096  # of an input that is taken into the corpus, so that this stays small
MISSING = "atheris is not installed (pip install -e '.[fuzz]'): without it nothing leads to new code\n"


class Run(NamedTuple):
    """What is to be done.

    :param corpus: folder for the inputs that reach something new.
    :param artifacts: folder for the inputs that show a defect.
    :param seed: 0 draws one.
    """

    name: str
    seconds: float
    corpus: Path
    artifacts: Path
    seed: int

    @property
    def harness(self) -> Harness:
        """The target."""
        return HARNESSES[self.name]


def main(arguments: list[str]) -> int:
    """Run as the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog='python -m tests.fuzz', description='Fuzz one target.')
    parser.add_argument('name', choices=sorted(HARNESSES))
    parser.add_argument('--seconds', type=float, default=60)
    parser.add_argument('--corpus', type=Path, help='keep new inputs there; else they are dropped')
    parser.add_argument('--artifacts', type=Path, help='write findings there; else to a temporary folder')
    parser.add_argument('--seed', type=int, default=0, help='of what is drawn; 0 draws it')
    parser.add_argument('--merge', type=Path, help='only take what is new from this folder into the corpus')
    parser.add_argument('--plain', action='store_true', help='mutate at random, even with atheris')
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as work:
        corpus = (given.corpus or Path(work) / 'corpus').absolute()
        artifacts = (given.artifacts or Path(tempfile.mkdtemp(prefix=f'fuzz-{given.name}-'))).absolute()
        for folder in (corpus, artifacts):
            folder.mkdir(parents=True, exist_ok=True)
        run = Run(given.name, given.seconds, corpus, artifacts, given.seed)
        if given.merge is not None:
            return merge(run, given.merge, Path(work))
        hasAtheris = importlib.util.find_spec('atheris') is not None
        if not hasAtheris:
            sys.stderr.write(MISSING)
        began = time.monotonic()
        executions = plain(run) if given.plain or not hasAtheris else guided(run, Path(work))
        return report(run, time.monotonic() - began, executions)


def report(run: Run, seconds: float, executions: int) -> int:
    """Write one line on how it went; return the exit status."""
    findings = findingsIn(run.artifacts)
    size = len(run.harness.inputs()) + len(list(run.corpus.iterdir()))
    where = f' in {run.artifacts}' if findings else ''
    rate = executions / seconds
    sys.stdout.write(
        f'{run.name}: {seconds:.0f} s, {executions} executions ({rate:.0f}/s), corpus of {size} inputs, '
        f'{len(findings)} findings{where}\n'
    )
    if not findings and not any(run.artifacts.iterdir()):
        run.artifacts.rmdir()
    return 1 if findings else 0


def plain(run: Run) -> int:
    """Check the corpus, then mutations of it; return how many inputs there were."""
    began, count = time.monotonic(), 0
    seeds = list(run.harness.inputs().values())
    rng = Random(run.seed or None)
    judge = Judge(run.harness, run.artifacts)
    for seed in seeds:
        judge(seed)
    while time.monotonic() - began < run.seconds:
        judge(run.harness.mutated(rng.choice(seeds), seeds, rng))
        count += 1
    judge.close()
    return len(seeds) + count


def guided(run: Run, work: Path) -> int:
    """Let libFuzzer run; return how many inputs there were."""
    flags = [
        *(f'-max_total_time={max(1, round(run.seconds))}', f'-max_len={run.harness.maxBytes}'),
        *(f'-artifact_prefix={run.artifacts}/', f'-timeout={PATIENCE_SECONDS}', f'-rss_limit_mb={MAX_MEGABYTES}'),
        *('-print_final_stats=1', f'-seed={run.seed}'),
    ]
    if run.harness.dictionary.exists():
        flags.append(f'-dict={run.harness.dictionary}')
    output = libFuzzer(run, work, *flags, run.corpus, *run.harness.folders)
    found = EXECUTIONS.search(output)
    if found is None:
        sys.stderr.write(output[-4000:])
        (run.artifacts / 'no-end').write_text(output)
    return int(found[1]) if found else 0


def merge(run: Run, source: Path, work: Path) -> int:
    """Take those inputs of a folder into the corpus that reach what no other does."""
    whole, new = work / 'whole', work / 'new'
    for folder in (whole, new):
        folder.mkdir()
    for name, data in run.harness.inputs().items():
        (whole / name.replace('/', '-')).write_bytes(data)
    for path in source.iterdir():
        if path.stat().st_size <= MAX_KEPT_BYTES:
            shutil.copy(path, new)
    former = set(whole.iterdir())
    output = libFuzzer(run, work, '-merge=1', f'-max_len={run.harness.maxBytes}', whole, new)
    taken = sorted(set(whole.iterdir()) - former)
    for path in taken:
        shutil.copy(path, run.harness.folders[0])
    sys.stdout.write(f'{run.name}: {len(taken)} of {len(list(source.iterdir()))} inputs are new\n')
    if 'MERGE-OUTER' not in output:
        sys.stderr.write(output[-4000:])
        return 1
    return 0


def libFuzzer(run: Run, work: Path, *arguments: object) -> str:
    """Run the target under libFuzzer, to its end; return what it wrote."""
    launcher = work / 'launcher'  # libFuzzer begins itself anew where it merges, by the name of its program
    command = [sys.executable, '-m', 'tests.fuzz.guided', str(launcher), run.name, str(run.artifacts)]
    launcher.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    launcher.chmod(0o700)
    done = subprocess.run(
        [launcher, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace'
    )
    return done.stdout


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
