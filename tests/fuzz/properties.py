"""What holds for every input: strategies that make inputs, and oracles that judge what becomes of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import cast

import h11
from hypothesis import settings
from hypothesis import strategies as st

from tests.fuzz.answers import judged, responsesIn
from tests.fuzz.seeds import mutated, mutatedCall, seedsIn
from tests.fuzz.services import makeCallable
from tests.protocol.fakes import FakeTransport, HeldClock, run
from tests.protocol.site import Site
from upnp import MessageError
from upnp.eventing.gena import Callback, CallbackRule, renderEvent
from upnp.http.client import Outcome, PeerConnection
from upnp.http.message import CHUNKED, Request, Response, bodyLength, headEnd, parse, parseRequest

MANY = settings(max_examples=1000, deadline=None, database=None)
SOME = settings(max_examples=100, deadline=None, database=None)

DATAGRAMS, REQUESTS, CALLS = seedsIn('datagrams'), seedsIn('requests'), seedsIn('calls')
DATE = re.compile(rb'\r\nDATE: [^\r\n]*', re.IGNORECASE)

names = st.from_regex(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,20}", fullmatch=True)
visible = st.text(st.characters(exclude_categories=['Cc', 'Cs'], exclude_characters='\u2028\u2029'), max_size=40)
values = visible.map(str.strip)
fields = st.lists(st.tuples(names, values), max_size=8, unique_by=lambda field: field[0].lower())
numbers = st.integers(0, 1 << 32)
datagrams = st.one_of(st.binary(max_size=600), numbers.map(lambda number: mutated(DATAGRAMS, 0, number)))
requests = st.one_of(st.binary(max_size=600), numbers.map(lambda number: mutated(REQUESTS, 0, number)))
calls = numbers.map(lambda number: mutatedCall(CALLS, 0, number))
texts = st.text(st.characters(exclude_categories=['Cs']), max_size=60)
urlPieces = st.sampled_from(
    [
        *(
            '<',
            '>',
            '<http://',
            'HTTP://',
            'https://',
            '192.0.2.9',
            '192.0.2.1',
            '127.0.0.1',
            '[fe80::1]',
            '[::ffff:192.0.2.9]',
        ),
        *(
            '0.0.0.0',
            '3221226241',
            '0300.0.2.9',
            'localhost',
            '@',
            ':',
            '80',
            '5000',
            '0',
            '65536',
            '/',
            '/on',
            '?a=b',
            '#x',
        ),
        *('%0d%0a', '%00', '%2e', '\r\n', '\t', ' ', '"', '\\', '\x7f', 'ä', ',', '><'),
    ]
)
callbackTexts = st.one_of(
    texts,
    st.lists(urlPieces, max_size=12).map(''.join),
    st.lists(urlPieces, max_size=5).map(lambda pieces: f'<http://192.0.2.9{"".join(pieces)}>'),
)
answerPieces = st.sampled_from(
    [
        *(
            b'HTTP/1.1 200 OK\r\n',
            b'HTTP/1.0 500 No\r\n',
            b'HTTP/1.1 100 Continue\r\n\r\n',
            b'HTTP/1.1 204 \r\n',
            b'\r\n',
            b'\n',
        ),
        *(
            b'Content-Length: 0\r\n',
            b'Content-Length: 5\r\n',
            b'Content-Length: -5\r\n',
            b'Transfer-Encoding: chunked\r\n',
        ),
        *(
            b'Connection: close\r\n',
            b'Connection: keep-alive\r\n',
            b'5\r\nhello\r\n',
            b'0\r\n\r\n',
            b'hello',
            b'\0',
            b'xyz\r\n',
        ),
    ]
)
clientAnswers = st.one_of(st.binary(max_size=200), st.lists(answerPieces, max_size=8).map(b''.join))
wrongValues = st.text('0123456789+-.eE:TZz=aAfF{} \n', max_size=30)

# Why we refuse what h11 takes: strictness that RFC 9112 allows or asks for. First by what the head holds ...
FOLDED_OR_CONTROL = re.compile(rb'\n[ \t]|[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]')  # §5.2, §5.5
# ... then by what we say.
STRICTER = re.compile(
    r'header fields$'  # Limits.maxHeaderFields
    r'|content-length twice'  # §6.3: equal ones may be merged, or refused
    r'|transfer-encoding twice'
    r'|^Transfer-Encoding .* with Content-Length or HTTP/1.0'  # §6.1, §6.3: smuggling
    r"|^Content-Length '\d{16,20}'"  # more than fits any limit
    r'|^unsupported HTTP version'
    r'|^HTTP/1.1 without Host'  # which 1.2 counts as
)
# Why we take what h11 refuses.
LIBERAL = re.compile(
    r'illegal request line: bytearray\(b[\'"][^ ]+ [^ ]*\\x[89a-f]'
)  # bytes above 127 in a path: a 404


def outcomeOf(datagram: bytes) -> Request | Response | None:
    """Parse a datagram: a message or MessageError, nothing else may happen."""
    try:
        return parse(datagram)
    except MessageError:
        return None


def requestOf(head: bytes) -> tuple[Request, int] | MessageError:
    """Parse a request's head and the length of its body: a value or MessageError, nothing else may happen."""
    try:
        request = parseRequest(head)
        return request, bodyLength(request)
    except MessageError as error:
        return error


