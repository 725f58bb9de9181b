"""Subscriptions from a host, for tests that look at the events that come.

    urls = eventUrls(searcher, location)
    with Subscriber(searcher) as subscriber:
        subscription = subscriber.subscribe(urls[METER])
        first, second = subscription.waitFor(2)
        bad = subscriber.subscribe(urls[METER], 'unreachable', 'fails', 'keeps')

The program runs on the host; here are its command line and what it prints. The modes of callbacks are told there.
"""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urljoin

from tests.lan.hosts import STOP_SECONDS, Host
from tests.lan.web import fetch

PROGRAM = 'tests.lan.programs.subscriber'
DEVICE = '{urn:schemas-upnp-org:device-1-0}'
EVENT = 'upnp:event'
WAIT_SECONDS = 10.0


class Answer(NamedTuple):
    """What a request was answered; status 0 is no answer. `time` is monotonic, as that of events on the same host."""

    status: int
    headers: dict[str, str]
    time: float


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it came: its head, and the texts of the variables by name."""

    start: str
    headers: dict[str, str]
    texts: dict[str, str]
    time: float

    @property
    def seq(self) -> int:
        return int(self.headers['SEQ'])

    @property
    def sid(self) -> str:
        return self.headers['SID']


class Subscription:
    """A subscription, or what became of the wish for one: `answer` tells."""

    def __init__(
        self, subscriber: Subscriber, url: str, callbacks: Sequence[str], answer: Answer, source: str = ''
    ) -> None:
        self._subscriber = subscriber
        self._source = source
        self._url = url
        self.callbacks = tuple(callbacks)
        self.answer = answer

    @property
    def sid(self) -> str:
        return self.answer.headers['SID']

    @property
    def events(self) -> list[Event]:
        """What came until now, at the last of its callbacks."""
        return self.waitFor(0)

    def waitFor(self, count: int, seconds: float = WAIT_SECONDS) -> list[Event]:
        """Wait until so many events have come at the last callback; return all that have."""
        return self._subscriber.wait([self.callbacks[-1]], count, seconds)[0]

    def renew(self, **fields: str) -> Answer:
        """Renew it."""
        return self._subscriber.ask('SUBSCRIBE', self._url, {'SID': self.sid} | fields, self._source)

    def unsubscribe(self) -> Answer:
        """End it."""
        return self._subscriber.ask('UNSUBSCRIBE', self._url, {'SID': self.sid}, self._source)


class Subscriber:
    """A running program that subscribes from a host, at any of its addresses.

    :param addresses: to subscribe from, the first unless said otherwise; all of the host's unless given.
    """

    def __init__(self, host: Host, *addresses: str) -> None:
        self.addresses = addresses or tuple(host.addresses.values())
        self._program = host.python('-m', PROGRAM, stdin=subprocess.PIPE)

    def __enter__(self) -> Subscriber:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        errors = self._program.communicate(timeout=STOP_SECONDS)[1]
        assert kind is not None or errors == ''

    def subscribe(self, url: str, *modes: str, source: str = '', **fields: str) -> Subscription:
        """Subscribe, with a callback for each of these modes, one that keeps its connection unless given."""
        own = source or self.addresses[0]
        callbacks = [self.callbacks(mode, source=own)[0] for mode in modes or ('keeps',)]
        return self.subscribeAt(url, callbacks, source=own, **fields)

    def subscribeAt(self, url: str, callbacks: Sequence[str], source: str = '', **fields: str) -> Subscription:
        """Subscribe with callbacks that are there."""
        return self.subscribeEach(url, [callbacks], source=source, **fields)[0]

    def subscribeEach(
        self, url: str, wishes: Sequence[Sequence[str]], source: str = '', **fields: str
    ) -> list[Subscription]:
        """Subscribe several times, each with callbacks that are there."""
        own = source or self.addresses[0]
        headers = [subscribeFields(callbacks) | fields for callbacks in wishes]
        answers = self._do('ask', *([own, 'SUBSCRIBE', url, one] for one in headers))
        return [Subscription(self, url, one, Answer(*row), own) for one, row in zip(wishes, answers, strict=True)]

    def callbacks(self, mode: str, count: int = 1, source: str = '') -> list[str]:
        """Return the URLs of new callbacks."""
        urls: list[str] = self._do('callbacks', source or self.addresses[0], mode, count)
        return urls

    def ask(self, method: str, url: str, fields: dict[str, str], source: str = '') -> Answer:
        """Send a request."""
        (row,) = self._do('ask', [source or self.addresses[0], method, url, fields])
        return Answer(*row)

    def listen(self) -> str:
        """Hear multicast events at all addresses; return what to wait for."""
        name: str = self._do('listen', *self.addresses)
        return name

    def wait(self, urls: Sequence[str], count: int, seconds: float = WAIT_SECONDS) -> list[list[Event]]:
        """Wait until so many events have come to each of these; return all that have."""
        lists = [[Event(**row) for row in rows] for rows in self._do('wait', list(urls), count, seconds)]
        if any(len(events) < count for events in lists):
            seen = [[(event.headers.get('SEQ'), event.texts) for event in events] for events in lists[:3]]
            raise TimeoutError(f'not {count} events each within {seconds} s; seen: {seen}')
        return lists

    def _do(self, *command: object) -> Any:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps(command) + '\n')
        self._program.stdin.flush()
        line = self._program.stdout.readline()
        assert line, self._program.communicate(timeout=STOP_SECONDS)[1]
        return json.loads(line)


def subscribeFields(callbacks: Sequence[str]) -> dict[str, str]:
    """Return the headers of a SUBSCRIBE, as UDA 1.1 §4.1.2 has them."""
    return {'CALLBACK': ''.join(f'<{url}>' for url in callbacks), 'NT': EVENT, 'TIMEOUT': 'Second-1800'}


def eventUrls(host: Host, location: str) -> dict[str, str]:
    """Return the event URLs that a description tells, by service type."""
    description = ElementTree.fromstring(fetch(host, location).body)
    return {
        service.findtext(f'{DEVICE}serviceType', ''): urljoin(location, service.findtext(f'{DEVICE}eventSubURL', ''))
        for service in description.iter(f'{DEVICE}service')
    }
