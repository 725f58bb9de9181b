"""Seed messages and their mutations.

A mutated message is known by seed and number, so that any one of them can be made again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

CORPUS = Path(__file__).parent / 'corpus'
MAX_CHANGES = 5
LONG_BYTES = 10_000
MAX_BYTES = 65_507  # the longest UDP datagram

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


def seedsIn(folder: str) -> list[bytes]:
    """Return the messages of a corpus folder, in the order of their names."""
    return [path.read_bytes() for path in sorted((CORPUS / folder).glob('*.txt'))]


def mutated(seeds: Sequence[bytes], seed: int, number: int) -> bytes:
    """Return mutation ``number`` of ``seed``: a message changed in one to five ways."""
    rng = Random(f'{seed}-{number}')
    message = rng.choice(seeds)
    for _ in range(rng.randint(1, MAX_CHANGES)):
        message = rng.choice(CHANGES)(message, seeds, rng)[:MAX_BYTES]
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
