"""The layers: no module knows one above it or beside it, and the pure ones know nothing of the outside world."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import upnp

PACKAGE = Path(upnp.__file__).parent

# A module may import those on lower levels only. "3b" is level 3 that may look at level 3, and so on.
LEVELS = {
    '0': ('Errors', '_limits', '_version'),
    '1': ('_xml', '_message', '_types', '_urn', '_model', '_interfaces', '_turns', '_legible'),
    '1b': ('_options', '_hints', '_presence', '_netlink', '_addresses'),
    '1c': ('_scpd',),
    '1d': ('_declaration', '_vendor'),
    '2': ('Objects',),
    '3': ('Description', 'SOAP', 'GENA', '_discovery', '_values'),
    '3b': ('_forms', '_reading', '_publisher', '_access', '_roots'),
    '3c': ('_page', '_subscriptions'),
    '4': (
        *('_sockets', '_identity', '_loops', '_connection', '_transport', '_owners', '_watch'),
        *('_listening', '_admission', '_neighbours', '_worker'),
    ),
    '4b': ('_calls', '_crowd', '_timetable', '_fetch', '_life', '_outlets', '_network', '_plain'),
    '4c': ('_notifier', '_links', '_news'),
    '4d': ('_events',),
    '4e': ('_answers',),
    '4f': ('_control', '_subscribing', '_streaming', '_pages', '_advertising'),
    '4g': ('_presentation',),
    '5': ('SSDP', 'HTTP'),
    '5b': ('_publication',),
    '6': ('UPnP',),
    '7': ('_visits',),
    '8': ('__init__', '__main__'),
}
PURE_LEVELS = ('0', '1', '1b', '1c', '1d', '2', '3', '3b', '3c')
KNOWN_LEVELS = {'4': ('0', '1', '1b', '2')}  # where not every lower level may be known
SIDEWAYS = {
    ('__main__', '__init__'),
    ('Objects', '_reading'),  # fromXml, which finds its reader when first called: the one step upward
}

IMPURE = {'asyncio', 'socket', 'threading', 'os', 'time', 'logging'}
DEPENDENCIES = {'ssdp': ('SSDP', '_advertising'), 'netifaces': ('_watch', '_identity')}

MODULES = sorted(path.stem for path in PACKAGE.glob('*.py'))
LEVEL_OF = {module: level for level, modules in LEVELS.items() for module in modules}
ORDER = list(LEVELS)


class Import(NamedTuple):
    """One imported module: ours by its bare name, others by their full one."""

    name: str
    isOurs: bool
    node: ast.stmt


def source(module: str) -> str:
    """The text of a module of ours."""
    return (PACKAGE / f'{module}.py').read_text('utf-8')


@cache
def nodes(text: str) -> list[ast.AST]:
    """Everything in a module's text."""
    return list(ast.walk(ast.parse(text)))


def imports(text: str) -> Iterator[Import]:
    """Yield every import in a module's text, in functions and for type checkers too."""
    for node in nodes(text):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top, _, rest = alias.name.partition('.')
                yield Import(rest or '__init__' if top == 'upnp' else alias.name, top == 'upnp', node)
        elif isinstance(node, ast.ImportFrom):
            yield from importsFrom(node)


def importsFrom(node: ast.ImportFrom) -> Iterator[Import]:
    """Yield what a ``from ... import`` reaches: of the package, each name is a module or stands in ``__init__``."""
    top, _, rest = (node.module or '').partition('.')
    if node.level == 0 and top != 'upnp':
        yield Import(node.module or '', False, node)
    elif inner := node.module if node.level else rest:
        yield Import(inner, True, node)
    else:
        for alias in node.names:
            yield Import(alias.name if alias.name in MODULES else '__init__', True, node)


