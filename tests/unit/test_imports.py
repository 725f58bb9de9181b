"""What ``import upnp`` costs: no warning, and nothing heavy beyond asyncio."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import upnp

ROOT = Path(upnp.__file__).parent.parent

PROGRAM = """
import sys
import asyncio
before = set(sys.modules)
import upnp
print(*sorted(set(sys.modules) - before))
"""

HEAVY = {
    *('aiohttp', 'argparse', 'cgi', 'concurrent.futures.process', 'ctypes', 'difflib', 'distutils', 'email.message'),
    *('http.client', 'http.cookies', 'http.server', 'importlib.metadata', 'inspect', 'json', 'multiprocessing'),
    *('pkg_resources', 'pprint', 'setuptools', 'socketserver', 'sqlite3', 'ssl', 'subprocess', 'tempfile', 'typeguard'),
    *('unittest', 'urllib.request', 'xml', 'xmlrpc'),
}
LATER = {
    *('__init__', '__main__', 'description.reading', 'eventing.notifier', 'http.client', 'addressing.neighbours'),
    *('addressing.netlink', 'addressing.portowners', 'addressing.watch'),
}
LATER_FOLDERS = ('presentation', 'commands')
MAX_FOREIGN_MODULES = 50  # those of the standard library and the dependencies, beyond asyncio's own


@pytest.fixture(scope='module')
def gained() -> set[str]:
    """The modules that ``import upnp`` loads beyond asyncio, in a fresh process where every warning is an error."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(('COVERAGE', 'PYTHON'))}
    command = [sys.executable, '-X', 'dev', '-W', 'error', '-c', PROGRAM]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, '')
    return set(ended.stdout.split())


def test_import_raises_no_warning_and_prints_nothing(gained: set[str]) -> None:
    assert 'upnp' in gained


def test_import_loads_nothing_heavy(gained: set[str]) -> None:
    heavy = {name for name in gained if any(name == one or name.startswith(f'{one}.') for one in HEAVY)}
    assert sorted(heavy) == []


def test_import_loads_few_modules(gained: set[str]) -> None:
    foreign = sorted(name for name in gained if name.partition('.')[0] != 'upnp')
    assert len(foreign) <= MAX_FOREIGN_MODULES, foreign


def test_import_loads_every_part_but_what_is_loaded_when_needed(gained: set[str]) -> None:
    package = Path(upnp.__file__).parent
    paths = [path.relative_to(package).with_suffix('').parts for path in package.rglob('*.py')]
    parts = {'.'.join(parts[:-1] if parts[1:] and parts[-1] == '__init__' else parts) for parts in paths}
    expected = {part for part in parts - LATER if part.partition('.')[0] not in LATER_FOLDERS}
    loaded = {name.removeprefix('upnp.') for name in gained if name.startswith('upnp.')}
    assert loaded - {'presentation', 'presentation.answers'} == expected  # which HTTP imports yet


def test_import_loads_no_xml_parser(gained: set[str]) -> None:
    """Not until a request or fromXml needs one."""
    assert gained & {'pyexpat', 'xml.parsers.expat', 'xml.etree', 'defusedxml', 'decimal', '_decimal'} == set()
