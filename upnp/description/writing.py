"""Device description and SCPD (UDA 1.1 §2): what the objects lack, and the XML they become.

It knows every element, its order and its limits, and refuses to know how a document travels. A rendered document is a
template: ``{host}`` and ``{configId}`` are filled in when it is served, so that its hash stands for its content alone.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from zlib import crc32

from ..base.xml import Element, Template, escape, render
from ..Errors import DescriptionError
from .device import TEXT_ELEMENTS, Device, Icon, Service
from .scpd import UNUSED_VARIABLE, Action, Argument, StateVariable, checkScpd
from .urn import serviceIdOf, typeNoun
from .vendor import (
    DEVICE_NAMESPACE,
    checkVendorElements,
    hostTemplate,
    plainText,
    vendorElements,
    vendorOddities,
)

__all__ = [
    'Places',
    'checkDevice',
    'checkIconForm',
    'checkUuids',
    'configIdOf',
    'deviceElement',
    'fill',
    'iconElement',
    'isEvented',
    'oddities',
    'placesOf',
    'renderRoot',
    'renderScpd',
    'serviceElement',
]

SERVICE_NAMESPACE = 'urn:schemas-upnp-org:service-1-0'
SPEC_VERSION = Element('specVersion', (Element('major', '1'), Element('minor', '1')))
CONFIG_ID = {'configId': Template('{configId}')}
MAX_CONFIG_ID = 0xFFFFFF  # what a device may assign by itself, UDA 1.1 §1.2.2

UNKNOWN_MANUFACTURER = 'unknown'


# As texts, compiled when first needed: an import of the package needs none of them.
TYPE = r'(?a)urn:[A-Za-z0-9.-]+:(device|service):([A-Za-z0-9_.-]{1,64}):[1-9]\d*\Z'
SERVICE_ID = r'urn:[A-Za-z0-9.-]+:serviceId:[^\s:][^\s]{0,63}\Z'
UUID = r'(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z'
TOKEN = r'[^\s\x00-\x20\x7f]+\Z'
SEGMENT = r'(?!\.+\Z)[A-Za-z0-9._~-]+\Z'  # of a path, and neither . nor ..
MIMETYPE = r'[A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+\Z'


class Places(NamedTuple):
    """Where the parts of one root device are served: absolute paths."""

    description: str
    page: str
    live: str = ''  # the news of the page
    services: Sequence[tuple[Service, str]] = ()
    icons: Sequence[tuple[Icon, str]] = ()

    def scpd(self, service: Service) -> str:
        """Return the SCPD's path."""
        return f'{self.base(service)}/scpd.xml'

    def control(self, service: Service) -> str:
        """Return the path that actions are called at."""
        return f'{self.base(service)}/control'

    def event(self, service: Service) -> str:
        """Return the path that events are subscribed at."""
        return f'{self.base(service)}/event'

    def icon(self, icon: Icon) -> str:
        """Return the path of a picture."""
        return next(path for one, path in self.icons if one is icon)

    def base(self, service: Service) -> str:
        """Return what the paths of a service begin with."""
        return next(path for one, path in self.services if one is service)


def placesOf(root: Device, *, first: bool) -> Places:
    """Lay out the paths of a root device; the first one of an announcer has the short ones."""
    base = '' if first else f'/{pathPart(root)}'
    services: list[tuple[Service, str]] = []
    icons: list[tuple[Icon, str]] = []
    for device in root.family():
        for index, service in enumerate(device.services):
            services.append((service, f'/{pathPart(device)}/{index}'))
        for index, icon in enumerate(device.icons):
            if icon.content is not None:  # by its checksum: a new picture has a new URL, and no cache shows the old one
                icons.append((icon, f'/{pathPart(device)}/icon{index}-{crc32(icon.content):08x}'))
    return Places(f'{base}/descr.xml', f'{base}/', f'/{pathPart(root)}/live', services, icons)


