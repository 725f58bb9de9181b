"""Be an ordinary control point of the light in `light.py`: search, read, call and subscribe, again and again.

    python -m tests.lan.programs.innocent OWN_ADDRESS SEED [--once]

Each check is printed as a line of JSON: `time` (monotonic, when it began), `seconds` it took, `what` was checked, and
`told`, what was wrong; nothing when all was well. After a failure the device is searched anew. With `--once` it ends
when it has done everything once.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import sys
import time
from collections.abc import Awaitable
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

from tests.lan.programs.calls import requestBytes, textsOf
from tests.lan.programs.finding import ask, connect, requestHead, search, show
from tests.lan.programs.light import PICTURE_BYTES, UUID, Camera, Dimming, SwitchPower, Workshop

CHECK_SECONDS = 5.0
PAUSE_SECONDS = 0.2  # between rounds
RENEWAL_SECONDS = 2.0
SUBSCRIPTIONS = 6
DOCUMENTS_TIMES = 10
WATCHED, WATCH_SECONDS = 10, 1.5  # messages of an open page, and the oldest value in one
DEVICE = '{urn:schemas-upnp-org:device-1-0}'
KEEPING = b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
SID = re.compile(rb'^SID:[ \t]*(\S+)', re.IGNORECASE | re.MULTILINE)
SEQ = re.compile(rb'^SEQ:[ \t]*(\d+)', re.IGNORECASE | re.MULTILINE)
LENGTH = re.compile(rb'^CONTENT-LENGTH:[ \t]*(\d+)', re.IGNORECASE | re.MULTILINE)
NEWS_BEAT = re.compile(rb'"Beat":"([\d.]+)"')
BEAT = re.compile(rb'<Beat>([\d.]+)</Beat>')

TARGETS = (
    *('ssdp:all', 'upnp:rootdevice', f'uuid:{UUID}', 'urn:schemas-upnp-org:device:DimmableLight:1'),
    *(SwitchPower.serviceType, Dimming.serviceType, Camera.serviceType, Workshop.serviceType),
)
EVENTED = (SwitchPower.serviceType, Dimming.serviceType, Camera.serviceType)


class Wanted(NamedTuple):
    """A call, and the code of the fault that it is to be answered with, if any."""

    serviceType: str
    action: str
    texts: dict[str, str]
    code: str | None = None


CALLS = (
    Wanted(SwitchPower.serviceType, 'SetTarget', {'newTargetValue': '1'}),
    Wanted(SwitchPower.serviceType, 'GetStatus', {}),
    Wanted(SwitchPower.serviceType, 'SetTarget', {'newTargetValue': 'perhaps'}, '402'),
    Wanted(SwitchPower.serviceType, 'SetTarget', {}, '402'),
    Wanted(Dimming.serviceType, 'SetLoadLevelTarget', {'newLoadlevelTarget': '40'}),
    Wanted(Dimming.serviceType, 'SetLoadLevelTarget', {'newLoadlevelTarget': '101'}, '601'),
    Wanted(Dimming.serviceType, 'GetLoadLevelStatus', {}),
    Wanted(Dimming.serviceType, 'Explode', {}, '401'),
    Wanted(Camera.serviceType, 'Capture', {'Quality': '7'}),
    Wanted(Workshop.serviceType, 'Wait', {}),
    Wanted(Workshop.serviceType, 'Grind', {}),
    Wanted(Workshop.serviceType, 'Break', {}, '501'),
)


class Wrong(Exception):
    """An answer that is not as it has to be."""


class Place:
    """What a description tells: the URLs of everything there is to get, and those of the services by their types."""

    def __init__(self, location: str, description: bytes) -> None:
        root = ElementTree.fromstring(description)
        paths = [root.findtext(f'.//{DEVICE}icon/{DEVICE}url', '')]
        paths += [element.text or '' for element in root.iter(f'{DEVICE}SCPDURL')]
        page = root.findtext(f'.//{DEVICE}presentationURL', '')
        self.location = location
        self.documents = [location, *(urljoin(location, path) for path in (*paths, page))]
        self.control = self._urls(root, 'controlURL')
        self.event = self._urls(root, 'eventSubURL')

    def _urls(self, root: ElementTree.Element, name: str) -> dict[str, str]:
        services = root.iter(f'{DEVICE}service')
        return {
            one.findtext(f'{DEVICE}serviceType', ''): urljoin(self.location, one.findtext(f'{DEVICE}{name}', ''))
            for one in services
        }


class Innocent:
    """One control point."""

    def __init__(self, own: str, rng: Random) -> None:
        self._own = own
        self._rng = rng
        self._targets = itertools.cycle(TARGETS)
        self._place: Place | None = None
        self._port = 0
        self._heard: dict[bytes, int] = {}  # events, by SID
        self._seqs: dict[bytes, int] = {}

    async def run(self, *, once: bool) -> None:
        """Go through everything; then again, unless it is to be once."""
        server = await asyncio.start_server(self._hear, self._own, 0)
        self._port = server.sockets[0].getsockname()[1]
        if once:
            await self._round()
            return
        subscribers = [asyncio.create_task(self._subscribe(EVENTED[n % 3], n)) for n in range(SUBSCRIPTIONS)]
        while not any(one.done() for one in subscribers):
            if not await self._round():
                self._place = None
            await asyncio.sleep(PAUSE_SECONDS)
        await asyncio.gather(*subscribers)  # one has failed, and not its check

    async def _round(self) -> bool:
        """Look for the device, ask it for everything; return whether all went well."""
        location = await self._check('search', search(self._own, next(self._targets)))
        if location is None:
            return False
        if self._place is None or self._place.location != location:
            description = await self._check('describe', self._fetch(location))
            if description is None:
                return False
            self._place = Place(location, description)
        address = urlsplit(location).hostname or ''
        if await self._check('unicast search', search(self._own, next(self._targets), address)) is None:
            return False
        for url in self._place.documents * DOCUMENTS_TIMES:
            if await self._check('fetch', self._fetch(url)) is None:
                return False
        if await self._check('watch', self._watch(urljoin(location, f'/{UUID}/live'))) is None:
            return False
        for wanted in self._rng.sample(CALLS, len(CALLS)):
            if await self._check('call', self._call(self._place, wanted)) is None:
                return False
        return True

    async def _check(self, what: str, attempt: Awaitable[Any]) -> Any:
        """Try something, and tell how it went; return its result, None when it failed."""
        began, result, told = time.monotonic(), None, ''
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                result = await attempt
        except (OSError, EOFError, Wrong) as error:  # a TimeoutError is an OSError
            told = f'{type(error).__name__} {error} ({self._place and self._place.location})'
        tell(what, began, told)
        return result

    async def _fetch(self, url: str) -> bytes:
        status, _, body = await ask(self._own, url, requestHead('GET', url))
        if status != 200 or not body:
            raise Wrong(f'{url}: {status}')
        return body

    async def _watch(self, url: str) -> bool:
        """Have the page open for a moment, as a browser does: what changes comes at once."""
        reader, writer = await connect(self._own, url)
        try:
            writer.write(requestHead('GET', url))
            head = await reader.readuntil(b'\r\n\r\n')
            if not head.startswith(b'HTTP/1.1 200 '):
                raise Wrong(f'{url}: {head[:80]!r}')
            for _ in range(WATCHED):
                beats = NEWS_BEAT.findall(await reader.readuntil(b'\n\n'))
                if beats and time.monotonic() - max(map(float, beats)) > WATCH_SECONDS:
                    raise Wrong(f'{url}: news of long ago')
        finally:
            writer.transport.abort()
        return True

    async def _call(self, place: Place, wanted: Wanted) -> bool:
        url = place.control[wanted.serviceType]
        status, _, body = await ask(self._own, url, requestBytes(url, wanted.serviceType, wanted.action, wanted.texts))
        if b'Envelope' not in body:
            raise Wrong(f'{wanted.action}: {status} {body[:80]!r}')
        texts = textsOf(body)
        if texts.get('errorCode') != wanted.code:
            raise Wrong(f'{wanted}: {status} {texts}')
        if wanted.action == 'Capture' and len(texts['Result']) < PICTURE_BYTES:
            raise Wrong(f'a picture of {len(texts["Result"])} characters')
        return True

    # Events

    async def _subscribe(self, serviceType: str, number: int) -> None:
        """Be subscribed to a service, and renew that; begin anew when it is lost."""
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            if self._place is None:
                continue
            url = self._place.event[serviceType]
            callback = f'<http://{self._own}:{self._port}/{number}>'
            fields = {'CALLBACK': callback, 'NT': 'upnp:event', 'TIMEOUT': 'Second-15'}
            sid = await self._check('subscribe', self._ask(url, **fields))
            while sid is not None:
                began, before = time.monotonic(), self._heard.get(sid, 0)
                await asyncio.sleep(RENEWAL_SECONDS)
                tell('hear', began, '' if self._heard.get(sid, 0) > before else f'nothing as {sid!r}')
                if self._place is not None:  # whose address may be another now
                    url = self._place.event[serviceType]
                sid = await self._check('renew', self._ask(url, SID=sid.decode(), TIMEOUT='Second-15'))

    async def _ask(self, url: str, **fields: str) -> bytes:
        status, head, _ = await ask(self._own, url, requestHead('SUBSCRIBE', url, **fields))
        if status != 200:
            raise Wrong(f'SUBSCRIBE {fields}: {status}')
        return SID.search(head)[1]  # type: ignore[index]

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the events that come over a connection."""
        try:
            while True:
                head = await reader.readuntil(b'\r\n\r\n')
                body = await reader.readexactly(int(LENGTH.search(head)[1]))  # type: ignore[index]
                self._take(SID.search(head)[1], int(SEQ.search(head)[1]), body)  # type: ignore[index]
                writer.write(KEEPING)
        except (OSError, EOFError):
            writer.transport.abort()

    def _take(self, sid: bytes, seq: int, body: bytes) -> None:
        """Note an event; it never comes before one that it follows (UDA 1.1 §4.3.2)."""
        told = '' if seq > self._seqs.get(sid, -1) else f'SEQ {seq} after {self._seqs[sid]}'
        self._seqs[sid] = seq
        self._heard[sid] = self._heard.get(sid, 0) + 1
        beat = BEAT.search(body)
        if beat is not None or told:
            tell('event', float(beat[1]) if beat else time.monotonic(), told)


def tell(what: str, began: float, told: str) -> None:
    show({'what': what, 'time': began, 'seconds': time.monotonic() - began, 'told': told})


if __name__ == '__main__':
    asyncio.run(Innocent(sys.argv[1], Random(int(sys.argv[2]))).run(once='--once' in sys.argv))
