"""What Linux tells of its links, addresses and neighbours: rtnetlink messages to values (rtnetlink(7)).

It knows bytes, and refuses to know the socket they come by.
"""

import errno
from collections.abc import Iterable, Iterator
from struct import Struct
from typing import NamedTuple

from ..Errors import MessageError
from .interfaces import (
    DEPRECATED,
    DOWN,
    DUPLICATE,
    NO_ADDRESS,
    NO_CARRIER,
    NO_MULTICAST,
    TEMPORARY,
    TENTATIVE,
    Found,
    Interface,
)

__all__ = [
    *('ADDRESSES_REQUEST', 'LINKS_REQUEST', 'Address', 'Answer', 'Link', 'foundOf'),
    *('NUD_INCOMPLETE', 'NUD_PROBE', 'NUD_VALID', 'neighbourRequest', 'neighbourState'),
]

# linux/netlink.h, linux/rtnetlink.h
NLMSG_ERROR, NLMSG_DONE = 2, 3
RTM_NEWLINK, RTM_GETLINK, RTM_NEWADDR, RTM_GETADDR = 16, 18, 20, 22
RTM_NEWNEIGH, RTM_GETNEIGH = 28, 30
NLM_F_REQUEST, NLM_F_DUMP_INTR, NLM_F_DUMP = 0x01, 0x10, 0x300
NLA_TYPE_MASK = 0x3FFF  # the two bits above tell how an attribute is packed
RTEXT_FILTER_SKIP_STATS = 0x08
AF_INET, AF_INET6 = 2, 10  # Linux' own numbers, whatever machine this is read on

# linux/if.h, linux/if_link.h, linux/if_addr.h
IFF_UP, IFF_LOOPBACK, IFF_MULTICAST, IFF_LOWER_UP, IFF_DORMANT = 0x1, 0x8, 0x1000, 0x10000, 0x20000
IFLA_IFNAME, IFLA_EXT_MASK = 3, 29
IFA_ADDRESS, IFA_LOCAL, IFA_FLAGS = 1, 2, 8
IFA_F_TEMPORARY, IFA_F_DADFAILED, IFA_F_DEPRECATED, IFA_F_TENTATIVE = 0x01, 0x08, 0x20, 0x40

# linux/neighbour.h
NDA_DST = 1
NUD_INCOMPLETE, NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE = 0x01, 0x02, 0x04, 0x08, 0x10
NUD_NOARP, NUD_PERMANENT = 0x40, 0x80
NUD_VALID = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_NOARP | NUD_PERMANENT  # is sent to at once

MESSAGE = Struct('=IHHII')  # nlmsghdr: length, kind, flags, sequence, port
LINK = Struct('=BxHiII')  # ifinfomsg: family, kind of hardware, number, flags, change
ADDRESS = Struct('=BBBBI')  # ifaddrmsg: family, prefix, flags, scope, number of the link
NEIGHBOUR = Struct('=BxxxiHBB')  # ndmsg: family, number of the link, state, flags, kind
ATTRIBUTE = Struct('=HH')  # nlattr: length, kind
INT32, UINT32, GROUPS = Struct('=i'), Struct('=I'), Struct('!8H')
ADDRESS_BYTES = {AF_INET: 4, AF_INET6: 16}


def dumpRequest(kind: int, body: bytes) -> bytes:
    """Return a request for all there is of one kind."""
    return MESSAGE.pack(MESSAGE.size + len(body), kind, NLM_F_REQUEST | NLM_F_DUMP, 0, 0) + body


# Counters are two thirds of what there is to tell of a link, and the kernel has to gather them of all processors.
WITHOUT_COUNTERS = ATTRIBUTE.pack(ATTRIBUTE.size + UINT32.size, IFLA_EXT_MASK) + UINT32.pack(RTEXT_FILTER_SKIP_STATS)
LINKS_REQUEST = dumpRequest(RTM_GETLINK, LINK.pack(0, 0, 0, 0, 0) + WITHOUT_COUNTERS)
ADDRESSES_REQUEST = dumpRequest(RTM_GETADDR, ADDRESS.pack(0, 0, 0, 0, 0))


class Link(NamedTuple):
    """An interface as the kernel knows it; ``flags`` are those of linux/if.h."""

    number: int
    name: str
    flags: int


