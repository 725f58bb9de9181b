"""What a run finds: the input that shows it and the traceback, once for each place that raised it."""

from __future__ import annotations

import hashlib
import traceback
from contextlib import ExitStack
from pathlib import Path

from tests.fuzz.harnesses import Harness

TRACEBACK = '.traceback'


class Judge:
    """Checks inputs one after the other, and writes down those that show a defect.

    :param folder: where they are written to.
    """

    def __init__(self, harness: Harness, folder: Path) -> None:
        self._harness = harness
        self._folder = folder
        self._known: set[tuple[object, ...]] = set()
        self._stack = ExitStack()
        self._check = self._stack.enter_context(harness.opened())

    def __call__(self, data: bytes) -> None:
        """Check an input; after a defect, what the check uses is made anew."""
        try:
            self._check(data)
        except Exception as error:
            self._note(data, error)
            stack, self._stack = self._stack, ExitStack()
            try:
                stack.close()
            except Exception as another:
                self._note(data, another)
            self._check = self._stack.enter_context(self._harness.opened())

    def close(self) -> None:
        """End what the check uses."""
        self._stack.close()

    def _note(self, data: bytes, error: Exception) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        place = type(error), *((frame.filename, frame.lineno) for frame in frames[-3:])
        if place not in self._known:
            self._known.add(place)
            name = f'{type(error).__name__}-{hashlib.sha1(data).hexdigest()[:16]}'
            (self._folder / name).write_bytes(data)
            (self._folder / f'{name}{TRACEBACK}').write_text(''.join(traceback.format_exception(error)))


def findingsIn(folder: Path) -> list[Path]:
    """Return the inputs of a folder, those too that libFuzzer wrote as it came to an end by them."""
    return [path for path in sorted(folder.iterdir()) if path.suffix != TRACEBACK]
