"""Send searches from any source, true or not, straight to the wire: Ethernet frames, as they are written here.

    python -m tests.lan.programs.forged --interface eth0 --source 192.168.2.77 --to 239.255.255.250 --search ssdp:all
    python -m tests.lan.programs.forged --interface eth0 --source 192.168.1.11 --to 192.168.1.10 --hardware 02:..:0a
        --search ssdp:all --ports 8192 --rate 5000 --seconds 6

Once each, from every source, port and target; with a rate, again and again until the seconds are over. It prints what
it did as one JSON object: how many were sent, in how many seconds, how many of those it had a processor, and when it
ended, on the monotonic clock.
"""

from __future__ import annotations

import argparse
import ipaddress
import itertools
import json
import socket
import struct
import sys
import time
from collections.abc import Iterator

from tests.lan.programs.addresses import familyOf, hostOf

PORT = 1900
ETHERTYPES = {socket.AF_INET: 0x0800, socket.AF_INET6: 0x86DD}
OWN_HARDWARE = bytes.fromhex('020000000001')  # nobody answers to it
HOPS = 2
STEP_SECONDS = 0.002  # what is due is sent so often
MAX_LATE_SECONDS = 0.1  # a burst of more than this many seconds' would overrun any receive buffer


def main() -> None:
    options = readOptions()
    frames = list(framesFor(options))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((options.interface, 0))
        sys.stdout.write('ready\n')
        sys.stdout.flush()
        started, used = time.monotonic(), time.process_time()
        if options.rate:
            sent = flood(wire, frames, options.rate, started + options.seconds)
        else:
            sent = sum(bool(wire.send(frame)) for frame in frames)
        ended, used = time.monotonic(), time.process_time() - used
    report = {'sent': sent, 'seconds': ended - started, 'cpuSeconds': used, 'ended': ended}
    sys.stdout.write(json.dumps(report) + '\n')


def readOptions() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--interface', default='eth0')
    parser.add_argument('--hardware', metavar='ADDRESS', help='whose it is, where the search goes to one host')
    parser.add_argument('--source', action='append', default=[], metavar='ADDRESS')
    parser.add_argument('--port', type=int, default=40_000, help='the first')
    parser.add_argument('--ports', type=int, default=1, help='so many, one after the other')
    parser.add_argument('--to', metavar='ADDRESS_OR_GROUP', required=True)
    parser.add_argument('--search', action='append', default=[], metavar='TARGET')
    parser.add_argument('--spellings', type=int, default=0, help='so many of the first target, by the case of letters')
    parser.add_argument('--mx', type=int, default=1)
    parser.add_argument('--rate', type=int, default=0, help='a second')
    parser.add_argument('--seconds', type=float, default=1.0)
    return parser.parse_args()


def framesFor(options: argparse.Namespace) -> Iterator[bytes]:
    """Return a frame for each source, port and target; sources change fastest."""
    targets = options.search + list(itertools.islice(spellings(options.search[0]), options.spellings))
    ports = range(options.port, options.port + options.ports)
    for target, port, source in itertools.product(targets, ports, options.source):
        lines = 'M-SEARCH * HTTP/1.1', f'HOST: {hostOf(options.to)}:{PORT}', 'MAN: "ssdp:discover"', f'ST: {target}'
        text = '\r\n'.join((*lines, f'MX: {options.mx}', '', ''))
        yield frame(source, port, options.to, text.encode(), options.hardware)


def spellings(udn: str) -> Iterator[str]:
    """Return a UDN in all ways to write its letters, which do not differ in meaning."""
    scheme, _, uuid = udn.partition(':')
    for letters in itertools.product(*({one, one.upper()} for one in uuid)):
        yield f'{scheme}:{"".join(letters)}'


def flood(wire: socket.socket, frames: list[bytes], rate: int, end: float) -> int:
    """Send as many a second until the end; return how many went out. What was not sent in time is not made up for."""
    cycle = itertools.cycle(frames)
    sent, reached = 0, time.monotonic()
    while (now := time.monotonic()) < end:
        reached = max(reached, now - MAX_LATE_SECONDS)
        due = int((now - reached) * rate)
        for one in itertools.islice(cycle, due):
            wire.send(one)
        sent, reached = sent + due, reached + due / rate
        time.sleep(STEP_SECONDS)
    return sent


def frame(source: str, port: int, to: str, payload: bytes, hardware: str | None = None) -> bytes:
    """Return a frame with one UDP datagram; its checksum is right."""
    family = familyOf(to)
    packed, destination = socket.inet_pton(family, source), socket.inet_pton(family, to)
    length = 8 + len(payload)
    unsummed = struct.pack('!HHHH', port, PORT, length, 0) + payload
    pseudo = packed + destination + struct.pack('!II', length, socket.IPPROTO_UDP)
    datagram = struct.pack('!HHHH', port, PORT, length, checksum(pseudo + unsummed) or 0xFFFF) + payload
    if family == socket.AF_INET:
        start = struct.pack('!BBHHHBBH', 0x45, 0, 20 + length, 0, 0, HOPS, socket.IPPROTO_UDP, 0)
        head = start[:10] + struct.pack('!H', checksum(start + packed + destination)) + packed + destination
    else:
        head = struct.pack('!IHBB', 6 << 28, length, socket.IPPROTO_UDP, HOPS) + packed + destination
    return hardwareFor(to, hardware) + OWN_HARDWARE + struct.pack('!H', ETHERTYPES[family]) + head + datagram


def hardwareFor(to: str, given: str | None) -> bytes:
    """Return the hardware address that a frame goes to: given, or the group's (RFC 1112 §6.4, RFC 2464 §7)."""
    if given is not None:
        return bytes.fromhex(given.replace(':', ''))
    address = ipaddress.ip_address(to)
    if not address.is_multicast:
        return b'\xff' * 6
    if address.version == 6:
        return b'\x33\x33' + address.packed[-4:]
    return b'\x01\x00\x5e' + bytes((address.packed[1] & 0x7F,)) + address.packed[2:]


def checksum(octets: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    padded = octets + b'\0' * (len(octets) % 2)
    total: int = sum(struct.unpack(f'!{len(padded) // 2}H', padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


if __name__ == '__main__':
    main()
