"""Control over HTTP: calls as bytes in, results and faults as bytes out."""

import asyncio
import contextlib
import logging
import threading
import tracemalloc
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal

import pytest

import upnp
from tests.protocol.calling import CONTROL, TYPE, XML, call, envelope, post
from tests.protocol.devices import DEVICE_TYPE, UUID
from tests.protocol.fakes import Clock, FakeTransport, HeldClock, passes, run
from tests.protocol.site import TOKEN, Site, fields, get, statuses
from upnp.control.answers import ControlAnswer, Controlled
from upnp.http.answers import HttpRequest

BEGIN = (
    b'<?xml version="1.0" encoding="utf-8"?>\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    b's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
)
END = b'</s:Body></s:Envelope>\n'


released = asyncio.Event()


class Tricky(Mapping[str, object]):
    """A mapping that fails."""

    def __getitem__(self, name: str) -> object:
        raise LookupError(name)

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError('no')

    def __len__(self) -> int:
        return 1


class Nameless(upnp.ActionError):
    """An error whose constructor forgets its base's."""

    def __init__(self, text: str) -> None:
        self.text = text


class Lamp(upnp.Service):
    """A service with an action for every way a call can go."""

    serviceType = TYPE
    serviceId = 'urn:exemple-org:serviceId:lamp'

    Level = upnp.StateVariable(dataType=Annotated[int, upnp.Range(0, 100)], defaultValue=7)

    @upnp.action(arguments={'newLevel': 'Level'})
    async def SetLevel(self, newLevel: int) -> None:
        """Set it."""
        self.Level = newLevel

    @upnp.action(returns={'retLevel': 'Level'})
    def GetLevel(self) -> int:
        """Return it, from the thread."""
        return int(self.Level)

    @upnp.action
    async def Paint(self, Colour: Literal['red', 'blue'], Since: date) -> str:
        """Tell what was given."""
        return f'{Colour} since {Since:%d.%m.%Y}'

    @upnp.action
    async def Caller(self, call: upnp.Call) -> str:
        """Tell who calls."""
        return f'{call.peer} {call.host} {call.headers["user-agent"]} {call.serviceType} {call.action}'

    @upnp.action
    async def Refuse(self) -> None:
        """Refuse as the service's type says."""
        raise upnp.ActionError(701, 'No <such> preset\0')

    @upnp.action
    def Fail(self) -> None:
        """Fail."""
        raise OSError('secret')

    @upnp.action(returns={'retLevel': 'Level'})
    async def Overshoot(self) -> int:
        """Return what the range does not allow."""
        return 101

    @upnp.action(returns={})
    async def Forget(self) -> int:
        """Return what is not declared."""
        return 5

    @upnp.action
    async def Trick(self) -> str:
        """Return what raises when it is looked at."""
        return Tricky()  # type: ignore[return-value]

    @upnp.action
    async def Nameless(self) -> None:
        """Raise an error that was not made as ours are."""
        raise Nameless('x')

    @upnp.action
    async def Resist(self) -> None:
        """Last, cancelled or not."""
        while not released.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await released.wait()

    @upnp.action
    async def Wait(self) -> None:
        """Last until it is cancelled."""
        await asyncio.Event().wait()


def device(service: upnp.Service | None = None) -> upnp.Device:
    """Return a device with the lamp, and with an action that nobody implements."""
    lamp = service or Lamp()
    lamp.actions.append({'name': 'Optional'})
    made = upnp.Device({'deviceType': DEVICE_TYPE, 'friendlyName': 'Lamp', 'uuid': UUID})
    made.addService(lamp)
    return made


