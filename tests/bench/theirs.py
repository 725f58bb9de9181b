"""Announces a device with async_upnp_client's UpnpServer: ``theirs.py DEVICE ADDRESS``."""

import asyncio
import signal
import sys
import xml.etree.ElementTree as ElementTree
from typing import Any

from aiohttp import web
from async_upnp_client.const import DeviceIcon, DeviceInfo, ServiceInfo
from async_upnp_client.server import (
    UpnpServer,
    UpnpServerDevice,
    UpnpServerService,
    callable_action,
    create_event_var,
)

from tests.bench.devices import DEVICES, HTTP_PORT, pngOf

ICON = pngOf(48)


async def icon(request: web.Request) -> web.Response:
    """Answer with the icon."""
    return web.Response(body=ICON, content_type='image/png')


@callable_action('GetStatus', {}, {'ResultStatus': 'Status'})
async def getStatus(self: UpnpServerService) -> dict[str, Any]:
    """Return the value of a service's variable."""
    return {'ResultStatus': self.state_variable('Status')}


def serviceFrom(wish: dict[str, Any], number: str) -> type[UpnpServerService]:
    """Return the service's class; ``number`` makes its URLs unique."""
    definition = ServiceInfo(
        service_id=wish['serviceId'],
        service_type=wish['serviceType'],
        control_url=f'/{number}/control',
        event_sub_url=f'/{number}/events',
        scpd_url=f'/{number}/scpd.xml',
        xml=ElementTree.Element('server_service'),
    )
    variables = {v['name']: create_event_var(v['dataType'], default=v['defaultValue']) for v in wish['stateVariables']}
    body: dict[str, Any] = {'SERVICE_DEFINITION': definition, 'STATE_VARIABLE_DEFINITIONS': variables}
    body |= {'getStatus': getStatus} if wish['actions'] else {}
    return type('Service', (UpnpServerService,), body)


def deviceFrom(wish: dict[str, Any], number: str = '0') -> type[UpnpServerDevice]:
    """Return the device's class with its services, icons and embedded devices."""
    definition = DeviceInfo(
        device_type=wish['deviceType'],
        friendly_name=wish['friendlyName'],
        manufacturer=wish['manufacturer'],
        manufacturer_url=wish['manufacturerURL'],
        model_description=wish['modelDescription'],
        model_name=wish['modelName'],
        model_number=wish['modelNumber'],
        model_url=wish['modelURL'],
        serial_number=wish['serialNumber'],
        udn=f'uuid:{wish["uuid"]}',
        upc=wish['UPC'],
        presentation_url=wish['presentationURL'],
        url='/descr.xml',
        icons=[DeviceIcon(i['mimetype'], i['width'], i['height'], i['depth'], '/icon.png') for i in wish['icons']],
        xml=ElementTree.Element('server_device'),
    )
    body = {
        'DEVICE_DEFINITION': definition,
        'SERVICES': [serviceFrom(service, f'{number}-{i}') for i, service in enumerate(wish['services'])],
        'EMBEDDED_DEVICES': [deviceFrom(part, f'{number}-d{i}') for i, part in enumerate(wish['devices'])],
        'ROUTES': [web.get('/icon.png', icon)] if wish['icons'] else [],
    }
    return type('Device', (UpnpServerDevice,), body)


async def main(name: str, address: str) -> None:
    """Announce until the process is ended, SIGUSR1 changing a value."""
    server = UpnpServer(deviceFrom(DEVICES[name]), (address, 0), http_port=HTTP_PORT)
    await server.async_start()
    assert server._device
    status = server._device.all_services[0].state_variable('Status')
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, lambda: setattr(status, 'value', not status.value))
    await asyncio.get_running_loop().create_future()


asyncio.run(main(sys.argv[1], sys.argv[2]))
