"""The announcer: it owns the parts, starts and stops them in order, and tells the network of changes."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from os import PathLike
from types import TracebackType

from .._version import __version__
from ..addressing.access import Access
from ..addressing.addresses import ANY_ADDRESSES, isIPv4
from ..addressing.changes import Departure
from ..addressing.interfaces import Choice, Interface, Wish
from ..addressing.machine import hostNames, systemToken
from ..addressing.network import Network
from ..base import loops
from ..base.limits import Limits
from ..base.options import (
    MAX_NUMBER,
    checkedAllowedHosts,
    checkedFlag,
    checkedHeaders,
    checkedHost,
    checkedLimits,
    checkedNames,
    checkedNetworks,
    checkOneOf,
    checkRange,
    serverToken,
)
from ..control.calls import Calls
from ..description.device import Device, Service
from ..description.urn import serviceIdOf
from ..discovery.ssdp import OUR_HEADERS, SSDP
from ..discovery.targets import Advertisement
from ..Errors import DescriptionError
from ..eventing import gena
from ..eventing.events import Events
from ..http.answers import Resource
from ..http.server import HTTP
from .lifecycle import Life, PlainCalls
from .preparation import Publication, prepare, withPages
from .rootdevices import Roots

__all__ = ['Annoncer', 'Announcer']

log = logging.getLogger(__name__)

PRODUCT = f'IoT-UPnP/{__version__}'
MAX_PORT = 65535
SUBSCRIBER, LINK = 'subscriber', 'link'  # where the events of a subscriber may go


class Announcer:
    """Announces a device and serves its description (UDA 1.1 §1, §2).

    :param device: the root device.
    :param httpPort: of the server; 0 takes a free one, and :attr:`httpPort` tells which.
    :param netBind: ``0.0.0.0`` for all interfaces in both protocols, or the address or name of one.
    :param interfaces: names, patterns (``eth*``) or addresses of the interfaces to use, virtual and loopback ones too.
    :param ignoredInterfaces: names, patterns or addresses of those to leave out, beyond virtual adapters.
    :param ipv6: whether it is seen by IPv6 too, where the machine has it.
    :param advertisedHost: host, or ``host:port``, that others reach this machine by, where that is not its own address:
        behind a port mapping, as containers are. An address literal leaves the other protocol out.
    :param maxAge: seconds that others may keep an advertisement for; it is renewed well before. UDA asks for 1800 or
        more.
    :param server: product token for SERVER, such as ``Lamp/1.0``.
    :param extraHeaders: further headers of every SSDP message, by name (UDA 1.1 §1.1.3).
    :param bootId: for firmware that keeps a counter of its own; else it follows the clock (UDA 1.1 §1.2.2).
    :param callbackHosts: where the events of a subscriber may go: ``subscriber``, to the address it subscribes from, or
        ``link``, to any on its network.
    :param allowedHosts: names that this device is reached by beside its own, patterns (``*.example.org``) too, each
        with a port or for any; a request that names another host is refused (403).
    :param allowedNetworks: networks (``10.1.0.0/16``) whose searches are answered beside those of the links it is on,
        where routers pass them on.
    :param limits: what peers may make the device do.
    :raises TypeError: what is given is no :class:`upnp.Device`.
    :raises ValueError: an option is out of its range.
    """

    __module__ = 'upnp.UPnP'

    def __init__(
        self,
        device: Device,
        httpPort: int = 5000,
        netBind: str = ANY_ADDRESSES[0],
        *,
        interfaces: Sequence[str] | None = None,
        ignoredInterfaces: Sequence[str] = (),
        ipv6: bool = True,
        advertisedHost: str | None = None,
        maxAge: int = 1800,
        server: str = PRODUCT,
        extraHeaders: Mapping[str, str] | None = None,
        bootId: int | None = None,
        callbackHosts: str = SUBSCRIBER,
        allowedHosts: Sequence[str] = (),
        allowedNetworks: Sequence[str] = (),
        limits: Limits | None = None,
    ) -> None:
        checkRange('httpPort', httpPort, 0, MAX_PORT)
        checkRange('maxAge', maxAge, 1, MAX_NUMBER)
        if bootId is not None:
            checkRange('bootId', bootId, 0, MAX_NUMBER)
        checkOneOf('callbackHosts', callbackHosts, (SUBSCRIBER, LINK))
        self.netBind = netBind
        self.maxAge = maxAge
        self.limits = checkedLimits(limits)
        self.extraHeaders = checkedHeaders(extraHeaders or {}, OUR_HEADERS)
        self.serverToken = serverToken(systemToken(), server)
        self.advertisement = Advertisement()
        self.resources: dict[str, Resource] = {}
        advertised = ('', None) if advertisedHost is None else checkedHost(advertisedHost)
        self.access = Access(
            self,
            advertised=advertised,
            allowedHosts=checkedAllowedHosts(allowedHosts),
            allowedNetworks=checkedNetworks(allowedNetworks),
        )
        wish = Wish(
            netBind,
            None if interfaces is None else checkedNames('interfaces', interfaces),
            checkedNames('ignoredInterfaces', ignoredInterfaces),
            hasIPv4=':' not in advertised[0],
            hasIPv6=checkedFlag('ipv6', ipv6) and not isIPv4(advertised[0]),
        )
        self.network = Network(wish, self._onLeft, self._onArrived)
        self.http = HTTP(self, httpPort, netBind)
        self.http.hasIPv6 = ipv6
        if wish.isName:  # its addresses may come and go
            self.http.netbind, self.http.accepts = ANY_ADDRESSES[0], self.network.isOurs
        self.ssdp = SSDP(self, netBind)
        self.events = Events(self.limits, self._multicast)
        self.calls = Calls(self.limits, self.events.together)
        self._roots = Roots(device, self._onChange, self.events.note, bootId)
        self._noted: set[str] = set()
        self._life: Life | None = None
        self._pages: dict[str, Resource] = {}
        self._isLinkWide = callbackHosts == LINK
        self._plain = PlainCalls(self)

    # What it is

    @property
    def device(self) -> Device:
        """The device it was made for."""
        return self._roots.main

    @property
    def devices(self) -> tuple[Device, ...]:
        """All root devices."""
        return self._roots.devices

    @property
    def httpPort(self) -> int:
        """The port of the server; the real one while it listens."""
        return self.http.port

    @property
    def interfaces(self) -> Choice:
        """The interfaces it uses (``chosen``), and those it does not with the reason (``skipped``); empty when stopped.

        It follows the network while the announcer runs.
        """
        return self.network.choice

    @property
    def inUse(self) -> Sequence[Interface]:
        """The addresses it announces at; one that came just now is not among them yet."""
        return self.network.inUse

    @property
    def locations(self) -> dict[str, list[str]]:
        """The URLs of the descriptions, by the name of the interface they are reachable on; empty when stopped."""
        found: dict[str, list[str]] = {}
        if self._life is None or self._life.ending is not None:
            return found
        for one in self.interfaces.chosen:
            urls = (
                f'http://{self.access.urlHost(one.address)}{root.path}' for root in self.advertisement.roots.values()
            )
            found[one.name] = list(dict.fromkeys((*found.get(one.name, ()), *urls)))
        return found

    # In async code

    async def start(self) -> None:
        """Listen, and begin to announce; a second time is harmless.

        :raises DescriptionError: a device cannot be announced as it is.
        :raises NetworkError: a port is taken, or ``netBind`` is not ours. Nothing half-started stays behind.
        :raises RuntimeError: it is announced on another loop.
        """
        loop = asyncio.get_running_loop()
        while True:
            life = self._lifeOn(loop)
            if life.ending is not None:
                await asyncio.shield(life.ending)
                continue
            async with life.lock:
                if life is self._life and life.ending is None:
                    if not life.isReady:
                        await self._begin(life)
                    return

    async def stop(self) -> None:
        """Send byebye, and close everything; a second time is harmless, and it can be started again."""
        life = self._life
        if life is None:
            return
        if life.ending is None:
            life.ending = life.loop.create_task(self._end(life), name='upnp stop')
        await asyncio.shield(life.ending)  # whoever waits may be cancelled: the end is not

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
            with loops.stopSignals(life.loop, life.ended.set):
                try:
                    await life.ended.wait()
                finally:
                    await self.stop()

    def addDevice(self, device: Device) -> None:
        """Announce one more root device, at once when it runs.

        :raises DescriptionError: it cannot be announced as it is, or is announced here, or has the uuid of another.
        """
        self._roots.add(device)
        if self._life is not None:
            self._onChange()

    async def removeDevice(self, device: Device) -> None:
        """Announce a root device no more; byebye is out when it returns.

        :raises ValueError: it is not announced here.
        """
        self._roots.remove(device)
        removed = self.advertisement.roots.get(str(device.UDN))
        if (life := self._life) is not None and removed is not None and removed.device is device:
            self.ssdp.change(self.advertisement.without(device))
            kept = {path: one for path, one in self.resources.items() if path not in removed.paths}
            self.resources = withPages(kept, self._pages)
            life.publication.streams.onEnd()
            self._retain()

    def addPage(
        self, path: str, page: bytes | str | PathLike[str] | Callable[..., object], *, contentType: str | None = None
    ) -> None:
        """Serve a page of one's own; ``/`` stands in the place of the one that is made of the device.

        A function is called for each request, with the :class:`upnp.HTTP.HttpRequest` if it has a parameter, and
        returns text or bytes; a plain one runs in a thread of its own. It is asked by GET and HEAD, by pages of this
        device also by POST, and has ``callSeconds`` of :class:`upnp.Limits`. A page can be added from any thread.

        :param path: such as ``/setup``, which a ``presentationURL`` may be as well.
        :param page: bytes, the path of a file, which is read now, or a function.
        :param contentType: told by the suffix unless given; HTML without one.
        :raises TypeError: a page of another kind, or a function that wants more.
        :raises ValueError: no path, or one where something of a device is; where that is found at the start, there.
        :raises OSError: the file cannot be read.
        """
        from ..presentation.custompages import pageAt  # here, as only those who have pages of their own need it

        added = pageAt(path, page, contentType, self.calls)
        if (life := self._life) is not None:
            withPages(self.resources, {path: added})  # or it is refused here
        self._pages[path] = added
        if life is not None:
            loops.callIn(life.loop, self._showPages)  # which may render everything anew meanwhile

    # As documented

    def initLoop(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Start on a loop: the one given, else the running one, else the one set for this thread, else a new one.

        It returns when everything listens. On a loop that runs in this thread it returns at once, and the start goes on
        as a task; should that fail, the log tells, and so does :meth:`start`. It may be called again after the end.

        :raises DescriptionError: a device cannot be announced as it is.
        :raises NetworkError: a port is taken, or ``netBind`` is not ours.
        :raises RuntimeError: it is announced on another loop.
        """
        self._plain.initLoop(loop)

    def notify(self) -> None:
        """Send the next set of advertisements now, from any thread; after :meth:`bye`, announce again."""
        self._plain.call(self._notify)

    def bye(self) -> None:
        """Send byebye, end all subscriptions and fall silent until :meth:`notify`; from any thread."""
        self._plain.call(self._bye)

    def foreaver(self) -> None:
        """Run the loop until SIGINT, SIGTERM (in the main thread) or :meth:`dispose`; byebye is out when it returns.

        It starts by itself what was not started, or has ended.

        :raises RuntimeError: a loop runs in this thread already, or the announcer's runs in another.
        """
        self._plain.foreaver()

    def dispose(self) -> None:
        """Send byebye, and close everything; from any thread, and a second time is harmless.

        Inside the running loop byebye goes out at once, and the rest follows as a task.
        """
        self._plain.dispose()

    # How it is done

    @property
    def isLive(self) -> bool:
        """Tell whether it has begun to start, and has not ended."""
        return self._life is not None

    def silence(self) -> None:
        """Say byebye, end all subscriptions and close what can be closed without a loop."""
        self.network.stop()
        self.ssdp.stop()
        self.events.stop()
        self.http.abandon()

    def abandon(self) -> None:
        """End it without its loop, which is closed: the byebye and the sockets need none."""
        if (life := self._life) is not None:
            self._roots.unwatch()
            self.silence()
            self.calls.abandon()
            self._forget(life)

    def _lifeOn(self, loop: asyncio.AbstractEventLoop) -> Life:
        """Return what there is from a start to its stop, and begin it when there is none."""
        if self._life is not None and self._life.loop.is_closed():
            self.abandon()
        if self._life is None:
            self._life = Life(loop, self._onSettled, self._newPublication())
            self._plain.loop = loop
            self._plain.gone.clear()
        elif self._life.loop is not loop:
            raise RuntimeError('it is announced on another loop: stop it there first')
        return self._life

    async def _begin(self, life: Life) -> None:
        try:
            await self._open(life.publication)
        except BaseException:
            await self._close(life)
            raise
        life.isReady = True
        self._tellLocations()

    def _tellLocations(self) -> None:
        for name, locations in self.locations.items():
            log.info('announcing %s on %s at %s', self._roots.names, name, ' '.join(locations))

    def _newPublication(self) -> Publication:
        return Publication(self.limits, self.access, self.calls, self.events, isLinkWide=self._isLinkWide)

    async def _open(self, publication: Publication) -> None:
        roots = self._roots.devices  # what is added meanwhile is announced as a change
        self._roots.watch()
        await prepare(roots, self._noted)
        await self._learnNames()
        await self.network.start()
        await self.http.start()
        self.network.keepTo(hasIPv4=self.http.servesIPv4, hasIPv6=self.http.servesIPv6)
        self.events.reopen()
        self.events.listen(publication.streams)
        self.resources, self.advertisement = publication.publish(roots, self.device, self.nextBootId(), self._pages)
        self.events.start(self._roots.services)
        await self.ssdp.start()
        if roots != self._roots.devices:
            self._onChange()

    async def _end(self, life: Life) -> None:
        life.quiet()
        async with life.lock:
            if life is self._life:
                await self._close(life)

    async def _close(self, life: Life) -> None:
        self._roots.unwatch()
        self.network.stop()
        self.ssdp.stop()
        try:
            self.events.stop()
            await self.http.stop()
            self.calls.abandon()
        finally:
            self._forget(life)

    async def _learnNames(self) -> None:
        """Take note of the names that this machine goes by, which a router may give it with an address."""
        from concurrent.futures import ThreadPoolExecutor  # here, as an import of the package alone needs it not

        with ThreadPoolExecutor(1) as executor:  # that of the loop would keep its thread
            self.access.names = await asyncio.get_running_loop().run_in_executor(executor, hostNames)

    def _forget(self, life: Life) -> None:
        self._life = None
        self.network.stop()
        life.quiet()
        life.ended.set()
        self._plain.gone.set()

    def _bye(self) -> None:
        self.ssdp.bye()
        self.events.close()

    def _notify(self) -> None:
        if not self.events.isOpen:  # after a byebye; who was subscribed before is so no more (UDA 1.1 §4.1.2)
            self.events.reopen()
        self.ssdp.notify()

    def nextBootId(self) -> int:
        """Return the BOOTID for a new start, address or interface; see :meth:`Roots.nextBootId`."""
        return self._roots.nextBootId(time.time())

    def _multicast(self, service: Service, key: int, body: bytes) -> None:
        """Send an event of a service to all, on every interface (UDA 1.1 §4.2).

        :param key: the event key.
        """
        bootId, serviceId = self.advertisement.bootId, serviceIdOf(service)
        for device in self.advertisement.devices.values():
            if service in device.services:
                usn = f'{device.UDN}::{service.serviceType}'
                render = partial(gena.renderMulticastEvent, usn, serviceId, key, bootId, body)
                self.ssdp.toAll(gena.groupFor, gena.PORT, render)

    # When the network changes

    def lookAround(self) -> None:
        """Look whether the network has changed without a word."""
        self.network.look()

    def _onLeft(self, departure: Departure) -> None:
        self.ssdp.depart(departure)

    def _onArrived(self) -> None:
        if (life := self._life) is not None and life.arriving is None:
            life.arriving = life.loop.create_task(self._arrive(life), name='upnp arrive')
            life.arriving.add_done_callback(loops.logFailure)

    async def _arrive(self, life: Life) -> None:
        """Announce by the addresses that have come; whoever subscribed by one that has not come back begins anew."""
        async with life.lock:
            life.arriving = None  # what comes from now on needs another one
            await self._learnNames()
            renewal = self.network.settle()
            if renewal is not None and life.isReady:
                await self.ssdp.renew(renewal)
                self.events.leave([one.zoned for one in renewal.lost])
                self.events.offer()
                self._tellLocations()

    # What changes while it runs

    def _onChange(self) -> None:
        """Wait for the end of the changes; they come in any thread."""
        if (life := self._life) is not None:
            with suppress(RuntimeError):  # the loop is closed
                life.loop.call_soon_threadsafe(life.settle)

    def _onSettled(self) -> None:
        if (life := self._life) is not None:
            if life.lock.locked():  # it is being started, or an earlier change announced
                life.settle()
            else:
                life.republishing = life.loop.create_task(self._republish(life), name='upnp republish')
                life.republishing.add_done_callback(loops.logFailure)

    async def _republish(self, life: Life) -> None:
        """Render everything anew, and advertise it if it differs."""
        async with life.lock:
            roots = self._roots.devices
            try:
                await prepare(roots, self._noted)
                if roots != self._roots.devices:
                    self._onChange()  # one came or went meanwhile
                    return
                bootId = self.advertisement.bootId
                resources, advertisement = life.publication.publish(roots, self.device, bootId, self._pages)
            except DescriptionError as error:
                log.warning('a change is not announced, others go on seeing what was there before: %s', error)
                return
            self._retain()
            self.resources = resources
            if advertisement.content != self.advertisement.content:
                self.ssdp.change(advertisement)
                life.publication.streams.onEnd()

    def _showPages(self) -> None:
        self.resources = withPages(self.resources, self._pages)
        self._retain()

    def _retain(self) -> None:
        """Forget services that were removed, and who was subscribed to them."""
        services = self._roots.services
        self.calls.retain(services, [page.subject for page in [*self._pages.values()]])
        self.events.retain(services)


class Annoncer(Announcer):
    """The announcer under its documented name."""

    __module__ = 'upnp.UPnP'
