"""The command line: ``python -m upnp``."""

import sys

from .commands.main import main

__all__ = ['main']

if __name__ == '__main__':
    sys.exit(main())
