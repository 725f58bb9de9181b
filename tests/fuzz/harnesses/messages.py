"""The parser of messages: datagrams, heads of requests, chunk sizes, targets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.fuzz.harnesses import Check
from tests.fuzz.harnesses.stage import drawn
from tests.fuzz.properties import checkAgainstSecondOpinion, headOf, outcomeOf, requestOf
from upnp import MessageError
from upnp.discovery.targets import Search
from upnp.http.message import (
    Request,
    Response,
    answerLength,
    headEnd,
    parse,
    parseChunkSize,
    parseRequest,
    pathOf,
    render,
)


@contextmanager
def opened() -> Iterator[Check]:
    """Give the check, which needs nothing."""
    yield check


def check(data: bytes) -> None:
    """Read bytes as everything that a message can be part of."""
    if (message := outcomeOf(data)) is not None:
        checkRoundTrip(message)
        checkUse(message)
    if (head := headOf(data)) is not None:
        checkAgainstSecondOpinion(head)
        checkRequest(head)
    checkHeadEnd(data)
    with suppress(MessageError):
        assert 0 <= parseChunkSize(data.partition(b'\n')[0].removesuffix(b'\r')) < 1 << 32


def checkRoundTrip(message: Request | Response) -> None:
    """Check that what was read and is written is read as the same, or cannot be written."""
    if isinstance(message, Request):
        startLine = f'{message.method} {message.target} {message.version}'
    else:
        startLine = f'{message.version} {message.status} {message.reason}'
    with suppress(MessageError):
        rendered = render(startLine, message.headers.items())
        assert rendered.count(b'\n') == len(message.headers) + 2
        assert parse(rendered) == message


def checkUse(message: Request | Response) -> None:
    """Check what is made of a message."""
    if isinstance(message, Response):
        with suppress(MessageError):
            length = answerLength(message)
            assert length is None or length >= -1
        return
    for multicast in (True, False):
        search = Search.fromRequest(message.method, message.target, message.headers, multicast=multicast)
        assert search is None or (search.st and 0 <= search.mx <= 5)


def checkRequest(head: bytes) -> None:
    """Check that a request that is taken is written and read as the same, and leads to a path or is refused."""
    found = requestOf(head)
    if isinstance(found, MessageError):
        assert found.status in (400, 431, 505)
        return
    request, length = found
    assert length >= -1
    assert len(request.headers) <= 100
    with suppress(MessageError):
        path = pathOf(request.target)
        assert path == '*' or path.startswith('/')
    if head.isascii():
        startLine = f'{request.method} {request.target} {request.version}'
        fields = {
            name: value.strip(' \t') for name, value in request.headers.items()
        }  # an empty one may have been joined
        assert parseRequest(render(startLine, request.headers.items())) == request._replace(headers=fields)


def checkHeadEnd(data: bytes) -> None:
    """Check that the end of a head is found in any pieces."""
    rng, found, length = drawn(data), -1, 0
    while found < 0 and length < len(data):
        searched, length = length, min(length + rng.randint(1, 200), len(data))
        found = headEnd(data[:length], max(0, searched - 3))
    assert found == headEnd(data)
