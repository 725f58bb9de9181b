"""What an announcer's part is in tests of the HTTP server, and how its bytes are read."""

from collections.abc import Collection

import upnp
from tests.protocol.devices import demo
from upnp.addressing.access import Access
from upnp.addressing.interfaces import Choice, Interface
from upnp.announcer.preparation import Publication
from upnp.base.options import checkedAllowedHosts
from upnp.control.calls import Calls
from upnp.description.writing import placesOf
from upnp.eventing.events import Events
from upnp.http.answers import Resource
from upnp.http.server import HTTP

TOKEN = 'Linux/6.1 UPnP/1.1 Lamp/1.0'


class Site:
    """An announcer's part in this: what is served, its limits, and the calls that are under way.

    :param device: the quickstart's when none is given.
    :param allowedHosts: that requests may be meant for beside its own address, 192.0.2.1.
    """

    def __init__(
        self,
        device: upnp.Device | None = None,
        *,
        allowedHosts: Collection[str] = (),
        isLinkWide: bool = False,
        **limits: float,
    ) -> None:
        self.limits = upnp.Limits(**limits)  # type: ignore[arg-type]
        self.multicasts: list[tuple[int, bytes]] = []
        self.events = Events(self.limits, lambda service, key, body: self.multicasts.append((key, body)))
        self.calls = Calls(self.limits, self.events.together)
        self.serverToken = TOKEN
        self.access = Access(self, allowedHosts=checkedAllowedHosts(allowedHosts))
        self.interfaces, self.httpPort = Choice((Interface('eth0', 2, '192.0.2.1', 24),)), 5000
        self.resources: dict[str, Resource] = {}
        self.http = HTTP(self, 5000, '127.0.0.1')
        self.publication = Publication(self.limits, self.access, self.calls, self.events, isLinkWide=isLinkWide)
        self.events.listen(self.publication.streams)
        device = device or demo()
        self.resources, self.configId = self.publication.served(device, placesOf(device, first=True))
        self._services = [service for one in device.family() for service in one.services]
        device.addValueObserver(self.events.note)

    def begin(self) -> 'Site':
        """Take subscriptions, on the running loop."""
        self.events.start(self._services)
        return self


def statuses(answer: bytes) -> list[int]:
    """Return the status of each response in a row of them, none of which has another's start in its body."""
    return [int(part[1:4]) for part in answer.split(b'HTTP/1.1')[1:]]


def fields(answer: bytes) -> dict[str, str]:
    """Return the header fields of a response."""
    lines = answer.partition(b'\r\n\r\n')[0].decode().split('\r\n')[1:]
    return {name: value.strip() for name, _, value in (line.partition(':') for line in lines)}


def get(path: str = '/descr.xml', method: str = 'GET', version: str = '1.1', *more: str) -> bytes:
    """Return a request."""
    return '\r\n'.join([f'{method} {path} HTTP/{version}', 'Host: 192.0.2.1:5000', *more, '', '']).encode()
