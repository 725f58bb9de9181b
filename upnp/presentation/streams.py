"""The streams of the pages that are open (HTML, Server-sent events): what their services publish, as it changes.

They listen to events beside the subscribers, so that moderation holds for both. Each stream knows how far it has come,
and is written what is next; a page that takes nothing for a while gets all that has changed as one message.
"""

import asyncio
import json
import logging
from collections.abc import Iterable, Sequence

from ..base import loops
from ..base.limits import Limits
from ..description.device import Service
from ..Errors import MessageError
from ..eventing.events import Events
from ..eventing.publisher import Publisher
from ..http.transport import descriptorShare

__all__ = ['Reader', 'Streams']

log = logging.getLogger(__name__)

RETRY_MILLISECONDS = 2000  # after which a browser comes again
REST_SECONDS = 0.1  # between two messages to a page: who looks at it sees no more
LOOK_SECONDS = 1.0  # for a page that has not taken the last message
DESCRIPTOR_PART = 4  # one of so many descriptors may be a page's

Due = tuple[str, Publisher, int]  # news of a service: its key, and the last event that is known of it


class Reader:
    """One page that is open.

    :param peer: the address of the browser.
    :param configId: of the description that it was made of.
    """

    def __init__(self, peer: str, configId: int, loop: asyncio.AbstractEventLoop) -> None:
        self.peer = peer
        self.configId = configId
        self._loop = loop
        self.writer: asyncio.StreamWriter | None = None
        self.known: dict[str, tuple[Publisher, int]] = {}  # by the key of a service: the last event that it was told
        self.stalledAt: float | None = None  # since when it has taken nothing of what was written
        self._left = 0  # to be taken, when that was looked at last

    @property
    def isBehind(self) -> bool:
        """Tell whether it has not taken the last message; what is new meanwhile waits, and is told as one."""
        return self.unsent > 0

    @property
    def unsent(self) -> int:
        """How many bytes it has not taken."""
        return 0 if self.writer is None else self.writer.transport.get_write_buffer_size()

    def look(self, now: float) -> float:
        """Return for how long it has taken nothing of what it is to take."""
        former, self._left = self._left, self.unsent
        if not self._left:
            self.stalledAt = None
        elif self.stalledAt is None or self._left < former:
            self.stalledAt = now
        return 0.0 if self.stalledAt is None else now - self.stalledAt

    def take(self) -> tuple[Due, ...]:
        """Return what it is to be told next, which counts as told then."""
        due = tuple((key, one, number) for key, (one, number) in self.known.items() if one.number > number)
        self.known |= {key: (one, one.number) for key, one, _ in due}
        return due

    def write(self, text: bytes, now: float) -> None:
        """Send it something."""
        if self.writer is not None:
            self.writer.write(text)
            self.stalledAt = None
            self.look(now)

    def end(self) -> None:
        """Close the connection, at once where its peer takes nothing; whoever serves it then closes the reader."""
        if self._loop.is_closed():
            return
        if self.isBehind:
            self.abort()
        elif self.writer is not None:
            self.writer.close()

    def abort(self) -> None:
        """Cut it off."""
        if self.writer is not None:
            self.writer.transport.abort()


