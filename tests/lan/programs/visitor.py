"""Everything that a control point can ask of a device, by plain sockets alone, and what came back to the letter.

It runs in a prompt (`tests.lan.prompt`) on a host of its own, and returns what JSON knows: datagrams as
`[address, text]`, the oldest first, and HTTP messages as text. Bytes that are no ASCII stand as `\\xNN`.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterable

from tests.lan.programs.addresses import endpointOf, familyOf

GROUP, PORT = '239.255.255.250', 1900
LINK_GROUP, SITE_GROUP = 'ff02::c', 'ff05::c'
EVENT_GROUP, EVENT_PORT = '239.255.255.246', 7900
EVENT_GROUPS = ('ff02::130', 'ff05::130')
READ_BYTES = 65536
ANSWER_SECONDS = 10.0
LATE_SECONDS = 0.5  # for an answer that is due to arrive
EVENT_OK = b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'

Datagram = tuple[str, str]


def textOf(data: bytes) -> str:
    """Return bytes as text that tells them all apart."""
    return data.decode('ascii', 'backslashreplace')


def groupSocket(interface: str, own: str, groups: Iterable[str], port: int) -> socket.socket:
    """Return a socket that hears groups on an interface.

    :param own: the IPv4 address there, for groups of IPv4.
    """
    family = familyOf(first := next(iter(groups)))
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    if family == socket.AF_INET:
        sock.bind((first, port))
        member = socket.inet_aton(first) + socket.inet_aton(own)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(('::', port))
        for group in groups:
            member = socket.inet_pton(family, group) + struct.pack('@I', socket.if_nametoindex(interface))
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, member)
    return sock


class Collector:
    """Collects, in a thread, what reaches a socket."""

    def __init__(self, *socks: socket.socket) -> None:
        self._seen: list[Datagram] = []
        self._changed = threading.Condition()
        for sock in socks:
            threading.Thread(target=self._collect, args=(sock,), daemon=True).start()

    def take(self, count: int, quiet: float, most: float = ANSWER_SECONDS) -> list[Datagram]:
        """Return, and forget, what came: when there are `count` at least, and for so many seconds there was no more."""
        end = time.monotonic() + most
        with self._changed:
            while (left := end - time.monotonic()) > 0:
                isEnough = len(self._seen) >= count
                if not self._changed.wait(min(quiet, left) if isEnough else left) and isEnough:
                    break
            seen, self._seen = self._seen, []
        return seen

    def _collect(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                data, source = sock.recvfrom(READ_BYTES)
                with self._changed:
                    self._seen.append((source[0].partition('%')[0], textOf(data)))
                    self._changed.notify_all()


class Visitor:
    """A control point.

    :param interface: where it listens.
    :param own: its IPv4 address there.
    """

    def __init__(self, interface: str, own: str) -> None:
        self._own = own
        self._advertisements = Collector(
            groupSocket(interface, own, [GROUP], PORT), groupSocket(interface, own, [LINK_GROUP, SITE_GROUP], PORT)
        )
        self._groupEvents = Collector(
            groupSocket(interface, own, [EVENT_GROUP], EVENT_PORT),
            groupSocket(interface, own, EVENT_GROUPS, EVENT_PORT),
        )
        self._events: list[str] = []
        self._changed = threading.Condition()
        self._callback = socket.create_server((own, 0))
        self.callbackPort: int = self._callback.getsockname()[1]
        threading.Thread(target=self._acceptEvents, daemon=True).start()
        self._stream: socket.socket | None = None

    # Discovery

    def advertisements(self, quiet: float) -> list[Datagram]:
        """Return what was advertised since the last time, as soon as nothing more has come for so many seconds."""
        seen = self._advertisements.take(1, quiet)
        return [one for one in seen if not one[1].startswith('M-SEARCH')]

    def groupEvents(self, count: int) -> list[Datagram]:
        """Return so many events that were sent to all."""
        return self._groupEvents.take(count, 0.1)

    def search(self, targets: list[str], own: str, to: str, mx: int | None) -> dict[str, list[str]]:
        """Search for several targets at once; return the answers to each.

        :param own: the address to search from, and `to` the group or the device, each with its zone.
        :param mx: seconds; None for a unicast search.
        """
        socks = {target: self._sendSearch(target, own, to, mx) for target in targets}
        end = time.monotonic() + (mx or 0) + LATE_SECONDS
        answers: dict[str, list[str]] = {}
        for target, sock in socks.items():
            answers[target] = []
            with sock, contextlib.suppress(TimeoutError):
                while True:
                    sock.settimeout(max(end - time.monotonic(), 0.001))
                    answers[target].append(textOf(sock.recv(READ_BYTES)))
        return answers

    def _sendSearch(self, target: str, own: str, to: str, mx: int | None) -> socket.socket:
        family = familyOf(own)
        sock = socket.socket(family, socket.SOCK_DGRAM)
        endpoint = endpointOf(to, PORT)
        if family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
        elif endpoint[-1]:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, int(endpoint[-1]))
        sock.bind(endpointOf(own, 0))
        wait = '' if mx is None else f'MX: {mx}\r\n'
        text = f'M-SEARCH * HTTP/1.1\r\nHOST: {to}:{PORT}\r\nMAN: "ssdp:discover"\r\n{wait}ST: {target}\r\n\r\n'
        sock.sendto(text.encode(), endpoint)
        return sock

    # HTTP

    def exchange(self, host: str, port: int, *requests: str) -> list[str]:
        """Send requests over one connection; return the answers, the last of which ends with the connection.

        :param requests: as they are sent, of Latin-1.
        """
        answers = []
        with socket.create_connection((host, port), timeout=ANSWER_SECONDS) as sock:
            buffer = b''
            for request in requests:
                sock.sendall(request.encode('latin-1'))
                answer, buffer = readMessage(sock, buffer, hasBody=not request.startswith('HEAD '))
                answers.append(textOf(answer))
        return answers

    def follow(self, host: str, port: int, request: str) -> str:
        """Open a stream of events; return the head and the first of them."""
        self._stream = socket.create_connection((host, port), timeout=ANSWER_SECONDS)
        self._stream.sendall(request.encode())
        data = b''
        while data.count(b'\n\n') < 3 and (received := self._stream.recv(READ_BYTES)):
            data += received
        return textOf(data)

    def followed(self) -> str:
        """Return what came on the stream next; its end is told as such."""
        assert self._stream is not None
        data = self._stream.recv(READ_BYTES)
        if not data:
            self._stream.close()
        return textOf(data) or '(end)'

    def leave(self) -> None:
        """Close the stream."""
        assert self._stream is not None
        self._stream.close()

    # Events

    def events(self, count: int, most: float = ANSWER_SECONDS) -> list[str]:
        """Return, and forget, the events that have come to the callback, when there are so many."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._events) >= count, most)
            seen, self._events = self._events, []
        return seen

    def _acceptEvents(self) -> None:
        while True:
            sock, _ = self._callback.accept()
            with sock:
                message, _ = readMessage(sock, b'', hasBody=True)
                sock.sendall(EVENT_OK)
            with self._changed:
                self._events.append(textOf(message))
                self._changed.notify_all()


def readMessage(sock: socket.socket, buffer: bytes, *, hasBody: bool) -> tuple[bytes, bytes]:
    """Return an HTTP message, and what came behind it."""
    while b'\r\n\r\n' not in buffer:
        received = sock.recv(READ_BYTES)
        if not received:
            return buffer, b''
        buffer += received
    head, _, rest = buffer.partition(b'\r\n\r\n')
    fields = dict(line.lower().split(b':', 1) for line in head.split(b'\r\n')[1:])
    length = int(fields.get(b'content-length', 0)) if hasBody else 0
    while len(rest) < length and (received := sock.recv(READ_BYTES)):
        rest += received
    return head + b'\r\n\r\n' + rest[:length], rest[length:]
