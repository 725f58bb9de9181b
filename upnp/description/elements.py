"""The ground of the model: an object with named elements and lists of children, that tells its observers of a change.

It holds values only, and refuses to know what any element means.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableSequence
from typing import ClassVar, Generic, Self, TypeVar, overload

from ..Errors import DescriptionError

__all__ = ['Children', '_BaseObj']

PACKAGE = __name__.partition('.')[0]


class _BaseObj:
    """Base of the model: elements from a dict, keywords or attributes, and the news of a change.

    :param obj: a mapping of element names to values; keywords say the same and win.
    :raises TypeError: a name that no element has; the nearest right one is named.
    """

    __module__ = 'upnp.Objects'

    _childKinds: ClassVar[Mapping[str, 'type[_BaseObj]']] = {}
    _parent: '_BaseObj | None' = None
    _observers: tuple[Callable[[], None], ...] = ()
    _valueObservers: tuple[Callable[['_BaseObj', '_BaseObj'], None], ...] = ()

    def __init__(self, obj: Mapping[str, object] | None = None, **elements: object) -> None:
        for name, kind in self._childKinds.items():
            object.__setattr__(self, name, Children(self, kind))
        self._take(obj, elements)

    def _take(self, obj: Mapping[str, object] | None, elements: Mapping[str, object]) -> None:
        """Set what a dict and keywords say."""
        if obj is not None and not isinstance(obj, Mapping):
            raise TypeError(f'{type(self).__name__} takes a dict or keywords, not {obj!r}')
        given = {**(obj or {}), **elements}
        for name in sorted(given, key=lambda name: self._late.index(name) if name in self._late else -1):
            if name not in self._elementNames():
                raise TypeError(self._unknown(name))
            setattr(self, name, given[name])

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith('_'):
            object.__setattr__(self, name, value)
        elif name in self._childKinds:
            getattr(self, name)[:] = value
        elif not hasattr(self._kind(), name) and not callable(getattr(type(self), name, None)):
            if type(self) is self._kind():
                raise TypeError(self._unknown(name))
            object.__setattr__(self, name, value)  # a subclass may keep what it likes
        elif callable(getattr(type(self), name)):
            raise TypeError(self._unknown(name))
        elif isinstance(value, list):
            self.__setattr__(name, tuple(value))  # so that it cannot change behind our back
        elif getattr(self, name) != value:
            object.__setattr__(self, name, value)
            self._changed()

    def __eq__(self, other: object) -> bool:
        """Tell whether another object of the same kind describes the same, children included."""
        if not isinstance(other, _BaseObj) or self._kind() is not other._kind():
            return NotImplemented
        return self._described() == other._described()

    __hash__ = None  # type: ignore[assignment]  # equal ones are not the same one, and each can change

    def __repr__(self) -> str:
        label = next((value for name in self._labels if (value := getattr(self, name, None)) is not None), '')
        return f'<{type(self).__name__} {label!r}>'

    _labels: ClassVar[tuple[str, ...]] = ('name',)

    _late: ClassVar[tuple[str, ...]] = ()  # what is set after all else, in this order

    _compared: ClassVar[tuple[str, ...]] = ()

    def _described(self) -> tuple[object, ...]:
        """Return what counts when two objects are compared: what a description says of them."""
        return tuple(getattr(self, name) for name in self._compared)

    def _copy(self) -> Self:
        """Return another object with the same elements and copies of the children, without a parent."""
        twin = type(self)()
        for name in self._elementNames():
            value = getattr(self, name)
            setattr(twin, name, [child._copy() for child in value] if name in self._childKinds else value)
        return twin

    @classmethod
    def _kind(cls) -> type:
        """Return the class of this package that it is, or is derived from."""
        return next(kind for kind in cls.__mro__ if kind.__module__.partition('.')[0] == PACKAGE)

    @classmethod
    def _elementNames(cls) -> list[str]:
        """Return the public attributes that can be set, in the order they are written here."""
        names = [name for kind in reversed(cls.__mro__) for name in vars(kind) if not name.startswith('_')]
        return [*cls._childKinds, *dict.fromkeys(name for name in names if _settable(getattr(cls, name)))]

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
        object.__setattr__(self, '_observers', (*self._observers, notice))

    def removeObserver(self, notice: Callable[[], None]) -> None:
        """Undo :meth:`addObserver`; an unknown one is no error."""
        object.__setattr__(self, '_observers', tuple(known for known in self._observers if known != notice))

    def _valueSet(self) -> None:
        """Tell that a value of this object, which no description tells, was set."""
        parent = self._parent
        if parent is not None:
            for notice in self._root()._valueObservers:
                notice(parent, self)

    def addValueObserver(self, notice: 'Callable[[_BaseObj, _BaseObj], None]') -> None:
        """Call ``notice(service, variable)`` after a state variable below got a value, in the thread that gave it."""
        object.__setattr__(self, '_valueObservers', (*self._valueObservers, notice))

    def removeValueObserver(self, notice: 'Callable[[_BaseObj, _BaseObj], None]') -> None:
        """Undo :meth:`addValueObserver`; an unknown one is no error."""
        object.__setattr__(self, '_valueObservers', tuple(known for known in self._valueObservers if known != notice))


def _settable(attribute: object) -> bool:
    return attribute.fset is not None if isinstance(attribute, property) else not callable(attribute)


Kind = TypeVar('Kind', bound=_BaseObj)


class Children(MutableSequence[Kind], Generic[Kind]):
    """The children of one kind: a list that knows its owner, takes dicts as well, and finds children by name.

    ``service.actions['GetStatus']`` and ``service.actions[0]`` both work. A child belongs to one parent. Which child is
    meant (``in``, ``index``, ``remove``) is told by identity: of two equal ones the right one goes.
    """

    __module__ = 'upnp.Objects'

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
            raise KeyError(
                f'{index!r} is not among {", ".join(str(getattr(item, "name", "?")) for item in self._items)}'
            )
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
        return any(item is value for item in self._items)

    def append(self, value: Kind | Mapping[str, object]) -> None:
        """Add a child at the end, or a dict to make one of; the errors are those of :meth:`insert`."""
        self.insert(len(self._items), value)

    def extend(self, values: Iterable[Kind | Mapping[str, object]]) -> None:
        """Add children at the end, all or none; the errors are those of :meth:`insert`."""
        self._replace([*self._items, *values])

    def index(self, value: object, start: int = 0, stop: int | None = None) -> int:
        """Return where a child stands.

        :raises ValueError: it is not here.
        """
        for index in range(*slice(start, stop).indices(len(self._items))):
            if self._items[index] is value:
                return index
        raise ValueError(f'{value!r} is not among {self._items!r}')

    def count(self, value: object) -> int:
        """Return 1 for a child, 0 for anything else."""
        return int(value in self)

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
        seen: set[int] = set()
        for child in children:
            if not swapping and id(child) in seen:
                raise DescriptionError(f'{child!r} is there already: make a second {self._kind.__name__}')
            seen.add(id(child))
        former, self._items = self._items, children
        for item in former:
            object.__setattr__(item, '_parent', None)
        for item in self._items:
            object.__setattr__(item, '_parent', self._owner)
        self._owner._changed()

    def _checked(self, value: object) -> Kind:
        child = self._kind(value) if isinstance(value, Mapping) else value
        if not isinstance(child, self._kind):
            remedy = f': make one of it, {value.__name__}()' if isinstance(value, type) else ''
            raise TypeError(f'{self._owner!r} takes an object of {self._kind.__name__} here, not {value!r}{remedy}')
        if any(name not in vars(child) for name in child._childKinds):
            raise TypeError(f'{child!r} is not complete: its __init__ has to call super().__init__()')
        if child._parent not in (None, self._owner):
            raise DescriptionError(
                f'{child!r} belongs to {child._parent!r} already: make a second {self._kind.__name__}'
            )
        if child is self._owner._root():
            raise DescriptionError(f'{child!r} cannot be put inside itself')
        return child
