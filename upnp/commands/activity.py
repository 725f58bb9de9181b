"""What the command line shows of the log: in words for people, who searches, reads, calls and subscribes.

It knows the records of discovery and of the HTTP server, and refuses to know who prints them where.
"""

import logging
import sys
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, TextIO

from ..base.logtext import legible
from ..discovery.ssdp import SEARCHED
from ..http.answers import Resource
from ..http.message import REASONS
from ..http.server import FETCHED

__all__ = ['Lately', 'Teller', 'Visit', 'visitOf']

UNSUBSCRIBED = 'unsubscribed from the events of {name}'
FAVICON = '/favicon.ico'  # browsers ask for it by themselves: whoever opens the page is not refused it
REFUSED = 400  # and above: the status
MAX_ASKED_CHARACTERS = 80  # shown of what a stranger asks for
REPEATED_SECONDS = 10.0  # control points search three times in a row, and browsers read things anew
MAX_TOLD = 100  # lines within that time: strangers choose what comes
MORE = 'more comes than is told here'


class Visit(NamedTuple):
    """What somebody did.

    :param key: the same for what need not be told twice in a row.
    """

    key: str
    words: str


def visitOf(record: logging.LogRecord, resources: Mapping[str, Resource]) -> Visit | None:
    """Return what a record tells of a peer; None for one of another kind, and for what is not worth a line.

    :param resources: what is served, by path.
    """
    args = record.args if isinstance(record.args, tuple) else ()
    if record.msg == SEARCHED:
        peer, _port, target = map(str, args)
        words = f'{nameOf(peer)} searched for {legible(target)}'
        return Visit(words, words)
    if record.msg == FETCHED:
        peer, _port, method, path, status = map(str, args)
        return answered(nameOf(peer), method, path, int(status), resources.get(path))
    return None


def answered(peer: str, method: str, path: str, status: int, resource: Resource | None) -> Visit | None:
    """Return what a request that was answered tells."""
    if status >= REFUSED:
        asked = repr(f'{method} {path}'[:MAX_ASKED_CHARACTERS]) if method else 'what cannot be read'
        words = f'{peer} was refused {asked}: {status} {REASONS.get(status, "")}'.rstrip()
        return None if path == FAVICON else Visit(f'{peer} {status}', words)  # a scanner asks for thousands of things
    if resource is None or not resource.answer.deed:
        return None
    deed = UNSUBSCRIBED if method == 'UNSUBSCRIBE' else resource.answer.deed
    words = f'{peer} {deed.replace("{name}", legible(resource.name)).replace("{path}", path)}'
    return Visit(words, words)


def nameOf(peer: str) -> str:
    """Return a peer's address as people know it: without the zone, which is a number of ours."""
    return peer.partition('%')[0]


class Lately:
    """The visits of the last ten seconds, which are not told again."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}  # the oldest first

    def wordsFor(self, visit: Visit, now: float) -> str:
        """Return what to tell of a visit; nothing when it was told just now, or when too much is told already.

        :param now: monotonic seconds.
        """
        while self._told and (oldest := next(iter(self._told))) and now - self._told[oldest] >= REPEATED_SECONDS:
            del self._told[oldest]
        if visit.key in self._told or len(self._told) >= MAX_TOLD:
            return ''
        self._told[visit.key] = now
        return visit.words if len(self._told) < MAX_TOLD else MORE


class Teller(logging.StreamHandler[TextIO]):
    """Writes to standard output what the log has for people, a line each; from :meth:`begin` on.

    :param resources: tells what is served, by path.
    :param onClosed: called when nothing can be written any more; in any thread.
    :param isVerbose: write every record as it is, at once.
    """

    def __init__(
        self, resources: Callable[[], Mapping[str, Resource]], onClosed: Callable[[], None], *, isVerbose: bool
    ) -> None:
        super().__init__(sys.stdout)
        self.setFormatter(logging.Formatter('%(asctime)s  %(message)s', '%H:%M:%S'))
        self._resources = resources
        self._onClosed = onClosed
        self._isVerbose = isVerbose
        self._held: list[logging.LogRecord] | None = None if isVerbose else []
        self._lately = Lately()

    def begin(self) -> None:
        """Write what has come already, and from now on what comes."""
        held, self._held = self._held or (), None
        for record in held:
            super().emit(record)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or what it means, or nothing."""
        if self._isVerbose or record.levelno > logging.DEBUG:
            if self._held is None:
                super().emit(record)
            else:
                self._held.append(record)
        elif words := self._wordsFor(record):
            super().emit(logging.makeLogRecord({'msg': words}))

    def handleError(self, record: logging.LogRecord) -> None:
        """Tell that whoever read this has gone, as ``head`` does; anything else is a mistake of ours."""
        if isinstance(sys.exc_info()[1], OSError):
            self._onClosed()
        else:
            super().handleError(record)

    def _wordsFor(self, record: logging.LogRecord) -> str:
        visit = visitOf(record, self._resources())
        return '' if visit is None or self._held is not None else self._lately.wordsFor(visit, time.monotonic())
