"""Properties of the parsers and renderers, for inputs that hypothesis makes."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from contextlib import suppress
from itertools import pairwise
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import upnp
from tests.fuzz.answers import FAULTS, STATUSES
from tests.fuzz.properties import (
    MANY,
    REQUESTS,
    SOME,
    answersTo,
    callbackTexts,
    calls,
    checkAgainstSecondOpinion,
    clientAnswers,
    datagrams,
    fields,
    headOf,
    isSafe,
    outcomeOf,
    outcomesOf,
    requestOf,
    requests,
    takenFrom,
    texts,
    values,
    visible,
    wrongValues,
)
from tests.fuzz.seeds import mutated
from upnp import MessageError
from upnp.base import xml
from upnp.base.xml import Element
from upnp.description import types
from upnp.description.types import DATA_TYPES, ValueMismatch
from upnp.discovery.ssdp import AnnouncerService
from upnp.discovery.targets import Search
from upnp.discovery.timing import MX_SHARE, answerDelays, bundled
from upnp.eventing.gena import CallbackRule, parseSubscribe
from upnp.http.message import Request, Response, headEnd, parse, parseChunkSize, parseRequest, pathOf, render

pytestmark = pytest.mark.fuzz


@MANY
@given(datagrams)
def test_any_datagram_is_a_message_or_a_message_error(datagram: bytes) -> None:
    outcomeOf(datagram)


@MANY
@given(datagrams, st.booleans())
def test_no_datagram_raises_out_of_an_endpoint(datagram: bytes, multicast: bool) -> None:
    AnnouncerService(multicast=multicast).datagram_received(datagram, ('192.0.2.9', 50000))


@MANY
@given(datagrams, st.booleans())
def test_any_message_is_a_search_or_none(datagram: bytes, multicast: bool) -> None:
    message = outcomeOf(datagram)
    if isinstance(message, Request):
        search = Search.fromRequest(message.method, message.target, message.headers, multicast=multicast)
        assert search is None or 0 <= search.mx <= 5


@MANY
@given(requests)
def test_any_request_head_is_a_request_or_a_message_error(head: bytes) -> None:
    requestOf(head)


@MANY
@given(st.binary(max_size=40))
def test_any_chunk_size_is_a_number_or_a_message_error(line: bytes) -> None:
    with suppress(MessageError):
        assert 0 <= parseChunkSize(line) < 1 << 32


@MANY
@given(texts)
def test_any_target_is_a_path_or_a_message_error(target: str) -> None:
    with suppress(MessageError):
        assert pathOf(target) == '*' or pathOf(target).startswith('/')


@MANY
@given(fields)
def test_a_rendered_search_is_parsed_to_the_same(rendered: list[tuple[str, str]]) -> None:
    message = parse(render('M-SEARCH * HTTP/1.1', rendered))

    assert message == Request('M-SEARCH', '*', 'HTTP/1.1', {name.lower(): value for name, value in rendered})


@MANY
@given(fields, st.integers(100, 999), values)
def test_a_rendered_response_is_parsed_to_the_same(rendered: list[tuple[str, str]], status: int, reason: str) -> None:
    message = parse(render(f'HTTP/1.1 {status} {reason}', rendered))

    assert message == Response('HTTP/1.1', status, reason, {name.lower(): value for name, value in rendered})


@MANY
@given(fields)
def test_a_rendered_request_is_parsed_to_the_same(rendered: list[tuple[str, str]]) -> None:
    own = [(name, value) for name, value in rendered if name.lower() != 'host']
    head = render('GET /a HTTP/1.1', [('Host', 'a'), *own])

    wire = {name.lower(): value.encode().decode('latin-1').strip(' \t') for name, value in own}
    assert parseRequest(head) == Request('GET', '/a', 'HTTP/1.1', {'host': 'a', **wire})


@MANY
@given(fields, texts)
def test_no_value_slips_a_field_in(rendered: list[tuple[str, str]], value: str) -> None:
    try:
        message = render('NOTIFY * HTTP/1.1', [*rendered, ('X', value)])
    except MessageError:
        assert set(value) & set('\r\n\0')
    else:
        assert message.count(b'\n') == len(rendered) + 3


@MANY
@given(requests)
@example(b'GET / HTTP/1.0\r\r\n\r\n')
@example(b'GET / HTTP/1.1\r\nHost: a\r\r\n\r\n')
def test_request_heads_agree_with_h11(message: bytes) -> None:
    if (head := headOf(message)) is not None:
        checkAgainstSecondOpinion(head)


@MANY
@given(requests, st.integers(1, 20))
def test_the_end_of_a_head_is_found_in_any_pieces(message: bytes, size: int) -> None:
    found, length = -1, 0
    while found < 0 and length < len(message):
        searched, length = length, min(length + size, len(message))
        found = headEnd(message[:length], max(0, searched - 3))

    assert found == headEnd(message)


@SOME
@given(st.integers(0, 1 << 32), st.lists(st.integers(0, 400), max_size=6))
def test_requests_in_any_pieces_get_the_same_answers(number: int, cuts: list[int]) -> None:
    message = mutated(REQUESTS, 0, number)
    ends = sorted({0, *(cut for cut in cuts if cut < len(message)), len(message)})
    pieces = [message[start:end] for start, end in pairwise(ends)]

    assert answersTo(pieces) == answersTo([message])


@SOME
@given(calls)
def test_any_call_gets_a_result_or_a_fault_or_a_status(call: bytes) -> None:
    assert set(outcomesOf(call)) <= STATUSES | FAULTS


@MANY
@given(st.one_of(texts, wrongValues), st.sampled_from(DATA_TYPES))
def test_any_text_of_a_peer_is_a_value_that_can_be_sent_back_or_a_mismatch(text: str, dataType: str) -> None:
    with suppress(ValueMismatch):
        value = types.parse(dataType, text)
        assert types.parse(dataType, types.render(dataType, value)) == value


@MANY
@given(st.integers(0, 200), st.integers(0, 100), st.integers())
def test_answers_go_out_in_order_and_within_mx(count: int, mx: int, seed: int) -> None:
    bundles = bundled(range(count), mx)
    delays = answerDelays(len(bundles), mx, Random(seed))

    assert [answer for bundle in bundles for answer in bundle] == list(range(count))
    assert len(delays) == len(bundles)
    assert delays == sorted(delays)
    assert all(0 <= delay <= (MX_SHARE * min(mx, 5) if mx else 1) for delay in delays)


@MANY
@given(texts, visible)
def test_any_text_survives_xml_or_is_refused(text: str, attribute: str) -> None:
    try:
        document = xml.render(Element('a', (Element('b', text, {'c': attribute}),)))
    except ValueError:
        assert xml.forbiddenCharacter(text + attribute) is not None
        return
    child = ElementTree.fromstring(document.replace('&#123;', '{'))[0]
    assert (child.text or '', child.get('c')) == (text, attribute)


@SOME
@given(st.dictionaries(texts, st.one_of(texts, st.none(), st.integers(), st.binary()), max_size=3))
def test_any_element_of_a_device_is_taken_or_refused(elements: dict[str, object]) -> None:
    with suppress(TypeError, ValueError):
        upnp.Device(elements)


# Eventing

OWN_PORT = 5000
OFFERED = CallbackRule('192.0.2.9', frozenset({'192.0.2.1', '192.0.2.9'}), OWN_PORT)


@MANY
@given(callbackTexts)
@example('<http://192.0.2.9/><http://192.0.2.9:8080/on?x#y>')
def test_any_callback_that_is_taken_is_safe(text: str) -> None:
    with suppress(MessageError):
        wish = parseSubscribe({'callback': text, 'nt': 'upnp:event'}, OFFERED)
        assert wish.callbacks
        assert all(isSafe(callback, OFFERED) for callback in wish.callbacks)


@MANY
@given(st.dictionaries(st.sampled_from(['sid', 'nt', 'callback', 'timeout', 'statevar']), texts))
def test_any_subscription_is_granted_a_time_or_refused(headers: dict[str, str]) -> None:
    with suppress(MessageError):
        assert 60 <= parseSubscribe(headers, OFFERED).seconds <= 86400


@MANY
@given(clientAnswers, st.lists(st.integers(0, 200), max_size=4).map(sorted))
def test_an_answer_is_understood_the_same_however_it_comes(answer: bytes, cuts: list[int]) -> None:
    pieces = [answer[begin:end] for begin, end in pairwise([0, *cuts, len(answer)]) if begin < end]
    whole, split = takenFrom([answer] if answer else []), takenFrom(pieces)
    assert whole[0] == split[0]
    if whole[0] == 200 and not any(b'HTTP' in piece for piece in pieces[1:]):
        assert whole[1:] == split[1:]
