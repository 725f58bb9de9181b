"""A service with evented variables of every kind."""

import upnp

TYPE = 'urn:exemple-org:service:Lamp:2'


class Lamp(upnp.Service):
    """A service with evented variables of each kind."""

    serviceType = TYPE
    serviceId = 'urn:exemple-org:serviceId:lamp'

    Status = upnp.StateVariable(dataType=bool, sendEvents=True)
    Level = upnp.StateVariable(dataType='ui2', sendEvents=True)
    Warmth = upnp.StateVariable(dataType=float, sendEvents=True, maximumRate=2)
    Alarm = upnp.StateVariable(dataType=str, sendEvents=True, multicast=True)
    Hidden = upnp.StateVariable(dataType=str)

    @upnp.action
    def Fade(self) -> None:
        """Set it in steps, in the thread."""
        for level in (1, 2, 3):
            self.Level = level
        self.Status = True

    @upnp.action
    def Break(self) -> None:
        """Set it, and fail."""
        self.Level = 9
        raise OSError('broken')
