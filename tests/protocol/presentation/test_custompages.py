"""Pages of one's own: bytes, files, and functions that are asked for each request."""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import upnp
from tests.protocol.fakes import FakeTransport, HeldClock, run
from tests.protocol.site import Site, fields, get, statuses
from upnp.control.calls import Calls
from upnp.http.answers import HttpRequest
from upnp.presentation.custompages import PageSource, pageAt

PATH = '/setup'
CALLS = Calls(upnp.Limits())
HTML = 'text/html; charset=utf-8'


class Pages(Site):
    """A site with a page of the program's own."""

    def __init__(self, page: PageSource, contentType: str | None = None, **limits: float) -> None:
        super().__init__(**limits)
        self.resources |= {PATH: pageAt(PATH, page, contentType, self.calls)}


def post(body: str = '', *lines: str) -> bytes:
    """Return a request that has a body."""
    return get(PATH, 'POST', '1.1', f'Content-Length: {len(body)}', *lines) + body.encode()


async def ask(site: Site, request: bytes, patience: float = 5.0) -> bytes:
    """Return what a site answers, when the connection has ended."""
    transport = FakeTransport()
    reader, writer = transport.connect()
    serving = asyncio.create_task(site.http.server.InConnection(reader, writer))
    reader.feed_data(request)
    end = time.monotonic() + patience
    while not transport.written:  # a thread may have to answer
        assert time.monotonic() < end, 'no answer'
        await asyncio.sleep(0)
    reader.feed_eof()
    await serving
    return bytes(transport.written)


def asked(page: PageSource, request: bytes = get(PATH), contentType: str | None = None, **limits: float) -> bytes:
    """Return what is answered for a page."""

    async def scene() -> bytes:
        site = Pages(page, contentType, **limits)
        try:
            return await ask(site, request)
        finally:
            site.calls.abandon()

    return run(scene(), HeldClock())


def bodyOf(answer: bytes) -> bytes:
    """Return the body of an answer."""
    return answer.partition(b'\r\n\r\n')[2]


def test_bytes_are_served_as_they_are() -> None:
    answer = asked(b'<p>{host}</p>')
    assert (statuses(answer), bodyOf(answer)) == ([200], b'<p>{host}</p>')
    told = fields(answer)
    assert (told['CONTENT-TYPE'], told['CACHE-CONTROL']) == (HTML, 'no-cache')
    assert told['CONTENT-SECURITY-POLICY'] == "frame-ancestors 'self'"
    assert told['X-CONTENT-TYPE-OPTIONS'] == 'nosniff'


@pytest.mark.parametrize('method', ['POST', 'PUT'])
def test_bytes_are_for_reading_only(method: str) -> None:
    answer = asked(b'x', get(PATH, method))
    assert (statuses(answer), fields(answer).get('ALLOW')) == ([405], 'GET, HEAD')


@pytest.mark.parametrize(
    ('name', 'kind'),
    [
        ('page.html', HTML),
        ('page.css', 'text/css; charset=utf-8'),
        ('lamp.png', 'image/png'),
        ('lamp.svg', 'image/svg+xml'),
        ('values.json', 'application/json'),
        ('page', HTML),
        ('page.unheard-of', 'application/octet-stream'),
        ('page.html.gz', 'application/octet-stream'),
    ],
)
def test_a_file_is_read_at_once_and_its_suffix_tells_its_type(tmp_path: Path, name: str, kind: str) -> None:
    file = tmp_path / name
    file.write_bytes(b'content')
    for path in (file, str(file)):
        one = pageAt(PATH, path, None, CALLS)
        assert (one.content, one.contentType) == (b'content', kind)
        assert pageAt(PATH, path, 'text/plain', CALLS).contentType == 'text/plain'


def test_of_bytes_the_suffix_of_the_path_tells_the_type() -> None:
    assert pageAt('/a.b/logo.png', b'x', None, CALLS).contentType == 'image/png'


def test_a_file_that_cannot_be_read_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='nowhere'):
        pageAt(PATH, tmp_path / 'nowhere.html', None, CALLS)


async def greet(request: HttpRequest) -> str:
    """An async function of a request."""
    await asyncio.sleep(0)
    body = request.body.decode()
    return f'{request.method} {request.path} {request.query} {request.peer[0]} {request.headers["host"]} {body} ü'


def greetInThread(request):  # type: ignore[no-untyped-def]  # as many a program has it
    """A plain one."""
    return f'{request.method} {request.path} {request.query} {request.peer[0]} {request.headers["host"]} ü'.encode()


@pytest.mark.parametrize('function', [greet, greetInThread])
def test_a_function_gets_the_request_and_returns_the_page(function: Callable[..., object]) -> None:
    answer = asked(function, get(f'{PATH}?a=1&b=%20'))
    assert bodyOf(answer).decode().split() == ['GET', PATH, 'a=1&b=%20', '192.0.2.9', '192.0.2.1:5000', 'ü']
    told = fields(answer)
    assert (told['CONTENT-TYPE'], told['CACHE-CONTROL'], told['X-CONTENT-TYPE-OPTIONS']) == (
        HTML,
        'no-store',
        'nosniff',
    )
    assert told['CONTENT-LENGTH'] == str(len(bodyOf(answer)))


