"""Send datagrams, one after the other, to a group or a host; the kernel cuts the longer ones into fragments.

    python -m tests.lan.programs.hostile --own 192.168.1.11 --to 192.168.1.10 --to 239.255.255.250 <datagrams

The standard input has one datagram a line, in base64; an empty line is an empty one. Each goes to every place.
"""

from __future__ import annotations

import argparse
import base64
import socket
import sys
import time

PORT = 1900
BATCH, PAUSE_SECONDS = 20, 0.01  # so that the receive buffer holds them all


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--own', required=True)
    parser.add_argument('--to', action='append', required=True)
    options = parser.parse_args()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as endpoint:
        endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(options.own))
        endpoint.bind((options.own, 0))
        for number, line in enumerate(sys.stdin):
            for to in options.to:
                endpoint.sendto(base64.b64decode(line), (to, PORT))
            if number % BATCH == BATCH - 1:
                time.sleep(PAUSE_SECONDS)


if __name__ == '__main__':
    main()
