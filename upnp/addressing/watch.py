"""The machine's addresses as they are now, and word of every change; knows nothing of what is done with them.

Linux tells by netlink: nothing runs while nothing happens. Elsewhere somebody has to look every few seconds.
"""

import asyncio
import errno
import logging
import math
import os
import socket
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from ..Errors import MessageError
from .interfaces import NO_ADDRESS, Found, Interface
from .netlink import ADDRESSES_REQUEST, LINKS_REQUEST, Answer, foundOf

__all__ = ['Watch', 'asleepSeconds', 'listInterfaces']

log = logging.getLogger(__name__)

POLL_SECONDS = 5.0  # where nobody tells of changes: soon enough for people, and a reading takes a millisecond or so
SLEPT_SECONDS = 2.0  # a shorter sleep made nobody miss anything; reading two clocks, one after the other, is no sleep
READ_SECONDS = 1.0  # the kernel answers within the call; this is for one that does not
MAX_READINGS = 4  # of a list that changes while it is read; the last one is taken as it is, as word of the change comes
MAX_PIECE_BYTES = 65536  # the kernel makes pieces of 32 KiB at most (netlink_dump)
REST_SECONDS = 0.05  # after a reading: each router advertisement is a notice, and anybody can send thousands
DRAIN_READS = 64  # in one wake-up, so that a flood does not keep the loop from everything else

# linux/rtnetlink.h: RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR
CHANGES = 0x1 | 0x10 | 0x100


# What is there


def listInterfaces() -> list[Found]:
    """Return every address of this machine with its interface, interfaces without one, and why one is of no use now.

    :raises OSError: the system refuses to tell.
    """
    if sys.platform == 'linux':
        try:
            return readNetlink()
        except OSError as error:  # as on Android, to programs that are not its own
            log.debug('netlink refused: %s', error)
    return readNetifaces()


def readNetlink() -> list[Found]:
    """Read links and addresses from Linux.

    :raises OSError: it refuses, does not answer in time, or not in its own language.
    """
    if sys.platform != 'linux':
        raise OSError(errno.ENOSYS, 'netlink is there on Linux only')
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.settimeout(READ_SECONDS)
        for _ in range(MAX_READINGS):
            links, addresses = ask(sock, LINKS_REQUEST), ask(sock, ADDRESSES_REQUEST)
            if not links.isInterrupted and not addresses.isInterrupted:
                break
        return foundOf(links.links, addresses.addresses)


def ask(sock: socket.socket, request: bytes) -> Answer:
    """Put a request to the kernel, and return its whole answer.

    :raises OSError: it refuses, does not answer in time, or not in its own language.
    """
    if sys.platform == 'win32':
        raise OSError(errno.ENOSYS, 'netlink is there on Linux only')
    sock.send(request)
    answer = Answer()
    while not answer.isDone:
        data, _, flags, sender = sock.recvmsg(MAX_PIECE_BYTES)
        if flags & socket.MSG_TRUNC:
            raise OSError(errno.EMSGSIZE, f'netlink: a piece is longer than {MAX_PIECE_BYTES} bytes')
        if sender[0] != 0:  # another process, with the right to write to us
            continue
        try:
            answer.add(data)
        except MessageError as error:
            raise OSError(errno.EPROTO, str(error)) from error
    if answer.errno:
        raise OSError(answer.errno, f'netlink: {os.strerror(answer.errno)}')
    return answer


def readNetifaces() -> list[Found]:
    """Read addresses where there is no netlink; nothing tells there whether they can be used."""
    import netifaces  # here, as Linux goes without it

    found: list[Found] = []
    for name in netifaces.interfaces():
        try:
            entries = netifaces.ifaddresses(name)
        except ValueError:  # it went meanwhile
            continue
        known = [entry for family in (netifaces.AF_INET, netifaces.AF_INET6) for entry in entries.get(family, ())]
        known = [entry for entry in known if entry.get('addr')]
        number = numberOf(name) or numberOfZone(known)
        found.extend((interfaceOf(name, number, entry), '') for entry in known)
        if not known:
            found.append((Interface(name, number, '', 0), NO_ADDRESS))
    return found


def interfaceOf(name: str, number: int, entry: Mapping[str, object]) -> Interface:
    """Return an interface with the address of an entry of netifaces."""
    address = str(entry['addr']).partition('%')[0]
    prefix = prefixOf(str(entry.get('netmask') or ''), isIPv6=':' in address)
    peer = str(entry.get('peer') or '').partition('%')[0]
    return Interface(name, number, address, prefix, peer=peer if peer != address else '')