def pathPart(device: Device) -> str:
    """Return the UUID as a path segment; of another form it loses what a segment cannot have, and gets its checksum."""
    uuid = device.uuid or ''
    return uuid if re.match(SEGMENT, uuid) else f'{re.sub("[^A-Za-z0-9_-]", "_", uuid)}-{crc32(uuid.encode()):08x}'


# What is wrong, and what is odd


def checkDevice(root: Device) -> None:
    """Check that a root device can be announced.

    :raises DescriptionError: an element that cannot be guessed is missing, cannot be put on the wire, or clashes.
    """
    for path, device in members(root):
        checkToken(device, 'deviceType', path, 'such as urn:schemas-upnp-org:device:Basic:1')
        if not textOf(device, 'friendlyName', path).strip():
            raise DescriptionError('friendlyName is missing: it is what people see, such as Workshop lamp', path)
        for name in (*TEXT_ELEMENTS, 'presentationURL'):
            textOf(device, name, path)
        checkVendorElements(device, path)
        if device.uuid is not None:
            checkToken(device, 'uuid', path, 'such as 00a56575-78fa-40fe-b107-8f4b5043a2b0')
        checkServices(device, path)
        for index, icon in enumerate(device.icons):
            checkIcon(icon, f'{path}.icons[{index}]')


def checkUuids(roots: Iterable[Device]) -> None:
    """Check that no two devices of an announcer have the same UUID (UDA 1.1 §2.3); each has one by now.

    :raises DescriptionError: two have; two of one type and name on one machine derive the same.
    """
    seen: dict[str, Device] = {}
    for root in roots:
        for path, device in members(root):
            other = seen.setdefault(str(device.uuid).lower(), device)
            if other is not device:
                raise DescriptionError(
                    f'{device!r} has the uuid {device.uuid!r} of {other!r}: give it its own', f'{path}.uuid'
                )


def members(root: Device, path: str = 'device') -> Iterator[tuple[str, Device]]:
    """Yield every device of the tree with its path, parents first."""
    yield path, root
    for index, child in enumerate(root.devices):
        yield from members(child, f'{path}.devices[{index}]')


def textOf(thing: object, name: str, path: str) -> str:
    """Return an element's text, a number's too, empty when unset.

    :raises DescriptionError: neither text nor number, or a character that XML cannot carry.
    """
    return plainText(getattr(thing, name), f'{path}.{name}')


def checkToken(thing: object, name: str, path: str, example: str) -> None:
    """Check an identifier that goes into SSDP headers: there, and without white space or control characters."""
    text = textOf(thing, name, path)
    if not text:
        raise DescriptionError(f'{name} is missing: {example}', path)
    if not re.match(TOKEN, text):
        raise DescriptionError(f'{text!r} has white space or control characters', f'{path}.{name}')


def checkServices(device: Device, path: str) -> None:
    """Check the services of one device; a serviceId is unique there (UDA 1.1 §2.3)."""
    seen: set[str] = set()
    for index, service in enumerate(device.services):
        place = f'{path}.services[{index}]'
        checkToken(service, 'serviceType', place, 'such as urn:schemas-upnp-org:service:SwitchPower:1')
        for name in ('serviceId', 'SCPDURL', 'controlURL', 'eventSubURL'):
            textOf(service, name, place)
        if (identity := serviceIdOf(service)) in seen:
            raise DescriptionError(f'serviceId {identity!r} is taken in this device: set another', place)
        seen.add(identity)
        checkScpd(service.actions, service.stateVariables, place)