class Address(NamedTuple):
    """One address of a link; ``flags`` are those of linux/if_addr.h, ``peer`` is at the other end of it, if anybody."""

    number: int
    address: str
    prefix: int
    flags: int
    peer: str = ''


class Answer:
    """What the kernel answers to one request: a series of messages that comes in several pieces."""

    def __init__(self) -> None:
        self.links: list[Link] = []
        self.addresses: list[Address] = []
        self.isDone = False
        self.isInterrupted = False  # by a change meanwhile: something may be missing, or be there twice
        self.errno = 0

    def add(self, data: bytes) -> None:
        """Take in one piece, as it was received; what comes behind the end is left alone.

        :raises MessageError: it is no netlink message, or it is cut off; what stood before is taken in.
        """
        for kind, flags, _, body in messages(data):
            self.isInterrupted |= bool(flags & NLM_F_DUMP_INTR)
            if kind == RTM_NEWLINK:
                self.links.append(parseLink(body))
            elif kind == RTM_NEWADDR:
                self.addresses.extend(parseAddress(body))
            elif kind in (NLMSG_ERROR, NLMSG_DONE):
                self.isDone = True
                self.errno = parseErrno(body)
                return


def neighbourRequest(number: int, packed: bytes, sequence: int) -> bytes:
    """Return a request for what is known of one neighbour; from Linux 5.0.

    :param number: of the link that it is on.
    :param packed: its address, as the kernel has it.
    """
    family = AF_INET if len(packed) == ADDRESS_BYTES[AF_INET] else AF_INET6
    body = NEIGHBOUR.pack(family, number, 0, 0, 0) + ATTRIBUTE.pack(ATTRIBUTE.size + len(packed), NDA_DST) + packed
    return MESSAGE.pack(MESSAGE.size + len(body), RTM_GETNEIGH, NLM_F_REQUEST, sequence, 0) + body


def neighbourState(data: bytes, sequence: int) -> int | None:
    """Return the state of a neighbour (``NUD_...``), 0 where it is not known.

    :param sequence: of the request.
    :returns: None where this is the answer to another one.
    :raises MessageError: the kernel refuses to tell, or it is no netlink message.
    """
    for kind, _, of, body in messages(data):
        if of == sequence and kind == RTM_NEWNEIGH:
            return unpack(NEIGHBOUR, body)[2]
        if of == sequence and kind == NLMSG_ERROR:
            if (number := parseErrno(body)) != errno.ENOENT:
                raise MessageError(f'netlink tells of no neighbour: error {number}')
            return 0
    return None


