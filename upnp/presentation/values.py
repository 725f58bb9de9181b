"""How a value looks on a page: a state, a number with its gauge, a moment, a link, a picture.

The script of the page shows news by the same rules (``look`` of ``page.js``), so that what was read with the page and
what came later look the same. It refuses to know where a value is shown.
"""

import re
from binascii import a2b_base64, b2a_base64, unhexlify

from ..base.xml import escape
from ..description.device import StateVariable
from ..description.types import NUMERIC_TYPES

__all__ = ['isWebAddress', 'link', 'presentLook', 'readable', 'typeAttributes', 'valueLook']

EMPTY = '<span class="empty">empty</span>'
BYTES = {'bin.base64': a2b_base64, 'bin.hex': unhexlify}
MOMENTS = ('date', 'dateTime', 'dateTime.tz', 'time', 'time.tz')
LONG = 160  # characters of a text that is shown in a box of its own, which scrolls

# Texts, compiled when first needed. What else a browser follows, javascript: for one, is no web address.
WEB_ADDRESS = r'(?i)https?://[^\s\x00-\x1f]+\Z'
WORDS = r'(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})|[\s_.-]+'
ZONE = r'[+-]\d\d:\d\d\Z'
PLAIN_WORD = r'[A-Z][a-z]+[0-9]*\Z'
PICTURES = {
    rb'\x89PNG\r\n\x1a\n': 'image/png',
    rb'\xff\xd8\xff': 'image/jpeg',
    rb'GIF8': 'image/gif',
    rb'RIFF(?s:.{4})WEBP': 'image/webp',
    rb'BM': 'image/bmp',
}


def readable(name: str) -> str:
    """Return a name of a program as people write it: ``Set load level`` for ``SetLoadLevel``."""
    words = [word for word in re.split(WORDS, name) if word]
    lower = [word.lower() if re.match(PLAIN_WORD, word) else word for word in words[1:]]
    return ' '.join([words[0][:1].upper() + words[0][1:], *lower]) if words else name


def isWebAddress(text: str) -> bool:
    """Tell whether a text leads to a web page, and may become a link."""
    return re.match(WEB_ADDRESS, text) is not None


def link(address: str, text: str) -> str:
    """Return a text that leads to an address when that is one of the web, else the text alone."""
    if not isWebAddress(address):
        return escape(text)
    return f'<a href="{escape(address)}" rel="noreferrer">{escape(text)}</a>'


def typeAttributes(variable: StateVariable) -> str:
    """Return the attributes by which the script knows how a variable's values look."""
    limits = variable.describedRange()
    ends = '' if limits is None else f' data-min="{escape(limits[0])}" data-max="{escape(limits[1])}"'
    return f'data-type="{escape(variable.dataType)}"{ends}'


def presentLook(variable: StateVariable) -> str:
    """Return the present value; an empty one while it is changed into something that cannot be told."""
    try:
        return valueLook(variable, variable.text)
    except (TypeError, ValueError, LookupError):
        return EMPTY


def valueLook(variable: StateVariable, text: str) -> str:
    """Return a value of a variable as a piece of a page.

    :param text: as it is on the wire.
    :raises ValueError: it is no value of this type.
    """
    dataType = variable.dataType
    if text == '':
        return EMPTY
    if dataType == 'boolean':
        return '<span class="on">On</span>' if text == '1' else '<span class="off">Off</span>'
    if dataType in BYTES:
        return binaryLook(BYTES[dataType](text), readable(str(variable.name)))
    if dataType in MOMENTS:
        moment = re.sub(ZONE, r' \g<0>', text.replace('T', ' '))
        return f'<time>{escape(moment)}</time>'
    if dataType in NUMERIC_TYPES:
        return numberLook(text, variable.describedRange())
    return textLook(text)


def numberLook(text: str, limits: tuple[str, ...] | None) -> str:
    """Return a number, with a gauge when it has a range."""
    if limits is None:
        return f'<span class="number">{escape(text)}</span>'
    gauge = f'<meter min="{escape(limits[0])}" max="{escape(limits[1])}" value="{escape(text)}" aria-hidden="true">'
    return f'<span class="number">{escape(text)} {gauge}</meter></span>'


def textLook(text: str) -> str:
    """Return a text; an address of the web as a link, a long one in a box that the keyboard reaches."""
    if isWebAddress(text):
        return link(text, text)
    long = ' class="long" tabindex="0"' if len(text) > LONG else ''
    return f'<span{long}>{escape(text)}</span>'


def binaryLook(content: bytes, name: str) -> str:
    """Return a picture, or what else it is as something to save."""
    kind = next((kind for magic, kind in PICTURES.items() if re.match(magic, content)), None)
    letters = b2a_base64(content, newline=False).decode()
    if kind is not None:
        return f'<img src="data:{kind};base64,{letters}" alt="{escape(name)}">'
    save = f'<a href="data:application/octet-stream;base64,{letters}" download="{escape(name)}.bin">'
    return f'{save}{len(content)} bytes</a>'
