"""From objects to what is announced: UUIDs derived, icons read, everything checked, then rendered and taken down.

It reads files and the machine's identity, off the loop. What is served of a device, each chapter says for itself.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from ..addressing.access import Access
from ..addressing.machine import machineIdentity
from ..base.limits import Limits
from ..control import answers as control
from ..control.calls import Calls
from ..description import answers as description
from ..description.answers import WindowsReaders
from ..description.checks import checkDevice, checkIconForm, checkUuids, oddities
from ..description.device import Device, FilePath, Icon
from ..description.writing import Places, documentsOf, placesOf
from ..discovery.targets import Advertisement, Root
from ..Errors import DescriptionError
from ..eventing import answers as eventing
from ..eventing.events import Events
from ..http.answers import Resource

__all__ = ['Publication', 'prepare', 'settleUuids', 'withPages']

log = logging.getLogger(__name__)

NAMESPACE = 'a6e5c1d4-2b0b-5d0e-9b61-0c1a7c6e3f52'  # of every UUID that is derived here; a constant for ever
HOST = '{host}'  # in a template: the address that the reader has reached us by


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


def settleUuids(root: Device, identity: Callable[[], str]) -> list[Device]:
    """Derive a UUID for each device of a tree that has none, the same at every start, and return those devices.

    A root's comes from the machine, its deviceType and its friendlyName; an embedded one's from its root's and its
    place.

    :param identity: asked only when a root needs it; it may read files.
    """
    from uuid import UUID, uuid5  # here, as a device with a uuid of its own does not need them

    derived = []
    taken = {device.uuid for device in root.family()}
    for index, device in enumerate(root.family()):
        if device.uuid is not None:
            continue
        parts = [str(root.uuid), str(index)] if index else [identity(), str(root.deviceType), str(root.friendlyName)]
        while (uuid := str(uuid5(UUID(NAMESPACE), '\0'.join(parts)))) in taken:
            parts.append('next')  # a device that came earlier had this place
        device.uuid = uuid
        taken.add(uuid)
        derived.append(device)
    return derived


class Publication:
    """What a running announcer serves and advertises of its root devices; made for one run.

    :param access: by which hosts it is reached.
    :param isLinkWide: whether the events of a subscriber may go to any host on its link.
    """

    def __init__(self, limits: Limits, access: Access, calls: Calls, events: Events, *, isLinkWide: bool) -> None:
        from ..presentation import answers, streams  # here, as an import of the package alone needs no pages

        self._presentation = answers
        self._access = access
        self._calls = calls
        self._events = events
        self._isLinkWide = isLinkWide
        self._windowsReaders = WindowsReaders()
        self.streams = streams.Streams(limits, events)

    def publish(
        self, roots: Sequence[Device], main: Device, bootId: int, pages: Mapping[str, Resource]
    ) -> tuple[dict[str, Resource], Advertisement]:
        """Render prepared root devices, and take down what is advertised.

        :param main: the one with the short paths.
        :param pages: of the program's own.
        :returns: what is served, by path, and what is advertised.
        :raises DescriptionError: a page has the path of something else.
        """
        resources = self._presentation.assetResources()
        taken = []
        for root in roots:
            places = placesOf(root, first=root is main)
            own, configId = self.served(root, places)
            resources |= own
            taken.append(Root(root, places.description, configId, tuple(own)))
        return withPages(resources, pages), Advertisement(taken, bootId)

    def served(self, root: Device, places: Places) -> tuple[dict[str, Resource], int]:
        """Return what is served of a root device, by path, and the CONFIGID: each chapter's part of it."""
        documents = documentsOf(root, places, f'http://{self._access.urlHost(HOST)}{places.page}')
        resources = {
            **description.served(places, documents, self._windowsReaders),
            **control.served(places, self._calls),
            **eventing.served(places, self._events, isLinkWide=self._isLinkWide),
            **self._presentation.served(root, places, documents.configId, self.streams),
        }
        return resources, documents.configId


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
