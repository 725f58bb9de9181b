"""Do what a Windows machine does to list the devices around it, to the letter; print what comes, a JSON object a line.

    python -m tests.lan.programs.windows search upnp:rootdevice --own 192.168.1.11 --seconds 3.3
    python -m tests.lan.programs.windows get http://192.168.1.10:5000/descr.xml --agent FDSSDP [--connection close]

The search is that of the SSDP Discovery service. Its first line is the moment it was sent, the others are as of
`datagrams`. A document is fetched as by Function Discovery; over a connection that is kept, twice.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import selectors
import socket
import time
from urllib.parse import urlsplit

from tests.lan.programs.datagrams import GROUP, PORT, openSearcher, printDatagrams, show

SEARCH = 'M-SEARCH * HTTP/1.1\r\nHost:239.255.255.250:1900\r\nST:{target}\r\nMan:"ssdp:discover"\r\nMX:3\r\n\r\n'
GET = (
    'GET {path} HTTP/1.1\r\nCache-Control: no-cache\r\nConnection: {connection}\r\nPragma: no-cache\r\n'
    'Accept: text/xml, application/xml\r\nUser-Agent: {agent}\r\nHost: {host}\r\n\r\n'
)
ANSWER_SECONDS = 5.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(required=True)
    searching = verbs.add_parser('search')
    searching.add_argument('target')
    searching.add_argument('--own', metavar='ADDRESS', required=True)
    searching.add_argument('--seconds', type=float, required=True)
    searching.set_defaults(run=search)
    getting = verbs.add_parser('get')
    getting.add_argument('url')
    getting.add_argument('--agent', required=True)
    getting.add_argument('--connection', choices=['Keep-Alive', 'close'], default='Keep-Alive')
    getting.set_defaults(run=get)
    options = parser.parse_args()
    options.run(options)


def search(options: argparse.Namespace) -> None:
    """Search, and print each answer that comes until the time is over."""
    with openSearcher(options) as endpoint, selectors.DefaultSelector() as selector:
        selector.register(endpoint, selectors.EVENT_READ)
        endpoint.sendto(SEARCH.format(target=options.target).encode(), (GROUP, PORT))
        started = time.monotonic()
        show({'time': started})
        printDatagrams(selector, started + options.seconds)


def get(options: argparse.Namespace) -> None:
    """Fetch a document, a second time where the connection is kept; print what the connection does then."""
    url = urlsplit(options.url)
    request = GET.format(path=url.path, connection=options.connection, agent=options.agent, host=url.netloc).encode()
    with socket.create_connection((url.hostname, url.port or 80), ANSWER_SECONDS) as endpoint:
        for _ in range(2 if options.connection == 'Keep-Alive' else 1):
            endpoint.sendall(request)
            show(answered(endpoint))
        if options.connection == 'close':
            assert endpoint.recv(1) == b''


def answered(endpoint: socket.socket) -> dict[str, object]:
    """Read an answer; a length that is not kept to raises."""
    answer = http.client.HTTPResponse(endpoint)
    answer.begin()
    headers = {name.upper(): value for name, value in answer.headers.items()}
    return {'status': answer.status, 'headers': headers, 'body': base64.b64encode(answer.read()).decode()}


if __name__ == '__main__':
    main()