def messages(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield kind, flags, sequence number and body of each message."""
    at = 0
    while at < len(data):
        if len(data) - at < MESSAGE.size:
            raise MessageError(f'netlink message cut off: {data[at:]!r}')
        length, kind, flags, sequence, _ = MESSAGE.unpack_from(data, at)
        if not MESSAGE.size <= length <= len(data) - at:
            raise MessageError(f'netlink message of {length} bytes where there are {len(data) - at}')
        yield kind, flags, sequence, data[at + MESSAGE.size : at + length]
        at += aligned(length)


def attributes(body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield kind and value of the attributes of a message, which begin at some byte of its body."""
    while at < len(body):
        if len(body) - at < ATTRIBUTE.size:
            raise MessageError(f'netlink attribute cut off: {body[at:]!r}')
        length, kind = ATTRIBUTE.unpack_from(body, at)
        if not ATTRIBUTE.size <= length <= len(body) - at:
            raise MessageError(f'netlink attribute of {length} bytes where there are {len(body) - at}')
        yield kind & NLA_TYPE_MASK, body[at + ATTRIBUTE.size : at + length]
        at += aligned(length)


def aligned(length: int) -> int:
    """Return a length with what is left free behind it, up to the next multiple of four."""
    return (length + 3) & ~3


def parseLink(body: bytes) -> Link:
    """Return what an RTM_NEWLINK tells; its name stands first of some fifty attributes, and the others are not read."""
    _, _, number, flags, _ = unpack(LINK, body)
    name = next((value for kind, value in attributes(body, LINK.size) if kind == IFLA_IFNAME), b'').rstrip(b'\0')
    if not name:
        raise MessageError(f'netlink: link {number} has no name')
    return Link(number, name.decode('utf-8', 'surrogateescape'), flags)


def parseAddress(body: bytes) -> Iterator[Address]:
    """Yield what an RTM_NEWADDR tells; nothing where it is of another protocol, or 0.0.0.0, which is not told."""
    family, prefix, flags, _, number = unpack(ADDRESS, body)
    if family not in ADDRESS_BYTES:
        return
    known = dict(attributes(body, ADDRESS.size))
    if IFA_FLAGS in known:
        (flags,) = unpack(UINT32, known[IFA_FLAGS])
    other = known.get(IFA_ADDRESS)  # point-to-point: the peer's; else the same
    packed = known.get(IFA_LOCAL) or other
    if packed is None:
        return
    if any(len(one) != ADDRESS_BYTES[family] or prefix > 8 * len(one) for one in (packed, other or packed)):
        raise MessageError(f'netlink: address {packed!r}/{prefix} of family {family}')
    yield Address(number, textOf(packed), prefix, flags, textOf(other) if other and other != packed else '')


def parseErrno(body: bytes) -> int:
    """Return the number of the error that an NLMSG_ERROR or NLMSG_DONE tells of, 0 for none."""
    return -min(0, *unpack(INT32, body)) if body else 0


def unpack(layout: Struct, body: bytes) -> tuple[int, ...]:
    """Return the numbers that a body begins with."""
    if len(body) < layout.size:
        raise MessageError(f'netlink body cut off: {body!r}')
    values: tuple[int, ...] = layout.unpack_from(body)
    return values


def textOf(packed: bytes) -> str:
    """Return an address as a literal; IPv6 by RFC 5952 §4, written here as ``ipaddress`` costs 5 ms to import."""
    if len(packed) == ADDRESS_BYTES[AF_INET]:
        return '.'.join(map(str, packed))
    groups = ':'.join(f'{group:x}' for group in GROUPS.unpack(packed))
    for length in range(len(packed) // 2, 1, -1):  # the longest run of zeros, the first of equals, no single one
        before, run, behind = f':{groups}:'.partition(f':{"0:" * length}')
        if run:
            return f'{before[1:]}::{behind[:-1]}'
    return groups


def foundOf(links: Iterable[Link], addresses: Iterable[Address]) -> list[Found]:
    """Return every address with its link, and links without one: by the link's number, then as the kernel has them."""
    byNumber: dict[int, dict[Address, None]] = {}
    for address in addresses:
        byNumber.setdefault(address.number, {})[address] = None
    found: list[Found] = []
    for link in sorted({link.number: link for link in links}.values()):
        own = byNumber.get(link.number)
        if own is None:
            found.append((Interface(link.name, link.number, '', 0), hindranceOfLink(link) or NO_ADDRESS))
        for one in own or ():
            ours = Interface(link.name, link.number, one.address, one.prefix, peer=one.peer)
            found.append((ours, hindranceOf(link, one)))
    return found


def hindranceOfLink(link: Link) -> str:
    """Return why a link carries nothing; empty when it does.

    The flags tell, not the operational state: that stays "unknown" with drivers that do not keep it, and comes later.
    """
    if not link.flags & IFF_UP:
        return DOWN
    return '' if link.flags & (IFF_LOWER_UP | IFF_DORMANT) == IFF_LOWER_UP else NO_CARRIER


def hindranceOf(link: Link, address: Address) -> str:
    """Return why an address cannot be used as it is; empty when it can."""
    if reason := hindranceOfLink(link):
        return reason
    isIPv6 = ':' in address.address
    # Loopback has no IFF_MULTICAST: IPv4 is sent there nevertheless, IPv6 finds no route.
    if not link.flags & IFF_MULTICAST and (isIPv6 or not link.flags & IFF_LOOPBACK):
        return NO_MULTICAST
    if address.flags & IFA_F_DADFAILED:
        return DUPLICATE
    if address.flags & IFA_F_TENTATIVE:
        return TENTATIVE
    if isIPv6 and address.flags & IFA_F_TEMPORARY:  # with IPv4 the same bit marks one that is not the first
        return TEMPORARY
    return DEPRECATED if address.flags & IFA_F_DEPRECATED else ''