def checkIcon(icon: Icon, path: str) -> None:
    """Check that an icon has one source; its form is checked when it is rendered, after it was read."""
    sources = [name for name in ('path', 'data', 'url') if getattr(icon, name) is not None]
    if len(sources) != 1:
        raise DescriptionError(f'an icon needs one of path, data and url, and has {sources or "none"}', path)
    textOf(icon, 'url', path)
    if icon.data is not None and not isinstance(icon.data, bytes | bytearray):
        raise DescriptionError(f'{icon.data!r} is not bytes', f'{path}.data')
    if icon.path is not None and not (isinstance(icon.path, str) or hasattr(icon.path, '__fspath__')):
        raise DescriptionError(f'{icon.path!r} is no path', f'{path}.path')
    if icon.mimetype is not None and not re.match(MIMETYPE, textOf(icon, 'mimetype', path)):
        raise DescriptionError(f'{icon.mimetype!r} has not the form image/png', f'{path}.mimetype')
    for name in ('width', 'height', 'depth'):
        value = getattr(icon, name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            raise DescriptionError(f'{value!r} is no number of pixels or bits', f'{path}.{name}')


def checkIconForm(root: Device) -> None:
    """Check, after the icons were read, that each has all that UDA 1.1 §2.3 requires.

    :raises DescriptionError: a mimetype or a size that nobody gave and the content does not tell.
    """
    for path, device in members(root):
        for index, icon in enumerate(device.icons):
            missing = [name for name in ('mimetype', 'width', 'height', 'depth') if getattr(icon, name) is None]
            if missing:
                raise DescriptionError(
                    f'{", ".join(missing)} cannot be told from {icon!r}: give what is missing', f'{path}.icons[{index}]'
                )


def oddities(root: Device) -> Iterator[str]:
    """Yield what is announced as given though UDA asks for another form, a sentence each."""
    for path, device in members(root):
        if device.uuid is not None and not re.match(UUID, device.uuid):
            yield f'{path}.uuid {device.uuid!r} has not the form 8-4-4-4-12 of UDA 1.1 §1.1.4'
        if not re.match(TYPE, str(device.deviceType)):
            yield f'{path}.deviceType {device.deviceType!r} has not the form urn:domain:device:Type:version'
        for name, limit in TEXT_ELEMENTS.items():
            if limit is not None and len(text := str(getattr(device, name) or '')) >= limit:
                yield f'{path}.{name} has {len(text)} characters, and should have less than {limit}'
        yield from vendorOddities(device, path)
        for index, service in enumerate(device.services):
            yield from serviceOddities(service, f'{path}.services[{index}]')


def serviceOddities(service: Service, path: str) -> Iterator[str]:
    """Yield the oddities of one service."""
    if not re.match(TYPE, str(service.serviceType)):
        yield f'{path}.serviceType {service.serviceType!r} has not the form urn:domain:service:Type:version'
    for action in service.actions:
        if action.function is None and service.controlURL is None:
            yield f'{path}.actions[{action.name!r}] has no function: who calls it is told 602, not implemented'
    for variable in service.stateVariables:
        idle = [name for name in ('multicast', 'maximumRate', 'minimumDelta') if getattr(variable, name)]
        if idle and not variable.sendEvents:
            place = f'{path}.stateVariables[{variable.name!r}]'
            yield f'{place} is not evented, so that {", ".join(idle)} says nothing: set sendEvents'
    if not re.match(SERVICE_ID, serviceIdOf(service)):
        yield f'{path}.serviceId {service.serviceId!r} has not the form urn:domain:serviceId:ID'


# Rendering


def deviceElement(
    device: Device, icons: Sequence[Element], services: Sequence[Element], devices: Sequence[Element], page: str | None
) -> Element:
    """Return ``device`` with its lists; those that are empty are left out (UDA 1.1 §2.3).

    :param page: the presentationURL of a device that has none; ``None`` leaves it out.
    """
    defaults = {'manufacturer': UNKNOWN_MANUFACTURER, 'modelName': typeNoun(str(device.deviceType))}
    children = []
    for name in TEXT_ELEMENTS:
        if text := textOf(device, name, 'device') or defaults.get(name, ''):
            children.append(Element(name, text))
    for name, elements in (('iconList', icons), ('serviceList', services), ('deviceList', devices)):
        if elements:
            children.append(Element(name, tuple(elements)))
    if presentation := textOf(device, 'presentationURL', 'device') or page:
        children.append(Element('presentationURL', hostTemplate(presentation)))
    return Element('device', (*children, *vendorElements(device)))


def iconElement(icon: Icon, url: str) -> Element:
    """Return ``icon``, all of whose elements are required (UDA 1.1 §2.3)."""
    form = [Element(name, str(getattr(icon, name))) for name in ('mimetype', 'width', 'height', 'depth')]
    return Element('icon', (*form, Element('url', url)))


def isEvented(service: Service) -> bool:
    """Tell whether a service has something to subscribe to."""
    return any(variable.sendEvents for variable in service.stateVariables)


def serviceElement(service: Service, places: Places) -> Element:
    """Return ``service``; without evented variables its eventSubURL is empty (UDA 1.1 §2.3)."""
    values = {
        'serviceType': str(service.serviceType),
        'serviceId': serviceIdOf(service),
        'SCPDURL': str(service.SCPDURL or places.scpd(service)),
        'controlURL': str(service.controlURL or places.control(service)),
        'eventSubURL': str(service.eventSubURL or (places.event(service) if isEvented(service) else '')),
    }
    return Element('service', tuple(Element(name, value) for name, value in values.items()))


def renderRoot(device: Element) -> str:
    """Return the description of a root device, a template with ``{host}`` and ``{configId}``."""
    return render(Element('root', (SPEC_VERSION, device), {'xmlns': DEVICE_NAMESPACE, **CONFIG_ID}))


def renderScpd(service: Service) -> str:
    """Return a service's SCPD, a template with ``{configId}`` (UDA 1.1 §2.5).

    UDA requires a state variable: a service without any gets an unused one, a string that is not evented.
    """
    variables = list(service.stateVariables) or [StateVariable(name=UNUSED_VARIABLE)]
    children = [SPEC_VERSION]
    if service.actions:
        children.append(Element('actionList', tuple(actionElement(action) for action in service.actions)))
    children.append(Element('serviceStateTable', tuple(variableElement(variable) for variable in variables)))
    return render(Element('scpd', tuple(children), {'xmlns': SERVICE_NAMESPACE, **CONFIG_ID}))


def actionElement(action: Action) -> Element:
    """Return ``action`` with its arguments in order."""
    children = [Element('name', str(action.name))]
    if action.arguments:
        children.append(Element('argumentList', tuple(argumentElement(argument) for argument in action.arguments)))
    return Element('action', tuple(children))


def argumentElement(argument: Argument) -> Element:
    """Return ``argument``."""
    children = [Element('name', str(argument.name)), Element('direction', argument.direction)]
    if argument.retval:
        children.append(Element('retval'))
    children.append(Element('relatedStateVariable', str(argument.relatedStateVariable)))
    return Element('argument', tuple(children))


def variableElement(variable: StateVariable) -> Element:
    """Return ``stateVariable``."""
    children = [Element('name', str(variable.name)), Element('dataType', variable.dataType)]
    if (default := variable.describedDefault()) is not None:
        children.append(Element('defaultValue', default))
    if variable.allowedValueList:
        values = tuple(Element('allowedValue', value) for value in variable.allowedValueList)
        children.append(Element('allowedValueList', values))
    if limits := variable.describedRange():
        elements = (Element(name, text) for name, text in zip(('minimum', 'maximum', 'step'), limits, strict=False))
        children.append(Element('allowedValueRange', tuple(elements)))
    attributes = {'sendEvents': 'yes' if variable.sendEvents else 'no'}
    if variable.multicast:
        attributes['multicast'] = 'yes'
    return Element('stateVariable', tuple(children), attributes)


def configIdOf(templates: Iterable[str]) -> int:
    """Return the CONFIGID of a set of documents: the same for the same texts, 0 to 16777215 (UDA 1.1 §1.2.2)."""
    checksum = 0
    for template in templates:
        checksum = crc32(template.encode(), checksum)
    return checksum & MAX_CONFIG_ID


def fill(template: str, configId: int, host: str) -> bytes:
    """Return a document as it is served to a reader that reached us at ``host``, an address literal."""
    return template.replace('{configId}', str(configId)).replace('{host}', escape(host)).encode()
