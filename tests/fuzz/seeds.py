"""Seed messages and their mutations.

A mutated message is known by seed and number, so that any one of them can be made again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

CORPUS = Path(__file__).parent / 'corpus'
MAX_CHANGES = 5
LONG_BYTES = 10_000
MAX_BYTES = 65_507  # the longest UDP datagram
ELEMENT = re.compile(rb'<([\w:]+)[^<>]*>(?P<value>[^<>]*)</\1>')  # without another inside
LENGTH = re.compile(rb'Content-Length: *\d+', re.IGNORECASE)

# What parsers stumble over, thrown in anywhere.
TOKENS: tuple[bytes, ...] = (
    *(
        b'\r\n',
        b'\n',
        b'\r',
        b'\r\n\r\n',
        b'\n\n',
        b':',
        b' ',
        b'\t',
        b'\0',
        b'"',
        b'%',
        b'%s',
        b'%00',
        b'{}',
        b'{host}',
    ),
    *(b'\xff\xfe', b'\xc3\x28', b'\xed\xa0\x80', '\u2028'.encode(), '\u0130'.encode(), '\u0663'.encode()),
    *(b'MX: 0\r\n', b'MX: -1\r\n', b'MX: 1.5\r\n', b'MX: 99999999999999999999\r\n', b'MX: 0x1\r\n', b'MX:\r\n'),
    *(b'ST: ssdp:all\r\n', b'ST: upnp:rootdevice\r\n', b'ST:\r\n', b'MAN: ssdp:discover\r\n', b'MAN:\r\n'),
    *(b'ST: urn:schemas-upnp-org:device:BinaryLight:1\r\n', b'ST: urn:schemas-upnp-org:service:Dimming:0\r\n'),
    *(b'ST: urn:schemas-upnp-org:service:Dimming:999999999999999999999\r\n', b'ST: uuid:\r\n', b'ST: ::::\r\n'),
    *(b'Content-Length: 0\r\n', b'Content-Length: -1\r\n', b'Content-Length: 5\r\n', b'Content-Length: 1e9\r\n'),
    *(b'Content-Length: 99999999999999999999\r\n', b'Transfer-Encoding: chunked\r\n', b'Transfer-Encoding: gzip\r\n'),
    *(b'Host: a\r\n', b'Connection: close\r\n', b'Connection: keep-alive\r\n', b'Expect: 100-continue\r\n'),
    *(
        b'HTTP/1.0',
        b'HTTP/1.1',
        b'HTTP/2.0',
        b'HTTP/0.9',
        b'HTTP/',
        b'M-SEARCH',
        b'NOTIFY',
        b'GET ',
        b'*',
        b'//',
        b'/..',
    ),
    *(b'0\r\n\r\n', b'ffffffff\r\n', b'-1\r\n', b'7fffffffffffffff\r\n'),
)


# What readers of XML stumble over ...
MARKUP: tuple[bytes, ...] = (
    *(b'<', b'>', b'/>', b'</', b'&', b'&#0;', b'&#x1F;', b'&#xD800;', b'&#xFFFE;', b'&lt;', b'&amp;amp;', b'&a;'),
    *(b'<![CDATA[', b']]>', b'<!--', b'-->', b'<?', b'?>', b'<!DOCTYPE a [<!ENTITY a "b">]>', b'<a/>', b'<a>', b'</a>'),
    *(b'<?xml version="1.0" encoding="utf-16"?>', b' xmlns=""', b' xmlns:s="x"', b' a="b"', b's:', b'u:', b'xml:'),
    *(b'<s:Header><a s:mustUnderstand="1"/></s:Header>', b'<s:Body/>', b'QueryStateVariable', b'Nothing', b'#', b'"'),
)
# ... and readers of values.
VALUES: tuple[bytes, ...] = (
    *(b'', b'0', b'1', b'2', b'5', b'100', b'101', b'255', b'256', b'-1', b'+1', b'-0', b'1.5', b'1e999', b'1e-400'),
    *(b'NaN', b'-INF', b'0x1', b'1_0', b'1 0', b' 1 ', b'9' * 400, b'99999999999999.9999', b'100000000000000.0', b'.'),
    *(b'true', b'YES', b'red', b' red', b'Red', b'2026-02-30', b'2026-02-28', b'0000-01-01', b'9999-12-31T23:59:59'),
    *(
        b'24:00:00',
        b'23:59:60',
        b'12:00:00+24:00',
        b'12:00:00Z',
        b'2026-02-28T12:00:00.123456789',
        b'=',
        b'QQ==',
        b'QR==',
    ),
    *(
        b'4',
        b'{0}',
        b'%s',
        b'&lt;',
        b'&#9;',
        b'&#128512;',
        b'<![CDATA[5]]>',
        b'<!-- a -->5',
        b'5<a/>',
        b'Level',
        b'a b',
    ),
    *('\u0663'.encode(), '\u00a05'.encode(), '\ufeff5'.encode(), '\u2028'.encode(), b'x' * 5000, b'00a56575'),
)


def seedsIn(folder: str) -> list[bytes]:
    """Return the messages of a corpus folder, in the order of their names."""
    return [path.read_bytes() for path in sorted((CORPUS / folder).glob('*.txt'))]


def mutated(seeds: Sequence[bytes], seed: int, number: int) -> bytes:
    """Return mutation ``number`` of ``seed``: a message changed in one to five ways."""
    rng = Random(f'{seed}-{number}')
    return changed(rng.choice(seeds), seeds, rng, CHANGES)


def mutatedCall(seeds: Sequence[bytes], seed: int, number: int) -> bytes:
    """Return mutation ``number`` of a call: every fourth anywhere, another of the body, half of the values only.

    The length of a changed body is told rightly.
    """
    rng = Random(f'{seed}-{number}')
    message = rng.choice(seeds)
    if number % 4 == 0:
        return changed(message, seeds, rng, CALL_CHANGES)
    head, blank, body = message.partition(b'\r\n\r\n')
    changes = CALL_CHANGES if number % 4 == 1 else VALUE_CHANGES
    body = changed(body, [other.partition(b'\r\n\r\n')[2] for other in seeds], rng, changes)
    return LENGTH.sub(b'Content-Length: %d' % len(body), head) + blank + body


def changed(message: bytes, seeds: Sequence[bytes], rng: Random, changes: Sequence[Change]) -> bytes:
    """Return a message changed in one to five ways."""
    for _ in range(rng.randint(1, MAX_CHANGES)):
        message = rng.choice(changes)(message, seeds, rng)[:MAX_BYTES]
    return message


def span(message: bytes, rng: Random) -> tuple[int, int]:
    """Return the ends of a short part of a message."""
    start = rng.randint(0, len(message))
    return start, min(len(message), start + rng.randint(0, 12))


def flipBit(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    if not message:
        return message
    at = rng.randrange(len(message))
    return message[:at] + bytes([message[at] ^ 1 << rng.randrange(8)]) + message[at + 1 :]


def remove(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    start, end = span(message, rng)
    return message[:start] + message[end:]


def repeat(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    start, end = span(message, rng)
    return message[:end] + message[start:end] * rng.randint(1, 4) + message[end:]


def insertToken(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    start, _ = span(message, rng)
    return message[:start] + rng.choice(TOKENS) + message[start:]


def insertXml(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    start, _ = span(message, rng)
    return message[:start] + rng.choice(MARKUP) + message[start:]


def setValue(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    """Give an element another value."""
    found = list(ELEMENT.finditer(message))
    if not found:
        return message
    chosen = rng.choice(found)
    value = (
        rng.choice(VALUES)
        if rng.random() < 0.8
        else bytes(rng.choices(b'0123456789+-.eE:TZ=aF ', k=rng.randint(1, 12)))
    )
    return message[: chosen.start('value')] + value + message[chosen.end('value') :]


def doubleElement(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    """Repeat an element that has no other inside."""
    found = list(re.finditer(rb'<(\w+)[^<>]*>[^<>]*</\1>', message))
    if not found:
        return message
    chosen = rng.choice(found)
    return message[: chosen.end()] + chosen[0] * rng.choice((1, 1, 1, 1, 1, 12_000)) + message[chosen.end() :]


def dropElement(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    """Leave an element out."""
    found = list(ELEMENT.finditer(message))
    if not found:
        return message
    chosen = rng.choice(found)
    return message[: chosen.start()] + message[chosen.end() :]


def changeVersion(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    """Call another version of the service."""
    return message.replace(b'SwitchPower:2', b'SwitchPower:' + rng.choice((b'1', b'3', b'0', b'02', b'')))


def insertLine(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    head, separator, rest = message.partition(b'\n')
    return head + separator + rng.choice(TOKENS) + rest


def insertNoise(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    start, _ = span(message, rng)
    return message[:start] + rng.randbytes(rng.randint(1, 40)) + message[start:]


def swell(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    """Make it long, now and then longer than any limit."""
    start, end = span(message, rng)
    if rng.random() < 0.9:
        return message
    return message[:start] + (message[start:end] or b'A') * rng.randint(1, LONG_BYTES) + message[end:]


def cut(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    return message[: rng.randint(0, len(message))]


def splice(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    other = rng.choice(seeds)
    return message[: rng.randint(0, len(message))] + other[rng.randint(0, len(other)) :]


def shuffleLines(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    lines = message.splitlines(keepends=True)
    rest = lines[1:]
    rng.shuffle(rest)
    return b''.join(lines[:1] + rest)


def changeLineEnds(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    return message.replace(b'\r\n', rng.choice((b'\n', b'\r', b'\r\r\n', b'\n\r', b'\r\n ')))


def changeCase(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    return message.swapcase()


def keep(message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
    return message


Change = Callable[[bytes, Sequence[bytes], Random], bytes]
CHANGES: tuple[Change, ...] = (
    *(flipBit, remove, repeat, insertToken, insertToken, insertLine, insertLine, insertNoise, swell),
    *(cut, splice, shuffleLines, changeLineEnds, changeCase, keep, keep),
)
CALL_CHANGES: tuple[Change, ...] = (
    *(flipBit, remove, repeat, insertToken, insertXml, insertXml, insertXml, setValue, setValue, doubleElement),
    *(insertNoise, swell, cut, splice, changeLineEnds, changeCase, keep),
)
# Those after which it still is XML, so that more than the reader of XML is tried.
VALUE_CHANGES: tuple[Change, ...] = (setValue, setValue, setValue, doubleElement, dropElement, changeVersion, keep)
