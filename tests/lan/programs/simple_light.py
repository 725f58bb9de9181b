"""A light that can be switched, as the examples have it, and that knows how often it was."""

from __future__ import annotations

import upnp

SWITCH = 'urn:schemas-upnp-org:service:SwitchPower:1'
LIGHT_TYPE = 'urn:schemas-upnp-org:device:BinaryLight:1'
LIGHT_NAME = 'Desk light'
LIGHT_UUID = '5e1f0a10-4d2c-4a6b-9a51-0242ac110004'


class SwitchPower(upnp.Service):
    serviceType = SWITCH
    serviceId = 'urn:upnp-org:serviceId:SwitchPower'
    Target = upnp.StateVariable(dataType='boolean', defaultValue=False)
    Status = upnp.StateVariable(dataType='boolean', defaultValue=False, sendEvents=True)

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    @upnp.action(arguments={'newTargetValue': 'Target'})
    async def SetTarget(self, newTargetValue: bool) -> None:
        self.calls += 1
        self.Target = newTargetValue
        self.Status = newTargetValue

    @upnp.action(returns={'ResultStatus': 'Status'})
    async def GetStatus(self) -> bool:
        return bool(self.Status)


def makeLight() -> upnp.Device:
    """Return the light, not yet announced."""
    light = upnp.Device(deviceType=LIGHT_TYPE, friendlyName=LIGHT_NAME, manufacturer='ACME', uuid=LIGHT_UUID)
    light.addService(SwitchPower())
    return light
