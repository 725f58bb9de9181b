"""The devices that the tests announce."""

import upnp

UUID = '00a56575-78fa-40fe-b107-8f4b5043a2b0'
UDN = f'uuid:{UUID}'
DEVICE_TYPE = 'urn:sadmin-fr:device:demo:1'
SERVICE_TYPE = 'sadmin-fr:service:dummy'


def demo(uuid: str = UUID, name: str = 'UPnP Test') -> upnp.Device:
    """Return the documented quickstart's device."""
    device = upnp.Device({'deviceType': DEVICE_TYPE, 'friendlyName': name, 'uuid': uuid})
    device.addService(upnp.Service({'serviceType': SERVICE_TYPE, 'serviceId': 'sadmin-fr:serviceId:1'}))
    return device


def lamp() -> upnp.Device:
    """Return a device of a later version, with an embedded one."""
    device = upnp.Device(deviceType='urn:schemas-upnp-org:device:DimmableLight:2', friendlyName='Lamp', uuid=UUID)
    device.addService(upnp.Service(serviceType='urn:schemas-upnp-org:service:SwitchPower:3'))
    sensor = upnp.Device(deviceType='urn:exemple-org:device:Sensor:1', friendlyName='Sensor', uuid='5')
    sensor.addService(upnp.Service(serviceType='urn:schemas-upnp-org:service:SwitchPower:1'))
    device.addDevice(sensor)
    return device
