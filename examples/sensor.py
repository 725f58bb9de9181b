"""A thermometer on a slow bus: its action is a plain function, which may take its time and delays nobody else."""

import argparse
import random
import time
from datetime import datetime
from typing import Annotated, Literal, NamedTuple

import upnp


class Reading(NamedTuple):
    Temperature: Annotated[float, upnp.Range(-67, 257)]
    Moment: datetime


class Thermometer(upnp.Service):
    serviceType = 'urn:example-org:service:thermometer:1'
    serviceId = 'urn:example-org:serviceId:thermometer'

    @upnp.action
    def Read(self, Unit: Literal['C', 'F'] = 'C') -> Reading:
        time.sleep(0.75)  # so long does a DS18B20 measure
        celsius = random.uniform(18, 24)
        return Reading(round(celsius if Unit == 'C' else celsius * 1.8 + 32, 2), datetime.now())


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('--port', type=int, default=0, help='TCP port (default: a free one)')
parser.add_argument('--bind', default='0.0.0.0', help='address to listen at (default: all)')
options = parser.parse_args()

sensor = upnp.Device(deviceType='urn:example-org:device:thermometer:1', friendlyName='Greenhouse thermometer')
sensor.addService(Thermometer())
server = upnp.Announcer(sensor, options.port, options.bind)
server.initLoop()
print(sensor.friendlyName, server.locations, flush=True)
server.foreaver()
server.dispose()
