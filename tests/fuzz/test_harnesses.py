"""The harnesses: the whole corpus in this process, and a short run of each that coverage leads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fuzz import __main__ as commandLine
from tests.fuzz.findings import TRACEBACK, Judge, findingsIn
from tests.fuzz.harnesses import HARNESSES
from tests.fuzz.harnesses import connections as connectionsHarness
from tests.fuzz.seeds import CORPUS
from tests.lan.tools import needsModule

pytestmark = pytest.mark.fuzz

SECONDS = 5
PATIENCE_SECONDS = 120.0
MAX_CORPUS_BYTES, MAX_CORPUS_FILES = 300_000, 800
NAMES = sorted(HARNESSES)


@pytest.mark.parametrize('name', NAMES)
def test_what_holds_holds_for_the_whole_corpus(name: str) -> None:
    """Twice, as an input may leave nothing behind."""
    inputs = HARNESSES[name].inputs()
    assert inputs
    with HARNESSES[name].opened() as check:
        for _ in range(2):
            for data in inputs.values():
                check(data)


@pytest.mark.parametrize('name', NAMES)
def test_a_run_that_coverage_leads_finds_nothing(name: str, tmp_path: Path) -> None:
    needsModule('atheris')
    command = [sys.executable, '-m', 'tests.fuzz', name, '--seconds', str(SECONDS), '--artifacts', str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)

    found = {path.name: path.read_text(errors='replace') for path in tmp_path.glob(f'*{TRACEBACK}')}
    assert (done.returncode, found) == (0, {}), done.stdout + done.stderr
    assert done.stdout.startswith(f'{name}: ')
    assert done.stdout.endswith(' 0 findings\n')


@pytest.mark.parametrize('name', NAMES)
def test_mutations_at_random_find_nothing(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the runner does it where atheris is not to be had."""
    status = commandLine.main([name, '--plain', '--seconds', '1', '--seed', '1', '--artifacts', str(tmp_path)])

    assert (status, [path.name for path in findingsIn(tmp_path)] if tmp_path.exists() else []) == (0, [])
    assert ' 0 findings' in capsys.readouterr().out


def test_the_corpus_stays_small() -> None:
    files = [path for path in CORPUS.rglob('*') if path.is_file()]
    assert len(files) <= MAX_CORPUS_FILES
    assert sum(path.stat().st_size for path in files) <= MAX_CORPUS_BYTES


# That they find something


@contextmanager
def openedWithFault() -> Iterator[Callable[[bytes], None]]:
    """Give a check that fails for some inputs, at two places."""

    def check(data: bytes) -> None:
        assert b'NOTIFY' not in data
        if data.startswith(b'GET'):
            raise ValueError(data)

    yield check


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> str:
    """A harness whose check fails."""
    monkeypatch.setattr(connectionsHarness, 'opened', openedWithFault)
    return 'http'


def test_each_defect_is_written_down_once_with_its_input(faulty: str, tmp_path: Path) -> None:
    judge = Judge(HARNESSES[faulty], tmp_path)
    for data in (b'NOTIFY *', b'GET /', b'POST', b'NOTIFY /', b'GET /a'):
        judge(data)

    assert sorted(path.read_bytes() for path in findingsIn(tmp_path)) == [b'GET /', b'NOTIFY *']
    assert sorted(path.suffix for path in tmp_path.iterdir()) == ['', '', TRACEBACK, TRACEBACK]


def test_a_run_that_finds_something_says_so(faulty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert commandLine.main([faulty, '--plain', '--seconds', '0.1', '--artifacts', str(tmp_path)]) == 1
    assert f'findings in {tmp_path}' in capsys.readouterr().out