def numberOf(name: str) -> int:
    """Return the kernel's number of an interface; 0 when it is gone, or has a name the kernel does not know."""
    try:
        return socket.if_nametoindex(name)
    except OSError:
        return 0


def numberOfZone(entries: Iterable[Mapping[str, object]]) -> int:
    """Return the number that stands behind a link-local address, as Windows has it; 0 where there is none."""
    zones = (str(entry['addr']).partition('%')[2] for entry in entries)
    return next((int(zone) for zone in zones if zone.isdecimal()), 0)


def prefixOf(netmask: str, *, isIPv6: bool) -> int:
    """Return the length of a prefix: of ``255.255.255.0``, ``ffff:ffff::`` or ``ffff::/16``; the whole when unknown."""
    separator, base, bits = (':', 16, 128) if isIPv6 else ('.', 10, 32)
    mask, _, length = netmask.partition('/')
    if length.isdecimal():
        return min(int(length), bits)
    try:
        parts = [int(part, base) for part in mask.split(separator) if part]
    except ValueError:
        return bits
    return min(sum(part.bit_count() for part in parts), bits) if mask else bits


# Sleep


def asleepSeconds() -> float:
    """Return how long the machine was asleep, since some moment; what counts is by how much it grows.

    Where nothing tells it stays as it is: on Windows both clocks go on.
    """
    if sys.platform == 'linux':
        return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
    if sys.platform == 'darwin':
        return time.clock_gettime(time.CLOCK_MONOTONIC) - time.monotonic()
    return 0.0


# Changes


class Watch:
    """Tells when the machine's addresses change, and when it has slept; in the loop where it was started.

    :param onChange: called with what is there now, when it differs from what was there.
    :param onSlept: called once after a sleep, at the next change or look; before what has changed.
    """

    def __init__(self, onChange: Callable[[list[Found]], None], onSlept: Callable[[], None]) -> None:
        self._onChange = onChange
        self._onSlept = onSlept
        self._source: _Notices | _Poll | None = None
        self._found: list[Found] = []
        self._asleep = 0.0

    async def start(self) -> list[Found]:
        """Begin to watch, and return what is there.

        :raises OSError: the system refuses to tell.
        """
        self.stop()
        loop = asyncio.get_running_loop()
        self._asleep = asleepSeconds()
        try:
            self._source = _Notices(loop, self.look, self._take)
            self._found = readNetlink()
        except (OSError, NotImplementedError) as error:
            log.debug('changes of addresses are looked for every %s s: %s', POLL_SECONDS, error)
            self.stop()
            await self._startPoll(loop)
        return self._found

    async def _startPoll(self, loop: asyncio.AbstractEventLoop) -> None:
        self._source = poll = _Poll(loop, self.look, self._take)
        try:
            self._found = await poll.first()
        except BaseException:
            if self._source is poll:
                self.stop()
            raise

    def stop(self) -> None:
        """Watch no more; needs no running loop, and a second time is harmless."""
        source, self._source = self._source, None
        if source is not None:
            source.close()

    def look(self) -> None:
        """Look now; tell if the machine has slept, and if something has changed: at once, or soon where others read."""
        if self._source is not None:
            self._tellSleep()
        if self._source is not None:  # still
            self._source.read()

    def _tellSleep(self) -> None:
        before, self._asleep = self._asleep, asleepSeconds()
        if self._asleep - before > SLEPT_SECONDS:
            self._onSlept()

    def _take(self, found: list[Found]) -> None:
        if found != self._found:
            self._found = found
            self._onChange(found)


