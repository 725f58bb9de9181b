"""Harnesses: bytes of a stranger in, and a check that raises AssertionError when what must hold does not.

Each module has a context manager ``opened``, which gives the check. What is costly is made once and serves every input,
so that thousands can be tried in a second; an input leaves nothing behind that the next one could see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.fuzz.seeds import CALL_CHANGES, CHANGES, CORPUS, VALUE_CHANGES, Change, changed

Check = Callable[[bytes], None]


class Harness(NamedTuple):
    """One target.

    :param module: in this package.
    :param own: the corpus folder that new inputs are added to.
    :param shared: corpus folders of the tests at real sockets, which are seeds here too.
    :param maxBytes: of one input.
    :param changes: of its form, beside those of single bytes.
    """

    module: str
    own: str
    shared: tuple[str, ...]
    maxBytes: int
    changes: tuple[Change, ...]

    def opened(self) -> AbstractContextManager[Check]:
        """Return what makes the check, and ends it."""
        made: AbstractContextManager[Check] = import_module(f'{__name__}.{self.module}').opened()
        return made

    @property
    def folders(self) -> list[Path]:
        """The folders of its corpus."""
        return [CORPUS / name for name in (self.own, *self.shared)]

    @property
    def dictionary(self) -> Path:
        """The words of its inputs, in libFuzzer's form."""
        return CORPUS / f'{self.own}.dict'

    def inputs(self) -> dict[str, bytes]:
        """Return the whole corpus by name."""
        paths = [path for folder in self.folders for path in sorted(folder.iterdir())]
        return {f'{path.parent.name}/{path.name}': path.read_bytes() for path in paths}

    def mutated(self, message: bytes, seeds: Sequence[bytes], rng: Random) -> bytes:
        """Return an input changed in its form."""
        return changed(message, seeds, rng, self.changes)[: self.maxBytes]


HARNESSES = {
    'message': Harness('messages', 'message', ('datagrams', 'requests'), 4096, CHANGES),
    'ssdp': Harness('searches', 'ssdp', ('datagrams',), 9000, CHANGES),
    'http': Harness('connections', 'http', ('requests', 'calls'), 20_000, CHANGES),
    'soap': Harness('calls', 'soap', ('calls',), 10_000, (*CALL_CHANGES, *VALUE_CHANGES, *VALUE_CHANGES)),
    'gena': Harness('subscriptions', 'gena', (), 8000, CHANGES),
    'xml': Harness('documents', 'xml', (), 10_000, CALL_CHANGES),
}
