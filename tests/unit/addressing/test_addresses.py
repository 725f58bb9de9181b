"""Socket addresses and texts: the number of a link goes along where it says something, in both directions."""

import pytest

from upnp.addressing.addresses import (
    SocketAddress,
    addressOf,
    canonical,
    hostOf,
    isIPv4,
    isLinkLocal,
    socketAddressOf,
)
from upnp.addressing.interfaces import Interface

BOTH_WAYS: list[tuple[str, SocketAddress]] = [
    ('192.0.2.9', ('192.0.2.9', 80)),
    ('localhost', ('localhost', 80)),
    ('', ('', 80)),
    ('2001:db8::9', ('2001:db8::9', 80, 0, 0)),
    ('::', ('::', 80, 0, 0)),
    ('fe80::9', ('fe80::9', 80, 0, 0)),
    ('fe80::9%3', ('fe80::9', 80, 0, 3)),
    ('febf::1%12', ('febf::1', 80, 0, 12)),
]


@pytest.mark.parametrize(('text', 'place'), BOTH_WAYS)
def test_an_address_becomes_text_and_text_an_address(text: str, place: SocketAddress) -> None:
    assert addressOf(place) == text
    assert socketAddressOf(text, 80) == place


@pytest.mark.parametrize(
    ('place', 'text'),
    [
        (('2001:db8::9', 80, 0, 3), '2001:db8::9'),
        (('::1', 80, 0, 1), '::1'),
        (('fe80::9', 80, 7, 3), 'fe80::9%3'),
        (('fe80::9%eth0', 80, 0, 3), 'fe80::9%3'),
    ],
)
def test_a_link_is_named_by_its_number_and_where_it_says_something_only(place: SocketAddress, text: str) -> None:
    assert addressOf(place) == text


@pytest.mark.parametrize(
    ('address', 'isLocal'),
    [
        *((address, True) for address in ('fe80::1', 'FE80::1', 'fe8f::', 'fe90::1', 'fea0::1', 'febf:1::2')),
        *((address, False) for address in ('fec0::1', 'fe7f::1', 'fe8::1', 'fd00::1', '::1', '254.128.0.1', '')),
    ],
)
def test_a_link_local_address_is_known_by_its_prefix(address: str, isLocal: bool) -> None:
    """RFC 4291 §2.5.6: fe80::/10."""
    assert isLinkLocal(address) == Interface('any', 0, address, 64).isLinkLocal == isLocal


@pytest.mark.parametrize(
    ('address', 'host'),
    [
        ('192.168.1.20', '192.168.1.20'),
        ('fe80::20', '[fe80::20]'),
        ('fe80::20%eth0', '[fe80::20]'),
    ],
)
def test_a_host_in_a_url_has_brackets_and_no_zone(address: str, host: str) -> None:
    """RFC 3986 §3.2.2; UDA 1.1 Annex A."""
    assert hostOf(address) == host


@pytest.mark.parametrize(
    ('literal', 'expected'),
    [
        ('2001:DB8:0::9', '2001:db8::9'),
        ('fe80::9%3', 'fe80::9%3'),
        ('192.0.2.9', '192.0.2.9'),
        ('lamp', 'lamp'),
        ('', ''),
    ],
)
def test_an_ipv6_address_is_written_as_the_system_writes_it(literal: str, expected: str) -> None:
    """RFC 5952; anything else stays as it is."""
    assert canonical(literal) == expected


@pytest.mark.parametrize(
    ('text', 'isOne'),
    [
        ('192.0.2.9', True),
        ('0.0.0.0', True),
        ('1.2.3', False),
        ('1.2.3.x', False),
        ('eth0.1.2.3', False),
        ('::1', False),
    ],
)
def test_an_ipv4_address_has_four_numbers(text: str, isOne: bool) -> None:
    assert isIPv4(text) == isOne
