"""Device, Service, Icon and what an SCPD consists of: one model, mutable, that tells its observers when it changed.

An attribute that mirrors an XML element has the element's exact name (UDA 1.1 §2.3, §2.5). The model holds values only:
no socket, task, loop or file. What is missing or wrong is found by :mod:`upnp.description.writing` when a device is
announced, so that objects can be filled in any order.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

from ..Errors import DescriptionError
from .declaration import RESERVED, Declaration, declaredIn
from .elements import Children, _BaseObj
from .scpd import Action, Argument, StateVariable, checkScpd
from .vendor import Extension, comparable

if TYPE_CHECKING:
    from uuid import UUID
else:  # its module is for those who have one; until then a hint says what it supports
    from typing import SupportsInt as UUID

__all__ = ['Action', 'Argument', 'Children', 'Device', 'Extension', 'Icon', 'Service', 'StateVariable']

# The first bytes of the picture formats that devices use; SVG has none and wants its mimetype given.
MAGIC = {
    b'\x89PNG\r\n\x1a\n': 'image/png',
    b'\xff\xd8\xff': 'image/jpeg',
    b'GIF8': 'image/gif',
    b'BM': 'image/bmp',
    b'\0\0\1\0': 'image/x-icon',
}
PNG_HEADER_BYTES = 29
PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type; PNG specification §11.2.2
TEXT_ELEMENTS = {  # in the template's order, with the length they SHOULD stay under (UDA 1.1 §2.3)
    'deviceType': None,
    'friendlyName': 64,
    'manufacturer': 64,
    'manufacturerURL': None,
    'modelDescription': 128,
    'modelName': 32,
    'modelNumber': 32,
    'modelURL': None,
    'serialNumber': 64,
    'UDN': None,
    'UPC': None,
}


class FilePath(Protocol):
    """What names a file besides a text: ``pathlib.Path`` and the like."""

    def __fspath__(self) -> str:
        """Return the path as a text."""


class Icon(_BaseObj):
    """A picture of a device (UDA 1.1 §2.3), from one of ``path``, ``data`` or ``url``.

    A path is read when the device is announced. ``mimetype`` is told from the first bytes, and ``width``, ``height``
    (pixels) and ``depth`` (bits per pixel) from a PNG; for other formats, and for a ``url``, give them yourself.
    Windows draws its own icon for a device's category and does not use these.
    """

    __module__ = 'upnp.Objects'

    _labels = ('path', 'url', 'mimetype')
    _compared = ('mimetype', 'width', 'height', 'depth')

    path: str | FilePath | None = None
    data: bytes | None = None
    url: str | None = None
    mimetype: str | None = None
    width: int | None = None
    height: int | None = None
    depth: int | None = None

    _content: bytes | None = None
    _measured: Mapping[str, object] = {}

    @property
    def content(self) -> bytes | None:
        """The bytes to serve; None for a ``url``, and for a ``path`` that has not been read."""
        return self._content

    def load(self, content: bytes) -> None:
        """Take the bytes to serve, and fill in what they tell and nobody has set."""
        measured = measure(content)
        for name in ('mimetype', 'width', 'height', 'depth'):
            if getattr(self, name) in (None, self._measured.get(name)):
                object.__setattr__(self, name, measured.get(name))  # read, not changed: nobody is told
        self._content, self._measured = content, measured


def measure(content: bytes) -> dict[str, object]:
    """Return what a picture's first bytes tell: ``mimetype``, and of a PNG ``width``, ``height`` and ``depth``."""
    mimetype = next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), None)
    if mimetype is None:
        return {}
    if mimetype != 'image/png' or len(content) < PNG_HEADER_BYTES or content[12:16] != b'IHDR':
        return {'mimetype': mimetype}
    width, height = int.from_bytes(content[16:20], 'big'), int.from_bytes(content[20:24], 'big')
    depth = content[24] * PNG_CHANNELS.get(content[25], 1)
    return {'mimetype': mimetype, 'width': width, 'height': height, 'depth': depth}


class Service(_BaseObj):
    """A service on a device (UDA 1.1 §2.3): a subclass, or filled from a dict, keywords, attributes or an SCPD.

    A subclass declares its state variables as attributes and its actions by :func:`upnp.action`. ``SCPDURL``,
    ``controlURL`` and ``eventSubURL`` are the announcer's to choose; set one only when something else serves it.
    Without a ``serviceId`` one is made from the ``serviceType``.

    :raises DescriptionError: actions or state variables that cannot be described, when the class or the dict is made.
    """

    __module__ = 'upnp.Objects'

    _childKinds: ClassVar[Mapping[str, type[_BaseObj]]] = {'actions': Action, 'stateVariables': StateVariable}
    _labels = ('serviceId', 'serviceType')
    _compared = ('serviceType', 'serviceId', 'SCPDURL', 'controlURL', 'eventSubURL', 'actions', 'stateVariables')
    _declaration: ClassVar[Declaration] = Declaration()

    serviceType: str | None = None
    serviceId: str | None = None
    SCPDURL: str | None = None
    controlURL: str | None = None
    eventSubURL: str | None = None
    actions: Children[Action]
    stateVariables: Children[StateVariable]

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        cls._declaration = declaredIn(cls)

    def __init__(self, obj: Mapping[str, object] | None = None, **elements: object) -> None:
        super().__init__()
        self.stateVariables, self.actions = self._declaration.copies(self)  # type: ignore[assignment]
        self._take(obj, elements)
        checkScpd(self.actions, self.stateVariables, repr(self))

    def __setattr__(self, name: str, value: object) -> None:
        if name in RESERVED:
            raise TypeError(f'{type(self).__name__}: {name!r} is an attribute of our own: call yours otherwise')
        if isinstance(getattr(type(self), name, None), StateVariable):
            object.__setattr__(self, name, value)  # a value, no element
        else:
            super().__setattr__(name, value)

    @classmethod
    def fromXml(cls, text: str | bytes, obj: Mapping[str, object] | None = None, **elements: object) -> Self:
        """Return a service with the actions and state variables of an SCPD (UDA 1.1 §2.5).

        An SCPD does not tell the ``serviceType``: give it as another element. A subclass's method that bears an
        action's name becomes its function; else set ``service.actions['GetStatus'].function``.

        :param text: the document; bytes are UTF-8, or UTF-16 with a byte order mark.
        :param obj: further elements as a dict, or by keyword.
        :raises DescriptionError: it is no XML, or no SCPD.
        """
        from .reading import fillService  # here, as reading XML is only for those who do

        service = cls(obj, **elements)
        fillService(service, text)
        return service


