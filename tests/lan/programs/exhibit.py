"""Devices of which the recording shows all that the library can say: one with everything, and one beside it."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import upnp
from upnp.HTTP import HttpRequest

PICTURE = Path(__file__).parents[3] / 'examples' / 'announce_my_pi.png'
PNP = 'http://example.org/vendor'


class Mode(Enum):
    OFF = 'off'
    ECO = 'eco'
    FULL = 'full'


class Report(NamedTuple):
    Celsius: float
    Moment: datetime


class Heating(upnp.Service):
    serviceType = 'urn:example-org:service:heating:2'
    serviceId = 'urn:example-org:serviceId:heating'
    IsOn = upnp.StateVariable(dataType='boolean', defaultValue=False, sendEvents=True)
    Level = upnp.StateVariable(dataType='ui1', allowedValueRange=(0, 100, 5), defaultValue=40, sendEvents=True)
    Mode = upnp.StateVariable(dataType=Mode, sendEvents=True)
    Note = upnp.StateVariable(dataType='string', defaultValue='<a> & "b"', sendEvents=True)
    Alert = upnp.StateVariable(dataType='string', sendEvents=True, multicast=True)
    Firmware = upnp.StateVariable(dataType='bin.hex', defaultValue=b'\0\1\2')
    Site = upnp.StateVariable(dataType='uri', defaultValue='https://example.org/')

    @upnp.action
    async def SetLevel(self, Level: int) -> None:
        """Set how warm it is to be.

        In percent.
        """
        self.Level = Level
        self.IsOn = Level > 0

    @upnp.action(arguments={'Mode': 'Mode'}, returns={'Former': 'Mode'})
    def SetMode(self, Mode: Mode) -> str:
        """Set the mode; tell the former one."""
        former, self.Mode = self.Mode, Mode
        return former

    @upnp.action
    def Measure(self, Unit: Literal['C', 'F'] = 'C', Digits: Annotated[int, upnp.Range(0, 3)] = 1) -> Report:
        return Report(round(21.06 if Unit == 'C' else 69.908, Digits), datetime(2024, 2, 29, 12, 30))

    @upnp.action
    def Picture(self) -> bytes:
        return b'\x89PNG'

    @upnp.action
    async def Fail(self, Reason: str) -> None:
        raise upnp.ActionError(701, f'No <{Reason}> here')

    @upnp.action
    async def Break(self) -> None:
        raise upnp.ActionError(501)


def makeExhibit() -> upnp.Device:
    """Return a device that has one of each, two levels of others built in."""
    device = upnp.Device(
        deviceType='urn:example-org:device:exhibit:2',
        friendlyName='Exhibit <1>',
        uuid='6a7b8c90-0000-4000-8000-000000000001',
        manufacturer='ACME & Sons',
        manufacturerURL='https://acme.example/',
        modelDescription='A device that has one of each',
        modelName='E1',
        modelNumber='1.0',
        modelURL='https://acme.example/e1',
        serialNumber='0001',
        UPC='123456789012',
        deviceCategory=['HomeAutomation.Lighting', 'Computers'],
        hardwareId='VEN_0001&DEV_0001',
        compatibleId='GenericExhibit',
        containerId='{6a7b8c90-0000-4000-8000-00000000000c}',
    )
    device.addIcon(upnp.Icon(data=PICTURE.read_bytes()))
    device.addIcon(upnp.Icon(url='http://example.org/a.png', mimetype='image/png', width=16, height=16, depth=24))
    inner = upnp.Extension(namespace=PNP, name='X_Part', value='{host}')
    device.extensions.append(upnp.Extension(namespace=PNP, name='X_Whole', extensions=[inner]))
    device.addService(Heating())
    device.addService(upnp.Service(serviceType='urn:example-org:service:empty:1'))
    device.addService(makeElsewhere())
    part = upnp.Device(
        deviceType='urn:example-org:device:part:1', friendlyName='Part', uuid='6a7b8c90-0000-4000-8000-000000000002'
    )
    part.addService(Heating(serviceType='urn:example-org:service:heating:1'))
    part.addService(makeBare())
    inmost = upnp.Device(
        deviceType='oddType', friendlyName='Inmost', uuid='6a7b8c90-0000-4000-8000-000000000003', manufacturer='ACME'
    )
    part.addDevice(inmost)
    device.addDevice(part)
    return device


def makeElsewhere() -> upnp.Service:
    """Return a service that another server serves."""
    return upnp.Service(
        serviceType='urn:example-org:service:elsewhere:1',
        SCPDURL='http://example.org/scpd.xml',
        controlURL='http://example.org/control',
        eventSubURL='http://example.org/event',
        stateVariables=[{'name': 'There', 'sendEvents': True}],
        actions=[{'name': 'Go'}],
    )


def makeBare() -> upnp.Service:
    """Return a service of dicts, with an action that has no function and two outputs of one that has."""
    return upnp.Service(
        serviceType='urn:example-org:service:bare:1',
        stateVariables=[
            {'name': 'A_ARG_TYPE_Text', 'dataType': 'string'},
            {'name': 'Count', 'dataType': 'ui4', 'defaultValue': 7},
        ],
        actions=[
            {'name': 'Later', 'arguments': [{'name': 'Text', 'relatedStateVariable': 'A_ARG_TYPE_Text'}]},
            {
                'name': 'Both',
                'function': lambda Text: {'Echo': Text, 'Length': len(Text)},
                'arguments': [
                    {'name': 'Text', 'relatedStateVariable': 'A_ARG_TYPE_Text'},
                    {'name': 'Echo', 'direction': 'out', 'retval': True, 'relatedStateVariable': 'A_ARG_TYPE_Text'},
                    {'name': 'Length', 'direction': 'out', 'relatedStateVariable': 'Count'},
                ],
            },
        ],
    )


def makeNeighbour() -> upnp.Device:
    """Return another root device."""
    return upnp.Device(
        deviceType='urn:example-org:device:neighbour:1',
        friendlyName='Neighbour',
        uuid='6a7b8c90-0000-4000-8000-000000000009',
        presentationURL='http://{host}:8080/',
    )


def setup(request: HttpRequest) -> str:
    """Return a page of the program's own."""
    return f'<p>{request.method} {request.query} {request.body.decode()}</p>'


def broken(request: HttpRequest) -> str:
    """Return what no page can be."""
    return None  # type: ignore[return-value]
