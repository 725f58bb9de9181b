"""Which addresses a device is announced at."""

import errno
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import upnp
from upnp.addressing.addresses import ANY_ADDRESSES
from upnp.addressing.interfaces import (
    DEPRECATED,
    DOWN,
    DUPLICATE,
    LOOPBACK_NAMES,
    NO_ADDRESS,
    NO_CARRIER,
    NO_MULTICAST,
    TEMPORARY,
    TENTATIVE,
    VIRTUAL_ADAPTERS,
    Choice,
    Found,
    Interface,
    Wish,
    chooseInterfaces,
    matches,
)

LO = Interface('lo', 1, '127.0.0.1', 8)
LO_IPV6 = Interface('lo', 1, '::1', 128)
ETH0 = Interface('eth0', 2, '192.168.1.20', 24)
ETH0_SECOND = Interface('eth0', 2, '192.168.1.21', 24)
ETH0_OTHER = Interface('eth0', 2, '10.1.0.20', 16)
ETH0_AUTO = Interface('eth0', 2, '169.254.7.7', 16)
ETH0_LINK = Interface('eth0', 2, 'fe80::20', 64)
ETH0_WIDE = Interface('eth0', 2, '2001:db8::20', 64)
ETH0_PRIVATE = Interface('eth0', 2, '2001:db8::9a3c', 64)
ETH0_UNIQUE = Interface('eth0', 2, 'fd00::20', 64)
WLAN0 = Interface('wlan0', 3, '10.0.0.7', 8)
WLAN0_LINK = Interface('wlan0', 3, 'fe80::7', 64)
DOCKER0 = Interface('docker0', 4, '172.17.0.1', 16)
ETH1 = Interface('eth1', 5, '', 0)
ALL = [LO, ETH0, ETH0_SECOND, WLAN0, DOCKER0]
VIRTUAL = 'a virtual adapter: name it in interfaces to use it'


def free(*interfaces: Interface) -> list[Found]:
    """Interfaces that nothing hinders."""
    return [(one, '') for one in interfaces]


def bare(interfaces: tuple[Interface, ...]) -> list[Interface]:
    """The same without their ranks."""
    return [one._replace(isPrimary=True) for one in interfaces]


def chosen(found: list[Interface], wish: Wish = Wish()) -> list[Interface]:  # noqa: B008
    """The interfaces that are chosen, without their ranks."""
    return bare(chooseInterfaces(free(*found), wish).chosen)


def ranks(choice: Choice) -> dict[str, bool]:
    """The addresses that are chosen, and which of them are advertised."""
    return {one.address: one.isPrimary for one in choice.chosen}


# The names, patterns and addresses of the options


@pytest.mark.parametrize(
    ('found', 'expected'),
    [
        ([], []),
        ([LO], [LO]),
        ([LO_IPV6], []),
        ([LO, LO_IPV6], [LO]),
        ([LO, ETH0], [ETH0]),
        ([LO, LO_IPV6, ETH0_LINK], [ETH0_LINK]),
        ([ETH0, LO, WLAN0], [ETH0, WLAN0]),
        ([ETH0, ETH0_SECOND], [ETH0]),
        ([LO, DOCKER0], [LO]),
        ([DOCKER0], []),
        (ALL, [ETH0, WLAN0]),
    ],
)
def test_every_real_interface_is_used_and_loopback_while_it_is_all_there_is(
    found: list[Interface], expected: list[Interface]
) -> None:
    assert chosen(found) == expected


@pytest.mark.parametrize(
    ('wanted', 'expected'),
    [
        (['eth0'], [ETH0]),
        (['e*', 'wlan?'], [ETH0, WLAN0]),
        (['192.168.1.21'], [ETH0_SECOND]),
        (['docker0'], [DOCKER0]),
        (['lo'], [LO]),
        (['127.0.0.1', 'wlan0'], [LO, WLAN0]),
        (['*'], [LO, ETH0, WLAN0, DOCKER0]),
        (['eth1'], []),
        (['ETH0'], []),
        ([], []),
    ],
)
def test_wanted_interfaces_are_used_whatever_they_are_and_no_others(
    wanted: list[str], expected: list[Interface]
) -> None:
    assert chosen(ALL, Wish(wanted=wanted)) == expected


