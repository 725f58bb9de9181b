"""Announce a device on an event loop that the program has anyway and runs by itself."""

import asyncio
import logging
import sys

import upnp

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(name)s: %(message)s')

device = upnp.Device(
    deviceType='urn:example-org:device:thermometer:1',
    friendlyName='Greenhouse thermometer',
    manufacturer='Example',
    modelName='T1',
)

loop = asyncio.new_event_loop()
server = upnp.Annoncer(device, httpPort=0)
server.initLoop(loop)
try:
    loop.run_forever()
except KeyboardInterrupt:
    print('leaving')
finally:
    server.dispose()
    loop.close()
