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

# Finds files as macOS and Windows do: whatever the case of the name that is asked for.
CASELESS = """
import importlib._bootstrap_external as finder
import os
exact = finder._path_stat
def stat(path):
    try:
        return exact(path)
    except FileNotFoundError:
        folder, name = os.path.split(path)
        for other in os.listdir(folder or '.'):
            if other.lower() == name.lower():
                return exact(os.path.join(folder, other))
        raise
finder._path_stat = stat
import upnp.http.message
import upnp.HTTP
print(upnp.HTTP.__file__, upnp.http.__file__, upnp.http.message.__file__)
"""

HEAVY = {
    *('aiohttp', 'argparse', 'cgi', 'concurrent.futures.process', 'ctypes', 'difflib', 'distutils', 'email.message'),
    *('http.client', 'http.cookies', 'http.server', 'importlib.metadata', 'inspect', 'json', 'multiprocessing'),
    *('pkg_resources', 'pprint', 'setuptools', 'socketserver', 'sqlite3', 'ssl', 'subprocess', 'tempfile', 'typeguard'),
    *('unittest', 'urllib.request', 'xml', 'xmlrpc'),
}
LATER = {
    *('__init__', '__main__', 'description.reading', 'eventing.delivery', 'eventing.notifier', 'http.client'),
    *('addressing.neighbours', 'addressing.netlink', 'addressing.portowners', 'addressing.watch'),
}
LATER_FOLDERS = ('presentation', 'commands')
MAX_FOREIGN_MODULES = 50  # those of the standard library and the dependencies, beyond asyncio's own


def printedBy(program: str) -> list[str]:
    """The words that a program prints, in a fresh process where every warning is an error."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(('COVERAGE', 'PYTHON'))}
    command = [sys.executable, '-X', 'dev', '-W', 'error', '-c', program]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, '')
    return ended.stdout.split()


@pytest.fixture(scope='module')
def gained() -> set[str]:
    """The modules that ``import upnp`` loads beyond asyncio."""
    return set(printedBy(PROGRAM))


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
    paths = [parts for parts in paths if parts[0] != '_pyinstaller']  # which PyInstaller imports
    parts = {'.'.join(parts[:-1] if parts[1:] and parts[-1] == '__init__' else parts) for parts in paths}
    expected = {part for part in parts - LATER if part.partition('.')[0] not in LATER_FOLDERS}
    loaded = {name.removeprefix('upnp.') for name in gained if name.startswith('upnp.')}
    assert loaded == expected


def test_import_loads_no_xml_parser(gained: set[str]) -> None:
    """Not until a request or fromXml needs one."""
    assert gained & {'pyexpat', 'xml.parsers.expat', 'xml.etree', 'defusedxml', 'decimal', '_decimal'} == set()


def test_a_public_module_and_a_folder_that_differ_by_case_are_told_apart_everywhere() -> None:
    paths = [Path(path).relative_to(ROOT).as_posix() for path in printedBy(CASELESS)]
    assert paths == ['upnp/HTTP.py', 'upnp/http/__init__.py', 'upnp/http/message.py']


def test_no_two_paths_are_equal_but_for_case() -> None:
    folders = [ROOT / name for name in ('upnp', 'tests', 'docs', 'examples', '.ci') if (ROOT / name).is_dir()]
    paths = [path.relative_to(ROOT).as_posix().lower() for folder in folders for path in folder.rglob('*')]
    assert sorted(paths) == sorted(set(paths))
