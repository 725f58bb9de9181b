"""The one parser: liberal with datagrams, strict with HTTP requests; and the one renderer."""

import h11
import pytest

from upnp import MessageError
from upnp.http.message import (
    CHUNKED,
    DateStamp,
    Request,
    Response,
    answerLength,
    authorityOf,
    bodyLength,
    expectsContinue,
    headEnd,
    parse,
    parseChunkSize,
    parseRequest,
    pathOf,
    queryOf,
    render,
)

SEARCH = b"""\
M-SEARCH * HTTP/1.1\r
HOST: 239.255.255.250:1900\r
MAN: "ssdp:discover"\r
MX: 2\r
ST: ssdp:all\r
\r
"""
SEARCH_HEADERS = {'host': '239.255.255.250:1900', 'man': '"ssdp:discover"', 'mx': '2', 'st': 'ssdp:all'}

GET = b'GET / HTTP/1.1\r\nHost: a\r\n\r\n'


# Datagrams


def test_a_search_is_parsed_whole() -> None:
    assert parse(SEARCH) == Request('M-SEARCH', '*', 'HTTP/1.1', SEARCH_HEADERS)


@pytest.mark.parametrize(
    'datagram',
    [
        pytest.param(SEARCH.replace(b'\r\n', b'\n'), id='LF alone'),
        pytest.param(SEARCH.replace(b'\r\n', b'\n', 2), id='both line ends'),
        pytest.param(SEARCH.removesuffix(b'\r\n'), id='no blank line'),
        pytest.param(SEARCH.removesuffix(b'\r\n\r\n'), id='no line end at all'),
        pytest.param(b'\r\n\n' + SEARCH, id='blank lines before'),
        pytest.param(b' \t' + SEARCH, id='spaces before'),
        pytest.param(SEARCH.replace(b' * ', b'  *\t '), id='more white space in the start line'),
        pytest.param(SEARCH.replace(b'HTTP/1.1', b'HTTP/1.1  '), id='white space behind the start line'),
        pytest.param(SEARCH.replace(b'M-SEARCH', b'm-search').replace(b'HTTP', b'http'), id='lower case'),
        pytest.param(SEARCH.replace(b'HOST', b'hOsT').replace(b'ST:', b'st:'), id='case of names'),
        pytest.param(SEARCH.replace(b': ', b':'), id='no space behind the colon'),
        pytest.param(SEARCH.replace(b': ', b' :\t  '), id='spaces around the colon'),
        pytest.param(SEARCH.replace(b'MX', b'junk without a colon\r\nMX'), id='a line without a colon'),
        pytest.param(SEARCH.replace(b'MX: 2', b'MX:\r\n  2'), id='a folded line'),
        pytest.param(SEARCH.replace(b'MX', b'ST: ssdp:all\r\nST: upnp:rootdevice\r\nMX'), id='a repeated name'),
        pytest.param(SEARCH + b'ST: in the body\r\n\0', id='a body'),
        pytest.param(SEARCH[:-2] + b' \r\nST: in the body', id='a blank line of spaces'),
    ],
)
def test_the_form_of_a_datagram_matters_little(datagram: bytes) -> None:
    """UDA 1.1 §1.1.2, §1.1.5."""
    message = parse(datagram)
    assert isinstance(message, Request)
    assert (message.method, message.target, message.version) == ('M-SEARCH', '*', 'HTTP/1.1')
    assert message.headers == SEARCH_HEADERS


@pytest.mark.parametrize(
    ('datagram', 'expected'),
    [
        (
            b'HTTP/1.1 200 OK\r\nST: a\r\nEXT:\r\n\r\n',
            Response('HTTP/1.1', 200, 'OK', {'st': 'a', 'ext': ''}),
        ),
        (b'HTTP/1.1 200\r\n\r\n', Response('HTTP/1.1', 200, '', {})),
        (b'http/1.0 412 Precondition Failed ', Response('HTTP/1.0', 412, 'Precondition Failed', {})),
    ],
)
def test_a_response_is_parsed(datagram: bytes, expected: Response) -> None:
    assert parse(datagram) == expected


