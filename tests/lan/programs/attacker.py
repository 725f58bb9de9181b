"""Trouble a device's HTTP server, bounded in count and time.

    python -m tests.lan.programs.attacker hold ADDRESS PORT OWN_ADDRESS[,...] --slow 500 --idle 1000 [--again]
    python -m tests.lan.programs.attacker flood ADDRESS PORT OWN_ADDRESS --connections 64
    python -m tests.lan.programs.attacker reset ADDRESS PORT OWN_ADDRESS --connections 3000

`hold` opens connections, from its addresses in turn, and keeps them; a slow one sends its head byte by byte, or a field
now and then, and never the end of it. Cut off, it comes again with --again. `flood` sends requests without end over
each of its connections, and takes the answers. `reset` opens connections and breaks them off at once, after part of a
request, or after all of it.

It prints `ready` when all were begun (`flood`: when each was answered; `reset`: at the start), ends with its
standard input, or after 60 s, and then prints what came of it as JSON.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import select
import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

SECONDS = 60.0
CONNECT_SECONDS = 10.0
AGAIN_PER_SECOND = 200
TICK_SECONDS = 0.1
READ_BYTES = 1 << 20
PIPELINED = 200
RESETS_AT_ONCE, RESET_SECONDS = 20, 0.02  # a thousand a second
RESET = struct.pack('ii', 1, 0)  # SO_LINGER: no farewell, and none awaited
FIELD = b'X-Slow: 1\r\n'
FIELD_TICKS = 10  # a second between fields


class Held:
    """A connection that is kept, and what it sends."""

    def __init__(self, opened: socket.socket, number: int, behaviour: str, head: bytes) -> None:
        self.socket = opened
        self.number = number
        self.behaviour = behaviour
        self._head = head
        self._sent = 0

    def go(self, tick: int) -> None:
        """Send a little, if the connection is there by now."""
        if self.behaviour == 'idle' or (self.behaviour == 'fields' and tick % FIELD_TICKS):
            return
        step = 1 if self.behaviour == 'bytes' or self._sent >= len(self._head) else len(self._head)
        with suppress(OSError):  # of which the poll tells
            self._sent += self.socket.send(self._head[self._sent : self._sent + step] or FIELD[:step])


class Flooding:
    """A connection over which the same is sent again and again, and all that comes is taken."""

    def __init__(self, opened: socket.socket, request: bytes) -> None:
        opened.setblocking(False)
        self.socket = opened
        self.received = 0
        self.isCut = False
        self._request = self._unsent = memoryview(request)

    def go(self) -> bool:
        """Take and send what there is; tell whether the connection still is."""
        try:
            with suppress(BlockingIOError):
                received = len(self.socket.recv(READ_BYTES))
                self.received += received
                self.isCut = not received
            with suppress(BlockingIOError):
                self._unsent = self._unsent[self.socket.send(self._unsent) :] or self._request
        except OSError:
            self.isCut = True
        return not self.isCut


class Attacker:
    """All that one does to a device.

    :param own: addresses to come from, by turns.
    """

    def __init__(self, device: tuple[str, int], own: list[str]) -> None:
        self._device = device
        self._own = itertools.cycle(own)
        self._end = time.monotonic() + SECONDS
        host = f'{device[0]}:{device[1]}'
        self._get = f'GET /descr.xml HTTP/1.1\r\nHost: {host}\r\n\r\n'.encode()
        self._begun = f'GET /descr.xml HTTP/1.1\r\nHost: {host}\r\nX-Slow: '.encode()

    def hold(self, behaviours: list[str], *, isAgain: bool) -> dict[str, object]:
        """Hold connections; those that are cut off come again, or are counted."""
        poll, held, opened, cut = select.epoll(), dict[int, Held](), 0, list[int]()
        missing, allowed = behaviours, len(behaviours)

        def look(seconds: float) -> None:
            for descriptor, _ in poll.poll(seconds):
                one = held.pop(descriptor)
                one.socket.close()
                cut.append(one.number)
                missing.extend([one.behaviour] * isAgain)

        for tick in self._ticks():
            missing, now = missing[allowed:], missing[:allowed]
            for behaviour in now:
                one = Held(self._connecting(), opened, behaviour, self._begun)
                held[one.socket.fileno()] = one
                poll.register(one.socket.fileno(), select.EPOLLIN)
                opened += 1
            if not tick:
                say('ready')
            look(0)
            for one in held.values():
                one.go(tick)
            allowed = round(AGAIN_PER_SECOND * TICK_SECONDS)
        look(TICK_SECONDS)
        return {'opened': opened, 'cut': cut, 'held': len(held)}

    def flood(self, connections: int) -> dict[str, object]:
        """Ask without end; return how many bytes of answers came, and how many connections were cut off."""
        flooding = [Flooding(self._connected(), self._get * PIPELINED) for _ in range(connections)]
        poll = select.epoll()
        for one in flooding:
            poll.register(one.socket.fileno(), select.EPOLLIN | select.EPOLLOUT)
        byNumber = {one.socket.fileno(): one for one in flooding}
        isReady = False
        while time.monotonic() < self._end and not isInputOver(0):
            for number, _ in poll.poll(TICK_SECONDS):
                if not byNumber[number].go():
                    poll.unregister(number)
            if not isReady and all(one.received for one in flooding):
                isReady = True
                say('ready')
        return {'received': sum(one.received for one in flooding), 'cut': sum(one.isCut for one in flooding)}

    def reset(self, connections: int) -> dict[str, object]:
        """Break connections off as soon as they are there, some every moment.

        All at once would fill the kernel's queue; whoever comes then has his first packet dropped, and waits a second.
        """
        say('ready')
        poll, onWay, opened = select.epoll(), dict[int, socket.socket](), 0
        while opened < connections and (now := time.monotonic()) < self._end:
            for _ in range(RESETS_AT_ONCE):
                sock = self._connecting()
                onWay[sock.fileno()] = sock
                poll.register(sock.fileno(), select.EPOLLOUT)
            while (left := now + RESET_SECONDS - time.monotonic()) > 0:
                for number, _ in poll.poll(left):
                    with onWay.pop(number) as sock, suppress(OSError):
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                        sock.send((b'', self._get[:20], self._get, self._get * PIPELINED)[opened % 4])
                    opened += 1
        return {'opened': opened}

    def _connected(self) -> socket.socket:
        sock = socket.create_connection(self._device, CONNECT_SECONDS, (next(self._own), 0))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def _connecting(self) -> socket.socket:
        """Return a socket whose connection may still be on its way."""
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.bind((next(self._own), 0))
        sock.connect_ex(self._device)
        return sock

    def _ticks(self) -> Iterator[int]:
        """Count until the input, or the time, ends."""
        for tick in itertools.count():
            if time.monotonic() > self._end or isInputOver(TICK_SECONDS if tick else 0):
                return
            yield tick


def isInputOver(seconds: float) -> bool:
    """Tell whether the input has ended, or ends within so long."""
    return bool(select.select([sys.stdin], [], [], seconds)[0])


def say(text: str) -> None:
    sys.stdout.write(text + '\n')
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('kind', choices=('hold', 'flood', 'reset'))
    parser.add_argument('address')
    parser.add_argument('port', type=int)
    parser.add_argument('own')
    parser.add_argument('--slow', type=int, default=0)
    parser.add_argument('--idle', type=int, default=0)
    parser.add_argument('--connections', type=int, default=1)
    parser.add_argument('--again', action='store_true')
    options = parser.parse_args()
    # More connections than a shell's 1,024 descriptors allow; as many as this machine lets us have.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    attacker = Attacker((options.address, options.port), options.own.split(','))
    if options.kind == 'hold':
        slow = ['bytes', 'fields'] * (options.slow // 2)
        result = attacker.hold(slow + ['idle'] * options.idle, isAgain=options.again)
    else:
        result = {'flood': attacker.flood, 'reset': attacker.reset}[options.kind](options.connections)
    say(json.dumps(result))


if __name__ == '__main__':
    main()
