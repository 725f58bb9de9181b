"""Sends mutated HTTP requests to a device, each over a connection of its own and in pieces; prints JSON.

Arguments: the device's address, its HTTP port, seed, first number, count.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random

from tests.fuzz.seeds import mutated, seedsIn

CONNECTIONS = 4
PATIENCE_SECONDS = 5.0
MAX_PIECES = 3
ABORT_SHARE = 0.1
RESET_ON_CLOSE = struct.pack('ii', 1, 0)
STATUS_LINE = re.compile(rb'HTTP/1\.1 (\d{3}) [ -~]*\r\n')


def pieces(message: bytes, rng: Random) -> list[bytes]:
    """Cut a message in up to three pieces."""
    cuts = sorted(rng.randint(0, len(message)) for _ in range(rng.randrange(MAX_PIECES)))
    return [message[start:end] for start, end in zip([0, *cuts], [*cuts, len(message)], strict=True)]


def received(where: tuple[str, int], message: bytes, rng: Random) -> bytes | str:
    """Send a request and end our side; return all that came back, or what happened instead."""
    with socket.create_connection(where, PATIENCE_SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answer = b''
        try:
            for piece in pieces(message, rng):
                connection.sendall(piece)
            if rng.random() < ABORT_SHARE:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                return 'aborted by us'
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                answer += part
        except TimeoutError:
            return 'hung'
        except OSError:  # reset: the device closed while we still sent
            return 'cut off by the device'
    if not answer:
        return 'closed without an answer'
    return answer


def outcome(where: tuple[str, int], message: bytes, rng: Random) -> str:
    """Send a request; return the status that came back, or what happened instead."""
    answer = received(where, message, rng)
    if isinstance(answer, str):
        return answer
    found = STATUS_LINE.match(answer)
    return found[1].decode() if found else repr(answer[:80])


def main(address: str, port: int, seed: int, first: int, count: int) -> None:
    """Send the requests numbered from ``first``."""
    seeds = seedsIn('requests')
    start = time.monotonic()

    def one(number: int) -> str:
        return outcome((address, port), mutated(seeds, seed, number), Random(number))

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        outcomes = list(pool.map(one, range(first, first + count)))
    hung = [first + index for index, text in enumerate(outcomes) if text == 'hung']
    seconds = time.monotonic() - start
    sys.stdout.write(json.dumps({'outcomes': Counter(outcomes), 'hung': hung, 'seconds': seconds}) + '\n')


if __name__ == '__main__':
    main(sys.argv[1], *map(int, sys.argv[2:6]))
