"""Calls of actions as bytes."""

from tests.protocol.devices import UUID

CONTROL = f'/{UUID}/0/control'
TYPE = 'urn:exemple-org:service:Lamp:2'
XML = 'Content-Type: text/xml; charset="utf-8"'


def envelope(action: str, arguments: str = '', type_: str = TYPE) -> str:
    """Return the body of a call."""
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        f'<s:Body><u:{action} xmlns:u="{type_}">{arguments}</u:{action}></s:Body></s:Envelope>'
    )


def post(body: str | bytes, *lines: str, start: str = f'POST {CONTROL} HTTP/1.1') -> bytes:
    """Return a request with a body and header fields as they are given."""
    sent = body.encode() if isinstance(body, str) else body
    head = [start, 'Host: 192.0.2.1:5000', *lines, f'Content-Length: {len(sent)}', '', '']
    return '\r\n'.join(head).encode() + sent


def call(action: str, arguments: str = '', *lines: str, type_: str = TYPE) -> bytes:
    """Return a request as control points send it."""
    return post(envelope(action, arguments, type_), f'SOAPACTION: "{type_}#{action}"', XML, *lines)
