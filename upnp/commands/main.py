"""The command line: its commands, and what it prints where one fails."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from ..base.logtext import legible
from ..Errors import UPnPError
from ..http.listener import REMEDY
from . import announce

__all__ = ['main', 'parser']

EXIT_FAILURE = 1
EXIT_USAGE = 2
PORT_REMEDY = 'choose another with --port, or leave --port out for any free one'


class Parser(argparse.ArgumentParser):
    """A parser that tells in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """End the program, with the status of a wrong command line."""
        self.exit(EXIT_USAGE, f'{self.prog}: {legible(message)}\n')


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; the options of a command name what runs it, as ``run``."""
    top = Parser(prog='upnp', description='Put a device on the network by UPnP.')
    commands = top.add_subparsers(dest='command', metavar='COMMAND')
    one = commands.add_parser('announce', help=announce.HELP)
    announce.addOptions(one)
    one.set_defaults(run=announce.announce)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status."""
    options = parser().parse_args(arguments)
    if options.command is None:
        parser().print_help()
        return EXIT_USAGE
    try:
        asyncio.run(options.run(options))
    except (UPnPError, ValueError) as error:
        print(f'upnp {options.command}: {reasonOf(error)}', file=sys.stderr)
        return EXIT_FAILURE
    except OSError as error:  # of the output
        if not isinstance(error, BrokenPipeError):
            print(f'upnp {options.command}: {error}', file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries once more at its end
        return EXIT_FAILURE
    except KeyboardInterrupt:  # before the announcer minded it
        pass
    return 0


def reasonOf(error: Exception) -> str:
    """Return what an error says, with the remedy that there is on a command line."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return legible(text.replace(REMEDY, PORT_REMEDY))
