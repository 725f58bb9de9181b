"""Be subscribers of all kinds to the light in `light.py`: slow, stubborn, forgetful ones, and some that come and go.

    python -m tests.lan.programs.crowd OWN_ADDRESS SEED COUNT

Once a second it prints what was answered until now, by method and status (0 is no answer), and how many events were
heard, directly and by multicast.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from random import Random
from typing import NamedTuple
from urllib.parse import urljoin
from xml.etree import ElementTree

from tests.lan.programs.finding import ANSWER_SECONDS, ask, requestHead, search, show
from tests.lan.programs.light import UUID
from tests.lan.programs.subscriber import GROUP, Question, Subscribers

DEVICE = '{urn:schemas-upnp-org:device-1-0}'
TURN_SECONDS = 0.1
REPORT_SECONDS = 1.0


class Kind(NamedTuple):
    """What a subscriber does with events (a mode of `subscriber.py`), and at its next turns, some seconds apart."""

    mode: str
    seconds: float
    turns: tuple[str, ...]


KINDS = (
    Kind('keeps', 4, ('renew',)),
    Kind('closes', 4, ('renew',)),
    Kind('keeps', 3, ('renew', 'leave', 'subscribe')),
    Kind('closes', 2, ('leave', 'subscribe')),
    Kind('keeps', 25, ('subscribe',)),  # goes without a word, and its subscription ends some time
    Kind('late 0.5', 5, ('renew',)),
    Kind('late 2.5', 5, ('renew', 'leave', 'subscribe')),
    Kind('late 20', 8, ('renew',)),
    Kind('fails', 6, ('renew',)),
    Kind('hangs', 8, ('renew', 'subscribe')),
    Kind('resets', 6, ('renew',)),
    Kind('silent', 10, ('subscribe',)),
    Kind('refuses', 6, ('renew',)),
    Kind('unreachable', 10, ('subscribe', 'renew')),
)


class Member:
    """One subscriber."""

    def __init__(self, kind: Kind, callback: str, service: int, due: float) -> None:
        self.kind = kind
        self.callback = callback
        self.service = service
        self.due = due
        self.sid = ''
        self.turn = 0
        self.question: Question | None = None

    def next(self, now: float) -> tuple[str, dict[str, str]]:
        """Return the next request: method and headers."""
        what = self.kind.turns[self.turn % len(self.kind.turns)] if self.sid else 'subscribe'
        self.turn += 1
        self.due = now + self.kind.seconds
        if what == 'subscribe':
            return 'SUBSCRIBE', {'CALLBACK': f'<{self.callback}>', 'NT': 'upnp:event', 'TIMEOUT': 'Second-12'}
        if what == 'renew':
            return 'SUBSCRIBE', {'SID': self.sid, 'TIMEOUT': 'Second-12'}
        sid, self.sid = self.sid, ''
        return 'UNSUBSCRIBE', {'SID': sid}


class Crowd:
    """All subscribers of a host, in one thread; they look for the device anew when one of them gets no answer."""

    def __init__(self, own: str, rng: Random, count: int) -> None:
        self._own = own
        self._subscribers = Subscribers()
        self._subscribers.listen(own)
        self._urls: list[str] = []
        self._answers: Counter[str] = Counter()
        self._events: Counter[str] = Counter()
        self._members = [self._member(KINDS[number % len(KINDS)], number, rng) for number in range(count)]

    def run(self) -> None:
        """Go on for ever."""
        reportAt = 0.0
        while True:
            now = time.monotonic()
            if not self._urls:
                self._find()
            for member in self._members:
                self._act(member, now)
            self._subscribers.turn(TURN_SECONDS)
            self._count()
            if now >= reportAt:
                show({'answers': dict(self._answers), 'events': dict(self._events)})
                reportAt = now + REPORT_SECONDS

    def _member(self, kind: Kind, number: int, rng: Random) -> Member:
        callback = self._subscribers.callback(self._own, kind.mode)
        return Member(kind, callback, number, time.monotonic() + rng.uniform(0, 2))

    def _find(self) -> None:
        try:
            self._urls = asyncio.run(eventUrls(self._own))
        except (OSError, EOFError, ElementTree.ParseError):  # as the network is changing
            self._answers['search failed'] += 1

    def _act(self, member: Member, now: float) -> None:
        """Take the answer that has come; ask what is to be asked next."""
        if member.question is not None and member.question.answer is not None:
            status, headers, _ = member.question.answer
            member.question = None
            self._answers[f'{status}'] += 1
            member.sid = headers.get('SID', '') if status == 200 else ''
            if not status:
                self._urls = []
        if member.question is None and member.due <= now and self._urls:
            url = self._urls[member.service % len(self._urls)]
            try:
                member.question = self._subscribers.begin(self._own, *self._request(member, now, url))
            except OSError:  # the network is changing
                self._answers['connect failed'] += 1
                self._urls = []

    def _request(self, member: Member, now: float, url: str) -> tuple[str, str, dict[str, str]]:
        method, fields = member.next(now)
        self._answers[method] += 1
        return method, url, fields

    def _count(self) -> None:
        """Count the events, and forget them."""
        for url in (GROUP, *(member.callback for member in self._members)):
            notes = self._subscribers.notes(url)
            kept = int(url != GROUP)  # one that hangs does so from the second on
            self._events['multicast' if url == GROUP else 'direct'] += max(0, len(notes) - kept)
            del notes[kept:]


async def eventUrls(own: str) -> list[str]:
    """Return the event URLs of the device; those without are left out."""
    location = await search(own, f'uuid:{UUID}')
    async with asyncio.timeout(ANSWER_SECONDS):
        _, _, description = await ask(own, location, requestHead('GET', location))
    paths = [element.text or '' for element in ElementTree.fromstring(description).iter(f'{DEVICE}eventSubURL')]
    return [urljoin(location, path) for path in paths if path]


if __name__ == '__main__':
    Crowd(sys.argv[1], Random(int(sys.argv[2])), int(sys.argv[3])).run()
