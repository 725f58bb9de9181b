"""Subscribe with async_upnp_client, and keep what comes: for the prompt of tests/lan/prompt.py, on a host that watches.

prompt.do('from tests.interop.programs.watcher import Watcher')
prompt.do(f'watcher = await Watcher.make({location!r}, {host.address!r})')
sid, seconds = prompt.do(f'await watcher.subscribe({METER!r})')
prompt.do(f'await watcher.waitFor({sid!r}, 1)')
((seq, values),) = prompt.do(f'watcher.events[{sid!r}]')
prompt.do('await watcher.close()')
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import aiohttp
from async_upnp_client.aiohttp import AiohttpNotifyServer, AiohttpSessionRequester
from async_upnp_client.client import UpnpDevice, UpnpService, UpnpStateVariable
from async_upnp_client.client_factory import UpnpFactory
from async_upnp_client.const import HttpRequest

WAIT_SECONDS = 20.0
WISH = timedelta(seconds=1800)


class Event:
    """An event as it came: its key, and the values the library gave to its service; None when it gave none."""

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self.values: dict[str, Any] | None = None


class Watcher:
    """A device as the library has built it, and the library's own server for its events."""

    def __init__(self, device: UpnpDevice, session: aiohttp.ClientSession, server: AiohttpNotifyServer) -> None:
        self._services = {service.service_type: service for service in device.services.values()}
        self._session = session
        self._server = server
        self._handler = server.event_handler
        self._handler.on_pre_notify = self._note
        self._events: defaultdict[str, list[Event]] = defaultdict(list)
        self._last: tuple[HttpRequest, Event] | None = None
        self._came = asyncio.Event()

    @classmethod
    async def make(cls, location: str, ownAddress: str) -> Watcher:
        """Return one that is ready to subscribe to the device at a location."""
        session = aiohttp.ClientSession()
        requester = AiohttpSessionRequester(session)
        device = await UpnpFactory(requester).async_create_device(location)
        server = AiohttpNotifyServer(requester, (ownAddress, 0))
        await server.async_start_server()
        return cls(device, session, server)

    async def subscribe(self, serviceType: str) -> tuple[str, float]:
        """Subscribe to a service; return the SID, and for how many seconds."""
        service = self._services[serviceType]
        service.on_event = self._onEvent
        sid, granted = await self._handler.async_subscribe(service, WISH)
        return sid, granted.total_seconds()

    async def renew(self, sid: str) -> tuple[str, float]:
        """Renew a subscription; return the SID, which is a new one when the library had to subscribe anew."""
        sid, granted = await self._handler.async_resubscribe(sid, WISH)
        return sid, granted.total_seconds()

    async def unsubscribe(self, sid: str) -> None:
        """End a subscription."""
        await self._handler.async_unsubscribe(sid)

    def events(self, sid: str) -> list[tuple[int, dict[str, Any] | None]]:
        """Return the keys and the values of what has come to a subscription until now."""
        return [(event.seq, event.values) for event in self._events[sid]]

    async def waitFor(self, sid: str, count: int) -> None:
        """Wait until so many events have come to a subscription."""
        await self._until(lambda: len(self._events[sid]) >= count)

    async def waitForValue(self, sid: str, name: str, value: Any) -> None:
        """Wait until the last event of a subscription tells this value."""
        events = self._events[sid]
        await self._until(lambda: bool(events) and (events[-1].values or {}).get(name) == value)

    async def close(self) -> None:
        """Unsubscribe from what is left, and stop."""
        await self._server.async_stop_server()
        await self._session.close()

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while not condition():
                self._came.clear()
                await self._came.wait()

    def _note(self, request: HttpRequest) -> HttpRequest:
        """Take down an event; one that came before the SID was known comes a second time, the same request."""
        if self._last is None or self._last[0] is not request:
            self._last = request, Event(int(request.headers['SEQ']))
            self._events[request.headers['SID']].append(self._last[1])
        self._came.set()
        return request

    def _onEvent(self, _service: UpnpService, variables: Sequence[UpnpStateVariable[Any]]) -> None:
        """Complete it with what the library has made of it, which is in the same turn of the loop."""
        assert self._last is not None
        self._last[1].values = {variable.name: variable.value for variable in variables}
