"""Hosts and LANs made of Linux network namespaces, for tests that need real sockets and more than one machine.

    with Network() as network:
        lan = network.lan()
        lamp, searcher = network.host('lamp', lan), network.host('searcher', lan)
        lamp.run('ip', 'address')
        program = searcher.python('-m', 'tests.lan.programs.datagrams', '--listen', searcher.address)

A `Network` is one process in a network and a mount namespace of its own; the `ip netns` names live on that process's
private /run. So the machine's own interfaces are never touched, parallel runs cannot collide, and everything is gone
when the process ends: on `close`, and also when the tests are killed (it waits for the end of its standard input).
Without root, the same happens inside a user namespace of its own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
START_SECONDS = 10.0
RUN_SECONDS = 20.0
STOP_SECONDS = 5.0
MAX_NAME_CHARACTERS = 15
PORT_INDEX = 1000  # the kernel takes up to 1 s to bring a veth up when both ends happen to have the same index
TOOLS = ('unshare', 'nsenter', 'ip', 'mount')
KEEPER = 'mount -t tmpfs tmpfs /run && mkdir -p /run/netns && ip link set lo up && echo ready && exec cat'


class NoNamespaces(RuntimeError):
    """The kernel, or a missing tool, lets nobody make network namespaces here."""


class Lan:
    """One Ethernet segment: a bridge in a namespace of its own, and the subnets 192.168.N.0/24 and fd00:N::/64."""

    def __init__(self, network: Network, number: int) -> None:
        self.network = network
        self.number = number
        self.namespace = f'lan{number}'
        self.prefix = f'192.168.{number}'
        self._ports = 0
        network.addNamespace(self.namespace)
        network.ip(self.namespace, 'link add bridge type bridge mcast_snooping 0', 'link set bridge up')

    def nextPort(self) -> int:
        """Count one more port of the bridge."""
        self._ports += 1
        return self._ports

    def pullPlug(self, host: Host, interface: str = 'eth0') -> None:
        """Take the link of a host's interface down, from the far end."""
        self.network.ip(self.namespace, f'link set {host.ports[interface]} down')

    def plug(self, host: Host, interface: str = 'eth0') -> None:
        """Bring the link of a host's interface up again."""
        self.network.ip(self.namespace, f'link set {host.ports[interface]} up')


