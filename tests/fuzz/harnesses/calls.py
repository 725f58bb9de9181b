"""Control: the head and the body of a call, from SOAPACTION to the answer; its length need not be right."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager

import upnp
from tests.fuzz.answers import ENVELOPE, FAULTS, judged, responsesIn
from tests.fuzz.harnesses import Check
from tests.fuzz.harnesses.connections import checkHead
from tests.fuzz.harnesses.stage import OURS, PEER, inTheLoop, staged
from tests.fuzz.properties import headOf, requestOf
from tests.fuzz.services import CONTROL, makeCallable
from tests.protocol.fakes import FakeTransport
from tests.protocol.site import TOKEN, Site
from upnp import MessageError
from upnp.control import soap
from upnp.control.answers import CONTROL_METHODS, ControlAnswer, soapActionOf
from upnp.http.answers import HttpRequest
from upnp.http.message import Request

REFUSALS = (400, 415)
WHEN = 'Thu, 01 Jan 1970 00:00:00 GMT'
ECHO = 'Echo'


@contextmanager
def opened() -> Iterator[Check]:
    """Serve a device that can be called."""
    with staged() as stage:
        device = inTheLoop(makeCallable())
        site, service = Site(device), device.services[0]

        def check(data: bytes) -> None:
            head = headOf(data)
            found = None if head is None else requestOf(head)
            if not isinstance(found, tuple):
                return
            request, body = found[0], data.lstrip(b'\r\n')[len(head or b'') :]
            answer = stage.play(answerTo(site, request, body))
            if answer is None:
                return
            (response,) = responsesIn(answer)
            checkHead(*response[:2])
            outcome = judged(*response)
            assert outcome in FAULTS | {'200'}
            if outcome == '200':
                checkValues(service, request, body, response[2])
            if outcome != '500 701':
                assert stage.play(answerTo(site, request, body)) == answer, 'a call from memory is the same call'

        yield check


async def answerTo(site: Site, request: Request, body: bytes) -> bytes | None:
    """Return what a call is answered; None when it is refused as no call."""
    asked = HttpRequest(
        request.method if request.method in CONTROL_METHODS else CONTROL_METHODS[0],
        CONTROL,
        *(request.version, request.headers),
        host=OURS[0],
        peer=PEER,
    )
    asked.body = body
    answer, transport = ControlAnswer(asked, site), FakeTransport(PEER, OURS)
    try:
        await answer.call()
    except MessageError as error:
        if error.status not in REFUSALS:
            raise AssertionError(error.status) from error
        return None
    answer.execute()
    _, writer = transport.connect()
    answer.write(writer, date=WHEN, server=TOKEN)
    writer.close()
    return bytes(transport.written)


def checkValues(service: upnp.Service, request: Request, body: bytes, answer: bytes) -> None:
    """Check that what is answered is read as the values that it was written from."""
    method = request.method if request.method in CONTROL_METHODS else CONTROL_METHODS[0]
    asked = soap.parseCall(service, soapActionOf(method, request.headers), body)
    result = ElementTree.fromstring(answer).find(f'{ENVELOPE}Body')
    assert result is not None
    texts = {one.tag: one.text or '' for one in result[0]}
    if isinstance(asked, soap.VariableQuery):
        assert asked.variable.parse(texts['return']) == asked.variable.value
        return
    assert list(texts) == [argument.name for argument in asked.action.outputs]
    for argument in asked.action.outputs:
        value = soap.variableOf(service, argument).parse(texts[str(argument.name)])
        if str(asked.action.name).startswith(ECHO):
            assert value == asked.values[str(argument.name).removeprefix('out_')]
