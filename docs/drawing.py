"""Draw the folders of the package, and what rests on what, from the imports in its source.

    python -m docs.drawing          # docs/images/folders.svg

In each folder, pure modules and those that touch the outside world are listed apart.
A test holds the drawing against the source. Lines that follow from others are left out.
"""

from __future__ import annotations

import ast
import textwrap
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from tests.structure import outsideOf

PACKAGE = Path(__file__).parent.parent / 'upnp'
PICTURE = Path(__file__).parent / 'images' / 'folders.svg'

WIDTH, MARGIN, GAP, ROW_GAP = 900, 10, 20, 34
LINE_HEIGHT, PADDING = 17, 10
CHARACTER_WIDTH = 6.9  # of 13 px in the fonts that are named, with room to spare
STYLE = """
  text { font: 13px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #222 }
  .name { font-weight: 600; font-size: 15px }
  .what { font-style: italic }
  rect { fill: #f6f8fa; stroke: #7a8794; rx: 6px }
  path { fill: none; stroke: #7a8794; stroke-width: 1.5 }
"""


TOP = 'upnp'  # the package itself, with the modules that stand outside the folders
WHAT_TOP = 'The public modules: they hand out the documented names'
GROUND = ('Errors', '_version')  # which all may use


@cache
def folders() -> dict[str, list[str]]:
    """Return the modules of each folder, and of the package itself."""
    inits = [PACKAGE / '__init__.py', *sorted(PACKAGE.glob('[!_]*/__init__.py'))]
    found = {init.parent.name: sorted(path.stem for path in init.parent.glob('*.py') if path != init) for init in inits}
    found[TOP] = [name for name in found[TOP] if name not in GROUND]
    return found


@cache
def imported(folder: str) -> frozenset[str]:
    """Return the folders that one imports from."""
    found = set()
    here, level = (PACKAGE, 1) if folder == TOP else (PACKAGE / folder, 2)
    for path in here.glob('*.py'):
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            if isinstance(node, ast.ImportFrom) and node.level == level:
                names = [node.module] if node.module else [alias.name for alias in node.names]
                found |= {name.partition('.')[0] for name in names}
    return frozenset(found & folders().keys() - {folder})


def restsOn(folder: str) -> list[str]:
    """Return the folders that one rests on directly: what others that it rests on rest on is left out."""
    through = {below for other in imported(folder) for below in everythingBelow(other)}
    return sorted(imported(folder) - through)


@cache
def everythingBelow(folder: str) -> frozenset[str]:
    """Return all folders that one rests on."""
    return imported(folder).union(*(everythingBelow(other) for other in imported(folder)))


def level(folder: str) -> int:
    """Return on which row a folder stands: above all that it rests on."""
    return max((level(other) + 1 for other in imported(folder)), default=0)


def rows() -> list[list[str]]:
    """Return the folders row by row, from the top; those that the row above rests on stand together, on the right."""
    names = list(folders())
    found: list[list[str]] = []
    for row in range(max(map(level, names)), -1, -1):
        above = {other for name in (found[-1] if found else ()) for other in restsOn(name)}
        found.append(sorted((name for name in names if level(name) == row), key=lambda name: (name in above, name)))
    return found


def spans() -> dict[str, tuple[float, float]]:
    """Return where each box begins and ends: a row is as wide as the drawing, or as what it rests on in the next."""
    found: dict[str, tuple[float, float]] = {}
    below: list[str] = []
    for names in reversed(rows()):
        left, right = MARGIN, WIDTH - MARGIN
        carrying = [name for name in below if any(name in restsOn(upper) for upper in names)]
        if 1 < len(carrying) < len(below):
            left, right = min(found[name][0] for name in carrying), max(found[name][1] for name in carrying)
        width = (right - left - (len(names) - 1) * GAP) / len(names)
        for column, name in enumerate(names):
            found[name] = left + column * (width + GAP), left + column * (width + GAP) + width
        below = names
    return found


def what(folder: str) -> str:
    """Return what a folder is, as its docstring begins."""
    if folder == TOP:
        return WHAT_TOP
    docstring = ast.get_docstring(ast.parse((PACKAGE / folder / '__init__.py').read_text('utf-8'))) or ''
    return docstring.partition('\n')[0].rstrip('.').replace('``', '')


def linesOf(folder: str, width: float) -> list[tuple[str, str]]:
    """Return the lines in a box, each with its class."""
    characters = int((width - 2 * PADDING) / CHARACTER_WIDTH)
    lines = [('name', folder)]
    lines += [('what', line) for line in textwrap.wrap(what(folder), characters)]
    kinds = {'': folders()[folder]}
    if folder != TOP:
        kinds = {'pure: ': [], 'not pure: ': []}
        for module in folders()[folder]:
            kinds['not pure: ' if outsideOf(f'{folder}.{module}') else 'pure: '].append(module)
    for kind, modules in kinds.items():
        if modules:
            lines += [('modules', line) for line in textwrap.wrap(kind + ', '.join(modules), characters)]
    return lines


def box(lines: list[tuple[str, str]], x: float, y: float, width: float, height: float) -> list[str]:
    """Return the elements of a box."""
    elements = [f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"/>']
    for index, (kind, line) in enumerate(lines):
        at = f'x="{x + PADDING:g}" y="{y + PADDING + 12 + index * LINE_HEIGHT:g}"'
        elements.append(f'<text {at} class="{kind}">{escape(line)}</text>')
    return elements


def drawing() -> str:
    """Return the picture."""
    boxes: list[str] = []
    places: dict[str, tuple[float, float]] = {}  # by folder: the top and the bottom
    wide = spans()
    y: float = MARGIN
    for names in rows():
        texts = {name: linesOf(name, wide[name][1] - wide[name][0]) for name in names}
        height = max(map(len, texts.values())) * LINE_HEIGHT + 2 * PADDING
        for name in names:
            left, right = wide[name]
            boxes += box(texts[name], left, y, right - left, height)
            places[name] = y, y + height
        y += height + ROW_GAP
    lines = [lineBetween(name, other, wide, places) for name in places for other in restsOn(name)]
    height = y - ROW_GAP + MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" height="{height:g}">'
    )
    title = '<title>The folders of the package: each rests on those that lines lead down to</title>'
    ground = f'<rect width="{WIDTH}" height="{height:g}" style="fill:#fff;stroke:none"/>'
    return '\n'.join([head, title, f'<style>{STYLE}</style>', ground, *lines, *boxes, '</svg>', ''])


def lineBetween(
    name: str, other: str, wide: dict[str, tuple[float, float]], places: dict[str, tuple[float, float]]
) -> str:
    """Return the line from a folder down to another one: straight down in the middle of the narrower box."""
    narrow = min(name, other, key=lambda one: wide[one][1] - wide[one][0])
    x = sum(wide[narrow]) / 2
    return f'<path d="M{x:g} {places[name][1]:g}V{places[other][0]:g}"/>'


if __name__ == '__main__':
    PICTURE.write_text(drawing(), 'utf-8')
