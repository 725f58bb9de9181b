"""Be a nuisance over UDP: search in floods, and send what is no message, so many datagrams a second.

    python -m tests.lan.programs.flood SEED DATAGRAMS_A_SECOND OWN_ADDRESS ...

Once a second it prints how many were sent of each kind. Half of them go to the group, half to the device where it was
last seen.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from random import Random

from tests.lan.programs.datagrams import GROUP, PORT
from tests.lan.programs.finding import openSearcher, search, show
from tests.lan.programs.innocent import TARGETS
from tests.lan.programs.light import UUID

TICKS_A_SECOND = 20
SOCKETS_A_PLACE = 4
LOOK_SECONDS = 2.0
LONGEST_BYTES = 65_507
# Of a hundred datagrams.
SHARES = {'search': 45, 'strange search': 25, 'notify': 10, 'mutated': 12, 'garbage': 6, 'oversize': 1, 'empty': 1}
SEARCH = 'M-SEARCH * HTTP/1.1\r\nHOST: {host}:1900\r\nMAN: "ssdp:discover"\r\nMX: {mx}\r\nST: {target}\r\n\r\n'
STRANGE_TARGETS = (
    *('', 'ssdp:', 'upnp:', 'uuid:', 'urn:', 'ssdp:all ', 'SSDP:ALL', '*', '\0', 'a' * 3000, '%s', '{}', '\u2028'),
    *('urn:schemas-upnp-org:device:DimmableLight:0', 'urn:schemas-upnp-org:device:DimmableLight:99999999999999999999'),
)
STRANGE_WAITS = ('0', '-1', '1.5', '', '6', '120', '9' * 500, 'one', '0x1')
NOTIFY = (
    'NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: {target}\r\nNTS: ssdp:alive\r\n'
    'USN: uuid:{uuid}::{target}\r\nLOCATION: http://192.168.1.1/{uuid}.xml\r\n'
    'CACHE-CONTROL: max-age=1800\r\nSERVER: a\r\n\r\n'
)


class Flood:
    """All that comes from one host."""

    def __init__(self, rng: Random, owns: list[str]) -> None:
        self._rng = rng
        self._owns = owns
        self._sockets = [openSearcher(own) for own in owns for _ in range(SOCKETS_A_PLACE)]
        self._device = GROUP
        self._sent: Counter[str] = Counter()

    async def run(self, rate: int) -> None:
        """Go on for ever."""
        await asyncio.gather(self._look(), self._send(rate // TICKS_A_SECOND))

    async def _look(self) -> None:
        """Know where the device is."""
        while True:
            try:
                location = await search(self._owns[0], f'uuid:{UUID}')
                self._device = location.split('/')[2].partition(':')[0]
            except OSError:
                self._sent['not found'] += 1
            show(dict(self._sent))
            await asyncio.sleep(LOOK_SECONDS)

    async def _send(self, count: int) -> None:
        due = time.monotonic()
        while True:
            for kind in self._rng.choices(list(SHARES), list(SHARES.values()), k=count):
                self._sent[kind] += self._sendOne(kind)
            due = max(due + 1 / TICKS_A_SECOND, time.monotonic())  # what was missed is not sent all at once
            await asyncio.sleep(due - time.monotonic())

    def _sendOne(self, kind: str) -> bool:
        endpoint = self._rng.choice(self._sockets)
        try:
            endpoint.sendto(self._datagram(kind), (self._rng.choice((GROUP, self._device)), PORT))
        except OSError:  # the network is changing, or full
            return False
        return True

    def _datagram(self, kind: str) -> bytes:
        rng = self._rng
        if kind == 'garbage':
            return rng.randbytes(rng.randrange(1, 2000))
        if kind == 'oversize':
            return self._search().ljust(rng.randrange(8000, LONGEST_BYTES), b'a')
        if kind == 'empty':
            return b''
        if kind == 'notify':
            return NOTIFY.format(target=rng.choice(TARGETS), uuid=rng.randbytes(16).hex()).encode()
        if kind == 'strange search':
            return self._search(target=rng.choice(STRANGE_TARGETS), mx=rng.choice(STRANGE_WAITS))
        return self._search() if kind == 'search' else self._mutated()

    def _search(self, target: str = '', mx: str = '') -> bytes:
        rng = self._rng
        mx, target = mx or str(rng.randrange(1, 6)), target or rng.choice(TARGETS)
        return SEARCH.format(host=GROUP, mx=mx, target=target).encode()

    def _mutated(self) -> bytes:
        """Return a search in which some bytes are others, are missing, or are there twice."""
        message = bytearray(self._search())
        for _ in range(self._rng.randrange(1, 6)):
            where = self._rng.randrange(len(message))
            length = self._rng.randrange(0, 8)
            message[where : where + length] = self._rng.choice((b'', self._rng.randbytes(3), message[:where]))
        return bytes(message)[:LONGEST_BYTES]


if __name__ == '__main__':
    asyncio.run(Flood(Random(int(sys.argv[1])), sys.argv[3:]).run(int(sys.argv[2])))
