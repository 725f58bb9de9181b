"""Device, Service, Icon and what an SCPD consists of: one model, mutable, that tells its observers when it changed.

An attribute that mirrors an XML element has the element's exact name (UDA 1.1 §2.3, §2.5). The model holds values only:
no socket, task, loop or file. What is missing or wrong is found by :mod:`upnp.Description` when a device is
announced, so that objects can be filled in any order.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableSequence
from typing import ClassVar, Generic, Protocol, TypeVar, overload

from .Errors import DescriptionError

__all__ = ['Action', 'Argument', 'Children', 'Device', 'Icon', 'Service', 'StateVariable']

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


class _BaseObj:
    """Base of the model: elements from a dict, keywords or attributes, and the news of a change.

    :param obj: a mapping of element names to values; keywords say the same and win.
    :raises TypeError: a name that no element has; the nearest right one is named.
    """

    _childKinds: ClassVar[Mapping[str, 'type[_BaseObj]']] = {}
    _parent: '_BaseObj | None' = None
    _observers: tuple[Callable[[], None], ...] = ()

    def __init__(self, obj: Mapping[str, object] | None = None, **elements: object) -> None:
        for name, kind in self._childKinds.items():
            object.__setattr__(self, name, Children(self, kind))
        if obj is not None and not isinstance(obj, Mapping):
            raise TypeError(f'{type(self).__name__} takes a dict or keywords, not {obj!r}')
        for name, value in {**(obj or {}), **elements}.items():
            if name not in self._elementNames():
                raise TypeError(self._unknown(name))
            setattr(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith('_'):
            object.__setattr__(self, name, value)
        elif name in self._childKinds:
            getattr(self, name)[:] = value
        elif not hasattr(type(self), name):
            if type(self).__module__ == __name__:
                raise TypeError(self._unknown(name))
            object.__setattr__(self, name, value)  # a subclass may keep what it likes
        elif callable(getattr(type(self), name)):
            raise TypeError(self._unknown(name))
        elif isinstance(value, list):
            self.__setattr__(name, tuple(value))  # so that it cannot change behind our back
        elif getattr(self, name) != value:
            object.__setattr__(self, name, value)
            self._changed()

    def __repr__(self) -> str:
        label = next((value for name in self._labels if (value := getattr(self, name, None)) is not None), '')
        return f'<{type(self).__name__} {label!r}>'

    _labels: ClassVar[tuple[str, ...]] = ('name',)

    @classmethod
    def _elementNames(cls) -> list[str]:
        """Return the public attributes that can be set, in the order they are written here."""
        names = [name for kind in reversed(cls.__mro__) for name in vars(kind) if not name.startswith('_')]
        return [*cls._childKinds, *(name for name in names if _settable(getattr(cls, name)))]

    def _unknown(self, name: str) -> str:
        from difflib import get_close_matches  # here, as only a mistake needs it

        near = get_close_matches('uuid' if name == 'UDN' else name, self._elementNames(), n=1, cutoff=0.5)
        hint = f'did you mean {near[0]!r}?' if near else f'there are {", ".join(self._elementNames())}'
        return f'{type(self).__name__} has no element {name!r}: {hint}'

    def _root(self) -> '_BaseObj':
        top = self
        while top._parent is not None:
            top = top._parent
        return top

    def _changed(self) -> None:
        for notice in self._root()._observers:
            notice()

    def addObserver(self, notice: Callable[[], None]) -> None:
        """Call ``notice()`` after every change in the tree below; it comes in the thread that made the change."""
        self._observers = (*self._observers, notice)

    def removeObserver(self, notice: Callable[[], None]) -> None:
        """Undo :meth:`addObserver`; an unknown one is no error."""
        self._observers = tuple(known for known in self._observers if known != notice)


def _settable(attribute: object) -> bool:
    return attribute.fset is not None if isinstance(attribute, property) else not callable(attribute)


Kind = TypeVar('Kind', bound=_BaseObj)


class Children(MutableSequence[Kind], Generic[Kind]):
    """The children of one kind: a list that knows its owner, takes dicts as well, and finds children by name.

    ``service.actions['GetStatus']`` and ``service.actions[0]`` both work. A child belongs to one parent.
    """

    def __init__(self, owner: _BaseObj, kind: type[Kind]) -> None:
        self._owner = owner
        self._kind = kind
        self._items: list[Kind] = []

    @overload
    def __getitem__(self, index: int | str) -> Kind: ...
    @overload
    def __getitem__(self, index: slice) -> list[Kind]: ...
    def __getitem__(self, index: int | str | slice) -> Kind | list[Kind]:
        if isinstance(index, str):
            for item in self._items:
                if getattr(item, 'name', None) == index:
                    return item
            raise KeyError(index)
        return self._items[index]

    @overload
    def __setitem__(self, index: int, value: Kind | Mapping[str, object]) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[Kind | Mapping[str, object]]) -> None: ...
    def __setitem__(self, index: int | slice, value: object) -> None:
        items: list[object] = list(self._items)
        if isinstance(index, slice):
            if isinstance(value, Mapping | str | bytes) or not isinstance(value, Iterable):
                raise TypeError(f'a list of {self._kind.__name__} objects or dicts is wanted, not {value!r}')
            items[index] = value
        else:
            items[index] = value
        self._replace(items, swapping=not isinstance(index, slice))

    def __delitem__(self, index: int | slice) -> None:
        items: list[object] = list(self._items)
        del items[index]
        self._replace(items)

    def insert(self, index: int, value: Kind | Mapping[str, object]) -> None:
        """Insert a child, or a dict to make one of.

        :raises TypeError: another kind of object.
        :raises DescriptionError: the child has another parent, or is its own ancestor.
        """
        items: list[object] = list(self._items)
        items.insert(index, value)
        self._replace(items)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._items)

    def __contains__(self, value: object) -> bool:
        if isinstance(value, str):
            return any(getattr(item, 'name', None) == value for item in self._items)
        return value in self._items

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Children | list | tuple) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self._items)

    def _replace(self, items: Iterable[object], *, swapping: bool = False) -> None:
        """Take other children, all or none; the list is a new one, so that who reads the former is not disturbed.

        :param swapping: a child may stand there twice, as it does while two of them change places.
        """
        children = [self._checked(item) for item in items]
        for child in children:
            if not swapping and children.count(child) > 1:
                raise DescriptionError(f'{child!r} is there already: make a second {self._kind.__name__}')
        former, self._items = self._items, children
        for item in former:
            item._parent = None
        for item in self._items:
            item._parent = self._owner
        self._owner._changed()

    def _checked(self, value: object) -> Kind:
        child = self._kind(value) if isinstance(value, Mapping) else value
        if not isinstance(child, self._kind):
            raise TypeError(f'{self._owner!r} takes a {self._kind.__name__} here, not {value!r}')
        if child._parent not in (None, self._owner):
            raise DescriptionError(
                f'{child!r} belongs to {child._parent!r} already: make a second {self._kind.__name__}'
            )
        if child is self._owner._root():
            raise DescriptionError(f'{child!r} cannot be put inside itself')
        return child


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

    _labels = ('path', 'url', 'mimetype')

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


class Argument(_BaseObj):
    """An argument of an action (UDA 1.1 §2.5).

    ``direction`` is ``in`` or ``out``; ``retval`` may mark the first ``out`` one.
    """

    name: str | None = None
    direction: str = 'in'
    relatedStateVariable: str | None = None
    retval: bool = False


class Action(_BaseObj):
    """An action of a service (UDA 1.1 §2.5) with its ``arguments``, the ``in`` ones before the ``out`` ones."""

    _childKinds: ClassVar[Mapping[str, type[_BaseObj]]] = {'arguments': Argument}

    name: str | None = None
    arguments: Children[Argument]


class StateVariable(_BaseObj):
    """A state variable of a service (UDA 1.1 §2.5).

    ``dataType`` is UPnP's name of it, such as ``ui2``. ``allowedValueList`` holds strings, ``allowedValueRange`` is
    ``(minimum, maximum)`` or ``(minimum, maximum, step)``.
    """

    name: str | None = None
    dataType: str = 'string'
    defaultValue: str | int | float | bool | None = None
    sendEvents: bool = False
    multicast: bool = False
    allowedValueList: tuple[str, ...] | None = None
    allowedValueRange: tuple[float, ...] | None = None


class Service(_BaseObj):
    """A service on a device (UDA 1.1 §2.3).

    ``SCPDURL``, ``controlURL`` and ``eventSubURL`` are the announcer's to choose; set one only when something else
    serves it. Without a ``serviceId`` one is made from the ``serviceType``.
    """

    _childKinds: ClassVar[Mapping[str, type[_BaseObj]]] = {'actions': Action, 'stateVariables': StateVariable}
    _labels = ('serviceId', 'serviceType')

    serviceType: str | None = None
    serviceId: str | None = None
    SCPDURL: str | None = None
    controlURL: str | None = None
    eventSubURL: str | None = None
    actions: Children[Action]
    stateVariables: Children[StateVariable]


class Device(_BaseObj):
    """A UPnP device on the network (UDA 1.1 §2.3), with services, icons and embedded devices of any depth.

    ``deviceType`` and ``friendlyName`` are needed when it is announced; what else UDA requires gets an honest
    default, and what it does not is left out when unset. ``deviceCategory``, ``hardwareId`` and ``compatibleId`` are
    Windows' PnP-X elements. ``{host}`` in ``presentationURL`` stands for the device's address on the reader's
    network.
    """

    _labels = ('friendlyName', 'deviceType')

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
    deviceCategory: str | None = None
    hardwareId: str | None = None
    compatibleId: str | None = None
    icons: Children[Icon]
    services: Children[Service]
    devices: 'Children[Device]'

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


Device._childKinds = {'icons': Icon, 'services': Service, 'devices': Device}
