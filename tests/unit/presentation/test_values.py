"""How a value looks on a page."""

from datetime import date, datetime, timedelta, timezone
from html.parser import HTMLParser

import pytest

import upnp
from upnp.presentation.values import isWebAddress, link, presentLook, readable, typeAttributes, valueLook

PNG, JPEG, GIF, BMP = b'\x89PNG\r\n\x1a\n', b'\xff\xd8\xff', b'GIF8', b'BM'
WEBP = b'RIFF\n\0\0\0WEBP'
ZONE = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ('name', 'expected'),
    [
        *(('SetTarget', 'Set target'), ('newLoadlevelTarget', 'New loadlevel target'), ('GetURL', 'Get URL')),
        *(('AVTransportURI', 'AV transport URI'), ('X_Get_Status2', 'X get status2'), ('URLOf', 'URLOf')),
        *(('camera-image', 'Camera image'), ('IPv6Address', 'IPv6 address'), ('élan', 'Élan'), ('Status', 'Status')),
        *(('x', 'X'), ('_', '_'), ('', ''), ('None_', 'None'), ('two words', 'Two words')),
    ],
)
def test_a_name_is_written_as_people_write_it(name: str, expected: str) -> None:
    assert readable(name) == expected


@pytest.mark.parametrize('text', ['http://192.0.2.1/', 'https://example.org/a?b#c', 'HTTP://a'])
def test_an_address_of_the_web_is_one(text: str) -> None:
    assert isWebAddress(text)
    assert link(text, 'A & B') == f'<a href="{text}" rel="noreferrer">A &amp; B</a>'


@pytest.mark.parametrize(
    'text',
    [
        *('javascript:alert(1)', 'JavaScript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'ftp://a', '//a', ''),
        *(' http://a', 'http://', 'http://a b', 'http://a\nb', 'java\nscript:http://a', 'http:/a', 'vbscript:http://a'),
    ],
)
def test_what_is_no_address_of_the_web_is_no_link(text: str) -> None:
    assert not isWebAddress(text)
    assert link(text, 'A') == 'A'


@pytest.mark.parametrize(
    ('dataType', 'value', 'expected'),
    [
        ('boolean', True, '<span class="on">On</span>'),
        ('boolean', False, '<span class="off">Off</span>'),
        ('ui1', 7, '<span class="number">7</span>'),
        ('r8', -0.5, '<span class="number">-0.5</span>'),
        ('fixed.14.4', 2, '<span class="number">2</span>'),
        ('date', date(2026, 1, 31), '<time>2026-01-31</time>'),
        ('dateTime', datetime(2026, 1, 31, 9, 5), '<time>2026-01-31 09:05:00</time>'),
        ('dateTime.tz', datetime(2026, 1, 31, 9, 5, tzinfo=ZONE), '<time>2026-01-31 09:05:00 +01:00</time>'),
        ('time', datetime(2026, 1, 31, 9, 5).time(), '<time>09:05:00</time>'),
        ('time.tz', datetime(2026, 1, 31, 9, 5, tzinfo=ZONE).timetz(), '<time>09:05:00 +01:00</time>'),
        ('string', 'a <b> & "c"', '<span>a &lt;b&gt; &amp; &quot;c&quot;</span>'),
        ('string', '', '<span class="empty">empty</span>'),
        ('string', 'https://a/?b&c', '<a href="https://a/?b&amp;c" rel="noreferrer">https://a/?b&amp;c</a>'),
        ('uri', 'http://a/', '<a href="http://a/" rel="noreferrer">http://a/</a>'),
        ('uri', 'javascript:alert(1)', '<span>javascript:alert(1)</span>'),
        ('char', '<', '<span>&lt;</span>'),
        (
            'uuid',
            '00a56575-78fa-40fe-b107-8f4b5043a2b0',
            '<span>00a56575-78fa-40fe-b107-8f4b5043a2b0</span>',
        ),
        ('string', 160 * 'x', f'<span>{160 * "x"}</span>'),
        ('string', 161 * 'x', f'<span class="long" tabindex="0">{161 * "x"}</span>'),
        ('bin.base64', b'', '<span class="empty">empty</span>'),
        (
            'bin.base64',
            b'abc',
            '<a href="data:application/octet-stream;base64,YWJj" download="Load level.bin">3 bytes</a>',
        ),
        ('bin.hex', b'\1', '<a href="data:application/octet-stream;base64,AQ==" download="Load level.bin">1 bytes</a>'),
        ('bin.hex', GIF, '<img src="data:image/gif;base64,R0lGOA==" alt="Load level">'),
    ],
)
def test_each_type_has_its_look(dataType: str, value: object, expected: str) -> None:
    variable = upnp.StateVariable(name='LoadLevel', dataType=dataType)
    variable.value = value
    assert presentLook(variable) == expected


@pytest.mark.parametrize(
    ('content', 'kind'), [(PNG, 'png'), (JPEG, 'jpeg'), (GIF, 'gif'), (BMP, 'bmp'), (WEBP, 'webp')]
)
def test_a_picture_is_known_by_its_first_bytes(content: bytes, kind: str) -> None:
    variable = upnp.StateVariable(name='Image', dataType='bin.base64', defaultValue=content + b'...')
    assert presentLook(variable).startswith(f'<img src="data:image/{kind};base64,')


def test_a_number_with_a_range_has_a_gauge() -> None:
    variable = upnp.StateVariable(name='Level', dataType='ui1', allowedValueRange=(0, 100), defaultValue=40)
    assert typeAttributes(variable) == 'data-type="ui1" data-min="0" data-max="100"'
    assert presentLook(variable) == (
        '<span class="number">40 <meter min="0" max="100" value="40" aria-hidden="true"></meter></span>'
    )


def test_without_a_range_the_type_is_all_that_the_script_is_told() -> None:
    assert typeAttributes(upnp.StateVariable(name='Level', dataType='i4')) == 'data-type="i4"'


def test_a_value_that_cannot_be_told_is_shown_as_an_empty_one() -> None:
    """Somebody changes the variable, and is not done."""
    variable = upnp.StateVariable(name='Level', defaultValue='high')
    variable.dataType = 'ui1'
    assert presentLook(variable) == '<span class="empty">empty</span>'


def test_a_value_of_another_type_is_refused() -> None:
    with pytest.raises(ValueError, match='base64'):
        valueLook(upnp.StateVariable(name='Level', dataType='bin.base64'), 'a')


class Shown(HTMLParser):
    """The text between tags, and the tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags = '', ['']
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.text += data


@pytest.mark.parametrize('text', ['<script>alert(1)</script>', '</dd>', '"><b>', '&lt;', '{name}', "' onload='"])
@pytest.mark.parametrize('dataType', ['string', 'uri'])
def test_a_value_is_shown_and_never_obeyed(dataType: str, text: str) -> None:
    shown = Shown(presentLook(upnp.StateVariable(name='Note', dataType=dataType, defaultValue=text.replace(' ', ''))))
    assert (shown.text, shown.tags) == (text.replace(' ', ''), ['', 'span'])
