"""Search with async_upnp_client from one address, build what was found, fetch the icons; print it as JSON.

    python -m tests.interop.programs.control_point OWN_ADDRESS TARGET SECONDS [GROUP]

IPv6 addresses and groups need their interface as the zone, wide ones too.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from typing import Any

import aiohttp
from async_upnp_client.aiohttp import AiohttpSessionRequester
from async_upnp_client.client import UpnpDevice
from async_upnp_client.client_factory import UpnpFactory
from async_upnp_client.search import async_search

from tests.lan.programs.addresses import endpointOf

PORT = 1900


async def main(ownAddress: str, target: str, seconds: str, group: str = '') -> None:
    answers: list[dict[str, str]] = []

    async def collect(headers: Any) -> None:
        answers.append({name.upper(): str(value) for name, value in headers.items()})

    await async_search(
        collect,
        timeout=int(seconds),
        search_target=target,
        source=endpointOf(ownAddress, 0),
        target=endpointOf(group, PORT) if group else None,
    )
    async with aiohttp.ClientSession() as session:
        factory = UpnpFactory(AiohttpSessionRequester(session, with_sleep=False))
        locations = sorted({answer['LOCATION'] for answer in answers})
        devices = [await describe(await factory.async_create_device(url), session) for url in locations]
    usns = sorted(answer['USN'] for answer in answers)
    json.dump({'usns': usns, 'locations': locations, 'devices': devices}, sys.stdout)


async def describe(device: UpnpDevice, session: aiohttp.ClientSession) -> dict[str, Any]:
    """Return what the library has made of a description, its icons fetched."""
    return {
        'udn': device.udn,
        'name': device.name,
        'manufacturer': device.manufacturer,
        'services': {
            service.service_type: {
                action.name: [(argument.name, argument.direction) for argument in action.arguments]
                for action in service.actions.values()
            }
            for service in device.services.values()
        },
        'variables': sorted(name for service in device.services.values() for name in service.state_variables),
        'icons': [
            [icon.mimetype, icon.width, icon.height, icon.depth, await fetch(icon.url, session)]
            for icon in device.icons
        ],
        'devices': [await describe(child, session) for child in device.embedded_devices.values()],
    }


async def fetch(url: str, session: aiohttp.ClientSession) -> str:
    async with session.get(url) as answer:
        return base64.b64encode(await answer.read()).decode()


if __name__ == '__main__':
    asyncio.run(main(*sys.argv[1:]))
