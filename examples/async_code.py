"""Announce a device for as long as an `async with` block lasts."""

import asyncio
import logging
import sys

import upnp

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(name)s: %(message)s')


async def main() -> None:
    device = upnp.Device(
        deviceType='urn:example-org:device:lamp:1',
        friendlyName='Workshop lamp',
        manufacturer='Example',
        modelName='L1',
    )
    async with upnp.Announcer(device, httpPort=0) as server:
        for interface, urls in server.locations.items():
            print(f'{interface}: {", ".join(urls)}')
        await server.serveForever()


asyncio.run(main())
