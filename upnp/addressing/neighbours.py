"""Whom on a link the kernel can send to at once, and who is still to be found by ARP or Neighbor Discovery (Linux).

What is sent to an address that nobody has waits in the kernel for three seconds, and all that while takes room in the
buffer of its socket. It knows addresses, and refuses to know what is sent.
"""

import errno
import logging
import socket
import sys
from collections.abc import Callable

from ..Errors import MessageError
from .netlink import NUD_INCOMPLETE, NUD_PROBE, NUD_VALID, neighbourRequest, neighbourState

__all__ = ['KNOWN', 'NEW', 'WAITING', 'Neighbours']

log = logging.getLogger(__name__)

KNOWN, NEW, WAITING = 'known', 'new', 'waiting'

KNOWN_SECONDS = 2.0  # less than the 3 s that a neighbour is asked for in vain before it counts as gone
PATIENCE_SECONDS = 0.25  # by then whoever is there has told its hardware address; else its next search is answered
PATIENCE_SENDS = 16  # in that time: the answers to a search or two
PAUSE_SECONDS = 0.1  # until somebody for whom enough is waiting is asked about again: a flood is of the same ones
MAX_KEPT = 1024
MAX_ANSWER_BYTES = 4096
MAX_LATE_ANSWERS = 16  # to former requests, which were not waited for


class Neighbours:
    """What there is to know of the neighbours, asked when it is needed. Who cannot be asked about counts as known.

    :param now: monotonic seconds.
    :raises OSError: the system has no netlink, or the kernel does not permit it.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._sock = openRoute()
        self._sequence = 0
        self._sought: dict[tuple[int, str], tuple[float, int]] = {}  # until when, and how often, something may be sent

    def close(self) -> None:
        """Ask no more; a second time is harmless."""
        self._sock.close()

    def judge(self, number: int, address: str) -> tuple[str, float]:
        """Return how it stands with an address on a link that something is to be sent to, and for how many seconds.

        ``KNOWN``: it leaves at once. ``NEW``: it makes the kernel look for who has the address, and may have to wait
        for that. ``WAITING``: enough is waiting.

        :param number: the kernel's number of the interface.
        :param address: a literal without a zone.
        """
        key, now = (number, address), self._now()
        state = self._ask(number, address)
        if state & NUD_VALID:
            self._sought.pop(key, None)
            return KNOWN, 0.0 if state & NUD_PROBE else KNOWN_SECONDS  # it may be gone in a moment
        if not state & NUD_INCOMPLETE or key not in self._sought:
            if len(self._sought) >= MAX_KEPT:
                self._sought.clear()
            self._sought[key] = now + PATIENCE_SECONDS, PATIENCE_SENDS
        until, left = self._sought[key]
        if now > until or not left:
            return WAITING, PAUSE_SECONDS
        self._sought[key] = until, left - 1
        return NEW, 0.0

    def _ask(self, number: int, address: str) -> int:
        """Return the state of a neighbour; a valid one where the kernel does not tell. It answers within the call."""
        self._sequence = (self._sequence + 1) & 0xFFFFFFFF
        try:
            packed = socket.inet_pton(socket.AF_INET6 if ':' in address else socket.AF_INET, address)
            self._sock.send(neighbourRequest(number, packed, self._sequence))
            for _ in range(MAX_LATE_ANSWERS):
                data, sender = self._sock.recvfrom(MAX_ANSWER_BYTES)
                state = neighbourState(data, self._sequence) if sender[0] == 0 else None  # 0: the kernel
                if state is not None:
                    return state
        except (OSError, MessageError) as error:
            log.debug('nothing is told of %s: %s', address, error)
        return NUD_VALID & ~NUD_PROBE


def openRoute() -> socket.socket:
    """Return a socket by which the kernel is asked about routes; it does not block.

    :raises OSError: the system has no netlink, or the kernel does not permit it.
    """
    if sys.platform == 'linux':
        return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
    raise OSError(errno.ENOSYS, 'netlink is there on Linux only')
