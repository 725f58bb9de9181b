"""Start line, header fields, body: the one parser for SSDP, HTTP and GENA, and the one renderer.

It knows the form of a message (RFC 9112, UDA 1.1 §1.1) and refuses to know what any header means, except those that
decide where a body ends. Parsing a datagram is liberal, since only a wrong device would be missed; parsing an HTTP
request is strict, since two readers that disagree on where a request ends are an attack (request smuggling).
"""

import re
from collections.abc import Iterable, Mapping
from email.utils import formatdate
from types import MappingProxyType
from typing import NamedTuple

from ..Errors import MessageError

__all__ = [
    'CHUNKED',
    'DateStamp',
    'Request',
    'Response',
    'answerLength',
    'authorityOf',
    'bodyLength',
    'expectsContinue',
    'headEnd',
    'parse',
    'parseChunkSize',
    'parseRequest',
    'pathOf',
    'render',
]

CHUNKED = -1
BODILESS = (204, 304)  # of final answers, RFC 9110 §6.4.1
MAX_DIGITS = 15  # of a length: more is no length of anything we would read, and int() on a long text is slow

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
HTTP_VERSION = re.compile(r'HTTP/(\d)\.(\d)\Z', re.ASCII)
CONTROL = re.compile('[\x00-\x08\x0a-\x1f\x7f]')
CHUNK_SIZE = re.compile(rb'([0-9A-Fa-f]{1,8})[ \t]*(;.*)?\Z', re.DOTALL)
REASONS = {  # RFC 9110 §15, those that are answered
    200: 'OK',
    400: 'Bad Request',
    403: 'Forbidden',
    404: 'Not Found',
    405: 'Method Not Allowed',
    412: 'Precondition Failed',
    413: 'Content Too Large',
    414: 'URI Too Long',
    415: 'Unsupported Media Type',
    431: 'Request Header Fields Too Large',
    500: 'Internal Server Error',
    501: 'Not Implemented',
    503: 'Service Unavailable',
    505: 'HTTP Version Not Supported',
}


class Request(NamedTuple):
    """A request's head; header names are lower case, in the order they came."""

    method: str
    target: str
    version: str
    headers: Mapping[str, str]


class Response(NamedTuple):
    """A response's head; header names are lower case, in the order they came."""

    version: str
    status: int
    reason: str
    headers: Mapping[str, str]


def parse(datagram: bytes) -> Request | Response:
    """Parse an SSDP message (UDA 1.1 §1.1), liberally: LF alone, any case, a missing blank line, lines without a colon.

    :raises MessageError: no start line, or one that is neither a request's nor a response's.
    """
    text = datagram.decode('utf-8', 'replace').lstrip('\r\n')
    head, _, _ = text.partition('\r\n\r\n')
    lines = head.replace('\r\n', '\n').split('\n')
    words = lines[0].split(None, 2)
    if len(words) < 2 or '\0' in head:
        raise MessageError(f'not a message: {lines[0][:80]!r}')
    headers = datagramFields(lines)
    if words[0].upper().startswith('HTTP/'):
        if not (words[1].isascii() and words[1].isdigit() and len(words[1]) == 3):
            raise MessageError(f'not a status code: {words[1][:80]!r}')
        return Response(words[0].upper(), int(words[1]), words[2].strip() if len(words) == 3 else '', headers)
    if len(words) == 2 or not words[2].upper().startswith('HTTP/'):
        raise MessageError(f'not a request line: {lines[0][:80]!r}')
    return Request(words[0].upper(), words[1], words[2].strip().upper(), headers)


def datagramFields(lines: list[str]) -> dict[str, str]:
    """Return the fields after the start line: the first of a repeated name; a folded line joins the one before."""
    headers: dict[str, str] = {}
    last = ''
    for line in lines[1:]:
        if not line.strip():
            break
        name, colon, value = line.partition(':')
        if line[0] in ' \t':
            if last:
                headers[last] = f'{headers[last]} {line.strip()}'.lstrip()  # of a name with nothing beside it, too
        elif colon and (name := name.strip().lower()) not in headers:
            headers[name] = value.strip()
            last = name
        else:
            last = ''
    return headers


def headEnd(received: bytes | bytearray, start: int = 0) -> int:
    """Return the index behind the blank line that ends a head; -1 when it has not come yet.

    :param start: where to look from; three bytes before what is new will do.
    """
    bare, full = received.find(b'\n\n', start), received.find(b'\n\r\n', start)
    if full < 0:
        return bare + 2 if bare >= 0 else -1
    return bare + 2 if 0 <= bare < full else full + 3


def parseRequest(head: bytes, maxFields: int = 100) -> Request:
    """Parse the head of an HTTP/1.x request, strictly (RFC 9112 §2-§5).

    :param head: from the request line to the blank line, both included.
    :raises MessageError: ``.status`` is 400, 431 for too many fields, or 505 for another major version.
    """
    *lines, blank, end = head.decode('latin-1').split('\n') if b'\n' in head else ('', '?', '')
    if end or blank not in ('', '\r') or not lines:
        raise MessageError('a head that ends without a blank line')
    method, target, version = requestLine(lines[0].removesuffix('\r'))
    if len(lines) - 1 > maxFields:
        raise MessageError(f'{len(lines) - 1} header fields', 431)
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, value = requestField(line.removesuffix('\r'))
        if name not in headers:
            headers[name] = value
        elif name in ('host', 'content-length', 'transfer-encoding'):
            raise MessageError(f'{name} twice')
        else:
            headers[name] = f'{headers[name]}, {value}'
    if version == 'HTTP/1.1' and 'host' not in headers:
        raise MessageError('HTTP/1.1 without Host')
    return Request(method, target, version, MappingProxyType(headers))