@pytest.mark.parametrize(
    'datagram',
    [
        *(b'', b'\r\n', b' ', b' \r\nM-SEARCH * HTTP/1.1\r\n', b'NOTIFY', b'NOTIFY *', b'NOTIFY * SIP/2.0'),
        *(b'HTTP/1.1 OK', b'HTTP/1.1 20 OK', b'HTTP/1.1 2000 OK', b'HTTP/1.1 -20 OK', b'\xff\xfe\xfd'),
        *('HTTP/1.1 ٢٠٠ OK'.encode(), b'NOTIFY * HTTP/1.1\r\nST: a\0b\r\n\r\n', b'\0' * 9000),
    ],
)
def test_what_is_no_message_raises_message_error(datagram: bytes) -> None:
    with pytest.raises(MessageError):
        parse(datagram)


def test_bytes_that_are_no_utf8_spoil_only_their_value() -> None:
    message = parse(b'NOTIFY * HTTP/1.1\r\nX: \xff\r\nST: \xc3\xa9\r\n\r\n')
    assert message.headers == {'x': '\ufffd', 'st': 'é'}


def test_a_value_may_begin_on_a_folded_line() -> None:
    """RFC 9112 §5.2: what folds it is white space around the value, and so no part of it."""
    assert parse(b'M-SEARCH * HTTP/1.1\r\nMX:\r\n 2\r\nST:\t\r\n\ta\r\n b\r\n\r\n').headers == {'mx': '2', 'st': 'a b'}


def test_a_folded_line_before_any_field_is_skipped() -> None:
    assert parse(b'NOTIFY * HTTP/1.1\r\n folded\r\nST: a\r\n\r\n').headers == {'st': 'a'}


@pytest.mark.parametrize('skipped', [b'ST: second', b'no colon'])
def test_a_folded_line_is_skipped_with_the_line_it_continues(skipped: bytes) -> None:
    assert parse(b'NOTIFY * HTTP/1.1\r\nST: first\r\n%b\r\n folded\r\n\r\n' % skipped).headers == {'st': 'first'}


# Requests


def test_a_request_is_parsed_whole() -> None:
    head = b'GET /descr.xml?a=b HTTP/1.1\r\nHost: 192.168.1.20:5000\r\nX-Empty:\r\nAccept: \t a,\tb \t\r\n\r\n'
    headers = {'host': '192.168.1.20:5000', 'x-empty': '', 'accept': 'a,\tb'}
    assert parseRequest(head) == Request('GET', '/descr.xml?a=b', 'HTTP/1.1', headers)


def test_fields_of_one_name_are_joined() -> None:
    """RFC 9110 §5.3."""
    request = parseRequest(b'GET / HTTP/1.0\r\nAccept: a\r\nX: 1\r\naccept: b\r\n\r\n')
    assert request.headers == {'accept': 'a, b', 'x': '1'}


@pytest.mark.parametrize(
    ('version', 'counts'), [('1.0', 'HTTP/1.0'), ('1.1', 'HTTP/1.1'), ('1.2', 'HTTP/1.1'), ('1.9', 'HTTP/1.1')]
)
def test_a_later_minor_version_counts_as_the_latest_known(version: str, counts: str) -> None:
    """RFC 9110 §2.5."""
    assert parseRequest(f'GET / HTTP/{version}\r\nHost: a\r\n\r\n'.encode()).version == counts


def test_http_1_0_needs_no_host() -> None:
    assert parseRequest(b'GET / HTTP/1.0\r\n\r\n').headers == {}


def test_lines_may_end_with_lf_alone() -> None:
    """RFC 9112 §2.2."""
    assert parseRequest(b'GET / HTTP/1.1\nHost: a\n\n') == parseRequest(GET)


