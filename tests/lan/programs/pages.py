"""Be open pages: streams of a device's news, read as a browser's EventSource does, in one thread.

    python -m tests.lan.programs.pages

Each line of standard input is a JSON list, and gets a line of JSON:

    ["open", URL, SOURCE, COUNT]        streams from that address, each read as soon as something comes
    ["ignore", URL, SOURCE]             one that is asked for, and never read
    ["wait", KEY, NAME, TEXT, SECONDS]  whether all streams that are open know that value, at the latest after so long
    ["waitUntilEnded", SECONDS]         whether all have ended, at the latest after so long
    ["told"]                            what came, for each in order: a dictionary, see `Stream.told`
    ["close"]                           how many there were

Times are monotonic. A variable with the name `Beat` holds the moment of its change.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

READ_BYTES = 65536
END_OF_HEAD = b'\r\n\r\n'
BEAT = 'Beat'
SMALL_BUFFER_BYTES = 2048  # of one that does not read: the kernel is to hold little for it
ANSWER_SECONDS = 10.0
LONG_SECONDS = 3600.0


class Stream:
    """One page's connection."""

    def __init__(self, url: str, source: str, *, isRead: bool = True) -> None:
        place = urlsplit(url)
        self.socket = socket.socket()
        self.socket.bind((source, 0))
        if not isRead:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
        self.socket.settimeout(ANSWER_SECONDS)
        self.socket.connect((place.hostname, place.port))
        head = f'GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nAccept: text/event-stream\r\n\r\n'
        self.socket.sendall(head.encode())
        self.socket.setblocking(False)
        self.status = 0
        self.headers: dict[str, str] = {}
        self.values: dict[str, dict[str, str]] = {}
        self.configs: list[str] = []
        self.news = self.comments = 0
        self.latest = 0.0  # seconds from a beat to its arrival, at worst
        self.rest = b''
        self.ended = 0.0

    def read(self) -> None:
        """Take what has come."""
        try:
            received = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            received = b''
        self.rest += received
        if not self.status and END_OF_HEAD in self.rest:
            self._readHead()
        if self.status == 200:
            *events, self.rest = self.rest.split(b'\n\n')
            for event in events:
                self._take(event.decode())
        if not received:
            self.ended = time.monotonic()

    def told(self) -> dict[str, Any]:
        """Return what there is to know of it; `text` is an answer that is no stream."""
        return {
            'status': self.status,
            'type': self.headers.get('CONTENT-TYPE', ''),
            'text': '' if self.status == 200 else self.rest.decode(),
            'values': self.values,
            'configs': self.configs,
            'news': self.news,
            'comments': self.comments,
            'latest': self.latest,
            'ended': self.ended,
        }

    def _readHead(self) -> None:
        head, _, self.rest = self.rest.partition(END_OF_HEAD)
        start, *lines = head.decode().split('\r\n')
        fields = (line.partition(':') for line in lines)
        self.headers = {name.upper(): value.strip() for name, _colon, value in fields}
        self.status = int(start.split()[1])

    def _take(self, event: str) -> None:
        """Take what stands between two empty lines (HTML Living Standard §9.2.6)."""
        lines = event.split('\n')
        self.comments += sum(line.startswith(':') for line in lines)
        pairs = (line.partition(':') for line in lines if not line.startswith(':'))
        fields = {name: text.removeprefix(' ') for name, _colon, text in pairs}
        if fields.get('event') == 'config':
            self.configs.append(fields['data'])
        elif 'data' in fields and 'event' not in fields:
            self.news += 1
            self._learn(json.loads(fields['data']))

    def _learn(self, news: dict[str, dict[str, str]]) -> None:
        now = time.monotonic()
        for key, texts in news.items():
            if self.news > 1 and texts.get(BEAT):  # those of the first are as old as they are
                self.latest = max(self.latest, now - float(texts[BEAT]))
            self.values.setdefault(key, {}).update(texts)


class Pages:
    """Any number of them."""

    def __init__(self) -> None:
        self._streams: dict[int, Stream] = {}
        self._ignored: list[Stream] = []
        self._poll = select.epoll()
        self._poll.register(sys.stdin, select.EPOLLIN)
        self._rest = b''
        self._lines: deque[bytes] = deque()
        self._isEnded = False

    def run(self) -> None:
        """Answer each line of the input until that ends; read all the while."""
        while self._until(lambda: bool(self._lines) or self._isEnded, LONG_SECONDS) and self._lines:
            name, *args = json.loads(self._lines.popleft())
            sys.stdout.write(json.dumps(getattr(self, name)(*args)) + '\n')
            sys.stdout.flush()
        self.close()

    def open(self, url: str, source: str, count: int) -> list[int]:
        """Open streams, and return their statuses."""
        opened = [Stream(url, source) for _ in range(count)]
        for stream in opened:
            self._streams[stream.socket.fileno()] = stream
            self._poll.register(stream.socket, select.EPOLLIN)
        self._until(lambda: all(stream.status for stream in opened), ANSWER_SECONDS)
        return [stream.status for stream in opened]

    def ignore(self, url: str, source: str) -> bool:
        """Ask for one that is never read."""
        self._ignored.append(Stream(url, source, isRead=False))
        return True

    def wait(self, key: str, name: str, text: str, seconds: float) -> bool:
        """Tell whether all that are open come to know a value."""
        streams = [stream for stream in self._streams.values() if stream.status == 200]
        return self._until(lambda: all(one.values.get(key, {}).get(name) == text for one in streams), seconds)

    def waitUntilEnded(self, seconds: float) -> bool:
        """Tell whether all end."""
        return self._until(lambda: all(stream.ended for stream in self._streams.values()), seconds)

    def told(self) -> list[dict[str, Any]]:
        """Return what came to each."""
        return [stream.told() for stream in self._streams.values()]

    def close(self) -> int:
        """Close all."""
        count = len(self._streams)
        for stream in (*self._streams.values(), *self._ignored):
            stream.socket.close()
        self._streams.clear()
        self._ignored.clear()
        return count

    def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not condition():
            if (left := end - time.monotonic()) <= 0:
                return False
            for number, _ in self._poll.poll(left):
                if number == sys.stdin.fileno():
                    self._readInput()
                    continue
                self._streams[number].read()
                if self._streams[number].ended:
                    self._poll.unregister(number)
        return True

    def _readInput(self) -> None:
        part = os.read(sys.stdin.fileno(), READ_BYTES)
        *lines, self._rest = (self._rest + part).split(b'\n')
        self._lines += lines
        if not part:
            self._isEnded = True
            self._poll.unregister(sys.stdin)


if __name__ == '__main__':
    Pages().run()
