"""The announcer, which puts devices on the network, under both of its documented names."""

from .announcer.announcer import Annoncer, Announcer

__all__ = ['Annoncer', 'Announcer']