@pytest.mark.parametrize('version', ['HTTP/0.9', 'HTTP/2.0', 'HTTP/3.1'])
def test_another_major_version_is_refused_with_505(version: str) -> None:
    with pytest.raises(MessageError) as caught:
        parseRequest(f'GET / {version}\r\nHost: a\r\n\r\n'.encode())
    assert caught.value.status == 505


def test_the_number_of_fields_is_bounded() -> None:
    parseRequest(b'GET / HTTP/1.0\r\n' + b'A: b\r\n' * 3 + b'\r\n', maxFields=3)
    with pytest.raises(MessageError) as caught:
        parseRequest(b'GET / HTTP/1.0\r\n' + b'A: b\r\n' * 4 + b'\r\n', maxFields=3)
    assert caught.value.status == 431


REFUSED = [
    pytest.param(b'\r\n\r\n', id='no request line'),
    pytest.param(b'GET\r\n\r\n', id='one word'),
    pytest.param(b'GET /\r\n\r\n', id='two words'),
    pytest.param(b'GET  HTTP/1.1\r\nHost: a\r\n\r\n', id='no target'),
    pytest.param(b'GET / /b HTTP/1.1\r\nHost: a\r\n\r\n', id='a space in the target'),
    pytest.param(b'GET  / HTTP/1.1\r\nHost: a\r\n\r\n', id='two spaces'),
    pytest.param(b' GET / HTTP/1.1\r\nHost: a\r\n\r\n', id='a space before'),
    pytest.param(b'GET / HTTP/1.1 \r\nHost: a\r\n\r\n', id='a space behind'),
    pytest.param(b'GET /\tb HTTP/1.1\r\nHost: a\r\n\r\n', id='a tab in the target'),
    pytest.param(b'GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n', id='NUL in the target'),
    pytest.param(b'GET /\r HTTP/1.1\r\nHost: a\r\n\r\n', id='CR in the target'),
    pytest.param(b'G(T / HTTP/1.1\r\nHost: a\r\n\r\n', id='a method that is no token'),
    pytest.param(b'GET / http/1.1\r\nHost: a\r\n\r\n', id='a version in lower case'),
    pytest.param(b'GET / HTTP/1\r\nHost: a\r\n\r\n', id='half a version'),
    pytest.param(b'GET / HTTP/1.10\r\nHost: a\r\n\r\n', id='a version of two digits'),
    pytest.param(b'GET / HTTP/1.\xb9\r\nHost: a\r\n\r\n', id='a digit that is none'),
    pytest.param(b'GET / HTTP/1.1\r\n\r\n', id='no Host'),
    pytest.param(b'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', id='Host twice'),
    pytest.param(b'GET / HTTP/1.1\r\nHost : a\r\n\r\n', id='a space before the colon'),
    pytest.param(b'GET / HTTP/1.1\r\nHost: a\r\n : b\r\n\r\n', id='a name of a space'),
    pytest.param(b'GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n', id='no name'),
    pytest.param(b'GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n', id='no colon'),
    pytest.param(b'GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n', id='folding'),
    pytest.param(b'GET / HTTP/1.1\r\nHost: a\r\n b: c\r\n\r\n', id='folding with a colon'),
    pytest.param(b'GET / HTTP/1.1\r\n Host: a\r\n\r\n', id='folding behind the request line'),
    pytest.param(b'GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n', id='NUL in a value'),
    pytest.param(b'GET / HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n', id='CR in a value'),
    pytest.param(b'GET / HTTP/1.1\r\nHost: a\r\nX: b\r\r\nY: c\r\n\r\n', id='CR before a line end'),
    pytest.param(b'GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n', id='DEL in a value'),
    pytest.param(b'GET / HTTP/1.1\r\nHost: a\r\nX\xe9: b\r\n\r\n', id='a name beyond ASCII'),
    pytest.param(b'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n', id='length twice'),
    pytest.param(
        b'GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n',
        id='coding twice',
    ),
]


@pytest.mark.parametrize('head', REFUSED)
def test_a_request_that_two_readers_could_understand_in_two_ways_is_refused(head: bytes) -> None:
    """RFC 9112 §2.2, §3, §5."""
    with pytest.raises(MessageError) as caught:
        parseRequest(head)
    assert caught.value.status == 400


