"""Sends mutated datagrams at a device, and asks now and then whether it still answers; prints JSON.

Arguments: the sender's address, the device's address, seed, first number, count.
"""

from __future__ import annotations

import json
import socket
import sys
import time

from tests.fuzz.seeds import mutated, seedsIn

GROUP, PORT = '239.255.255.250', 1900
BATCH = 100  # sent between two questions, so that the device's receive buffer holds them all
SOCKETS = 16
PATIENCE_SECONDS = 2.0
ATTEMPTS = 5
QUESTION = b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nST: upnp:rootdevice\r\n\r\n'


def openSocket(own: str) -> socket.socket:
    """Open a UDP socket that multicasts from our address."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
    opened.bind((own, 0))
    opened.settimeout(PATIENCE_SECONDS)
    return opened


def asks(own: str, device: str) -> int:
    """Ask the device for its root until it answers; return how often it did not."""
    for failures in range(ATTEMPTS):
        with openSocket(own) as opened:
            opened.sendto(QUESTION, (device, PORT))
            try:
                answer = opened.recv(9000)
            except TimeoutError:
                continue
            if answer.startswith(b'HTTP/1.1 200 OK\r\n'):
                return failures
    return ATTEMPTS


def main(own: str, device: str, seed: int, first: int, count: int) -> None:
    """Send the datagrams numbered from ``first``, half of them to the group."""
    seeds = seedsIn('datagrams')
    sockets = [openSocket(own) for _ in range(SOCKETS)]
    unanswered, start = [], time.monotonic()
    for number in range(first, first + count):
        to = GROUP if number % 2 else device
        sockets[number % SOCKETS].sendto(mutated(seeds, seed, number), (to, PORT))
        if number % BATCH == BATCH - 1 and (failures := asks(own, device)):
            unanswered.append((number, failures))
            if failures == ATTEMPTS:
                break
    seconds = time.monotonic() - start
    sys.stdout.write(json.dumps({'last': number, 'unanswered': unanswered, 'seconds': seconds}) + '\n')


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]))