class Streams:
    """The streams of all pages of one announcer that are open; it listens to its events."""

    def __init__(self, limits: Limits, events: Events) -> None:
        self._limits = limits
        self._most = descriptorShare(limits.maxPageStreams, DESCRIPTOR_PART)
        self._events = events
        self._readers: dict[Reader, None] = {}  # the newest last
        # A comment for whoever is between, and an event for the page, which sees no comments: it tells after how many
        # seconds at the most it is heard of again.
        self._still = f':\nevent: still\ndata: {limits.pageCommentSeconds:g}\n\n'.encode()
        self._toldAt = float('-inf')
        self._tellTimer = loops.Timer(self._tellAll)
        self._lookTimer = loops.Timer(self._look)
        self._commentTimer = loops.Timer(self._comment)

    def __len__(self) -> int:
        return len(self._readers)

    def open(self, services: Iterable[tuple[Service, str]], configId: int, peer: str) -> Reader:
        """Return the reader of a page that is opened: :meth:`begin` it when its head is sent, and close it.

        :param services: that it shows, each with the key that it knows it by.
        :param configId: of the description that it was made of.
        :param peer: the address of the browser.
        :raises MessageError: 503, there are too many, or the announcer has stopped.
        """
        self._makeRoom(peer)
        reader = Reader(peer, configId, asyncio.get_running_loop())
        for service, key in services:
            reader.known[key] = self._events.watch(service), -1
        self._readers[reader] = None
        return reader

    def begin(self, reader: Reader, writer: asyncio.StreamWriter) -> None:
        """Tell it everything, and from now on what changes; one that has given way by now is cut off."""
        reader.writer = writer
        if reader not in self._readers:
            reader.abort()
            return
        now = loopTime()
        head = f'retry: {RETRY_MILLISECONDS}\nevent: config\ndata: {reader.configId}\n\n'
        # As one, as on Windows' loop nothing is sent at once.
        reader.write(head.encode() + self._still + render(reader.take()), now)
        self._mind(now)
        if self._commentTimer.due is None:
            self._commentTimer.set(now + self._limits.pageCommentSeconds)

    def close(self, reader: Reader) -> None:
        """Forget a page that is no longer open; a second time is harmless."""
        if reader in self._readers:
            del self._readers[reader]
            for publisher, _ in reader.known.values():
                self._events.unwatch(publisher)

    def onEvent(self) -> None:
        """Tell what is new, soon if something was told just now."""
        if self._readers and self._tellTimer.due is None:
            self._tellTimer.set(max(loopTime(), self._toldAt + REST_SECONDS))

    def onEnd(self) -> None:
        """Close every connection, as the pages are to be read anew, or the announcer ends; it needs no loop."""
        for timer in (self._tellTimer, self._lookTimer, self._commentTimer):
            timer.set(None)
        for reader in list(self._readers):
            self.close(reader)
            reader.end()

    def _makeRoom(self, peer: str) -> None:
        """Have another page give way to one more of a peer, where there are too many.

        :raises MessageError: 503, none does.
        """
        count = sum(one.peer == peer for one in self._readers)
        if count >= self._limits.maxPageStreamsPerPeer:
            raise MessageError(f'{count} pages of {peer} are open: Limits.maxPageStreamsPerPeer', 503)
        if len(self._readers) < self._most:
            return
        peers: dict[str, list[Reader]] = {}
        for one in self._readers:
            peers.setdefault(one.peer, []).append(one)
        most = max(peers.values(), key=len)
        if count + 1 >= len(most):
            raise MessageError(f'{len(self._readers)} pages are open: Limits.maxPageStreams', 503)
        most[-1].abort()
        self.close(most[-1])

    def _tellAll(self) -> None:
        self._toldAt = loopTime()
        self._offer()

    def _offer(self) -> None:
        """Write what each is to be told, rendered once for all those that have come equally far."""
        now = loopTime()
        made: dict[Sequence[Due], bytes] = {}
        for reader in self._readers:
            if reader.isBehind or not (due := reader.take()):
                continue
            if due not in made:
                made[due] = render(due)
            if text := made[due]:
                reader.write(text, now)
        self._mind(now)

    def _mind(self, now: float) -> None:
        """Look again as long as there is one that has not taken the last message."""
        if self._lookTimer.due is None and any(one.stalledAt is not None for one in self._readers):
            self._lookTimer.set(now + LOOK_SECONDS)

    def _look(self) -> None:
        """Cut off who has taken nothing for long, and tell the others what they have missed."""
        now = loopTime()
        for reader in self._readers:
            if reader.look(now) >= self._limits.writeSeconds:
                log.debug('> %s reads nothing: its page is cut off', reader.peer)
                reader.abort()
        self._offer()

    def _comment(self) -> None:
        now = loopTime()
        for reader in self._readers:
            if not reader.isBehind:
                reader.write(self._still, now)
        self._mind(now)
        if self._readers:
            self._commentTimer.set(now + self._limits.pageCommentSeconds)


def loopTime() -> float:
    """Return the present time of the loop that runs."""
    return asyncio.get_running_loop().time()


def render(due: Sequence[Due]) -> bytes:
    """Return a message with what was told by these services since; empty when that is nothing."""
    texts = {key: told for key, publisher, number in due if (told := publisher.texts(number))}
    return f'data: {json.dumps(texts, ensure_ascii=False, separators=(",", ":"))}\n\n'.encode() if texts else b''
