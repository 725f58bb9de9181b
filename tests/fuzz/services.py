"""A device that can be called: an argument of every data type, functions of both kinds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import upnp
from tests.lan.programs.lamp import ROOT_UUID, makeLamp
from upnp.description.types import DATA_TYPES

CONTROL = f'/{ROOT_UUID}/0/control'
SERVICE_TYPE = 'urn:schemas-upnp-org:service:SwitchPower:2'


def nameOf(dataType: str) -> str:
    """Return the name of the argument that has a data type."""
    return dataType.replace('.', '_')


async def echo(**values: object) -> dict[str, object]:
    """Return what came."""
    return {f'out_{name}': value for name, value in values.items()}


def echoSlowly(**values: object) -> dict[str, object]:
    """Return what came, from the thread."""
    return {f'out_{name}': value for name, value in values.items()}


class Switch(upnp.Service):
    """The lamp's switch, with limits."""

    serviceType = SERVICE_TYPE
    serviceId = 'urn:upnp-org:serviceId:SwitchPower'

    Target = upnp.StateVariable(dataType=bool)
    Colour = upnp.StateVariable(dataType='string', allowedValueList=['red', 'green', 'blue'])
    Level = upnp.StateVariable(dataType='ui1', allowedValueRange=(0, 100, 5))

    @upnp.action(arguments={'newTargetValue': 'Target'})
    async def SetTarget(self, newTargetValue: bool) -> None:
        """Set it."""
        self.Target = newTargetValue

    @upnp.action(returns={'ResultStatus': 'Target'})
    def GetStatus(self) -> bool:
        """Return it, from the thread."""
        return bool(self.Target)

    @upnp.action(returns={'retColour': 'Colour', 'retLevel': 'Level'})
    async def Paint(self, Colour: str, Level: int) -> tuple[str, int]:
        """Set both, return both."""
        self.Colour, self.Level = Colour, Level
        return self.Colour, self.Level

    @upnp.action
    def Refuse(self, Reason: str) -> None:
        """Refuse."""
        raise upnp.ActionError(701, Reason)


def addEcho(service: upnp.Service, name: str, function: Any, dataTypes: Sequence[str]) -> None:
    """Add an action that takes values of these data types and gives them back."""
    arguments = [
        {'name': prefix + nameOf(dataType), 'direction': direction, 'relatedStateVariable': f'Any_{nameOf(dataType)}'}
        for direction, prefix in (('in', ''), ('out', 'out_'))
        for dataType in dataTypes
    ]
    service.actions.append(upnp.Action(name=name, function=function, arguments=arguments))


def makeSwitch() -> upnp.Service:
    """Return the service."""
    switch = Switch()
    for dataType in DATA_TYPES:
        switch.stateVariables.append(upnp.StateVariable(name=f'Any_{nameOf(dataType)}', dataType=dataType))
    addEcho(switch, 'Echo', echo, DATA_TYPES)
    addEcho(switch, 'EchoSlowly', echoSlowly, DATA_TYPES)
    for index, dataType in enumerate(DATA_TYPES):
        addEcho(switch, f'Echo_{nameOf(dataType)}', echoSlowly if index % 2 else echo, [dataType])
    switch.actions.append(upnp.Action(name='Optional'))
    return switch


def makeCallable() -> upnp.Device:
    """Return the lamp of the tests between hosts, with a switch that does something."""
    lamp = makeLamp()
    lamp.services[0] = makeSwitch()
    return lamp
