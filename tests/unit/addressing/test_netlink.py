"""What Linux tells of links, addresses and neighbours, from bytes written out."""

import errno
import struct
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upnp import MessageError
from upnp.addressing.interfaces import (
    DEPRECATED,
    DOWN,
    DUPLICATE,
    NO_ADDRESS,
    NO_CARRIER,
    NO_MULTICAST,
    TEMPORARY,
    TENTATIVE,
    Interface,
)
from upnp.addressing.netlink import (
    ADDRESSES_REQUEST,
    LINKS_REQUEST,
    Address,
    Answer,
    Link,
    foundOf,
    hindranceOf,
    hindranceOfLink,
    neighbourRequest,
    neighbourState,
    textOf,
)

DONE, ERROR, NEW_LINK, NEW_ADDRESS, NEW_NEIGHBOUR = 3, 2, 16, 20, 28
UP, LOOPBACK, MULTICAST, LOWER_UP, DORMANT = 0x1, 0x8, 0x1000, 0x10000, 0x20000
RUNNING = 0x40
USABLE = UP | MULTICAST | LOWER_UP
LO_FLAGS = UP | LOOPBACK | LOWER_UP
TEMPORARY_FLAG, DADFAILED_FLAG, DEPRECATED_FLAG, TENTATIVE_FLAG = 0x01, 0x08, 0x20, 0x40
OPTIMISTIC, PERMANENT, MANAGE_TEMPORARY, NO_PREFIX_ROUTE = 0x04, 0x80, 0x100, 0x200
ETH0 = Link(2, 'eth0', USABLE)

# As a kernel 6.18 sent them: lo with the address 127.0.0.1, and the end of the answer
LO_ADDRESS = bytes.fromhex(
    '4c000000 1400 0200 01000000 66130000'  # nlmsghdr: 76 bytes, RTM_NEWADDR, NLM_F_MULTI, sequence, port
    '02 08 80 fe 01000000'  # AF_INET, /8, IFA_F_PERMANENT, scope of the host, link 1
    '0800 0100 7f000001 0800 0200 7f000001 0700 0300 6c6f0000'  # IFA_ADDRESS, IFA_LOCAL, IFA_LABEL
    '0800 0800 80000000 1400 0600 ffffffff ffffffff 81e31300 81e31300'  # IFA_FLAGS, IFA_CACHEINFO
)
LAST = bytes.fromhex('14000000 0300 0200 01000000 66130000 00000000')


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute, with the bytes left free behind it."""
    return struct.pack('=HH', 4 + len(value), kind) + value + bytes(-len(value) % 4)


def message(kind: int, body: bytes, flags: int = 2) -> bytes:
    """One message, with the bytes left free behind it."""
    return struct.pack('=IHHII', 16 + len(body), kind, flags, 1, 77) + body + bytes(-len(body) % 4)


def linkMessage(number: int = 2, name: bytes = b'eth0\0', flags: int = USABLE, before: bytes = b'') -> bytes:
    """An RTM_NEWLINK."""
    body = struct.pack('=BBHiII', 0, 0, 1, number, flags, 0)
    return message(NEW_LINK, body + before + (attribute(3, name) if name else b'') + attribute(4, b'\xdc\x05\0\0'))


def addressMessage(family: int, prefix: int, *attributes: bytes, flags: int = 0x80, number: int = 2) -> bytes:
    """An RTM_NEWADDR."""
    return message(NEW_ADDRESS, struct.pack('=BBBBI', family, prefix, flags, 0, number) + b''.join(attributes))


def answered(*pieces: bytes) -> Answer:
    """What the kernel's pieces come to."""
    answer = Answer()
    for piece in pieces:
        answer.add(piece)
    return answer


def ip4(text: str) -> bytes:
    return IPv4Address(text).packed


def ip6(text: str) -> bytes:
    return IPv6Address(text).packed


# Requests


def test_the_request_for_links_asks_for_all_of_them_without_counters() -> None:
    expected = (
        '28000000 1200 0103 00000000 00000000'  # 40 bytes, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP
        '00 00 0000 00000000 00000000 00000000'  # AF_UNSPEC
        '0800 1d00 08000000'  # IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS
    )
    assert bytes.fromhex(expected) == LINKS_REQUEST


