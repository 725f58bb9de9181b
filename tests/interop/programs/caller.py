"""Build a device with async_upnp_client and call its actions one after the other; print what came back as JSON.

    python -m tests.interop.programs.caller LOCATION '[{"action": "SetTarget", "arguments": {...}, "texts": {...}}]'

`arguments` are texts, of which the library makes values of the types that the SCPD tells. It checks values before it
sends them: `texts` says what goes out in their place. A result has what it made of the out arguments, each with the
name of its Python type; or the name of its error, and the error's code.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
import sys
from collections.abc import Mapping
from typing import Any

import aiohttp
from async_upnp_client.aiohttp import AiohttpSessionRequester
from async_upnp_client.client import UpnpAction
from async_upnp_client.client_factory import UpnpFactory
from async_upnp_client.const import HttpRequest
from async_upnp_client.exceptions import UpnpError


async def main(location: str, calls: list[dict[str, Any]]) -> None:
    async with aiohttp.ClientSession() as session:
        device = await UpnpFactory(AiohttpSessionRequester(session, with_sleep=False)).async_create_device(location)
        actions = {action.name: action for service in device.services.values() for action in service.actions.values()}
        results = [await result(actions[call['action']], **call) for call in calls]
    json.dump({'actions': sorted(actions), 'results': results}, sys.stdout)


async def result(
    called: UpnpAction, *, action: str, arguments: Mapping[str, str], texts: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Call an action, and return its result in a form for JSON."""

    def withTexts(_action: UpnpAction, _arguments: Mapping[str, Any], request: HttpRequest) -> HttpRequest:
        body = request.body or ''
        for name, text in (texts or {}).items():
            body = re.sub(f'(<{name}>).*(</{name}>)', rf'\g<1>{text}\g<2>', body)
        return dataclasses.replace(request, body=body)

    typed = {one.name: one.coerce_python(arguments[one.name]) for one in called.in_arguments()}
    called.service.on_pre_call_action = withTexts
    try:
        values = await called.async_call(**typed)
    except UpnpError as error:
        return {'error': type(error).__name__, 'code': getattr(error, 'error_code', None)}
    return {name: [type(value).__name__, str(value)] for name, value in values.items()}


if __name__ == '__main__':
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
