"""Be subscribers, good and bad: callbacks at this host's addresses, and requests to a publisher, in one thread.

    python -m tests.lan.programs.subscriber

Each line of standard input is a JSON list, and gets a line of JSON:

    ["callbacks", ADDRESS, MODE, COUNT]              the URLs of new callbacks
    ["listen", ADDRESS, ...]                         the name that multicast events, heard there, are kept under
    ["ask", [SOURCE, METHOD, URL, FIELDS], ...]      the answers, in order: status (0 is none), headers, time
    ["wait", [URL, ...], COUNT, SECONDS]             what came to each, once all had so many or the time is over

Addresses and URLs of IPv6 on a link have a zone, `fe80::2%eth0`, which neither a callback's URL nor HOST has.

A mode is `keeps` or `closes`, the connection after an answer of 200; `fails`, answering 500; `late N`, answering after
N seconds; `hangs`, answering the first event only; `resets`, once it has the event; `silent`, never reading; `refuses`,
with nobody at the port; `unreachable`, where not even that is told. Times are monotonic. An answer that is here is
always read before an event.
"""

from __future__ import annotations

import heapq
import itertools
import json
import os
import resource
import select
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from xml.etree import ElementTree

from tests.lan.programs.addresses import endpointOf, familyOf, hostOf, withoutZone

GROUP, PORT = '239.255.255.246', 7900
BACKLOG = 1024
READ_BYTES = 65536
ASK_SECONDS = 10.0
ASKED_AT_ONCE = 32
LONG_SECONDS = 3600.0
END_OF_HEAD = b'\r\n\r\n'
LENGTH = b'content-length:'
PROPERTY = '{urn:schemas-upnp-org:event-1-0}property'
RESET = struct.pack('ii', 1, 0)  # SO_LINGER: close at once, and tell the peer

KEEPING = b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
CLOSING = b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
FAILING = b'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'

Answer = tuple[int, dict[str, str], float]
Wait = Callable[[select.epoll, float], 'list[tuple[int, int]]']


class Note(NamedTuple):
    """A message as it came."""

    time: float
    message: bytes

    def described(self) -> dict[str, object]:
        """Return it taken apart."""
        head, _, body = self.message.partition(END_OF_HEAD)
        start, headers = headOf(head)
        texts = {child.tag: child.text or '' for one in ElementTree.fromstring(body).iter(PROPERTY) for child in one}
        return {'time': self.time, 'start': start, 'headers': headers, 'texts': texts}


class Callback:
    """What is done with the events at one URL, and those that came."""

    def __init__(self, mode: str) -> None:
        self.mode, _, seconds = mode.partition(' ')
        self.seconds = float(seconds or 0)
        self.notes: list[Note] = []


class Question:
    """A request on a connection of its own."""

    def __init__(self, source: str, method: str, url: str, fields: dict[str, str]) -> None:
        place = urlsplit(url)
        headers = {'HOST': withoutZone(place.netloc), 'CONNECTION': 'close'} | fields
        text = ''.join(f'{name}: {value}\r\n' for name, value in headers.items())
        self._received = bytearray()
        self.answer: Answer | None = None
        self.socket = boundTo(source)
        self.socket.settimeout(ASK_SECONDS)
        try:
            self.socket.connect(endpointOf(place.hostname or '', place.port or 80))
            self.socket.sendall(f'{method} {place.path} HTTP/1.1\r\n{text}\r\n'.encode())
        except OSError:
            self.socket.close()
            raise

    def read(self) -> None:
        """Read on."""
        if (received := readFrom(self.socket)) is None:
            return
        self._received += received
        if (end := messageEnd(self._received)) >= 0:
            start, headers = headOf(bytes(self._received[:end]).partition(END_OF_HEAD)[0])
            self.answer = int(start.split()[1]), headers, time.monotonic()
        elif not received:
            self.answer = 0, {}, time.monotonic()


