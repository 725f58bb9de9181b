"""The sockets that the HTTP server listens on, IPv4 and IPv6 on one port, and the connections accepted from them.

It does what ``asyncio.start_server`` does, with the loop's ``add_reader`` alone: no task to accept, none to set up, and
a failed accept pauses the listening, where asyncio writes a traceback for each.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Iterable
from functools import partial

from ..addressing.addresses import ANY_ADDRESSES, socketAddressOf
from ..Errors import NetworkError

__all__ = ['Listener', 'giveUpAfter', 'listeningSockets']

log = logging.getLogger(__name__)

BACKLOG = 1024  # a crowd of peers, else the kernel drops others' first packets, which come again a second later
ATTEMPTS = 20  # to find a port that is free in both protocols
ABSENT = (errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.EADDRNOTAVAIL)  # what a machine without IPv6 says
MAX_MILLISECONDS = 0x7FFFFFFF
REMEDY = 'choose another with httpPort=..., or httpPort=0 for any free one'
NOT_OURS = 'netBind has to be an address of this machine'
ACCEPTS_AT_ONCE = 32  # before others have their turn
PAUSE_SECONDS = 1.0
EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


def listeningSockets(address: str, port: int, *, hasIPv6: bool, isReused: bool) -> list[socket.socket]:
    """Return the sockets that listen at an address: at all addresses in both protocols, or at the one that is given.

    What is missing of IPv6 beside IPv4 is no error: where the machine has none, nothing is said; where the port is
    taken there, the log tells.

    :param address: ``0.0.0.0`` or ``::`` for all, or one of ours; of IPv6 with a zone where it needs one.
    :param port: 0 takes one that is free in both.
    :param hasIPv6: whether all addresses are those of IPv6 too.
    :param isReused: whether a port is taken that was in use until just now.
    :raises NetworkError: the port is taken, or the address is not ours. Nothing stays open.
    """
    if address not in ANY_ADDRESSES:
        return [only(address, port, isReused)]
    if not hasIPv6:
        return [only(ANY_ADDRESSES[0], port, isReused)]
    return both(port, isReused, ATTEMPTS if port == 0 else 1)


def both(port: int, isReused: bool, attempts: int) -> list[socket.socket]:
    """Return sockets that listen at all addresses, where possible in both protocols."""
    ipv4 = only(ANY_ADDRESSES[0], port, isReused)
    number = ipv4.getsockname()[1]
    try:
        return [ipv4, listening(ANY_ADDRESSES[1], number, isReused)]
    except OSError as error:
        if attempts > 1 and error.errno == errno.EADDRINUSE:
            with ipv4:  # open until another is found, else the kernel might give the same again
                return both(port, isReused, attempts - 1)
        if error.errno not in ABSENT:
            log.warning('HTTP port %d is not to be had in IPv6 (%s): %s', number, error.strerror, REMEDY)
        return [ipv4]


def only(address: str, port: int, isReused: bool) -> socket.socket:
    """Return the socket that has to be there.

    :raises NetworkError: it is not to be had.
    """
    try:
        return listening(address, port, isReused)
    except OSError as error:
        remedy = NOT_OURS if error.errno in (errno.EADDRNOTAVAIL, errno.ENODEV) else REMEDY
        text = f'HTTP port {port} on {address} is not to be had ({error.strerror}): {remedy}'
        raise NetworkError(error.errno, text) from error


def listening(address: str, port: int, isReused: bool) -> socket.socket:
    """Return a socket that listens at one address, or at all of its protocol alone."""
    isIPv6 = ':' in address
    place = socketAddressOf(numbered(address), port)
    sock = socket.socket(socket.AF_INET6 if isIPv6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if isReused:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if isIPv6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # else IPv4 peers come in disguise
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what is accepted has it too
        sock.setblocking(False)
        sock.bind(place)
        sock.listen(BACKLOG)
    except BaseException:
        sock.close()
        raise
    return sock


def giveUpAfter(sock: socket.socket, seconds: float) -> None:
    """Have the system give up a peer that acknowledges nothing for so long, as one that was switched off.

    It is set for a socket that listens; what is accepted has it too. Where the system has no such option, such a peer
    is given up some time later.
    """
    if (option := getattr(socket, 'TCP_USER_TIMEOUT', None)) is not None:  # Linux
        sock.setsockopt(socket.IPPROTO_TCP, option, min(max(1, int(seconds * 1000)), MAX_MILLISECONDS))


def numbered(address: str) -> str:
    """Return an address with the number of its link in place of the interface's name.

    :raises OSError: there is no such interface.
    """
    literal, _, zone = address.partition('%')
    if not zone or zone.isdecimal():
        return address
    try:
        return f'{literal}%{socket.if_nametoindex(zone)}'
    except OSError as error:
        raise OSError(errno.ENODEV, f'no interface {zone!r}') from error


class Listener:
    """Accepts connections on sockets that listen.

    :param accepted: called with each connection's socket, which does not block, and the peer's socket address.
    :param makesRoom: called when the process has no descriptor left; tells whether it has closed a connection for that.
    """

    def __init__(
        self,
        socks: Iterable[socket.socket],
        accepted: Callable[[socket.socket, object], None],
        makesRoom: Callable[[], bool] = lambda: False,
    ) -> None:
        self._socks = tuple(socks)
        self._accepted = accepted
        self._makesRoom = makesRoom
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._isTold = False
        self._resume()

    def close(self) -> None:
        """Stop listening; a second time is harmless."""
        socks, self._socks = self._socks, ()
        if self._pause is not None:
            self._pause.cancel()
        for sock in socks:
            if not self._loop.is_closed():
                self._loop.remove_reader(sock.fileno())
            sock.close()

    def _onReady(self, listening: socket.socket) -> None:
        for _ in range(ACCEPTS_AT_ONCE):
            try:
                sock, peer = listening.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno not in EXHAUSTED:
                    continue  # the peer has left already
                self._tell(error)
                if not self._makesRoom():
                    self._wait()
                    return
                continue
            sock.setblocking(False)
            self._accepted(sock, peer)

    def _tell(self, error: OSError) -> None:
        if not self._isTold:  # once for all: peers decide how often it happens
            self._isTold = True
            remedy = 'raise the limit of open files (ulimit -n)'
            log.warning(
                'descriptors are used up (%s): the connections idle longest give way; %s', error.strerror, remedy
            )

    def _wait(self) -> None:
        """Leave all peers waiting for a moment: the socket stays ready, and would keep the loop busy."""
        for sock in self._socks:
            self._loop.remove_reader(sock.fileno())
        self._pause = self._loop.call_later(PAUSE_SECONDS, self._resume)

    def _resume(self) -> None:
        self._pause = None
        for sock in self._socks:
            self._loop.add_reader(sock.fileno(), partial(self._onReady, sock))
