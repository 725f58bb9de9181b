"""The order of the package: each folder is a chapter of UPnP and rests on those below it; most modules are pure."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import upnp

PACKAGE = Path(upnp.__file__).parent

# What each folder may import, besides itself and what is shared.
SHARED = {'Errors', '_version', 'base'}
KNOWS = {
    'base': set(),
    'addressing': set(),
    'http': {'addressing'},
    'description': {'addressing', 'http'},
    'discovery': {'addressing', 'http', 'description'},
    'control': {'addressing', 'http', 'description'},
    'eventing': {'addressing', 'http', 'description'},
    'presentation': {'addressing', 'http', 'description', 'control', 'eventing'},
    'announcer': {'addressing', 'http', 'description', 'discovery', 'control', 'eventing', 'presentation'},
}
KNOWS['commands'] = {*KNOWS['announcer'], 'announcer'}
# The public modules hand out the documented names and define nothing; nobody inside imports them.
PUBLIC = {'__init__', '__main__', 'UPnP', 'Objects', 'HTTP', 'SSDP'}
# fromXml finds its reader when it is first called: the one circle of modules.
CIRCLE = {('description.device', 'description.reading')}

# The outside world, and the modules that may touch it; every other one is pure.
OUTSIDE = {'asyncio', 'socket', 'threading', 'os', 'time', 'logging', 'pkgutil'}
IMPURE = {
    'base': 'loops',
    'addressing': 'machine neighbours network portowners watch',
    'http': 'answers client connections listener server table transport',
    'description': 'answers',
    'discovery': 'endpoints messages schedule sockets ssdp transport',
    'control': 'answers calls worker',
    'eventing': 'answers events notifier',
    'presentation': 'answers custompages streams',
    'announcer': 'announcer lifecycle preparation',
    'commands': 'activity announce main',
}
DEPENDENCIES = {
    'ssdp': {'discovery.ssdp', 'discovery.messages'},
    'netifaces': {'addressing.watch', 'addressing.machine'},
}


class Import(NamedTuple):
    """One imported module: ours by its dotted name in the package, others by their full one."""

    name: str
    isOurs: bool
    node: ast.stmt


@cache
def source(module: str) -> str:
    """The text of a module of ours."""
    return pathOf(module).read_text('utf-8')


def pathOf(module: str) -> Path:
    """Where a module stands; a folder's is its docstring."""
    path = PACKAGE.joinpath(*module.split('.'))
    return path / '__init__.py' if path.is_dir() else path.with_suffix('.py')


def moduleAt(path: Path) -> str:
    """The dotted name of a module in the package; a folder's is the folder."""
    parts = path.relative_to(PACKAGE).with_suffix('').parts
    return '.'.join(parts[:-1] if len(parts) > 1 and parts[-1] == '__init__' else parts)


MODULES = sorted(moduleAt(path) for path in PACKAGE.rglob('*.py'))
FOLDERS = sorted(path.parent.name for path in PACKAGE.glob('*/__init__.py'))


@cache
def nodes(text: str) -> list[ast.AST]:
    """Everything in a module's text."""
    return list(ast.walk(ast.parse(text)))


def imports(text: str, module: str) -> Iterator[Import]:
    """Yield every import in a module's text, in functions and for type checkers too."""
    for node in nodes(text):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top, _, rest = alias.name.partition('.')
                yield Import(rest or '__init__' if top == 'upnp' else alias.name, top == 'upnp', node)
        elif isinstance(node, ast.ImportFrom):
            yield from importsFrom(node, module)


def importsFrom(node: ast.ImportFrom, module: str) -> Iterator[Import]:
    """Yield what a ``from ... import`` reaches: of a folder, each name is a module of it."""
    here = module.split('.') if module in FOLDERS else module.split('.')[:-1]
    there = here[: len(here) - node.level + 1] if node.level else []
    parts = [*there, *(node.module or '').split('.')] if node.module else there
    if not node.level:
        if parts[0] != 'upnp':
            yield Import(node.module or '', False, node)
            return
        parts = parts[1:]
    for alias in node.names:
        for name in ('.'.join([*parts, alias.name]), '.'.join(parts), '__init__'):
            if name in MODULES:
                yield Import(name, True, node)
                break


def ourImports(module: str) -> set[str]:
    """What a module imports of ours."""
    return {one.name for one in imports(source(module), module) if one.isOurs}


def isAllowed(importer: str, imported: str) -> bool:
    """Tell whether the order lets one module of ours import another."""
    mine, other = importer.partition('.')[0], imported.partition('.')[0]
    if mine in PUBLIC:
        return other not in PUBLIC or mine == '__init__'
    return mine in KNOWS and (other in {mine} | SHARED | KNOWS[mine])