def test_a_function_may_want_nothing_and_say_what_it_returns() -> None:
    answer = asked(lambda: b'{}', contentType='application/json')
    assert (fields(answer)['CONTENT-TYPE'], bodyOf(answer)) == ('application/json', b'{}')


@pytest.mark.parametrize('function', [lambda _one, _two: '', lambda *, one, two: '', lambda one, /: ''])
def test_a_function_that_wants_more_is_refused_at_once(function: Callable[..., object]) -> None:
    with pytest.raises(TypeError, match=r'page /setup is called with the request, or with nothing'):
        pageAt(PATH, function, None, CALLS)


def test_a_function_with_more_that_it_need_not_be_given_is_taken() -> None:
    assert bodyOf(asked(lambda request, more=1, *rest, **others: f'{request.method} {more} {rest} {others}')) == (
        b'GET 1 () {}'
    )


def test_a_function_written_in_c_is_called_with_nothing() -> None:
    assert bodyOf(asked(bytes)) == b''


def test_what_is_sent_to_a_function_comes_from_a_page_of_this_device_only() -> None:
    assert bodyOf(asked(greet, post('on=1'))).decode().split()[-2:] == ['on=1', 'ü']
    own, other = 'Origin: http://192.0.2.1:5000', 'Origin: http://192.0.2.7'
    assert statuses(asked(greet, post('on=1', own))) == [200]
    assert statuses(asked(greet, post('on=1', other))) == [403]


def test_head_of_a_function_has_no_body() -> None:
    answer = asked(greet, get(PATH, 'HEAD'))
    assert (statuses(answer), bodyOf(answer)) == ([200], b'')


def fail() -> str:
    """Raise what nobody outside is to read."""
    raise LookupError('secret')


async def failInLoop() -> str:
    """Likewise."""
    return fail()


def misuse() -> str:
    """Raise what means something elsewhere."""
    raise upnp.ActionError(701, 'secret')


@pytest.mark.parametrize('function', [fail, failInLoop])
def test_what_a_function_raises_is_for_the_log_only(
    function: Callable[..., object], caplog: pytest.LogCaptureFixture
) -> None:
    answer = asked(function)
    assert (statuses(answer), bodyOf(answer)) == ([500], b'500 Internal Server Error\n')
    assert fields(answer)['CONTENT-TYPE'] == 'text/plain'
    (record,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert record.getMessage() == 'page /setup failed, its caller was told so'
    assert 'LookupError: secret' in str(record.exc_text)


def test_the_error_of_an_action_is_one_of_a_page_too() -> None:
    answer = asked(misuse)
    assert (statuses(answer), b'secret' in answer) == ([500], False)


@pytest.mark.parametrize('result', [None, 7, ['a']])
def test_a_function_that_returns_no_page_is_told_of(result: object, caplog: pytest.LogCaptureFixture) -> None:
    answer = asked(lambda: result)
    assert statuses(answer) == [500]
    (record,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    text = 'page /setup returned what its caller cannot be sent (an error in its place): '
    assert record.getMessage() == f'{text}{result!r} is neither text nor bytes'


def test_a_function_that_takes_too_long_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> bytes:
        async def wait() -> str:
            clock.advance(31)
            await asyncio.sleep(60)
            return ''

        return await ask(Pages(wait), get(PATH))

    clock = HeldClock()
    assert statuses(run(scene(), clock)) == [500]
    assert 'page /setup took longer than 30 s: its caller was told so' in caplog.text


@pytest.mark.parametrize(
    ('path', 'page', 'kind', 'error', 'text'),
    [
        ('setup', b'', None, ValueError, "the path 'setup' of a page begins with /"),
        ('/a?b', b'', None, ValueError, 'has no query'),
        ('/a b', b'', None, ValueError, 'the path'),
        ('/a\n', b'', None, ValueError, 'the path'),
        (None, b'', None, ValueError, 'the path None'),
        (PATH, '<p>Hello</p>', None, TypeError, 'give text.encode'),
        (PATH, 7, None, TypeError, 'bytes, the path of a file, or a function is wanted'),
        (PATH, None, None, TypeError, 'bytes, the path of a file, or a function is wanted'),
        (PATH, b'', 'html', ValueError, "contentType 'html'"),
        (PATH, b'', 'text/html\r\nX: y', ValueError, 'contentType'),
    ],
)
def test_what_is_wrong_is_told_with_its_remedy(
    path: Any, page: Any, kind: str | None, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        pageAt(path, page, kind, CALLS)


def test_a_text_that_no_bytes_can_stand_for_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """JSON may have brought half a character, which a function sends back."""

    async def scene() -> None:
        site = Pages(echo)
        for _ in range(3):
            answer = await ask(site, post('"\\ud800"'))
            assert (statuses(answer), bodyOf(answer)) == ([500], b'500 Internal Server Error\n')

    async def echo(request: HttpRequest) -> str:
        return str(json.loads(request.body))

    run(scene())
    (record,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert record.getMessage().startswith('page /setup returned what its caller cannot be sent')