def isAllowed(importer: str, imported: str) -> bool:
    """Tell whether the table lets one module of ours import another."""
    if importer not in LEVEL_OF or imported not in LEVEL_OF:
        return False
    mine, other = LEVEL_OF[importer], LEVEL_OF[imported]
    lower = KNOWN_LEVELS.get(mine, tuple(ORDER[: ORDER.index(mine)]))
    return other in lower or (importer, imported) in SIDEWAYS


def innerImports(text: str) -> set[int]:
    """Return the lines of the imports that stand in functions."""
    functions = [one for one in nodes(text) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    inner = [node for function in functions for node in ast.walk(function)]
    return {node.lineno for node in inner if isinstance(node, ast.Import | ast.ImportFrom)}


def test_every_module_has_its_row_and_every_row_its_module() -> None:
    assert sorted(LEVEL_OF) == MODULES
    assert sum(map(len, LEVELS.values())) == len(MODULES)


def test_there_are_no_packages_inside_the_package() -> None:
    assert [path.name for path in PACKAGE.iterdir() if path.is_dir() and list(path.glob('*.py'))] == []


@pytest.mark.parametrize('module', MODULES)
def test_a_module_imports_from_lower_levels_only(module: str) -> None:
    ours = {one.name for one in imports(source(module)) if one.isOurs}
    assert [name for name in sorted(ours) if not isAllowed(module, name)] == []


@pytest.mark.parametrize('module', [module for level in PURE_LEVELS for module in LEVELS[level]])
def test_a_pure_module_imports_nothing_of_the_outside_world(module: str) -> None:
    others = {one.name.partition('.')[0] for one in imports(source(module)) if not one.isOurs}
    assert others & IMPURE == set()


@pytest.mark.parametrize('module', MODULES)
def test_a_module_imports_the_standard_library_and_the_dependencies_in_their_place(module: str) -> None:
    others = {one.name.partition('.')[0] for one in imports(source(module)) if not one.isOurs}
    foreign = others - sys.stdlib_module_names
    assert [name for name in sorted(foreign) if module not in DEPENDENCIES.get(name, ())] == []


@pytest.mark.parametrize('module', MODULES)
def test_no_module_imports_everything_of_another(module: str) -> None:
    froms = [one.node for one in imports(source(module)) if isinstance(one.node, ast.ImportFrom)]
    assert [node.lineno for node in froms if node.names[0].name == '*'] == []


@pytest.mark.parametrize('module', MODULES)
def test_an_import_in_a_function_has_its_reason_beside_it(module: str) -> None:
    lines = source(module).splitlines()
    assert [lines[number - 1] for number in innerImports(source(module)) if '  # ' not in lines[number - 1]] == []


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('import os.path', [('os.path', False)]),
        ('from os import path', [('os', False)]),
        ('import upnp', [('__init__', True)]),
        ('import upnp.HTTP', [('HTTP', True)]),
        ('from upnp.HTTP import HTTP', [('HTTP', True)]),
        ('from upnp import HTTP, Device', [('HTTP', True), ('__init__', True)]),
        ('from . import SSDP', [('SSDP', True)]),
        ('from .SSDP import Notify', [('SSDP', True)]),
        ('if TYPE_CHECKING:\n    from .UPnP import Announcer', [('UPnP', True)]),
        ('def f():\n    from .UPnP import Announcer', [('UPnP', True)]),
    ],
)
def test_every_way_to_import_is_seen(text: str, expected: list[tuple[str, bool]]) -> None:
    assert [(one.name, one.isOurs) for one in imports(text)] == expected


@pytest.mark.parametrize(
    ('importer', 'imported'),
    [
        *(('Objects', 'Description'), ('_page', 'HTTP'), ('_xml', '_message'), ('SSDP', 'HTTP'), ('_xml', '__init__')),
        *(('Description', '_page'), ('_watch', '_discovery'), ('_loops', '_watch'), ('UPnP', '__init__')),
        *(('unknown', 'Errors'), ('UPnP', 'unknown')),
    ],
)
def test_upward_and_sideways_are_refused(importer: str, imported: str) -> None:
    assert not isAllowed(importer, imported)
