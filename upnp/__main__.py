"""The command line: ``python -m upnp``."""

import argparse
import asyncio
import logging
import socket
import sys
from collections.abc import Sequence

from . import HTTP, SSDP, Announcer, Device, UPnPError
from ._interfaces import Interface

BASIC_DEVICE = 'urn:schemas-upnp-org:device:Basic:1'
EXIT_FAILURE = 1
EXIT_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status."""
    options = parser().parse_args(arguments)
    if options.command is None:
        parser().print_help()
        return EXIT_USAGE
    try:
        asyncio.run(announce(options))
    except (UPnPError, ValueError) as error:
        print(f'upnp {options.command}: {error}', file=sys.stderr)
        return EXIT_FAILURE
    except KeyboardInterrupt:  # before the announcer minded it
        pass
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(prog='upnp', description='Put a device on the network by UPnP.')
    commands = top.add_subparsers(dest='command', metavar='COMMAND')
    one = commands.add_parser('announce', help='announce this machine, with a page, until Ctrl-C')
    one.add_argument(
        '--name', default=socket.gethostname() or 'UPnP device', help='what people see (default: %(default)s)'
    )
    one.add_argument('--type', default=BASIC_DEVICE, help='the device type, a URN (default: %(default)s)')
    one.add_argument(
        '--port', type=int, default=0, help='TCP port of the description and the page (default: a free one)'
    )
    one.add_argument('--interface', action='append', help='network interface, by name or address; may be repeated')
    one.add_argument('-v', '--verbose', action='store_true', help='log every packet')
    return top


async def announce(options: argparse.Namespace) -> None:
    """Announce this machine until SIGINT or SIGTERM, and tell who asks."""
    showVisits(options.verbose)
    device = Device(friendlyName=options.name, deviceType=options.type)
    async with Announcer(device, options.port, interfaces=options.interface) as server:
        print(f'{device.friendlyName} ({device.UDN}) is announced:', flush=True)
        used = server.interfaces.chosen
        for name in dict.fromkeys(interface.name for interface in used):
            print(f'  on {name}: description {server.locations[name][0]}')
            print(f'  on {name}: page        http://{server.access.urlHost(addressOn(name, used))}/')
        if not used:
            print('  nowhere yet: no interface that could be used is here.')
        elif all(interface.isLoopback for interface in used):
            print('  Only programs on this machine can see it.')
        print('Ctrl-C ends it.', flush=True)
        await server.serveForever()
    print('byebye')


def addressOn(name: str, used: Sequence[Interface]) -> str:
    """Return the first address on an interface."""
    return next(interface.address for interface in used if interface.name == name)


def showVisits(verbose: bool) -> None:
    """Print a line for each search that is answered and each request; with ``verbose`` all that is logged."""
    shown = logging.StreamHandler(sys.stdout)
    shown.setFormatter(logging.Formatter('%(asctime)s %(message)s', '%H:%M:%S'))
    if not verbose:
        shown.addFilter(lambda record: record.levelno > logging.DEBUG or record.msg in (SSDP.SEARCHED, HTTP.FETCHED))
    logging.basicConfig(level=logging.INFO, handlers=[shown])
    logging.getLogger('asyncio').setLevel(logging.WARNING)
    logging.getLogger('upnp').setLevel(logging.DEBUG)


if __name__ == '__main__':
    sys.exit(main())
