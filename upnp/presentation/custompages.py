"""Pages of one's own beside the device's: bytes, a file, or what a function returns for each request.

It knows what such a page may be, and refuses to be a web server: no paths with wildcards, no redirects, no sessions.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike, fspath
from typing import TypeAlias

from ..control.calls import Callee, Calls
from ..description.hints import Call
from ..Errors import ActionError
from ..http.answers import READ_METHODS, CalledAnswer, Resource, ResourceAnswer

__all__ = ['FunctionAnswer', 'OwnPageAnswer', 'PageFunction', 'PageSource', 'pageAt']

PageSource: TypeAlias = bytes | str | PathLike[str] | Callable[..., object]

PATH = r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*\Z"
PAGES = 'pages'  # what the log and a call say where others say the name of a service
OPENED = 'opened {path}'
HTML_TYPE = 'text/html; charset=utf-8'
CONTENT_TYPE = r'[A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+(;[ -~]*)?\Z'
TAG_CHARACTER = '<'
NAMED_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
# It may run and load what it likes, but stands in no frame of a stranger's, where clicks could be led astray.
OWN_HEADERS = {'X-CONTENT-TYPE-OPTIONS': 'nosniff', 'CONTENT-SECURITY-POLICY': "frame-ancestors 'self'"}


class OwnPageAnswer(ResourceAnswer):
    """HTTP success, bytes that the program has given."""

    isPage = True
    deed = OPENED

    def execute(self) -> None:
        """Prepare the answer."""
        super().execute()
        self.headers |= {'CACHE-CONTROL': 'no-cache', **OWN_HEADERS}


@dataclass(frozen=True, slots=True, eq=False)
class PageFunction:
    """A page that a function of the program makes.

    :param parameter: the one that takes the request; None when it takes none.
    """

    path: str
    function: Callable[..., object]
    parameter: str | None
    calls: Calls

    @property
    def callee(self) -> Callee:
        """The function as it is called."""
        return Callee(self.function, self, self, f'page {self.path}', PAGES)


class FunctionAnswer(CalledAnswer):
    """HTTP success, what a function of the program returns for this request."""

    methods = (*READ_METHODS, 'POST')
    isPage = True
    deed = OPENED

    async def call(self, giveUp: Callable[[], None] = lambda: None) -> None:
        """Call the function.

        :param giveUp: called when its time is over and it cannot be ended.
        """
        page, request = self.subject(PageFunction), self.request
        callee = page.callee
        given = {} if page.parameter is None else {page.parameter: request}
        call = Call(request.peer, request.host, request.headers, PAGES, page.path)
        try:
            result = await page.calls.run(callee, given, call, giveUp)
            self.body = bodyOf(result)
        except (TypeError, UnicodeError) as error:
            page.calls.complain(callee, error)
            self.fail(ActionError(501))
        except ActionError as error:
            self.fail(error)

    def fail(self, error: ActionError) -> None:
        """Answer with an error, of which the log has the reason."""
        self.status = 500
        self.body = b'500 Internal Server Error\n'

    def execute(self) -> None:
        """Prepare the answer: the headers, as :meth:`call` has made the body."""
        kind = self.resource.contentType if self.status == 200 else 'text/plain'
        self.headers |= {'CONTENT-TYPE': kind, 'CACHE-CONTROL': 'no-store', **OWN_HEADERS}


def pageAt(path: str, page: PageSource, contentType: str | None, calls: Calls) -> Resource:
    """Return what is served at a path; the parameters and errors are those of the announcer's ``addPage``."""
    if not isinstance(path, str) or not re.match(PATH, path):
        raise ValueError(f'the path {path!r} of a page begins with / and has no query: /setup')
    if contentType is not None and not re.match(CONTENT_TYPE, contentType):
        raise ValueError(f'contentType {contentType!r} has not the form text/html; charset=utf-8')
    if callable(page):
        function = PageFunction(path, page, parameterOf(path, page), calls)
        return Resource(FunctionAnswer, contentType or HTML_TYPE, subject=function)
    content, name = contentOf(page, path)
    return Resource(OwnPageAnswer, contentType or typeOf(name), content)


def parameterOf(path: str, function: Callable[..., object]) -> str | None:
    """Return the parameter of a page's function that takes the request; None when it takes none.

    :raises TypeError: it wants more than a request.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # written in C
        parameters = []
    wanted = [one for one in parameters if one.default is one.empty and one.kind in NAMED_KINDS]
    if len(wanted) > 1 or any(one.kind is one.POSITIONAL_ONLY for one in parameters):
        raise TypeError(f'{function!r} of the page {path} is called with the request, or with nothing')
    return wanted[0].name if wanted else None


def contentOf(page: object, path: str) -> tuple[bytes, str]:
    """Return the bytes of a page, and the name that tells what they are.

    :raises TypeError: it is no bytes and no path.
    :raises OSError: the file cannot be read.
    """
    if isinstance(page, bytes | bytearray):
        return bytes(page), path
    if isinstance(page, str) and TAG_CHARACTER in page:
        raise TypeError(f'the page {path} is the text {page[:40]!r}: give text.encode(), or the path of a file')
    if not isinstance(page, str | PathLike):
        raise TypeError(f'the page {path} is {page!r}: bytes, the path of a file, or a function is wanted')
    with open(page, 'rb') as file:
        return file.read(), fspath(page)


def typeOf(name: str) -> str:
    """Return the content type that a name tells by its suffix; HTML without one."""
    from mimetypes import guess_type  # here, as only those who have pages of their own need it

    kind, encoding = guess_type(name)
    if kind is None or encoding is not None:
        return HTML_TYPE if '.' not in name.rpartition('/')[2] else 'application/octet-stream'
    return f'{kind}; charset=utf-8' if kind.startswith('text/') else kind


def bodyOf(result: object) -> bytes:
    """Return what a function has returned as bytes.

    :raises TypeError: it is neither text nor bytes.
    :raises UnicodeError: a text with half a character.
    """
    if isinstance(result, str):
        return result.encode()
    if isinstance(result, bytes | bytearray):
        return bytes(result)
    raise TypeError(f'{result!r:.80} is neither text nor bytes')
