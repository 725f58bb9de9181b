"""Hold UDP port 1900 as other programs do, and read what comes; print `ready`, then the source of each datagram.

    python -m tests.lan.programs.port_holder alone|address|port [--at 0.0.0.0] [--member 192.168.1.10]

`alone` shares it with nobody; `address` by SO_REUSEADDR, as minidlna and libupnp do on Linux; `port` by SO_REUSEADDR
and SO_REUSEPORT, as GSSDP does (by GLib's g_socket_bind).
"""

from __future__ import annotations

import argparse
import socket
import sys

GROUP, PORT = '239.255.255.250', 1900
MAX_DATAGRAM_BYTES = 65_535
OPTIONS = {'alone': (), 'address': (socket.SO_REUSEADDR,), 'port': (socket.SO_REUSEADDR, socket.SO_REUSEPORT)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('sharing', choices=OPTIONS)
    parser.add_argument('--at', metavar='ADDRESS', default='0.0.0.0')
    parser.add_argument('--member', metavar='OWN_ADDRESS')
    options = parser.parse_args()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as endpoint:
        for option in OPTIONS[options.sharing]:
            endpoint.setsockopt(socket.SOL_SOCKET, option, 1)
        endpoint.bind((options.at, PORT))
        if options.member:
            membership = socket.inet_aton(GROUP) + socket.inet_aton(options.member)
            endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        show('ready')
        while True:
            show(endpoint.recvfrom(MAX_DATAGRAM_BYTES)[1][0])


def show(line: str) -> None:
    sys.stdout.write(f'{line}\n')
    sys.stdout.flush()


if __name__ == '__main__':
    main()
