"""Put a device on the network: UPnP announcement, description and page, on asyncio.

device = upnp.Device(friendlyName='Workshop lamp', deviceType='urn:schemas-upnp-org:device:BinaryLight:1')
async with upnp.Announcer(device) as server:
    await server.serveForever()
"""

from ._limits import Limits
from ._version import __version__
from .Errors import DescriptionError, MessageError, NetworkError, UPnPError
from .Objects import Action, Argument, Device, Icon, Service, StateVariable
from .UPnP import Annoncer, Announcer

__all__ = [
    'Action',
    'Annoncer',
    'Announcer',
    'Argument',
    'DescriptionError',
    'Device',
    'Icon',
    'Limits',
    'MessageError',
    'NetworkError',
    'Service',
    'StateVariable',
    'UPnPError',
    '__version__',
]
