"""The page of a device: what a double click in a network folder opens.

It is made when the device is announced, all but the present values; these are filled in when it is read. It knows what
is shown and where, and refuses to know how a page travels or how its news do.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple

from ..base.xml import escape
from ..description.checks import textOf
from ..description.device import Device, Icon, Service
from ..description.scpd import Action, StateVariable
from ..description.urn import serviceIdOf, typeNoun
from ..description.writing import Places, isEvented
from .forms import Piece, actionForm
from .values import isWebAddress, link, presentLook, readable, typeAttributes

__all__ = ['Page', 'Parts', 'renderPage']

MAX_ICON_PIXELS = 512  # wide; greater ones are taken only where there are no others
MAX_HEADING = 6  # of HTML
FACTS = {  # what is told of a device, and which element has the address that it leads to
    'manufacturer': ('Manufacturer', 'manufacturerURL'),
    'modelName': ('Model', 'modelURL'),
    'modelNumber': ('Number', ''),
    'serialNumber': ('Serial number', ''),
    'UPC': ('UPC', ''),
    'UDN': ('UDN', ''),
    'deviceType': ('Type', ''),
}
NO_ICON = '<link rel="icon" href="data:,">'  # else browsers ask for one that is not there


class Parts(NamedTuple):
    """What a page is made of besides the device.

    :param html: the document, with ``{names}`` where something of the device goes.
    :param style: the path of its style sheet.
    :param script: the path of its script.
    """

    html: str
    style: str
    script: str


class Page:
    """The page of a root device.

    :param pieces: of the document, in order.
    :param services: those whose news it shows, each with the key that they are told under.
    """

    __slots__ = ('_pieces', 'services')

    def __init__(self, pieces: Iterable[Piece], services: Sequence[tuple[Service, str]]) -> None:
        self._pieces = tuple(merged(pieces))
        self.services = tuple(services)

    def body(self) -> bytes:
        """Return the document with the present values."""
        return ''.join([piece if isinstance(piece, str) else piece() for piece in self._pieces]).encode()


def merged(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces, those that stand next to each other as they are in one."""
    for isText, group in groupby(pieces, lambda piece: isinstance(piece, str)):
        if isText:
            yield ''.join(map(str, group))
        else:
            yield from group


def renderPage(root: Device, places: Places, parts: Parts, configId: int) -> Page:
    """Return the page of a root device.

    :param configId: by which the page finds out that the device has been described anew.
    """
    values: dict[str, Iterable[Piece]] = {
        'name': [escape(textOf(root, 'friendlyName', 'device'))],
        'style': [escape(parts.style)],
        'script': [escape(parts.script)],
        'live': [escape(places.live)],
        'configId': [str(configId)],
        'icon': [iconLink(root, places)],
        'head': [head(root, places, 1)],
        'parts': contents(root, places, 2),
        'facts': [facts(root)],
        'description': [escape(places.description)],
    }
    services = [(service, base) for service, base in places.services if isEvented(service)]
    return Page(filled(parts.html, values), services)


def filled(html: str, values: Mapping[str, Iterable[Piece]]) -> Iterator[Piece]:
    """Yield the pieces of a document whose ``{names}`` are filled in; braces of a value are no names."""
    for index, part in enumerate(re.split(r'\{(\w+)\}', html)):
        if index % 2:
            yield from values[part]
        else:
            yield part


# A device


def head(device: Device, places: Places, level: int) -> str:
    """Return what a device is called and what it is, with its picture or else its initial."""
    name = textOf(device, 'friendlyName', 'device')
    icon = bestIcon(device)
    picture = '' if icon is None else f'<img src="{escape(places.icon(icon))}" alt="">'
    texts = [textOf(device, one, 'device') for one in ('manufacturer', 'modelName')]
    kind = ' '.join(filter(None, texts)) or readable(typeNoun(textOf(device, 'deviceType', 'device')))
    lines = [f'<p class="kind">{escape(kind)}</p>\n' if kind not in ('', name) else '']
    if text := textOf(device, 'modelDescription', 'device'):
        lines.append(f'<p>{escape(text)}</p>\n')
    return (
        f'<div class="face" data-initial="{escape(name.strip()[:1].upper())}">{picture}</div>\n'
        f'<div><h{level}>{escape(name)}</h{level}>\n{"".join(lines)}</div>\n'
    )


def bestIcon(device: Device) -> Icon | None:
    """Return the largest picture of our own that is not larger than a page needs, else the smallest; None without."""
    icons = [icon for icon in device.icons if icon.content is not None and str(icon.mimetype).startswith('image/')]
    sensible = [icon for icon in icons if (icon.width or 0) <= MAX_ICON_PIXELS]
    if sensible:
        return max(sensible, key=lambda icon: icon.width or 0)
    return min(icons, key=lambda icon: icon.width or 0, default=None)


def iconLink(root: Device, places: Places) -> str:
    """Return what gives the browser's tab its picture."""
    icon = bestIcon(root)
    if icon is None:
        return NO_ICON
    return f'<link rel="icon" href="{escape(places.icon(icon))}" type="{escape(str(icon.mimetype))}">'


