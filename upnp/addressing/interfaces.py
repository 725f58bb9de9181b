"""Which of a machine's addresses a device is announced at, and why not at the others.

It knows names, addresses and reasons, and refuses to know how they are read and what sockets do with them.
"""

import errno
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from ..Errors import NetworkError
from .addresses import ANY_ADDRESSES, canonical, isIPv4, isLinkLocal

__all__ = [
    *('Choice', 'Found', 'Interface', 'Wish', 'chooseInterfaces'),
    *('DEPRECATED', 'DOWN', 'DUPLICATE', 'NO_ADDRESS', 'NO_CARRIER', 'NO_MULTICAST', 'TEMPORARY', 'TENTATIVE'),
]

LOOPBACK_NAMES = ('lo', 'lo0')

# Why an address cannot be used as it is. The last two are passed over as their days are counted, unless they are named.
NO_ADDRESS = 'it has no address'
DOWN = 'it is down'
NO_CARRIER = 'it has no carrier'
NO_MULTICAST = 'it has no multicast'
TENTATIVE = 'duplicate detection is under way'
DUPLICATE = 'another host has this address'
TEMPORARY = 'temporary address'
DEPRECATED = 'deprecated address'
STAND_BACK = (TEMPORARY, DEPRECATED)
LOOPBACK = 'loopback'

# Adapters of containers, machines and tunnels: a device announced there is of no use to people on the LAN.
VIRTUAL_ADAPTERS = (
    *('docker*', 'br-????????????', 'veth*', 'virbr*', 'vmnet*', 'vboxnet*', 'lxcbr*', 'lxdbr*', 'podman*', 'cni*'),
    *('cali*', 'flannel*', 'weave*', 'incusbr*', 'vnet*', 'dummy*', 'ifb*', 'awdl*', 'llw*', 'anpi*', 'bridge1??'),
    *('tun*', 'tap*', 'utun*', 'wg*', 'tailscale*', 'ppp*', 'ipsec*', 'cscotun*', 'nordlynx'),
    *('sit0', 'gre0', 'gretap0', 'erspan0', 'ip6tnl0', 'ip6gre0', 'ip6_vti0', 'ip_vti0', 'tunl0'),
)


class Interface(NamedTuple):
    """An interface with one of its addresses.

    :param number: the kernel's number of it; 0 where it has none to tell.
    :param address: a literal, without brackets and zone; empty for an interface that has none.
    :param prefix: length of the subnet's prefix in bits.
    :param isPrimary: whether it is advertised; others of the same interface answer who is in their subnet.
    :param peer: the address at the other end of a point-to-point link, whose prefix it is then; else empty.
    """

    name: str
    number: int
    address: str
    prefix: int
    isPrimary: bool = True
    peer: str = ''

    @property
    def isLoopback(self) -> bool:
        """Tell whether only this machine is behind it, whatever the address: macOS has fe80::1 there, routers more."""
        return self.address.startswith('127.') or self.address == '::1' or self.name in LOOPBACK_NAMES

    @property
    def isIPv6(self) -> bool:
        """Tell which protocol the address belongs to."""
        return ':' in self.address

    @property
    def isLinkLocal(self) -> bool:
        """Tell whether it is an IPv6 address that has a meaning on its link only (RFC 4291 §2.5.6)."""
        return isLinkLocal(self.address)

    @property
    def isAutoIp(self) -> bool:
        """Tell whether it was made up for want of a better one (RFC 3927)."""
        return self.address.startswith('169.254.')

    @property
    def link(self) -> tuple[str, bool, bool]:
        """What it shares with other addresses that are heard by the same peers in the same group."""
        return self.name, self.isIPv6, self.isLinkLocal

    @property
    def zoned(self) -> str:
        """The address with its zone, where it needs one: ``fe80::1%3``."""
        return f'{self.address}%{self.number}' if self.isLinkLocal else self.address

    def __str__(self) -> str:
        return f'{self.name} ({self.address})' if self.address else self.name

    @property
    def subnet(self) -> str:
        """An address in its subnet and the length of the prefix: ``192.0.2.1/24``."""
        return f'{self.peer or self.address}/{self.prefix}'

    def hasInSubnet(self, address: str) -> bool:
        """Tell whether an address of the same protocol is in its subnet."""
        from ipaddress import ip_address, ip_interface  # here, as one address on an interface needs it not

        return ip_address(address.partition('%')[0]) in ip_interface(self.subnet).network


Found = tuple[Interface, str]
"""An interface that is there, and why it cannot be used as it is; empty when it can."""


