"""The load, run on the load host: ``load.py KIND key=value ...`` does one piece of work and prints JSON about it."""

import json
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urljoin, urlsplit

from tests.bench import probe
from tests.bench.devices import DEVICES, HTTP_PORT, SSDP_PORT, SWITCH_POWER, targetsOf
from tests.lan.programs import subscriber

GROUP = '239.255.255.250'
SO_TIMESTAMPNS = 35
SEARCH = 'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\n{mx}ST: {st}\r\n\r\n'
NOTIFY = (
    'NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age=1800\r\n'
    'LOCATION: http://10.77.0.9:49152/rootDesc.xml\r\nSERVER: Linux/6.1 UPnP/1.1 MiniUPnPd/2.3\r\n'
    'NT: {nt}\r\nUSN: {udn}::{nt}\r\nNTS: ssdp:alive\r\nOPT: "http://schemas.upnp.org/upnp/1/0/"; ns=01\r\n'
    '01-NLS: {boot}\r\nBOOTID.UPNP.ORG: {boot}\r\nCONFIGID.UPNP.ORG: 1337\r\n\r\n'
)
DESCRIPTION_PATH = '/descr.xml'
DESCRIPTION_NAMESPACE = {'d': 'urn:schemas-upnp-org:device-1-0'}
SOAP_CALL = (
    '<?xml version="1.0"?>\r\n'
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
    ' s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">\r\n'
    f'<s:Body><u:GetStatus xmlns:u="{SWITCH_POWER}"></u:GetStatus></s:Body>\r\n'
    '</s:Envelope>\r\n'
)
SOAP_FIELDS = (
    'Content-Type: text/xml; charset="utf-8"\r\n'
    f'Content-Length: {len(SOAP_CALL)}\r\n'
    f'SOAPACTION: "{SWITCH_POWER}#GetStatus"\r\n'
    '\r\n'
)
SET_SIZE = 12
PAUSE_SECONDS = 0.002
PATIENCE_SECONDS = 2.0
START_PATIENCE_SECONDS = 20
ASKED_AT_ONCE = 4
SETTLING_SECONDS = 0.1  # after the last event: the server has still to read its answer
BAD_MODES = ('silent', 'resets', 'fails', 'late 20', 'unreachable')


def searchFor(st: str, mx: int | None = None) -> bytes:
    """Return an M-SEARCH; a unicast one has no MX."""
    return SEARCH.format(st=st, mx='' if mx is None else f'MX: {mx}\r\n').encode()


