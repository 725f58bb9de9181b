"""Presentation over HTTP (UDA 1.1 §5): the page of each root device, its stream, its style sheet and script.

The page's files stand in this folder; they are read once, and no path from outside leads to them.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple
from zlib import crc32

from ..description.device import Device, Service
from ..description.writing import Places
from ..Errors import MessageError
from ..http.answers import Resource, ResourceAnswer
from .page import Parts, renderPage
from .streams import Reader, Streams

__all__ = ['AssetAnswer', 'Live', 'PageAnswer', 'StreamAnswer', 'assetResources', 'served']

log = logging.getLogger(__name__)

HTML_TYPE = 'text/html; charset=utf-8'
STREAM_TYPE = 'text/event-stream; charset=utf-8'
CSS_TYPE = 'text/css; charset=utf-8'
JS_TYPE = 'text/javascript; charset=utf-8'

# Of a page of ours: it loads nothing from elsewhere, runs nothing but its script, and stands in no stranger's frame.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Of what only pages of this device have a use for: a browser gives it to no stranger's, not even to see if it exists.
OWN_USE = {'X-CONTENT-TYPE-OPTIONS': 'nosniff', 'CROSS-ORIGIN-RESOURCE-POLICY': 'same-origin'}
PAGE_HEADERS = {
    'CACHE-CONTROL': 'no-store',
    'CONTENT-SECURITY-POLICY': CONTENT_POLICY,
    **OWN_USE,
    'REFERRER-POLICY': 'no-referrer',
}
ASSET_HEADERS = {'CACHE-CONTROL': 'public, max-age=31536000, immutable', **OWN_USE}
STREAM_HEADERS = {
    'CACHE-CONTROL': 'no-store',
    **OWN_USE,
    'X-ACCEL-BUFFERING': 'no',  # nginx would collect them
}


class PageAnswer(ResourceAnswer):
    """HTTP success, the page that the default presentationURL leads to (UDA 1.1 §5), with the present values."""

    isPage = True
    deed = 'opened the page'

    def execute(self) -> None:
        """Prepare the answer."""
        super().execute()
        self.headers |= PAGE_HEADERS


class AssetAnswer(ResourceAnswer):
    """HTTP success, a file of the page; its path tells its content, so that it may be kept for ever."""

    def execute(self) -> None:
        """Prepare the answer."""
        super().execute()
        self.headers |= ASSET_HEADERS


@dataclass(frozen=True, slots=True)
class Live:
    """The services of a page, as they change.

    :param services: each with the key that the page knows it by.
    :param configId: of the description that the page was made of.
    """

    services: Sequence[tuple[Service, str]]
    configId: int
    streams: Streams


class StreamAnswer(ResourceAnswer):
    """What the services of a page publish, as it changes, until one of both ends closes the connection."""

    isForOwnPages = True  # a stranger's could not read it, but would use up the places of its visitor

    _reader: Reader | None = None
    _writer: asyncio.StreamWriter | None = None

    def execute(self) -> None:
        """Prepare the head; too many pages are told 503."""
        resource = self.resource
        self.closes = True
        self.headers |= {'CONTENT-TYPE': resource.contentType, **STREAM_HEADERS}
        if self.request.method == 'HEAD':
            return
        live = self.subject(Live)
        try:
            self._reader = live.streams.open(live.services, live.configId, self.request.peer[0])
        except MessageError as error:
            log.debug('< %s:%s refused: %s', *self.request.peer, error)
            self.status = error.status
            self.headers['CONTENT-TYPE'] = 'text/plain'
            self.body = b'too many pages of this device are open\n'

    @property
    def lasts(self) -> bool:
        """Tell whether more is written after the answer was sent."""
        return self._reader is not None

    def write(self, writer: asyncio.StreamWriter, *, date: str = '', server: str = '', most: int | None = None) -> None:
        """Send the head."""
        self._writer = writer
        super().write(writer, date=date, server=server, most=most)

    def sent(self) -> None:
        """Begin with the present values."""
        if self._reader is not None and self._writer is not None:
            self.subject(Live).streams.begin(self._reader, self._writer)

    def ended(self) -> None:
        """Forget the page."""
        if self._reader is not None:
            self.subject(Live).streams.close(self._reader)

    lost = ended

    def _fields(self, date: str) -> list[tuple[str, str]]:
        """Return the header fields, without a length: the end of the connection is that of the answer."""
        fields = super()._fields(date)
        return fields if self.body else [(name, value) for name, value in fields if name != 'CONTENT-LENGTH']


class Assets(NamedTuple):
    """The files, and where they are served.

    :param parts: what a page is made of.
    :param files: what is fetched beside it: content type and content by path.
    """

    parts: Parts
    files: dict[str, tuple[str, bytes]]


@cache
def assets() -> Assets:
    """Return the files, read once for the process, as modules are.

    The paths have the checksums of what they lead to: so the files can be kept for ever, and no cache shows old ones.
    """
    style, script = content('page.css'), content('page.js')
    stylePath, scriptPath = f'/page-{crc32(style):08x}.css', f'/page-{crc32(script):08x}.js'
    files = {stylePath: (CSS_TYPE, style), scriptPath: (JS_TYPE, script)}
    return Assets(Parts(content('page.html').decode(), stylePath, scriptPath), files)


def content(name: str) -> bytes:
    """Return a file of this package, from wherever its modules are loaded.

    :raises FileNotFoundError: it was installed without.
    """
    from pkgutil import get_data  # here, as an import of the package alone needs it not

    read = get_data(__name__.rpartition('.')[0], name)
    if read is None:
        raise FileNotFoundError(f'{name} of the package cannot be read: install it anew')
    return read


def served(root: Device, places: Places, configId: int, streams: Streams) -> dict[str, Resource]:
    """Return the page of a root device and its stream, by path."""
    page = renderPage(root, places, assets().parts, configId)
    return {
        places.page: Resource(PageAnswer, HTML_TYPE, lambda host: page.body()),
        places.live: Resource(StreamAnswer, STREAM_TYPE, subject=Live(page.services, configId, streams)),
    }


def assetResources() -> dict[str, Resource]:
    """Return the files that belong to every page of ours, by path."""
    return {path: Resource(AssetAnswer, kind, content) for path, (kind, content) in assets().files.items()}
