"""A device with a number that is evented, for tests that change it often, and an alarm that everybody is told of."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import upnp

METER = 'urn:example-org:service:meter:1'


class Meter(upnp.Service):
    serviceType = METER
    serviceId = 'urn:example-org:serviceId:meter'
    Count = upnp.StateVariable(dataType='ui4', defaultValue=0, sendEvents=True)
    Scale = upnp.StateVariable(dataType='string', defaultValue='<kg> & "€"', sendEvents=True)
    Alarm = upnp.StateVariable(dataType='boolean', defaultValue=False, sendEvents=True, multicast=True)


def makeMeter(meter: Meter) -> upnp.Device:
    """Return the device, not yet announced."""
    device = upnp.Device(deviceType='urn:example-org:device:meter:1', friendlyName='Meter')
    device.addService(meter)
    return device


async def count(meter: Meter, numbers: Iterable[int]) -> None:
    """Set one number after the other, each in a turn of the loop of its own, and wait for nobody."""
    for number in numbers:
        meter.Count = number
        await asyncio.sleep(0)
