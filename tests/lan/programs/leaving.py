"""Open the page of the light in `light.py` again and again, and leave it in every way there is.

    python -m tests.lan.programs.leaving DEVICE_ADDRESS SEED COUNT

At the end it prints one line of JSON: how often which status was answered (0 for none), by the way of leaving.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from random import Random

from tests.lan.programs.finding import show
from tests.lan.programs.light import PORT, UUID

OPEN = 14  # at a time
PATIENCE_SECONDS = 5.0
RECEIVE_BYTES = 4096
RESET = struct.pack('ii', 1, 0)  # SO_LINGER: close at once, and tell the peer
HEAD = '{} /' + UUID + '/live HTTP/{}\r\nHost: {}:' + str(PORT) + '\r\n{}\r\n'


class Pages:
    """All pages that a host has open."""

    def __init__(self, address: str, rng: Random) -> None:
        self._address = address
        self._rng = rng
        self._open: deque[socket.socket] = deque()
        self.statuses: Counter[str] = Counter()

    def visit(self) -> None:
        """Open a page in one way, and leave the oldest when many are open."""
        way = self._rng.choice(WAYS)
        sock = socket.create_connection((self._address, PORT), PATIENCE_SECONDS)
        try:
            way(self, sock)
        except OSError:  # it has given way
            self.statuses['gone'] += 1
            sock.close()
        self.leaveAllBut(OPEN)

    def leaveAllBut(self, count: int) -> None:
        """Leave the oldest pages."""
        while len(self._open) > count:
            self.leave(self._open.popleft())

    def leave(self, sock: socket.socket) -> None:
        """Close a connection, politely or not."""
        if self._rng.random() < 0.5:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        sock.close()

    def ask(self, sock: socket.socket, way: str, *lines: str, method: str = 'GET', version: str = '1.1') -> None:
        """Send a request, and wait for the beginning of the answer."""
        self.send(sock, *lines, method=method, version=version)
        self.statuses[f'{way} {self.answer(sock)}'] += 1

    def send(self, sock: socket.socket, *lines: str, method: str = 'GET', version: str = '1.1') -> None:
        fields = ''.join(f'{line}\r\n' for line in lines)
        sock.sendall(HEAD.format(method, version, self._address, fields).encode())

    def answer(self, sock: socket.socket) -> int:
        try:
            received = sock.recv(RECEIVE_BYTES)
        except OSError:
            received = b''
        return int(received.split()[1]) if received else 0

    # The ways

    def opened(self, sock: socket.socket) -> None:
        self.ask(sock, 'opened')
        self._open.append(sock)

    def read(self, sock: socket.socket) -> None:
        self.ask(sock, 'read')
        time.sleep(self._rng.uniform(0, 0.02))
        sock.recv(RECEIVE_BYTES)
        self._open.append(sock)

    def resetAtOnce(self, sock: socket.socket) -> None:
        self.send(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        sock.close()

    def halfClosed(self, sock: socket.socket) -> None:
        self.send(sock)
        sock.shutdown(socket.SHUT_WR)
        self.statuses[f'half closed {self.answer(sock)}'] += 1
        sock.close()

    def headOnly(self, sock: socket.socket) -> None:
        self.ask(sock, 'head', method='HEAD')
        sock.close()

    def old(self, sock: socket.socket) -> None:
        self.ask(sock, 'old', version='1.0')
        self._open.append(sock)

    def expecting(self, sock: socket.socket) -> None:
        self.ask(sock, 'expecting', 'Content-Length: 4', 'Expect: 100-continue')
        sock.sendall(b'body')
        self._open.append(sock)

    def talking(self, sock: socket.socket) -> None:
        self.ask(sock, 'talking')
        self.send(sock)
        self.leave(sock)

    def pipelined(self, sock: socket.socket) -> None:
        for _ in range(3):
            self.send(sock)
        self._open.append(sock)

    def strange(self, sock: socket.socket) -> None:
        self.ask(sock, 'strange', 'Origin: http://evil.example')
        sock.close()

    def cut(self, sock: socket.socket) -> None:
        sock.sendall(f'GET /{UUID}/live HT'.encode())
        self.leave(sock)


WAYS: tuple[Callable[[Pages, socket.socket], None], ...] = (
    *(Pages.opened, Pages.read, Pages.resetAtOnce, Pages.halfClosed, Pages.headOnly, Pages.old, Pages.expecting),
    *(Pages.talking, Pages.pipelined, Pages.strange, Pages.cut),
)


def main(address: str, seed: int, count: int) -> None:
    pages = Pages(address, Random(seed))
    for _ in range(count):
        pages.visit()
    pages.leaveAllBut(0)
    show({'statuses': dict(pages.statuses)})


if __name__ == '__main__':
    main(sys.argv[1], *map(int, sys.argv[2:]))
