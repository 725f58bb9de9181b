"""The device most tests announce: a lamp of version 2 with two services, and a sensor with one service built in."""

from __future__ import annotations

import upnp

ROOT_UUID = '5e1f0a10-4d2c-4a6b-9a51-0242ac110002'
SENSOR_UUID = '5e1f0a10-4d2c-4a6b-9a51-0242ac110003'


def makeLamp(uuid: str = ROOT_UUID, sensorUuid: str = SENSOR_UUID, friendlyName: str = 'Workshop lamp') -> upnp.Device:
    """Return a lamp, not yet announced."""
    lamp = upnp.Device(
        {
            'deviceType': 'urn:schemas-upnp-org:device:BinaryLight:2',
            'friendlyName': friendlyName,
            'manufacturer': 'ACME',
            'modelName': 'L1',
            'uuid': uuid,
        }
    )
    lamp.addService(makeService('SwitchPower:2'))
    lamp.addService(makeService('Dimming:1'))
    sensor = upnp.Device(
        {'deviceType': 'urn:exemple-org:device:sensor:1', 'friendlyName': 'Light sensor', 'uuid': sensorUuid}
    )
    sensor.addService(makeService('SensorTransport:1'))
    lamp.addDevice(sensor)
    return lamp


def makeService(nameAndVersion: str) -> upnp.Service:
    """Return a service of a standard type, with nothing in it."""
    name = nameAndVersion.partition(':')[0]
    return upnp.Service(
        {
            'serviceType': f'urn:schemas-upnp-org:service:{nameAndVersion}',
            'serviceId': f'urn:upnp-org:serviceId:{name}',
        }
    )
