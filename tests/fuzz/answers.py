"""What a peer may get to see: HTTP responses cut apart and judged, without any code of the package."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

STATUS_LINE = re.compile(rb'HTTP/1\.1 (\d{3}) [ -~]+\r\n')
LENGTH = re.compile(rb'\r\nCONTENT-LENGTH: (\d+)\r\n')
STREAM = b'\r\nCONTENT-TYPE: text/event-stream'
STATUSES = {'100', '200', '400', '403', '404', '405', '413', '414', '415', '431', '501', '505'}
FAULTS = {f'500 {code}' for code in (401, 402, 404, 501, 600, 601, 602, 701)}  # of the services to be called
ENVELOPE = '{http://schemas.xmlsoap.org/soap/envelope/}'
FIELDS = (b'\r\nCONTENT-TYPE: text/xml; charset="utf-8"\r\n', b'\r\nEXT:', b'\r\nDATE: ', b'\r\nSERVER: ')
CONTROL = '{urn:schemas-upnp-org:control-1-0}'


def responsesIn(received: bytes) -> list[tuple[int, bytes, bytes]]:
    """Cut what came apart; return the status, the head and the body of each response.

    :raises AssertionError: it does not consist of responses.
    """
    found = []
    while received:
        head, blank, received = received.partition(b'\r\n\r\n')
        start = STATUS_LINE.match(head + b'\r\n')
        assert start, head[:80]
        assert blank, head[:80]
        status, body = int(start[1]), b''
        if status != 100 and not received.startswith(b'HTTP/1.1 '):  # else it answers HEAD, or has an empty body
            length = LENGTH.search(head + b'\r\n')
            if STREAM in head and length is None:  # it is told until the connection ends
                found.append((status, head, received))
                break
            assert length, head
            body, received = received[: int(length[1])], received[int(length[1]) :]
            assert len(body) in (0, int(length[1]))
        found.append((status, head, body))
    return found


def judged(status: int, head: bytes, body: bytes) -> str:
    """Return a response's status, of a fault with its code.

    :raises AssertionError: it is one of control, and not of the form that UDA 1.1 §3.2.2 or §3.2.5 has.
    """
    if status != 500 and b'\r\nEXT:' not in head:
        return str(status)
    assert [field for field in FIELDS if field not in head] == []
    root = ElementTree.fromstring(body)
    assert root.tag == f'{ENVELOPE}Envelope'
    ((answer,),) = root
    if status == 200:
        assert answer.tag.endswith('Response')
        return '200'
    assert [child.tag for child in answer] == ['faultcode', 'faultstring', 'detail']
    assert answer.tag == f'{ENVELOPE}Fault'
    assert answer.findtext('faultstring') == 'UPnPError'
    code = answer.findtext(f'detail/{CONTROL}UPnPError/{CONTROL}errorCode')
    assert code
    assert answer.findtext(f'detail/{CONTROL}UPnPError/{CONTROL}errorDescription')
    return f'{status} {int(code)}'
