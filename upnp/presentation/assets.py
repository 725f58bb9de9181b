"""Presentation (UDA 1.1 §5): the page of each root device as it is served, with its news, style sheet and script.

It reads the files of the page that stand in this package, and refuses to know what a page says.
"""

from functools import cache
from typing import NamedTuple
from zlib import crc32

from ..description.device import Device
from ..description.writing import Places
from ..http.answers import AssetAnswer, PageAnswer, Resource
from .answers import NewsAnswer
from .page import Parts, renderPage

__all__ = ['assetResources', 'pageResources']

HTML_TYPE = 'text/html; charset=utf-8'
STREAM_TYPE = 'text/event-stream; charset=utf-8'
CSS_TYPE = 'text/css; charset=utf-8'
JS_TYPE = 'text/javascript; charset=utf-8'


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


def pageResources(root: Device, places: Places, configId: int) -> dict[str, Resource]:
    """Return the page of a root device and its news, by path."""
    page = renderPage(root, places, assets().parts, configId)
    return {
        places.page: Resource(PageAnswer, HTML_TYPE, page=page),
        places.live: Resource(NewsAnswer, STREAM_TYPE, configId=configId, page=page),
    }


def assetResources() -> dict[str, Resource]:
    """Return the files that belong to every page of ours, by path."""
    return {path: Resource(AssetAnswer, kind, content) for path, (kind, content) in assets().files.items()}