class Device(_BaseObj):
    """A UPnP device on the network (UDA 1.1 §2.3), with services, icons and embedded devices of any depth.

    ``deviceType`` and ``friendlyName`` are needed when it is announced; what else UDA requires gets an honest
    default, and what it does not is left out when unset. ``{host}`` in ``presentationURL`` stands for the device's
    address on the reader's network.

    ``deviceCategory``, ``hardwareId`` and ``compatibleId`` are Windows' PnP-X elements, each a text or a list of them.
    ``containerId`` is a GUID, with braces or without, of the physical thing that Windows sees in other ways too. What
    else a vendor wants in the description goes into ``extensions``.
    """

    __module__ = 'upnp.Objects'

    _labels = ('friendlyName', 'deviceType')
    _compared = (
        *('deviceType', 'friendlyName', 'manufacturer', 'manufacturerURL', 'modelDescription', 'modelName'),
        *('modelNumber', 'modelURL', 'serialNumber', 'UDN', 'UPC', 'presentationURL', 'extensions'),
        *('icons', 'services', 'devices'),
    )

    deviceType: str | None = None
    friendlyName: str | None = None
    manufacturer: str | None = None
    manufacturerURL: str | None = None
    modelDescription: str | None = None
    modelName: str | None = None
    modelNumber: str | None = None
    modelURL: str | None = None
    serialNumber: str | None = None
    UPC: str | None = None
    presentationURL: str | None = None
    deviceCategory: str | Sequence[str] | None = None
    hardwareId: str | Sequence[str] | None = None
    compatibleId: str | Sequence[str] | None = None
    containerId: str | UUID | None = None
    icons: Children[Icon]
    services: Children[Service]
    devices: 'Children[Device]'
    extensions: Children[Extension]

    def _described(self) -> tuple[object, ...]:
        return (*super()._described(), *comparable(self))

    _uuid: str | None = None
    _bootId: int | None = None

    @property
    def bootId(self) -> int | None:
        """The BOOTID of its last announcement (UDA 1.1 §1.2.2); None when there was none in this process."""
        return self._bootId

    def boot(self, bootId: int) -> None:
        """Note the BOOTID it is announced with, so that the next start takes a greater one."""
        self._bootId = bootId

    @property
    def uuid(self) -> str | None:
        """The UUID, the same for the life of the device; None until it is given, or derived when announced.

        A prefix ``uuid:`` is accepted and cut off. It cannot be changed while the device is announced.
        """
        return self._uuid

    @uuid.setter
    def uuid(self, value: object) -> None:
        text = None if value is None else str(value)
        if text is not None and text[:5].lower() == 'uuid:':
            text = text[5:]
        if text == self._uuid:
            return
        if self._uuid is not None and self._root()._observers:
            raise DescriptionError(
                f'uuid {self._uuid!r} is fixed while the device is announced: stop the announcer first'
            )
        self._uuid = text

    @classmethod
    def fromXml(cls, text: str | bytes) -> Self:
        """Return the device of a description (UDA 1.1 §2.3), with its icons, services and embedded devices.

        Its services are without actions and state variables: those stand in their SCPDs, see :meth:`Service.fromXml`.
        Relative URLs are left out, as the announcer lays out its own; an icon's ``path`` or ``data`` is to be set.

        :param text: the document; bytes are UTF-8, or UTF-16 with a byte order mark.
        :raises DescriptionError: it is no XML, or no description of a device.
        """
        from .reading import fillDevice  # here, as reading XML is only for those who do

        device = cls()
        fillDevice(device, text)
        return device

    @property
    def isEmbedded(self) -> bool:
        """Tell whether it is part of another device."""
        return self._parent is not None

    @property
    def UDN(self) -> str | None:
        """``uuid:`` and the UUID: the prefix of every USN (UDA 1.1 §1.2.2); None without a UUID."""
        return None if self._uuid is None else f'uuid:{self._uuid}'

    def addDevice(self, device: 'Device') -> None:
        """Add an embedded device.

        :raises DescriptionError: it belongs to a device already, or to itself.
        """
        self.devices.append(device)

    def addService(self, service: Service) -> None:
        """Add a service.

        :raises DescriptionError: it belongs to a device already.
        """
        self.services.append(service)

    def addIcon(self, icon: Icon) -> None:
        """Add an icon.

        :raises DescriptionError: it belongs to a device already.
        """
        self.icons.append(icon)

    def family(self) -> 'Iterator[Device]':
        """Yield this device and every embedded one, parents first (the order of UDA 1.1 §1.2.2)."""
        yield self
        for child in self.devices:
            yield from child.family()


Device._childKinds = {'icons': Icon, 'services': Service, 'devices': Device, 'extensions': Extension}
