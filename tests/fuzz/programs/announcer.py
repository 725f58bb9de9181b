"""Announces the lamp, whose switch can be called, until it is told to end.

Whatever goes wrong in the loop, asyncio itself writes to stderr, and what goes wrong in a call is logged there. The
socket filter is left out, so that our own code sees what is no search, too.
"""

from __future__ import annotations

import asyncio

import upnp
from tests.fuzz.services import makeCallable
from upnp.discovery import sockets

HTTP_PORT = 5000


async def main() -> None:
    """Announce."""
    async with upnp.Announcer(makeCallable(), httpPort=HTTP_PORT, allowedHosts=['*']) as server:
        await server.serveForever()


if __name__ == '__main__':
    sockets.SOCKET_FILTER = ()
    asyncio.run(main())