class Wish(NamedTuple):
    """What the options say of interfaces.

    :param netBind: ``0.0.0.0`` for all, or an address or an interface's name.
    :param wanted: names, patterns or addresses; they are used even when they are virtual or loopback. None: no wish.
    :param ignored: names, patterns or addresses, beyond the virtual adapters.
    :param hasIPv4: whether IPv4 addresses are used at all.
    :param hasIPv6: whether IPv6 addresses are.
    """

    netBind: str = ANY_ADDRESSES[0]
    wanted: Sequence[str] | None = None
    ignored: Sequence[str] = ()
    hasIPv4: bool = True
    hasIPv6: bool = True

    @property
    def isAny(self) -> bool:
        """Tell whether ``netBind`` leaves the choice open."""
        return self.netBind in ANY_ADDRESSES

    @property
    def isName(self) -> bool:
        """Tell whether ``netBind`` is an interface's name."""
        return ':' not in self.netBind and not isIPv4(self.netBind)

    def check(self, found: Iterable[Found]) -> None:
        """Check that ``netBind`` is here.

        :raises NetworkError: it is neither an address nor an interface of this machine, or other options leave it out.
        """
        known = [interface for interface, _ in found]
        meant = [one for one in known if self.isBoundTo(one)]
        if self.isAny:
            return
        if not meant:
            ours = ', '.join(map(str, known)) or 'none'
            text = f'netBind {self.netBind!r} is not an address or interface here; there are {ours}'
            raise NetworkError(errno.EADDRNOTAVAIL, text)
        if all(self.leavesOut(one) for one in meant):
            raise NetworkError(errno.EADDRNOTAVAIL, f'netBind {self.netBind!r} is left out by the other options')

    def leavesOut(self, interface: Interface) -> str:
        """Return which of the options leaves an interface out; empty when none does."""
        if matches(interface, self.ignored):
            return 'ignoredInterfaces has it'
        if not self.isBoundTo(interface):
            return f'netBind is {self.netBind!r}'
        if self.wanted is not None and not matches(interface, self.wanted):
            return 'interfaces has it not'
        if interface.isIPv6 and not self.hasIPv6:
            return 'ipv6 is off'
        if interface.address and not interface.isIPv6 and not self.hasIPv4:
            return 'advertisedHost is of the other protocol'
        return ''

    def isBoundTo(self, interface: Interface) -> bool:
        """Tell whether ``netBind`` means an interface."""
        return self.isAny or self.netBind == interface.name or isAddressOf(self.netBind, interface)


class Choice(NamedTuple):
    """The interfaces that are used, and those passed over with the reason."""

    chosen: tuple[Interface, ...] = ()
    skipped: tuple[Found, ...] = ()

    @property
    def known(self) -> tuple[Interface, ...]:
        """All interfaces of this machine, those that are not used too."""
        return (*self.chosen, *(one for one, _ in self.skipped))

    @property
    def addresses(self) -> frozenset[str]:
        """All addresses of this machine, of interfaces that are not used too."""
        return frozenset(one.address for one in self.known if one.address)

    def linkOf(self, address: str) -> str | None:
        """Return the subnet of an interface that is used as ``address/prefix``; None for another address."""
        literal = address.partition('%')[0]
        return next((one.subnet for one in self.chosen if one.address == literal), None)

    def __str__(self) -> str:
        passed: dict[str, list[str]] = {}
        for interface, reason in self.skipped:
            passed.setdefault(reason, []).append(str(interface))
        used = ', '.join(map(str, self.chosen)) or 'none'
        return '; not '.join((used, *(f'{", ".join(those)}: {reason}' for reason, those in passed.items())))


def chooseInterfaces(found: Iterable[Found], wish: Wish) -> Choice:
    """Decide which interfaces to use: of each one address a protocol and scope, and one more for each further subnet.

    While loopback is all there is, and nothing else was asked for, loopback is used.
    """
    ours = [one for one in found if wish.hasIPv6 or not one[0].isIPv6]
    ours.sort(key=lambda one: one[0].isAutoIp)  # Auto-IP stands back for others
    choice = chooseAmong(ours, wish)
    return choice if choice.chosen else chooseAmong(ours, wish, isAlone=True)


def chooseAmong(found: Iterable[Found], wish: Wish, *, isAlone: bool = False) -> Choice:
    """Decide in the order given.

    :param isAlone: whether loopback is all there is, so that it need not be named.
    """
    chosen: list[Interface] = []
    skipped: list[Found] = []
    for interface, hindrance in found:
        reason = reasonToSkip(interface, hindrance, wish, isAlone=isAlone) or reasonBeside(interface, chosen)
        if reason:
            skipped.append((interface, reason))
        else:
            isPrimary = all(one.link != interface.link for one in chosen)
            chosen.append(interface._replace(isPrimary=isPrimary))
    return Choice(tuple(chosen), tuple(skipped))


def reasonToSkip(interface: Interface, hindrance: str, wish: Wish, *, isAlone: bool = False) -> str:
    """Return why an interface is not used, whatever others are there; empty when it is."""
    if reason := wish.leavesOut(interface):
        return reason
    if wish.wanted is None and wish.isAny:  # not named
        if interface.isLoopback and (interface.isIPv6 or not isAlone):
            return LOOPBACK
        if matches(interface, VIRTUAL_ADAPTERS):
            return 'a virtual adapter: name it in interfaces to use it'
    return '' if isHarmless(interface, hindrance, wish) else hindrance


def isHarmless(interface: Interface, hindrance: str, wish: Wish) -> bool:
    """Tell whether an interface can be used in spite of what hinders others."""
    if hindrance == NO_MULTICAST:
        return interface.isLoopback and bool(interface.address)  # Linux's has multicasts, but not the flag
    named = (*(wish.wanted or ()), wish.netBind)
    return hindrance in STAND_BACK and any(isAddressOf(one, interface) for one in named)


def reasonBeside(interface: Interface, chosen: Sequence[Interface]) -> str:
    """Return why an interface is not used beside those that are; empty when it is."""
    beside = [one for one in chosen if one.link == interface.link]
    if interface.isAutoIp and beside:
        return f'{beside[0].address} is used there'
    return next((f'{one.address} is used there' for one in beside if one.hasInSubnet(interface.address)), '')


def matches(interface: Interface, patterns: Iterable[str]) -> bool:
    """Tell whether one of the names, patterns or addresses means this interface."""
    return any(fnmatchcase(interface.name, pattern) or isAddressOf(pattern, interface) for pattern in patterns)


def isAddressOf(text: str, interface: Interface) -> bool:
    """Tell whether a text of a user is the address of an interface, with or without its zone: ``FE80::1%eth0``."""
    literal, _, zone = text.partition('%')  # a zone counts: interfaces with one MAC have one link-local address
    isSame = bool(literal) and interface.address == (canonical(literal) if ':' in literal else literal)
    return isSame and zone in ('', interface.name, str(interface.number))
