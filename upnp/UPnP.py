"""The announcer: it owns the parts, starts and stops them in order, and tells the network of changes."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from . import Description, _loops
from ._discovery import Advertisement, Root, bootIdAt, nextBootId
from ._identity import machineIdentity, settleUuids, systemToken
from ._limits import Limits
from ._network import ANY_ADDRESS, Choice, Interface, chooseInterfaces, listInterfaces
from ._options import MAX_NUMBER, checkedHeaders, checkRange, serverToken
from ._version import __version__
from .Errors import DescriptionError
from .HTTP import HTTP, Resource
from .Objects import Device, FilePath, Icon
from .SSDP import OUR_HEADERS, SSDP

__all__ = ['Annoncer', 'Announcer']

log = logging.getLogger(__name__)

PRODUCT = f'IoT-UPnP/{__version__}'
SETTLE_SECONDS = 0.2  # after the last change, so that a script that sets ten attributes announces once
MAX_PORT = 65535


class Announcer:
    """Announces a device and serves its description (UDA 1.1 §1, §2).

    :param device: the root device.
    :param httpPort: of the server; 0 takes a free one, and :attr:`httpPort` tells which.
    :param netBind: ``0.0.0.0`` for all interfaces, or the address or name of one.
    :param interfaces: names, patterns (``eth*``) or addresses of the interfaces to use, virtual and loopback ones too.
    :param ignoredInterfaces: names, patterns or addresses of those to leave out, beyond virtual adapters.
    :param maxAge: seconds that others may keep an advertisement for; it is renewed well before. UDA asks for 1800 or
        more.
    :param server: product token for SERVER, such as ``Lamp/1.0``.
    :param extraHeaders: further headers of every SSDP message, by name (UDA 1.1 §1.1.3).
    :param bootId: for firmware that keeps a counter of its own; else it follows the clock (UDA 1.1 §1.2.2).
    :param limits: what peers may make the device do.
    :raises TypeError: what is given is no :class:`upnp.Device`.
    :raises ValueError: an option is out of its range.
    """

    def __init__(
        self,
        device: Device,
        httpPort: int = 5000,
        netBind: str = ANY_ADDRESS,
        *,
        interfaces: Sequence[str] | None = None,
        ignoredInterfaces: Sequence[str] = (),
        maxAge: int = 1800,
        server: str = PRODUCT,
        extraHeaders: Mapping[str, str] | None = None,
        bootId: int | None = None,
        limits: Limits | None = None,
    ) -> None:
        checkRange('httpPort', httpPort, 0, MAX_PORT)
        checkRange('maxAge', maxAge, 1, MAX_NUMBER)
        if bootId is not None:
            checkRange('bootId', bootId, 0, MAX_NUMBER)
        self.netBind = netBind
        self.maxAge = maxAge
        self.limits = limits or Limits()
        self.extraHeaders = checkedHeaders(extraHeaders or {}, OUR_HEADERS)
        self.serverToken = serverToken(systemToken(), server)
        self.advertisement = Advertisement()
        self.resources: dict[str, Resource] = {}
        self.http = HTTP(self, httpPort, netBind)
        self.ssdp = SSDP(self, netBind)
        self._roots = [checkedDevice(device)]
        self._main = device
        self._wanted = interfaces
        self._ignored = ignoredInterfaces
        self._choice = Choice((), ())
        self._bootId = bootId
        self._noted: set[str] = set()
        self._life: _Life | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._madeLoop = False
        self._inForeaver = False
        self._isDisposed = False
        self._task: asyncio.Task[None] | None = None

    # What it is

    @property
    def device(self) -> Device:
        """The device it was made for."""
        return self._main

    @property
    def devices(self) -> tuple[Device, ...]:
        """All root devices."""
        return tuple(self._roots)

    @property
    def httpPort(self) -> int:
        """The port of the server; the real one while it listens."""
        return self.http.port

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """The interfaces it announces on, chosen at start."""
        return self._choice.chosen

    @property
    def locations(self) -> dict[str, list[str]]:
        """The URLs of the descriptions, by the name of the interface they are reachable on; empty when stopped."""
        roots = self.advertisement.roots.values() if self._life is not None else ()
        return {
            one.name: [f'http://{one.address}:{self.httpPort}{root.path}' for root in roots] for one in self.interfaces
        }

    # In async code

    async def start(self) -> None:
        """Listen, and begin to announce; a second time is harmless.

        :raises DescriptionError: a device cannot be announced as it is.
        :raises NetworkError: a port is taken, or ``netBind`` is not ours. Nothing half-started stays behind.
        """
        self._loop = asyncio.get_running_loop()
        if self._life is None:
            self._life = _Life(self._loop, self._onSettled)
        life = self._life
        async with life.lock:
            if life is not self._life or life.isReady:
                return
            try:
                await self._begin(life)
            except BaseException:
                await self._end(life)
                raise
            life.isReady = True

    async def stop(self) -> None:
        """Send byebye, and close everything; a second time is harmless, and it can be started again."""
        life = self._life
        if life is None:
            return
        async with life.lock:
            if life is self._life:
                await self._end(life)

    async def __aenter__(self) -> 'Announcer':
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def serveForever(self) -> None:
        """Announce until SIGINT, SIGTERM (in the main thread) or :meth:`stop`; byebye is out when it returns."""
        await self.start()
        life = self._life
        if life is not None:
            with _loops.stopSignals(life.loop, life.ended.set):
                try:
                    await life.ended.wait()
                finally:
                    await self.stop()

    def addDevice(self, device: Device) -> None:
        """Announce one more root device, at once when it runs.

        :raises DescriptionError: it cannot be announced as it is, or has the uuid of another.
        """
        Description.checkDevice(checkedDevice(device))
        if device.uuid is not None:
            Description.checkUuids([*(root for root in self._roots if root.uuid is not None), device])
        self._roots.append(device)
        if self._life is not None:
            device.addObserver(self._onChange)
            self._onChange()

    async def removeDevice(self, device: Device) -> None:
        """Announce a root device no more; byebye is out when it returns.

        :raises ValueError: it is not announced here.
        """
        self._roots.remove(device)
        device.removeObserver(self._onChange)
        await self._republish()

    # As documented

    def initLoop(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Start on a loop: the one given, else the running one, else the one set for this thread, else a new one.

        It returns when everything listens. On a loop that runs in this thread it returns at once, and the start goes
        on as a task; should that fail, the log tells, and so does :meth:`start`.

        :raises DescriptionError: a device cannot be announced as it is.
        :raises NetworkError: a port is taken, or ``netBind`` is not ours.
        """
        self._isDisposed = False
        self._loop, self._madeLoop = (loop, False) if loop is not None else _loops.currentLoop()
        try:
            self._task = _loops.startOn(self._loop, self.start, 'upnp start')
        except BaseException:
            self._closeLoop()
            raise

    def notify(self) -> None:
        """Send the next set of advertisements now; from any thread."""
        if self._loop is not None:
            _loops.callIn(self._loop, self.ssdp.notify)

    def bye(self) -> None:
        """Send byebye and fall silent until :meth:`notify`; from any thread."""
        if self._loop is not None:
            _loops.callIn(self._loop, self.ssdp.bye)

    def foreaver(self) -> None:
        """Run the loop until SIGINT, SIGTERM (in the main thread) or :meth:`dispose`; byebye is out when it returns.

        :raises RuntimeError: a loop runs in this thread already.
        """
        if _loops.anyRunsHere():
            raise RuntimeError('foreaver runs a loop by itself: in async code use await serveForever()')
        if self._loop is None or self._loop.is_closed():
            self.initLoop()
        loop = self._loop
        if loop is None or loop.is_running():
            raise RuntimeError('the loop runs in another thread already')
        self._inForeaver = True
        with _loops.stopSignals(loop, self._halt):
            try:
                loop.run_forever()
            finally:
                self._inForeaver = False
                loop.run_until_complete(self.stop())
        if self._isDisposed:
            self._closeLoop()

    def dispose(self) -> None:
        """Send byebye, and close everything; from any thread, and a second time is harmless.

        Inside the running loop byebye goes out at once, and the rest follows as a task.
        """
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        self._isDisposed = True
        if _loops.runsHere(loop):
            self.ssdp.bye()
        isIdle = not loop.is_running()
        self._task = _loops.startOn(loop, self._stopAll, 'upnp stop')
        if isIdle:
            self._closeLoop()

    async def _stopAll(self) -> None:
        await self.stop()
        if self._inForeaver:
            asyncio.get_running_loop().call_soon(self._halt)

    def _halt(self) -> None:
        """End :meth:`foreaver`, once."""
        if self._inForeaver and self._loop is not None:
            self._inForeaver = False
            self._loop.stop()

    def _closeLoop(self) -> None:
        if self._madeLoop and self._loop is not None:
            self._loop.close()
            asyncio.set_event_loop(None)
            self._loop = None

    # How it is done

    async def _begin(self, life: '_Life') -> None:
        await self._prepare()
        found = listInterfaces()
        self._choice = chooseInterfaces(found, self.netBind, self._wanted, self._ignored)
        if self._wanted is not None and not self.interfaces:
            log.warning(
                'interfaces %r: none of them is here, only %s', self._wanted, ', '.join(one.name for one in found)
            )
        if self.netBind != ANY_ADDRESS and self.interfaces:
            self.http.netbind = self.interfaces[0].address
        await self.http.start()
        self.resources, self.advertisement = self._published(self._nextBootId())
        await self.ssdp.start()
        for root in self._roots:
            root.addObserver(self._onChange)
        log.info('interfaces: %s', self._choice)
        if self.interfaces and all(interface.isLoopback for interface in self.interfaces):
            log.info('only programs on this machine can see %s: no other network is used', self._main.friendlyName)
        for name, locations in self.locations.items():
            log.info(
                'announcing %s on %s at %s',
                ', '.join(str(one.friendlyName) for one in self._roots),
                name,
                ' '.join(locations),
            )

    async def _end(self, life: '_Life') -> None:
        for root in self._roots:
            root.removeObserver(self._onChange)
        self.ssdp.stop()
        await self.http.stop()
        self._life, self._choice = None, Choice((), ())
        await life.close()

    async def _prepare(self) -> None:
        """Complete and check the devices: UUIDs derived, icons read."""
        for root in self._roots:
            Description.checkDevice(root)
        icons = [icon for root in self._roots for device in root.family() for icon in device.icons if icon.url is None]
        if any(icon.path is not None for icon in icons):
            await asyncio.to_thread(readIcons, icons)
        else:
            readIcons(icons)
        for root in self._roots:
            if any(device.uuid is None for device in root.family()):
                for device in await asyncio.to_thread(settleUuids, root, machineIdentity):
                    log.info(
                        '%r has the uuid %s, derived from this machine: give it as uuid to pin it', device, device.uuid
                    )
            Description.checkIconForm(root)
            for oddity in Description.oddities(root):
                self._note(oddity)
        Description.checkUuids(self._roots)

    def _published(self, bootId: int) -> tuple[dict[str, Resource], Advertisement]:
        layout = [(root, Description.placesOf(root, first=root is self._main)) for root in self._roots]
        resources, configIds = self.http.publish(layout)
        roots = [
            Root(root, places.description, configId) for (root, places), configId in zip(layout, configIds, strict=True)
        ]
        return resources, Advertisement(roots, bootId)

    def _nextBootId(self) -> int:
        former = max((root.bootId for root in self._roots if root.bootId is not None), default=None)
        bootId = bootIdAt(time.time(), former) if self._bootId is None else nextBootId(self._bootId, former)
        for root in self._roots:
            root.boot(bootId)
        return bootId

    def _note(self, oddity: str) -> None:
        if oddity not in self._noted:
            self._noted.add(oddity)
            log.info('announced as given: %s', oddity)

    # What changes while it runs

    def _onChange(self) -> None:
        """Wait for the end of the changes; they come in any thread."""
        if (life := self._life) is not None and not life.loop.is_closed():
            life.loop.call_soon_threadsafe(life.settle)

    def _onSettled(self) -> None:
        if (life := self._life) is not None:
            life.republishing = life.loop.create_task(self._republish(), name='upnp republish')

    async def _republish(self) -> None:
        """Render everything anew, and advertise it if it differs."""
        life = self._life
        if life is None:
            return
        async with life.lock:
            if life is not self._life:
                return
            try:
                await self._prepare()
                resources, advertisement = self._published(self.advertisement.bootId)
            except DescriptionError as error:
                log.warning('a change is not announced, the devices stay as they were: %s', error)
                return
            former, self.resources = self.advertisement, resources
            if advertisement.content != former.content:
                self.ssdp.change(advertisement)