class Subscribers:
    """Any number of callbacks, and requests that are under way.

    :param wait: for what can be read: `epoll.poll`, or something that does not sleep.
    """

    def __init__(self, wait: Wait = select.epoll.poll) -> None:
        allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))
        self._wait = wait
        self._poll = select.epoll()
        self._handlers: dict[int, Callable[[], None]] = {}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._questions: dict[int, Question] = {}
        self._byPath: dict[bytes, Callback] = {}
        self._byUrl: dict[str, Callback] = {}
        self._servers: dict[str, socket.socket] = {}
        self._unread: list[socket.socket] = []

    # What others send

    def callback(self, address: str, mode: str) -> str:
        """Return the URL of a new callback."""
        made, path = Callback(mode), f'/{next(self._numbers)}'
        url = f'http://{hostOf(address)}:{self._portFor(address, made.mode)}{path}'
        self._byPath[path.encode()] = self._byUrl[url] = made
        return url

    def listen(self, *addresses: str) -> str:
        """Hear multicast events at these addresses; return what they are kept under."""
        heard = self._byUrl[GROUP] = Callback('')
        endpoint = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        endpoint.bind((GROUP, PORT))
        for address in addresses:
            membership = socket.inet_aton(GROUP) + socket.inet_aton(address)
            endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        self.watch(endpoint.fileno(), lambda: heard.notes.append(Note(time.monotonic(), endpoint.recv(READ_BYTES))))
        return GROUP

    def notes(self, url: str) -> list[Note]:
        """Return what came to a callback until now."""
        return self._byUrl[url].notes

    # What we send

    @property
    def pending(self) -> int:
        """How many requests are not answered yet."""
        return len(self._questions)

    def begin(self, source: str, method: str, url: str, fields: dict[str, str]) -> Question:
        """Send a request, and return it; its answer comes with :meth:`turn`."""
        question = Question(source, method, url, fields)
        question.socket.setblocking(False)
        self._questions[question.socket.fileno()] = question
        self.watch(question.socket.fileno(), partial(self._read, question))
        return question

    def ask(self, *questions: Sequence[Any]) -> list[Answer]:
        """Send requests, as many at once as one peer may have connections, and return the answers."""
        asked = []
        for question in questions:
            self.until(lambda: self.pending < ASKED_AT_ONCE, ASK_SECONDS)
            asked.append(self.begin(*question))
        self.until(lambda: not self.pending, ASK_SECONDS)
        return [one.answer or (0, {}, time.monotonic()) for one in asked]

    # Time

    def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Go on until a condition holds, or the time is over; tell whether it does."""
        end = time.monotonic() + seconds
        while not condition():
            if (left := end - time.monotonic()) <= 0:
                return False
            self.turn(left)
        return True

    def turn(self, seconds: float) -> None:
        """Do what there is to do now, or wait so long for it."""
        if self._timers:
            seconds = min(seconds, max(0.0, self._timers[0][0] - time.monotonic()))
        for number, _ in self._wait(self._poll, seconds):
            if (handler := self._handlers.get(number)) is not None:
                handler()
        while self._timers and self._timers[0][0] <= time.monotonic():
            heapq.heappop(self._timers)[2]()

    def watch(self, number: int, handler: Callable[[], None]) -> None:
        """Call a handler whenever there is something to be read."""
        self._handlers[number] = handler
        self._poll.register(number, select.EPOLLIN)

    def forget(self, number: int) -> None:
        """Watch it no more."""
        if self._handlers.pop(number, None) is not None:
            self._poll.unregister(number)

    # The connections

    def _portFor(self, address: str, mode: str) -> int:
        """Return the port of the one server of an address; or one of its own, where the mode wants that."""
        if mode in ('silent', 'refuses', 'unreachable'):
            opened = boundTo(address)
            self._unread.append(opened)
            if mode != 'refuses':
                opened.listen(BACKLOG if mode == 'silent' else 0)
            if mode == 'unreachable':  # the backlog is full, and the kernel drops who else would connect
                self._unread.append(socket.create_connection(opened.getsockname()))
        elif address in self._servers:
            opened = self._servers[address]
        else:
            opened = self._servers[address] = boundTo(address)
            opened.listen(BACKLOG)
            opened.setblocking(False)
            self.watch(opened.fileno(), partial(self._accept, opened))
        return int(opened.getsockname()[1])

    def _accept(self, server: socket.socket) -> None:
        with suppress(BlockingIOError):
            opened, _ = server.accept()
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.setblocking(False)
            receive = partial(self._receive, opened, bytearray())
            self.watch(opened.fileno(), receive)
            receive()

    def _receive(self, opened: socket.socket, received: bytearray) -> None:
        """Read on, and take what is complete."""
        if (part := readFrom(opened)) is None:
            return
        received += part
        if not part:
            self._close(opened)
        while opened.fileno() >= 0 and (end := messageEnd(received)) >= 0:
            message = bytes(received[:end])
            del received[:end]
            self._take(opened, message)

    def _take(self, opened: socket.socket, message: bytes) -> None:
        """Note an event, and do with it what its callback does."""
        for question in list(self._questions.values()):
            self._read(question)
        callback = self._byPath[message.split(b' ', 2)[1]]
        callback.notes.append(Note(time.monotonic(), message))
        if callback.mode == 'hangs' and len(callback.notes) > 1:
            return
        if callback.mode in ('keeps', 'hangs'):
            answer(opened, KEEPING)
        elif callback.mode == 'late':
            due = time.monotonic() + callback.seconds
            heapq.heappush(self._timers, (due, next(self._numbers), partial(answer, opened, KEEPING)))
        else:
            if callback.mode == 'resets':
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            else:
                answer(opened, FAILING if callback.mode == 'fails' else CLOSING)
            self._close(opened)

    def _close(self, opened: socket.socket) -> None:
        self.forget(opened.fileno())
        opened.close()

    def _read(self, question: Question) -> None:
        question.read()
        if question.answer is not None:
            del self._questions[question.socket.fileno()]
            self._close(question.socket)


class Commands:
    """Carries out what standard input says, line by line."""

    def __init__(self) -> None:
        self._subscribers = Subscribers()
        self._rest = b''
        self._lines: deque[bytes] = deque()
        self._isEnded = False

    def run(self) -> None:
        """Answer each line, until the input ends."""
        self._subscribers.watch(sys.stdin.fileno(), self._read)
        while self._subscribers.until(lambda: bool(self._lines) or self._isEnded, LONG_SECONDS) and self._lines:
            name, *arguments = json.loads(self._lines.popleft())
            sys.stdout.write(json.dumps(getattr(self, name)(*arguments)) + '\n')
            sys.stdout.flush()

    def callbacks(self, address: str, mode: str, count: int) -> list[str]:
        """Return new callbacks."""
        return [self._subscribers.callback(address, mode) for _ in range(count)]

    def listen(self, *addresses: str) -> str:
        """Hear multicast events."""
        return self._subscribers.listen(*addresses)

    def ask(self, *questions: Sequence[Any]) -> list[Answer]:
        """Ask, and return the answers."""
        return self._subscribers.ask(*questions)

    def wait(self, urls: list[str], count: int, seconds: float) -> list[list[dict[str, object]]]:
        """Return what has come, as soon as it is enough."""
        lists = [self._subscribers.notes(url) for url in urls]
        self._subscribers.until(lambda: all(len(notes) >= count for notes in lists), seconds)
        return [[note.described() for note in notes] for notes in lists]

    def _read(self) -> None:
        part = os.read(sys.stdin.fileno(), READ_BYTES)
        *lines, self._rest = (self._rest + part).split(b'\n')
        self._lines += lines
        if not part:
            self._isEnded = True
            self._subscribers.forget(sys.stdin.fileno())


def boundTo(address: str) -> socket.socket:
    """Return a socket with a port of its own."""
    opened = socket.socket(familyOf(address), socket.SOCK_STREAM)
    opened.bind(endpointOf(address, 0))
    return opened


def readFrom(opened: socket.socket) -> bytes | None:
    """Return what came, nothing at the end; None when there is nothing yet."""
    try:
        return opened.recv(READ_BYTES)
    except BlockingIOError:
        return None
    except OSError:
        return b''


def answer(opened: socket.socket, message: bytes) -> None:
    """Send an answer, to who is still there."""
    with suppress(OSError):
        opened.send(message)


def messageEnd(received: bytearray) -> int:
    """Return where a message ends; -1 while it is not all here."""
    end = received.find(END_OF_HEAD)
    if end < 0:
        return -1
    length = bytes(received[:end]).lower().partition(LENGTH)[2].partition(b'\r\n')[0]
    end += len(END_OF_HEAD) + int(length or 0)
    return end if len(received) >= end else -1


def headOf(head: bytes) -> tuple[str, dict[str, str]]:
    """Return the first line, and the headers by their names in capitals."""
    start, *lines = head.decode('latin-1').split('\r\n')
    fields = (line.partition(':') for line in lines)
    return start, {name.upper(): value.strip() for name, _colon, value in fields}


if __name__ == '__main__':
    Commands().run()
