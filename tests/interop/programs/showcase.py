"""Devices whose pages show all that a page can: one with everything, and one whose every text is an attack on it.

    python -m tests.interop.programs.showcase --port PORT

announces the one with everything, until Ctrl-C.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import zlib
from datetime import datetime
from typing import Any

import upnp
from tests.lan.programs.echo import DATA_TYPES

TYPE = 'urn:example-org:device:{}:1'.format
SERVICE_TYPE = 'urn:example-org:service:{}:1'.format
LONG_TEXT = 'It is dark, and somebody has been at the door for a while. ' * 8
UNBROKEN = 'https://example.org/' + 'a' * 200
PICTURE_PIXELS = 64

MARKUP = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
BREAKOUT = '"><svg onload=window.hacked=1>\'><b id=hacked>&lt;i id=hacked&gt;</b>'
SCRIPT_URL = 'javascript:window.hacked=1'
DATA_URL = 'data:text/html,<script>window.hacked=1</script>'
ATTACKS = (MARKUP, BREAKOUT, SCRIPT_URL, DATA_URL, ' JaVaScRiPt:window.hacked=1', '{name}{live}</dl></section>')
LINKS = tuple(text.strip().replace(' ', '/') for text in ATTACKS)  # a URI has no white space


class Mood(upnp.Service):
    """A service whose state is of every type."""

    serviceType = SERVICE_TYPE('mood')
    serviceId = 'urn:example-org:serviceId:mood'
    IsAwake = upnp.StateVariable(dataType='boolean', defaultValue=True, sendEvents=True)
    Brightness = upnp.StateVariable(dataType='ui1', allowedValueRange=(0, 100), defaultValue=40, sendEvents=True)
    Warmth = upnp.StateVariable(dataType='r8', allowedValueRange=(-20, 60), defaultValue=21.5, sendEvents=True)
    Steps = upnp.StateVariable(dataType='i8', defaultValue=-9223372036854775808, sendEvents=True)
    Colour = upnp.StateVariable(dataType='string', allowedValueList=['red', 'green', 'blue'], sendEvents=True)
    Story = upnp.StateVariable(dataType='string', defaultValue=LONG_TEXT, sendEvents=True)
    Nothing = upnp.StateVariable(dataType='string', sendEvents=True)
    Site = upnp.StateVariable(dataType='uri', defaultValue=UNBROKEN, sendEvents=True)
    Since = upnp.StateVariable(dataType='dateTime', defaultValue=datetime(2024, 2, 29, 12, 30), sendEvents=True)
    Snapshot = upnp.StateVariable(dataType='bin.base64', sendEvents=True)
    Firmware = upnp.StateVariable(dataType='bin.hex', defaultValue=b'\0\1\2', sendEvents=True)
    Target = upnp.StateVariable(dataType='boolean', defaultValue=False)

    @upnp.action(returns={'Told': 'Story', 'Picture': 'Snapshot', 'Where': 'Site'})
    def Ask(self, Question: str, Brightness: int = 40, Colour: str = 'red') -> tuple[str, bytes, str]:
        """Ask the device something.

        It does not know much.
        """
        return LONG_TEXT, makePicture(PICTURE_PIXELS), UNBROKEN

    @upnp.action
    async def Wake(self) -> None:
        """Have it wake up."""
        self.IsAwake = True

    @upnp.action
    def Fail(self, Reason: str = LONG_TEXT) -> None:
        raise upnp.ActionError(701, Reason)


class Recorder(upnp.Service):
    """A service with an action of each data type, and what it was called with."""

    serviceType = SERVICE_TYPE('recorder')
    serviceId = 'urn:example-org:serviceId:recorder'

    def __init__(self) -> None:
        self.seen: dict[str, str] = {}
        super().__init__(
            stateVariables=[{'name': variableOf(one), 'dataType': one} for one in DATA_TYPES],
            actions=[self._action(one) for one in DATA_TYPES],
        )

    def _action(self, dataType: str) -> dict[str, Any]:
        def record(Value: object) -> None:
            self.seen[dataType] = repr(Value)

        argument = {'name': 'Value', 'direction': 'in', 'relatedStateVariable': variableOf(dataType)}
        return {'name': f'Take_{dataType}', 'function': record, 'arguments': [argument]}


def variableOf(dataType: str) -> str:
    return f'A_ARG_TYPE_{dataType}'


def makeEverything() -> upnp.Device:
    """Return a device with all that a description can have, two levels of others built in."""
    device = upnp.Device(
        deviceType=TYPE('everything'),
        friendlyName='Everything at once',
        manufacturer='ACME',
        manufacturerURL='https://acme.example/',
        modelDescription='A device that has one of each, so that one sees how that looks',
        modelName='E1',
        modelNumber='1.0',
        modelURL='https://acme.example/e1',
        serialNumber='0001',
        UPC='123456789012',
    )
    device.addIcon(upnp.Icon({'data': makePicture(PICTURE_PIXELS)}))
    device.addService(Mood())
    device.addService(Recorder())
    inner = upnp.Device(deviceType=TYPE('inner'), friendlyName='Built in')
    inner.addService(Mood())
    innermost = upnp.Device(deviceType=TYPE('innermost'), friendlyName='Built into what is built in')
    innermost.addService(upnp.Service(serviceType=SERVICE_TYPE('empty'), serviceId='urn:example-org:serviceId:empty'))
    inner.addDevice(innermost)
    device.addDevice(inner)
    device.services[0].stateVariables['Snapshot'].value = makePicture(PICTURE_PIXELS)
    return device


def makeHostile() -> upnp.Device:
    """Return a device that would run a script on its page, by whatever text it has."""
    device = upnp.Device(
        deviceType=TYPE('hostile'),
        friendlyName=MARKUP,
        manufacturer=BREAKOUT,
        manufacturerURL=SCRIPT_URL,
        modelDescription=MARKUP,
        modelName=BREAKOUT,
        modelNumber=MARKUP,
        modelURL=DATA_URL,
        serialNumber=BREAKOUT,
    )
    device.addService(makeTrap())
    inner = upnp.Device(deviceType=TYPE('inner'), friendlyName=BREAKOUT, manufacturerURL=SCRIPT_URL)
    device.addDevice(inner)
    return device


def makeTrap() -> upnp.Service:
    """Return a service whose values, outputs and faults are attacks; those that are values change by `attack`."""

    def tell(Value: str) -> dict[str, str]:
        return {f'Text{number}': text for number, text in enumerate(ATTACKS)} | {
            f'Link{number}': text for number, text in enumerate(LINKS)
        }

    tell.__doc__ = f'{MARKUP} {BREAKOUT}'

    def fail() -> None:
        raise upnp.ActionError(701, MARKUP)

    names = [*(f'Text{number}' for number in range(len(ATTACKS))), *(f'Link{number}' for number in range(len(ATTACKS)))]
    variables = [
        {'name': name, 'dataType': 'string' if name.startswith('Text') else 'uri', 'sendEvents': True} for name in names
    ]
    choice = {'name': 'Choice', 'dataType': 'string', 'allowedValueList': list(ATTACKS), 'sendEvents': True}
    outputs = [{'name': name, 'direction': 'out', 'relatedStateVariable': name} for name in names]
    chosen = {'name': 'Value', 'direction': 'in', 'relatedStateVariable': 'Choice'}
    return upnp.Service(
        serviceType=SERVICE_TYPE('trap'),
        serviceId='urn:example-org:serviceId:trap',
        stateVariables=[*variables, choice],
        actions=[
            {'name': 'Tell', 'function': tell, 'arguments': [chosen, *outputs]},
            {'name': 'Fail', 'function': fail},
        ],
    )


def attack(service: upnp.Service) -> None:
    """Set all values of a trap, from a thread of its own."""

    def change() -> None:
        for number, (text, link) in enumerate(zip(ATTACKS, LINKS, strict=True)):
            service.stateVariables[f'Text{number}'].value = text
            service.stateVariables[f'Link{number}'].value = link

    threading.Thread(target=change).start()


def makePicture(pixels: int) -> bytes:
    """Return a PNG of a grey slope, square."""
    side = pixels.to_bytes(4, 'big')
    rows = b''.join(b'\0' + bytes((row + column) * 2 % 256 for column in range(pixels)) for row in range(pixels))
    chunks = {b'IHDR': side + side + b'\x08\0\0\0\0', b'IDAT': zlib.compress(rows), b'IEND': b''}
    return b'\x89PNG\r\n\x1a\n' + b''.join(
        len(content).to_bytes(4, 'big') + kind + content + zlib.crc32(kind + content).to_bytes(4, 'big')
        for kind, content in chunks.items()
    )


async def main(port: int) -> None:
    async with upnp.Announcer(makeEverything(), port) as server:
        sys.stdout.write(f'{server.locations}\n')
        sys.stdout.flush()
        await server.serveForever()


if __name__ == '__main__':
    asyncio.run(main(int(sys.argv[2])))
