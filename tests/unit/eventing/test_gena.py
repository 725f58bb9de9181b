"""GENA: what subscribers ask for is understood or refused with its status; what we write is exact to the byte."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upnp import Limits, MessageError
from upnp.addressing.interfaces import Interface
from upnp.eventing import gena
from upnp.eventing.gena import Callback, CallbackRule, SubscribeRequest
from upnp.http import message

PEER = '192.0.2.9'
OWN, PORT = frozenset({'192.0.2.1', '2001:db8::1', 'fe80::1'}), 5000
SID = 'uuid:00a56575-78fa-40fe-b107-8f4b5043a2b0'
NEW = {'nt': 'upnp:event', 'callback': f'<http://{PEER}:4004/events>'}
RULE = CallbackRule(PEER, OWN, PORT)


def asked(changed: dict[str, str | None], limits: Limits | None = None) -> SubscribeRequest:
    """What a new subscription asks for when some headers are others, or are missing."""
    return gena.parseSubscribe(headersWith(NEW, changed), RULE, limits)


def headersWith(headers: dict[str, str], changed: dict[str, str | None]) -> dict[str, str]:
    """Headers of which some are others; None takes one away."""
    return {name: value for name, value in {**headers, **changed}.items() if value is not None}


# What is asked for


def test_a_new_subscription_has_its_callback_its_time_and_its_version() -> None:
    """UDA 1.1 §4.1.2."""
    expected = SubscribeRequest(None, 300, (Callback(PEER, 4004, '/events'),), None, 'HTTP/1.0')
    assert gena.parseSubscribe({**NEW, 'timeout': 'Second-300'}, RULE, version='HTTP/1.0') == expected
    assert gena.parseSubscribe(NEW, RULE, Limits()) == expected._replace(seconds=1800, version='HTTP/1.1')


@pytest.mark.parametrize('sid', [SID, SID.upper(), f' {SID}\t'])
def test_a_renewal_has_its_sid_as_we_write_it(sid: str) -> None:
    """UDA 1.1 §4.1.3."""
    assert gena.parseSubscribe({'sid': sid, 'timeout': 'Second-300'}, RULE) == SubscribeRequest(SID, 300)


@pytest.mark.parametrize('sid', [SID, SID.upper(), f'\t{SID} '])
def test_an_unsubscribe_has_its_sid_as_we_write_it(sid: str) -> None:
    """UDA 1.1 §4.1.4."""
    assert gena.parseUnsubscribe({'sid': sid, 'host': '192.0.2.1'}) == SID


def test_what_stands_around_nt_does_not_matter() -> None:
    assert asked({'nt': ' upnp:event\t'}) == asked({})


NO_SUBSCRIBE = [
    ({'nt': None}, 412),
    ({'nt': ''}, 412),
    ({'nt': 'upnp:propchange'}, 412),
    ({'nt': 'UPNP:EVENT'}, 412),
    ({'nt': 'upnp:event, upnp:event'}, 412),
    ({'nt': 'a' * 9999}, 412),
    ({'callback': None}, 412),
    ({'callback': ''}, 412),
    ({'nt': None, 'callback': None}, 412),
    ({'nt': None, 'callback': None, 'timeout': 'Second-300'}, 412),
    ({'nt': None, 'callback': None, 'sid': ''}, 412),
    ({'nt': None, 'callback': None, 'sid': ' \t'}, 412),
    ({'sid': SID}, 400),
    ({'sid': ''}, 400),
    ({'sid': SID, 'nt': None}, 400),
    ({'sid': SID, 'callback': None}, 400),
    ({'sid': SID, 'callback': '', 'nt': None}, 400),
    ({'callback': f'<http://192.0.2.8/>, {NEW["callback"]}'}, 412),
    ({'callback': f'{NEW["callback"]}<http://192.0.2.8/>'}, 412),
]


@pytest.mark.parametrize(('changed', 'status'), NO_SUBSCRIBE, ids=range(len(NO_SUBSCRIBE)))
def test_a_wrong_subscribe_is_told_its_status(changed: dict[str, str | None], status: int) -> None:
    """UDA 1.1 §4.1.2, §4.1.3."""
    with pytest.raises(MessageError) as caught:
        asked(changed)
    assert caught.value.status == status
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ('headers', 'status'),
    [
        *(({}, 412), ({'sid': ''}, 412), ({'sid': '  '}, 412), (NEW, 400), ({'nt': 'upnp:event'}, 400)),
        *(({'sid': SID, 'nt': 'upnp:event'}, 400), ({'sid': SID, 'callback': '<http://192.0.2.9/>'}, 400)),
        ({'sid': '', 'nt': ''}, 400),
    ],
)
def test_a_wrong_unsubscribe_is_told_its_status(headers: dict[str, str], status: int) -> None:
    """UDA 1.1 §4.1.4."""
    with pytest.raises(MessageError) as caught:
        gena.parseUnsubscribe(headers)
    assert caught.value.status == status


# For how long


WISHES = [
    *(('Second-300', 300), ('second-300', 300), ('SECOND-300', 300), (' Second-300\t', 300), ('Second-0300', 300)),
    *(('Second-0', 60), ('Second-59', 60), ('Second-60', 60), ('Second-61', 61)),
    *(('Second-86399', 86399), ('Second-86400', 86400), ('Second-86401', 86400)),
    *(('Second-999999999', 86400), ('Second-1000000000', 86400), (f'Second-{"9" * 5000}', 86400)),
    *(('infinite', 86400), ('Infinite', 86400), ('Second-infinite', 86400), ('second-INFINITE', 86400)),
    *((' infinite ', 86400), (None, 1800), ('', 1800), (' ', 1800), ('Second-', 1800), ('300', 1800)),
    *(('Second-+300', 1800), ('Second--300', 1800), ('Second-300.5', 1800), ('Second-300s', 1800)),
    *(('Second 300', 1800), ('Second- 300', 1800), ('Minute-300', 1800), ('Second-0x300', 1800)),
    *(('Second-\u0663\u0660\u0660', 1800), ('Second-\u00b2', 1800), ('Second-infinitely', 1800), ('-infinite', 1800)),
    *(('Second-300, Second-300', 1800), ('Second-300\n', 300), ('a' * 9999, 1800)),
]


@pytest.mark.parametrize(('timeout', 'seconds'), WISHES, ids=range(len(WISHES)))
def test_the_time_that_is_granted_lies_within_its_bounds(timeout: str | None, seconds: int) -> None:
    """UDA 1.1 §4.1.2: the answer names seconds, whatever was asked for."""
    assert asked({'timeout': timeout}).seconds == seconds
    headers = headersWith({'sid': SID}, {'timeout': timeout})
    assert gena.parseSubscribe(headers, RULE).seconds == seconds


@pytest.mark.parametrize(
    ('timeout', 'seconds'), [(None, 900), ('Second-9', 10), ('Second-10', 10), ('Second-900', 900), ('infinite', 900)]
)
def test_other_bounds_are_kept(timeout: str | None, seconds: int) -> None:
    limits = Limits(minSubscriptionSeconds=10, maxSubscriptionSeconds=900)
    assert asked({'timeout': timeout}, limits).seconds == seconds


def test_the_time_is_answered_in_seconds() -> None:
    assert gena.renderTimeout(1800) == 'Second-1800'


# Where to


LONGEST = f'http://{PEER}/'.ljust(1024, 'a')
CALLBACKS = {
    'http://192.0.2.9:4004/events': Callback('192.0.2.9', 4004, '/events'),
    'http://192.0.2.9/events': Callback('192.0.2.9', 80, '/events'),
    'HTTP://192.0.2.9/Events': Callback('192.0.2.9', 80, '/Events'),
    'http://192.0.2.9': Callback('192.0.2.9', 80, '/'),
    'http://192.0.2.9/': Callback('192.0.2.9', 80, '/'),
    'http://192.0.2.9:1': Callback('192.0.2.9', 1, '/'),
    'http://192.0.2.9:00080/': Callback('192.0.2.9', 80, '/'),
    'http://192.0.2.9:65535/': Callback('192.0.2.9', 65535, '/'),
    'http://192.0.2.9?a=b': Callback('192.0.2.9', 80, '/?a=b'),
    'http://192.0.2.9:81?a=b/c?d': Callback('192.0.2.9', 81, '/?a=b/c?d'),
    'http://192.0.2.9/a/b;c?d=e&f=%20': Callback('192.0.2.9', 80, '/a/b;c?d=e&f=%20'),
    'http://192.0.2.9/#a': Callback('192.0.2.9', 80, '/'),
    'http://192.0.2.9/a?b#c#d': Callback('192.0.2.9', 80, '/a?b'),
    'http://192.0.2.9?a#b': Callback('192.0.2.9', 80, '/?a'),
    'http://192.0.2.9//192.0.2.8/': Callback('192.0.2.9', 80, '//192.0.2.8/'),
    'http://192.0.2.9/@a:b': Callback('192.0.2.9', 80, '/@a:b'),
    "http://192.0.2.9/%250d%80~!$'()*+,-.:@[]^_`{|}": Callback(PEER, 80, "/%250d%80~!$'()*+,-.:@[]^_`{|}"),
    'http://[2001:db8::9]/': Callback('2001:db8::9', 80, '/'),
    'http://[2001:DB8:0:0::9]:4004/a': Callback('2001:db8::9', 4004, '/a'),
    'http://[fe80::9]?a': Callback('fe80::9', 80, '/?a'),
    'http://[::1]': Callback('::1', 80, '/'),
    'http://[::1:0:0]/': Callback('::1:0:0', 80, '/'),
    'http://[2001:db8:0:0:1:0:0:0]/': Callback('2001:db8:0:0:1::', 80, '/'),
    'http://[64:ff9b::192.0.2.9]/': Callback('64:ff9b::c000:209', 80, '/'),
    LONGEST: Callback('192.0.2.9', 80, LONGEST.removeprefix(f'http://{PEER}')),
}


@pytest.mark.parametrize(('url', 'callback'), CALLBACKS.items(), ids=range(len(CALLBACKS)))
def test_a_callback_is_an_address_a_port_and_a_target(url: str, callback: Callback) -> None:
    assert gena.parseCallbacks(f'<{url}>', Limits()) == (callback,)


BAD_CALLBACKS = [
    *('', ' ', 'http:', 'http://', 'http:///a', '/events', '//192.0.2.9/', '192.0.2.9', '192.0.2.9:80/events'),
    *('https://192.0.2.9/', 'ftp://192.0.2.9/', 'httpu://192.0.2.9/', 'file:///etc/passwd', 'http:192.0.2.9/'),
    *('http:/192.0.2.9/', 'http//192.0.2.9/', 'http:\\\\192.0.2.9\\'),
    *('http://lamp/', 'http://lamp.local:80/', 'http://localhost/', 'http://1.2.3.4.nip.io/', 'http://*/'),
    *('http://a@192.0.2.9/', 'http://a:b@192.0.2.9/', 'http://@192.0.2.9/', 'http://192.0.2.9@192.0.2.8/'),
    *('http://192.0.2.9:0/', 'http://192.0.2.9:00000/', 'http://192.0.2.9:65536/', 'http://192.0.2.9:99999/'),
    *('http://192.0.2.9:100000/', 'http://192.0.2.9:000080/', 'http://192.0.2.9:/', 'http://192.0.2.9:-1/'),
    *('http://192.0.2.9:+80/', 'http://192.0.2.9:8 0/', 'http://192.0.2.9:80:80/', 'http://192.0.2.9:http/'),
    *('http://192.0.2.9:\u0668\u0660/', 'http://\u0661.2.3.4/', 'http://192\u30020\u30022\u30029/'),
    *('http://192.0.2.256/', 'http://192.0.2/', 'http://192.0.2.9.1/', 'http://192.0.2.9./', 'http://192.0.2.09/'),
    *('http://3221225993/', 'http://0xc0.0.2.9/', 'http://....../', 'http://192.0.2.9a/', 'http://192.0.2.9#a'),
    *('http://2001:db8::9/', 'http://[2001:db8::9/', 'http://2001:db8::9]/', 'http://[[2001:db8::9]]/'),
    *('http://[2001:db8::9::1]/', 'http://[g::9]/', 'http://[]/', 'http://[:]/', 'http://[2001:db8::9]a/'),
    *('http://[fe80::9%eth0]/', 'http://[fe80::9%25eth0]/', f'http://[{"0" * 46}]/', f'http://{"1." * 9999}/'),
    *('http://192.0.2.9/a b', 'http://192.0.2.9/\ta', 'http://192.0.2.9/\r\nX:a', 'http://192.0.2.9/ '),
    *('http://192.0.2.9/\0', 'http://192.0.2.9/\x1f', 'http://192.0.2.9/\x7f', 'http://192.0.2.9/\n'),
    *('http://192.0.2.9/\x85', 'http://192.0.2.9/\u2028', 'http://192.0.2.9/é', 'http://192.0.2.9/"'),
    *('http://192.0.2.9/%0d%0aX:a', 'http://192.0.2.9/%0D', 'http://192.0.2.9?a=%0A', 'http://192.0.2.9/%00'),
    *('http://192.0.2.9/%1f', 'http://192.0.2.9/%1F', 'http://192.0.2.9/%7f', 'http://192.0.2.9/%7F'),
    *(
        'http://[fe80::9%3]/',
        'http://[fe80::9%253]/',
        'http://[fe80::9%25]/',
        'http://[fe80::9%]/',
        'http://[fe80%3a:9]/',
    ),
    *('http://[::ffff:192.0.2.9]/', 'http://[::FFFF:192.0.2.9]/', 'http://[::ffff:c000:209]/', 'http://[::ffff:0:0]/'),
    *('http://[0:0:0:0:0:ffff:127.0.0.1]/', 'http://[::192.0.2.9]/', 'http://[::c000:209]/', 'http://[::2]/'),
    *('http://[::ffff:ffff]/', 'http://[::]/', 'http://[0:0::0]/', 'http://[ff02::c]:1900/', 'http://[ff02::1]/'),
    *('http://0.0.0.0/', 'http://239.255.255.250:1900/', 'http://224.0.0.1/'),
    *('http://192.0.2.9/#%0a', ' http://192.0.2.9/', f'{LONGEST}a', 'a' * 9999),
]


@pytest.mark.parametrize('url', BAD_CALLBACKS, ids=range(len(BAD_CALLBACKS)))
def test_another_callback_is_refused(url: str) -> None:
    """UDA 1.1 §4.1.2; no name is looked up, and nobody slips a line into what we send."""
    with pytest.raises(MessageError) as caught:
        gena.parseCallbacks(f'<{url}>', Limits())
    assert caught.value.status == 412
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    'text',
    [
        *('<http://192.0.2.9/><http://192.0.2.8:81/a>', '<http://192.0.2.9/>, <http://192.0.2.8:81/a>'),
        *(' <http://192.0.2.9/> <http://192.0.2.8:81/a>\t', '<http://192.0.2.9/> ,\t, <http://192.0.2.8:81/a>'),
    ],
)
def test_callbacks_are_kept_in_their_order(text: str) -> None:
    """UDA 1.1 §4.1.2: they are tried in order."""
    assert gena.parseCallbacks(text, Limits()) == (Callback(PEER, 80, '/'), Callback('192.0.2.8', 81, '/a'))


URL = 'http://192.0.2.9/'
JUNK = [
    *('', ' ', 'a', URL, f'<{URL}', f'{URL}>', f'a<{URL}>', f'<{URL}>a', f'<{URL}>,', f',<{URL}>', f'<{URL}>;<{URL}>'),
    *(f'<<{URL}>>', f'<{URL}><', f'<{URL}>>', f'><{URL}>', f'<{URL}><>', f'<{URL}>\u3000<{URL}>', f'"<{URL}>"'),
    *(f'<{URL}> and <{URL}>', f'<{URL}>\0', '<' * 9999, f'<{URL}>{" " * 9999}a', f'<{URL}>{"<>" * 9999}'),
]


@pytest.mark.parametrize('text', JUNK, ids=range(len(JUNK)))
def test_junk_around_the_brackets_is_refused(text: str) -> None:
    with pytest.raises(MessageError) as caught:
        gena.parseCallbacks(text, Limits())
    assert caught.value.status == 412


def test_six_callbacks_are_taken_and_seven_are_not() -> None:
    assert len(gena.parseCallbacks(f'<{URL}>' * 6, Limits())) == 6
    with pytest.raises(MessageError, match='7 callbacks') as caught:
        gena.parseCallbacks(f'<{URL}>' * 7, Limits())
    assert caught.value.status == 412


def test_other_limits_of_callbacks_are_kept() -> None:
    limits = Limits(maxCallbacks=1, maxCallbackBytes=len(URL))
    assert asked({'callback': f'<{URL}>'}, limits).callbacks == (Callback(PEER, 80, '/'),)
    for text in (f'<{URL}a>', f'<{URL}><{URL}>'):
        with pytest.raises(MessageError):
            asked({'callback': text}, limits)


@settings(max_examples=200, deadline=None, database=None)
@given(st.text() | st.text('<>/:.[]%#?@,h 0129a').map(lambda text: f'<http://192.0.2.9{text}>'))
def test_any_text_gives_callbacks_or_a_message_error(text: str) -> None:
    with suppress(MessageError):
        for callback in gena.parseCallbacks(text, Limits()):
            assert readBack(gena.renderEvent(callback, SID, 0, b'')) == (callback.target, callback.host)


def readBack(event: bytes) -> tuple[str, str]:
    """Target and HOST of an event that is one request and nothing else."""
    try:
        request = message.parseRequest(event)
    except MessageError as error:
        raise AssertionError(event) from error
    return request.target, request.headers['host']


# Who may name which


LINK, LINK6 = '192.0.2.1/255.255.255.0', '2001:db8::1/64'
ALLOWED = [
    (PEER, 'http://192.0.2.9/', None),
    (PEER, 'http://192.0.2.9:5000/', None),
    (PEER, 'http://192.0.2.9/', LINK),
    ('198.51.100.9', 'http://198.51.100.9/', LINK),
    ('2001:db8::9', 'http://[2001:db8:0::9]/', None),
    ('fe80::9%eth0', 'http://[fe80::9]/', None),
    ('fe80::9%eth0', 'http://[FE80::9]:81/', LINK6),
    ('192.0.2.1', 'http://192.0.2.1:5001/', None),
    ('2001:db8::1', 'http://[2001:db8::1]:5001/', LINK6),
    ('127.0.0.1', 'http://127.0.0.1/', None),
    ('127.0.0.1', 'http://127.0.0.1:4999/', LINK),
    ('::1', 'http://[::1]/', None),
    (PEER, 'http://192.0.2.8/', LINK),
    (PEER, 'http://192.0.2.8:5000/', LINK),
    (PEER, 'http://192.0.2.254/', LINK),
    ('192.0.2.1', 'http://192.0.2.8/', LINK),
    ('2001:db8::9', 'http://[2001:db8::8]/', LINK6),
    ('fe80::2%3', 'http://[FE80:0:0::2]/', None),
    ('fe80::2%3', 'http://[fe80::2]:5000/', None),
    ('fe80::2%3', 'http://[fe80::8]/', 'fe80::1/64'),
    ('fe80::1%3', 'http://[fe80::1]:5001/', None),
    (PEER, 'http://192.0.2.8/', '192.0.2.9/31'),
    (PEER, 'http://192.0.2.9/', '192.0.2.8/255.255.255.254'),
    ('192.0.2.8', 'http://192.0.2.9/', '192.0.2.8/255.255.255.254'),
    ('198.51.100.9', 'http://192.0.2.9/', '192.0.2.9/32'),
    ('2001:db8::9', 'http://[2001:db8::8]/', '2001:db8::8/127'),
]
NOT_ALLOWED = [
    (PEER, 'http://192.0.2.8/', None),
    (PEER, 'http://192.0.2.90/', None),
    (PEER, 'http://[2001:db8::9]/', None),
    ('2001:db8::9', 'http://192.0.2.9/', None),
    ('fe80::9%eth0', 'http://[fe80::8]/', None),
    (PEER, 'http://192.0.2.1/', None),
    (PEER, 'http://192.0.2.1:5001/', LINK),
    ('2001:db8::9', 'http://[2001:db8::1]/', LINK6),
    ('192.0.2.1', 'http://192.0.2.1:5000/', None),
    ('192.0.2.1', 'http://192.0.2.1:5000/', LINK),
    ('2001:db8::1', 'http://[2001:db8::1]:5000/', None),
    ('127.0.0.1', 'http://127.0.0.1:5000/', None),
    ('127.0.0.2', 'http://127.0.0.2:5000/', LINK),
    ('::1', 'http://[::1]:5000/', None),
    (PEER, 'http://127.0.0.1/', None),
    (PEER, 'http://127.0.0.1/', '127.0.0.1/255.0.0.0'),
    (PEER, 'http://127.255.0.1/', LINK),
    ('127.0.0.1', 'http://127.0.0.2/', '127.0.0.1/255.0.0.0'),
    ('127.0.0.1', 'http://192.0.2.1/', LINK),
    ('192.0.2.1', 'http://127.0.0.1/', LINK),
    (PEER, 'http://[::1]/', LINK),
    (PEER, 'http://192.0.3.8/', LINK),
    (PEER, 'http://198.51.100.9/', LINK),
    (PEER, 'http://192.0.2.0/', LINK),
    (PEER, 'http://192.0.2.255/', LINK),
    (PEER, 'http://255.255.255.255/', LINK),
    (PEER, 'http://192.0.2.11/', '192.0.2.9/255.255.255.252'),
    (PEER, 'http://192.0.2.8/', '192.0.2.9/32'),
    (PEER, 'http://192.0.2.10/', '192.0.2.8/31'),
    (PEER, 'http://192.0.2.1/', '192.0.2.1/32'),
    ('2001:db8::9', 'http://[2001:db8::8]/', '2001:db8::9/128'),
    ('fe80::9%3', 'http://[2001:db8::8]/', 'fe80::1/64'),
    ('2001:db8::9', 'http://[fe80::8]/', LINK6),
    ('fe80::9%3', 'http://[fe80:0:0:1::8]/', 'fe80::1/64'),
    ('fe80::9%3', 'http://[fe80::1]/', 'fe80::1/64'),
    ('fe80::1%3', 'http://[fe80::1]:5000/', 'fe80::1/64'),
    (PEER, 'http://[2001:db8::8]/', LINK),
    ('2001:db8::9', 'http://192.0.2.8/', LINK6),
    ('2001:db8::9', 'http://[2001:db8:0:1::8]/', LINK6),
    ('2001:db8::9', 'http://[2001:db8::]/', LINK6),
]


@pytest.mark.parametrize(('peer', 'url', 'network'), ALLOWED)
def test_events_go_to_the_subscriber_or_to_where_they_may(peer: str, url: str, network: str | None) -> None:
    """UDA 2.0 §4.1.1 as revised in 2020."""
    headers = {**NEW, 'callback': f'<{url}>'}
    request = gena.parseSubscribe(headers, CallbackRule(peer, OWN, PORT, network))
    assert request.callbacks == gena.parseCallbacks(f'<{url}>', Limits(), peer)


@pytest.mark.parametrize(('peer', 'url', 'network'), NOT_ALLOWED)
def test_events_go_nowhere_else(peer: str, url: str, network: str | None) -> None:
    """UDA 2.0 §4.1.1 as revised in 2020, against CVE-2020-12695."""
    (callback,) = gena.parseCallbacks(f'<{url}>', Limits())
    with pytest.raises(MessageError, match='a callback at ') as caught:
        CallbackRule(peer, OWN, PORT, network).check(callback)
    assert caught.value.status == 412


@pytest.mark.parametrize(
    ('peer', 'url', 'place'),
    [
        (PEER, 'http://192.0.2.9:81/', (PEER, 81)),
        ('fe80::2%3', 'http://[FE80:0:0::2]:81/', ('fe80::2%3', 81)),
        ('fe80::2%3', 'http://[fe80::8]/', ('fe80::8%3', 80)),
        ('fe80::2', 'http://[fe80::2]/', ('fe80::2', 80)),
        ('fe80::2%3', 'http://[2001:db8::9]/', ('2001:db8::9', 80)),
        ('2001:db8::9', 'http://[2001:db8::9]/', ('2001:db8::9', 80)),
    ],
)
def test_a_link_is_the_one_the_subscriber_is_on_and_our_own_business(
    peer: str, url: str, place: tuple[str, int]
) -> None:
    """UDA 2.0 Annex A: no zone stands in a message."""
    (callback,) = gena.parseCallbacks(f'<{url}>', Limits(), peer)
    assert callback.place == place
    assert '%' not in callback.host
    assert callback.host.encode() in gena.renderEvent(callback, SID, 0, b'')


def test_one_callback_that_is_not_allowed_spoils_the_others() -> None:
    with pytest.raises(MessageError):
        asked({'callback': f'<http://{PEER}/><http://192.0.2.8/>'})


# About what


@pytest.mark.parametrize(
    ('text', 'variables'),
    [
        *((None, None), ('', None), (' ', None), (',', None), (' , ,', None), ('Status', ('Status',))),
        *(('Status,Level', ('Status', 'Level')), (' Level ,\tStatus, ', ('Level', 'Status')), ('a b', ('a b',))),
    ],
)
def test_the_variables_that_are_asked_for_are_kept_in_their_order(
    text: str | None, variables: tuple[str, ...] | None
) -> None:
    """UDA 2.0 §4.1.2."""
    assert asked({'statevar': text}).variables == variables


@pytest.mark.parametrize(
    ('variables', 'names', 'accepted'),
    [
        *((None, ['Status', 'Level'], None), (None, [], None), (('Level',), ['Status', 'Level'], ('Level',))),
        (('Level', 'Status'), ['Status', 'Level'], ('Level', 'Status')),
        (('a', 'Level', 'b'), {'Level'}, ('Level',)),
        (('Level', 'Status', 'Level'), ['Status', 'Level'], ('Level', 'Status')),
    ],
)
def test_of_the_variables_only_evented_ones_are_accepted(
    variables: tuple[str, ...] | None, names: list[str] | set[str], accepted: tuple[str, ...] | None
) -> None:
    request = SubscribeRequest(None, 300, (Callback(PEER, 80, '/'),), variables, 'HTTP/1.0')
    assert request.among(names) == request._replace(variables=accepted)


def test_many_names_are_not_compared_with_each_evented_variable() -> None:
    """A head has room for thousands of them, and each SUBSCRIBE may have them."""

    class Counted(str):
        __hash__ = str.__hash__
        compared = 0

        def __eq__(self, other: object) -> bool:
            Counted.compared += 1
            return str.__eq__(self, other)

    wished = tuple(f'a{number}' for number in range(100))
    evented = [Counted(f'b{number}') for number in range(100)]
    assert SubscribeRequest(None, 300, variables=(*wished, 'b99')).among(evented).variables == ('b99',)
    assert Counted.compared < 100


@pytest.mark.parametrize('names', [['Status'], ['level'], []])
def test_a_subscription_to_nothing_is_refused(names: list[str]) -> None:
    with pytest.raises(MessageError, match='no variable that is evented here') as caught:
        SubscribeRequest(None, 300, variables=('Level', 'a', 'b', 'c')).among(names)
    assert caught.value.status == 412


# What is sent


@pytest.mark.parametrize(
    ('texts', 'properties'),
    [
        ({}, ''),
        ({'Status': '1'}, '<e:property><Status>1</Status></e:property>'),
        (
            {'Status': '1', 'Level': ''},
            '<e:property><Status>1</Status></e:property><e:property><Level></Level></e:property>',
        ),
        ({'Name': 'Lämpchen 💡'}, '<e:property><Name>Lämpchen 💡</Name></e:property>'),
        ({'A': '<b>&"\'</b>'}, "<e:property><A>&lt;b&gt;&amp;&quot;'&lt;/b&gt;</A></e:property>"),
        ({'A': ' a\tb\nc\rd{e} '}, '<e:property><A> a\tb\nc&#13;d{e} </A></e:property>'),
    ],
)
def test_a_property_set_is_exact_to_the_byte(texts: dict[str, str], properties: str) -> None:
    """UDA 1.1 §4.3.2."""
    begin = '<?xml version="1.0" encoding="utf-8"?>\n<e:propertyset xmlns:e="urn:schemas-upnp-org:event-1-0">'
    assert gena.renderProperties(texts) == f'{begin}{properties}</e:propertyset>\n'.encode()


def test_an_event_is_exact_to_the_byte() -> None:
    """UDA 1.1 §4.3.2."""
    body = gena.renderProperties({'Status': 'é'})
    assert gena.renderEvent(Callback(PEER, 4004, '/events?a=b'), SID, 0, body) == (
        b'NOTIFY /events?a=b HTTP/1.1\r\n'
        b'HOST: 192.0.2.9:4004\r\n'
        b'CONTENT-TYPE: text/xml; charset="utf-8"\r\n'
        b'CONTENT-LENGTH: 156\r\n'
        b'NT: upnp:event\r\n'
        b'NTS: upnp:propchange\r\n'
        b'SID: uuid:00a56575-78fa-40fe-b107-8f4b5043a2b0\r\n'
        b'SEQ: 0\r\n'
        b'\r\n'
        b'<?xml version="1.0" encoding="utf-8"?>\n'
        b'<e:propertyset xmlns:e="urn:schemas-upnp-org:event-1-0">'
        b'<e:property><Status>\xc3\xa9</Status></e:property></e:propertyset>\n'
    )


def test_an_event_is_written_in_the_version_of_its_subscriber() -> None:
    callback = Callback('2001:db8::9', 80, '/')
    event = gena.renderEvent(callback, SID, 4294967295, b'', 'HTTP/1.0')
    assert event.startswith(b'NOTIFY / HTTP/1.0\r\nHOST: [2001:db8::9]:80\r\n')
    assert event.endswith(b'\r\nSEQ: 4294967295\r\n\r\n')


def test_nobody_slips_a_line_into_an_event() -> None:
    for target, sid in (('/\r\nX: a', SID), ('/', f'{SID}\r\nX: a')):
        with pytest.raises(MessageError):
            gena.renderEvent(Callback(PEER, 80, target), sid, 0, b'')


def test_a_multicast_event_is_exact_to_the_byte() -> None:
    """UDA 1.1 §4.3.3."""
    usn = 'uuid:Lamp::urn:schemas-upnp-org:service:SwitchPower:1'
    assert gena.renderMulticastEvent(usn, 'urn:upnp-org:serviceId:SwitchPower', 7, 12, b'<a/>') == (
        b'NOTIFY * HTTP/1.0\r\n'
        b'HOST: 239.255.255.246:7900\r\n'
        b'CONTENT-TYPE: text/xml; charset="utf-8"\r\n'
        b'USN: uuid:Lamp::urn:schemas-upnp-org:service:SwitchPower:1\r\n'
        b'SVCID: urn:upnp-org:serviceId:SwitchPower\r\n'
        b'NT: upnp:event\r\n'
        b'NTS: upnp:propchange\r\n'
        b'SEQ: 7\r\n'
        b'LVL: upnp:/general\r\n'
        b'BOOTID.UPNP.ORG: 12\r\n'
        b'CONTENT-LENGTH: 4\r\n'
        b'\r\n'
        b'<a/>'
    )


@pytest.mark.parametrize(
    ('address', 'group'), [('192.0.2.1', '239.255.255.246'), ('fe80::1', 'ff02::130'), ('fd00::1', 'ff05::130')]
)
def test_events_to_all_go_to_the_group_of_the_address_that_they_leave_from(address: str, group: str) -> None:
    """UDA 1.1 §4.2, §A.3."""
    assert gena.groupFor(Interface('eth0', 2, address, 64)) == group