@pytest.mark.parametrize(
    ('ignored', 'expected'),
    [
        (['eth0'], [WLAN0]),
        (['192.168.1.20'], [ETH0_SECOND, WLAN0]),
        (['eth*', 'wlan*'], [LO]),
        (['*'], []),
        (['lo', 'eth0', 'wlan0'], []),
        (['eth1'], [ETH0, WLAN0]),
    ],
)
def test_ignored_interfaces_are_left_out(ignored: list[str], expected: list[Interface]) -> None:
    assert chosen(ALL, Wish(ignored=ignored)) == expected


def test_what_is_wanted_and_ignored_is_ignored() -> None:
    assert chosen(ALL, Wish(wanted=['eth0', 'wlan0'], ignored=['eth*'])) == [WLAN0]


@pytest.mark.parametrize(
    ('netBind', 'expected'),
    [
        ('192.168.1.20', [ETH0]),
        ('192.168.1.21', [ETH0_SECOND]),
        ('eth0', [ETH0]),
        ('127.0.0.1', [LO]),
        ('docker0', [DOCKER0]),
        ('172.17.0.1', [DOCKER0]),
        ('0.0.0.0', [ETH0, WLAN0]),
        ('::', [ETH0, WLAN0]),
    ],
)
def test_netbind_chooses_one_whatever_it_is_or_all(netBind: str, expected: list[Interface]) -> None:
    Wish(netBind).check(free(*ALL))
    assert chosen(ALL, Wish(netBind)) == expected


@pytest.mark.parametrize('netBind', ['192.168.1.22', 'eth1', '', '*', 'localhost', 'fe80::1', '%eth0', 'eth0%eth0'])
def test_a_netbind_that_is_not_ours_is_an_error_that_says_what_there_is(netBind: str) -> None:
    found = [*free(LO, ETH0), (Interface('wlan0', 3, '', 0), NO_ADDRESS)]
    with pytest.raises(upnp.NetworkError, match=r'there are lo \(127.0.0.1\), eth0 \(192.168.1.20\), wlan0$') as caught:
        Wish(netBind).check(found)
    assert caught.value.errno == errno.EADDRNOTAVAIL
    assert chooseInterfaces(found, Wish(netBind)).chosen == ()


def test_where_there_is_no_interface_the_error_says_so() -> None:
    with pytest.raises(upnp.NetworkError, match='there are none'):
        Wish('eth0').check([])


@pytest.mark.parametrize('netBind', ANY_ADDRESSES)
def test_all_is_what_there_is_even_when_that_is_nothing(netBind: str) -> None:
    wish = Wish(netBind)
    wish.check([])
    assert (wish.isAny, chooseInterfaces([], wish)) == (True, Choice())


def test_a_netbind_may_name_an_interface_that_has_no_address_yet() -> None:
    wish = Wish('eth1')
    wish.check([(ETH1, NO_ADDRESS)])
    assert chooseInterfaces([(ETH1, NO_ADDRESS)], wish).skipped == ((ETH1, NO_ADDRESS),)


def test_nothing_else_is_used_when_the_one_of_netbind_is_ignored() -> None:
    assert chosen(ALL, Wish('192.168.1.20', ignored=['eth0'])) == []


def test_netbind_and_wanted_both_have_to_fit() -> None:
    assert chosen(ALL, Wish('192.168.1.20', wanted=['eth*', 'wlan0'])) == [ETH0]
    assert chosen(ALL, Wish('192.168.1.20', wanted=['wlan0'])) == []


@pytest.mark.parametrize(
    ('pattern', 'fits'),
    [
        *(('eth0', True), ('eth*', True), ('e?h[0-9]', True), ('192.168.1.20', True), ('*', True)),
        *(('192.168.1.20%eth0', True), ('192.168.1.20%2', True), ('192.168.1.20%wlan0', False)),
        *(('eth', False), ('ETH0', False), ('192.168.1.*', False), ('192.168.1.2', False), ('', False), ('%2', False)),
    ],
)
def test_a_name_a_pattern_or_an_address_means_an_interface(pattern: str, fits: bool) -> None:
    assert matches(ETH0, [pattern]) == fits
    assert matches(ETH0, ['nothing', pattern]) == fits


