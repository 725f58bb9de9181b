"""Start a quickstart that was frozen by PyInstaller, find it, read its description, press Ctrl-C.

    unshare -rnm python3 .ci/frozen.py dist/quickstart_dict/quickstart_dict

It runs in a network namespace of its own and makes the one interface there.
"""

import re
import signal
import subprocess
import sys

from announce import NETWORK, STOP_SECONDS, fetch, search


def main() -> None:
    """Make the network, start the program, judge what it does."""
    for line in NETWORK:
        subprocess.run(['ip', *line.split()], check=True)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job would pass on that it is ignored
    with subprocess.Popen(sys.argv[1:], stderr=subprocess.PIPE, text=True) as program:
        try:
            answer = b''
            while not answer and program.poll() is None:
                answer = search(1.0)
            location = re.search(rb'LOCATION: (\S+)', answer)
            description = b'' if location is None else fetch(location[1].decode())
            program.send_signal(signal.SIGINT)
            _, errors = program.communicate(timeout=STOP_SECONDS)
        finally:
            program.kill()
    if program.returncode or errors or b'<friendlyName>UPnP Test</friendlyName>' not in description:
        sys.exit(f'exit status {program.returncode}: {errors or answer!r}')


if __name__ == '__main__':
    main()