def test_the_request_for_addresses_asks_for_those_of_every_protocol() -> None:
    expected = '18000000 1600 0103 00000000 00000000 00 00 00 00 00000000'  # 24 bytes, RTM_GETADDR
    assert bytes.fromhex(expected) == ADDRESSES_REQUEST


@pytest.mark.parametrize(
    ('address', 'expected'),
    [
        (
            ip4('192.0.2.9'),
            '24000000 1e00 0100 07000000 00000000'  # 36 bytes, RTM_GETNEIGH, NLM_F_REQUEST, sequence
            '02 00 0000 03000000 0000 00 00'  # AF_INET, link 3
            '0800 0100 c0000209',  # NDA_DST
        ),
        (
            ip6('fe80::9'),
            '30000000 1e00 0100 07000000 00000000'
            '0a 00 0000 03000000 0000 00 00'  # AF_INET6
            '1400 0100 fe800000 00000000 00000000 00000009',
        ),
    ],
)
def test_the_request_for_a_neighbour_asks_for_it_alone(address: bytes, expected: str) -> None:
    assert neighbourRequest(3, address, 7) == bytes.fromhex(expected)


# Neighbours

# As a kernel 6.18 sent it: 192.168.1.11 on link 2, which is STALE
NEIGHBOUR = bytes.fromhex(
    '4c000000 1c00 0000 07000000 66130000'  # nlmsghdr: 76 bytes, RTM_NEWNEIGH, no flags, sequence, port
    '02 00 0000 02000000 0400 00 01'  # AF_INET, link 2, NUD_STALE, no flags, RTN_UNICAST
    '0800 0100 c0a8010b 0a00 0200 020000000001 0000'  # NDA_DST, NDA_LLADDR
    '0800 0400 00000000 1400 0300 00000000 00000000 00000000 00000000'  # NDA_PROBES, NDA_CACHEINFO
)


def refusal(number: int, sequence: int = 7) -> bytes:
    """An NLMSG_ERROR with the head of the request behind it."""
    return struct.pack('=IHHIIi', 36, ERROR, 0, sequence, 77, -number) + bytes(16)


def test_the_state_of_a_neighbour_is_told() -> None:
    assert neighbourState(NEIGHBOUR, 7) == 0x04


def test_a_neighbour_that_is_not_known_has_no_state() -> None:
    assert neighbourState(refusal(errno.ENOENT), 7) == 0


@pytest.mark.parametrize('data', [NEIGHBOUR, refusal(errno.ENOENT), refusal(errno.EPERM), b''])
def test_an_answer_to_another_request_tells_nothing(data: bytes) -> None:
    assert neighbourState(data, 8) is None


def test_the_answer_may_stand_behind_others() -> None:
    assert neighbourState(refusal(errno.ENOENT, 6) + message(NEW_LINK, b'') + NEIGHBOUR, 7) == 0x04


@pytest.mark.parametrize(
    'data',
    [
        *(refusal(number) for number in (errno.EOPNOTSUPP, errno.EPERM, errno.ENODEV, 0)),
        *(NEIGHBOUR[:-1], b'x', struct.pack('=IHHII', 18, NEW_NEIGHBOUR, 0, 7, 77) + b'xx'),
    ],
)
def test_a_refusal_and_what_is_no_answer_are_told_apart_from_a_neighbour_that_is_not_known(data: bytes) -> None:
    with pytest.raises(MessageError):
        neighbourState(data, 7)


@given(st.binary(), st.integers(0, 2**32 - 1))
def test_any_bytes_give_a_state_or_a_message_error(data: bytes, sequence: int) -> None:
    with suppress(MessageError):
        assert neighbourState(data, sequence) in (None, *range(1 << 16))


# Answers


def test_what_a_kernel_sent_is_understood() -> None:
    answer = answered(LO_ADDRESS, LAST)
    assert answer.addresses == [Address(1, '127.0.0.1', 8, 0x80)]
    assert (answer.links, answer.isDone, answer.isInterrupted, answer.errno) == ([], True, False, 0)


def test_pieces_may_hold_several_messages_and_the_end() -> None:
    answer = answered(linkMessage(1, b'lo\0'), linkMessage(2) + linkMessage(7, b'wlan0\0') + LAST)
    assert [(link.number, link.name) for link in answer.links] == [(1, 'lo'), (2, 'eth0'), (7, 'wlan0')]
    assert answer.isDone


def test_it_is_not_done_before_the_kernel_says_so() -> None:
    assert not answered(linkMessage(), b'').isDone


