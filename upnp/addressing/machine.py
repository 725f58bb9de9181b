"""Who this machine is: its identity, its names, its operating system."""

import os
import re
import socket
import sys
from collections.abc import Iterator

from ..Errors import DescriptionError

__all__ = ['hostNames', 'machineIdentity', 'systemToken']

BOARD_SERIALS = ('/sys/firmware/devicetree/base/serial-number', '/proc/device-tree/serial-number')
CPU_FILE = '/proc/cpuinfo'
MACHINE_IDS = ('/etc/machine-id', '/var/lib/dbus/machine-id')
LOCALLY_ADMINISTERED = 0x02  # of a MAC's first byte: made up, so not permanent
HOSTS_FILE = '/etc/hosts'
RESOLVER_FILE = '/etc/resolv.conf'
LOCALHOST = 'localhost'
LOCAL_DOMAIN = 'local'  # of multicast DNS (RFC 6762)
MAX_IDENTITY_BYTES = 65536


def machineIdentity() -> str:
    """Return what tells this machine from every other and survives a restart.

    The board's serial number, else the machine-id, else the first permanent MAC address.

    :raises DescriptionError: it has none of them; then a ``uuid`` has to be given.
    """
    for source in (boardSerials, machineIds, permanentMacs):
        for identity in source():
            return f'{source.__name__}:{identity}'
    raise DescriptionError(
        'this machine has no serial number, machine-id or MAC address to derive a uuid from: give one'
    )


def boardSerials() -> Iterator[str]:
    """Yield the serial numbers of a board; one of zeros only is none."""
    for path in BOARD_SERIALS:
        yield from (text for text in [textOf(path)] if text.strip('0'))
    for line in textOf(CPU_FILE).splitlines():
        name, _, value = line.partition(':')
        if name.strip() == 'Serial' and value.strip(' 0'):
            yield value.strip()


def machineIds() -> Iterator[str]:
    """Yield the operating system's machine-id; ``uninitialized`` stands there before the first boot is over."""
    yield from (text for path in MACHINE_IDS if (text := textOf(path)) and text != 'uninitialized')


def permanentMacs() -> Iterator[str]:
    """Yield the MAC addresses that come with the hardware, in the order of the interfaces' names."""
    import netifaces  # here, as nearly every machine has one of the others

    for name in sorted(netifaces.interfaces()):
        for entry in netifaces.ifaddresses(name).get(netifaces.AF_LINK, ()):
            mac = str(entry.get('addr', ''))
            first = mac.partition(':')[0]
            if mac.strip('0:') and len(first) == 2 and not int(first, 16) & LOCALLY_ADMINISTERED:
                yield mac.lower()


def hostNames() -> frozenset[str]:
    """Return the names that this machine goes by on its network, in lower case; it asks files, and no name server.

    They are the host name, with ``.local`` and with the domains of the network, and what the hosts file calls it.
    """
    own = socket.gethostname().lower().rstrip('.')
    if not own:
        return frozenset()
    first = own.partition('.')[0]
    names = {own, first, *(f'{first}.{domain}' for domain in (LOCAL_DOMAIN, *searchDomains()))}
    for line in textOf(HOSTS_FILE).lower().splitlines():
        _, *aliases = line.partition('#')[0].split() or ['']
        if own in aliases or first in aliases:
            names |= {alias.rstrip('.') for alias in aliases}
    return frozenset(names - {LOCALHOST})  # which is another machine for everybody else


def searchDomains() -> Iterator[str]:
    """Yield the domains that the names of this network are in, as the router or the user has told."""
    for line in textOf(RESOLVER_FILE).lower().splitlines():
        keyword, *domains = line.split() or ['']
        if keyword in ('search', 'domain'):
            yield from (domain.strip('.') for domain in domains if domain.strip('.'))


def systemToken() -> str:
    """Return the operating system as a product token, such as ``Linux/6.1``: the first of SERVER (UDA 1.1 §1.2.2)."""
    if sys.platform == 'win32':
        version = sys.getwindowsversion()
        return f'Windows/{version.major}.{version.minor}'
    system = os.uname()
    return f'{system.sysname}/{".".join(re.findall(r"[0-9]+", system.release)[:2]) or 0}'


def textOf(path: str) -> str:
    """Return a small file's text without NULs and white space around it; nothing when it cannot be read."""
    try:
        with open(path, 'rb') as file:
            return file.read(MAX_IDENTITY_BYTES).decode('utf-8', 'replace').strip('\0\r\n\t ')
    except OSError:
        return ''
