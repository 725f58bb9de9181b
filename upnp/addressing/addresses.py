"""Socket addresses as text, and back: an IPv6 address that means something on its link only carries the link's number.

It knows the tuples that Python's sockets take and give, and refuses to know who is behind them.
"""

from .interfaces import isLinkLocal

__all__ = ['SocketAddress', 'addressOf', 'socketAddressOf']

SocketAddress = tuple[str, int] | tuple[str, int, int, int]
"""A host and its port; by IPv6 the flow, and the number of the interface that a link-local address is of, follow."""


def addressOf(socketAddress: SocketAddress) -> str:
    """Return the address alone: ``192.0.2.9``, ``2001:db8::9``, and with a zone ``fe80::9%3``."""
    if len(socketAddress) == 4 and (zone := socketAddress[3]) and isLinkLocal(socketAddress[0]):
        return f'{socketAddress[0].partition("%")[0]}%{zone}'  # some systems write the interface's name behind it
    return socketAddress[0]


def socketAddressOf(address: str, port: int) -> SocketAddress:
    """Return what a socket connects or is bound to.

    :param address: a literal, with a zone in digits if it needs one; or a name, as IPv4 has it.
    """
    if ':' not in address:
        return address, port
    literal, _, zone = address.partition('%')
    return literal, port, 0, int(zone or 0)
