"""An attacker on another host, for tests that look at what the device and others do meanwhile.

with Attacker(host, device, PORT, 'hold', '--idle', '1000') as attacker:
    ...
    assert attacker.end()['opened'] == 1000
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

from tests.lan.hosts import RUN_SECONDS, Host, endProgram

PROGRAM = 'tests.lan.programs.attacker'


class Attacker:
    """One at work, from the moment that it is entered.

    :param own: addresses of the host to come from, the first unless given.
    """

    def __init__(self, host: Host, device: Host, port: int, kind: str, *options: str, own: Sequence[str] = ()) -> None:
        addresses = ','.join(own or [host.address])
        command = ('-m', PROGRAM, kind, device.address, str(port), addresses, *options)
        self._program = host.python(*command, stdin=subprocess.PIPE)

    def __enter__(self) -> Attacker:
        assert self._program.stdout is not None
        if self._program.stdout.readline() != 'ready\n':
            raise AssertionError(self._program.communicate(timeout=RUN_SECONDS)[1])
        return self

    def __exit__(self, *_error: object) -> None:
        endProgram(self._program)

    def end(self) -> dict[str, Any]:
        """Let it end; return what came of it."""
        output, errors = self._program.communicate(timeout=RUN_SECONDS)
        assert errors == ''
        result: dict[str, Any] = json.loads(output)
        return result


def moreAddresses(host: Host, count: int) -> list[str]:
    """Have so many more addresses on the first LAN; return them: each counts as a peer of its own."""
    prefix = host.address.rpartition('.')[0]
    addresses = [f'{prefix}.{number}' for number in range(100, 100 + count)]
    host.ip(*(f'address add {address}/24 dev eth0' for address in addresses))
    return addresses
