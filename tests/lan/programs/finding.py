"""What clients in a loop need: search from an address of this host, ask over a connection of its own."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
from contextlib import closing
from urllib.parse import urlsplit

from tests.lan.programs.datagrams import GROUP, HOPS, PORT, openSocket

MX = 1
AGAIN_SECONDS = 0.3  # a search is sent twice, as datagrams may be lost (UDA 1.1 §1.3.2)
ANSWER_SECONDS = 3.0
CONNECT_SECONDS = 3.0
MAX_ANSWER_BYTES = 65_535
LOCATION = re.compile(rb'^LOCATION:[ \t]*(\S+)', re.IGNORECASE | re.MULTILINE)

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def search(own: str, target: str, to: str = GROUP) -> str:
    """Return the location in the first answer to a search.

    :param to: the group, or the address of one device.
    :raises TimeoutError: there is none.
    """
    loop = asyncio.get_running_loop()
    timed = f'MX: {MX}\r\n' if to == GROUP else ''
    message = (
        f'M-SEARCH * HTTP/1.1\r\nHOST: {to}:{PORT}\r\nMAN: "ssdp:discover"\r\n{timed}ST: {target}\r\n\r\n'.encode()
    )
    with closing(openSearcher(own)) as endpoint:
        endpoint.sendto(message, (to, PORT))
        again = loop.call_later(AGAIN_SECONDS, endpoint.sendto, message, (to, PORT))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while (found := LOCATION.search(await loop.sock_recv(endpoint, MAX_ANSWER_BYTES))) is None:
                    pass
        finally:
            again.cancel()
    return found[1].decode()


def openSearcher(own: str) -> socket.socket:
    """Return a socket that sends from an address of this host."""
    endpoint = openSocket(socket.AF_INET)
    endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, HOPS)
    endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
    endpoint.bind((own, 0))
    endpoint.setblocking(False)
    return endpoint


async def connect(own: str, url: str) -> Connection:
    """Connect from an address of this host to where a URL leads."""
    place = urlsplit(url)
    async with asyncio.timeout(CONNECT_SECONDS):
        return await asyncio.open_connection(place.hostname, place.port, local_addr=(own, 0))


async def ask(own: str, url: str, request: bytes) -> tuple[int, bytes, bytes]:
    """Send a request that asks for the connection to be closed; return the status, the head and the body.

    :raises EOFError: the connection ends before that.
    """
    reader, writer = await connect(own, url)
    try:
        writer.write(request)
        head, end, body = (await reader.read(-1)).partition(b'\r\n\r\n')
    finally:
        writer.transport.abort()
    if not end:
        raise EOFError(f'no answer but {head[:80]!r}')
    return int(head.split(None, 2)[1]), head, body


def requestHead(method: str, url: str, **fields: str) -> bytes:
    """Return a request without a body."""
    place = urlsplit(url)
    text = ''.join(f'{name}: {value}\r\n' for name, value in fields.items())
    return f'{method} {place.path or "/"} HTTP/1.1\r\nHOST: {place.netloc}\r\nCONNECTION: close\r\n{text}\r\n'.encode()


def show(row: dict[str, object]) -> None:
    """Print a row."""
    sys.stdout.write(json.dumps(row) + '\n')
    sys.stdout.flush()
