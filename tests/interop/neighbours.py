"""Other people's devices on the host of ours: minidlna, a media server, and the light of GUPnP's tools."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.lan.hosts import Host, endProgram
from tests.lan.ssdp import Listener
from tests.lan.tools import needsTool

MEDIA_SERVER, LIGHT = 'Cellar', 'Ceiling'
MEDIA_SERVER_ROOT = 'urn:schemas-upnp-org:device:MediaServer:1'
LIGHT_ROOT = 'urn:schemas-upnp-org:device:DimmableLight:1'
MINIDLNA, GUPNP_LIGHT, X_SERVER = 'minidlnad', 'gupnp-network-light', 'Xvfb'

MINIDLNA_CONFIGURATION = """\
media_dir={folder}/media
db_dir={folder}/db
log_dir={folder}/log
network_interface=eth0
port=8200
friendly_name={name}
inotify=no
"""


def startMinidlna(host: Host, folder: Path) -> subprocess.Popen[str]:
    """Start a media server without media: in the foreground (-d), with all its files in the folder."""
    needsTool(MINIDLNA)
    for name in ('media', 'db', 'log'):
        (folder / name).mkdir()
    configuration = folder / 'minidlna.conf'
    configuration.write_text(MINIDLNA_CONFIGURATION.format(folder=folder, name=MEDIA_SERVER))
    output = (folder / 'minidlna.log').open('w')  # it talks much: a pipe that nobody reads would stop it
    with output:
        return host.popen(
            *(MINIDLNA, '-d', '-f', configuration, '-P', folder / 'minidlna.pid'),
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def startLight(host: Host, display: str, folder: Path) -> subprocess.Popen[str]:
    """Start the light, a window on a display that nobody sees."""
    needsTool(GUPNP_LIGHT)
    environment = {'DISPLAY': display, 'NO_AT_BRIDGE': '1', 'GSETTINGS_BACKEND': 'memory', 'HOME': str(folder)}
    return host.popen(
        *(GUPNP_LIGHT, '-i', 'eth0', '-4', '--no-v6', '-n', LIGHT),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextlib.contextmanager
def display(host: Host) -> Iterator[str]:
    """Make an X display of a number that is free; `xvfb-run` would leave it and its program behind when ended."""
    needsTool(X_SERVER)
    server = host.popen(
        *(X_SERVER, '-displayfd', '1', '-nolisten', 'tcp', '-screen', '0', '320x240x24'), stderr=subprocess.DEVNULL
    )
    assert server.stdout is not None
    number = server.stdout.readline().strip()
    assert number.isdecimal(), f'{X_SERVER} ended with {server.poll()}'
    yield f':{number}'
    endProgram(server)


def waitUntilAnnounced(listener: Listener, deviceType: str) -> str:
    """Wait until a device of this type was announced; return its UDN."""
    seen = listener.waitFor(lambda seen: any(one.target == deviceType for one in seen))
    return next(one.usn for one in seen if one.target == deviceType).partition('::')[0]
