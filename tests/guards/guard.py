"""What a guard is: a piece of code that a peer meets, and what is left when it is taken out."""

from pathlib import Path
from typing import NamedTuple

__all__ = ['ROOT', 'Guard']

ROOT = Path(__file__).parents[2]


class Guard(NamedTuple):
    """A guard.

    :param name: what it sees to.
    :param file: in ``upnp``.
    :param text: what stands there, exactly once.
    :param without: what stands in its place when it is taken out.
    :param tests: below ``tests``, at least one of which has to fail then.
    """

    name: str
    file: str
    text: str
    without: str
    tests: tuple[str, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        """The tests as pytest takes them."""
        return tuple(f'tests/{test}' for test in self.tests)

    def pathIn(self, root: Path) -> Path:
        """Return the file below a root."""
        return root / 'upnp' / self.file