@pytest.mark.parametrize(
    ('literal', 'fits'),
    [
        *(('fe80::20', True), ('FE80::20', True), ('fe80:0:0::0020', True), ('Fe80::20%eth0', True)),
        *(('fe80::20%2', True), ('fe80::20%wlan0', False), ('fe80::20%3', False)),
        *(('fe80::2', False), ('fe80::', False), ('::', False), ('a:b', False), ('[fe80::20]', False)),
    ],
)
def test_an_ipv6_address_may_be_written_in_any_way_and_with_its_zone(literal: str, fits: bool) -> None:
    """RFC 4291 §2.2, RFC 4007 §11."""
    assert matches(ETH0_LINK, [literal]) == fits
    assert chosen([ETH0_LINK], Wish(wanted=[literal])) == ([ETH0_LINK] if fits else [])
    assert chosen([ETH0_LINK], Wish(ignored=[literal])) == ([] if fits else [ETH0_LINK])
    assert Wish(literal).isBoundTo(ETH0_LINK) == (fits or literal == '::')


def test_a_zone_tells_interfaces_apart_that_have_one_address() -> None:
    """Interfaces on top of another have its MAC, and so its link-local address."""
    vlan = ETH0_LINK._replace(name='eth0.7', number=7)
    assert chosen([ETH0_LINK, vlan], Wish('fe80::20%eth0.7')) == [vlan]
    assert chosen([ETH0_LINK, vlan], Wish(wanted=['fe80::20%2'])) == [ETH0_LINK]
    assert chosen([ETH0_LINK, vlan], Wish(ignored=['fe80::20%eth0'])) == [vlan]
    assert chosen([ETH0_LINK, vlan], Wish('fe80::20')) == [ETH0_LINK, vlan]


def test_no_pattern_means_no_interface() -> None:
    assert not matches(ETH0, [])
    assert not matches(ETH1, [''])


@pytest.mark.parametrize(
    ('name', 'isVirtual'),
    [
        *((name, True) for name in ('docker0', 'br-0123456789ab', 'veth12ab', 'virbr0', 'vnet3', 'dummy0', 'incusbr0')),
        *((name, True) for name in ('tun0', 'wg0', 'tailscale0', 'ppp0', 'cscotun0', 'nordlynx', 'sit0', 'utun3')),
        *((name, False) for name in ('eth0', 'enp3s0', 'wlan0', 'br0', 'br-lan', 'bridge0', 'en0', 'usb0', 'bond0')),
    ],
)
def test_virtual_adapters_are_known_by_their_names(name: str, isVirtual: bool) -> None:
    assert matches(Interface(name, 0, '10.0.0.1', 8), VIRTUAL_ADAPTERS) == isVirtual


# What hinders


@pytest.mark.parametrize('hindrance', [DOWN, NO_CARRIER, NO_MULTICAST, TENTATIVE, DUPLICATE, TEMPORARY, DEPRECATED])
@pytest.mark.parametrize('interface', [ETH0, ETH0_LINK, ETH0_WIDE])
def test_an_address_that_something_hinders_is_passed_over_even_alone(interface: Interface, hindrance: str) -> None:
    for wish in (Wish(), Wish(wanted=['eth*']), Wish('eth0')):
        assert chooseInterfaces([(interface, hindrance)], wish) == Choice((), ((interface, hindrance),))


