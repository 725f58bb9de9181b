"""Descriptions over HTTP (UDA 1.1 §2.11): the documents of a root device and its icons, as they are served."""

import logging

from ..addressing.addresses import hostOf
from ..base.xml import Element
from ..http.answers import XML_TYPE, HttpRequest, Resource, ResourceAnswer, Site
from .device import Device, Icon, Service
from .writing import (
    Documents,
    Places,
    deviceElement,
    fill,
    iconElement,
    renderDescription,
    serviceElement,
)

__all__ = ['DescriptionAnswer', 'Document', 'IconAnswer', 'ScpdAnswer', 'WindowsReaders', 'served']

log = logging.getLogger(__name__)

# Of a document. Addresses come and go while a device runs, and all of 127.0.0.0/8 are this machine's.
MAX_FILLED = 32
WINDOWS_AGENTS = ('FDSSDP', 'DAFUPnP')  # in USER-AGENT: its Function Discovery, and what associates devices
MAX_WINDOWS_READERS = 64  # addresses that the log tells of, once each: anybody can say that it is Windows


class Document:
    """A document as it is served: a template that is completed for each of our addresses, once."""

    def __init__(self, template: str, configId: int) -> None:
        self.template = template
        self.configId = configId
        self._filled: dict[str, bytes] = {}

    def __call__(self, host: str) -> bytes:
        """Return the bytes for a reader that reached us at ``host``."""
        if host not in self._filled:
            if len(self._filled) >= MAX_FILLED:
                self._filled.clear()
            self._filled[host] = fill(self.template, self.configId, hostOf(host))
        return self._filled[host]


class WindowsReaders:
    """The addresses at which Windows has read the description: then the device is about to show up there."""

    def __init__(self) -> None:
        self._addresses: set[str] = set()

    def note(self, request: HttpRequest) -> None:
        """Log who reads the description, where that is Windows' own services, and the first time."""
        address, agent = request.peer[0], request.headers.get('user-agent', '')
        isNew = address not in self._addresses and len(self._addresses) < MAX_WINDOWS_READERS
        if isNew and any(one in agent for one in WINDOWS_AGENTS):
            self._addresses.add(address)
            log.info('seen by Windows at %s', address)


class Described:
    """What the description of a root device is about.

    :param document: as it was rendered.
    :param places: where the parts of the device are served.
    """

    def __init__(self, document: Document, places: Places, readers: WindowsReaders) -> None:
        self.document = document
        self.places = places
        self.readers = readers


class DescriptionAnswer(ResourceAnswer):
    """HTTP success, the description of a root device in XML (UDA 1.1 §2.3).

    What is added by hand, before it is executed, stands in the place of the device that was announced.
    """

    __module__ = 'upnp.HTTP'

    deed = 'read the description'

    def __init__(self, request: HttpRequest, upnp: Site) -> None:
        super().__init__(request, upnp)
        self._added: list[Element] = []

    def describeDevice(self, device: Device) -> None:
        """Add a device, with its icons, services and embedded devices, to the answer."""
        self._added.append(deviceElement(device, self.subject(Described).places))

    def describeIcon(self, icon: Icon) -> None:
        """Add an icon to the answer."""
        self._added.append(iconElement(icon, self.subject(Described).places))

    def describeService(self, service: Service) -> None:
        """Add a service to the answer."""
        self._added.append(serviceElement(service, self.subject(Described).places))

    def execute(self) -> None:
        """Prepare the answer."""
        super().execute()
        described = self.subject(Described)
        described.readers.note(self.request)
        if self._added:
            document = Document(renderDescription(self._added), described.document.configId)
            self.body = document(self.reachedHost)


class ScpdAnswer(ResourceAnswer):
    """HTTP success, the SCPD of a service (UDA 1.1 §2.5)."""

    __module__ = 'upnp.HTTP'

    deed = 'read a service description'


class IconAnswer(ResourceAnswer):
    """HTTP success, a picture."""

    deed = 'fetched the icon'


def served(places: Places, documents: Documents, readers: WindowsReaders) -> dict[str, Resource]:
    """Return what is served of a root device's description, by path."""
    document = Document(documents.description, documents.configId)
    described = Described(document, places, readers)
    resources = {places.description: Resource(DescriptionAnswer, XML_TYPE, document, described)}
    for path, scpd in documents.scpds.items():
        resources[path] = Resource(ScpdAnswer, XML_TYPE, Document(scpd, documents.configId))
    for icon, path in places.icons:
        resources[path] = Resource(IconAnswer, str(icon.mimetype), icon.content or b'')
    return resources