def requestLine(line: str) -> tuple[str, str, str]:
    """Split ``GET /path HTTP/1.1``; any 1.x above 1.0 counts as 1.1 (RFC 9110 §2.5)."""
    words = line.split(' ')
    if len(words) != 3 or not TOKEN.match(words[0]) or not words[1] or CONTROL.search(line) or '\t' in line:
        raise MessageError(f'not a request line: {line[:80]!r}')
    version = HTTP_VERSION.match(words[2])
    if version is None:
        raise MessageError(f'not an HTTP version: {words[2][:20]!r}')
    if version.group(1) != '1':
        raise MessageError(f'unsupported HTTP version: {words[2]!r}', 505)
    return words[0], words[1], 'HTTP/1.0' if version.group(2) == '0' else 'HTTP/1.1'


def requestField(line: str) -> tuple[str, str]:
    """Split ``Name: value``; folding, a space before the colon and control characters are refused (RFC 9112 §5)."""
    name, colon, value = line.partition(':')
    if not colon or not TOKEN.match(name) or CONTROL.search(value):
        raise MessageError(f'not a header field: {line[:80]!r}')
    return name.lower(), value.strip(' \t')


def pathOf(target: str) -> str:
    """Return the path of a request target, in origin or absolute form (RFC 9112 §3.2); ``*`` stays.

    :raises MessageError: neither of them.
    """
    scheme, _, rest = target.partition('://')
    if scheme.lower() in ('http', 'https') and rest:
        target = '/' + rest.partition('/')[2]
    if target != '*' and not target.startswith('/'):
        raise MessageError(f'not a request target: {target[:80]!r}')
    return target.partition('?')[0].partition('#')[0]


def queryOf(target: str) -> str:
    """Return what follows a question mark in a request target; nothing where there is none."""
    return target.partition('#')[0].partition('?')[2]


def authorityOf(target: str) -> str:
    """Return host and port of a request target in absolute form (RFC 9112 §3.2.2); nothing for another."""
    _, separator, rest = ('', '', '') if target.startswith('/') else target.partition('://')
    return rest.partition('/')[0].partition('?')[0].partition('#')[0] if separator else ''


def bodyLength(request: Request) -> int:
    """Return how many bytes of body follow the head, or :data:`CHUNKED` (RFC 9112 §6.3).

    :raises MessageError: any coding but one ``chunked``, and lengths that two readers could understand in two ways.
    """
    length, coding = request.headers.get('content-length'), request.headers.get('transfer-encoding')
    if coding is not None:
        if length is not None or request.version == 'HTTP/1.0':
            raise MessageError(f'Transfer-Encoding {coding[:40]!r} with Content-Length or HTTP/1.0')
        if coding.lower() != 'chunked':
            raise MessageError(f'transfer coding {coding[:40]!r}')
        return CHUNKED
    if length is None:
        return 0
    if not (length.isascii() and length.isdigit() and len(length) <= MAX_DIGITS):
        raise MessageError(f'Content-Length {length[:40]!r}')
    return int(length)


def answerLength(response: Response) -> int | None:
    """Return how many bytes of body follow the head, or :data:`CHUNKED`; None for all until the end (RFC 9112 §6.3).

    :raises MessageError: a length that is none.
    """
    if response.status in BODILESS:
        return 0
    length, coding = response.headers.get('content-length'), response.headers.get('transfer-encoding')
    if coding is not None:
        return CHUNKED if coding.lower() == 'chunked' else None
    if length is not None and not (length.isascii() and length.isdigit() and len(length) <= MAX_DIGITS):
        raise MessageError(f'Content-Length {length[:40]!r}')
    return None if length is None else int(length)


def expectsContinue(request: Request) -> bool:
    """Tell whether the peer waits for a word before it sends the body (RFC 9110 §10.1.1)."""
    return request.headers.get('expect', '').lower() == '100-continue' and request.version == 'HTTP/1.1'


def parseChunkSize(line: bytes) -> int:
    """Return the size that a chunk's first line tells (RFC 9112 §7.1); its extensions are skipped.

    :param line: without its line end.
    :raises MessageError: not a hexadecimal number of at most eight digits.
    """
    found = CHUNK_SIZE.match(line)
    if found is None or b'\r' in line or b'\0' in line:
        raise MessageError(f'not a chunk size: {line[:40]!r}')
    return int(found.group(1), 16)


def render(startLine: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return a head: the start line, the fields in order, the blank line, every line with CR LF.

    :raises MessageError: a line break or NUL within; nothing of ours ever holds one, so nobody can slip a field in.
    """
    lines = [startLine, *(f'{name}: {value}' if value else f'{name}:' for name, value in headers)]
    text = '\r\n'.join(lines)
    if text.count('\n') != len(lines) - 1 or text.count('\r') != len(lines) - 1 or '\0' in text:
        raise MessageError(f'a line break or NUL in a message: {text!r}')
    return f'{text}\r\n\r\n'.encode()


class DateStamp:
    """The time as HTTP writes it (RFC 9110 §5.6.7), made once a second."""

    __slots__ = ('_end', '_text')

    def __init__(self) -> None:
        self._end = 0.0
        self._text = b''

    def at(self, now: float) -> bytes:
        """Return the date for ``now``, in seconds since 1970; the same object for the same second."""
        if not 0 < self._end - now <= 1:
            self._end = int(now) + 1.0
            self._text = formatdate(int(now), usegmt=True).encode()
        return self._text