class Connection:
    """A connection to a server, as bytes."""

    def __init__(self, site: Site) -> None:
        self.transport = FakeTransport()
        self._reader, writer = self.transport.connect()
        self.task = asyncio.create_task(site.http.server.InConnection(self._reader, writer))

    async def send(self, *pieces: bytes, end: bool = False) -> None:
        """Send, and let the server do what it can."""
        for piece in pieces:
            self._reader.feed_data(piece)
            await turns()
        if end:
            self._reader.feed_eof()
            await turns()

    async def answer(self) -> bytes:
        """End our side; return all that came back."""
        self._reader.feed_eof()
        await self.task
        return bytes(self.transport.written)


async def turns() -> None:
    """Let the loop do all that is due."""
    for _ in range(10):
        await asyncio.sleep(0)


def play(
    scene: Callable[[Site], Coroutine[Any, Any, Any]],
    *,
    service: upnp.Service | None = None,
    clock: Clock | None = None,
    **limits: float,
) -> Any:
    """Run a scene at a site of its own, and end what it began."""

    async def whole() -> object:
        site = Site(device(service), **limits)
        result = await scene(site)
        await site.http.server.stop()
        site.calls.abandon()
        return result

    return run(whole(), clock or HeldClock())


def exchange(*pieces: bytes, service: upnp.Service | None = None) -> bytes:
    """Return all that comes back for what is sent on one connection."""

    async def scene(site: Site) -> bytes:
        connection = Connection(site)
        await connection.send(*pieces)
        return await connection.answer()

    return bytes(play(scene, service=service))


def body(answer: bytes) -> bytes:
    """Return the body of a response."""
    return answer.partition(b'\r\n\r\n')[2]


def fault(answer: bytes) -> tuple[int, str]:
    """Return code and text of the fault in a response."""
    assert statuses(answer) == [500]
    code = answer.partition(b'<errorCode>')[2].partition(b'<')[0]
    return int(code), answer.partition(b'<errorDescription>')[2].partition(b'<')[0].decode()


@pytest.fixture(autouse=True)
def noThreadIsLeft() -> Iterator[None]:
    """Check that no test leaves a service's thread behind."""
    yield
    for thread in threading.enumerate():
        if thread.name.startswith('upnp '):
            thread.join(5)
            assert not thread.is_alive()


# Results and faults


def test_a_result_has_the_headers_and_the_form_that_uda_asks_for() -> None:
    """UDA 1.1 §3.2.2; EXT is UDA 1.0's."""
    answer = exchange(call('GetLevel'))
    assert answer.startswith(b'HTTP/1.1 200 OK\r\n')
    assert body(answer) == (
        BEGIN + b'<u:GetLevelResponse xmlns:u="urn:exemple-org:service:Lamp:2"><retLevel>7</retLevel>'
        b'</u:GetLevelResponse>' + END
    )
    assert fields(answer) == {
        'CONTENT-LENGTH': str(len(body(answer))),
        'CONTENT-TYPE': 'text/xml; charset="utf-8"',
        'EXT': '',
        'DATE': fields(answer)['DATE'],
        'SERVER': TOKEN,
    }
    assert fields(answer)['DATE'].endswith(' GMT')


def test_a_fault_has_the_headers_and_the_form_that_uda_asks_for() -> None:
    """UDA 1.1 §3.2.5: HTTP 500, the same headers."""
    answer = exchange(call('Refuse'))
    assert answer.startswith(b'HTTP/1.1 500 Internal Server Error\r\n')
    assert body(answer) == (
        BEGIN + b'<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>'
        b'<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>701</errorCode>'
        b'<errorDescription>No &lt;such&gt; preset?</errorDescription></UPnPError></detail></s:Fault>' + END
    )
    assert fields(answer) == {
        'CONTENT-LENGTH': str(len(body(answer))),
        'CONTENT-TYPE': 'text/xml; charset="utf-8"',
        'EXT': '',
        'DATE': fields(answer)['DATE'],
        'SERVER': TOKEN,
    }


