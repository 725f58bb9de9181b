"""Device description and SCPD (UDA 1.1 §2): what the objects lack, and the XML they become.

It knows every element, its order and its limits, and refuses to know how a document travels. A rendered document is a
template: ``{host}`` and ``{configId}`` are filled in when it is served, so that its hash stands for its content alone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from zlib import crc32

from ..base.xml import Element, Template, escape, render
from .checks import textOf
from .device import TEXT_ELEMENTS, Device, Icon, Service
from .scpd import UNUSED_VARIABLE, Action, Argument, StateVariable
from .urn import serviceIdOf, typeNoun
from .vendor import (
    DEVICE_NAMESPACE,
    hostTemplate,
    vendorElements,
)

__all__ = [
    *('Documents', 'Places', 'configIdOf', 'deviceElement', 'documentsOf', 'fill', 'iconElement', 'isEvented'),
    *('placesOf', 'renderDescription', 'renderScpd', 'serviceElement'),
]

SERVICE_NAMESPACE = 'urn:schemas-upnp-org:service-1-0'
SPEC_VERSION = Element('specVersion', (Element('major', '1'), Element('minor', '1')))
CONFIG_ID = {'configId': Template('{configId}')}
MAX_CONFIG_ID = 0xFFFFFF  # what a device may assign by itself, UDA 1.1 §1.2.2

UNKNOWN_MANUFACTURER = 'unknown'
SEGMENT = r'(?!\.+\Z)[A-Za-z0-9._~-]+\Z'  # of a path, and neither . nor ..


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


class Documents(NamedTuple):
    """The documents of a root device, as templates.

    :param scpds: of its services, by path.
    :param configId: CONFIGID.UPNP.ORG, which stands for the content of them all.
    """

    description: str
    scpds: Mapping[str, str]
    configId: int


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


# Rendering


def documentsOf(root: Device, places: Places, page: str) -> Documents:
    """Render all documents of a root device.

    :param page: its presentationURL where it has none of its own.
    """
    description = renderDescription([deviceElement(root, places, page)])
    scpds = {places.scpd(service): renderScpd(service) for service, _ in places.services}
    return Documents(description, scpds, configIdOf([description, *scpds.values()]))


def deviceElement(device: Device, places: Places, page: str | None = None) -> Element:
    """Return ``device`` with its icons, services and embedded devices; lists without any are left out (UDA 1.1 §2.3).

    :param page: the presentationURL of a device that has none; ``None`` leaves it out. That of others is their own.
    """
    lists = {
        'iconList': [iconElement(icon, places) for icon in device.icons],
        'serviceList': [serviceElement(service, places) for service in device.services],
        'deviceList': [deviceElement(inner, places) for inner in device.devices],
    }
    defaults = {'manufacturer': UNKNOWN_MANUFACTURER, 'modelName': typeNoun(str(device.deviceType))}
    children = []
    for name in TEXT_ELEMENTS:
        if text := textOf(device, name, 'device') or defaults.get(name, ''):
            children.append(Element(name, text))
    for name, elements in lists.items():
        if elements:
            children.append(Element(name, tuple(elements)))
    if presentation := textOf(device, 'presentationURL', 'device') or page:
        children.append(Element('presentationURL', hostTemplate(presentation)))
    return Element('device', (*children, *vendorElements(device)))


def iconElement(icon: Icon, places: Places) -> Element:
    """Return ``icon``, all of whose elements are required (UDA 1.1 §2.3)."""
    form = [Element(name, str(getattr(icon, name))) for name in ('mimetype', 'width', 'height', 'depth')]
    return Element('icon', (*form, Element('url', str(icon.url or places.icon(icon)))))


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


def renderDescription(elements: Iterable[Element]) -> str:
    """Return a description, a template with ``{host}`` and ``{configId}``.

    :param elements: what it describes: the ``device`` of a root.
    """
    return render(Element('root', (SPEC_VERSION, *elements), {'xmlns': DEVICE_NAMESPACE, **CONFIG_ID}))


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
