"""What a test needs from the machine: it is skipped by name where that is missing, and fails in CI."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from typing import NoReturn

import pytest

from tests.lan.hosts import toolPath

SLOW_TURN = re.compile(r'^Executing <.* took \d+\.\d+ seconds\n', re.MULTILINE)


def withoutSlowTurns(errors: str) -> str:
    """Return what a program in development mode has complained of, but not of slow turns of its loop.

    Beside other tests, a tenth of a second passes unnoticed.
    """
    return SLOW_TURN.sub('', errors)


def needsTool(name: str) -> str:
    """Return the path of a program."""
    return shutil.which(name, path=toolPath()) or missing(f'the program {name}')


def needsModule(name: str) -> None:
    """Require that a Python module can be imported."""
    if importlib.util.find_spec(name) is None:
        missing(f'the module {name}')


def needsPath(variable: str, what: str) -> str:
    """Return the path of something that an environment variable tells."""
    path = os.environ.get(variable, '')
    return path if os.path.exists(path) else missing(f'{what}, its path in {variable}')


def missing(what: str) -> NoReturn:
    """Skip the running test; in CI, where everything is to be there, fail it."""
    if os.environ.get('CI') == 'true':
        pytest.fail(f'missing in CI: {what}', pytrace=False)
    pytest.skip(f'needs {what}')
