"""The drawing of the folders in the documentation is that of the source."""

from docs.drawing import PICTURE, drawing, restsOn


def test_the_drawing_is_made_of_the_source_as_it_is() -> None:
    assert PICTURE.read_text('utf-8') == drawing(), 'draw it anew: python -m docs.drawing'


def test_what_follows_from_other_lines_is_not_drawn() -> None:
    assert restsOn('presentation') == ['control', 'eventing']
