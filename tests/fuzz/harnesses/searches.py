"""SSDP: a datagram at the endpoints of an announcer, from sources of every kind."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager

import upnp
from tests.fuzz.harnesses import Check
from tests.fuzz.harnesses.stage import staged
from tests.lan.programs.lamp import makeLamp
from tests.protocol.cable import Address, Cable, CableTransport
from upnp.discovery.sockets import GROUP, PORT
from upnp.http.message import Response, parse

HERE = '127.0.0.1'
SOURCE = (HERE, 50000)
WRONG = (  # no port, no host, not on the link
    *((HERE, 0), ('239.255.255.250', 1900), ('224.0.0.1', 50000), ('255.255.255.255', 50000), ('0.0.0.0', 50000)),
    *(('192.0.2.9', 50000), ('127.255.255.255', 50000), ('198.51.100.1', 53)),
)
LAST_SECONDS = 6.0  # nothing is sent later
VARIABLE = re.compile(rb'\r\n(?:DATE|ST|USN): [^\r\n]*|(?<=EXT:) +')
VERSION = re.compile(r':(\d+)\Z')


class Line(Cable):
    """A network that keeps what was sent, and carries nothing on."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.endpoints: list[asyncio.DatagramProtocol] = []
        self.sent_: list[tuple[bytes, Address]] = []

    def plug(self, address: Address, *, endpoint: asyncio.DatagramProtocol, group: str = '') -> CableTransport:
        """Keep an endpoint."""
        self.endpoints.append(endpoint)
        return super().plug(address, group=group, endpoint=endpoint)

    def send(self, data: bytes, source: Address, destination: Address) -> None:
        """Keep what was sent."""
        self.sent_.append((bytes(data), destination))

    def taken(self) -> list[tuple[bytes, Address]]:
        """Return what was sent since, but for advertisements."""
        sent, self.sent_ = self.sent_, []
        assert all(data.startswith(b'NOTIFY ') for data, destination in sent if destination == (GROUP, PORT))
        return [one for one in sent if one[1] != (GROUP, PORT)]


@contextmanager
def opened() -> Iterator[Check]:
    """Announce the lamp."""
    with staged() as stage:
        line = Line()
        announcer = upnp.Announcer(makeLamp(), 0, HERE)
        announcer.ssdp.makeLinks = line.links
        names = stage.prepare(begin(announcer, line))
        form = stage.play(searched(line, line.endpoints[1], everything()))[0]

        def check(data: bytes) -> None:
            for endpoint in line.endpoints:
                checkAnswers(stage.play(searched(line, endpoint, data)), names, form)

        try:
            yield check
        finally:
            stage.prepare(announcer.stop())


async def begin(announcer: upnp.Announcer, line: Line) -> set[tuple[str, str]]:
    """Start, and return the pairs of ST and USN that there can be: each of every version up to that announced."""
    await announcer.start()
    await asyncio.sleep(LAST_SECONDS)
    names = set()
    for data, _ in line.sent_:
        headers = parse(data).headers
        nt, usn = headers['nt'], headers['usn']
        found = VERSION.search(nt) if nt.startswith('urn:') else None
        for version in range(1, int(found[1]) + 1 if found else 2):
            lower = (f'{text[: -len(found[0])]}:{version}' if found else text for text in (nt, usn))
            names.add(tuple(lower))
    line.taken()
    return names  # type: ignore[return-value]


def everything() -> bytes:
    """Return a search that is answered."""
    return b'M-SEARCH * HTTP/1.1\r\nHOST: 127.0.0.1:1900\r\nMAN: "ssdp:discover"\r\nST: ssdp:all\r\n\r\n'


async def searched(line: Line, endpoint: asyncio.DatagramProtocol, data: bytes) -> list[bytes]:
    """Return the answers to a datagram, and check that they go to where it came from, and nowhere else."""
    for source in WRONG:
        endpoint.datagram_received(data, source)
    endpoint.datagram_received(data, SOURCE)
    await asyncio.sleep(LAST_SECONDS)
    told = line.taken()
    assert {destination for _, destination in told} <= {SOURCE}
    return [answer for answer, _ in told]


def checkAnswers(answers: list[bytes], names: set[tuple[str, str]], form: bytes) -> None:
    """Check that answers are of our own making, each for another target."""
    found = []
    for answer in answers:
        assert VARIABLE.sub(b'', answer) == VARIABLE.sub(b'', form)
        message = parse(answer)
        assert isinstance(message, Response)
        found.append((message.headers['st'], message.headers['usn']))
    assert set(found) <= names
    assert len(found) == len(set(found))
