"""``python -m tests.bench [--only NAME] [--quick] [--json PATH]``: prints the table, writes JSON, asserts nothing.

With ``--against CHECKOUT`` another checkout of ours stands in the place of the other server: a change beside the commit
before it, in one interleaved run.
"""

import argparse
import json
import platform
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.bench.measures import MEASURES, Row
from tests.bench.setting import Setting

COLUMNS = ('measure', 'unit', 'ours', 'theirs', 'ratio', 'goal', '', 'note')
FULL_ROUNDS, QUICK_ROUNDS, QUICK_SCALE = 7, 3, 0.3


def parseArguments() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog='python -m tests.bench', description=__doc__)
    parser.add_argument('--only', action='append', choices=list(MEASURES), help='one measure; may be repeated')
    parser.add_argument('--quick', action='store_true', help='fewer rounds of less load')
    parser.add_argument('--rounds', type=int, help=f'pairs of a measure, {FULL_ROUNDS} by default')
    parser.add_argument('--json', type=Path, help='where to write the result; a temporary file by default')
    parser.add_argument('--against', type=Path, metavar='CHECKOUT', help='another checkout of ours to compare with')
    parser.add_argument('--python', default=sys.executable, help='the Python that has both servers')
    return parser.parse_args()


def numberText(value: float | None) -> str:
    """Return three significant digits, or nothing for None."""
    if value is None:
        return ''
    return f'{value:.0f}' if value == int(value) or value >= 100 else f'{value:.3g}'


def cellsOf(row: Row) -> tuple[str, ...]:
    """Return a row's cells."""
    goal = '' if row.goal is None else f'<= {row.goal:g}'
    verdict = '' if row.goal is None else ('reached' if row.isReached else 'MISSED')
    ratio = '' if row.ratio is None else f'{row.ratio:.3f}'
    return row.measure, row.unit, numberText(row.ours), numberText(row.theirs), ratio, goal, verdict, row.note


def tableOf(rows: list[Row]) -> str:
    """Return the rows as a text table."""
    lines = [COLUMNS, *(cellsOf(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    rightward = range(2, 5)
    texts = []
    for line in lines:
        cells = zip(range(len(COLUMNS)), line, widths, strict=True)
        texts.append('  '.join(cell.rjust(w) if n in rightward else cell.ljust(w) for n, cell, w in cells).rstrip())
    return '\n'.join(texts) + '\n'


def write(rows: list[Row], path: Path | None) -> Path:
    """Write the rows as JSON, and return where."""
    if path is None:
        path = Path(tempfile.mkdtemp(prefix='upnp-bench-')) / 'bench.json'
    about = {'python': platform.python_version(), 'system': platform.platform(), 'machine': platform.machine()}
    path.write_text(json.dumps(about | {'rows': [asdict(row) for row in rows]}, indent=1) + '\n')
    return path


def main() -> None:
    """Measure, print, write."""
    options = parseArguments()
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else FULL_ROUNDS)
    rows: list[Row] = []
    scale = QUICK_SCALE if options.quick else 1.0
    with Setting(options.python, rounds, scale, options.against and options.against.resolve()) as setting:
        for name in options.only or MEASURES:
            sys.stderr.write(f'{name} ...\n')
            rows += MEASURES[name](setting)
    sys.stdout.write(tableOf(rows))
    sys.stdout.write(f'\nwritten to {write(rows, options.json)}\n')


if __name__ == '__main__':
    main()
