"""A thermometer on a slow bus: it tells subscribers how warm it is, and can be read. Neither delays anybody else."""

import argparse
import random
import threading
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
    # Evented every two seconds at the most; what is less than half a degree is not worth an event at once.
    Celsius = upnp.StateVariable(dataType=float, sendEvents=True, maximumRate=2, minimumDelta=0.5)

    @upnp.action
    def Read(self, Unit: Literal['C', 'F'] = 'C') -> Reading:
        """Measure now, in degrees Celsius (C) or Fahrenheit (F); it takes a second."""
        celsius = measure()
        return Reading(round(celsius if Unit == 'C' else celsius * 1.8 + 32, 2), datetime.now())

    def watch(self) -> None:
        while True:
            self.Celsius = measure()


def measure() -> float:
    time.sleep(0.75)  # so long does a DS18B20 take
    return round(random.uniform(18, 24), 2)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('--port', type=int, default=0, help='TCP port (default: a free one)')
parser.add_argument('--bind', default='0.0.0.0', help='address to listen at (default: all)')
options = parser.parse_args()

thermometer = Thermometer()
thermometer.Celsius = measure()  # else the first subscribers are told the default, 0
sensor = upnp.Device(deviceType='urn:example-org:device:thermometer:1', friendlyName='Greenhouse thermometer')
sensor.addService(thermometer)
threading.Thread(target=thermometer.watch, daemon=True).start()
server = upnp.Announcer(sensor, options.port, options.bind)
server.initLoop()
print(sensor.friendlyName, server.locations, flush=True)
server.foreaver()
server.dispose()
