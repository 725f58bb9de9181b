"""Call actions, all at once, each over a connection of its own; print the answers as one JSON list, in order.

    python -m tests.lan.programs.calls CONTROL_URL SERVICE_TYPE '[["GetStatus", {}], ...]'

It connects first and prints `ready`, and calls when its standard input ends or gives a line. An answer is an HTTP
status and the texts of the out arguments, or of a fault's `errorCode` and `errorDescription`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from urllib.parse import urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.lan.programs.addresses import withoutZone

SECONDS = 20
ENVELOPE = '{http://schemas.xmlsoap.org/soap/envelope/}'
CONTROL = '{urn:schemas-upnp-org:control-1-0}'

Texts = dict[str, str]
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def main(url: str, serviceType: str, calls: list[tuple[str, Texts]]) -> None:
    place = urlsplit(url)
    async with asyncio.timeout(SECONDS):
        connections = await asyncio.gather(*(asyncio.open_connection(place.hostname, place.port) for _ in calls))
        sys.stdout.write('ready\n')
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        requests = [requestBytes(url, serviceType, action, texts) for action, texts in calls]
        answers = await asyncio.gather(*map(answer, connections, requests), return_exceptions=True)
    json.dump([repr(one) if isinstance(one, BaseException) else one for one in answers], sys.stdout)


async def answer(connection: Connection, request: bytes) -> tuple[int, Texts]:
    """Send a request, and return what comes until the end of the connection."""
    reader, writer = connection
    writer.write(request)
    head, _, body = (await reader.read(-1)).partition(b'\r\n\r\n')
    writer.close()
    await writer.wait_closed()
    return int(head.split()[1]), textsOf(body)


def requestBytes(url: str, serviceType: str, action: str, texts: Texts) -> bytes:
    """Return a request as UDA 1.1 §3.2.1 has it."""
    arguments = ''.join(f'<{name}>{escape(text)}</{name}>' for name, text in texts.items())
    body = (
        '<?xml version="1.0"?>\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
        f'<u:{action} xmlns:u="{serviceType}">{arguments}</u:{action}></s:Body></s:Envelope>'
    ).encode()
    place = urlsplit(url)
    host = withoutZone(place.netloc)
    head = (
        f'POST {place.path} HTTP/1.1\r\nHOST: {host}\r\nCONTENT-LENGTH: {len(body)}\r\n'
        f'CONTENT-TYPE: text/xml; charset="utf-8"\r\nSOAPACTION: "{serviceType}#{action}"\r\n'
        'USER-AGENT: test/1.0\r\nCONNECTION: close\r\n\r\n'
    )
    return head.encode() + body


def textsOf(body: bytes) -> Texts:
    """Return the texts of what stands in the body of an envelope, a fault's from its detail."""
    inside = ElementTree.fromstring(body).find(f'{ENVELOPE}Body/*')
    assert inside is not None
    fault = inside.find(f'detail/{CONTROL}UPnPError')
    elements = inside if fault is None else fault
    return {element.tag.removeprefix(CONTROL): element.text or '' for element in elements}


if __name__ == '__main__':
    asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))