@pytest.mark.parametrize('head', [b'GET / HTTP/1.1\r\nHost: a\r\r\n\r\n', b'GET / HTTP/1.0\r\r\n\r\n'])
def test_a_bare_cr_at_the_end_of_the_last_line_is_refused(head: bytes) -> None:
    """RFC 9112 §2.2."""
    with pytest.raises(MessageError):
        parseRequest(head)


@pytest.mark.parametrize(
    'head',
    [
        GET,
        b'GET http://a:5000/b?c=%20 HTTP/1.1\r\nHost: a:5000\r\nConnection: close\r\n\r\n',
        b'M-SEARCH * HTTP/1.1\r\nHost: a\r\nUser-Agent: a/1 (b; c) UPnP/1.1\r\nX: \xe9\r\n\r\n',
        b'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nSOAPACTION: "a#b"\r\nX:\t\r\n\r\n',
        b'OPTIONS * HTTP/1.0\r\n\r\n',
    ],
)
def test_another_parser_reads_the_same(head: bytes) -> None:
    theirs = h11.Connection(h11.SERVER)
    theirs.receive_data(head)
    event, ours = theirs.next_event(), parseRequest(head)
    assert isinstance(event, h11.Request)
    assert (event.method, event.target) == (ours.method.encode(), ours.target.encode())
    assert [(name, value) for name, value in event.headers] == [
        (name.encode(), value.encode('latin-1')) for name, value in ours.headers.items()
    ]


# Where a head and a body end


@pytest.mark.parametrize(
    ('received', 'end'),
    [
        *((b'', -1), (b'GET /', -1), (b'GET / HTTP/1.1\r\n', -1), (b'a\r\n\r', -1), (b'a\r\n\r\r\n', -1)),
        *((b'a\r\n\r\nbody', 5), (b'a\n\nbody', 3), (b'a\r\n\nbody', 4), (b'a\n\r\nbody', 4)),
        *((b'a\n\nb\r\n\r\n', 3), (b'a\r\n\r\nb\n\n', 5)),
    ],
)
def test_a_head_ends_with_its_first_blank_line(received: bytes, end: int) -> None:
    assert headEnd(received) == end
    assert headEnd(bytearray(received)) == end


@pytest.mark.parametrize('head', [GET, GET.replace(b'\r', b'')])
def test_the_end_of_a_head_is_found_from_three_bytes_before_what_is_new(head: bytes) -> None:
    for known in range(len(head)):
        assert headEnd(head[:known]) == -1
        assert headEnd(head + b'GET', max(known - 3, 0)) == len(head)


@pytest.mark.parametrize(
    ('headers', 'length'),
    [
        ({}, 0),
        ({'content-length': '0'}, 0),
        ({'content-length': '007'}, 7),
        ({'content-length': '9' * 15}, 999_999_999_999_999),
        ({'transfer-encoding': 'chunked'}, CHUNKED),
        ({'transfer-encoding': 'Chunked'}, CHUNKED),
    ],
)
def test_the_headers_tell_how_long_a_body_is(headers: dict[str, str], length: int) -> None:
    """RFC 9112 §6.3."""
    assert bodyLength(Request('POST', '/', 'HTTP/1.1', headers)) == length


@pytest.mark.parametrize(
    'headers',
    [
        *({'content-length': text} for text in ('', '-1', '+1', '1.0', '0x1', '1 1', '1, 1', '²', '٣', '9' * 16)),
        *({'transfer-encoding': text} for text in ('', 'gzip', 'gzip, chunked', 'chunked, chunked', 'identity')),
        {'transfer-encoding': 'chunked', 'content-length': '1'},
    ],
)
def test_a_length_that_could_be_understood_in_two_ways_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(MessageError) as caught:
        bodyLength(Request('POST', '/', 'HTTP/1.1', headers))
    assert caught.value.status == 400


