"""Search for devices, or listen to them, with plain sockets; print what arrives, one JSON object a line.

    python -m tests.lan.programs.datagrams --listen 192.168.1.11 [--listen ...]
    python -m tests.lan.programs.datagrams --search ssdp:all --own 192.168.1.11 [--mx 1] --seconds 2
        [--to 192.168.1.10 [--port 1900]]

The first line is the moment it was ready, or sent the search, in monotonic seconds.
"""

from __future__ import annotations

import argparse
import json
import socket
import struct
import sys
import time

GROUP, PORT = '239.255.255.250', 1900
MAX_DATAGRAM_BYTES = 65_535
ANCILLARY_BYTES = 1024
IP_PKTINFO = 8  # not in the socket module of every Python
IP_RECVTTL = 12


def main() -> None:
    options = readOptions()
    with openSocket(options) as endpoint:
        if options.search:
            endpoint.sendto(searchBytes(options), (options.to, options.port))
        started = time.monotonic()
        show({'time': started, 'port': endpoint.getsockname()[1]})
        printDatagrams(endpoint, started + options.seconds)


def readOptions() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--listen', action='append', default=[], metavar='OWN_ADDRESS')
    parser.add_argument('--search', metavar='TARGET')
    parser.add_argument('--own', metavar='ADDRESS', default='0.0.0.0')
    parser.add_argument('--to', metavar='ADDRESS', default=GROUP)
    parser.add_argument('--port', type=int, default=PORT)
    parser.add_argument('--mx', type=int)
    parser.add_argument('--seconds', type=float, default=60.0)
    return parser.parse_args()


def openSocket(options: argparse.Namespace) -> socket.socket:
    """Return a socket that is a member of the group on each address listened on, or that sends from its own address."""
    endpoint = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    endpoint.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    endpoint.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
    if options.search:
        endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 2)
        endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(options.own))
        endpoint.bind((options.own, 0))
        return endpoint
    endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    endpoint.bind((GROUP, PORT))
    for address in options.listen:
        membership = socket.inet_aton(GROUP) + socket.inet_aton(address)
        endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    return endpoint


def searchBytes(options: argparse.Namespace) -> bytes:
    """Return the search; to one address it is sent without an MX unless one was given."""
    lines = [
        'M-SEARCH * HTTP/1.1',
        f'HOST: {options.to}:{options.port}',
        'MAN: "ssdp:discover"',
        f'ST: {options.search}',
    ]
    if options.mx is not None:
        lines.append(f'MX: {options.mx}')
    return '\r\n'.join([*lines, '', '']).encode()


def printDatagrams(endpoint: socket.socket, end: float) -> None:
    """Print each datagram until the time is over."""
    while (left := end - time.monotonic()) > 0:
        endpoint.settimeout(left)
        try:
            datagram, ancillary, _flags, source = endpoint.recvmsg(MAX_DATAGRAM_BYTES, ANCILLARY_BYTES)
        except TimeoutError:
            return
        show(describe(datagram, source, time.monotonic()) | arrival(ancillary))


def describe(datagram: bytes, source: tuple[str, int], now: float) -> dict[str, object]:
    """Take a message apart."""
    start, *lines = datagram.decode('latin-1').split('\r\n')
    fields = (line.partition(':') for line in lines if line)
    headers = {name.upper(): value.strip() for name, _colon, value in fields}
    return {'time': now, 'source': source[0], 'port': source[1], 'start': start, 'headers': headers}


def arrival(ancillary: list[tuple[int, int, bytes]]) -> dict[str, object]:
    """Say how a datagram came in: its time to live, and the interface."""
    found = {kind: value for _level, kind, value in ancillary}
    index = struct.unpack_from('i', found[IP_PKTINFO])[0]
    return {'ttl': struct.unpack('i', found[socket.IP_TTL])[0], 'interface': socket.if_indextoname(index)}


def show(row: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(row) + '\n')
    sys.stdout.flush()


if __name__ == '__main__':
    main()