@pytest.mark.parametrize(
    ('hindrance', 'isUsed'),
    [
        *((hindrance, True) for hindrance in (TEMPORARY, DEPRECATED)),
        *((hindrance, False) for hindrance in (DOWN, NO_CARRIER, NO_MULTICAST, TENTATIVE, DUPLICATE)),
    ],
)
def test_a_temporary_or_deprecated_address_is_used_when_it_is_named(hindrance: str, isUsed: bool) -> None:
    """RFC 8981, RFC 4862 §5.5.4."""
    found = [(ETH0_WIDE, ''), (ETH0_PRIVATE, hindrance)]
    for literal in ('2001:db8::9a3c', '2001:DB8:0::9A3C', '2001:db8::9a3c%eth0'):
        for wish in (Wish(literal), Wish(wanted=[literal])):
            assert bare(chooseInterfaces(found, wish).chosen) == ([ETH0_PRIVATE] if isUsed else [])


@pytest.mark.parametrize('hindrance', [NO_ADDRESS, DOWN, NO_CARRIER])
def test_an_interface_without_an_address_is_passed_over_for_its_own_reason(hindrance: str) -> None:
    found = [(LO, ''), (ETH1, hindrance)]
    assert chooseInterfaces(found, Wish()) == Choice((LO,), ((ETH1, hindrance),))
    for wish in (Wish('eth1'), Wish(wanted=['eth1']), Wish(hasIPv4=False), Wish(hasIPv6=False)):
        assert (ETH1, hindrance) in chooseInterfaces(found, wish).skipped


def test_a_cable_that_is_pulled_leaves_loopback() -> None:
    choice = chooseInterfaces([(LO, ''), (ETH0, NO_CARRIER)], Wish())
    assert choice == Choice((LO,), ((ETH0, NO_CARRIER),))


def test_loopback_that_is_down_is_not_used_for_want_of_others() -> None:
    for wish in (Wish(), Wish('lo'), Wish(wanted=['127.0.0.1'])):
        assert chooseInterfaces([(LO, DOWN)], wish) == Choice((), ((LO, DOWN),))
    no = LO._replace(address='', prefix=0)
    for hindrance in (NO_ADDRESS, NO_MULTICAST):
        assert chooseInterfaces([(no, hindrance)], Wish()) == Choice((), ((no, hindrance),))


def test_loopback_has_multicasts_though_linux_says_no() -> None:
    for wish in (Wish(), Wish('lo'), Wish(wanted=['127.0.0.1'])):
        assert chooseInterfaces([(LO, NO_MULTICAST)], wish) == Choice((LO,), ())


@pytest.mark.parametrize(
    ('name', 'address', 'isLoopback'),
    [
        *(('any', '127.0.0.1', True), ('any', '127.1.2.3', True), ('any', '::1', True)),
        *(('any', '10.127.0.1', False), ('any', '::127', False), ('any', '', False)),
        *((name, address, True) for name in LOOPBACK_NAMES for address in ('fe80::1', '10.0.0.1', '')),
    ],
)
def test_loopback_is_known_by_its_address_or_its_name(name: str, address: str, isLoopback: bool) -> None:
    assert Interface(name, 0, address, 0).isLoopback == isLoopback


def test_further_addresses_of_loopback_do_not_make_it_a_network() -> None:
    """MacOS has fe80::1 on lo0, and routers have addresses of their own on lo."""
    link, router = Interface('lo0', 1, 'fe80::1', 64), Interface('lo', 1, '10.255.0.1', 32)
    again = LO._replace(address='127.0.0.2')
    assert chosen([LO, link, router, ETH0]) == [ETH0]
    choice = chooseInterfaces(free(LO, again, link, router), Wish())
    assert ranks(choice) == {'127.0.0.1': True, '10.255.0.1': False}
    assert choice.skipped == ((again, '127.0.0.1 is used there'), (link, 'loopback'))


# Reasons


def test_each_interface_passed_over_has_a_reason() -> None:
    assert chooseInterfaces(free(*ALL), Wish(ignored=['wlan*'])).skipped == (
        (LO, 'loopback'),
        (ETH0_SECOND, '192.168.1.20 is used there'),
        (WLAN0, 'ignoredInterfaces has it'),
        (DOCKER0, VIRTUAL),
    )


