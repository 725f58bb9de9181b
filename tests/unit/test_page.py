"""The page of a device, to the byte."""

from html.parser import HTMLParser

import pytest

import upnp
from upnp._page import renderPage
from upnp._xml import Template
from upnp.Description import placesOf

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lamp &lt;1&gt;</title>
</head>
<body>
<h1>Lamp &lt;1&gt;</h1>
<ul>
<li>Manufacturer: BONNET &amp; Co</li>
<li>Model: L1</li>
<li>Number: 7</li>
<li>Serial number: &quot;007&quot;</li>
<li>Bulb</li>
</ul>
<p><a href="/descr.xml">Device description</a></p>
</body>
</html>
"""

EMPTY_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lamp</title>
</head>
<body>
<h1>Lamp</h1>
<p><a href="/a/descr.xml">Device description</a></p>
</body>
</html>
"""


def page(device: upnp.Device, *, first: bool = True) -> str:
    """The page of a root device."""
    return renderPage(device, placesOf(device, first=first))


def test_a_page_is_rendered_to_the_byte() -> None:
    device = upnp.Device(
        friendlyName='Lamp <1>',
        manufacturer='BONNET & Co',
        modelName='L1',
        modelNumber=7,
        serialNumber='"007"',
        devices=[{'friendlyName': 'Bulb'}],
    )
    assert page(device) == PAGE


def test_a_device_of_which_little_is_known_has_a_page() -> None:
    assert page(upnp.Device(friendlyName='Lamp', uuid='a'), first=False) == EMPTY_PAGE


class Text(HTMLParser):
    """The text between tags, and the tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.texts.append(data)


@pytest.mark.parametrize(
    'name', ['<script>alert(1)</script>', '</title>', '"><b>', '&lt;', '{items}', '{name}', '{description}', '{host}']
)
def test_a_name_is_shown_as_it_was_given_and_never_obeyed(name: str) -> None:
    inner = upnp.Device(friendlyName=name)
    html = page(upnp.Device(friendlyName=name, manufacturer=name, modelName=name, devices=[inner]))
    read = Text(html)
    shown = [text for text in read.texts if name in text]
    assert shown == [name, name, f'Manufacturer: {name}', f'Model: {name}', name]
    assert read.tags == Text(PAGE.replace('<li>Number: 7</li>\n<li>Serial number: &quot;007&quot;</li>\n', '')).tags


def test_a_page_is_a_template_that_has_nothing_to_fill_in() -> None:
    html = page(upnp.Device(friendlyName='{host} {configId}'))
    assert isinstance(html, Template)
    assert '{' not in html


def test_a_name_that_no_page_can_show_is_refused() -> None:
    with pytest.raises(upnp.DescriptionError, match='XML cannot carry'):
        page(upnp.Device(friendlyName='\0'))
