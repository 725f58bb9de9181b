"""What keeps a device from being announced, and what is announced though UDA asks for another form (UDA 1.1 §2.3).

It checks objects that a program has filled in. Elements that are missing and cannot be guessed, or that cannot be put
on the wire, are errors; what others can probably read all the same is an oddity, which the log notes.
"""

import re
from collections.abc import Iterable, Iterator

from ..Errors import DescriptionError
from .device import TEXT_ELEMENTS, Device, Icon, Service
from .scpd import checkScpd
from .urn import serviceIdOf
from .vendor import checkVendorElements, plainText, vendorOddities

__all__ = ['checkDevice', 'checkIconForm', 'checkUuids', 'oddities', 'textOf']

# As texts, compiled when first needed: an import of the package needs none of them.
TYPE = r'(?a)urn:[A-Za-z0-9.-]+:(device|service):([A-Za-z0-9_.-]{1,64}):[1-9]\d*\Z'
SERVICE_ID = r'urn:[A-Za-z0-9.-]+:serviceId:[^\s:][^\s]{0,63}\Z'
UUID = r'(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z'
TOKEN = r'[^\s\x00-\x20\x7f]+\Z'
MIMETYPE = r'[A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+\Z'


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
