"""Announces a device with our Announcer: ``ours.py DEVICE ADDRESS [log]``; ``log`` tells the first wait drawn."""

import asyncio
import logging
import os
import signal
import sys
from typing import Any

import upnp
from tests.bench.devices import DEVICES, HTTP_PORT, pngOf
from upnp.control import answers
from upnp.discovery import sockets

MANY = 1_000_000


def serviceFrom(wish: dict[str, Any], isPlain: bool) -> upnp.Service:
    """Return the service; the function of its action, if it has one, is async unless it shall be plain."""

    async def getStatus() -> object:
        return service.stateVariables['Status'].value

    def getStatusPlainly() -> object:
        return service.stateVariables['Status'].value

    function = getStatusPlainly if isPlain else getStatus
    service = upnp.Service(wish | {'actions': [action | {'function': function} for action in wish['actions']]})
    return service


def deviceFrom(wish: dict[str, Any]) -> upnp.Device:
    """Return the device with its services, icons and embedded devices."""
    lists = ('services', 'devices', 'icons')
    device = upnp.Device({key: value for key, value in wish.items() if key not in lists})
    for service in wish['services']:
        device.addService(serviceFrom(service, isPlain=os.environ.get('UPNP_PLAIN_ACTIONS') == '1'))
    for part in wish['devices']:
        device.addDevice(deviceFrom(part))
    for _ in wish['icons']:
        device.addIcon(upnp.Icon({'data': pngOf(48)}))
    return device


async def main(name: str) -> None:
    """Announce until the process is ended; SIGUSR1 changes a value.

    The load comes from one address, so the limits on one are lifted.
    """
    limits = upnp.Limits(
        maxPendingSearches=MANY,
        maxPendingSearchesPerSource=MANY,
        maxConnections=MANY,
        maxConnectionsPerPeer=MANY,
        maxSubscriptions=MANY,
        maxSubscriptionsPerPeer=MANY,
        minSubscriptionSeconds=1,
    )
    device = deviceFrom(DEVICES[name])
    status = device.services[0].stateVariables['Status']
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, lambda: setattr(status, 'value', not status.value))
    async with upnp.Announcer(device, httpPort=HTTP_PORT, limits=limits) as server:
        await server.serveForever()


if os.environ.get('UPNP_SOCKET_FILTER') == '0':
    sockets.SOCKET_FILTER = ()
if os.environ.get('UPNP_KNOWN_CALLS') == '0':
    answers.MAX_KNOWN_BYTES = 0
if 'log' in sys.argv[3:]:
    logging.basicConfig(format='%(message)s')
    logging.getLogger('upnp.discovery.schedule').setLevel(logging.DEBUG)
asyncio.run(main(sys.argv[1]))
