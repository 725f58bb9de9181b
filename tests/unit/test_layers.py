"""The order of the package: each folder is a chapter of UPnP and rests on those below it; most modules are pure."""

import ast
import sys

import pytest

from tests.structure import (
    CIRCLE,
    DEPENDENCIES,
    FOLDERS,
    KNOWS,
    MODULES,
    PACKAGE,
    PUBLIC,
    SHARED,
    imports,
    innerImports,
    isAllowed,
    isNamedImpure,
    ourImports,
    outsideOf,
    source,
)


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
    assert bool(outsideOf(module)) == isNamedImpure(module)


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