def test_the_reasons_name_the_option() -> None:
    found = free(LO, ETH0)
    assert dict(chooseInterfaces(found, Wish(wanted=['lo'])).skipped) == {ETH0: 'interfaces has it not'}
    assert dict(chooseInterfaces(found, Wish('127.0.0.1')).skipped) == {ETH0: "netBind is '127.0.0.1'"}
    other = dict.fromkeys((LO, ETH0), 'advertisedHost is of the other protocol')
    assert dict(chooseInterfaces(found, Wish(hasIPv4=False)).skipped) == other


@pytest.mark.parametrize(
    ('choice', 'text'),
    [
        (Choice(), 'none'),
        (Choice((), ((ETH1, NO_ADDRESS),)), 'none; not eth1: it has no address'),
        (
            Choice((ETH0, WLAN0), ((LO, 'loopback'),)),
            'eth0 (192.168.1.20), wlan0 (10.0.0.7); not lo (127.0.0.1): loopback',
        ),
        (
            Choice((ETH0,), ((LO, 'loopback'), (ETH1, DOWN), (LO_IPV6, 'loopback'))),
            'eth0 (192.168.1.20); not lo (127.0.0.1), lo (::1): loopback; not eth1: it is down',
        ),
    ],
)
def test_a_choice_reads_as_a_sentence_in_which_each_reason_stands_once(choice: Choice, text: str) -> None:
    assert str(choice) == text


def test_a_laptop_with_everything() -> None:
    """Ethernet, Wi-Fi, privacy addresses, containers and a VPN: one advertised address a link, protocol and scope."""
    bridge, tap = Interface('docker0', 4, 'fe80::42', 64), Interface('veth1a2b', 9, 'fe80::1a2b', 64)
    vpn = Interface('wg0', 8, '10.8.0.2', 32)
    found = [
        *free(LO, LO_IPV6, ETH0, ETH0_UNIQUE, ETH0_WIDE),
        *((ETH0_PRIVATE, TEMPORARY), (ETH0_LINK, ''), (WLAN0, ''), (WLAN0_LINK, TENTATIVE)),
        *free(DOCKER0, bridge, tap, vpn),
    ]
    assert str(chooseInterfaces(found, Wish())) == (
        'eth0 (192.168.1.20), eth0 (fd00::20), eth0 (2001:db8::20), eth0 (fe80::20), wlan0 (10.0.0.7)'
        '; not lo (127.0.0.1), lo (::1): loopback; not eth0 (2001:db8::9a3c): temporary address'
        '; not wlan0 (fe80::7): duplicate detection is under way'
        f'; not docker0 (172.17.0.1), docker0 (fe80::42), veth1a2b (fe80::1a2b), wg0 (10.8.0.2): {VIRTUAL}'
    )


# Protocols and scopes


def test_both_protocols_and_both_scopes_have_an_address_each() -> None:
    """UDA 1.1 Annex A: a LOCATION for each scope."""
    choice = chooseInterfaces(free(ETH0, ETH0_WIDE, ETH0_LINK), Wish())
    assert ranks(choice) == {'192.168.1.20': True, '2001:db8::20': True, 'fe80::20': True}


def test_without_ipv6_nothing_is_said_of_it() -> None:
    found = [*free(LO, LO_IPV6, ETH0, ETH0_LINK), (ETH0_WIDE, TENTATIVE)]
    assert chooseInterfaces(found, Wish(hasIPv6=False)) == chooseInterfaces(free(LO, ETH0), Wish())


def test_the_address_of_an_advertised_host_leaves_its_protocol() -> None:
    assert chosen([LO, ETH0, ETH0_LINK], Wish(hasIPv4=False)) == [ETH0_LINK]
    assert chosen([LO, ETH0, ETH0_LINK], Wish(hasIPv6=False)) == [ETH0]
    assert chosen([LO, ETH0], Wish(hasIPv4=False)) == []
    assert chosen([LO, ETH0, ETH0_LINK], Wish('eth0', hasIPv4=False)) == [ETH0_LINK]


# Several addresses on one interface


def test_a_second_address_in_the_same_subnet_is_not_needed() -> None:
    for first, second in ((ETH0, ETH0_SECOND), (ETH0_SECOND, ETH0), (ETH0, ETH0)):
        assert chooseInterfaces(free(first, second), Wish()) == Choice(
            (first,), ((second, f'{first.address} is used there'),)
        )


