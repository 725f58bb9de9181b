"""The root devices of one announcer: which they are, that each is there once, and who hears of their changes.

It refuses to know how they are described and when they are announced.
"""

from collections.abc import Callable

from ..description.checks import checkDevice, checkUuids
from ..description.device import Device, Service
from ..description.elements import _BaseObj
from ..Errors import DescriptionError

__all__ = ['Roots', 'bootIdAt', 'checkedDevice']

BOOT_EPOCH = 1767225600  # 2026-01-01: 31 bits of tenths of a second last until 2032, and then begin anew
BOOT_TICKS_PER_SECOND = 10  # a process that follows another at once has to have a greater number
RELEASE_TIME = 1793491200  # 2026-11-01: a clock that shows less is wrong
DAY_SECONDS = 86400
MAX_BOOT_ID = 0x7FFFFFFF


def checkedDevice(device: Device) -> Device:
    """Return a device that can be a root.

    :raises TypeError: it is no :class:`upnp.Device`.
    :raises DescriptionError: it is embedded in another.
    """
    if not isinstance(device, Device):
        raise TypeError(f'an upnp.Device is wanted, not {device!r}')
    if device.isEmbedded:
        raise DescriptionError(f'{device!r} is embedded in another device: announce that one')
    return device


class Roots:
    """The root devices of one announcer, the one it was made for first.

    :param onChange: called after every change of one while they are watched, in any thread.
    :param onValue: called with a service and a state variable that was set, likewise.
    :param bootId: of firmware that counts by itself.
    """

    def __init__(
        self,
        main: Device,
        onChange: Callable[[], None],
        onValue: Callable[[_BaseObj, _BaseObj], None],
        bootId: int | None = None,
    ) -> None:
        self.main = checkedDevice(main)
        self.devices: tuple[Device, ...] = (main,)
        self._onChange, self._onValue = onChange, onValue
        self._bootId = bootId
        self._isWatched = False

    @property
    def services(self) -> list[Service]:
        """The services of all devices, embedded ones too."""
        return [service for root in self.devices for device in root.family() for service in device.services]

    @property
    def names(self) -> str:
        """What they are called."""
        return ', '.join(str(root.friendlyName) for root in self.devices)

    def add(self, device: Device) -> None:
        """Add one more.

        :raises DescriptionError: it cannot be announced as it is, or is there, or has the uuid of another.
        """
        checkDevice(checkedDevice(device))
        if any(root is device for root in self.devices):
            raise DescriptionError(f'{device!r} is announced here already')
        if device.uuid is not None:
            checkUuids([*(root for root in self.devices if root.uuid is not None), device])
        self.devices = (*self.devices, device)
        if self._isWatched:
            self._observe(device)

    def remove(self, device: Device) -> None:
        """Take one away.

        :raises ValueError: it is not there.
        """
        if all(root is not device for root in self.devices):
            raise ValueError(f'{device!r} is not announced here')
        self.devices = tuple(root for root in self.devices if root is not device)
        self._ignore(device)

    def watch(self) -> None:
        """Tell of changes from now on; a second time is harmless."""
        if not self._isWatched:
            self._isWatched = True
            for root in self.devices:
                self._observe(root)

    def unwatch(self) -> None:
        """Tell of them no more; a second time is harmless."""
        self._isWatched = False
        for root in self.devices:
            self._ignore(root)

    def nextBootId(self, wallTime: float) -> int:
        """Return the BOOTID for a new start, address or interface (UDA 1.1 §1.2.2): greater than any before.

        :param wallTime: seconds since 1970.
        """
        former = max((root.bootId for root in self.devices if root.bootId is not None), default=None)
        bootId = bootIdAt(wallTime, former) if self._bootId is None else nextBootId(self._bootId, former)
        for root in self.devices:
            root.boot(bootId)
        return bootId

    def _observe(self, root: Device) -> None:
        root.addObserver(self._onChange)
        root.addValueObserver(self._onValue)

    def _ignore(self, root: Device) -> None:
        root.removeObserver(self._onChange)
        root.removeValueObserver(self._onValue)


def bootIdAt(wallTime: float, former: int | None = None) -> int:
    """Return a BOOTID for a start: greater than the former one, and than that of an earlier process (UDA 1.1 §1.2.2).

    It counts tenths of a second. A clock that was never set still gives growing numbers while it runs, and smaller
    ones than after it is set. What cannot be had without storage: growth over two power cycles, both without a clock.

    :param wallTime: seconds since 1970.
    :param former: the number of this device's last start, if this process made one.
    """
    if wallTime < RELEASE_TIME:
        wallTime = RELEASE_TIME + wallTime % DAY_SECONDS
    number = int((wallTime - BOOT_EPOCH) * BOOT_TICKS_PER_SECOND)
    return nextBootId(number & MAX_BOOT_ID, former)


def nextBootId(number: int, former: int | None) -> int:
    """Return the BOOTID: ``number``, but more than the former one; after 31 bits it begins anew."""
    return (number if former is None else max(number, former + 1)) & MAX_BOOT_ID