class Annoncer(Announcer):
    """The announcer under its documented name."""


class _Life:
    """What there is from a start to its stop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, onSettled: Callable[[], None]) -> None:
        self.loop = loop
        self.lock = asyncio.Lock()
        self.ended = asyncio.Event()
        self.isReady = False
        self.republishing: asyncio.Task[None] | None = None
        self._alarm = _loops.Alarm(loop, onSettled)

    def settle(self) -> None:
        """Wait once more for the changes to end."""
        if not self.ended.is_set():
            self._alarm.set(self.loop.time() + SETTLE_SECONDS)

    async def close(self) -> None:
        """End what runs, and wake those who wait."""
        self.ended.set()
        self._alarm.set(None)
        if self.republishing is not None:
            self.republishing.cancel()
            await asyncio.gather(self.republishing, return_exceptions=True)


def readIcons(icons: Sequence[Icon]) -> None:
    """Read the pictures.

    :raises DescriptionError: a file cannot be read.
    """
    for icon in icons:
        try:
            icon.load(bytesOf(icon.path) if icon.path is not None else bytes(icon.data or b''))
        except OSError as error:
            raise DescriptionError(f'the icon {icon.path!r} cannot be read: {error.strerror}') from error


def bytesOf(path: str | FilePath) -> bytes:
    """Return a file's content."""
    with open(path, 'rb') as file:
        return file.read()


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
