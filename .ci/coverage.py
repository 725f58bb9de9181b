"""Measure branch coverage: each pure module by its own test file 100 %, everything together 95 %.

    python .ci/coverage.py [FOLDER]

A pure module ``upnp/X.py`` is covered by ``tests/unit/test_x.py`` alone, ``_discovery.py`` by ``test_discovery.py``.
The whole is measured over the default run and the tests between hosts, with the programs that they start; these are
run here, unless a folder is given that has the data of ``coverage run -m pytest tests/lan`` (made with COVERAGE_FILE).
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

PURE = (
    *('Errors', '_limits', '_xml', '_message', '_options', '_types', '_urn', '_model', '_hints', '_scpd'),
    *('_declaration', 'Objects', 'Description', 'SOAP', '_discovery', '_page', '_reading', 'GENA', '_publisher'),
    '_subscriptions',
)
EACH_PERCENT, WHOLE_PERCENT = 100, 95
DEFAULT_RUN, LAN = ('tests/unit', 'tests/protocol'), 'tests/lan'
PYTEST = ('-m', 'pytest', '-q', '-p', 'no:cacheprovider')


def coverage(folder: Path, *args: str) -> bool:
    """Run the coverage tool with its data in a folder; return whether it ended well."""
    environment = os.environ | {'COVERAGE_FILE': str(folder / 'data')}
    return subprocess.run([sys.executable, '-m', 'coverage', *args], env=environment, check=False).returncode == 0


def measure(folder: Path, tests: tuple[str, ...], percent: int, include: str) -> bool:
    """Run some tests and report; return whether they pass and, with what was in the folder, cover what they should."""
    ran = coverage(folder, 'run', *PYTEST, *tests)
    combined = coverage(folder, 'combine', '-q')
    reached = coverage(folder, 'report', f'--include={include}', f'--fail-under={percent}')
    return ran and combined and reached


def main() -> None:
    """Measure all, and fail at the end if one of them fell short."""
    failed = []
    for module in PURE:
        path, test = f'upnp/{module}.py', f'tests/unit/test_{module.strip("_").lower()}.py'
        print(f'--- {path} by {test}', flush=True)
        with TemporaryDirectory() as folder:
            if not measure(Path(folder), (test,), EACH_PERCENT, path):
                failed.append(path)
    print('--- everything', flush=True)
    with TemporaryDirectory() as folder:
        known, tests = (Path(sys.argv[1]), DEFAULT_RUN) if len(sys.argv) > 1 else (Path(folder), (*DEFAULT_RUN, LAN))
        if not measure(known, tests, WHOLE_PERCENT, 'upnp/*'):
            failed.append('everything')
    if failed:
        sys.exit(f'not covered enough: {", ".join(failed)}')


if __name__ == '__main__':
    main()
