"""Search for devices, or listen to them, with plain sockets; print what arrives, one JSON object a line.

    python -m tests.lan.programs.datagrams --listen 192.168.1.11 [--listen eth0 ...]
    python -m tests.lan.programs.datagrams --search ssdp:all --own 192.168.1.11 [--mx 1] --seconds 2
        [--to 192.168.1.10 [--port 1900]]
    python -m tests.lan.programs.datagrams --search ssdp:all --own fe80::1:11%eth0 --seconds 2

Listening at an IPv4 address is to its group, at an interface to both groups of IPv6. A search from a link-local address
goes to the link-local group, one from a wider address to the wider. The first line is the moment it was ready, or sent
the search, in monotonic seconds.
"""

from __future__ import annotations

import argparse
import json
import selectors
import socket
import struct
import sys
import time
from collections.abc import Iterator

from tests.lan.programs.addresses import endpointOf, familyOf, hostOf, withoutZone, zoneOf

GROUP, PORT = '239.255.255.250', 1900
LINK_GROUP, WIDE_GROUP = 'FF02::C', 'FF05::C'
MAX_DATAGRAM_BYTES = 65_535
ANCILLARY_BYTES = 1024
HOPS = 2
IP_PKTINFO = 8  # not in the socket module of every Python
IP_RECVTTL = 12


def main() -> None:
    options = readOptions()
    with selectors.DefaultSelector() as selector:
        endpoints = [openSearcher(options)] if options.search else list(openListeners(options.listen))
        for endpoint in endpoints:
            selector.register(endpoint, selectors.EVENT_READ)
        if options.search:
            endpoints[0].sendto(searchBytes(options), endpointOf(groupFor(options), options.port))
        started = time.monotonic()
        show({'time': started, 'port': endpoints[0].getsockname()[1]})
        printDatagrams(selector, started + options.seconds)
        for endpoint in endpoints:
            endpoint.close()


def readOptions() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--listen', action='append', default=[], metavar='OWN_ADDRESS_OR_INTERFACE')
    parser.add_argument('--search', metavar='TARGET')
    parser.add_argument('--own', metavar='ADDRESS', default='0.0.0.0')
    parser.add_argument('--to', metavar='ADDRESS_OR_GROUP')
    parser.add_argument('--port', type=int, default=PORT)
    parser.add_argument('--mx', type=int)
    parser.add_argument('--seconds', type=float, default=60.0)
    return parser.parse_args()


def groupFor(options: argparse.Namespace) -> str:
    """Return where a search goes, for a socket of ours."""
    if options.to:
        isOnLink = options.to.lower().startswith(('fe80:', 'ff02:'))
        return f'{withoutZone(options.to)}{zoneOf(options.own)}' if isOnLink else str(options.to)
    if familyOf(options.own) == socket.AF_INET:
        return GROUP
    return f'{LINK_GROUP}{zoneOf(options.own)}' if options.own.startswith('fe80:') else WIDE_GROUP


def openSearcher(options: argparse.Namespace) -> socket.socket:
    """Return a socket that sends from its own address."""
    family = familyOf(options.own)
    endpoint = openSocket(family)
    if family == socket.AF_INET:
        endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, HOPS)
        endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(options.own))
    else:
        endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, HOPS)
        if zone := zoneOf(options.own):
            endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex(zone[1:]))
    endpoint.bind(endpointOf(options.own, 0))
    return endpoint


def openListeners(places: list[str]) -> Iterator[socket.socket]:
    """Return sockets that are members of the groups at each place, as they have to be."""
    addresses = [place for place in places if '.' in place]
    interfaces = [socket.if_nametoindex(place) for place in places if '.' not in place]
    if addresses:
        endpoint = openSocket(socket.AF_INET)
        endpoint.bind((GROUP, PORT))
        for address in addresses:
            membership = socket.inet_aton(GROUP) + socket.inet_aton(address)
            endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        yield endpoint
    if interfaces:
        endpoint = openSocket(socket.AF_INET6)
        endpoint.bind(('::', PORT))
        for index in interfaces:
            for group in (LINK_GROUP, WIDE_GROUP):
                membership = socket.inet_pton(socket.AF_INET6, group) + struct.pack('@I', index)
                endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, membership)
        yield endpoint


def openSocket(family: socket.AddressFamily) -> socket.socket:
    """Return a socket that tells how datagrams come in."""
    endpoint = socket.socket(family, socket.SOCK_DGRAM)
    endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET:
        endpoint.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        endpoint.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
    else:
        endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
    return endpoint


def searchBytes(options: argparse.Namespace) -> bytes:
    """Return the search; to one address it is sent without an MX unless one was given."""
    host = f'{hostOf(groupFor(options))}:{options.port}'
    lines = ['M-SEARCH * HTTP/1.1', f'HOST: {host}', 'MAN: "ssdp:discover"', f'ST: {options.search}']
    if options.mx is not None:
        lines.append(f'MX: {options.mx}')
    return '\r\n'.join([*lines, '', '']).encode()


def printDatagrams(selector: selectors.BaseSelector, end: float) -> None:
    """Print each datagram until the time is over."""
    while (left := end - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            endpoint = key.fileobj
            assert isinstance(endpoint, socket.socket)
            datagram, ancillary, _flags, source = endpoint.recvmsg(MAX_DATAGRAM_BYTES, ANCILLARY_BYTES)
            show(describe(datagram, source, time.monotonic()) | arrival(ancillary))


def describe(datagram: bytes, source: tuple[str, int], now: float) -> dict[str, object]:
    """Take a message apart."""
    start, *lines = datagram.decode('latin-1').split('\r\n')
    fields = (line.partition(':') for line in lines if line)
    headers = {name.upper(): value.strip() for name, _colon, value in fields}
    return {'time': now, 'source': withoutZone(source[0]), 'port': source[1], 'start': start, 'headers': headers}


def arrival(ancillary: list[tuple[int, int, bytes]]) -> dict[str, object]:
    """Say how a datagram came in: its time to live, the address it was sent to, and the interface."""
    found = {(level, kind): value for level, kind, value in ancillary}
    if (socket.IPPROTO_IP, IP_PKTINFO) in found:
        index, to = struct.unpack('=i4x4s', found[socket.IPPROTO_IP, IP_PKTINFO])
        hops, family = found[socket.IPPROTO_IP, socket.IP_TTL], socket.AF_INET
    else:
        to, index = struct.unpack('=16si', found[socket.IPPROTO_IPV6, socket.IPV6_PKTINFO])
        hops, family = found[socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT], socket.AF_INET6
    interface = socket.if_indextoname(index)
    return {'ttl': struct.unpack('i', hops)[0], 'to': socket.inet_ntop(family, to), 'interface': interface}


def show(row: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(row) + '\n')
    sys.stdout.flush()


if __name__ == '__main__':
    main()
