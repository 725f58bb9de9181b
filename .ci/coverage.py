"""Measure branch coverage: each pure module by its own test file 100 %, everything together 95 %.

    python .ci/coverage.py [FOLDER]

A pure module is covered by its own test file alone: ``http/message.py`` by ``tests/unit/http/test_message.py``.
The whole is measured over the default run, which is run here, unless a folder is given that has the data of
``coverage run -m pytest`` (made with COVERAGE_FILE).
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, STDOUT
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.structure import ownTestOf, pureModules

EACH_PERCENT, WHOLE_PERCENT = 100, 95
DEFAULT_RUN = ('tests/unit', 'tests/protocol')
PYTEST = ('-m', 'pytest', '-q', '-p', 'no:cacheprovider')


def coverage(folder: Path, *args: str) -> tuple[bool, str]:
    """Run the coverage tool with its data in a folder; return whether it ended well, and what it printed."""
    environment = os.environ | {'COVERAGE_FILE': str(folder / 'data')}
    command = [sys.executable, '-m', 'coverage', *args]
    done = subprocess.run(command, env=environment, stdout=PIPE, stderr=STDOUT, text=True, check=False)
    return done.returncode == 0, done.stdout


def measure(folder: Path, tests: tuple[str, ...], percent: int, include: str) -> tuple[bool, str]:
    """Run some tests, if any, and report; return whether they pass and, with what was there, cover what they should."""
    steps = (
        coverage(folder, 'run', *PYTEST, *tests) if tests else (True, ''),
        coverage(folder, 'combine', '-q'),
        coverage(folder, 'report', f'--include={include}', f'--fail-under={percent}'),
    )
    return all(isWell for isWell, _ in steps), ''.join(text for _, text in steps)


def measureModule(module: str) -> tuple[str, bool, str]:
    """Measure a pure module by its own test file; return its path, and how it went."""
    path = f'upnp/{module.replace(".", "/")}.py'
    with TemporaryDirectory() as folder:
        return path, *measure(Path(folder), (ownTestOf(module),), EACH_PERCENT, path)


def measureEverything() -> tuple[str, bool, str]:
    """Measure all by all tests."""
    with TemporaryDirectory() as folder:
        known, tests = (Path(sys.argv[1]), ()) if len(sys.argv) > 1 else (Path(folder), DEFAULT_RUN)
        return 'everything', *measure(known, tests, WHOLE_PERCENT, 'upnp/*')


def main() -> None:
    """Measure all, as many at a time as there are processors, and fail at the end if one of them fell short."""
    failed = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(measureEverything), *(pool.submit(measureModule, module) for module in pureModules())]
        for job in jobs:
            what, isWell, text = job.result()
            print(f'--- {what}\n{text}', flush=True)
            if not isWell:
                failed.append(what)
    if failed:
        sys.exit(f'not covered enough: {", ".join(failed)}')


if __name__ == '__main__':
    main()
