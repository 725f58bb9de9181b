"""Who is listened to: the hosts that a request may name, the pages that may send it, the sources that are answered.

A page of the web reaches a device behind the router in two ways: by requests across origins, and by a name of its own
that it has led there (DNS rebinding). A datagram may bear any source, and an answer would go there. It knows names and
addresses, and refuses to know sockets and messages.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

from .addresses import canonical, hostOf
from .interfaces import Choice, Interface

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

__all__ = ['BEYOND', 'HERE', 'LINK', 'NOWHERE', 'Access', 'Here']

AUTHORITY = r'(?a)(?P<host>\[[0-9A-Fa-f:.]+(?:%[^\]]*)?\]|[^:\[\]@/\s]+)(?::(?P<port>\d{0,5}))?\Z'
PORTS = {'http': 80, 'https': 443}  # https: of a proxy before us
STRANGE_SITES = ('cross-site', 'same-site')  # in SEC-FETCH-SITE, which browsers send to localhost and over HTTPS
LOCAL = 'localhost'
BROADCAST = '255.255.255.255'
ONE_HOST_BITS = 2  # left of a prefix: in a subnet of two addresses at most, each is a host's (RFC 3021)
MAX_KNOWN = 1024  # verdicts kept; the oldest goes for a new one


class Subnet(NamedTuple):
    """A subnet of an interface.

    :param edges: its addresses that are no host's: for all of it, and its own.
    """

    network: 'IPv4Network | IPv6Network'
    edges: 'tuple[IPv4Address | IPv6Address, ...]'

    @classmethod
    def of(cls, interface: Interface) -> 'Subnet':
        """Return the subnet of an address."""
        from ipaddress import ip_network  # here, as a device that nobody searches for needs it not

        network = ip_network(interface.subnet, strict=False)
        hasEdges = network.version == 4 and network.max_prefixlen - network.prefixlen >= ONE_HOST_BITS
        return cls(network, (network.broadcast_address, network.network_address) if hasEdges else ())


# Where the source of a search is: nowhere that is answered, on this machine, on the link, or behind a router.
NOWHERE, HERE, LINK, BEYOND = '', 'here', 'link', 'beyond'


class Here(Protocol):
    """What there is to know of the announcer: what is used of the network, and where HTTP listens."""

    @property
    def interfaces(self) -> Choice:
        """The interfaces, those not used too."""

    @property
    def httpPort(self) -> int:
        """The port of the server."""


class Access:
    """The rules of one announcer; they follow its network.

    :param here: the announcer.
    :param advertised: host and port that others reach this machine by, where that is not its own address; the host is
        empty when there is none, the port None when it is that of the server.
    :param allowedHosts: names or patterns, in lower case, that requests may be meant for beside our own, each with its
        port or None for any.
    :param allowedNetworks: whose searches are answered beside those of the link, each as ``address/prefix``.
    """

    def __init__(
        self,
        here: Here,
        *,
        advertised: tuple[str, int | None] = ('', None),
        allowedHosts: Sequence[tuple[str, int | None]] = (),
        allowedNetworks: Sequence[str] = (),
    ) -> None:
        self.advertisedHost, self._advertisedPort = advertised
        self._advertisedName = canonical(advertised[0].lower()).removesuffix('.')
        self.names: frozenset[str] = frozenset()  # that this machine goes by, in lower case
        self._here = here
        self._allowedHosts = tuple((canonical(name) if ':' in name else name, port) for name, port in allowedHosts)
        self._allowedNetworks = tuple(allowedNetworks)
        self._choice: Choice | None = None
        self._ownAddresses: frozenset[str] = frozenset()  # of that choice, and so the others
        self._subnets: dict[str, tuple[Subnet, ...]] = {}  # by the interface's name
        self._sources: OrderedDict[tuple[str, Interface], str] = OrderedDict()

    @property
    def interfaces(self) -> Choice:
        """The interfaces of this machine, those not used too."""
        return self._here.interfaces

    @property
    def httpPort(self) -> int:
        """The port of the server."""
        return self._here.httpPort

    # Under which names

    def urlHost(self, address: str) -> str:
        """Return host and port of the URLs that lead to one of our addresses, by what others reach it by."""
        return f'{hostOf(self.advertisedHost or address)}:{self._advertisedPort or self._here.httpPort}'

    def isOurs(self, authority: str, host: str) -> bool:
        """Tell whether a request is meant for us (RFC 9110 §7.2): DNS rebinding ends here.

        Ours are the addresses of this machine and its names, with our port or none; what is advertised, with its port;
        what is allowed; and ``localhost`` on this machine.

        :param authority: what the request names: a host, and perhaps a port.
        :param host: the address of ours that it has come to, with a zone where it needs one.
        """
        split = splitAuthority(authority)
        if split is None:
            return False
        name, port = split
        literal = host.partition('%')[0]
        if name and name == self._advertisedName and port in (None, self._advertisedPort or self._here.httpPort):
            return True
        if port in (None, self._here.httpPort) and (
            name == literal
            or name in self.names
            or (name == LOCAL and isLoopback(literal))
            or name in self._here.interfaces.addresses
        ):
            return True
        return self._isAllowed(name, port)

    def isStrangers(self, headers: Mapping[str, str]) -> bool:
        """Tell whether a page sends a request that is of another place; where no browser says so, none does.

        :param headers: by lower-case name.
        """
        origin = headers.get('origin')
        if origin is not None and not self.isOwnOrigin(origin, headers.get('host', '')):
            return True
        return headers.get('sec-fetch-site') in STRANGE_SITES

    def isOwnOrigin(self, origin: str, authority: str) -> bool:
        """Tell whether the page that sends a request (RFC 6454 §7) is of the very place that the request is meant for.

        :param authority: what the request names, which is ours.
        """
        scheme, _, rest = origin.partition('://')
        page, place = splitAuthority(rest), splitAuthority(authority)
        if scheme not in PORTS or page is None or place is None:  # 'null' is nobody's
            return False
        return (page[0], page[1] or PORTS[scheme]) == (place[0], place[1] or PORTS[scheme])

    def _isAllowed(self, name: str, port: int | None) -> bool:
        return any(fnmatchcase(name, pattern) and allowed in (None, port) for pattern, allowed in self._allowedHosts)

    # From where

    def isAnswered(self, source: str, interface: Interface) -> bool:
        """Tell whether a search is answered: on the link that it came in on, from this machine, or where it is allowed.

        The parameters are those of :meth:`placeOf`.
        """
        return self.placeOf(source, interface) != NOWHERE

    def placeOf(self, source: str, interface: Interface) -> str:
        """Return where the source of a search is: ``HERE``, ``LINK``, ``BEYOND`` where that is allowed, or ``NOWHERE``.

        On the link are all subnets of that interface, its point-to-point peer, and link-local addresses of IPv6.

        :param source: the address that it came from, with or without a zone.
        :param interface: where it came in.
        """
        choice = self._here.interfaces
        if choice is not self._choice:
            self._choice, self._ownAddresses = choice, choice.addresses
            self._subnets.clear()
            self._sources.clear()
        verdict = self._sources.get((source, interface))
        if verdict is None:
            if len(self._sources) >= MAX_KNOWN:
                self._sources.popitem(last=False)
            verdict = self._sources[source, interface] = self._judge(source.partition('%')[0], interface, choice)
        return verdict

    def _judge(self, source: str, interface: Interface, choice: Choice) -> str:
        from ipaddress import ip_address  # here, as a device that nobody searches for needs it not

        address = ip_address(source)
        if address.is_multicast or address.is_unspecified or source == BROADCAST:
            return NOWHERE
        if address.is_loopback and not interface.isLoopback:
            return NOWHERE  # from outside, whatever it says
        if source in self._ownAddresses:
            return HERE  # a program on this machine
        for network, edges in self._subnetsOf(interface.name, choice):
            if address in network:
                return NOWHERE if address in edges else LINK
        if address.version == 6 and address.is_link_local:
            return LINK
        return BEYOND if any(address in network for network in self._allowed) else NOWHERE

    def _subnetsOf(self, name: str, choice: Choice) -> tuple[Subnet, ...]:
        """Return the subnets of an interface, read once: who forges sources has them looked at for each."""
        subnets = self._subnets.get(name)
        if subnets is None:
            known = (one for one in choice.known if one.name == name and one.address)
            subnets = self._subnets[name] = tuple(map(Subnet.of, known))
        return subnets

    @cached_property
    def _allowed(self) -> 'tuple[IPv4Network | IPv6Network, ...]':
        from ipaddress import ip_network  # here, as a device that nobody searches for needs it not

        return tuple(map(ip_network, self._allowedNetworks))


def splitAuthority(authority: str) -> tuple[str, int | None] | None:
    """Return host and port of ``host:port``: a name in lower case, an IPv6 address without brackets and zone.

    :returns: None for what is no authority; the port is None where there is none.
    """
    found = re.match(AUTHORITY, authority)
    if found is None:
        return None
    host, port = found['host'].lower(), int(found['port']) if found['port'] else None
    if host.startswith('['):
        return canonical(host.strip('[]').partition('%')[0]), port
    return host.removesuffix('.'), port


def isLoopback(literal: str) -> bool:
    """Tell whether an address is one that only this machine has."""
    return literal.startswith('127.') or literal == '::1'
