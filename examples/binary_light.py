"""A light that control points switch on and off, and with --dimmable dim: the UPnP Forum's own lighting services."""

import argparse

import upnp


class SwitchPower(upnp.Service):
    serviceType = 'urn:schemas-upnp-org:service:SwitchPower:1'
    serviceId = 'urn:upnp-org:serviceId:SwitchPower:1'
    Target = upnp.StateVariable(dataType='boolean', defaultValue=False)
    Status = upnp.StateVariable(dataType='boolean', defaultValue=False, sendEvents=True)

    @upnp.action(arguments={'newTargetValue': 'Target'})
    async def SetTarget(self, newTargetValue: bool) -> None:
        """Switch the light on or off."""
        print('on' if newTargetValue else 'off', flush=True)  # here a real light would switch its relay
        self.Target = self.Status = newTargetValue

    @upnp.action(returns={'RetTargetValue': 'Target'})
    async def GetTarget(self) -> bool:
        """Tell what the light was switched to last."""
        return bool(self.Target)

    @upnp.action(returns={'ResultStatus': 'Status'})
    async def GetStatus(self) -> bool:
        """Tell whether the light is on."""
        return bool(self.Status)


class Dimming(upnp.Service):
    serviceType = 'urn:schemas-upnp-org:service:Dimming:1'
    serviceId = 'urn:upnp-org:serviceId:Dimming:1'
    LoadLevelTarget = upnp.StateVariable(dataType='ui1', allowedValueRange=(0, 100))
    LoadLevelStatus = upnp.StateVariable(dataType='ui1', allowedValueRange=(0, 100), sendEvents=True)

    @upnp.action(arguments={'newLoadlevelTarget': 'LoadLevelTarget'})
    async def SetLoadLevelTarget(self, newLoadlevelTarget: int) -> None:
        """Set how bright the light is, in percent."""
        print(f'{newLoadlevelTarget} %', flush=True)
        self.LoadLevelTarget = self.LoadLevelStatus = newLoadlevelTarget

    @upnp.action(returns={'GetLoadlevelTarget': 'LoadLevelTarget'})
    async def GetLoadLevelTarget(self) -> int:
        """Tell how bright the light was set to be, in percent."""
        return int(self.LoadLevelTarget)

    @upnp.action(returns={'retLoadlevelStatus': 'LoadLevelStatus'})
    async def GetLoadLevelStatus(self) -> int:
        """Tell how bright the light is, in percent."""
        return int(self.LoadLevelStatus)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('--dimmable', action='store_true', help='a light that can be dimmed')
parser.add_argument('--port', type=int, default=0, help='TCP port (default: a free one)')
parser.add_argument('--bind', default='0.0.0.0', help='address to listen at (default: all)')
options = parser.parse_args()

kind = 'DimmableLight' if options.dimmable else 'BinaryLight'
light = upnp.Device(deviceType=f'urn:schemas-upnp-org:device:{kind}:1', friendlyName='Desk light')
light.addService(SwitchPower())
if options.dimmable:
    light.addService(Dimming())

server = upnp.Announcer(light, options.port, options.bind)
server.initLoop()
print(light.friendlyName, server.locations, flush=True)
server.foreaver()
