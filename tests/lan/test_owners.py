"""Who holds port 1900, told from real sockets of real processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lan.holding import holdPort
from tests.lan.hosts import Host, endProgram
from tests.lan.prompt import Prompt

pytestmark = pytest.mark.lan

IMPORT = 'from upnp.addressing.portowners import portOwners'


def nameOf(program: subprocess.Popen[str]) -> str:
    return f'{Path(sys.executable).name} (pid {program.pid})'


def owners(prompt: Prompt, protocol: str = 'udp') -> list[str]:
    prompt.do(IMPORT)
    found: list[str] = prompt.do(f'portOwners(1900, {protocol!r})')
    return found


def test_each_program_that_holds_the_port_is_named_and_none_of_those_who_ended(
    deviceHost: Host, prompt: Prompt
) -> None:
    assert owners(prompt) == []
    first, second = (holdPort(deviceHost, 'address', '--at', at) for at in ('0.0.0.0', '239.255.255.250'))
    assert sorted(owners(prompt)) == sorted(map(nameOf, (first, second)))
    endProgram(first)
    assert owners(prompt) == [nameOf(second)]
    endProgram(second)
    assert owners(prompt) == []


def test_a_program_on_another_host_is_nobody_here(searcher: Host, prompt: Prompt) -> None:
    """The tables of sockets are the network namespace's, though the processes are all to be seen."""
    holdPort(searcher, 'alone')
    assert owners(prompt) == []


def test_our_own_socket_is_told_as_ours(prompt: Prompt) -> None:
    prompt.do("listener = await asyncio.start_server(lambda *_: None, '127.0.0.1', 1900)")
    assert owners(prompt, 'tcp') == ['this program']
    prompt.do('listener.close()')
