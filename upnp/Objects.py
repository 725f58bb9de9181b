"""Device, Service, Icon, and what they consist of (UDA 1.1 §2.3, §2.5): objects that a program fills in."""

from .description.device import Device, Icon, Service
from .description.elements import Children, _BaseObj
from .description.scpd import Action, Argument, StateVariable
from .description.vendor import Extension

__all__ = ['Action', 'Argument', 'Children', 'Device', 'Extension', 'Icon', 'Service', 'StateVariable', '_BaseObj']
