"""Watch what this host sends until the standard input ends; print it then, one JSON object a line.

    python -m tests.lan.programs.outgoing [--interface eth0 ...]

Told are UDP datagrams, with address, port and length of the payload, and who is asked for by ARP or neighbour
discovery: a datagram that waits for an answer to that is not on the wire yet. The first line is `ready`.
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

ETH_P_ALL = 0x0003
ETH_P_IP, ETH_P_ARP, ETH_P_IPV6 = 0x0800, 0x0806, 0x86DD
NEIGHBOUR_SOLICITATION = 135
RECEIVE_BUFFER_BYTES = 64 << 20
MAX_FRAME_BYTES = 70_000  # longer than the MTU: the kernel cuts later


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--interface', action='append', default=[])
    wires = [openWire(name) for name in parser.parse_args().interface or ['eth0']]
    with selectors.DefaultSelector() as selector:
        for wire in wires:
            selector.register(wire, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        sys.stdout.write('ready\n')
        sys.stdout.flush()
        rows = list(watch(selector))  # nobody may read the output yet
    for wire in wires:
        wire.close()
    sys.stdout.writelines(json.dumps(row) + '\n' for row in rows)


def openWire(name: str) -> socket.socket:
    """Return a socket that sees all frames of an interface, and has room for many."""
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    wire.bind((name, ETH_P_ALL))
    return wire


def watch(selector: selectors.BaseSelector) -> Iterator[dict[str, object]]:
    """Return what goes out until the input ends and all that was captured is read."""
    isEnding = False
    while True:
        ready = [key.fileobj for key, _ in selector.select(0 if isEnding else None)]
        wires = [one for one in ready if isinstance(one, socket.socket)]
        for wire in wires:
            packet, (name, protocol, kind, *_rest) = wire.recvfrom(MAX_FRAME_BYTES)
            if kind == socket.PACKET_OUTGOING and (what := describe(protocol, packet)):
                yield {'time': time.monotonic(), 'interface': name, **what}
        if isEnding and not wires:
            return
        isEnding = isEnding or len(wires) < len(ready)


def describe(protocol: int, packet: bytes) -> dict[str, object]:
    """Take a packet apart; empty when it is none of those that are told."""
    if protocol == ETH_P_ARP:
        return {'kind': 'asked', 'to': socket.inet_ntop(socket.AF_INET, packet[24:28]), 'port': 0, 'length': 0}
    if protocol == ETH_P_IP and packet[9] == socket.IPPROTO_UDP:
        start = 4 * (packet[0] & 0x0F)
        return datagram(socket.inet_ntop(socket.AF_INET, packet[16:20]), packet[start : start + 8])
    if protocol == ETH_P_IPV6 and packet[6] == socket.IPPROTO_UDP:
        return datagram(socket.inet_ntop(socket.AF_INET6, packet[24:40]), packet[40:48])
    if protocol == ETH_P_IPV6 and packet[6] == socket.IPPROTO_ICMPV6 and packet[40] == NEIGHBOUR_SOLICITATION:
        return {'kind': 'asked', 'to': socket.inet_ntop(socket.AF_INET6, packet[48:64]), 'port': 0, 'length': 0}
    return {}


def datagram(to: str, head: bytes) -> dict[str, object]:
    _source, port, length, _checksum = struct.unpack('!HHHH', head)
    return {'kind': 'sent', 'to': to, 'port': port, 'length': length - 8}


if __name__ == '__main__':
    main()
