"""Who holds a port of this machine, as ``/proc`` tells on Linux; knows nothing of why one asks.

It reads files, and of many processes at the worst: not for the event loop's own thread. Whether a socket shares its
port (SO_REUSEADDR) is not to be read there: all who hold it are told.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress

__all__ = ['portOwners']

PROC = '/proc'
TCP_LISTEN = '0A'  # include/net/tcp_states.h, in hexadecimal as all of the table but the user and the inode
LOCAL_ADDRESS, STATE, UID, INODE = 1, 3, 7, 9  # columns of /proc/net/udp and of its three relatives


def portOwners(port: int, protocol: str, proc: str = PROC) -> list[str]:
    """Return who holds a port: ``minidlnad (pid 123)``, of ourselves ``this program``.

    Where the process may not be looked at, its user is named. What cannot be read is passed over, so nobody may be
    named at all: on other systems, or for a process that ends meanwhile. It never raises.

    :param protocol: ``udp``, or ``tcp`` for those who listen.
    :param proc: the seam to the machine.
    """
    users = dict(socketsAt(port, protocol, proc))
    if not users:
        return []
    processes = processesOf(set(users), proc)
    unseen = {userName(uid) for inode, uid in users.items() if inode not in processes}
    seen = [processName(pid, proc) for pid in dict.fromkeys(processes.values())]
    return [*seen, *(f'a process of user {name}' for name in sorted(unseen))]


def socketsAt(port: int, protocol: str, proc: str) -> Iterator[tuple[str, str]]:
    """Yield the inode and the user of every socket that is bound to a port, of both IP versions."""
    end = f':{port:04X}'
    for table in (protocol, f'{protocol}6'):
        for line in readText(f'{proc}/net/{table}').splitlines()[1:]:
            columns = line.split()
            if len(columns) <= INODE or not columns[LOCAL_ADDRESS].endswith(end) or columns[INODE] == '0':
                continue
            if protocol != 'tcp' or columns[STATE] == TCP_LISTEN:
                yield columns[INODE], columns[UID]


def processesOf(inodes: set[str], proc: str) -> dict[str, str]:
    """Return the process that holds each socket, the one of the lowest number where they are several.

    It stops as soon as every socket is found: the machine may have thousands of processes.
    """
    wanted = {f'socket:[{inode}]': inode for inode in inodes}
    found: dict[str, str] = {}
    for pid in sorted((name for name in listFolder(proc) if name.isdecimal()), key=int):
        for descriptor in listFolder(f'{proc}/{pid}/fd'):
            if inode := wanted.get(readLink(f'{proc}/{pid}/fd/{descriptor}')):
                found.setdefault(inode, pid)
        if len(found) == len(wanted):
            break
    return found


def processName(pid: str, proc: str) -> str:
    """Return how a process is to be shown. Anybody may name a process anything."""
    if pid == readLink(f'{proc}/self'):  # rather than by os.getpid: the numbers are those of this folder's namespace
        return 'this program'
    name = readText(f'{proc}/{pid}/comm').strip()
    shown = ''.join(character if character.isprintable() else '?' for character in name)
    return f'{shown or "a process"} (pid {pid})'


def userName(uid: str) -> str:
    """Return a user's name; the number where there is none."""
    if sys.platform != 'win32':
        with suppress(ImportError, KeyError, ValueError, OverflowError):
            import pwd  # not on every system, and for the rare case alone

            return pwd.getpwuid(int(uid)).pw_name
    return uid


def readText(path: str) -> str:
    """Return what a file says; nothing when it cannot be read."""
    with suppress(OSError), open(path, encoding='utf-8', errors='replace') as file:
        return file.read()
    return ''


def readLink(path: str) -> str:
    """Return where a link points to; nowhere when it cannot be read."""
    with suppress(OSError):
        return os.readlink(path)
    return ''


def listFolder(path: str) -> list[str]:
    """Return the names in a folder; none when it cannot be read."""
    with suppress(OSError):
        return os.listdir(path)
    return []
