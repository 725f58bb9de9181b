"""A program that holds a port."""

from __future__ import annotations

import subprocess

from tests.lan.hosts import Host


def holdPort(host: Host, *options: str) -> subprocess.Popen[str]:
    """Start a program that holds UDP port 1900 there, in one of the ways of programs/port_holder.py."""
    program = host.python('-m', 'tests.lan.programs.port_holder', *options)
    assert program.stdout is not None
    first = program.stdout.readline()
    assert first == 'ready\n', program.communicate()[1]
    return program