def test_http_1_0_has_no_chunks() -> None:
    with pytest.raises(MessageError):
        bodyLength(Request('POST', '/', 'HTTP/1.0', {'transfer-encoding': 'chunked'}))


@pytest.mark.parametrize(
    ('status', 'headers', 'length'),
    [
        *((200, {}, None), (200, {'content-length': '0'}, 0), (200, {'content-length': '007'}, 7)),
        *((412, {'content-length': '9' * 15}, 999_999_999_999_999), (500, {'connection': 'close'}, None)),
        *((200, {'transfer-encoding': 'chunked'}, CHUNKED), (200, {'transfer-encoding': 'Chunked'}, CHUNKED)),
        *((200, {'transfer-encoding': text}, None) for text in ('', 'gzip', 'gzip, chunked', 'identity')),
        *((200, {'transfer-encoding': 'chunked', 'content-length': text}, CHUNKED) for text in ('5', 'a')),
        *((status, {'content-length': text}, 0) for status in (204, 304) for text in ('5', 'a')),
        *((status, {'transfer-encoding': 'chunked'}, 0) for status in (204, 304)),
        *((204, {}, 0), (304, {}, 0)),
    ],
)
def test_the_headers_of_an_answer_tell_how_long_its_body_is(
    status: int, headers: dict[str, str], length: int | None
) -> None:
    """RFC 9112 §6.3: one that they do not tell of ends with the connection."""
    assert answerLength(Response('HTTP/1.1', status, '', headers)) == length


@pytest.mark.parametrize('text', ['', '-1', '+1', '1.0', '0x1', '1 1', '1, 1', '²', '٣', '9' * 16, 'a' * 9999])
def test_an_answer_whose_length_is_none_is_refused(text: str) -> None:
    with pytest.raises(MessageError, match='Content-Length') as caught:
        answerLength(Response('HTTP/1.1', 200, 'OK', {'content-length': text}))
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(
    ('line', 'size'),
    [
        *((b'0', 0), (b'00000000', 0), (b'a', 10), (b'fF', 255), (b'ffffffff', 0xFFFFFFFF)),
        *((b'5 \t', 5), (b'5;name=value', 5), (b'5 ; a="b;c"', 5), (b'5;\xff', 5)),
    ],
)
def test_a_chunk_tells_its_size(line: bytes, size: int) -> None:
    """RFC 9112 §7.1."""
    assert parseChunkSize(line) == size


@pytest.mark.parametrize(
    'line', [b'', b' 5', b'-5', b'+5', b'0x5', b'5 5', b'5_0', b'g', b'000000005', b'5\r', b'5;\0', b'5;a\rb']
)
def test_what_is_no_chunk_size_is_refused(line: bytes) -> None:
    with pytest.raises(MessageError):
        parseChunkSize(line)


# Rendering


def test_a_message_is_rendered_to_the_byte() -> None:
    headers = [('HOST', '239.255.255.250:1900'), ('EXT', ''), ('X-NAME', 'Lämpchen')]
    assert render('NOTIFY * HTTP/1.1', headers) == (
        b'NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nEXT:\r\nX-NAME: L\xc3\xa4mpchen\r\n\r\n'
    )


def test_a_head_may_have_no_fields() -> None:
    assert render('HTTP/1.1 200 OK', []) == b'HTTP/1.1 200 OK\r\n\r\n'


@pytest.mark.parametrize('text', ['a\nb', 'a\rb', 'a\r\nb', '\r\n', '\0', 'a\r\n\r\nHTTP/1.1 200 OK'])
def test_nobody_slips_a_line_into_a_message(text: str) -> None:
    for startLine, header in ((text, ('A', 'b')), ('A', (text, 'b')), ('A', ('A', text))):
        with pytest.raises(MessageError):
            render(startLine, [header])


