"""The page of a device."""

from html.parser import HTMLParser

import pytest

import upnp
from upnp._page import Page, Parts, renderPage
from upnp.Description import placesOf

HTML = '<title>{name}</title>{items}<a href="{description}">{style} {script} {live} {configId}</a>'
PARTS = Parts(HTML, '/page.css', '/page.js')


def page(device: upnp.Device, *, first: bool = True) -> Page:
    """The page of a root device."""
    return renderPage(device, placesOf(device, first=first), PARTS, 7)


def test_a_page_is_rendered_to_the_byte() -> None:
    device = upnp.Device(
        friendlyName='Lamp <1>',
        uuid='a',
        manufacturer='BONNET & Co',
        modelNumber=7,
        serialNumber='"007"',
        devices=[{'friendlyName': 'Bulb'}],
    )
    assert page(device).body().decode() == (
        '<title>Lamp &lt;1&gt;</title><li>Manufacturer: BONNET &amp; Co</li>\n<li>Number: 7</li>\n'
        '<li>Serial number: &quot;007&quot;</li>\n<li>Bulb</li>\n'
        '<a href="/descr.xml">/page.css /page.js /a/live 7</a>'
    )


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
    device = upnp.Device(friendlyName=name, manufacturer=name, modelName=name, devices=[inner])
    read = Text(page(device).body().decode())
    shown = [text for text in read.texts if name in text]
    assert shown == [name, f'Manufacturer: {name}', f'Model: {name}', name]
    assert read.tags == ['title', *['li'] * 3, 'a']


def test_a_name_that_no_page_can_show_is_refused() -> None:
    with pytest.raises(upnp.DescriptionError, match='XML cannot carry'):
        page(upnp.Device(friendlyName='\0'))


def test_a_page_shows_the_values_of_the_moment_it_is_read_at() -> None:
    values = iter(['1', '2'])
    read = Page(['<b>', lambda: next(values), '</b>'], ())
    assert (read.body(), read.body()) == (b'<b>1</b>', b'<b>2</b>')


def test_a_page_has_news_of_the_services_with_evented_variables() -> None:
    quiet, evented = upnp.Service(serviceType='a'), upnp.Service(serviceType='b')
    evented.stateVariables = [{'name': 'On', 'sendEvents': True}]  # type: ignore[assignment]
    device = upnp.Device(friendlyName='Lamp', uuid='a', services=[quiet, evented])
    assert page(device).services == ((evented, '/a/1'),)
