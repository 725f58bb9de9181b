"""What others than UDA put into a device's description (UDA 1.1 §2.7): Windows' elements, and any in a namespace.

It knows their names, their forms and what makes one wrong, and refuses to know what a reader does with them.
"""

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar, NamedTuple, Protocol

from ..base.xml import LETTERS, MAX_NAMESPACE, Element, Template, forbiddenCharacter
from ..Errors import DescriptionError
from .elements import Children, _BaseObj

__all__ = [
    *('DEVICE_NAMESPACE', 'WINDOWS_ELEMENTS', 'Extension', 'checkVendorElements', 'comparable', 'hostTemplate'),
    'plainText',
    *('vendorElements', 'vendorOddities'),
]

DEVICE_NAMESPACE = 'urn:schemas-upnp-org:device-1-0'
PNPX_NAMESPACE = 'http://schemas.microsoft.com/windows/pnpx/2005/11'
FOUNDATION_NAMESPACE = 'http://schemas.microsoft.com/windows/2008/09/devicefoundation'
RESERVED_NAMESPACES = ('http://www.w3.org/XML/1998/namespace', 'http://www.w3.org/2000/xmlns/')
MAX_DEPTH = 8  # of extensions in extensions: readers bound the depth of a document, ours to 32 elements
EXAMPLE = 'such as urn:schemas-example-org:device-1-0'

# As texts, compiled when first needed: an import of the package needs none of them.
GUID = r'(?i)(\{)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?(1)\})\Z'
URI = r'[^\s\x00-\x20\x7f"<>\\^`{|}]+\Z'  # RFC 3986 has none of them, and readers stumble over }
ASCII_NAME = r'[A-Za-z_][A-Za-z0-9_.-]*\Z'
ANY_NAME = rf'[{LETTERS}][{LETTERS}0-9.-]*\Z'


class WindowsElement(NamedTuple):
    """How one of Windows' elements is written."""

    prefix: str
    namespace: str
    name: str


WINDOWS_ELEMENTS = {  # by the device's attribute, in the order they are written
    'hardwareId': WindowsElement('pnpx', PNPX_NAMESPACE, 'X_hardwareId'),
    'compatibleId': WindowsElement('pnpx', PNPX_NAMESPACE, 'X_compatibleId'),
    'deviceCategory': WindowsElement('pnpx', PNPX_NAMESPACE, 'X_deviceCategory'),
    'containerId': WindowsElement('df', FOUNDATION_NAMESPACE, 'X_containerId'),
}
ATTRIBUTES = {(element.namespace, element.name): name for name, element in WINDOWS_ELEMENTS.items()}


class Extended(Protocol):
    """What has extensions: a device, and an extension."""

    @property
    def extensions(self) -> 'Children[Extension]':
        """Those directly in it."""


class Extension(_BaseObj):
    """An element of a vendor's in a device's description (UDA 1.1 §2.7), for readers that know its namespace.

    It has a ``value``, a text or a number, in which ``{host}`` stands for the device's address, or further
    ``extensions`` in it. One in another needs no ``namespace`` if it is the other's. The ``prefix`` is for readers that
    want a certain one; others do not care, and it is not compared.
    """

    __module__ = 'upnp.Objects'

    _childKinds: ClassVar[Mapping[str, type[_BaseObj]]] = {}

    namespace: str | None = None
    name: str | None = None
    value: str | float | None = None
    prefix: str | None = None
    extensions: 'Children[Extension]'

    def _described(self) -> tuple[object, ...]:
        value = '' if self.value is None else str(self.value).strip()  # as it is read
        return namespaceOf(self), self.name, value, self.extensions


Extension._childKinds = {'extensions': Extension}


def namespaceOf(extension: Extension) -> str | None:
    """Return the namespace that an extension is in: its own, or that of the one it is in."""
    outer = extension._parent
    return extension.namespace or (namespaceOf(outer) if isinstance(outer, Extension) else None)


# Texts


def plainText(value: object, path: str) -> str:
    """Return what goes into an element, a number's text too, empty for None.

    :raises DescriptionError: neither text nor number, or a character that XML cannot carry.
    """
    if value is None:
        return ''
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise DescriptionError(f'{value!r} is neither a text nor a number', path)
    if (character := forbiddenCharacter(str(value))) is not None:
        raise DescriptionError(f'{value!r} has the character {character!r}, which XML cannot carry', path)
    return str(value)


def windowsText(device: object, name: str, path: str) -> str:
    """Return the text of one of Windows' elements, empty when it is unset.

    :param name: of the attribute. A list of IDs or categories becomes one text, with spaces between them.
    :raises DescriptionError: it has another form.
    """
    value, place = getattr(device, name), f'{path}.{name}'
    if name == 'containerId':
        return guidText(value, place)
    if not isinstance(value, list | tuple):
        return plainText(value, place).strip()
    texts = [plainText(one, f'{place}[{index}]') for index, one in enumerate(value)]
    for index, text in enumerate(texts):
        if text.split() != [text]:
            raise DescriptionError(
                f'{text!r} is empty or has white space, which stands between two: give each by itself',
                f'{place}[{index}]',
            )
    return ' '.join(texts)


def guidText(value: object, path: str) -> str:
    """Return a GUID in braces; they may have been left out.

    :raises DescriptionError: it is none.
    """
    if value in (None, ''):
        return ''
    if (found := re.match(GUID, str(value))) is None:
        raise DescriptionError(
            f'{value!r} is no GUID: give one such as {{00a56575-78fa-40fe-b107-8f4b5043a2b0}}, with braces or without',
            path,
        )
    return f'{{{found[2]}}}'


