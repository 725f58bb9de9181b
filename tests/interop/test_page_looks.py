"""The script of the page shows a value as the device did when the page was read."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

import upnp
from tests.interop.chromium import BROWSER, dom
from tests.lan.hosts import Host
from tests.lan.tools import needsTool
from upnp.description.writing import placesOf
from upnp.presentation.page import Parts, renderPage

pytestmark = pytest.mark.interop

FOLDER = Path(upnp.__file__).parent / 'presentation'
MOMENT = datetime(2026, 1, 31, 9, 5)
PICTURES = (b'\x89PNG\r\n\x1a\n', b'\xff\xd8\xff\xe0', b'GIF89a', b'BM..', b'RIFF\n\0\n\0WEBP')
VALUES = [
    *(('boolean', True), ('boolean', False), ('date', date(2026, 1, 31)), ('time', time(9, 5)), ('dateTime', MOMENT)),
    *(('dateTime.tz', MOMENT.replace(tzinfo=UTC)), ('dateTime.tz', MOMENT), ('time.tz', time(9, 5, tzinfo=UTC))),
    *((number, 1) for number in ('ui1', 'ui2', 'ui4', 'ui8', 'i1', 'i2', 'i4', 'i8', 'int')),
    *((number, 1.5) for number in ('r4', 'r8', 'number', 'fixed.14.4', 'float')),
    *(('char', 'x'), ('uuid', '00a56575-78fa-40fe-b107-8f4b5043a2b0'), ('string', ''), ('string', '<b>&amp;</b>')),
    *(('string', 160 * '\U0001f600'), ('string', 161 * 'x'), ('string', 'two\nlines'), ('string', 'http://a b')),
    *(('uri', address) for address in ('http://a/?b&c', 'HTTPS://a', 'javascript:alert(1)', 'data:,', 'http://', '/a')),
    *((kind, content) for kind in ('bin.base64', 'bin.hex') for content in (*PICTURES, b'', b'\0\xff\n', b'RIFF')),
]
CHECK = """
const other = [];
for (const dd of document.querySelectorAll('[data-variable]')) {
  const text = texts[dd.dataset.variable];
  if (show(dd, text)) other.push([dd.dataset.type, text, dd.innerHTML]);
}
document.title = JSON.stringify([document.querySelectorAll('[data-variable]').length, other]);
"""


def service() -> upnp.Service:
    """A service that has a variable for each value, and some with a range."""
    made = upnp.Service(serviceType='urn:example-org:service:Values:1')
    for index, (dataType, value) in enumerate(VALUES):
        made.stateVariables.append({'name': f'Value{index}', 'dataType': dataType, 'defaultValue': value})
    for dataType, limits in (('ui1', (0, 100)), ('r8', (-1.5, 1e-7)), ('fixed.14.4', (0, 1))):
        made.stateVariables.append({'name': f'Of_{dataType}', 'dataType': dataType, 'allowedValueRange': limits})
    return made


def test_news_look_like_what_was_read_with_the_page(searcher: Host, tmp_path: Path) -> None:
    needsTool(BROWSER)
    values = service()
    device = upnp.Device(friendlyName='Values', uuid='a', services=[values])
    parts = Parts((FOLDER / 'page.html').read_text(), 'none.css', 'page.js')
    html = renderPage(device, placesOf(device, first=True), parts, 7).body().decode()
    texts = {str(variable.name): variable.text for variable in values.stateVariables}
    check = f'const texts = {json.dumps(texts)};\n{CHECK}'
    (tmp_path / 'page.js').write_text((FOLDER / 'page.js').read_text() + check)
    (tmp_path / 'page.html').write_text(html)
    title = re.search('<title>(.*)</title>', dom(searcher, f'file://{tmp_path}/page.html', tmp_path))
    assert title is not None
    assert json.loads(title[1]) == [len(texts), []]
