"""The hosts of tests/lan, here with other people's programs on the one that searches."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from tests.lan.conftest import deviceHost, lan, network, prompt, searcher
from tests.lan.prompt import Prompt

__all__ = ['deviceHost', 'iconFile', 'lamp', 'lan', 'network', 'prompt', 'searcher']

ICON_PIXELS = 48
TRUE_COLOUR = 2
SWITCH_ACTIONS = [
    {
        'name': 'SetTarget',
        'arguments': [{'name': 'newTargetValue', 'direction': 'in', 'relatedStateVariable': 'Target'}],
    },
    {
        'name': 'GetStatus',
        'arguments': [{'name': 'ResultStatus', 'direction': 'out', 'relatedStateVariable': 'Status'}],
    },
]
SWITCH_VARIABLES = [
    {'name': 'Target', 'dataType': 'boolean', 'defaultValue': False},
    {'name': 'Status', 'dataType': 'boolean', 'defaultValue': False, 'sendEvents': True},
]


@pytest.fixture
def iconFile(tmp_path: Path) -> Path:
    """A PNG of 48 x 48 pixels of 24 bits."""
    path = tmp_path / 'lamp.png'
    path.write_bytes(pngBytes(ICON_PIXELS, b'\xff\xc0\x00'))
    return path


@pytest.fixture
def lamp(prompt: Prompt, iconFile: Path) -> Prompt:
    """A prompt where a `lamp` with icon, actions and an embedded device is announced by `server`, on port 5000."""
    prompt.do('lamp = makeLamp()')
    prompt.do(f'lamp.addIcon(upnp.Icon({{"path": {str(iconFile)!r}}}))')
    prompt.do(f'lamp.services[0].actions = {SWITCH_ACTIONS!r}')
    prompt.do(f'lamp.services[0].stateVariables = {SWITCH_VARIABLES!r}')
    prompt.do('server = upnp.Announcer(lamp)')
    prompt.do('await server.start()')
    return prompt


def pngBytes(pixels: int, colour: bytes) -> bytes:
    """Return a square picture of one colour."""
    header = struct.pack('>IIBBBBB', pixels, pixels, 8, TRUE_COLOUR, 0, 0, 0)
    rows = (b'\0' + colour * pixels) * pixels
    chunks = chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')
    return b'\x89PNG\r\n\x1a\n' + chunks


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack('>I', len(content)) + kind + content + struct.pack('>I', zlib.crc32(kind + content))
