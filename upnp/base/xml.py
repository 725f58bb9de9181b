"""XML text written and read: elements, escaping, and a reader that is safe to give a stranger's bytes to.

Reading is expat's, which the standard library brings; it is loaded when first needed. Knows nothing of UPnP.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ..Errors import MessageError
from .limits import Limits

if TYPE_CHECKING:
    from pyexpat import XMLParserType

__all__ = [
    'Element',
    'Node',
    'Template',
    'checkText',
    'escape',
    'escapeInTemplate',
    'forbiddenCharacter',
    'parse',
    'render',
]

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
INDENT = '  '
SEPARATOR = ' '  # of namespace and name in what expat tells; no name has one
MAX_NAMESPACE = 512  # characters; expat tells it anew with every name, so a long one would be copied thousands of times
SMALL_BYTES = 8192  # of a document: too few for namespaces to be multiplied in
PIECE_BYTES = 8192  # that are given to expat at a time: where it is stopped, it goes on to the end of them
UTF_16_MARKS = (b'\xff\xfe', b'\xfe\xff')
# Letters that XML parsers agree on: those of XML 1.0's fourth edition in ASCII and in the scripts most in use.
LETTERS = (
    'A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u0131\u0134-\u013e\u0141-\u0148\u014a-\u017e'
    '\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce\u0401-\u040c\u040e-\u044f\u0451-\u045c\u045e-\u0481\u0490-\u04c4'
    '\u05d0-\u05ea\u0641-\u064a\u3041-\u3094\u30a1-\u30fa\u4e00-\u9fa5\uac00-\ud7a3'
)


class Template(str):
    """Text whose ``{names}`` are to be filled in after rendering; in any other text a brace is escaped."""

    __slots__ = ()


class Element(NamedTuple):
    """An element with either text or child elements.

    :param name: the qualified name as it is written.
    :param content: raw text, escaped when rendered (in a document that is a template), or the children in order.
    """

    name: str
    content: 'str | tuple[Element, ...]' = ''
    attributes: Mapping[str, str] = MappingProxyType({})


def forbiddenCharacter(text: str) -> str | None:
    """Return the first character that XML 1.0 cannot carry, not even escaped; ``None`` when there is none."""
    if text.isprintable():  # none of them is; it saves the look at each character of nearly every text
        return None
    return next((character for character in text if not isChar(character)), None)


def isChar(character: str) -> bool:
    """Tell whether XML 1.0 §2.2 counts it as a Char: not the controls, the surrogates, U+FFFE and U+FFFF."""
    return (
        ' ' <= character <= '\ud7ff'
        or '\ue000' <= character <= '\ufffd'
        or character > '\uffff'
        or character in '\t\n\r'
    )


def checkText(text: str) -> None:
    """Check that a text can be put into XML.

    :raises ValueError: a character that XML 1.0 cannot carry.
    """
    if (character := forbiddenCharacter(text)) is not None:
        raise ValueError(f'XML cannot carry the character {character!r}')


def escape(text: str) -> str:
    """Return ``text`` for use in content and in double-quoted attributes.

    :raises ValueError: a character that XML 1.0 cannot carry.
    """
    if text.isalnum():  # as most values are
        return text
    checkText(text)
    escaped = text.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;').replace('"', '&quot;')
    return escaped.replace('\r', '&#13;')


def escapeInTemplate(text: str) -> str:
    """Return ``text`` for use in a document that is a template; its braces are escaped, unless it is one itself.

    :raises ValueError: a character that XML 1.0 cannot carry.
    """
    return escape(text) if isinstance(text, Template) else escape(text).replace('{', '&#123;')


def render(root: Element) -> str:
    """Return a document, indented and stable to the byte, that ends with a newline."""
    return DECLARATION + ''.join(lines(root, ''))


def lines(element: Element, indent: str) -> Iterable[str]:
    """Yield the lines of one element, each with its newline."""
    head = element.name + ''.join(f' {name}="{escapeInTemplate(value)}"' for name, value in element.attributes.items())
    if not element.content:
        yield f'{indent}<{head}/>\n'
    elif isinstance(element.content, str):
        yield f'{indent}<{head}>{escapeInTemplate(element.content)}</{element.name}>\n'
    else:
        yield f'{indent}<{head}>\n'
        for child in element.content:
            yield from lines(child, indent + INDENT)
        yield f'{indent}</{element.name}>\n'


# Reading


class Node(NamedTuple):
    """An element that was read.

    :param namespace: empty without one; which prefix stood for it is not kept.
    :param attributes: by name; one with a namespace as ``'namespace name'``.
    :param text: its own character data, CDATA included, as it stands.
    """

    namespace: str
    name: str
    attributes: Mapping[str, str]
    children: 'tuple[Node, ...]'
    text: str

    def child(self, name: str) -> 'Node | None':
        """Return the first child of this name, of any namespace."""
        return next(self.all(name), None)

    def all(self, name: str) -> 'Iterator[Node]':
        """Yield the children of this name, of any namespace."""
        return (node for node in self.children if node.name == name)


def parse(source: str | bytes, limits: Limits | None = None) -> Node:
    """Return the root element of a document, of which comments and processing instructions are skipped.

    :param source: bytes are UTF-8 whatever they declare, or UTF-16 with a byte order mark.
    :param limits: for depth, elements and attributes.
    :raises MessageError: not well-formed, beyond a limit, or with a document type declaration, which alone can define
        entities: SOAP 1.1 §3 and UDA 1.1 §2.2 have none.
    """
    from pyexpat import ExpatError, ParserCreate  # here, as a device that nobody calls needs no parser

    reader = Reader(limits or Limits())
    expat = ParserCreate('utf-8', SEPARATOR)
    expat.buffer_text = True
    expat.StartElementHandler = reader.start
    expat.EndElementHandler = reader.end
    expat.CharacterDataHandler = reader.characters
    expat.StartNamespaceDeclHandler = reader.namespace
    expat.StartDoctypeDeclHandler = reader.doctype
    try:
        document = encoded(source)
        if len(document) > SMALL_BYTES:
            # Before it tells of an element, expat writes the namespace out with each attribute: a long one that is
            # declared beside many would fill gigabytes. So a first reading knows no namespaces, and looks at these.
            bounds = Bounds(limits or Limits())
            first = ParserCreate('utf-8')
            first.StartElementHandler = bounds.start
            first.EndElementHandler = bounds.end
            first.StartDoctypeDeclHandler = reader.doctype
            feed(first, document)
        expat.Parse(document, True)
    except (ExpatError, UnicodeError) as error:
        raise MessageError(f'not well-formed XML: {error}') from error
    return reader.root


def encoded(source: str | bytes) -> bytes:
    """Return a document as UTF-8.

    :raises UnicodeError: it cannot be decoded.
    """
    if isinstance(source, bytes):
        if not source.startswith(UTF_16_MARKS):
            return source
        source = source.decode('utf-16')
    return source.encode()


def feed(expat: 'XMLParserType', document: bytes) -> None:
    """Have a document read in pieces, longer ones while a tag does not end: with each it is looked at anew."""
    view, start = memoryview(document), 0
    while start < len(view):
        waiting = start - max(expat.CurrentByteIndex, 0)
        end = start + max(PIECE_BYTES, waiting)
        expat.Parse(view[start:end], False)
        start = end
    expat.Parse(b'', True)


class Bounds:
    """Counts what expat tells of, and stops it at a limit."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._count = 0
        self._depth = 0

    def begin(self, attributes: int) -> None:
        """Take an element with so many attributes, declarations of namespaces among them."""
        self._count += 1
        self._depth += 1
        if self._depth > self._limits.maxXmlDepth:
            raise MessageError(f'XML deeper than {self._limits.maxXmlDepth} elements')
        if self._count > self._limits.maxXmlElements:
            raise MessageError(f'XML with more than {self._limits.maxXmlElements} elements')
        if attributes > self._limits.maxXmlAttributes:
            raise MessageError(f'XML with {attributes} attributes at one element')

    def end(self, _name: str) -> None:
        """End the last one that has not ended."""
        self._depth -= 1

    def start(self, _name: str, attributes: dict[str, str]) -> None:
        """Begin an element in a reading that knows no namespaces: each is an attribute as it was written."""
        self.begin(len(attributes))
        for name, value in attributes.items():
            if name.startswith('xmlns'):
                checkNamespace(value)


