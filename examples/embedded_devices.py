"""Announce one box that holds several devices: a hub with its sensors."""

import upnp

SENSOR_TYPE = 'urn:example-org:device:soilSensor:1'
MOISTURE_TYPE = 'urn:example-org:service:moisture:1'

hub = upnp.Device(
    deviceType='urn:example-org:device:gardenHub:1', friendlyName='Garden hub', manufacturer='Example', modelName='H4'
)
for place in ('Tomatoes', 'Beans', 'Lawn'):
    sensor = upnp.Device(deviceType=SENSOR_TYPE, friendlyName=place, manufacturer='Example', modelName='S1')
    sensor.addService(upnp.Service(serviceType=MOISTURE_TYPE, serviceId='urn:example-org:serviceId:moisture'))
    hub.addDevice(sensor)

server = upnp.Annoncer(hub, httpPort=0)
server.initLoop()
print(f'{hub.friendlyName} with {len(hub.devices)} sensors: {server.locations}')
server.foreaver()
server.dispose()
