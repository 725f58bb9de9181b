"""From objects to what is announced: UUIDs derived, icons read, everything checked, then rendered and taken down.

It reads files and the machine's identity, off the loop, and refuses to know when any of it is sent.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from ..addressing.machine import machineIdentity, settleUuids
from ..description import writing
from ..description.checks import checkDevice, checkIconForm, checkUuids, oddities
from ..description.device import Device, FilePath, Icon
from ..discovery.targets import Advertisement, Root
from ..Errors import DescriptionError
from ..http.answers import Resource
from ..http.server import HTTP

__all__ = ['prepare', 'published', 'withPages']

log = logging.getLogger(__name__)


async def prepare(roots: Sequence[Device], noted: set[str]) -> None:
    """Complete and check root devices.

    :param noted: the oddities that the log has told already; the new ones are told, and added.
    :raises DescriptionError: one cannot be announced as it is.
    """
    for root in roots:
        checkDevice(root)
    icons = [icon for root in roots for device in root.family() for icon in device.icons if icon.url is None]
    if any(icon.path is not None for icon in icons):
        await asyncio.to_thread(readIcons, icons)
    else:
        readIcons(icons)
    for root in roots:
        await deriveUuids(root)
        checkIconForm(root)
        for oddity in oddities(root):
            if oddity not in noted:
                noted.add(oddity)
                log.info('announced as given: %s', oddity)
    checkUuids(roots)


async def deriveUuids(root: Device) -> None:
    """Give a UUID to each device of a tree that has none, and tell it, so that it can be pinned."""
    if any(device.uuid is None for device in root.family()):
        for device in await asyncio.to_thread(settleUuids, root, machineIdentity):
            log.info('%r has the uuid %s, derived from this machine: give it as uuid to pin it', device, device.uuid)


def published(
    http: HTTP, roots: Sequence[Device], main: Device, bootId: int, pages: Mapping[str, Resource]
) -> tuple[dict[str, Resource], Advertisement]:
    """Render prepared root devices, and take down what is advertised.

    :param main: the one with the short paths.
    :param pages: of the program's own.
    :returns: what is served, by path, and what is advertised.
    :raises DescriptionError: a page has the path of something else.
    """
    from ..presentation.assets import assetResources  # here, as an import of the package alone needs it not

    resources = assetResources()
    taken = []
    for root in roots:
        places = writing.placesOf(root, first=root is main)
        own, configId = http.publish(root, places)
        resources |= own
        taken.append(Root(root, places.description, configId, tuple(own)))
    return withPages(resources, pages), Advertisement(taken, bootId)


def withPages(resources: Mapping[str, Resource], pages: Mapping[str, Resource]) -> dict[str, Resource]:
    """Return what is served together with the program's own pages, which stand before the devices' pages.

    :raises DescriptionError: one has the path of something else.
    """
    for path in [*pages]:  # other threads may add to them
        known = resources.get(path)
        if known is not None and not known.answer.isPage:
            raise DescriptionError(f'the path {path} is taken, by what is served of a device: give the page another')
    return {**resources, **pages}


def readIcons(icons: Sequence[Icon]) -> None:
    """Read the pictures.

    :raises DescriptionError: a file cannot be read.
    """
    for icon in icons:
        try:
            icon.load(bytesOf(icon.path) if icon.path is not None else bytes(icon.data or b''))
        except (OSError, ValueError) as error:
            reason = getattr(error, 'strerror', None) or error
            raise DescriptionError(f'the icon {icon.path!r} cannot be read: {reason}') from error


def bytesOf(path: str | FilePath) -> bytes:
    """Return a file's content."""
    with open(path, 'rb') as file:
        return file.read()
