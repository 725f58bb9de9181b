"""Put a device on the network: UPnP announcement, description, control and page, on asyncio.

device = upnp.Device(friendlyName='Workshop lamp', deviceType='urn:schemas-upnp-org:device:BinaryLight:1')
async with upnp.Announcer(device) as server:
    await server.serveForever()
"""

from . import HTTP as HTTP
from . import SSDP as SSDP
from ._version import __version__
from .base.limits import Limits
from .description.declaration import action
from .description.hints import Call
from .description.types import Range, Value
from .Errors import ActionError, DescriptionError, MessageError, NetworkError, UPnPError
from .Objects import Action, Argument, Device, Extension, Icon, Service, StateVariable
from .UPnP import Annoncer, Announcer

__all__ = [
    'Action',
    'ActionError',
    'Annoncer',
    'Announcer',
    'Argument',
    'Call',
    'DescriptionError',
    'Device',
    'Extension',
    'Icon',
    'Limits',
    'MessageError',
    'NetworkError',
    'Range',
    'Service',
    'StateVariable',
    'UPnPError',
    'Value',
    '__version__',
    'action',
]
