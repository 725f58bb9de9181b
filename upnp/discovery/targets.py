"""What a device advertises, and which searches concern it (UDA 1.1 §1.2, §1.3).

It decides; sockets and message bytes are the business of :mod:`upnp.discovery.ssdp`, and when something is sent is that
of :mod:`upnp.discovery.timing`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ..description.device import Device
from ..description.urn import splitVersion

__all__ = ['Advertisement', 'Directory', 'Root', 'Search', 'Target', 'targetsOf']

SEARCH_ALL = 'ssdp:all'
ROOT_DEVICE = 'upnp:rootdevice'
DISCOVER = 'ssdp:discover'

MAX_MX_SECONDS = 5  # UDA 1.1 §1.3.2: more counts as this


class Target(NamedTuple):
    """One thing to be advertised and found.

    :param nt: what NT and ST say: ``upnp:rootdevice``, a UDN, or a type.
    :param udn: of the device it belongs to.
    :param root: UDN of the root device, whose description it leads to.
    """

    nt: str
    udn: str
    root: str

    @property
    def usn(self) -> str:
        """Return the USN (UDA 1.1 §1.2.2)."""
        return self.udn if self.nt == self.udn else f'{self.udn}::{self.nt}'


def targetsOf(root: Device) -> tuple[Target, ...]:
    """Return the 3 + 2d + k targets of a root device, in the order they are advertised (UDA 1.1 §1.2.2).

    Every device in the tree has a UUID by now. Of one service type in several versions only the highest counts.
    """
    rootUDN = str(root.UDN)
    targets = [Target(ROOT_DEVICE, rootUDN, rootUDN)]
    for device in root.family():
        types = highestVersions(str(service.serviceType) for service in device.services)
        names = (str(device.UDN), str(device.deviceType), *types)
        targets += [Target(nt, str(device.UDN), rootUDN) for nt in names]
    return tuple(targets)


def highestVersions(types: Iterable[str]) -> list[str]:
    """Return each type once, in its highest version, in the order of their first appearance."""
    highest: dict[tuple[str, bool], int] = {}
    for type_ in types:
        base, version = splitVersion(type_)
        highest[base, version > 0] = max(version, highest.get((base, version > 0), 0))
    return [f'{base}:{version}' if versioned else base for (base, versioned), version in highest.items()]


class Directory:
    """All targets of an announcer, to be looked up by search target in constant time."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self.targets = tuple(targets)
        self._byName: dict[str, list[Target]] = {}
        self._byBase: dict[str, list[tuple[int, Target]]] = {}
        for target in self.targets:
            base, version = splitVersion(target.nt)
            if version and target.nt != target.udn:
                self._byBase.setdefault(base, []).append((version, target))
            else:
                self._byName.setdefault(nameKey(target.nt), []).append(target)

    def find(self, st: str) -> list[Target]:
        """Return what answers a search, each under the name it is answered by (UDA 1.1 §1.3.3).

        A later version answers for a lower one, under the lower one. UUIDs compare without regard to case.
        """
        if st == SEARCH_ALL:
            return list(self.targets)
        if (named := self._byName.get(nameKey(st))) is not None:
            return list(named)
        base, version = splitVersion(st)
        return [target._replace(nt=st) for had, target in self._byBase.get(base, ()) if had >= version > 0]


class Root(NamedTuple):
    """What the messages about one root device have in common.

    :param path: of its description.
    :param configId: CONFIGID.UPNP.ORG, which stands for the content of its documents.
    :param paths: of all that is served of it.
    """

    device: Device
    path: str
    configId: int
    paths: tuple[str, ...] = ()


class Advertisement:
    """All that is advertised at one time, taken down so that the objects may change meanwhile.

    :param roots: the root devices in order, each with a UDN by now.
    :param bootId: BOOTID.UPNP.ORG.
    """

    def __init__(self, roots: Sequence[Root] = (), bootId: int = 0) -> None:
        devices = {str(device.UDN): device for root in roots for device in root.device.family()}
        targets = [target for root in roots for target in targetsOf(root.device)]
        self._take({str(root.device.UDN): root for root in roots}, devices, targets, bootId)

    def _take(self, roots: dict[str, Root], devices: dict[str, Device], targets: Iterable[Target], bootId: int) -> None:
        self.bootId = bootId
        self.roots = roots
        self.devices = devices
        self.directory = Directory(targets)
        self.byUsn = {nameKey(target.usn): target for target in self.directory.targets}

    def rebooted(self, bootId: int) -> 'Advertisement':
        """Return the same under another BOOTID."""
        other = Advertisement()
        other._take(self.roots, self.devices, self.directory.targets, bootId)
        return other

    def without(self, device: Device) -> 'Advertisement':
        """Return the same without a root device."""
        roots = {udn: root for udn, root in self.roots.items() if root.device is not device}
        targets = [target for target in self.directory.targets if target.root in roots]
        udns = {target.udn for target in targets}
        other = Advertisement()
        other._take(roots, {udn: one for udn, one in self.devices.items() if udn in udns}, targets, self.bootId)
        return other

    @property
    def content(self) -> tuple[object, ...]:
        """Return what has to be advertised anew when it differs: names, places and documents."""
        roots = tuple((udn, root.path, root.configId) for udn, root in self.roots.items())
        return roots, self.directory.targets

    def target(self, usn: str) -> Target | None:
        """Return the target with this USN; UUIDs compare without regard to case."""
        return self.byUsn.get(nameKey(usn))


def nameKey(name: str) -> str:
    """Return what names compare by: of a UDN or USN the UUID without regard to case (UDA 1.1 §1.1.4)."""
    if name[:5].lower() != 'uuid:':
        return name
    uuid, colons, rest = name.partition('::')
    return f'{uuid.lower()}{colons}{rest}'


class Search(NamedTuple):
    """An M-SEARCH that deserves an answer.

    :param mx: seconds the answers may take, 0 to 5; 0 means at once.
    """

    st: str
    mx: int

    @classmethod
    def fromRequest(cls, method: str, uri: str, headers: Mapping[str, str], *, multicast: bool) -> 'Search | None':
        """Return the search a request makes; None for anything that UDA 1.1 §1.3.2 has us ignore.

        :param headers: by lower-case name.
        :param multicast: how it really came; then an MX is required, else it is answered at once.
        """
        if method != 'M-SEARCH' or uri != '*' or headers.get('man', '').strip('"').lower() != DISCOVER:
            return None
        st, mx = headers.get('st', ''), headers.get('mx', '')
        if not st or not multicast:
            return cls(st, 0) if st else None
        if not (mx.isascii() and mx.isdigit()):
            return None
        return cls(st, min(int(mx.lstrip('0')[:9] or 0), MAX_MX_SECONDS))