class Reader:
    """Builds the tree from what expat tells, and stops it at a limit."""

    def __init__(self, limits: Limits) -> None:
        self._bounds = Bounds(limits)
        self._declared = 0
        self._open: list[tuple[str, dict[str, str], list[Node], list[str]]] = [('', {}, [], [])]

    @property
    def root(self) -> Node:
        """The root element, once all is read."""
        return self._open[0][2][0]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        self._bounds.begin(len(attributes) + self._declared)
        self._declared = 0
        self._open.append((name, attributes, [], []))

    def end(self, told: str) -> None:
        """End it."""
        self._bounds.end(told)
        name, attributes, children, texts = self._open.pop()
        namespace, _, local = name.rpartition(SEPARATOR)
        self._open[-1][2].append(Node(namespace, local, attributes, tuple(children), ''.join(texts)))

    def characters(self, text: str) -> None:
        """Take character data."""
        self._open[-1][3].append(text)

    def namespace(self, _prefix: str | None, name: str | None) -> None:
        """Refuse a long one; each is declared by an attribute of the element that begins next."""
        self._declared += 1
        checkNamespace(name or '')

    def doctype(self, *_declaration: object) -> None:
        """Refuse it, before an entity is defined."""
        raise MessageError('XML with a document type declaration')


def checkNamespace(name: str) -> None:
    """Refuse a long one."""
    if len(name) > MAX_NAMESPACE:
        raise MessageError(f'XML with a namespace of {len(name)} characters')
