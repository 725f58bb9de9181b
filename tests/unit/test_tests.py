"""The tests themselves: they mirror the package, and none imports another."""

import ast
from pathlib import Path

import pytest

from tests.structure import FOLDERS, PACKAGE, ownTestOf, pureModules

TESTS = Path(__file__).parent.parent
PATHS = [path.relative_to(TESTS).as_posix() for path in TESTS.rglob('test_*.py')]


def imported(path: str) -> set[str]:
    """What a module imports, by the last part of its name."""
    nodes = ast.walk(ast.parse((TESTS / path).read_text()))
    return {(node.module or '').rpartition('.')[2] for node in nodes if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize('path', [path.relative_to(TESTS).as_posix() for path in TESTS.rglob('*.py')])
def test_no_module_imports_a_test_module(path: str) -> None:
    assert [name for name in imported(path) if name.startswith('test_')] == []


def test_each_pure_module_has_a_test_of_its_own() -> None:
    assert sorted({ownTestOf(module) for module in pureModules()} - {f'tests/{path}' for path in PATHS}) == []


@pytest.mark.parametrize('kind', ['unit', 'protocol'])
def test_each_test_stands_where_its_module_does(kind: str) -> None:
    own = [path.split('/') for path in PATHS if path.startswith(f'{kind}/') and path.count('/') == 2]
    assert [folder for _, folder, _ in own if folder not in FOLDERS] == []
    names = [(folder, name.removeprefix('test_')) for _, folder, name in own]
    assert [f'{folder}/{name}' for folder, name in names if not (PACKAGE / folder / name).exists()] == []
