"""What the library says on the wire is what it said when it was recorded; see `tests/lan/recorder.py`."""

from __future__ import annotations

import pytest

from tests.lan.hosts import NoNamespaces
from tests.lan.recorder import RECORDINGS, SCENES, pathOf, record
from tests.lan.tools import missing

pytestmark = pytest.mark.lan


@pytest.mark.parametrize('name', SCENES)
def test_what_is_said_is_what_was_recorded(name: str) -> None:
    try:
        text = record(name)
    except NoNamespaces as error:
        missing(str(error))
    assert text.splitlines() == pathOf(name).read_text().splitlines()


def test_every_recording_has_its_scene() -> None:
    assert sorted(path.stem for path in RECORDINGS.iterdir()) == sorted(SCENES)
