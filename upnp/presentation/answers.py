"""The news of a page over HTTP (HTML, Server-sent events): an answer that lasts until one of both ends closes it."""

import asyncio
import logging
from typing import TYPE_CHECKING

from ..Errors import MessageError
from ..http.answers import OWN_USE, ResourceAnswer

if TYPE_CHECKING:
    from .streams import Reader

__all__ = ['NewsAnswer']

log = logging.getLogger(__name__)

STREAM_HEADERS = {
    'CACHE-CONTROL': 'no-store',
    **OWN_USE,
    'X-ACCEL-BUFFERING': 'no',  # nginx would collect them
}


class NewsAnswer(ResourceAnswer):
    """What the services of a page tell, as it changes."""

    isForOwnPages = True  # a stranger's could not read it, but would use up the places of its visitor

    _reader: 'Reader | None' = None
    _writer: asyncio.StreamWriter | None = None

    def execute(self) -> None:
        """Prepare the head; too many pages are told 503."""
        resource = self.resource
        self.closes = True
        self.headers |= {'CONTENT-TYPE': resource.contentType, **STREAM_HEADERS}
        if self.request.method == 'HEAD' or resource.page is None:
            return
        try:
            self._reader = self._upnp.events.openPage(resource.page, resource.configId, self.request.peer[0])
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
            self._upnp.events.beginPage(self._reader, self._writer)

    def ended(self) -> None:
        """Forget the page."""
        if self._reader is not None:
            self._upnp.events.closePage(self._reader)

    lost = ended

    def _fields(self, date: str) -> list[tuple[str, str]]:
        """Return the header fields, without a length: the end of the connection is that of the answer."""
        fields = super()._fields(date)
        return fields if self.body else [(name, value) for name, value in fields if name != 'CONTENT-LENGTH']
