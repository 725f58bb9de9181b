"""Socket addresses and texts: the number of a link goes along where it says something, in both directions."""

import pytest

from upnp.addressing.addresses import SocketAddress, addressOf, socketAddressOf

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
