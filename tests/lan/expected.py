"""What the devices of these tests are to announce, written out (UDA 1.1 §1.2.2: 3 + 2d + k messages)."""

from __future__ import annotations

from pathlib import Path

from tests.lan.hosts import CHECKOUT

EXAMPLES = CHECKOUT / 'examples'
QUICKSTARTS: tuple[Path, ...] = (EXAMPLES / 'quickstart_dict.py', EXAMPLES / 'quickstart_attributes.py')
QUICKSTART_UDN = 'uuid:00a56575-78fa-40fe-b107-8f4b5043a2b0'
QUICKSTART_USNS = (
    f'{QUICKSTART_UDN}::upnp:rootdevice',
    QUICKSTART_UDN,
    f'{QUICKSTART_UDN}::urn:sadmin-fr:device:demo:1',
    f'{QUICKSTART_UDN}::sadmin-fr:service:dummy',
)

# Of the lamp in programs/lamp.py.
LAMP_UDN = 'uuid:5e1f0a10-4d2c-4a6b-9a51-0242ac110002'
SENSOR_UDN = 'uuid:5e1f0a10-4d2c-4a6b-9a51-0242ac110003'
LAMP_USNS = (
    f'{LAMP_UDN}::upnp:rootdevice',
    LAMP_UDN,
    f'{LAMP_UDN}::urn:schemas-upnp-org:device:BinaryLight:2',
    f'{LAMP_UDN}::urn:schemas-upnp-org:service:SwitchPower:2',
    f'{LAMP_UDN}::urn:schemas-upnp-org:service:Dimming:1',
    SENSOR_UDN,
    f'{SENSOR_UDN}::urn:exemple-org:device:sensor:1',
    f'{SENSOR_UDN}::urn:schemas-upnp-org:service:SensorTransport:1',
)


def targetOf(usn: str) -> str:
    """Return the notification type that belongs to a USN."""
    udn, _colons, target = usn.partition('::')
    return target or udn


def usnsOf(udn: str, sensorUdn: str) -> tuple[str, ...]:
    """Return the USNs of another lamp of the same kind."""
    return tuple(usn.replace(LAMP_UDN, udn).replace(SENSOR_UDN, sensorUdn) for usn in LAMP_USNS)
