"""Building XML text: elements, escaping, the characters XML 1.0 allows. Knows nothing of UPnP."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ['Element', 'Template', 'escape', 'forbiddenCharacter', 'render']

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
INDENT = '  '


class Template(str):
    """Text whose ``{names}`` are to be filled in after rendering; in any other text a brace is escaped."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Element:
    """An element with either text or child elements.

    :param name: the qualified name as it is written.
    :param content: raw text, escaped when rendered, or the children in order.
    """

    name: str
    content: 'str | tuple[Element, ...]' = ''
    attributes: Mapping[str, str] = field(default_factory=dict)


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


def escape(text: str) -> str:
    """Return ``text`` for use in content and in double-quoted attributes.

    :raises ValueError: a character that XML 1.0 cannot carry.
    """
    if (character := forbiddenCharacter(text)) is not None:
        raise ValueError(f'XML cannot carry the character {character!r}')
    escaped = text.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;').replace('"', '&quot;')
    escaped = escaped.replace('\r', '&#13;')
    return escaped if isinstance(text, Template) else escaped.replace('{', '&#123;')


def render(root: Element) -> str:
    """Return a document, indented and stable to the byte, that ends with a newline."""
    return DECLARATION + ''.join(lines(root, ''))


def lines(element: Element, indent: str) -> Iterable[str]:
    """Yield the lines of one element, each with its newline."""
    head = element.name + ''.join(f' {name}="{escape(value)}"' for name, value in element.attributes.items())
    if not element.content:
        yield f'{indent}<{head}/>\n'
    elif isinstance(element.content, str):
        yield f'{indent}<{head}>{escape(element.content)}</{element.name}>\n'
    else:
        yield f'{indent}<{head}>\n'
        for child in element.content:
            yield from lines(child, indent + INDENT)
        yield f'{indent}</{element.name}>\n'