def innerImports(text: str) -> set[int]:
    """Return the lines of the imports that stand in functions."""
    functions = [one for one in nodes(text) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    inner = [node for function in functions for node in ast.walk(function)]
    return {node.lineno for node in inner if isinstance(node, ast.Import | ast.ImportFrom)}


def test_every_folder_has_its_row_and_every_row_its_folder() -> None:
    assert sorted(KNOWS) == FOLDERS


def test_what_stands_outside_the_folders_is_public_or_shared() -> None:
    assert {module for module in MODULES if '.' not in module} == PUBLIC | SHARED | set(KNOWS)


@pytest.mark.parametrize('module', sorted(PUBLIC))
def test_a_public_module_defines_nothing(module: str) -> None:
    kinds = {type(node) for node in ast.parse(source(module)).body}
    assert kinds <= {ast.Expr, ast.Import, ast.ImportFrom, ast.Assign, ast.If}
    names = [ast.unparse(node.targets[0]) for node in ast.parse(source(module)).body if isinstance(node, ast.Assign)]
    assert names == ['__all__']


@pytest.mark.parametrize('module', MODULES)
def test_a_module_imports_from_its_own_folder_and_those_below(module: str) -> None:
    assert [name for name in sorted(ourImports(module)) if not isAllowed(module, name)] == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    left = {module: {n for n in ourImports(module) - {module} if (module, n) not in CIRCLE} for module in MODULES}
    while free := {module for module, names in left.items() if not names & left.keys()}:
        left = {module: names for module, names in left.items() if module not in free}
    assert left == {}


@pytest.mark.parametrize('module', MODULES)
def test_a_module_is_pure_unless_it_is_named(module: str) -> None:
    others = {one.name.partition('.')[0] for one in imports(source(module), module) if not one.isOurs}
    folder, _, name = module.partition('.')
    assert bool(others & OUTSIDE) == (name in IMPURE.get(folder, '').split())


@pytest.mark.parametrize('module', MODULES)
def test_a_module_imports_the_standard_library_and_the_dependencies_in_their_place(module: str) -> None:
    others = {one.name.partition('.')[0] for one in imports(source(module), module) if not one.isOurs}
    foreign = others - sys.stdlib_module_names
    assert [name for name in sorted(foreign) if module not in DEPENDENCIES.get(name, ())] == []


@pytest.mark.parametrize('module', MODULES)
def test_no_module_imports_everything_of_another(module: str) -> None:
    froms = [one.node for one in imports(source(module), module) if isinstance(one.node, ast.ImportFrom)]
    assert [node.lineno for node in froms if node.names[0].name == '*'] == []


@pytest.mark.parametrize('module', MODULES)
def test_an_import_in_a_function_has_its_reason_beside_it(module: str) -> None:
    lines = source(module).splitlines()
    assert [lines[number - 1] for number in innerImports(source(module)) if '  # ' not in lines[number - 1]] == []


@pytest.mark.parametrize('folder', FOLDERS)
def test_a_folder_tells_its_chapter_and_holds_modules_without_underscores(folder: str) -> None:
    (docstring,) = ast.parse(source(folder)).body
    assert isinstance(docstring, ast.Expr)
    assert isinstance(docstring.value, ast.Constant)
    names = [path.name for path in (PACKAGE / folder).iterdir() if path.name not in ('__init__.py', '__pycache__')]
    assert [name for name in names if name.startswith('_')] == []


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('import os.path', [('os.path', False)]),
        ('from os import path', [('os', False)]),
        ('import upnp', [('__init__', True)]),
        ('import upnp.HTTP', [('HTTP', True)]),
        ('import upnp.http.message', [('http.message', True)]),
        ('from upnp.HTTP import HTTP', [('HTTP', True)]),
        ('from upnp import HTTP, Device', [('HTTP', True), ('__init__', True)]),
        ('from ..Errors import UPnPError', [('Errors', True)]),
        ('from .. import SSDP', [('SSDP', True)]),
        ('from ..base import loops, xml', [('base.loops', True), ('base.xml', True)]),
        ('from ..base.loops import runsHere', [('base.loops', True)]),
        ('from .message import parse', [('http.message', True)]),
        ('from . import message', [('http.message', True)]),
        ('if TYPE_CHECKING:\n    from .message import parse', [('http.message', True)]),
        ('def f():\n    from .message import parse', [('http.message', True)]),
    ],
)
def test_every_way_to_import_is_seen(text: str, expected: list[tuple[str, bool]]) -> None:
    assert [(one.name, one.isOurs) for one in imports(text, 'http.client')] == expected


@pytest.mark.parametrize(
    ('importer', 'imported'),
    [
        *(('base.xml', 'http.message'), ('addressing.access', 'http.message'), ('http.client', 'description.urn')),
        *(('discovery.targets', 'eventing.gena'), ('control.soap', 'eventing.gena'), ('eventing.gena', 'control.soap')),
        *(('description.elements', 'discovery.targets'), ('presentation.page', 'discovery.targets')),
        *(
            ('announcer.lifecycle', 'commands.activity'),
            ('Errors', 'base.limits'),
            ('http.client', 'HTTP'),
            ('unknown', 'http.message'),
        ),
    ],
)
def test_upward_and_sideways_are_refused(importer: str, imported: str) -> None:
    assert not isAllowed(importer, imported)