def test_of_several_subnets_the_first_address_is_advertised() -> None:
    choice = chooseInterfaces(free(ETH0, ETH0_OTHER, ETH0_WIDE, ETH0_UNIQUE, WLAN0), Wish())
    assert ranks(choice) == {
        **{'192.168.1.20': True, '10.1.0.20': False},
        **{'2001:db8::20': True, 'fd00::20': False, '10.0.0.7': True},
    }


def test_a_rank_is_given_anew() -> None:
    choice = chooseInterfaces(free(ETH0._replace(isPrimary=False), ETH0_OTHER), Wish())
    assert ranks(choice) == {'192.168.1.20': True, '10.1.0.20': False}
    assert ranks(chooseInterfaces(free(*reversed(choice.chosen)), Wish())) == {'10.1.0.20': True, '192.168.1.20': False}


def test_an_address_that_is_passed_over_takes_nobodys_place() -> None:
    found = [(ETH0, DUPLICATE), (ETH0_SECOND, ''), (ETH0_PRIVATE, TEMPORARY), (ETH0_WIDE, '')]
    assert ranks(chooseInterfaces(found, Wish())) == {'192.168.1.21': True, '2001:db8::20': True}


def test_auto_ip_stands_back_for_a_real_address_of_its_interface() -> None:
    """UDA 1.1 §0.2, RFC 3927 §1.9."""
    used = '192.168.1.20 is used there'
    for found in ([ETH0_AUTO, ETH0], [ETH0, ETH0_AUTO]):
        assert chooseInterfaces(free(*found), Wish()) == Choice((ETH0,), ((ETH0_AUTO, used),))


def test_auto_ip_is_used_where_there_is_no_other() -> None:
    assert chosen([LO, ETH0_AUTO]) == [ETH0_AUTO]
    assert chosen([ETH0_AUTO, WLAN0, ETH0_LINK]) == [WLAN0, ETH0_LINK, ETH0_AUTO]
    assert chosen([ETH0_AUTO, ETH0], Wish(ignored=['192.168.1.20'])) == [ETH0_AUTO]
    assert ranks(chooseInterfaces([(ETH0, TENTATIVE), (ETH0_AUTO, '')], Wish())) == {'169.254.7.7': True}


# Several interfaces with the same addresses or subnets


@pytest.mark.parametrize(
    ('first', 'second'),
    [
        (Interface('eth0', 2, '192.168.1.20', 24), Interface('wlan0', 3, '192.168.1.30', 24)),
        (Interface('eth0', 2, '10.1.2.3', 24), Interface('wlan0', 3, '10.0.0.7', 8)),
        (Interface('eth0', 2, '10.0.0.1', 32), Interface('eth1', 3, '10.0.0.1', 32)),
        (Interface('eth0', 2, 'fe80::20', 64), Interface('eth0.7', 7, 'fe80::20', 64)),
    ],
)
def test_each_interface_is_used_whatever_its_subnet_shares_with_others(first: Interface, second: Interface) -> None:
    assert chooseInterfaces(free(first, second), Wish()) == Choice((first, second), ())


@pytest.mark.parametrize(
    ('address', 'prefix', 'peer', 'isIn'),
    [
        *(('10.0.0.1', 32, '10.0.0.1', True), ('10.0.0.1', 32, '10.0.0.2', False)),
        *(('10.0.0.0', 31, '10.0.0.1', True), ('10.0.0.1', 31, '10.0.0.2', False)),
        *(
            ('10.0.0.7', 8, '10.255.255.255', True),
            ('10.0.0.7', 8, '11.0.0.1', False),
            ('10.0.0.7', 0, '9.9.9.9', True),
        ),
        *(('fe80::1', 64, 'fe80::2', True), ('fe80::1', 64, 'fe80::2%eth0', True), ('fd00::1', 127, 'fd00::', True)),
        *(('fd00::1', 128, 'fd00::2', False), ('fe80::1', 64, '10.0.0.1', False), ('10.0.0.1', 0, '::1', False)),
    ],
)
def test_a_subnet_has_the_addresses_of_its_prefix(address: str, prefix: int, peer: str, isIn: bool) -> None:
    """RFC 3021 for /31, RFC 6164 for /127."""
    assert Interface('any', 0, address, prefix).hasInSubnet(peer) == isIn


