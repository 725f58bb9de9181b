"""The page of a device: what a double click in a network folder opens.

It is made when the device is announced, all but the present values; these are filled in when it is read. It knows what
is shown and how, and refuses to know how a page travels or how its news do.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from ._xml import escape
from .Description import Places, isEvented, textOf
from .Objects import Device, Service

__all__ = ['Page', 'Parts', 'renderPage']

SHOWN = {'manufacturer': 'Manufacturer', 'modelName': 'Model', 'modelNumber': 'Number', 'serialNumber': 'Serial number'}

Piece: TypeAlias = str | Callable[[], str]  # of a page: as it stands, or what a present value looks like


class Parts(NamedTuple):
    """What a page is made of besides the device.

    :param html: the document, with ``{names}`` where something of the device goes.
    :param style: the path of its style sheet.
    :param script: the path of its script.
    """

    html: str
    style: str
    script: str


class Page:
    """The page of a root device.

    :param pieces: of the document, in order.
    :param services: those whose news it shows, each with the key that they are told under.
    """

    __slots__ = ('_pieces', 'services')

    def __init__(self, pieces: Sequence[Piece], services: Sequence[tuple[Service, str]]) -> None:
        self._pieces = tuple(pieces)
        self.services = tuple(services)

    def body(self) -> bytes:
        """Return the document with the present values."""
        return ''.join(piece if isinstance(piece, str) else piece() for piece in self._pieces).encode()


def renderPage(root: Device, places: Places, parts: Parts, configId: int) -> Page:
    """Return the page of a root device.

    :param configId: by which the page finds out that the device has been described anew.
    """
    values = {
        'name': escape(textOf(root, 'friendlyName', 'device')),
        'description': escape(places.description),
        'style': escape(parts.style),
        'script': escape(parts.script),
        'live': escape(places.live),
        'configId': str(configId),
        'items': ''.join(items(root)),
    }
    services = [(service, base) for service, base in places.services if isEvented(service)]
    return Page([parts.html.format_map(values)], services)


def items(root: Device) -> Iterator[str]:
    """Yield a list item for each element that is set, and for each embedded device."""
    for name, label in SHOWN.items():
        if text := textOf(root, name, 'device'):
            yield f'<li>{label}: {escape(text)}</li>\n'
    for device in root.devices:
        yield f'<li>{escape(textOf(device, "friendlyName", "device"))}</li>\n'
