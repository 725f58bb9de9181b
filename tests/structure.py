"""The order of the package, and what each module imports: for the tests of it, the coverage and the drawing."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

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


MODULES = sorted(moduleAt(path) for path in PACKAGE.rglob('*.py') if '_pyinstaller' not in path.parts)
FOLDERS = sorted(path.parent.name for path in PACKAGE.glob('[!_]*/__init__.py'))


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


def outsideOf(module: str) -> set[str]:
    """What a module imports of the outside world."""
    return {one.name.partition('.')[0] for one in imports(source(module), module) if not one.isOurs} & OUTSIDE


def isNamedImpure(module: str) -> bool:
    """Tell whether a module is named as one that may touch the outside world."""
    folder, _, name = module.partition('.')
    return name in IMPURE.get(folder, '').split()


def pureModules() -> list[str]:
    """Return the modules that are pure and define something: those in the folders, and the exceptions."""
    return ['Errors', *(module for module in MODULES if '.' in module and not isNamedImpure(module))]


def ownTestOf(module: str) -> str:
    """Return where a pure module's own test is: ``tests/unit/http/test_message.py`` of ``http.message``."""
    *folders, name = module.split('.')
    return '/'.join(['tests/unit', *folders, f'test_{name.lower()}.py'])


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
