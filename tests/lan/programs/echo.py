"""A device whose actions give back what they are given, of every data type, plain and async; and some that fail."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import upnp

ECHO = 'urn:example-org:service:echo:1'
TYPES = 'urn:example-org:service:types:1'
DATA_TYPES = (
    *('ui1', 'ui2', 'ui4', 'ui8', 'i1', 'i2', 'i4', 'i8', 'int', 'r4', 'r8', 'number', 'fixed.14.4', 'float'),
    *('char', 'string', 'date', 'dateTime', 'dateTime.tz', 'time', 'time.tz', 'boolean', 'bin.base64', 'bin.hex'),
    *('uri', 'uuid'),
)


class Echo(upnp.Service):
    serviceType = ECHO
    serviceId = 'urn:example-org:serviceId:echo'

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.released = threading.Event(), threading.Event()  # what Hold tells, and what it waits for

    @upnp.action
    def Plain(self, Value: int) -> int:
        time.sleep(0.002)
        return Value

    @upnp.action
    async def Async(self, Value: int) -> int:
        await asyncio.sleep(0.01)
        return Value

    @upnp.action
    def Hold(self, Value: int) -> int:
        self.begun.set()
        self.released.wait()
        return Value

    @upnp.action(returns={'Peer': str, 'Host': str, 'Agent': str})
    async def Who(self, call: upnp.Call) -> tuple[str, str, str]:
        return call.peer[0], call.host, call.headers['user-agent']

    @upnp.action
    def Refuse(self) -> None:
        raise upnp.ActionError(701, 'No such preset')

    @upnp.action
    async def Crash(self) -> None:
        raise RuntimeError('the lamp is broken')


def makeEcho() -> upnp.Device:
    """Return the device, not yet announced."""
    device = upnp.Device(deviceType='urn:example-org:device:echo:1', friendlyName='Echo')
    device.addService(Echo())
    device.addService(makeTypes())
    return device


def makeTypes() -> upnp.Service:
    """Return a service with one action for each data type, made of dicts; `Missing` has no function."""
    actions: list[dict[str, Any]] = [
        {
            'name': f'Echo_{dataType}',
            'function': lambda Value: Value,
            'arguments': [
                {'name': 'Value', 'direction': 'in', 'relatedStateVariable': f'A_ARG_TYPE_{dataType}'},
                {'name': 'Result', 'direction': 'out', 'relatedStateVariable': f'A_ARG_TYPE_{dataType}'},
            ],
        }
        for dataType in DATA_TYPES
    ]
    return upnp.Service(
        serviceType=TYPES,
        serviceId='urn:example-org:serviceId:types',
        stateVariables=[{'name': f'A_ARG_TYPE_{dataType}', 'dataType': dataType} for dataType in DATA_TYPES],
        actions=[*actions, {'name': 'Missing'}],
    )