def openSocket(source: str) -> socket.socket:
    """Open a UDP socket that multicasts from ``source`` and notes when the kernel took a datagram in."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(source))
    opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
    opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    opened.bind((source, 0))
    opened.setblocking(False)
    return opened


def take(opened: socket.socket) -> tuple[bytes, float] | None:
    """Return a waiting datagram and the time it came, or None."""
    try:
        text, ancillary, _, _ = opened.recvmsg(9000, 64)
    except BlockingIOError:
        return None
    seconds, nanoseconds = struct.unpack('qq', ancillary[0][2])
    return text, seconds + nanoseconds / 1e9


def awaitReady(poll: select.epoll, seconds: float) -> list[tuple[int, int]]:
    """Return what can be read, or nothing after ``seconds``; without going to sleep, as the core is ours.

    Whoever sends to a sleeping process on another core pays for waking it, some 25 us on a virtual machine; to a real
    device, its peers' sleep costs nothing.
    """
    if os.cpu_count() == 1:
        return poll.poll(seconds)
    until = time.monotonic() + seconds
    while not (ready := poll.poll(0)) and time.monotonic() < until:
        pass
    return ready


def ticks(count: int, perSecond: float) -> Iterator[float]:
    """Yield the seconds to wait before each of ``count`` things that shall happen ``perSecond``; 0 when behind."""
    start = time.monotonic()
    for number in range(count):
        yield max(0.0, start + number / perSecond - time.monotonic())


def report(wanted: int, done: int) -> dict[str, Any]:
    """Return what every load tells: how much was to be done, and how much was."""
    return {'wanted': wanted, 'done': done}


def notify(source: str, address: str, device: str, count: str, distinct: str = '') -> dict[str, Any]:
    """Multicast the NOTIFYs of other devices, a set of 12 at once, ``distinct`` different ones in all."""
    opened = openSocket(source)
    texts = [
        NOTIFY.format(nt=f'urn:schemas-upnp-org:service:S{n}:1', udn=f'uuid:{n // SET_SIZE:036d}', boot=n).encode()
        for n in range(int(distinct or count))
    ]
    sets = int(count) // SET_SIZE
    for number, wait in enumerate(ticks(sets, 1 / PAUSE_SECONDS)):
        time.sleep(wait)
        for n in range(number * SET_SIZE, (number + 1) * SET_SIZE):
            opened.sendto(texts[n % len(texts)], (GROUP, SSDP_PORT))
    return report(sets * SET_SIZE, sets * SET_SIZE)


def search(source: str, address: str, device: str, count: str) -> dict[str, Any]:
    """Search by unicast from 16 sockets, each with one search on its way at a time."""
    texts = [searchFor(st) for st in targetsOf(DEVICES[device])]
    sockets = {opened.fileno(): opened for opened in (openSocket(source) for _ in range(16))}
    poll = select.epoll()
    sent = answered = 0
    for number, opened in sockets.items():
        poll.register(number, select.EPOLLIN)
        opened.sendto(texts[sent % len(texts)], (address, SSDP_PORT))
        sent += 1
    while answered < sent:
        ready = awaitReady(poll, PATIENCE_SECONDS)
        if not ready:
            break
        for number, _ in ready:
            take(sockets[number])
            answered += 1
            if sent < int(count):
                sockets[number].sendto(texts[sent % len(texts)], (address, SSDP_PORT))
                sent += 1
    return report(int(count), answered)


def searchAll(source: str, address: str, device: str, count: str, perSecond: str, mx: str = '') -> dict[str, Any]:
    """Search for ssdp:all from ever other sockets, by multicast if there is an MX, and count all that comes back."""
    text = searchFor('ssdp:all', int(mx) if mx else None)
    wanted = int(count) * len(targetsOf(DEVICES[device]))
    sockets = {opened.fileno(): opened for opened in (openSocket(source) for _ in range(int(count)))}
    poll = select.epoll()
    for number in sockets:
        poll.register(number, select.EPOLLIN)
    answered = 0

    def drain(wait: float) -> bool:
        nonlocal answered
        ready = awaitReady(poll, wait)
        for number, _ in ready:
            while take(sockets[number]):
                answered += 1
        return bool(ready)

    for opened, wait in zip(sockets.values(), ticks(int(count), float(perSecond)), strict=True):
        until = time.monotonic() + wait
        while (left := until - time.monotonic()) > 0:
            drain(left)
        opened.sendto(text, (GROUP if mx else address, SSDP_PORT))
    while answered < wanted and drain(PATIENCE_SECONDS):
        pass
    return report(wanted, answered)


class Flood:
    """Multicast searches at a fixed rate; a pair of socket and target is used again after two seconds."""

    PER_TICK = 5
    TARGETS = 4
    PAIR_REST_SECONDS = 2

    def __init__(self, source: str, device: str, perSecond: int, mx: int) -> None:
        self.targets = targetsOf(DEVICES[device])[: self.TARGETS]
        self.texts = [searchFor(st, mx) for st in self.targets]
        self.number = {st: number for number, st in enumerate(self.targets)}
        amount = perSecond * self.PAIR_REST_SECONDS // self.TARGETS
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, amount + 50), hard), hard))
        self.sockets = [openSocket(source) for _ in range(amount)]
        self.byNumber = {opened.fileno(): opened for opened in self.sockets}
        self.poll = select.epoll()
        for opened in self.sockets:
            self.poll.register(opened.fileno(), select.EPOLLIN)
        self.sentAt: dict[tuple[int, int], float] = {}
        self.delays: list[float] = []
        self.strays = 0

    def send(self, number: int) -> None:
        """Send search ``number``."""
        opened = self.sockets[number // self.TARGETS % len(self.sockets)]
        st = number % self.TARGETS
        self.sentAt[opened.fileno(), st] = time.time()
        opened.sendto(self.texts[st], (GROUP, SSDP_PORT))

    def drain(self, wait: float) -> bool:
        """Take in what is waiting, and tell whether anything was."""
        ready = awaitReady(self.poll, wait)
        for number, _ in ready:
            while got := take(self.byNumber[number]):
                text, came = got
                st = text.split(b'\r\nST:', 1)[1].split(b'\r\n', 1)[0].strip().decode()
                sent = self.sentAt.pop((number, self.number.get(st, -1)), None)
                if sent is None:
                    self.strays += 1
                else:
                    self.delays.append(came - sent)
        return bool(ready)


def flood(source: str, device: str, count: str, perSecond: str, mx: str) -> dict[str, Any]:
    """Search by multicast, evenly in time, and note how long each answer took."""
    load = Flood(source, device, int(perSecond), int(mx))
    total = int(count) // load.PER_TICK
    start = time.monotonic()
    for number, wait in enumerate(ticks(total, int(perSecond) / load.PER_TICK)):
        until = time.monotonic() + wait
        while (left := until - time.monotonic()) > 0:
            load.drain(left)
        for n in range(number * load.PER_TICK, (number + 1) * load.PER_TICK):
            load.send(n)
    seconds = time.monotonic() - start
    until = time.monotonic() + 6
    while load.sentAt and time.monotonic() < until:
        load.drain(0.1)
    delays = sorted(load.delays)
    return {
        'sent': total * load.PER_TICK,
        'seconds': seconds,
        'answered': len(delays),
        'strays': load.strays,
        'late': sum(delay > int(mx) for delay in delays),
        'medianDelay': delays[len(delays) // 2] if delays else None,
        'longestDelay': delays[-1] if delays else None,
    }


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked over each connection again and again, or once; ``wanted`` is in the body of a right answer."""

    request: bytes
    wanted: bytes
    isKept: bool


