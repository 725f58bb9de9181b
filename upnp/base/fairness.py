"""Things that wait for their turn: of each owner one after the other, so that nobody gains by having many."""

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

__all__ = ['Turns']

Thing = TypeVar('Thing', bound=Hashable)


class Turns(Generic[Thing]):
    """A queue in which the owners take turns, and each one's things keep their order."""

    def __init__(self) -> None:
        self._ofOwner: OrderedDict[str, dict[Thing, None]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Thing]:
        return (thing for own in self._ofOwner.values() for thing in own)

    def add(self, owner: str, thing: Thing) -> None:
        """Put one at the end of its owner's; a second time is harmless."""
        own = self._ofOwner.setdefault(owner, {})
        self._length += thing not in own
        own[thing] = None

    def discard(self, owner: str, thing: Thing) -> None:
        """Take one out, if it is there."""
        own = self._ofOwner.get(owner, {})
        if thing in own:
            del own[thing]
            self._length -= 1
            if not own:
                del self._ofOwner[owner]

    def pop(self) -> Thing:
        """Take out the next one.

        :raises KeyError: there is none.
        """
        if not self._length:
            raise KeyError('nobody waits')
        owner, own = next(iter(self._ofOwner.items()))
        thing = next(iter(own))
        self._ofOwner.move_to_end(owner)
        self.discard(owner, thing)
        return thing