def comparable(device: object) -> tuple[object, ...]:
    """Return Windows' elements of a device for comparison; a GUID is the same in either case."""
    texts: list[object] = []
    for name in WINDOWS_ELEMENTS:
        try:
            text = windowsText(device, name, '')
        except DescriptionError:  # it is not finished, or wrong
            texts.append(getattr(device, name))
        else:
            texts.append(text.lower() if name == 'containerId' else text)
    return tuple(texts)


# What is wrong, and what is odd


def checkVendorElements(device: Extended, path: str) -> None:
    """Check that what vendors add to one device can be described.

    :raises DescriptionError: it cannot.
    """
    for name in WINDOWS_ELEMENTS:
        windowsText(device, name, path)
    for index, extension in enumerate(device.extensions):
        place = f'{path}.extensions[{index}]'
        checkExtension(extension, place, 1)
        if (name := ATTRIBUTES.get((str(extension.namespace), str(extension.name)), '')) != '':
            raise DescriptionError(f"{extension.name!r} of this namespace is the device's {name}: set that", place)


def checkExtension(extension: Extension, path: str, depth: int) -> None:
    """Check one, and those in it."""
    if depth > MAX_DEPTH:
        raise DescriptionError(f'{extension!r} is the {depth}th in one another, and {MAX_DEPTH} are the most', path)
    checkNamespace(extension, path)
    checkName(extension, 'name', path)
    if extension.prefix is not None:
        checkName(extension, 'prefix', path)
    if extension.extensions and plainText(extension.value, f'{path}.value'):
        raise DescriptionError(f'it has the value {extension.value!r} and extensions: leave one out', path)
    plainText(extension.value, f'{path}.value')
    for index, inner in enumerate(extension.extensions):
        checkExtension(inner, f'{path}.extensions[{index}]', depth + 1)


def checkNamespace(extension: Extension, path: str) -> None:
    """Check that it has a namespace, one that is neither UPnP's nor XML's own."""
    if not extension.namespace and namespaceOf(extension):
        return
    if not extension.namespace:
        raise DescriptionError(f"namespace is missing: the vendor's, {EXAMPLE}", path)
    namespace, place = extension.namespace, f'{path}.namespace'
    if not isinstance(namespace, str) or not re.match(URI, namespace) or forbiddenCharacter(namespace) is not None:
        raise DescriptionError(f"{namespace!r} is no URI: give the vendor's, {EXAMPLE}", place)
    if len(namespace) > MAX_NAMESPACE:
        raise DescriptionError(f'it has {len(namespace)} characters, and {MAX_NAMESPACE} are the most', place)
    if namespace == DEVICE_NAMESPACE:
        raise DescriptionError(f"{namespace!r} is UPnP's own: give the vendor's, {EXAMPLE}", place)
    if namespace in RESERVED_NAMESPACES:
        raise DescriptionError(f"{namespace!r} is XML's own: give the vendor's, {EXAMPLE}", place)


def checkName(extension: Extension, element: str, path: str) -> None:
    """Check its name, or the prefix before it: XML's names without a colon, and no prefix that XML keeps to itself."""
    name = getattr(extension, element)
    if name is None:
        raise DescriptionError(f'{element} is missing: such as X_Floor', path)
    if not isinstance(name, str) or not re.match(ASCII_NAME if name.isascii() else ANY_NAME, name):
        raise DescriptionError(
            f'{name!r} may only have letters, digits, _, - and ., and begins with a letter or _', f'{path}.{element}'
        )
    if element == 'prefix' and name[:3].lower() == 'xml':
        raise DescriptionError(f'{name!r} begins with xml, as those of XML itself do: take another', f'{path}.prefix')


def vendorOddities(device: object, path: str) -> Iterator[str]:
    """Yield what Windows wants otherwise of one device, a sentence each."""
    ids = [name for name in ('hardwareId', 'compatibleId') if windowsText(device, name, path)]
    if ids and not windowsText(device, 'deviceCategory', path):  # that one alone does no harm: it says what is shown
        yield (
            f'{path}.{ids[0]} stands without a deviceCategory: to install a device, Windows wants them together; '
            'to list it, Windows needs none of them'
        )


# Rendering


def hostTemplate(text: str) -> str:
    """Return a text, such as a URL, in which ``{host}``, and no other brace, is filled in when it is served."""
    return Template(text) if text.count('{') == text.count('{host}') else text


class Scope(NamedTuple):
    """What an element without a prefix and a namespace of its own is written with."""

    prefix: str | None
    namespace: str | None


NOWHERE = Scope(None, None)


def vendorElements(device: Extended) -> Iterator[Element]:
    """Yield what vendors add to a device that was checked: Windows' elements, then the others in order."""
    for name, (prefix, namespace, element) in WINDOWS_ELEMENTS.items():
        if text := windowsText(device, name, 'device'):
            content = Template(text) if name == 'containerId' else text  # whose braces stand for themselves
            yield Element(f'{prefix}:{element}', content, {f'xmlns:{prefix}': namespace})
    for extension in device.extensions:
        yield extensionElement(extension, NOWHERE)


def extensionElement(extension: Extension, outer: Scope) -> Element:
    """Return an extension; its namespace is declared where it or its prefix is another than the outer one's."""
    scope = Scope(extension.prefix, extension.namespace or outer.namespace)
    if scope.namespace == outer.namespace and scope.prefix in (None, outer.prefix):
        scope, declaration = outer, {}
    else:
        declaration = {f'xmlns:{scope.prefix}' if scope.prefix else 'xmlns': str(scope.namespace)}
    name = f'{scope.prefix}:{extension.name}' if scope.prefix else str(extension.name)
    inner = tuple(extensionElement(one, scope) for one in extension.extensions)
    return Element(name, inner or hostTemplate(plainText(extension.value, 'value')), declaration)