@pytest.mark.parametrize(
    ('request_', 'code', 'text'),
    [
        (call('Nothing'), 401, "Invalid Action: there is no 'Nothing' here"),
        (
            call('GetLevel', type_='urn:exemple-org:service:Lamp:3'),
            401,
            f"Invalid Action: the service here is '{TYPE}'",
        ),
        (
            call('GetLevel', type_='urn:exemple-org:service:Door:1'),
            401,
            f"Invalid Action: the service here is '{TYPE}'",
        ),
        (
            post(envelope('GetLevel'), f'SOAPACTION: "{TYPE}#SetLevel"', XML),
            401,
            "Invalid Action: 'GetLevel' is called, and SOAPACTION names another",
        ),
        (call('SetLevel'), 402, 'Invalid Args: newLevel is missing'),
        (call('SetLevel', '<newLevel>x</newLevel>'), 402, "Invalid Args: newLevel: 'x' is not a whole number"),
        (call('SetLevel', '<newLevel>1</newLevel>' * 2), 402, 'Invalid Args: newLevel is there twice'),
        (call('SetLevel', '<newLevel><a/></newLevel>'), 402, 'Invalid Args: newLevel has elements inside'),
        (
            call('Paint', '<Colour>red</Colour><Since>2026-02-30</Since>'),
            600,
            "Argument Value Invalid: Since: '2026-02-30' is not a moment that exists",
        ),
        (
            call('SetLevel', '<newLevel>101</newLevel>'),
            601,
            'Argument Value Out of Range: newLevel: 101 is not at most 100',
        ),
        (
            call('Paint', '<Colour>green</Colour><Since>2026-02-28</Since>'),
            601,
            "Argument Value Out of Range: Colour: 'green' is not one of 'red', 'blue'",
        ),
        (call('Optional'), 602, 'Optional Action Not Implemented'),
        (call('Fail'), 501, 'Action Failed'),
        (call('Overshoot'), 501, 'Action Failed'),
    ],
)
def test_a_call_that_cannot_be_served_gets_its_fault(request_: bytes, code: int, text: str) -> None:
    """UDA 1.1 §3.2.5."""
    assert fault(exchange(request_)) == (code, text)