def test_what_comes_behind_the_end_is_left_alone() -> None:
    assert answered(LAST + linkMessage()).links == []
    assert answered(LAST + b'rubbish').isDone


def test_a_name_is_found_behind_other_attributes() -> None:
    assert answered(linkMessage(before=attribute(1, bytes(6)))).links == [ETH0]


def test_a_name_that_is_no_utf8_comes_as_the_file_system_has_it() -> None:
    (link,) = answered(linkMessage(name=b'w\xff0\0')).links
    assert link.name == 'w\udcff0'


def test_other_messages_are_passed_over() -> None:
    answer = answered(message(1, b''), message(24, b'route'), linkMessage())
    assert (answer.links, answer.isDone) == ([ETH0], False)


@pytest.mark.parametrize(
    ('body', 'errno'),
    [(b'', 0), (struct.pack('=i', 0), 0), (struct.pack('=i', -13) + bytes(16), 13), (struct.pack('=i', 4), 0)],
)
@pytest.mark.parametrize('kind', [ERROR, DONE])
def test_an_error_ends_the_answer_with_its_number(kind: int, body: bytes, errno: int) -> None:
    answer = answered(message(kind, body))
    assert (answer.isDone, answer.errno) == (True, errno)


@pytest.mark.parametrize('kind', [NEW_LINK, DONE])
def test_a_change_meanwhile_is_seen_at_any_message(kind: int) -> None:
    body = struct.pack('=BBHiII', 0, 0, 1, 2, USABLE, 0) + attribute(3, b'eth0\0') if kind == NEW_LINK else bytes(4)
    assert answered(message(kind, body, flags=0x12), LAST).isInterrupted


# Addresses


def test_point_to_point_the_address_is_ours_and_the_prefix_the_peers() -> None:
    both = (attribute(1, ip4('10.9.0.2')), attribute(2, ip4('10.9.0.1')))
    assert answered(addressMessage(2, 32, *both)).addresses == [Address(2, '10.9.0.1', 32, 0x80, '10.9.0.2')]
    both = (attribute(2, ip6('fd00::1')), attribute(1, ip6('fd00::2')))
    assert answered(addressMessage(10, 128, *both)).addresses == [Address(2, 'fd00::1', 128, 0x80, 'fd00::2')]
    same = (attribute(1, ip4('10.9.0.1')), attribute(2, ip4('10.9.0.1')))
    assert answered(addressMessage(2, 24, *same)).addresses == [Address(2, '10.9.0.1', 24, 0x80)]


def test_without_ifa_local_the_address_is_ifa_address() -> None:
    assert answered(addressMessage(2, 24, attribute(1, ip4('10.1.1.1')))).addresses[0].address == '10.1.1.1'
    assert answered(addressMessage(10, 64, attribute(1, ip6('fe80::1')))).addresses[0].address == 'fe80::1'


def test_the_flags_of_32_bits_count_more_than_those_of_eight() -> None:
    wide = attribute(8, struct.pack('=I', NO_PREFIX_ROUTE | TENTATIVE_FLAG))
    assert answered(addressMessage(2, 24, wide, attribute(1, ip4('10.1.1.1')))).addresses[0].flags == 0x240


def test_how_an_attribute_is_packed_does_not_change_its_kind() -> None:
    assert answered(addressMessage(2, 24, attribute(0x8001, ip4('10.1.1.1')))).addresses[0].address == '10.1.1.1'


@pytest.mark.parametrize(
    'ignored', [addressMessage(28, 8, attribute(1, b'\1')), addressMessage(2, 0, attribute(3, b'eth0\0'))]
)
def test_other_protocols_and_no_address_are_passed_over(ignored: bytes) -> None:
    assert answered(ignored, LAST).addresses == []


@pytest.mark.parametrize(
    'text', ['::', '::1', '1::', 'fe80::1', '1:0:2::3', '1::2:0:0:3:4', '1:0:2:3:4:5:6:7', 'a::b:0']
)
def test_ipv6_is_written_short(text: str) -> None:
    assert textOf(ip6(text)) == str(IPv6Address(text))


@given(st.lists(st.sampled_from([0, 0, 1, 0xFFFF, 0xFE80]), min_size=8, max_size=8))
def test_ipv6_is_written_as_ipaddress_does(groups: list[int]) -> None:
    packed = struct.pack('!8H', *groups)
    address = IPv6Address(packed)
    assert IPv6Address(textOf(packed)) == address
    if address.ipv4_mapped is None:  # which is written in different ways
        assert textOf(packed) == str(address)


