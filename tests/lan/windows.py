"""What a Windows machine does to list devices, from a host, and what it demands of a description.

    answers = searchAsWindows(searcher, 'upnp:rootdevice')
    document, again = fetchAsWindows(searcher, answers[0].location, 'FDSSDP')
    assert list(listingBreaches(answers[0].usn, answers[0].location, document.body)) == []

The demands are those that Microsoft has written down; no Windows takes part.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

from tests.lan.hosts import RUN_SECONDS, Host, pythonCommand
from tests.lan.ssdp import Seen
from tests.lan.web import Fetched

PROGRAM = 'tests.lan.programs.windows'
LISTEN_SECONDS = 3.3  # a little longer than its firewall lets answers in, to see those that it does not
UPNP = 'urn:schemas-upnp-org:device-1-0'
PNPX = 'http://schemas.microsoft.com/windows/pnpx/2005/11'
FOUNDATION = 'http://schemas.microsoft.com/windows/2008/09/devicefoundation'
WINDOWS_NAMES = {
    **dict.fromkeys(('X_hardwareId', 'X_compatibleId'), (PNPX,)),
    'X_deviceCategory': (PNPX, FOUNDATION),
    **dict.fromkeys(('X_modelId', 'X_containerId'), (FOUNDATION,)),
}
REQUIRED = ('UDN', 'deviceType', 'friendlyName')
GUID = r'[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}'
ID = r'[^\s<>"]+'


def searchAsWindows(host: Host, target: str) -> list[Seen]:
    """Search as the SSDP Discovery service; return the answers, their times counted from the sending."""
    options = ('--own', host.address, '--seconds', str(LISTEN_SECONDS))
    done = host.run(*pythonCommand('-m', PROGRAM, 'search', target, *options), timeout=RUN_SECONDS)
    first, *others = map(json.loads, done.stdout.splitlines())
    return [replace(one, time=one.time - first['time']) for one in (Seen(**row) for row in others)]


def fetchAsWindows(host: Host, url: str, agent: str, connection: str = 'Keep-Alive') -> list[Fetched]:
    """Fetch as Function Discovery, over one connection: twice where it is kept, once where it is to be closed."""
    options = ('--agent', agent, '--connection', connection)
    done = host.run(*pythonCommand('-m', PROGRAM, 'get', url, *options), timeout=RUN_SECONDS)
    rows = map(json.loads, done.stdout.splitlines())
    return [Fetched(row['status'], row['headers'], base64.b64decode(row['body'])) for row in rows]


def deviceIn(document: bytes) -> ElementTree.Element:
    """Return the root device, read by a parser that takes nothing that is not well-formed."""
    device = ElementTree.fromstring(document).find(f'{{{UPNP}}}device')
    assert device is not None, 'no root device'
    return device


def valueOf(device: ElementTree.Element, name: str, namespace: str = UPNP) -> str:
    """Return the text of an element that stands in a device, empty where there is none."""
    return device.findtext(f'{{{namespace}}}{name}') or ''


def pageOf(location: str, document: bytes) -> str:
    """Return the URL that a double click opens."""
    return urljoin(location, valueOf(deviceIn(document), 'presentationURL'))


def listingBreaches(usn: str, location: str, document: bytes) -> Iterator[str]:
    """Yield why Windows would not list a device, or would open nothing."""
    try:
        device = deviceIn(document)
    except (ElementTree.ParseError, AssertionError) as error:
        yield f'cannot be read: {error}'
        return
    yield from (f'no {name}' for name in REQUIRED if not valueOf(device, name).strip())
    if valueOf(device, 'UDN') != usn.partition('::')[0]:
        yield 'another UDN than in the USN'
    page = urlsplit(pageOf(location, document))
    if not valueOf(device, 'presentationURL') or page.scheme not in ('http', 'https') or not page.hostname:
        yield 'no page to open'


def elementBreaches(document: bytes) -> Iterator[str]:
    """Yield what is wrong with Windows' own elements, of any device in a description."""
    root = ElementTree.fromstring(document)
    devices = list(root.iter(f'{{{UPNP}}}device'))
    children = [child for device in devices for child in device]
    for element in root.iter():
        namespace, _, name = element.tag.lstrip('{').rpartition('}')
        if name in WINDOWS_NAMES and namespace not in WINDOWS_NAMES[name]:
            yield f'{name} in {namespace or "no namespace"}'
        elif name in WINDOWS_NAMES and not any(element is child for child in children):
            yield f'{name} outside of a device'
    for device in devices:
        yield from formBreaches(device)


def formBreaches(device: ElementTree.Element) -> Iterator[str]:
    """Yield what is wrong with the values of Windows' elements in one device."""
    ids, compatible, category = (
        valueOf(device, name, PNPX) for name in ('X_hardwareId', 'X_compatibleId', 'X_deviceCategory')
    )
    if bool(ids or compatible) != bool(category):
        yield 'IDs and category not together'
    for name, text in (('X_hardwareId', ids), ('X_compatibleId', compatible), ('X_deviceCategory', category)):
        if not all(re.fullmatch(ID, one) for one in text.split()):
            yield f'{name} is {text!r}'
    for one in device.findall(f'{{{FOUNDATION}}}X_containerId'):
        if not re.fullmatch(rf'\{{{GUID}\}}', one.text or ''):
            yield f'X_containerId is {one.text!r}'
    for one in device.findall(f'{{{FOUNDATION}}}X_modelId'):
        if not re.fullmatch(GUID, one.text or ''):
            yield f'X_modelId is {one.text!r}'