class _Notices:
    """Word of changes from Linux: how many came, and of what, is all one; then it is read anew.

    The first is heeded at once. Those that come soon after a reading wait in the socket, and are heeded together.

    :param noticed: called when there was one, or when a reading that failed is due again.
    :param take: called with each reading.
    :raises OSError: there is no netlink here.
    :raises NotImplementedError: the loop watches no descriptors.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, noticed: Callable[[], None], take: Callable[[list[Found]], None]
    ) -> None:
        self._loop = loop
        self._noticed = noticed
        self._take = take
        self._again: asyncio.TimerHandle | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._restEnd = -math.inf  # in the loop's time
        self._isTold = False
        self._sock = openNotices()
        try:
            loop.add_reader(self._sock.fileno(), self._onReadable)
        except BaseException:
            self._sock.close()
            raise

    def read(self) -> None:
        """Read now; when that is refused, as when no descriptor is left, once more a little later."""
        if self._again is not None:
            self._again.cancel()
            self._again = None
        self._restEnd = self._loop.time() + REST_SECONDS
        try:
            found = readNetlink()
        except OSError as error:
            if not self._isTold:
                self._isTold = True
                logFailure(error)
            self._again = self._loop.call_later(POLL_SECONDS, self._noticed)
        else:
            self._take(found)

    def close(self) -> None:
        """Listen no more."""
        for timer in (self._again, self._rest):
            if timer is not None:
                timer.cancel()
        if not self._loop.is_closed():
            self._loop.remove_reader(self._sock.fileno())
        self._sock.close()

    def _onReadable(self) -> None:
        if self._loop.time() < self._restEnd:  # more may come: it is heard no more until then
            self._loop.remove_reader(self._sock.fileno())
            self._rest = self._loop.call_at(self._restEnd, self._onRested)
            return
        self._drain()
        self._noticed()

    def _onRested(self) -> None:
        self._rest = None
        self._loop.add_reader(self._sock.fileno(), self._onReadable)
        self._drain()
        self._noticed()

    def _drain(self) -> None:
        for _ in range(DRAIN_READS):
            try:
                self._sock.recv(1)  # the rest of it is dropped
            except (BlockingIOError, InterruptedError):
                break
            except OSError:  # ENOBUFS: some were lost, which tells as much
                continue


def openNotices() -> socket.socket:
    """Return a socket that hears of the changes of links and addresses.

    :raises OSError: there is none.
    """
    if sys.platform != 'linux':
        raise OSError(errno.EAFNOSUPPORT, 'no netlink here')
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
    try:
        sock.bind((0, CHANGES))
    except OSError:
        sock.close()
        raise
    return sock


class _Poll:
    """A look every few seconds, off the loop: where there are many interfaces a reading takes its time.

    :param due: called when it is time for the next.
    :param take: called with each reading.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, due: Callable[[], None], take: Callable[[list[Found]], None]
    ) -> None:
        self._loop = loop
        self._due = due
        self._take = take
        self._timer: asyncio.TimerHandle | None = None
        self._reading: asyncio.Future[list[Found]] | None = None
        self._isBusy = False
        self._isOnceMore = False  # as it was asked for while one was under way, which may have seen it or not
        self._isClosed = False
        self._isTold = False

    async def first(self) -> list[Found]:
        """Read for the first time, and begin to look."""
        self._isBusy = True
        found = await self._loop.run_in_executor(None, listInterfaces)
        self._rest()
        return found

    def read(self) -> None:
        """Begin to read."""
        if self._isBusy:
            self._isOnceMore = True
            return
        self._cancelTimer()
        with suppress(RuntimeError):  # the loop is being closed, and has no threads any more
            self._reading = self._loop.run_in_executor(None, listInterfaces)
            self._isBusy = True
            self._reading.add_done_callback(self._onRead)

    def close(self) -> None:
        """Look no more; a reading that is under way ends unheard."""
        self._isClosed = True
        self._cancelTimer()
        if self._reading is not None:
            with suppress(RuntimeError):  # the loop is closed: it is cancelled nevertheless
                self._reading.cancel()

    def _onRead(self, reading: asyncio.Future[list[Found]]) -> None:
        self._reading = None
        if self._isClosed:
            return
        self._rest()
        if (error := reading.exception()) is None:
            self._take(reading.result())
        elif not self._isTold:
            self._isTold = True
            logFailure(error)

    def _rest(self) -> None:
        """Wait for the next reading."""
        self._isBusy = False
        if not self._isClosed:
            self._timer = self._loop.call_later(0 if self._isOnceMore else POLL_SECONDS, self._due)
        self._isOnceMore = False

    def _cancelTimer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def logFailure(error: BaseException) -> None:
    """Log that a reading failed; of a lack of descriptors those tell who have to do without."""
    isOurs = isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)
    log.log(
        logging.DEBUG if isOurs else logging.WARNING,
        'cannot see whether addresses have changed, trying again every %s s: %s',
        POLL_SECONDS,
        error,
    )