# Bytes that no kernel sends


@pytest.mark.parametrize(
    'data',
    [
        pytest.param(b'\0', id='less than a header'),
        pytest.param(bytes(16), id='no length'),
        pytest.param(struct.pack('=IHHII', 15, NEW_LINK, 0, 0, 0), id='shorter than its header'),
        pytest.param(struct.pack('=IHHII', 17, NEW_LINK, 0, 0, 0), id='longer than there is'),
        pytest.param(struct.pack('=IHHII', 0xFFFFFFFF, NEW_LINK, 0, 0, 0), id='the greatest length'),
        pytest.param(LAST[:-1], id='cut off'),
        pytest.param(message(NEW_LINK, bytes(15)), id='a short link'),
        pytest.param(message(NEW_LINK, bytes(16)), id='a link without attributes'),
        pytest.param(linkMessage(name=b''), id='a link without a name'),
        pytest.param(linkMessage(name=b'\0'), id='an empty name'),
        pytest.param(message(NEW_LINK, bytes(16) + b'\5\0'), id='an attribute cut off'),
        pytest.param(message(NEW_LINK, bytes(16) + struct.pack('=HH', 0, 1)), id='an attribute without length'),
        pytest.param(message(NEW_LINK, bytes(16) + struct.pack('=HH', 5, 1)), id='an attribute longer than there is'),
        pytest.param(message(NEW_ADDRESS, bytes(7)), id='a short address message'),
        pytest.param(addressMessage(2, 24, attribute(1, ip6('::1'))), id='IPv4 of 16 bytes'),
        pytest.param(addressMessage(10, 24, attribute(1, ip4('1.2.3.4'))), id='IPv6 of 4 bytes'),
        pytest.param(addressMessage(2, 33, attribute(1, ip4('1.2.3.4'))), id='a prefix of 33'),
        pytest.param(addressMessage(10, 129, attribute(1, ip6('::1'))), id='a prefix of 129'),
        pytest.param(addressMessage(2, 24, attribute(8, b'\0')), id='short flags'),
        pytest.param(message(ERROR, b'\0\0\0'), id='a short error'),
    ],
)
def test_anything_else_is_a_message_error(data: bytes) -> None:
    with pytest.raises(MessageError, match='netlink'):
        answered(data)


WHOLE = LO_ADDRESS + linkMessage() + addressMessage(10, 64, attribute(1, ip6('fe80::1')), attribute(8, bytes(4))) + LAST


def taken(data: bytes) -> Answer:
    """What is understood of any bytes before the first that is wrong."""
    answer = Answer()
    with suppress(MessageError):
        answer.add(data)
    return answer


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_message_error(data: bytes) -> None:
    answer = taken(data)
    foundOf(answer.links, answer.addresses)


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_bent_answer_gives_a_value_or_a_message_error(bends: list[tuple[int, int]]) -> None:
    bent = bytearray(WHOLE)
    for at, byte in bends:
        bent[at] = byte
    answer = taken(bytes(bent))
    foundOf(answer.links, answer.addresses)


def test_a_truncated_answer_is_never_done() -> None:
    assert taken(WHOLE).isDone
    assert [size for size in range(len(WHOLE)) if taken(WHOLE[:size]).isDone] == []


# What is found


def test_addresses_stand_by_the_number_of_their_link_then_as_the_kernel_has_them() -> None:
    links = [Link(7, 'wlan0', USABLE), Link(1, 'lo', LO_FLAGS), Link(10, 'eth0', USABLE)]
    addresses = [
        *(Address(10, '10.0.0.9', 24, 0), Address(1, '127.0.0.1', 8, 0), Address(10, '10.0.0.3', 24, 0)),
        *(Address(7, '10.2.0.1', 16, 0), Address(10, 'fe80::1', 64, 0)),
    ]
    assert foundOf(links, addresses) == [
        (Interface('lo', 1, '127.0.0.1', 8), ''),
        (Interface('wlan0', 7, '10.2.0.1', 16), ''),
        *((Interface('eth0', 10, address, prefix), '') for address, prefix in (('10.0.0.9', 24), ('10.0.0.3', 24))),
        (Interface('eth0', 10, 'fe80::1', 64), ''),
    ]


