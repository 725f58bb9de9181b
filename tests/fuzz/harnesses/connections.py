"""The HTTP server: the bytes of a connection, at once and in pieces."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import upnp
from tests.fuzz.answers import STATUSES, STREAM, responsesIn
from tests.fuzz.harnesses import Check
from tests.fuzz.harnesses.stage import Heard, conversation, inTheLoop, pieces, staged
from tests.fuzz.properties import DATE, secondCount
from tests.fuzz.services import makeCallable
from tests.protocol.site import TOKEN, Site
from upnp.eventing.answers import SubscriptionAnswer
from upnp.http.answers import HttpRequest
from upnp.presentation.answers import CONTENT_POLICY, assetResources
from upnp.presentation.custompages import pageAt

ALLOWED = STATUSES | {'411', '412', '500', '503'}
VALUES = {  # whole values of every field that is ever written, so that none has a part of the request in it
    b'CONTENT-LENGTH': rb'\d+',
    b'CONTENT-TYPE': rb'text/xml; charset="utf-8"|text/plain|text/(html|css|javascript|event-stream); charset=utf-8',
    b'CACHE-CONTROL': rb'no-store|no-cache|public, max-age=31536000, immutable',
    b'CONTENT-SECURITY-POLICY': re.escape(CONTENT_POLICY.encode()) + rb"|frame-ancestors 'self'",
    b'X-CONTENT-TYPE-OPTIONS': rb'nosniff',
    b'REFERRER-POLICY': rb'no-referrer',
    b'CROSS-ORIGIN-RESOURCE-POLICY': rb'same-origin',
    b'X-ACCEL-BUFFERING': rb'no',
    b'CONTENT-LANGUAGE': rb'en',
    b'CONNECTION': rb'close|keep-alive',
    b'SERVER': re.escape(TOKEN.encode()),
    b'ALLOW': rb'GET, HEAD(, POST)?|POST, M-POST|SUBSCRIBE, UNSUBSCRIBE',
    b'EXT': rb'',
    b'SID': rb'uuid:[0-9a-f-]{36}',
    b'TIMEOUT': rb'Second-\d{1,5}',
    b'ACCEPTED-STATEVAR': rb'[A-Za-z,]+',
}
OWN_HOST = re.compile(rb'(192\.168\.1\.10|192\.0\.2\.1)\.?(:0*(5000)?)?|\[.*\].*')  # one in brackets is not judged
OWN_PAGE = '/setup'
REFUSALS = (400, 403, 413, 414, 431, 501, 505)
FIELD = re.compile(rb'([A-Z-]+):(?: ([ -~]+))?\Z')


def makeWatched() -> upnp.Device:
    """Return a device that can be called, and whose page has news."""
    device = makeCallable()
    device.services[0].stateVariables['Level'].sendEvents = True
    return device


async def ownPage(request: HttpRequest) -> str:
    """Return what was asked for."""
    return f'{request.method} {request.query} {request.body!r}'


async def begun(site: Site) -> None:
    """Have pages told of changes."""
    site.begin()


@contextmanager
def opened() -> Iterator[Check]:
    """Serve a device that can be called."""
    with staged() as stage:
        site = Site(inTheLoop(makeWatched()))
        subscribing = [path for path, one in site.resources.items() if one.answer is SubscriptionAnswer]
        for path in subscribing:  # whose answers are those of another harness
            del site.resources[path]
        site.resources |= {**assetResources(), OWN_PAGE: pageAt(OWN_PAGE, ownPage, None, site.calls)}
        stage.prepare(begun(site))
        server = site.http.server
        logging.getLogger('upnp.description').setLevel(logging.WARNING)  # else it tells once that Windows is there

        def check(data: bytes) -> None:
            whole = stage.play(conversation(stage, server.InConnection, [data], isEnded=True))
            cut = stage.play(conversation(stage, server.InConnection, pieces(data), isEnded=False))
            checkAnswers(data, whole)
            assert DATE.sub(b'', cut.before) == DATE.sub(b'', whole.before)
            checkCount(data, whole)
            assert cut.after == b'', 'a peer that is silent is not answered'
            assert not server.crowd, 'the table of connections is empty'
            assert not site.events._book.publishers, 'no page is watched any more'

        yield check


def checkAnswers(data: bytes, heard: Heard) -> None:
    """Check that all that came back is answers, as many as there can be questions, and none of a peer's making."""
    responses = responsesIn(heard.before) + responsesIn(heard.after)
    assert len(responsesIn(heard.after)) <= 1
    final = [status for status, _, _ in responses if status != 100]
    assert len(final) <= data.count(b'HTTP/') + 1
    assert {str(status) for status in final} <= ALLOWED
    for status, head, _ in responses:
        checkHead(status, head)


def checkCount(data: bytes, heard: Heard) -> None:
    """Check that another reader finds as many requests, and that those for other hosts are refused (RFC 9112 §11.2)."""
    requests = secondCount(data)
    if requests is None:
        return
    final = [(status, head) for status, head, _ in responsesIn(heard.before) if status != 100]
    isClosed = any(b'\r\nCONNECTION: close' in head for _, head in final)
    assert len(final) <= len(requests) + isClosed
    assert isClosed or len(final) == len(requests)
    for request, (status, _) in zip(requests, final, strict=False):
        if request.target.startswith(b'/') and not OWN_HOST.fullmatch(dict(request.headers).get(b'host', b'')):
            assert status in REFUSALS, request


def checkHead(status: int, head: bytes) -> None:
    """Check the header fields of an answer."""
    names = []
    for line in head.split(b'\r\n')[1:]:
        found = FIELD.match(line)
        assert found, line
        names.append(found[1])
        if found[1] != b'DATE':
            assert re.fullmatch(VALUES[found[1]], found[2] or b''), line
    assert len(names) == len(set(names))
    needed = {b'DATE', b'SERVER'} if STREAM in head else {b'CONTENT-LENGTH', b'DATE', b'SERVER'}
    assert status == 100 or needed <= set(names)
