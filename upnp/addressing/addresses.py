"""Socket addresses as text, and back: an IPv6 address that means something on its link only carries the link's number.

It knows the tuples that Python's sockets take and return, and refuses to know whose addresses they are.
"""

__all__ = ['ANY_ADDRESSES', 'SocketAddress', 'addressOf', 'hostOf', 'isIPv4', 'isLinkLocal', 'socketAddressOf']

SocketAddress = tuple[str, int] | tuple[str, int, int, int]
"""A host and its port; by IPv6 the flow, and the number of the interface that a link-local address is of, follow."""

ANY_ADDRESSES = ('0.0.0.0', '::')  # either means all interfaces, in both families


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


def canonical(literal: str) -> str:
    """Return an IPv6 address as the system writes it (RFC 5952); any other text unchanged."""
    from ipaddress import IPv6Address  # here, as only options with IPv6 addresses need it

    try:
        return str(IPv6Address(literal))
    except ValueError:
        return literal


def isIPv4(text: str) -> bool:
    """Tell whether a text has the form of an IPv4 address: four numbers."""
    parts = text.split('.')
    return len(parts) == 4 and all(part.isdecimal() for part in parts)


def isLinkLocal(address: str) -> bool:
    """Tell whether an IPv6 address has a meaning on its link only: fe80::/10."""
    first = address.partition(':')[0].lower()
    return len(first) == 4 and first[:3] in ('fe8', 'fe9', 'fea', 'feb') and ':' in address


def hostOf(address: str) -> str:
    """Return an address as it stands in a URL: IPv6 in brackets, and its zone, which is ours alone, left out."""
    literal = address.partition('%')[0]
    return f'[{literal}]' if ':' in literal else literal
