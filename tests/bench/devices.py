"""The devices that both servers announce, as plain dictionaries: what is compared is the same on both sides."""

import struct
import zlib
from typing import Any

HTTP_PORT = 5000
SSDP_PORT = 1900
DEVICE_PREFIX = 'urn:schemas-upnp-org:device:'
SERVICE_PREFIX = 'urn:schemas-upnp-org:service:'
SWITCH_POWER = f'{SERVICE_PREFIX}SwitchPower:1'
GET_STATUS = {
    'name': 'GetStatus',
    'arguments': [{'name': 'ResultStatus', 'direction': 'out', 'relatedStateVariable': 'Status'}],
}


def pngOf(side: int) -> bytes:
    """Return a grey PNG of side x side pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))

    head = struct.pack('>IIBBBBB', side, side, 8, 2, 0, 0, 0)
    rows = (b'\0' + b'\x80\x80\x80' * side) * side
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')


def serviceOf(name: str) -> dict[str, Any]:
    """Return a service with one state variable; SwitchPower has an action too.

    Its value is true from the start, as a server that knows nothing of it may well answer false.
    """
    serviceType = f'{SERVICE_PREFIX}{name}:1'
    return {
        'serviceType': serviceType,
        'serviceId': f'urn:upnp-org:serviceId:{name}',
        'stateVariables': [{'name': 'Status', 'dataType': 'boolean', 'sendEvents': True, 'defaultValue': '1'}],
        'actions': [GET_STATUS] if serviceType == SWITCH_POWER else [],
    }


def deviceOf(name: str, number: int, services: list[str], devices: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a device; every type in one tree is another, as async_upnp_client keeps embedded devices by type."""
    return {
        'deviceType': f'{DEVICE_PREFIX}{name}:1',
        'friendlyName': f'Bench {name}',
        'uuid': f'5f3a1c52-9d8e-4c47-8f57-{number:012x}',
        'manufacturer': 'Bench',
        'manufacturerURL': 'http://bench.example/',
        'modelDescription': 'A device to measure',
        'modelName': 'B1',
        'modelNumber': '1',
        'modelURL': 'http://bench.example/b1',
        'serialNumber': f'{number:06d}',
        'UPC': '000000000000',
        'presentationURL': 'http://bench.example/page',
        'services': [serviceOf(service) for service in services],
        'devices': devices,
        'icons': [] if devices == [] else [{'mimetype': 'image/png', 'width': 48, 'height': 48, 'depth': 24}],
    }


LAMP = deviceOf('Lamp', 1, ['SwitchPower', 'Dimming'], [deviceOf('Sensor', 2, ['Sensing'], [])])
TOWER = deviceOf('Tower', 16, ['Power'], [deviceOf(f'Part{n}', 16 + n, [f'Part{n}'], []) for n in range(1, 11)])
DEVICES = {'lamp': LAMP, 'tower': TOWER}


def targetsOf(device: dict[str, Any]) -> list[str]:
    """Return the 3 + 2d + k search targets of a device (UDA 2.0 §1.2.2)."""
    return ['upnp:rootdevice', *_targetsBelow(device)]


def _targetsBelow(device: dict[str, Any]) -> list[str]:
    own = [f'uuid:{device["uuid"]}', device['deviceType'], *(service['serviceType'] for service in device['services'])]
    return own + [target for part in device['devices'] for target in _targetsBelow(part)]