def test_a_fault_writes_no_lines_of_its_own_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Its description may be what a peer has sent."""
    caplog.set_level(logging.DEBUG, 'upnp')
    exchange(call('Refuse'))
    told = [record.getMessage() for record in caplog.records if 'preset' in record.getMessage()]
    assert sorted({text.partition(': ')[2] for text in told}) == [r'701 No <such> preset\x00']


def test_what_a_function_returns_wrongly_is_told_to_its_author_only(caplog: pytest.LogCaptureFixture) -> None:
    """The log names the action, the argument and the value."""
    answer = exchange(call('Overshoot'))
    assert b'101' not in body(answer)
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR] == [
        'action urn:exemple-org:serviceId:lamp#Overshoot returned what its caller cannot be sent '
        "(an error in its place): out argument 'retLevel': state variable 'Level' of type i4: 101 is not at most 100"
    ]


def test_what_a_function_returns_without_an_output_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """The caller has its empty result, the author a warning."""
    answer = exchange(call('Forget') * 2)
    assert statuses(answer) == [200, 200]
    assert answer.count(b'<u:ForgetResponse xmlns:u="urn:exemple-org:service:Lamp:2"></u:ForgetResponse>') == 2
    assert [record.levelname for record in caplog.records if 'no output' in record.getMessage()] == ['WARNING']


def test_what_was_set_by_one_call_is_got_by_the_next() -> None:
    """On one connection, and by functions of both kinds."""
    answer = exchange(call('SetLevel', '<newLevel>42</newLevel>') + call('GetLevel'))
    assert statuses(answer) == [200, 200]
    assert b'<u:SetLevelResponse xmlns:u="urn:exemple-org:service:Lamp:2"></u:SetLevelResponse>' in answer
    assert answer.endswith(b'<retLevel>42</retLevel></u:GetLevelResponse>' + END)


def test_a_lower_version_is_served_under_its_own_name() -> None:
    """UDA 1.1 §2.5.5."""
    answer = exchange(call('GetLevel', type_='urn:exemple-org:service:Lamp:1'))
    assert b'<u:GetLevelResponse xmlns:u="urn:exemple-org:service:Lamp:1"><retLevel>7<' in answer


def test_a_function_is_told_who_calls() -> None:
    """api: a parameter that is annotated upnp.Call."""
    answer = exchange(call('Caller', '', 'User-Agent: tests/1', type_='urn:exemple-org:service:Lamp:1'))
    told = "('192.0.2.9', 40000) 192.0.2.1 tests/1 urn:exemple-org:service:Lamp:1 Caller"
    assert f'<Result>{told}</Result>'.encode() in answer


def test_a_state_variable_can_be_queried() -> None:
    """UDA 1.0 §3.3, deprecated since 1.1."""
    control = 'urn:schemas-upnp-org:control-1-0'
    answer = exchange(call('QueryStateVariable', '<u:varName>Level</u:varName>', type_=control))
    assert statuses(answer) == [200]
    assert body(answer) == (
        BEGIN + b'<u:QueryStateVariableResponse xmlns:u="urn:schemas-upnp-org:control-1-0"><return>7</return>'
        b'</u:QueryStateVariableResponse>' + END
    )
    missing = exchange(call('QueryStateVariable', '<u:varName>None</u:varName>', type_=control))
    assert fault(missing) == (404, "Invalid Var: there is no 'None' here")


# Requests


@pytest.mark.parametrize(
    ('request_', 'status'),
    [
        (post(envelope('GetLevel'), XML), 400),
        (post(envelope('GetLevel'), XML, 'SOAPACTION:'), 400),
        (post(envelope('GetLevel'), XML, 'SOAPACTION: "GetLevel"'), 400),
        (post(envelope('GetLevel'), XML, f'SOAPACTION: "{TYPE}#"'), 400),
        (post('', XML, f'SOAPACTION: "{TYPE}#GetLevel"'), 400),
        (post('<a/>', XML, f'SOAPACTION: "{TYPE}#GetLevel"'), 400),
        (post('<a', XML, f'SOAPACTION: "{TYPE}#GetLevel"'), 400),
        (post(b'\xff\xfe<', XML, f'SOAPACTION: "{TYPE}#GetLevel"'), 400),
        (post('<!DOCTYPE a>' + envelope('GetLevel'), XML, f'SOAPACTION: "{TYPE}#GetLevel"'), 400),
        (post('<a>' * 33 + '</a>' * 33, XML, f'SOAPACTION: "{TYPE}#GetLevel"'), 400),
        (post(envelope('GetLevel'), f'SOAPACTION: "{TYPE}#GetLevel"'), 415),
        (post(envelope('GetLevel'), f'SOAPACTION: "{TYPE}#GetLevel"', 'Content-Type: text/plain'), 415),
        (post(envelope('GetLevel'), f'SOAPACTION: "{TYPE}#GetLevel"', 'Content-Type: text/xmlish'), 415),
        (post('x' * 262145, XML, f'SOAPACTION: "{TYPE}#GetLevel"'), 413),
    ],
)
def test_what_is_no_call_gets_a_status_and_no_fault(request_: bytes, status: int) -> None:
    """A peer that does not speak SOAP would not understand a fault; where it went wrong nobody knows, so it ends."""
    answer = exchange(request_ + call('GetLevel'))
    assert statuses(answer) == [status]
    assert fields(answer)['CONNECTION'] == 'close'
    assert b'Fault' not in answer


def test_no_request_needs_much_more_memory_than_its_length() -> None:
    """A namespace that is written out with each attribute of its element would: this one took 50 MB."""
    attributes = ' '.join(f'q:a{number}=""' for number in range(1000))
    request = post(f'<a xmlns:q="{"n" * 50_000}" {attributes}/>', XML, f'SOAPACTION: "{TYPE}#GetLevel"')
    tracemalloc.start()
    try:
        assert statuses(exchange(request)) == [400]
        assert tracemalloc.get_traced_memory()[1] < 5 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize('method', ['GET', 'HEAD', 'PUT', 'SUBSCRIBE'])
def test_a_control_path_takes_posts_only(method: str) -> None:
    """RFC 9110 §15.5.6; UDA 1.0 §3.2.1 has M-POST beside POST."""
    answer = exchange(get(CONTROL, method))
    assert statuses(answer) == [405]
    assert fields(answer)['ALLOW'] == 'POST, M-POST'


@pytest.mark.parametrize('path', ['/descr.xml', f'/{UUID}/0/scpd.xml', '/'])
def test_what_is_only_read_takes_no_post_and_keeps_the_connection(path: str) -> None:
    """The body of a refused request is read, and what follows it served."""
    refused = post(envelope('GetLevel'), XML, start=f'POST {path} HTTP/1.1')
    answer = exchange(refused + call('GetLevel'))
    assert statuses(answer) == [405, 200]
    assert fields(answer)['ALLOW'] == 'GET, HEAD'


@pytest.mark.parametrize(
    'contentType',
    [
        'text/xml',
        'text/xml; charset="utf-8"',
        'text/xml;charset=UTF-8',
        'TEXT/XML ; charset=utf-8',
        'application/xml',
        'application/soap+xml; charset=utf-8; action="x"',
    ],
)
def test_any_kind_of_xml_is_read(contentType: str) -> None:
    """UDA 1.1 §3.2.1 has one spelling, callers have more."""
    request = post(envelope('GetLevel'), f'SOAPACTION: "{TYPE}#GetLevel"', f'Content-Type: {contentType}')
    assert statuses(exchange(request)) == [200]


@pytest.mark.parametrize(
    'value', [f'"{TYPE}#GetLevel"', f'{TYPE}#GetLevel', f"'{TYPE}#GetLevel'", f' "{TYPE}#GetLevel" ']
)
def test_the_quotes_of_soapaction_may_be_missing(value: str) -> None:
    """UDA 1.1 §3.2.1 has them, some callers do not."""
    assert statuses(exchange(post(envelope('GetLevel'), XML, f'soapaction: {value}'))) == [200]


@pytest.mark.parametrize(
    ('lines', 'status'),
    [
        (('MAN: "http://schemas.xmlsoap.org/soap/envelope/"; ns=01', f'01-SOAPACTION: "{TYPE}#GetLevel"'), 200),
        (('MAN: "http://schemas.xmlsoap.org/soap/envelope/";ns="7"', f'7-SOAPACTION: "{TYPE}#GetLevel"'), 200),
        ((f'SOAPACTION: "{TYPE}#GetLevel"',), 200),
        (('MAN: "http://schemas.xmlsoap.org/soap/envelope/"; ns=01', f'SOAPACTION: "{TYPE}#GetLevel"'), 400),
        (('MAN: "http://schemas.xmlsoap.org/soap/envelope/"; ns=01', f'02-SOAPACTION: "{TYPE}#GetLevel"'), 400),
    ],
)
def test_m_post_has_soapaction_under_the_prefix_that_man_tells(lines: tuple[str, ...], status: int) -> None:
    """UDA 1.0 §3.2.1, RFC 2774 §4."""
    answer = exchange(post(envelope('GetLevel'), XML, *lines, start=f'M-POST {CONTROL} HTTP/1.1'))
    assert statuses(answer) == [status]


def test_a_prefixed_soapaction_means_nothing_in_a_plain_post() -> None:
    """RFC 2774 §4: only with M-."""
    lines = ('MAN: "http://schemas.xmlsoap.org/soap/envelope/"; ns=01', f'01-SOAPACTION: "{TYPE}#GetLevel"')
    assert statuses(exchange(post(envelope('GetLevel'), XML, *lines))) == [400]


@pytest.mark.parametrize('size', [1, 7, 1000])
def test_a_call_may_come_in_chunks(size: int) -> None:
    """UDA 1.1 §3.2.1: CONTENT-LENGTH or chunks."""
    sent = envelope('SetLevel', '<newLevel>5</newLevel>').encode()
    head = [f'POST {CONTROL} HTTP/1.1', 'Host: 192.0.2.1', f'SOAPACTION: "{TYPE}#SetLevel"', XML]
    chunks = [sent[start : start + size] for start in range(0, len(sent), size)]
    coded = b''.join(b'%x\r\n%b\r\n' % (len(chunk), chunk) for chunk in chunks) + b'0\r\n\r\n'
    request = '\r\n'.join([*head, 'Transfer-Encoding: chunked', '', '']).encode() + coded
    answer = exchange(request + call('GetLevel'))
    assert statuses(answer) == [200, 200]
    assert b'<retLevel>5<' in answer


def test_a_call_may_come_in_any_pieces() -> None:
    """TCP keeps no borders."""
    whole = call('SetLevel', '<newLevel>5</newLevel>') + call('GetLevel')
    assert b'<retLevel>5<' in exchange(*(whole[index : index + 1] for index in range(len(whole))))


def test_expect_gets_its_continue_before_the_body_is_there() -> None:
    """RFC 9110 §10.1.1."""

    async def scene(site: Site) -> tuple[bytes, bytes]:
        head, _, sent = call('GetLevel', '', 'Expect: 100-continue').partition(b'\r\n\r\n')
        connection = Connection(site)
        await connection.send(head + b'\r\n\r\n')
        first = bytes(connection.transport.written)
        await connection.send(sent)
        return first, await connection.answer()

    first, whole = play(scene)
    assert first == b'HTTP/1.1 100 Continue\r\n\r\n'
    assert statuses(whole) == [100, 200]


def test_bodies_of_requests_are_utf_8_or_utf_16() -> None:
    """XML 1.0 §4.3.3: every reader knows these two."""
    lines = (XML, f'SOAPACTION: "{TYPE}#SetLevel"')
    text = envelope('SetLevel', '<newLevel>5</newLevel>')
    for coded in (text.encode(), b'\xef\xbb\xbf' + text.encode(), text.encode('utf-16')):
        assert statuses(exchange(post(coded, *lines))) == [200]


# Connections


def test_a_fault_keeps_the_connection() -> None:
    """It is an answer like any other."""
    answer = exchange(call('Refuse') + call('Nothing') + call('GetLevel'))
    assert statuses(answer) == [500, 500, 200]
    assert b'CONNECTION' not in answer


@pytest.mark.parametrize(
    ('request_', 'connection'),
    [
        (call('GetLevel', '', 'Connection: close'), 'close'),
        (call('Refuse', '', 'Connection: close'), 'close'),
        (call('GetLevel').replace(b'HTTP/1.1', b'HTTP/1.0', 1), 'close'),
        (call('GetLevel', '', 'Connection: keep-alive').replace(b'HTTP/1.1', b'HTTP/1.0', 1), 'keep-alive'),
    ],
)
def test_the_connection_is_kept_as_the_request_says(request_: bytes, connection: str) -> None:
    """RFC 9112 §9.3."""
    answer = exchange(request_ + call('GetLevel'))
    assert len(statuses(answer)) == (1 if connection == 'close' else 2)
    assert fields(answer)['CONNECTION'] == connection


def test_pipelined_calls_are_run_and_answered_in_order() -> None:
    """RFC 9112 §9.3.2: the next begins when the one before has ended, whatever kind of function each has."""
    calls = [
        *(call('SetLevel', '<newLevel>1</newLevel>'), call('GetLevel'), call('SetLevel', '<newLevel>2</newLevel>')),
        *(call('Fail'), get('/descr.xml', 'HEAD'), call('GetLevel')),
    ]
    answer = exchange(b''.join(calls))
    assert statuses(answer) == [200, 200, 200, 500, 200, 200]
    first, last = answer.find(b'<retLevel>1<'), answer.find(b'<retLevel>2<')
    assert 0 < first < last


def test_a_service_with_a_control_url_of_its_own_is_not_served_here() -> None:
    """Something else serves it."""
    assert statuses(exchange(call('GetLevel'), service=Lamp(controlURL='http://192.0.2.5/control'))) == [404]


def test_an_answer_by_itself_tells_a_service_that_is_not_there() -> None:
    """A control path is one of a service."""

    async def scene(site: Site) -> int:
        answer = ControlAnswer(HttpRequest('POST', '/', 'HTTP/1.1', {}), site)
        with pytest.raises(upnp.MessageError) as caught:
            await answer.call()
        return caught.value.status

    assert play(scene) == 404


def test_a_call_that_takes_too_long_is_answered_in_time() -> None:
    """UDA 1.1 §3.2.2: within 30 s; the connection is kept."""

    async def scene(site: Site) -> tuple[float, bytes]:
        loop = asyncio.get_running_loop()
        begin, connection = loop.time(), Connection(site)
        await connection.send(call('Wait') + call('SetLevel', '<newLevel>5</newLevel>'))
        answer = await connection.answer()
        return loop.time() - begin, answer

    seconds, answer = play(scene, clock=Clock())
    assert statuses(answer) == [500, 200]
    assert b'<errorCode>501<' in answer
    assert seconds == pytest.approx(30)


def test_a_caller_that_ends_its_side_still_gets_its_answer() -> None:
    """Half closed is not gone: some callers do it after each request."""

    async def scene(site: Site) -> bytes:
        connection = Connection(site)
        await connection.send(call('GetLevel'), end=True)
        await connection.task
        return bytes(connection.transport.written)

    assert statuses(play(scene)) == [200]


def test_a_caller_that_goes_during_its_call_disturbs_nobody() -> None:
    """What was begun is ended, and its answer dropped."""

    async def scene(site: Site) -> bytes:
        connection, other = Connection(site), Connection(site)
        await connection.send(call('Wait'))
        connection.transport.abort()
        await other.send(call('GetLevel'))
        return await other.answer()

    assert statuses(play(scene)) == [200]


@pytest.mark.parametrize('limit', ['maxConnections', 'maxConnectionsPerPeer'])
@pytest.mark.parametrize(('busy', 'aborted'), [(1, [False, True, False]), (2, [True, False, False])])
def test_a_connection_with_a_call_under_way_is_not_idle(limit: str, busy: int, aborted: list[bool]) -> None:
    """limits maxConnections, maxConnectionsPerPeer: another gives way; where all are busy, the oldest, as slow actions
    could lock everybody out."""

    async def scene(site: Site) -> list[bool]:
        connections = [Connection(site), Connection(site)]
        for connection in connections[:busy]:
            await connection.send(call('Wait'))
        connections.append(Connection(site))
        await turns()
        return [connection.transport.isAborted for connection in connections]

    assert play(scene, **{limit: 2}) == aborted


def test_a_connection_that_gives_way_begins_no_call_any_more() -> None:
    """It is no longer counted, and a stop would not know of it."""

    async def scene(site: Site) -> None:
        connection = Connection(site)
        await turns()
        Connection(site)
        await connection.send(call('SetLevel', '<newLevel>5</newLevel>'))
        assert connection.transport.isAborted

    lamp = Lamp()
    play(scene, service=lamp, maxConnections=1)
    assert lamp.Level == 7


def test_a_stop_ends_calls_that_are_under_way() -> None:
    """The connection is cut off, and the function cancelled; one in a thread is left to itself."""
    ends = threading.Event()

    class Stuck(Lamp):
        """A lamp one of whose functions lasts until it is told to end."""

        loop: asyncio.AbstractEventLoop
        began: asyncio.Event

        @upnp.action
        def Hold(self) -> None:
            """Last."""
            self.loop.call_soon_threadsafe(self.began.set)
            assert ends.wait(5)

    async def scene(site: Site) -> None:
        lamp.loop, lamp.began = asyncio.get_running_loop(), asyncio.Event()
        waiting, holding = Connection(site), Connection(site)
        await waiting.send(call('Wait'))
        await holding.send(call('Hold'))
        await lamp.began.wait()
        await site.http.server.stop()
        site.calls.abandon()
        assert waiting.transport.isAborted
        assert holding.transport.isAborted
        assert waiting.transport.written == holding.transport.written == b''
        assert [task for task in asyncio.all_tasks() if task.get_name().startswith('upnp ')] == []
        ends.set()

    lamp = Stuck()
    play(scene, service=lamp)


@pytest.mark.parametrize('action', ['Trick', 'Nameless'])
def test_a_result_or_an_error_that_is_none_is_501_too(action: str) -> None:
    async def scene(site: Site) -> bytes:
        connection = Connection(site)
        await connection.send(call(action))
        return await connection.answer()

    answer = play(scene)
    assert statuses(answer) == [500]
    assert b'<errorCode>501</errorCode><errorDescription>Action Failed</errorDescription>' in answer


def test_a_function_that_resists_its_end_holds_up_neither_its_caller_nor_a_stop() -> None:
    """UDA 1.1 §3.2.2: the answer comes all the same, and the connection is closed."""
    released.clear()

    async def scene(site: Site) -> bytes:
        connection = Connection(site)
        await connection.send(call('Resist'))
        await passes(30)
        assert connection.transport.written == b''
        await passes(1)
        stopping = asyncio.create_task(site.http.server.stop())
        await turns()
        assert not stopping.done()
        await passes(1)
        await stopping
        assert not connection.task.done()
        released.set()
        await connection.task
        return bytes(connection.transport.written)

    answer = play(scene)
    assert (statuses(answer), fields(answer)['CONNECTION']) == ([500], 'close')
    assert b'<errorCode>501</errorCode>' in answer


def test_a_function_cannot_change_what_the_next_call_is_told() -> None:
    """Equal heads are parsed once."""

    class Curious(upnp.Service):
        serviceType = TYPE

        @upnp.action
        async def Look(self, call: upnp.Call) -> str:
            with contextlib.suppress(TypeError):
                call.headers['user-agent'] = 'changed'  # type: ignore[index]
            return call.headers['user-agent']

    async def scene(site: Site) -> bytes:
        connection = Connection(site)
        await connection.send(call('Look', '', 'User-Agent: x'), call('Look', '', 'User-Agent: x'))
        return await connection.answer()

    assert play(scene, service=Curious()).count(b'<Result>x</Result>') == 2


def test_calls_are_remembered_within_bounds() -> None:
    """What a peer sends does not fill the memory, however it is spelt."""

    async def scene(site: Site) -> list[int]:
        connection = Connection(site)
        for count in range(100):
            body = envelope('SetLevel', f'<newLevel>{count}</newLevel>')
            quotes = '"' * max(1, (count - 50) * 20)
            await connection.send(post(body, f'SOAPACTION: {quotes}{TYPE}#SetLevel{quotes}', XML))
        controlled = site.resources[CONTROL].subject
        assert isinstance(controlled, Controlled)
        known = controlled.known
        return [len(known), max(len(name) + len(body) for name, body in known)]

    count, size = play(scene)
    assert 0 < count <= 32
    assert size <= 1024


def test_a_peer_that_has_sent_much_in_advance_delays_nobody() -> None:
    async def scene(site: Site) -> int:
        busy, other = Connection(site), Connection(site)
        await turns()
        many = asyncio.create_task(busy.send(get() * 500))
        await asyncio.sleep(0)
        await other.send(get())
        done = busy.transport.written.count(b'HTTP/1.1 200')
        assert other.transport.written.count(b'HTTP/1.1 200') == 1
        await many
        return done

    assert play(scene) < 500