class Host:
    """A machine with loopback and any number of interfaces, and the programs started on it.

    :param hasIPv6: whether its interfaces have IPv6 addresses, at once: fe80::N:M and fd00:N::M, M as in IPv4.
    """

    def __init__(self, network: Network, name: str, *, hasIPv6: bool = False) -> None:
        if len(name) > MAX_NAME_CHARACTERS:
            raise ValueError(f'host name {name!r} is longer than {MAX_NAME_CHARACTERS} characters')
        self.network = network
        self.name = name
        self.hasIPv6 = hasIPv6
        self.addresses: dict[str, str] = {}
        self.linkLocals: dict[str, str] = {}
        self.wides: dict[str, str] = {}
        self.ports: dict[str, str] = {}
        self._programs: list[subprocess.Popen[str]] = []
        network.addNamespace(name)
        self.ip('link set lo up')

    @property
    def address(self) -> str:
        """The first address on the first LAN."""
        return next(iter(self.addresses.values()))

    @property
    def linkLocal(self) -> str:
        """The first IPv6 link-local address, with its interface as the zone."""
        return next(f'{address}%{name}' for name, address in self.linkLocals.items())

    @property
    def wide(self) -> str:
        """The first IPv6 address that has a meaning beyond its link."""
        return next(iter(self.wides.values()))

    def join(self, lan: Lan, interface: str | None = None, address: str | None = None) -> str:
        """Connect a new interface (eth0, eth1, ... unless named) to a LAN; return its IPv4 address.

        :param address: the IPv4 address, the next of the LAN unless given.
        """
        name = interface or f'eth{sum(other.startswith("eth") for other in self.addresses)}'
        number = lan.nextPort()
        port, own = f'port{number}', 9 + number
        self.network.ip(
            lan.namespace,
            f'link add {port} index {PORT_INDEX + number} type veth peer name {name} netns {self.name}',
            f'link set {port} master bridge',
            f'link set {port} up',
        )
        self.addresses[name], self.ports[name] = address or f'{lan.prefix}.{own}', port
        commands = [
            f'link set {name} addrgenmode none',  # the kernel's own would come some time later, and be others each time
            f'address add {self.addresses[name]}/24 brd + dev {name}',
            f'link set {name} up',
        ]
        if self.hasIPv6:
            self.linkLocals[name], self.wides[name] = f'fe80::{lan.number}:{own}', f'fd00:{lan.number}::{own}'
            addresses = self.linkLocals[name], self.wides[name]
            commands += [f'address add {one}/64 dev {name} nodad' for one in addresses]
        self.ip(*commands)
        self.waitFor(f'link show {name} up', 'state UP')
        return self.addresses[name]

    def leave(self, interface: str = 'eth0') -> None:
        """Take an interface away; `join` with its name brings one back."""
        self.ip(f'link del {interface}')
        for known in (self.addresses, self.linkLocals, self.wides, self.ports):
            known.pop(interface, None)

    def readdress(self, address: str, interface: str = 'eth0', prefix: int = 24) -> None:
        """Have another IPv4 address in place of the one there was."""
        self.ip(f'address flush dev {interface} to 0.0.0.0/0', f'address add {address}/{prefix} brd + dev {interface}')
        self.addresses[interface] = address

    def dropIPv4(self) -> None:
        """Have IPv6 only."""
        self.ip(*(f'address flush dev {name} to 0.0.0.0/0' for name in self.addresses))
        self.addresses.clear()

    def disableIPv6(self) -> None:
        """Have no IPv6 at all, not on loopback either; whatever joins later has none."""
        self.run('sh', '-c', 'for name in all default; do echo 1 >/proc/sys/net/ipv6/conf/$name/disable_ipv6; done')
        self.hasIPv6 = False
        self.linkLocals.clear()
        self.wides.clear()

    def generateLinkLocal(self, interface: str = 'eth0') -> str:
        """Have the kernel make the link-local address itself, in place of ours; return it, still tentative.

        Duplicate detection takes 1 to 2 s; `waitUntilUnique` waits for it.
        """
        self.ip(
            f'address flush dev {interface} to ::/0',
            f'link set {interface} down',
            f'link set {interface} addrgenmode eui64',
            f'link set {interface} up',
        )
        output = self.waitFor(f'address show dev {interface} scope link', 'fe80:')
        self.linkLocals[interface] = output.split('inet6 ')[-1].partition('/')[0]
        return self.linkLocals[interface]

    def waitUntilUnique(self, interface: str = 'eth0') -> None:
        """Wait until duplicate detection is over for every address of an interface."""
        self.waitWhile(f'address show dev {interface}', 'tentative')

    def waitFor(self, command: str, text: str, timeout: float = START_SECONDS) -> str:
        """Wait until the output of an `ip` command in this host contains a text; return the output."""
        return self._wait(command, lambda output: text in output, f'no {text!r}', timeout)

    def waitWhile(self, command: str, text: str, timeout: float = START_SECONDS) -> str:
        """Wait until the output of an `ip` command in this host does not contain a text any more; return the output."""
        return self._wait(command, lambda output: text not in output, f'still {text!r}', timeout)

    def ip(self, *commands: str) -> None:
        """Run `ip` commands in this host, as one batch: `host.ip('link set eth0 down')`."""
        self.network.ip(self.name, *commands)

    def popen(self, *args: str | Path, **options: Any) -> subprocess.Popen[str]:
        """Start a program; its process id is the program's own, so signals reach it. It is ended with the network.

        :param options: as of `subprocess.Popen`; both outputs are text pipes unless said otherwise; `env` adds to ours.
        """
        options = {'stdin': subprocess.DEVNULL, 'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE} | options
        program = subprocess.Popen(self._command(args, options), text=True, **options)
        self._programs.append(program)
        return program

    def run(
        self, *args: str | Path, timeout: float = RUN_SECONDS, check: bool = True, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; return its exit status and outputs. A failure raises, and shows its stderr."""
        options = {'stdin': subprocess.DEVNULL, 'capture_output': True} | options
        command = self._command(args, options)
        done = subprocess.run(command, text=True, timeout=timeout, check=False, **options)
        if check and done.returncode:
            raise AssertionError(f'{args} on {self.name} ended with {done.returncode}: {done.stderr}')
        return done

    def python(self, *args: str | Path, strict: bool = False, **options: Any) -> subprocess.Popen[str]:
        """Start this Python, with the checkout importable; strict: development mode and every warning an error."""
        return self.popen(*pythonCommand(*args, strict=strict), **options)

    def close(self) -> None:
        """End what still runs here, latest first."""
        while self._programs:
            endProgram(self._programs.pop())

    def _wait(self, command: str, condition: Callable[[str], bool], missed: str, timeout: float) -> str:
        end = time.monotonic() + timeout
        while not condition(output := self.network.ip(self.name, command)):
            if time.monotonic() > end:
                raise TimeoutError(f'ip {command} on {self.name}: {missed} after {timeout} s')
            time.sleep(0.01)
        return output

    def _command(self, args: tuple[str | Path, ...], options: dict[str, Any]) -> list[str]:
        environment = pythonEnvironment() | options.pop('env', {})
        folder = options.pop('cwd', CHECKOUT)
        options['env'] = environment
        # SIGINT as a terminal has it: a shell that starts things in the background has them ignore it.
        prefix = ('ip', 'netns', 'exec', self.name, 'env', '--default-signal=INT', '-C', str(folder))
        return self.network.command(*prefix, *map(str, args))


class Network:
    """The private world that LANs and hosts are made in; leave it with `close`, or use it as a context manager."""

    def __init__(self) -> None:
        self._keeper, self._enter = startKeeper()
        self._hosts: list[Host] = []
        self._lans = 0

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def lan(self) -> Lan:
        """Make one more LAN."""
        self._lans += 1
        return Lan(self, self._lans)

    def host(self, name: str, *lans: Lan, hasIPv6: bool = False) -> Host:
        """Make a host with one interface on each of the LANs, eth0 on the first, eth1 on the next. Names are unique.

        :param hasIPv6: whether its interfaces have IPv6 addresses too.
        """
        host = Host(self, name, hasIPv6=hasIPv6)
        self._hosts.append(host)
        for lan in lans:
            host.join(lan)
        return host

    def command(self, *args: str) -> list[str]:
        """Return the command line that runs a command inside this network's namespaces."""
        return [*self._enter, *args]

    def addNamespace(self, name: str) -> None:
        """Make a network namespace; it goes with the network."""
        self._call('ip', 'netns', 'add', name)

    def ip(self, namespace: str, *commands: str) -> str:
        """Run `ip` commands in a namespace, as one batch that stops at the first failure; return their output."""
        return self._call('ip', '-n', namespace, '-batch', '-', text='\n'.join(commands) + '\n')

    def close(self) -> None:
        """End every program, then the namespaces. A second time is harmless."""
        while self._hosts:
            self._hosts.pop().close()
        endKeeper(self._keeper)

    def _call(self, *args: str, text: str = '') -> str:
        done = subprocess.run(
            self.command(*args), input=text, capture_output=True, text=True, timeout=RUN_SECONDS, check=False
        )
        if done.returncode:
            raise RuntimeError(f'{" ".join(args)}: {done.stderr.strip()} ({text.strip()!r})')
        return done.stdout


def startKeeper() -> tuple[subprocess.Popen[str], list[str]]:
    """Start the process that holds the namespaces; return it, and the command line prefix that enters them.

    :raises NoNamespaces: neither as ourselves nor in a user namespace of our own.
    """
    missing = [tool for tool in TOOLS if not shutil.which(tool, path=toolPath())]
    if missing:
        raise NoNamespaces(f'network namespaces need {", ".join(missing)}')
    reasons = []
    for userNamespace in (False, True) if os.geteuid() == 0 else (True,):
        keeper = subprocess.Popen(
            ['unshare', '-rnm' if userNamespace else '-nm', 'sh', '-c', KEEPER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=pythonEnvironment(),
        )
        assert keeper.stdout is not None
        if keeper.stdout.readline() == 'ready\n':
            user = ['-U', '--preserve-credentials'] if userNamespace else []
            return keeper, ['nsenter', '-t', str(keeper.pid), *user, '-n', '-m']
        reasons.append(endKeeper(keeper).strip())
    raise NoNamespaces(f'the kernel gives no network namespaces here: {"; ".join(reasons)}')


def endKeeper(keeper: subprocess.Popen[str]) -> str:
    """Let the process that holds the namespaces end; return what it wrote to stderr."""
    if keeper.poll() is not None and keeper.stdin is not None and keeper.stdin.closed:
        return ''
    return keeper.communicate(timeout=STOP_SECONDS)[1]


def endProgram(program: subprocess.Popen[str]) -> None:
    """End a program: politely, then by force; close its pipes."""
    if program.poll() is None:
        program.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(STOP_SECONDS)
        program.kill()
        program.wait(STOP_SECONDS)
    for pipe in (program.stdin, program.stdout, program.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def pythonCommand(*args: str | Path, strict: bool = False) -> list[str]:
    """Return the command line of a Python program."""
    return [sys.executable, *(('-X', 'dev', '-W', 'error') if strict else ()), *map(str, args)]


def pythonEnvironment() -> dict[str, str]:
    """Return our environment with the checkout importable and the system's tools on the path."""
    paths = [str(CHECKOUT), os.environ.get('PYTHONPATH', '')]
    return os.environ | {'PYTHONPATH': os.pathsep.join(filter(None, paths)), 'PATH': toolPath()}


def toolPath() -> str:
    """Return PATH with the folders of system tools, which an ordinary user's lacks on some systems."""
    return os.pathsep.join([os.environ.get('PATH', os.defpath), '/usr/sbin', '/sbin'])