def facts(device: Device) -> str:
    """Return what else is known of a device."""
    rows = []
    for name, (label, addressName) in FACTS.items():
        address = textOf(device, addressName, 'device') if addressName else ''
        if text := textOf(device, name, 'device') or address:
            rows.append(fact(label, link(address, text)))
    return f'<dl class="facts">\n{"".join(rows)}</dl>\n'


def fact(label: str, html: str) -> str:
    """Return a row of what is known."""
    return f'<div><dt>{label}</dt><dd>{html}</dd></div>\n'


def contents(device: Device, places: Places, level: int) -> Iterator[Piece]:
    """Yield the services of a device, then its embedded devices with theirs.

    :param level: of their headings.
    """
    if not device.services and not device.devices:
        yield '<p class="quiet">This device has no services.</p>\n'
    for service in device.services:
        yield from serviceSection(device, service, places, level)
    for inner in device.devices:
        name = escape(textOf(inner, 'friendlyName', 'device'))
        yield f'<section class="device">\n<header class="head">\n{head(inner, places, level)}</header>\n'
        yield '<div class="parts">\n'
        yield from contents(inner, places, min(level + 1, MAX_HEADING))
        yield f'</div>\n<details><summary>About {name}</summary>\n{facts(inner)}</details>\n</section>\n'


# A service


def serviceSection(device: Device, service: Service, places: Places, level: int) -> Iterator[Piece]:
    """Yield a service: its values, its actions, and the names that programs know them by."""
    base = places.base(service)
    yield f'<section class="service" data-key="{escape(base)}" data-control="{escape(places.control(service))}"'
    yield f' data-service="{escape(str(service.serviceType))}">\n<h{level}>{title(device, service)}</h{level}>\n'
    variables = [variable for variable in service.stateVariables if not variable.isLocal]
    yield from values('live', [variable for variable in variables if variable.sendEvents])
    yield from values('still', [variable for variable in variables if not variable.sendEvents])
    yield from actionForms(service, markOf(service, places))
    if not variables and not service.actions:
        yield '<p class="quiet">This service has no values and no actions.</p>\n'
    yield from details(service, variables, places)
    yield '</section>\n'


def title(device: Device, service: Service) -> str:
    """Return what a service is called, with its identifier where another one of its device is called so too."""
    nouns = [typeNoun(str(one.serviceType)) for one in device.services]
    noun = typeNoun(str(service.serviceType))
    own = f' <small>{escape(serviceIdOf(service))}</small>' if nouns.count(noun) > 1 else ''
    return f'{escape(readable(noun))}{own}'


def markOf(service: Service, places: Places) -> str:
    """Return what the ids of a service begin with."""
    return f's{next(index for index, (one, _) in enumerate(places.services) if one is service)}'


def values(kind: str, variables: Sequence[StateVariable]) -> Iterator[Piece]:
    """Yield state variables with their present values.

    :param kind: ``live`` for those whose news come by themselves, ``still`` for those that stand as they were read.
    """
    if not variables:
        return
    yield f'<dl class="values {kind}">\n'
    for variable in variables:
        name = str(variable.name)
        yield f'<div><dt>{escape(readable(name))}</dt><dd data-variable="{escape(name)}" {typeAttributes(variable)}>'
        yield partial(presentLook, variable)
        yield '</dd></div>\n'
    yield '</dl>\n'


def actionForms(service: Service, mark: str) -> Iterator[Piece]:
    """Yield the forms of the actions that can be called here, and say which cannot."""
    able = [action for action in service.actions if action.function is not None and not service.controlURL]
    if able:
        yield '<div class="actions">\n'
        for index, action in enumerate(able):
            yield from actionForm(service, action, f'{mark}-{index}')
        yield '</div>\n'
    unable = [readable(str(action.name)) for action in service.actions if action not in able]
    if unable:
        why = 'Called elsewhere, not here' if service.controlURL else 'Not implemented by this device'
        yield f'<p class="quiet">{why}: {escape(", ".join(unable))}.</p>\n'


def details(service: Service, variables: Sequence[StateVariable], places: Places) -> Iterator[str]:
    """Yield the names that programs know a service by."""
    yield '<details><summary>Technical details</summary>\n<dl class="facts">\n'
    yield fact('Type', escape(str(service.serviceType)))
    yield fact('Identifier', escape(serviceIdOf(service)))
    if variables:
        yield fact('Variables', lines(f'{variable.name}: {variable.dataType}' for variable in variables))
    if service.actions:
        yield fact('Actions', lines(signature(service, action) for action in service.actions))
    scpd = str(service.SCPDURL or places.scpd(service))
    if not service.SCPDURL or isWebAddress(scpd):
        yield fact('Description', f'<a href="{escape(scpd)}">SCPD in XML</a>')
    yield '</dl>\n</details>\n'


def lines(texts: Iterable[str]) -> str:
    """Return pieces of code, one under the other."""
    return ''.join(f'<code>{escape(text)}</code>' for text in texts)


def signature(service: Service, action: Action) -> str:
    """Return how a program writes an action: ``SetTarget(newTargetValue: boolean)``."""
    sides = [
        ', '.join(f'{one.name}: {service.stateVariables[str(one.relatedStateVariable)].dataType}' for one in side)
        for side in (action.inputs, action.outputs)
    ]
    return f'{action.name}({sides[0]})' + (f' \u2192 {sides[1]}' if sides[1] else '')
