"""Requests that no honest peer sends, as bytes, for the light in `light.py`."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.lan.programs.calls import requestBytes
from tests.lan.programs.light import UUID, Dimming, Workshop

DESCRIPTION, EVENT = '/descr.xml', f'/{UUID}/0/event'
CONTROL, WORK = f'/{UUID}/1/control', f'/{UUID}/3/control'
PIPELINED = 20
ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    f'<u:GetLoadLevelStatus xmlns:u="{Dimming.serviceType}">%s</u:GetLoadLevelStatus></s:Body></s:Envelope>'
)
ENTITIES = '<!ENTITY a "ha">' + ''.join(
    f'<!ENTITY {name} "{f"&{former};" * 10}">' for former, name in zip('abcdefgh', 'bcdefghi', strict=True)
)
BODIES = (
    f'<!DOCTYPE a [{ENTITIES}]>{ENVELOPE % "&i;"}',
    f'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>{ENVELOPE % "&a;"}',
    f'<!DOCTYPE a SYSTEM "http://192.168.1.1/a.dtd">{ENVELOPE % ""}',
    ENVELOPE % ('<a>' * 5000),
    ENVELOPE % ('<a>' * 5000 + '</a>' * 5000),
    ENVELOPE % ('<a/>' * 20_000),
    ENVELOPE % f'<a {" ".join(f"a{number}={chr(34)}{chr(34)}" for number in range(500))}/>',
    ENVELOPE % ('x' * 200_000),
    '<' * 100_000,
    '\0' * 1000,
)
HEADS = (
    'Content-Length: 5\r\nTransfer-Encoding: chunked',
    'Content-Length: 5\r\nContent-Length: 6',
    'Content-Length: 5, 5',
    'Content-Length: +5',
    'Content-Length: 0x5',
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding : chunked',
    'Content-Length : 5',
    'X-Folded: a\r\n b',
    'X-Bare: a\rTransfer-Encoding: chunked',
    'X-Nul: a\0b',
    'Host: another.example',
)
STRANGE = (
    *('TRACE', 'CONNECT', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND', 'NOTIFY', 'M-POST', 'UNSUBSCRIBE', 'get'),
    *('GET' * 100, '', '\x7f'),
)
PATHS = (
    *('*', '/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '//descr.xml', 'http://evil.example/descr.xml', '/\0'),
    *('/descr.xml?' + 'a=b&' * 300, '/' * 4000, 'descr.xml', '/descr.xml#a', '/%00', EVENT, CONTROL),
)
VERSIONS = ('HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/11', '', 'RTSP/1.0')
CALLBACKS = (
    *('http://192.168.1.10/', 'http://239.255.255.250:1900/', 'http://127.0.0.1:5000/', 'http://0.0.0.0/'),
    *('http://255.255.255.255/', 'http://{own}:0/', 'http://{own}:99999/', 'https://{own}/', 'ftp://{own}/'),
    *('http://a:b@{own}/', 'http://{own}/%0d%0aX: y', 'http://{host}/', 'http://{host}/descr.xml', 'http://[::1]/'),
    *('http://[::ffff:127.0.0.1]/', 'http://localhost/', 'http://evil.example/', 'http://2130706433/', '/relative'),
    *('http://{own}:1/', 'http://{own}:22/', 'http://{own}:5000/' + 'a' * 2000, 'http://{own}/\t', ''),
)


def overlong(rng: Random, host: str, _own: str) -> bytes:
    """Go beyond a limit of the head."""
    return rng.choice(
        (
            f'GET /{"a" * 10_000} HTTP/1.1\r\nHost: {host}\r\n\r\n',
            f'GET /descr.xml HTTP/1.1\r\nHost: {host}\r\nX-Long: {"a" * 20_000}\r\n\r\n',
            f'GET /descr.xml HTTP/1.1\r\nHost: {host}\r\n' + 'X: y\r\n' * 200 + '\r\n',
            'A' * 30_000,
        )
    ).encode()


def oversize(rng: Random, host: str, _own: str) -> bytes:
    """Go beyond the limit of the body."""
    head = f'POST {CONTROL} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/xml\r\n'.encode()
    chunk = b'10000\r\n' + b'a' * 0x10000 + b'\r\n'
    return head + rng.choice(
        (
            b'Content-Length: 10000000\r\n\r\n' + b'a' * 70_000,
            b'Transfer-Encoding: chunked\r\n\r\n' + chunk * 6,
            b'Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n' + b'a' * 70_000,
            b'Transfer-Encoding: chunked\r\n\r\n1;' + b'a' * 5000,
        )
    )


def smuggled(rng: Random, host: str, _own: str) -> bytes:
    """Hide a request in a body that others would read otherwise."""
    inner = f'0\r\n\r\nGET /descr.xml HTTP/1.1\r\nHost: {host}\r\n\r\n'
    return f'POST {CONTROL} HTTP/1.1\r\nHost: {host}\r\n{rng.choice(HEADS)}\r\n\r\n{inner}'.encode()


def strange(rng: Random, host: str, _own: str) -> bytes:
    """Ask for something in a way that is not known here."""
    line = f'{rng.choice(STRANGE)} {rng.choice(PATHS)} {rng.choice(VERSIONS)}'
    return f'{line}\r\nHost: {rng.choice((host, "evil.example", ""))}\r\nOrigin: http://evil.example\r\n\r\n'.encode()


def xml(rng: Random, host: str, _own: str) -> bytes:
    """Call with a body that is hard on a reader of XML."""
    body = rng.choice(BODIES).encode()
    return (
        f'POST {CONTROL} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/xml; charset="utf-8"\r\n'
        f'SOAPACTION: "{Dimming.serviceType}#GetLoadLevelStatus"\r\nContent-Length: {len(body)}\r\n\r\n'
    ).encode() + body


def subscribing(rng: Random, host: str, own: str) -> bytes:
    """Have events sent where they are not to go."""
    callbacks = ''.join(f'<{rng.choice(CALLBACKS)}>' for _ in range(rng.choice((1, 1, 1, 3, 10))))
    fields = f'CALLBACK: {callbacks.format(own=own, host=host)}\r\nNT: upnp:event\r\nTIMEOUT: Second-infinite'
    if rng.random() < 0.2:
        fields = f'SID: uuid:{rng.randbytes(16).hex()}\r\n{fields}'
    return f'SUBSCRIBE {EVENT} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n\r\n'.encode()


def junk(rng: Random, host: str, _own: str) -> bytes:
    """Pipeline requests, some of them damaged, and something that is none."""
    request = f'GET {DESCRIPTION} HTTP/1.1\r\nHost: {host}\r\n\r\n'.encode() * PIPELINED
    where = rng.randrange(len(request))
    return rng.choice(
        (
            request + rng.randbytes(2000),
            request[:where] + rng.randbytes(10) + request[where:],
            request + b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + rng.randbytes(500),  # as TLS begins
            b'\r\n' * 5000 + request,
            rng.randbytes(30_000),
        )
    )


def greed(_rng: Random, host: str, _own: str) -> bytes:
    """Call slow actions, several at once, over one connection."""
    return workshopCall(host, 'Grind') * 4 + workshopCall(host, 'Break')


def workshopCall(host: str, action: str) -> bytes:
    """Return a good call, after which the connection may go on."""
    request = requestBytes(f'http://{host}{WORK}', Workshop.serviceType, action, {})
    return request.replace(b'CONNECTION: close\r\n', b'')


STRIKES: dict[str, Callable[[Random, str, str], bytes]] = {
    strike.__name__: strike for strike in (overlong, oversize, smuggled, strange, xml, subscribing, junk, greed)
}