def test_point_to_point_addresses_are_further_subnets() -> None:
    points = [Interface('eth0', 2, '10.0.0.1', 32), Interface('eth0', 2, '10.0.0.2', 32)]
    assert ranks(chooseInterfaces(free(*points), Wish())) == {'10.0.0.1': True, '10.0.0.2': False}
    pair = [one._replace(prefix=31) for one in points]
    assert ranks(chooseInterfaces(free(*pair), Wish())) == {'10.0.0.1': True, '10.0.0.2': False}
    assert ranks(chooseInterfaces(free(pair[0]._replace(address='10.0.0.3'), pair[1]), Wish())) == {'10.0.0.3': True}


def test_a_choice_knows_every_address_and_the_links_that_are_used() -> None:
    choice = Choice((ETH0, ETH0_LINK), ((LO, 'loopback'), (ETH1, NO_ADDRESS)))
    assert choice.addresses == {'192.168.1.20', 'fe80::20', '127.0.0.1'}
    assert choice.linkOf('192.168.1.20') == '192.168.1.20/24'
    assert choice.linkOf('fe80::20%eth0') == 'fe80::20/64'
    assert choice.linkOf('127.0.0.1') is None


def test_an_interface_reads_as_name_and_address() -> None:
    assert (str(ETH0), str(ETH1)) == ('eth0 (192.168.1.20)', 'eth1')
    assert (ETH0.isIPv6, ETH0_LINK.isIPv6, ETH1.isIPv6) == (False, True, False)
    assert [one.isAutoIp for one in (ETH0, ETH0_AUTO, ETH0_LINK, ETH1)] == [False, True, False, False]


# Whatever there is


class Kind(NamedTuple):
    """An address that machines have, with its prefix."""

    address: str
    prefix: int


KINDS = [
    *(Kind('192.168.1.20', 24), Kind('192.168.1.21', 24), Kind('192.168.1.21', 32), Kind('10.0.0.1', 31)),
    *(Kind('10.0.0.7', 8), Kind('169.254.7.7', 16), Kind('127.0.0.1', 8), Kind('127.0.0.2', 8), Kind('::1', 128)),
    *(Kind('fe80::1', 64), Kind('fe80::2', 64), Kind('fd00::1', 64), Kind('2001:db8::1', 64), Kind('2001:db8::1', 128)),
]
NAMES = {'lo': 1, 'eth0': 2, 'wlan0': 3, 'docker0': 4}
NO_ADDRESSES = [NO_ADDRESS, DOWN, NO_CARRIER]
HINDRANCES = ['', '', '', DOWN, NO_CARRIER, NO_MULTICAST, TENTATIVE, DUPLICATE, TEMPORARY, DEPRECATED]
PATTERNS = [*NAMES, '*', 'e*', '192.168.1.21', 'FE80::1', 'fe80::1%eth0', '2001:db8::1', '127.0.0.1', 'nothing']
FOUND = st.lists(
    st.builds(
        lambda name, kind, hindrance: (Interface(name, NAMES[name], *kind), hindrance),
        *(st.sampled_from(list(NAMES)), st.sampled_from(KINDS), st.sampled_from(HINDRANCES)),
    )
    | st.builds(
        lambda name, hindrance: (Interface(name, NAMES[name], '', 0), hindrance),
        *(st.sampled_from(list(NAMES)), st.sampled_from(NO_ADDRESSES)),
    ),
    max_size=8,
    unique_by=lambda one: one[0],
)
SOME = st.lists(st.sampled_from(PATTERNS), max_size=2)
WISHES = st.builds(
    Wish, st.sampled_from([*ANY_ADDRESSES] * 4 + PATTERNS), st.none() | SOME, SOME, st.booleans(), st.booleans()
)
WHATEVER = settings(max_examples=300, deadline=None, database=None, derandomize=True)


