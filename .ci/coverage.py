"""Measure branch coverage: each pure module by its own test file 100 %, everything together 95 %.

    python .ci/coverage.py [FOLDER]

A pure module is covered by its own test file alone.
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

# Each pure module, and its own test below tests/unit.
PURE = {
    'Errors': 'errors',
    'base/limits': 'limits',
    'base/xml': 'xml',
    'base/options': 'options',
    'base/fairness': 'fairness',
    'base/logtext': 'legible',
    'addressing/interfaces': 'interfaces',
    'addressing/changes': 'presence',
    'addressing/netlink': 'netlink',
    'addressing/addresses': 'addresses',
    'addressing/access': 'access',
    'http/message': 'message',
    'description/types': 'types',
    'description/urn': 'urn',
    'description/elements': 'model',
    'description/hints': 'hints',
    'description/scpd': 'scpd',
    'description/declaration': 'declaration',
    'description/device': 'objects',
    'description/vendor': 'vendor',
    'description/checks': 'description',
    'description/writing': 'description',
    'description/reading': 'reading',
    'discovery/targets': 'discovery',
    'discovery/timing': 'discovery',
    'control/soap': 'soap',
    'eventing/delivery': 'delivery',
    'eventing/gena': 'gena',
    'eventing/publisher': 'publisher',
    'eventing/subscriptions': 'subscriptions',
    'presentation/page': 'page',
    'presentation/values': 'values',
    'presentation/forms': 'forms',
    'announcer/rootdevices': 'roots',
}
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


def measureModule(module: str, name: str) -> tuple[str, bool, str]:
    """Measure a pure module by its own test file; return its path, and how it went."""
    path, test = f'upnp/{module}.py', f'tests/unit/test_{name}.py'
    with TemporaryDirectory() as folder:
        return path, *measure(Path(folder), (test,), EACH_PERCENT, path)


def measureEverything() -> tuple[str, bool, str]:
    """Measure all by all tests."""
    with TemporaryDirectory() as folder:
        known, tests = (Path(sys.argv[1]), ()) if len(sys.argv) > 1 else (Path(folder), DEFAULT_RUN)
        return 'everything', *measure(known, tests, WHOLE_PERCENT, 'upnp/*')


def main() -> None:
    """Measure all, as many at a time as there are processors, and fail at the end if one of them fell short."""
    failed = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(measureEverything), *(pool.submit(measureModule, *one) for one in PURE.items())]
        for job in jobs:
            what, isWell, text = job.result()
            print(f'--- {what}\n{text}', flush=True)
            if not isWell:
                failed.append(what)
    if failed:
        sys.exit(f'not covered enough: {", ".join(failed)}')


if __name__ == '__main__':
    main()
