"""The table of guards is about what is there: ``python -m tests.guards`` takes each of them out."""

import ast
from functools import cache

import pytest

from tests.guards import GUARDS, Guard
from tests.guards.guard import ROOT


@cache
def namesIn(file: str) -> frozenset[str]:
    """Return the names of the tests in a file."""
    tree = ast.parse((ROOT / 'tests' / file).read_text())
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize('guard', GUARDS, ids=lambda guard: guard.name)
def test_a_guard_stands_where_the_table_says_and_has_its_tests(guard: Guard) -> None:
    source = guard.pathIn(ROOT).read_text()
    assert source.count(guard.text) == 1
    ast.parse(source.replace(guard.text, guard.without))
    assert guard.tests
    for test in guard.tests:
        file, _, name = test.partition('::')
        assert name in namesIn(file)


def test_each_guard_is_listed_once() -> None:
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)
    assert len({guard[1:4] for guard in GUARDS}) == len(GUARDS)