def secondOpinion(head: bytes) -> h11.Request | h11.RemoteProtocolError:
    """Parse a request's head by h11."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    connection.receive_data(head)
    try:
        return cast('h11.Request', connection.next_event())
    except h11.RemoteProtocolError as error:
        return error


def headOf(message: bytes) -> bytes | None:
    """Return the head that a message begins with, as the server cuts it off; None when it has no end."""
    message = message.lstrip(b'\r\n')
    end = headEnd(message)
    return None if end < 0 else message[:end]


def checkAgainstSecondOpinion(head: bytes) -> None:
    """Check that two readers of one head understand the same, or differ for a reason that is listed."""
    ours, theirs = requestOf(head), secondOpinion(head)
    if isinstance(ours, MessageError):
        isReasonable = STRICTER.search(str(ours)) or FOLDED_OR_CONTROL.search(head)
        assert isReasonable or isinstance(theirs, h11.RemoteProtocolError), (ours, theirs)
        return
    if isinstance(theirs, h11.RemoteProtocolError):
        assert LIBERAL.search(str(theirs)), (ours, theirs)
        return
    request, length = ours
    merged: dict[str, str] = {}
    for name, value in theirs.headers:
        key, text = name.decode(), value.decode('latin-1')
        merged[key] = f'{merged[key]}, {text}' if key in merged else text
    framing = {key: merged.pop(key, None) for key in ('content-length', 'transfer-encoding')}
    assert (request.method.encode(), request.target.encode()) == (theirs.method, theirs.target)
    assert {key: value for key, value in request.headers.items() if key not in framing} == merged
    assert length == (CHUNKED if framing['transfer-encoding'] else int(framing['content-length'] or 0))


def secondCount(sent: bytes) -> list[h11.Request] | None:
    """Return the whole requests that h11 finds on a connection; None where it cannot go on, or does not keep it."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    if not sent:  # which would tell it that the connection has ended
        return []
    connection.receive_data(sent)
    found: list[h11.Request] = []
    try:
        while (event := connection.next_event()) is not h11.NEED_DATA:
            if event is h11.PAUSED:
                return None
            if isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.EndOfMessage):
                found.append(request)
                connection.send(h11.Response(status_code=200, headers=[('Content-Length', '0')]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE:
                    return None
                connection.start_next_cycle()
    except h11.ProtocolError:
        return None
    return found


def answersTo(pieces: Sequence[bytes]) -> bytes:
    """Return all that our server answers to what comes in pieces, without the dates."""

    async def scene() -> bytes:
        transport = FakeTransport()
        reader, writer = transport.connect()
        serving = asyncio.create_task(Site(allowedHosts=['*']).http.server.InConnection(reader, writer))
        for piece in pieces:
            for _ in range(3):
                await asyncio.sleep(0)
            if not transport.is_closing():
                reader.feed_data(piece)
        if not transport.is_closing():
            reader.feed_eof()
        await serving
        return DATE.sub(b'', transport.written)

    return run(scene())


def takenFrom(pieces: Sequence[bytes]) -> tuple[object, bool, bool]:
    """Return what our client makes of an answer that comes in pieces, and what becomes of the connection."""

    async def scene() -> tuple[object, bool, bool]:
        connection = PeerConnection(('192.0.2.9', 80), 300)
        connection.connection_made(FakeTransport())
        told: list[Outcome] = []
        connection.ask(b'', told.append)
        for piece in pieces:
            if connection.isOpen:
                connection.data_received(piece)
        state = connection.isReusable, connection.isOpen
        connection.eof_received()
        await asyncio.sleep(0)
        (outcome,) = told
        return type(outcome) if isinstance(outcome, Exception) else outcome.status, *state

    return run(scene())


def outcomesOf(call: bytes) -> list[str]:
    """Return what our server answers to a call, judged; a thread gets the time that it needs."""

    async def scene() -> bytes:
        site, transport = Site(makeCallable(), allowedHosts=['*']), FakeTransport()
        reader, writer = transport.connect()
        reader.feed_data(call)
        reader.feed_eof()
        await site.http.server.InConnection(reader, writer)
        site.calls.abandon()
        return bytes(transport.written)

    return [judged(*response) for response in responsesIn(run(scene(), HeldClock()))]


def isSafe(callback: Callback, rule: CallbackRule) -> bool:
    """Tell whether an event that goes there is one request to the subscriber's own address, and nothing else."""
    head = renderEvent(callback, 'uuid:1', 0, b'').decode()
    message = parseRequest(head.encode())
    hidden = [part[:2] for part in callback.target.split('%')[1:]]
    return (
        callback.address == rule.peer.partition('%')[0]
        and 0 < callback.port <= 65535
        and callback.port != rule.port
        and (message.method, message.target, len(message.headers)) == ('NOTIFY', callback.target, 7)
        and not any(len(part) == 2 and part[0] in '01' for part in hidden)
    )
