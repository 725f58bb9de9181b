"""Discovery by SSDP (UDA 1.1 §1): the documented names of what advertises devices and answers searches."""

from .discovery.messages import Answer, Notify
from .discovery.ssdp import SSDP, AnnouncerService, SSDP_Protocol

__all__ = ['SSDP', 'AnnouncerService', 'Answer', 'Notify', 'SSDP_Protocol']