def test_what_is_rendered_is_parsed_to_the_same() -> None:
    headers = {'st': 'urn:a:device:b:1', 'x': 'Lämpchen', 'ext': ''}
    assert parse(render('M-SEARCH * HTTP/1.1', headers.items())) == Request('M-SEARCH', '*', 'HTTP/1.1', headers)
    assert parse(render('HTTP/1.1 200 OK', headers.items())) == Response('HTTP/1.1', 200, 'OK', headers)


def test_the_date_is_made_once_a_second() -> None:
    """RFC 9110 §5.6.7."""
    stamp = DateStamp()
    assert stamp.at(784111777.0) == b'Sun, 06 Nov 1994 08:49:37 GMT'
    assert stamp.at(784111777.9) is stamp.at(784111777.1)
    assert stamp.at(784111778.0) == b'Sun, 06 Nov 1994 08:49:38 GMT'
    assert DateStamp().at(0) == b'Thu, 01 Jan 1970 00:00:00 GMT'


@pytest.mark.parametrize(
    ('target', 'path'),
    [
        *(('/', '/'), ('/descr.xml', '/descr.xml'), ('/a?b#c', '/a'), ('/a#b?c', '/a'), ('*', '*'), ('//a', '//a')),
        *(('http://a:5000/b?c', '/b'), ('HTTPS://a/b', '/b'), ('http://a', '/')),
    ],
)
def test_the_path_of_a_target_is_told(target: str, path: str) -> None:
    """RFC 9112 §3.2: origin form and absolute form."""
    assert pathOf(target) == path


@pytest.mark.parametrize('target', ['', 'descr.xml', 'http://', 'ftp://a/b', 'a:80', '**'])
def test_what_is_no_target_of_ours_is_refused(target: str) -> None:
    """RFC 9112 §3.2: there is no authority to connect to here."""
    with pytest.raises(MessageError, match='not a request target'):
        pathOf(target)


@pytest.mark.parametrize(
    'head', [b'', b'\n', b'GET / HTTP/1.0', b'GET / HTTP/1.0\r\n', b'GET / HTTP/1.0\n\nx', b'\n\r\r\n']
)
def test_a_head_ends_with_a_blank_line(head: bytes) -> None:
    with pytest.raises(MessageError):
        parseRequest(head)


@pytest.mark.parametrize(
    ('version', 'headers', 'expects'),
    [
        ('HTTP/1.1', {'expect': '100-continue'}, True),
        ('HTTP/1.1', {'expect': '100-Continue'}, True),
        ('HTTP/1.1', {'expect': 'more'}, False),
        ('HTTP/1.1', {}, False),
        ('HTTP/1.0', {'expect': '100-continue'}, False),
    ],
)
def test_a_peer_may_wait_before_it_sends_a_body(version: str, headers: dict[str, str], expects: bool) -> None:
    """RFC 9110 §10.1.1."""
    assert expectsContinue(Request('POST', '/', version, headers)) is expects


@pytest.mark.parametrize(
    ('target', 'authority'),
    [
        *(('/descr.xml', ''), ('/http://a/', ''), ('*', ''), ('', ''), ('mailto:a', '')),
        *(('http://a:5000/descr.xml', 'a:5000'), ('HTTP://[fe80::1]/', '[fe80::1]'), ('http://a', 'a')),
        *(('http://a?/b', 'a'), ('http://a#/b', 'a'), ('http:///b', '')),
    ],
)
def test_an_absolute_target_names_the_host_that_it_is_for(target: str, authority: str) -> None:
    """RFC 9112 §3.2.2."""
    assert authorityOf(target) == authority


@pytest.mark.parametrize(
    ('target', 'query'),
    [
        ('/setup', ''),
        ('/setup?', ''),
        ('/setup?a=1&b=%20', 'a=1&b=%20'),
        ('/setup?a?b', 'a?b'),
        ('/setup?a#b', 'a'),
        ('/setup#a?b', ''),
        ('http://192.0.2.1/setup?a', 'a'),
    ],
)
def test_the_query_of_a_target_follows_the_question_mark(target: str, query: str) -> None:
    """RFC 3986 §3.4."""
    assert queryOf(target) == query