@WHATEVER
@given(found=FOUND, wish=WISHES)
def test_every_address_of_a_protocol_in_use_is_chosen_or_passed_over_once(found: list[Found], wish: Wish) -> None:
    choice = chooseInterfaces(found, wish)
    both = [*bare(choice.chosen), *(one for one, _ in choice.skipped)]
    assert sorted(both) == sorted(one for one, _ in found if wish.hasIPv6 or not one.isIPv6)
    assert all(reason for _, reason in choice.skipped)


@WHATEVER
@given(found=FOUND, wish=WISHES)
def test_each_link_has_one_advertised_address_and_its_further_ones_are_of_other_subnets(
    found: list[Found], wish: Wish
) -> None:
    chosen = chooseInterfaces(found, wish).chosen
    for link in {one.link for one in chosen}:
        mine = [one for one in chosen if one.link == link]
        assert [one.isPrimary for one in mine] == [True] + [False] * (len(mine) - 1)
        assert not any(one.hasInSubnet(later.address) for n, one in enumerate(mine) for later in mine[n + 1 :])
        assert not any(one.isAutoIp for one in mine[1:])


@WHATEVER
@given(found=FOUND, wish=WISHES)
def test_no_address_is_chosen_that_something_hinders_unless_it_is_named(found: list[Found], wish: Wish) -> None:
    hindrances = dict(found)
    named = {one.partition('%')[0].lower() for one in (wish.netBind, *(wish.wanted or ()))}
    for one in bare(chooseInterfaces(found, wish).chosen):
        allowed = {TEMPORARY, DEPRECATED} if one.address in named else set()
        assert hindrances[one] in {'', *allowed, *([NO_MULTICAST] if one.isLoopback else [])}
        assert one.address
        assert wish.hasIPv6 if one.isIPv6 else wish.hasIPv4


@WHATEVER
@given(found=FOUND, wish=WISHES)
def test_loopback_and_virtual_adapters_are_used_when_they_are_named_or_loopback_is_all(
    found: list[Found], wish: Wish
) -> None:
    chosen = chooseInterfaces(found, wish).chosen
    if wish.wanted is None and wish.isAny:
        assert all(one.name != 'docker0' or one.isLoopback for one in chosen)
        assert not any(one.isLoopback for one in chosen) or all(one.isLoopback and not one.isIPv6 for one in chosen)


@pytest.mark.parametrize(
    ('wish', 'found'),
    [
        (Wish('eth0', ignored=['eth*']), [ETH0]),
        (Wish('eth0', wanted=['wlan0']), [ETH0]),
        (Wish('fe80::20', hasIPv6=False), [Interface('eth0', 2, 'fe80::20', 64)]),
        (Wish('192.168.1.20', hasIPv4=False), [ETH0]),
    ],
)
def test_a_netbind_that_other_options_leave_out_is_an_error(wish: Wish, found: list[Interface]) -> None:
    """It would never be used."""
    with pytest.raises(upnp.NetworkError, match='left out by the other options'):
        wish.check([(one, '') for one in found])


def test_a_netbind_of_which_something_is_left_is_none() -> None:
    """Without carrier, too: it comes back."""
    Wish('eth0', hasIPv6=False).check([(Interface('eth0', 2, 'fe80::20', 64), ''), (ETH0, NO_CARRIER)])


@pytest.mark.parametrize(
    ('netBind', 'isName'),
    [
        ('eth0', True),
        ('eth0.100', True),
        ('wlan0', True),
        ('192.168.1.20', False),
        ('fe80::1%eth0', False),
        ('::', False),
    ],
)
def test_a_netbind_is_a_name_or_an_address(netBind: str, isName: bool) -> None:
    assert Wish(netBind).isName is isName


@pytest.mark.parametrize(
    ('address', 'zoned'), [('fe80::1', 'fe80::1%2'), ('2001:db8::1', '2001:db8::1'), ('10.0.0.1',) * 2]
)
def test_an_address_of_a_link_has_a_zone(address: str, zoned: str) -> None:
    assert Interface('eth0', 2, address, 64).zoned == zoned
