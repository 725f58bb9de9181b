"""A dimmable light with a camera and a workshop built in, for long runs; it tells once a second how it fares.

    python -m tests.lan.programs.light

Its output is lines of JSON: `{"tasks": ..., "objects": ...}` each second, `{"record": ..., "hasTraceback": ...}` for
all that is logged above INFO, by whomever. SIGTERM ends it, SIGUSR1 has it collect
what is unreachable. Its state changes all the time: `Beat`, which each of its
evented services has, is the moment of the change in monotonic seconds. Times of peers are short, so that a minute sees
many of them end.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import logging
import signal
import sys
import time
import zlib

import upnp

PORT = 5000
UUID = '5e1f0a10-4d2c-4a6b-9a51-0242ac110005'
BEAT_SECONDS = 0.05
REPORT_SECONDS = 1.0
WAIT_SECONDS, GRIND_SECONDS = 1.0, 0.02  # what the slow actions take
PICTURE_BYTES = 6000
ICON_PIXELS = 48
LIMITS = upnp.Limits(
    headSeconds=5,
    bodySeconds=5,
    idleSeconds=10,
    writeSeconds=5,
    eventSeconds=5,
    minSubscriptionSeconds=10,
    maxSubscriptionSeconds=20,
)


class SwitchPower(upnp.Service):
    serviceType = 'urn:schemas-upnp-org:service:SwitchPower:1'
    serviceId = 'urn:upnp-org:serviceId:SwitchPower:1'
    Target = upnp.StateVariable(dataType='boolean', defaultValue=False)
    Status = upnp.StateVariable(dataType='boolean', defaultValue=False, sendEvents=True)
    Beat = upnp.StateVariable(dataType='string', sendEvents=True)

    @upnp.action(arguments={'newTargetValue': 'Target'})
    async def SetTarget(self, newTargetValue: bool) -> None:
        self.Target = newTargetValue
        self.Status = newTargetValue

    @upnp.action(returns={'ResultStatus': 'Status'})
    def GetStatus(self) -> bool:
        return bool(self.Status)


class Dimming(upnp.Service):
    serviceType = 'urn:schemas-upnp-org:service:Dimming:1'
    serviceId = 'urn:upnp-org:serviceId:Dimming:1'
    LoadLevelTarget = upnp.StateVariable(dataType='ui1', allowedValueRange=(0, 100))
    LoadLevelStatus = upnp.StateVariable(dataType='ui1', allowedValueRange=(0, 100), sendEvents=True)
    Beat = upnp.StateVariable(dataType='string', sendEvents=True)

    @upnp.action(arguments={'newLoadlevelTarget': 'LoadLevelTarget'})
    def SetLoadLevelTarget(self, newLoadlevelTarget: int) -> None:
        self.LoadLevelTarget = newLoadlevelTarget
        self.LoadLevelStatus = newLoadlevelTarget

    @upnp.action(returns={'retLoadlevelStatus': 'LoadLevelStatus'})
    async def GetLoadLevelStatus(self) -> int:
        return int(self.LoadLevelStatus)


class Camera(upnp.Service):
    serviceType = 'urn:example-org:service:camera:1'
    serviceId = 'urn:example-org:serviceId:camera'
    Beat = upnp.StateVariable(dataType='string', sendEvents=True)
    Motion = upnp.StateVariable(dataType='ui4', sendEvents=True, multicast=True)

    @upnp.action
    def Capture(self, Quality: int = 80) -> bytes:
        return bytes(Quality % 256 for _ in range(PICTURE_BYTES))


class Workshop(upnp.Service):
    serviceType = 'urn:example-org:service:workshop:1'
    serviceId = 'urn:example-org:serviceId:workshop'

    @upnp.action
    async def Wait(self) -> None:
        await asyncio.sleep(WAIT_SECONDS)

    @upnp.action
    def Grind(self) -> None:
        time.sleep(GRIND_SECONDS)

    @upnp.action
    async def Break(self) -> None:
        raise RuntimeError('the saw is broken')


class Records(logging.Handler):
    """Tells what is logged."""

    def emit(self, record: logging.LogRecord) -> None:
        text = f'{record.levelname} {record.name}: {record.getMessage()}'
        show({'record': text, 'hasTraceback': record.exc_info is not None})


def makeLight() -> upnp.Device:
    """Return the device, not yet announced."""
    light = upnp.Device(
        deviceType='urn:schemas-upnp-org:device:DimmableLight:1', friendlyName='Workshop light', uuid=UUID
    )
    light.addIcon(upnp.Icon({'data': makePicture(ICON_PIXELS)}))
    for service in (SwitchPower(), Dimming(), Camera(), Workshop()):
        light.addService(service)
    return light


def makePicture(pixels: int) -> bytes:
    """Return a grey PNG, square."""
    side = pixels.to_bytes(4, 'big')
    rows = b''.join(b'\0' + bytes((row + column) % 256 for column in range(pixels)) for row in range(pixels))
    chunks = {b'IHDR': side + side + b'\x08\0\0\0\0', b'IDAT': zlib.compress(rows), b'IEND': b''}
    return b'\x89PNG\r\n\x1a\n' + b''.join(
        len(content).to_bytes(4, 'big') + kind + content + zlib.crc32(kind + content).to_bytes(4, 'big')
        for kind, content in chunks.items()
    )


async def main() -> None:
    logging.getLogger().addHandler(Records(logging.WARNING))
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, collect)
    light = makeLight()
    async with upnp.Announcer(light, PORT, limits=LIMITS) as server:
        chores = [asyncio.create_task(change(light)), asyncio.create_task(report())]
        await server.serveForever()
        for chore in chores:
            chore.cancel()
        await asyncio.wait(chores)


async def change(light: upnp.Device) -> None:
    """Change the state, now and for ever."""
    switch, dimming, camera, _ = light.services
    for number in itertools.count():
        for service in (switch, dimming, camera):
            service.stateVariables['Beat'].value = f'{time.monotonic():.3f}'
        dimming.stateVariables['LoadLevelStatus'].value = number % 101
        camera.stateVariables['Motion'].value = number
        await asyncio.sleep(BEAT_SECONDS)


def collect() -> None:
    """Collect what is unreachable, and report."""
    gc.collect()
    show(counted() | {'isCollected': True})


def counted() -> dict[str, object]:
    return {'tasks': len(asyncio.all_tasks()), 'objects': len(gc.get_objects())}


async def report() -> None:
    """Tell how many tasks and objects there are."""
    while True:
        show(counted())
        await asyncio.sleep(REPORT_SECONDS)


def show(row: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(row) + '\n')
    sys.stdout.flush()


if __name__ == '__main__':
    asyncio.run(main())
