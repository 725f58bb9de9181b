"""The files of the page that stand in this package: the document, its style sheet and its script."""

from functools import cache
from typing import NamedTuple
from zlib import crc32

from ._page import Parts

__all__ = ['CSS_TYPE', 'JS_TYPE', 'Assets', 'assets']

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
    style, script = content('_page.css'), content('_page.js')
    stylePath, scriptPath = f'/page-{crc32(style):08x}.css', f'/page-{crc32(script):08x}.js'
    files = {stylePath: (CSS_TYPE, style), scriptPath: (JS_TYPE, script)}
    return Assets(Parts(content('_page.html').decode(), stylePath, scriptPath), files)


def content(name: str) -> bytes:
    """Return a file of this package, from wherever its modules are loaded.

    :raises FileNotFoundError: it was installed without.
    """
    from pkgutil import get_data  # here, as an import of the package alone needs it not

    read = get_data(__name__.partition('.')[0], name)
    if read is None:
        raise FileNotFoundError(f'{name} of the package cannot be read: install it anew')
    return read