def test_what_an_interrupted_answer_has_twice_is_there_once() -> None:
    address = Address(2, '10.0.0.1', 24, 0)
    assert foundOf([ETH0, ETH0], [address, address]) == [(Interface('eth0', 2, '10.0.0.1', 24), '')]


def test_an_address_whose_link_is_gone_meanwhile_is_gone_too() -> None:
    assert foundOf([], [Address(2, '10.0.0.1', 24, 0)]) == []


@pytest.mark.parametrize(
    ('flags', 'hindrance'), [(USABLE, NO_ADDRESS), (MULTICAST, DOWN), (UP | MULTICAST, NO_CARRIER), (0, DOWN)]
)
def test_a_link_without_addresses_is_there_too(flags: int, hindrance: str) -> None:
    assert foundOf([Link(2, 'eth0', flags)], []) == [(Interface('eth0', 2, '', 0), hindrance)]


@pytest.mark.parametrize(
    ('flags', 'hindrance'),
    [
        (USABLE | RUNNING, ''),
        pytest.param(USABLE, '', id='a driver that keeps no operational state'),
        (MULTICAST | LOWER_UP, DOWN),
        (UP | MULTICAST, NO_CARRIER),
        pytest.param(USABLE | DORMANT, NO_CARRIER, id='wireless before the key is agreed on'),
        (0, DOWN),
    ],
)
def test_a_link_is_down_or_has_no_carrier_by_its_flags(flags: int, hindrance: str) -> None:
    assert hindranceOfLink(Link(2, 'eth0', flags)) == hindrance


@pytest.mark.parametrize(
    ('flags', 'address', 'hindrance'),
    [
        *((USABLE, '10.0.0.1', ''), (USABLE, 'fe80::1', '')),
        *((UP | LOWER_UP, '10.0.0.1', NO_MULTICAST), (UP | LOWER_UP, 'fe80::1', NO_MULTICAST)),
        *((LO_FLAGS, '127.0.0.1', ''), (LO_FLAGS, '10.0.0.1', ''), (LO_FLAGS, '::1', NO_MULTICAST)),
        *((LO_FLAGS | MULTICAST, '::1', ''), (LO_FLAGS & ~UP, '127.0.0.1', DOWN)),
    ],
)
def test_without_multicast_only_ipv4_of_loopback_is_of_use(flags: int, address: str, hindrance: str) -> None:
    assert hindranceOf(Link(1, 'x', flags), Address(1, address, 8, 0)) == hindrance


@pytest.mark.parametrize(
    ('address', 'flags', 'hindrance'),
    [
        *(('10.0.0.1', PERMANENT, ''), ('fe80::1', PERMANENT | MANAGE_TEMPORARY, '')),
        pytest.param('10.0.0.2', TEMPORARY_FLAG, '', id='IPv4: a second one of its subnet'),
        *(('fd00::1', TEMPORARY_FLAG, TEMPORARY), ('fd00::1', DEPRECATED_FLAG, DEPRECATED)),
        *(('fd00::1', TENTATIVE_FLAG, TENTATIVE), ('fd00::1', TENTATIVE_FLAG | OPTIMISTIC, TENTATIVE)),
        *(('fd00::1', DADFAILED_FLAG, DUPLICATE), ('10.0.0.1', DEPRECATED_FLAG, DEPRECATED)),
    ],
)
def test_the_flags_of_an_address_tell_why_it_is_of_no_use(address: str, flags: int, hindrance: str) -> None:
    assert hindranceOf(ETH0, Address(2, address, 64, flags)) == hindrance


def test_the_worst_hindrance_is_told() -> None:
    states = [
        *((LOWER_UP | DORMANT, DOWN), (UP, NO_CARRIER), (UP | LOWER_UP, NO_MULTICAST)),
        *((USABLE, DUPLICATE), (USABLE, TENTATIVE), (USABLE, TEMPORARY), (USABLE, DEPRECATED)),
    ]
    flags = [0x69, 0x69, 0x69, 0x69, 0x61, 0x21, 0x20]
    assert all(one & other == other for one, other in pairwise(flags))
    told = [
        hindranceOf(Link(2, 'e', link), Address(2, '::2', 64, one))
        for (link, _), one in zip(states, flags, strict=True)
    ]
    assert told == [expected for _, expected in states]