def questionOf(startLine: str, address: str, keep: str, wanted: bytes, more: str = '\r\n') -> Question:
    """Return the question; ``more`` is what follows the fields that all of them have."""
    connection = '' if keep == 'yes' else 'Connection: close\r\n'
    head = f'{startLine} HTTP/1.1\r\nHost: {address}:{HTTP_PORT}\r\n{connection}'
    return Question((head + more).encode(), wanted, keep == 'yes')


class Exchange:
    """One HTTP connection that asks its question."""

    def __init__(self, address: str, question: Question, poll: select.epoll) -> None:
        self.question = question
        self.got = b''
        self.socket = socket.create_connection((address, HTTP_PORT), PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        poll.register(self.socket.fileno(), select.EPOLLIN)

    def ask(self) -> None:
        """Send the request."""
        self.got = b''
        self.socket.send(self.question.request)

    def isAnswered(self) -> bool:
        """Read on, and tell whether the answer is complete; without keep-alive that is when the peer closes."""
        part = self.socket.recv(65536)
        self.got += part
        head, separator, body = self.got.partition(b'\r\n\r\n')
        length = int(head.lower().split(b'content-length:', 1)[1].split(b'\r\n', 1)[0]) if separator else None
        if length is None or len(body) < length:
            if not part:
                raise ConnectionError(f'closed before the answer was complete: {self.got!r}')
            return False
        if not head.startswith(b'HTTP/1.1 200 ') or len(body) > length or self.question.wanted not in body:
            raise ConnectionError(f'not {self.question.wanted!r}: {self.got!r}')
        return self.question.isKept or not part


def exchange(address: str, question: Question, count: int, connections: int) -> dict[str, Any]:
    """Ask ``count`` times in all, over ``connections`` connections at a time."""
    poll = select.epoll()
    exchanges: dict[int, Exchange] = {}
    done = 0

    def begin() -> None:
        one = Exchange(address, question, poll)
        exchanges[one.socket.fileno()] = one
        one.ask()

    started = min(connections, count)
    for _ in range(started):
        begin()
    while done < started and (ready := awaitReady(poll, PATIENCE_SECONDS)):
        for number, _ in ready:
            one = exchanges[number]
            if not one.isAnswered():
                continue
            done += 1
            if not question.isKept:
                exchanges.pop(number).socket.close()
            if started < count:
                one.ask() if question.isKept else begin()
                started += 1
    return report(count, done)


def http(source: str, address: str, device: str, count: str, connections: str, keep: str) -> dict[str, Any]:
    """GET the description, over ``connections`` connections at a time."""
    question = questionOf(f'GET {DESCRIPTION_PATH}', address, keep, b'</root>')
    return exchange(address, question, int(count), int(connections))


def pathOf(address: str, element: str) -> str:
    """Return the path of one of SwitchPower's URLs, as the description has it."""
    connection = HTTPConnection(address, HTTP_PORT, timeout=PATIENCE_SECONDS)
    connection.request('GET', DESCRIPTION_PATH)
    root = ElementTree.fromstring(connection.getresponse().read())
    (url,) = (
        service.findtext(f'd:{element}', '', DESCRIPTION_NAMESPACE)
        for service in root.iterfind('.//d:service', DESCRIPTION_NAMESPACE)
        if service.findtext('d:serviceType', '', DESCRIPTION_NAMESPACE) == SWITCH_POWER
    )
    return urlsplit(urljoin(DESCRIPTION_PATH, url)).path


def controlPath(address: str) -> dict[str, str]:
    """Return where the actions of SwitchPower are called: an argument of ``soap``."""
    return {'path': pathOf(address, 'controlURL')}


def eventPath(address: str) -> dict[str, str]:
    """Return where SwitchPower is subscribed to: an argument of ``events`` and others."""
    return {'path': pathOf(address, 'eventSubURL')}


def soap(source: str, address: str, device: str, count: str, path: str, connections: str, keep: str) -> dict[str, Any]:
    """Call GetStatus, over ``connections`` connections at a time."""
    question = questionOf(f'POST {path}', address, keep, b'<ResultStatus>1</ResultStatus>', SOAP_FIELDS + SOAP_CALL)
    return exchange(address, question, int(count), int(connections))


class Audience:
    """Subscribers to SwitchPower, from one address; a signal has the server change its variable.

    :param pid: of the server.
    """

    def __init__(self, source: str, address: str, path: str, pid: str) -> None:
        self._pid = int(pid)
        self._source = source
        self._url = f'http://{address}:{HTTP_PORT}{path}'
        self._subscribers = subscriber.Subscribers(awaitReady)
        self._callbacks: list[str] = []
        self._sids: list[str] = []
        self._changed: list[float] = []
        self._asked: list[subscriber.Question] = []

    def join(self, mode: str, count: int) -> int:
        """Subscribe, a few at a time, wait for the initial events, and return how many came."""
        self._callbacks += self._subscribe([mode] * count)
        self._await(lambda: self._heard(all))
        return sum(bool(self._subscribers.notes(callback)) for callback in self._callbacks)

    def joinBadly(self) -> None:
        """Subscribe as those do who take no event."""
        self._subscribe(BAD_MODES)

    def change(self, count: int, perSecond: float = 0) -> int:
        """Have so many changes made, each when all have heard of the last, or at a rate; return the events that came.

        At a rate, one is made when somebody has heard of the last at least: the server would take two for none.
        """
        for wait in ticks(count, perSecond) if perSecond else (0,) * count:
            self.settle(wait)
            self._await(lambda: self._heard(any if perSecond else all))
            self._changed.append(time.monotonic())
            os.kill(self._pid, signal.SIGUSR1)
        self._await(lambda: self._heard(all))
        return sum(len(self._subscribers.notes(callback)) - 1 for callback in self._callbacks)

    def delays(self) -> list[float]:
        """Return for each change the seconds until the last one heard of it, as far as all have."""
        notes = [self._subscribers.notes(callback)[1:] for callback in self._callbacks]
        lasts = (max(note.time for note in each) for each in zip(*notes, strict=False))
        return [last - changed for last, changed in zip(lasts, self._changed, strict=False)]

    def settle(self, seconds: float = SETTLING_SECONDS) -> None:
        """Let the server come to rest."""
        self._subscribers.until(lambda: False, seconds)

    def leave(self) -> None:
        """End all subscriptions."""
        for sid in self._sids:
            self._ask('UNSUBSCRIBE', SID=sid)
        self._answers()
        self._sids.clear()

    def expire(self) -> None:
        """Have all subscriptions end soon, and wait until they have."""
        for sid in self._sids:
            self._ask('SUBSCRIBE', SID=sid, TIMEOUT='Second-1')
        self._answers()
        self.settle(1 + SETTLING_SECONDS)

    def _subscribe(self, modes: Sequence[str]) -> list[str]:
        """Subscribe with a callback for each of these modes, and return the callbacks."""
        callbacks = [self._subscribers.callback(self._source, mode) for mode in modes]
        for callback in callbacks:
            self._ask('SUBSCRIBE', CALLBACK=f'<{callback}>', NT='upnp:event', TIMEOUT='Second-1800')
        self._sids += [headers['SID'] for headers in self._answers()]
        return callbacks

    def _heard(self, which: Callable[[Iterable[bool]], bool]) -> bool:
        """Tell whether any, or all, have heard of every change."""
        wanted = 1 + len(self._changed)
        return which(len(self._subscribers.notes(one)) >= wanted for one in self._callbacks)

    def _ask(self, method: str, **fields: str) -> None:
        """Send a request when there are not too many under way."""
        self._await(lambda: self._subscribers.pending < ASKED_AT_ONCE)
        self._asked.append(self._subscribers.begin(self._source, method, self._url, fields))

    def _answers(self) -> list[dict[str, str]]:
        """Return the headers of the answers."""
        self._await(lambda: not self._subscribers.pending)
        answers = [one.answer or (0, {}, 0.0) for one in self._asked]
        self._asked.clear()
        if bad := [status for status, _, _ in answers if status != 200]:
            raise ConnectionError(f'{len(bad)} of {len(answers)} were answered {bad[0]}')
        return [headers for _, headers, _ in answers]

    def _await(self, condition: Callable[[], bool]) -> None:
        self._subscribers.until(condition, START_PATIENCE_SECONDS)


def events(
    source: str, address: str, device: str, count: str, path: str, pid: str, subscribers: str, mode: str
) -> dict[str, Any]:
    """Hear of changes, one after the other; tell the CPU time of the server."""
    audience = Audience(source, address, path, pid)
    audience.join(mode, int(subscribers))
    audience.settle()
    before = probe.cpuSeconds(int(pid))
    done = audience.change(int(count))
    audience.settle()
    spent = probe.cpuSeconds(int(pid)) - before
    audience.leave()
    return report(int(count) * int(subscribers), done) | {'spent': spent}


def subscribe(source: str, address: str, device: str, count: str, path: str, pid: str) -> dict[str, Any]:
    """Subscribe, and take the initial events; tell the CPU time of the server."""
    audience = Audience(source, address, path, pid)
    before = probe.cpuSeconds(int(pid))
    done = audience.join('closes', int(count))
    audience.settle()
    spent = probe.cpuSeconds(int(pid)) - before
    audience.leave()
    return report(int(count), done) | {'spent': spent}


def spread(
    source: str, address: str, count: str, path: str, pid: str, subscribers: str, perSecond: str, bad: str
) -> dict[str, Any]:
    """Hear of changes at a fixed rate, and note how long each took to the last of the live ones."""
    audience = Audience(source, address, path, pid)
    audience.join('closes', int(subscribers))
    if bad == 'yes':
        audience.joinBadly()
    audience.settle()
    done = audience.change(int(count), float(perSecond))
    delays = sorted(audience.delays())
    audience.leave()
    return report(int(count) * int(subscribers), done) | {
        'median': delays[len(delays) // 2],
        'longest': delays[-1],
    }


def crowd(source: str, address: str, count: str, path: str, pid: str, changes: str) -> dict[str, Any]:
    """Subscribe so often, hear of changes, and let all the subscriptions expire; tell how the server grows by it."""
    audience = Audience(source, address, path, pid)
    before = probe.residentBytes(int(pid))
    done = audience.join('keeps', int(count))
    done += audience.change(int(changes))
    grown = probe.residentBytes(int(pid)) - before
    audience.expire()
    return report(int(count) * (1 + int(changes)), done) | {
        'grown': grown,
        'left': probe.residentBytes(int(pid)) - before,
    }


def ready(address: str) -> None:
    """Wait until the description can be had."""
    until = time.monotonic() + START_PATIENCE_SECONDS
    while True:
        try:
            http('', address, '', '1', '1', 'no')
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def firstAlive(source: str) -> float:
    """Say that we listen, then return the time at which the first ssdp:alive came."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    opened.bind((GROUP, SSDP_PORT))
    member = socket.inet_aton(GROUP) + socket.inet_aton(source)
    opened.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    opened.settimeout(START_PATIENCE_SECONDS)
    sys.stdout.write('listening\n')
    sys.stdout.flush()
    while True:
        got = take(opened)
        if got and b'ssdp:alive' in got[0]:
            return got[1]


KINDS: dict[str, Callable[..., object]] = {
    work.__name__: work
    for work in (
        *(notify, search, searchAll, flood, http, controlPath, soap, ready, firstAlive),
        *(eventPath, events, subscribe, spread, crowd),
    )
}

if __name__ == '__main__':
    arguments = dict(argument.split('=', 1) for argument in sys.argv[2:])
    sys.stdout.write(json.dumps(KINDS[sys.argv[1]](**arguments)) + '\n')
