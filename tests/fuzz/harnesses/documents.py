"""XML: documents, descriptions and SCPDs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import upnp
from tests.fuzz.harnesses import Check
from upnp import DescriptionError, Limits, MessageError
from upnp.base import xml
from upnp.base.xml import Element, Node
from upnp.description import checks, writing
from upnp.description.urn import serviceIdOf, typeNoun

LIMITS = Limits()
TYPE = 'urn:schemas-upnp-org:service:SwitchPower:1'
OWN_HOST = '192.168.1.10'
NAMES = {'http://www.w3.org/XML/1998/namespace': 'xml'}


@contextmanager
def opened() -> Iterator[Check]:
    """Give the check."""

    def check(data: bytes) -> None:
        with suppress(MessageError):
            checkTree(xml.parse(data, LIMITS))
        readable = data.replace(b'\0', b'')  # of UTF-16, too
        if b'scpd' in readable:
            checkService(data)
        if b'root' in readable:
            checkDevice(data)

    yield check


def checkTree(root: Node) -> None:
    """Check that a document keeps to the limits, and is read as the same when it is written anew."""
    count, level = 0, [root]
    for _ in range(LIMITS.maxXmlDepth):
        count += len(level)
        assert all(len(node.attributes) <= LIMITS.maxXmlAttributes for node in level)
        level = [child for node in level for child in node.children]
    assert level == []
    assert count <= LIMITS.maxXmlElements
    if plain(root) is not None:
        with suppress(MessageError):  # of limits: a namespace is declared at each element that has it
            assert plain(xml.parse(xml.render(elementOf(root)), LIMITS)) == plain(root)


def elementOf(node: Node) -> Element:
    """Return what a node would be written from."""
    attributes = {'xmlns': node.namespace}
    for name, value in node.attributes.items():
        namespace, _, local = name.rpartition(xml.SEPARATOR)
        prefix = NAMES.get(namespace, f'n{len(attributes)}') if namespace else ''
        if prefix and prefix != 'xml':
            attributes[f'xmlns:{prefix}'] = namespace
        attributes[f'{prefix}:{local}' if prefix else local] = value
    content = tuple(map(elementOf, node.children)) or node.text
    return Element(node.name, content, attributes)


def plain(node: Node) -> tuple[object, ...] | None:
    """Return a node without the text beside children, which is not written."""
    attributes = {name: spaced(value) for name, value in node.attributes.items()}
    children = tuple(map(plain, node.children))
    return node.namespace, node.name, attributes, children, '' if children else node.text


def spaced(value: str) -> str:
    """Return an attribute as every reader has it (XML 1.0 §3.3.3): a line end in it is a space."""
    return value.replace('\n', ' ').replace('\t', ' ')


def checkService(data: bytes) -> None:
    """Check that a service that is read can be described, and is read as the same, or is refused."""
    with suppress(DescriptionError):
        service = upnp.Service.fromXml(data, serviceType=TYPE)
        checks.checkDevice(deviceOf(service))
        twin = upnp.Service.fromXml(filled(writing.renderScpd(service)), serviceType=TYPE)
        assert twin == service
        assert [one.initial for one in twin.stateVariables] == [one.initial for one in service.stateVariables]


def deviceOf(service: upnp.Service) -> upnp.Device:
    """Return a device with this service."""
    device = upnp.Device(deviceType='urn:schemas-upnp-org:device:BinaryLight:1', friendlyName='Lamp')
    device.addService(service)
    return device


def filled(template: str) -> bytes:
    """Return a document as it is served."""
    return writing.fill(template, 1, OWN_HOST)


def checkDevice(data: bytes) -> None:
    """Check that a device that is read can be described, and is read as the same, or is refused."""
    with suppress(DescriptionError):
        device = upnp.Device.fromXml(data)
        for one in device.family():
            complete(one)
        checks.checkDevice(device)
        checks.checkUuids([device] if device.uuid else [])
        checks.checkIconForm(device)
        documents = writing.documentsOf(device, writing.placesOf(device, first=True), '')
        assert upnp.Device.fromXml(filled(documents.description)) == device


def complete(device: upnp.Device) -> None:
    """Give a device what a description adds, and take what is not served by others, or depends on the reader."""
    device.manufacturer = device.manufacturer or writing.UNKNOWN_MANUFACTURER
    device.modelName = device.modelName or typeNoun(str(device.deviceType))
    device.icons = [icon for icon in device.icons if icon.url is not None]  # type: ignore[assignment]
    for service in device.services:
        service.serviceId = serviceIdOf(service)
    if '{' in (device.presentationURL or ''):
        device.presentationURL = None
