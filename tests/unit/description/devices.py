"""Devices to be described: what a test adds to one that can be announced, and one with everything."""

from collections.abc import Mapping

import upnp

UUID = '00a56575-78fa-40fe-b107-8f4b5043a2b0'
INNER_UUID = '11a56575-78fa-40fe-b107-8f4b5043a2b0'
LIGHT = 'urn:schemas-upnp-org:device:BinaryLight:1'
SWITCH = 'urn:schemas-upnp-org:service:SwitchPower:1'
GIF = b'GIF89a'


def lamp(**elements: object) -> upnp.Device:
    """A device that can be announced, and what a test adds to it."""
    return upnp.Device({'deviceType': LIGHT, 'friendlyName': 'Lamp', 'uuid': UUID, **elements})


def withService(**elements: object) -> upnp.Device:
    """The same with a service that is filled attribute by attribute, as a dict would be checked before."""
    service = upnp.Service(serviceType=SWITCH)
    for name, value in elements.items():
        setattr(service, name, value)
    return lamp(services=[service])


def withVariable(**elements: object) -> upnp.Device:
    """The same with a service that has a state variable."""
    return withService(stateVariables=[{'name': 'A', **elements}])


def withArguments(*arguments: Mapping[str, object]) -> upnp.Device:
    """The same with an action and its arguments."""
    return withService(actions=[{'name': 'Go', 'arguments': arguments}], stateVariables=[{'name': 'A'}])


def fullDevice() -> upnp.Device:
    """A device with every element there is."""
    device = upnp.Device(
        deviceType=LIGHT,
        friendlyName='Lamp <1> & {host}',
        manufacturer='BONNET',
        manufacturerURL='http://sadmin.fr',
        modelDescription='A lamp',
        modelName='L1',
        modelNumber=1,
        modelURL='http://sadmin.fr/l1?a=b&c=d',
        serialNumber='007',
        uuid=UUID,
        UPC='123456789012',
        presentationURL='http://{host}:8080/',
        deviceCategory='HomeAutomation.Lighting',
        hardwareId='VEN_1&DEV_2',
        compatibleId='VEN_1',
        containerId=INNER_UUID,
        extensions=[{'namespace': 'urn:schemas-example-org:device-1-0', 'name': 'X_Floor', 'value': 3}],
        icons=[
            {'data': GIF, 'width': 48, 'height': 32, 'depth': 8},
            {'url': 'http://sadmin.fr/icon.svg', 'mimetype': 'image/svg+xml', 'width': 16, 'height': 16, 'depth': 24},
        ],
        services=[
            {'serviceType': SWITCH, 'stateVariables': [{'name': 'Status', 'sendEvents': True}]},
            {
                **{'serviceType': 'sadmin-fr:service:dummy', 'serviceId': 'sadmin-fr:serviceId:1'},
                **{'SCPDURL': '/s.xml', 'controlURL': '/c', 'eventSubURL': '/e'},
            },
        ],
        devices=[
            {
                **{'deviceType': 'urn:sadmin-fr:device:bulb:2', 'friendlyName': 'Bulb', 'uuid': INNER_UUID},
                'services': [{'serviceType': SWITCH, 'stateVariables': [{'name': 'Status'}]}],
            }
        ],
    )
    device.icons[0].load(GIF)
    return device
