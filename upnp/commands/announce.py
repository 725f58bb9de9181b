"""``upnp announce``: this machine on the network until Ctrl-C; in words, who searches, reads, calls and subscribes."""

import argparse
import asyncio
import io
import logging
import os
import re
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress

from ..addressing.addresses import hostOf
from ..announcer.announcer import MAX_PORT, Announcer
from ..base import loops
from ..base.logtext import legible
from ..description.checks import UUID
from ..description.device import Device, Icon, Service, measure
from ..description.urn import serviceIdOf
from .activity import Teller

__all__ = ['HELP', 'addOptions', 'announce', 'deviceOf']

HELP = 'announce this machine, with a page, until Ctrl-C'
BASIC_DEVICE = 'urn:schemas-upnp-org:device:Basic:1'
HOST = '{host}'
WEB_PAGE = r'(?i)https?://[^\s/{}]+([/?#][^\s{}]*)?\Z'  # with something in the place of {host}
MAX_ICON_BYTES = 1_000_000


def addOptions(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    option = parser.add_argument
    option('--name', default=socket.gethostname() or 'UPnP device', help='what people see (default: %(default)s)')
    option('--type', default=BASIC_DEVICE, help='the device type, a URN (default: %(default)s)')
    option('--uuid', type=uuid, help='the identity, which has to stay (default: one that is made from this machine)')
    option('--port', type=port, default=0, help='TCP port of the description and the page (default: a free one)')
    option('--interface', action='append', help='network interface, by name (eth0, eth*) or address; may be repeated')
    option('--ipv4', action='store_true', help='announce by IPv4 only')
    option('--page', type=page, metavar='URL', help='what a double click opens; {host} in it is the address asked for')
    option('--icon', type=icon, metavar='FILE', help='a picture, PNG')
    option('--category', help='what Windows shows it as, such as HomeAutomation.Lighting')
    option('--service', nargs='+', action='extend', default=[], metavar='TYPE', help='service types; may be repeated')
    option('-v', '--verbose', action='store_true', help='print every packet')


# What is given


def uuid(text: str) -> str:
    """Return a UUID without what may stand before it."""
    bare = text[5:] if text[:5].lower() == 'uuid:' else text
    if not re.match(UUID, bare):
        raise refusal(text, 'is no UUID: give one such as 00a56575-78fa-40fe-b107-8f4b5043a2b0, or leave --uuid out')
    return bare


def port(text: str) -> int:
    """Return the number of a port; 0 takes a free one."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_PORT)) and int(text) <= MAX_PORT):
        raise refusal(text, f'is no port: give a number up to {MAX_PORT}, or leave --port out for any free one')
    return int(text)


def page(text: str) -> str:
    """Return the URL of a page; it is absolute, as nothing but the page of our own is served here."""
    if not re.match(WEB_PAGE, text.replace(HOST, 'host')) or not text.isprintable():
        raise refusal(text, 'is no URL of a web page: give one such as http://{host}:8080/')
    return text


def icon(text: str) -> Icon:
    """Return an icon with the content of a file, a PNG."""
    try:
        content = contentOf(text)
    except (OSError, ValueError) as error:
        raise refusal(text, f'cannot be read ({getattr(error, "strerror", None) or error}): give a PNG file') from error
    measured = measure(content)
    if len(content) > MAX_ICON_BYTES:
        raise refusal(text, f'has more than {MAX_ICON_BYTES} bytes: give a small PNG, such as one of 48 by 48 pixels')
    if 'mimetype' not in measured:
        raise refusal(text, 'is no picture that is known here: give a PNG')
    if 'width' not in measured:
        raise refusal(text, f'is {measured["mimetype"]}, and its size cannot be told: give a whole PNG')
    return Icon(data=content)


def contentOf(path: str) -> bytes:
    """Return what stands at the beginning of a file: enough to tell that it is too long."""
    with open(os.open(path, os.O_RDONLY | getattr(os, 'O_NONBLOCK', 0)), 'rb') as file:  # a pipe is not waited for
        return file.read(MAX_ICON_BYTES + 1) or b''


def refusal(text: str, reason: str) -> argparse.ArgumentTypeError:
    """Return the error of a value, whose option the parser names."""
    return argparse.ArgumentTypeError(f'{text!r} {reason}')


# What is announced


def deviceOf(options: argparse.Namespace) -> Device:
    """Return the device that is asked for."""
    device = Device(friendlyName=options.name, deviceType=options.type, uuid=options.uuid)
    device.presentationURL, device.deviceCategory = options.page, options.category
    if options.icon is not None:
        device.addIcon(options.icon)
    for type_ in options.service:
        device.addService(serviceBeside(type_, device.services))
    return device


def serviceBeside(type_: str, others: Sequence[Service]) -> Service:
    """Return a service whose serviceId is none of the others': where the usual one is taken, it gets a number."""
    service = Service(serviceType=type_)
    usual, taken = serviceIdOf(service), {serviceIdOf(other) for other in others}
    if usual in taken:
        service.serviceId = next(one for n in range(2, len(taken) + 2) if (one := f'{usual}.{n}') not in taken)
    return service


async def announce(options: argparse.Namespace) -> None:
    """Announce this machine until SIGINT or SIGTERM, and tell who asks."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    device = deviceOf(options)
    server = Announcer(device, options.port, interfaces=options.interface, ipv6=not options.ipv4)

    def end() -> None:
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(ended.set)

    teller = Teller(lambda: server.resources, end, isVerbose=options.verbose)
    showVisits(teller)
    with loops.stopSignals(loop, ended.set):
        async with server:
            print('\n'.join(introduction(device, server)), flush=True)
            teller.begin()
            await ended.wait()
        print('byebye', flush=True)


def introduction(device: Device, server: Announcer) -> Iterator[str]:
    """Yield the lines that say where a device can be seen."""
    yield f'{legible(str(device.friendlyName))} ({device.UDN}) is announced:'
    used = server.interfaces.chosen
    for name, (location, *_) in server.locations.items():
        address = next(interface.address for interface in used if interface.name == name)
        own = device.presentationURL or f'http://{server.access.urlHost(address)}/'
        yield f'  on {name}: description {location}'
        yield f'  on {name}: page        {own.replace(HOST, hostOf(address))}'
    if not used:
        yield '  nowhere yet: no interface that could be used is here. It will be as soon as one is.'
    elif all(interface.isLoopback for interface in used):
        yield '  Only programs on this machine can see it.'
    yield 'Ctrl-C ends it.'


def showVisits(teller: logging.Handler) -> None:
    """Have the log of the package shown, down to the visits."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors='backslashreplace')  # a name need not be one that the terminal can write
    logging.basicConfig(level=logging.INFO, handlers=[teller])
    logging.getLogger('asyncio').setLevel(logging.WARNING)
    logging.getLogger('upnp').setLevel(logging.DEBUG)
