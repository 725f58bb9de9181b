"""Who is listened to: hosts that a request may name, pages that may send it, sources that are answered."""

import ipaddress

import pytest

from upnp.addressing.access import BEYOND, HERE, LINK, NOWHERE, Access
from upnp.addressing.interfaces import Choice, Interface
from upnp.base.options import checkedAllowedHosts, checkedNetworks
from upnp.eventing.answers import callbackRule

ETH0 = Interface('eth0', 2, '192.168.1.20', 24)
ETH0_TOO = Interface('eth0', 2, '10.0.0.5', 8)
ETH0_V6 = Interface('eth0', 2, '2001:db8::20', 64)
ETH0_LL = Interface('eth0', 2, 'fe80::20', 64)
WLAN0 = Interface('wlan0', 3, '192.168.7.20', 24)
PPP0 = Interface('ppp0', 4, '10.9.0.1', 32, peer='10.9.0.2')
SHORT = Interface('usb0', 5, '172.16.0.0', 31)
LO = Interface('lo', 1, '127.0.0.1', 8)
CHOICE = Choice((ETH0, ETH0_V6, ETH0_LL, WLAN0, PPP0, SHORT), ((ETH0_TOO, 'unused'), (LO, 'loopback')))
network = ipaddress.ip_network
NAMES = frozenset(('lamp', 'lamp.local', 'lamp.example.org'))


class Here:
    """An announcer's place in the network."""

    def __init__(self, choice: Choice = CHOICE) -> None:
        self.interfaces = choice
        self.httpPort = 5000


def access(
    allowedHosts: tuple[str, ...] = (),
    allowedNetworks: tuple[str, ...] = (),
    advertised: tuple[str, int | None] = ('', None),
) -> Access:
    """Return the rules of an announcer at these interfaces."""
    made = Access(
        Here(),
        advertised=advertised,
        allowedHosts=checkedAllowedHosts(allowedHosts),
        allowedNetworks=checkedNetworks(allowedNetworks),
    )
    made.names = NAMES
    return made


@pytest.mark.parametrize(
    'authority',
    [
        *('192.168.1.20', '192.168.1.20:5000', '192.168.1.20:', '192.168.7.20:5000', '10.0.0.5', '127.0.0.1:5000'),
        *('[2001:db8::20]', '[2001:DB8:0::20]:5000', '[fe80::20]:5000', '[fe80::20%25eth0]:5000'),
        *('lamp', 'LAMP:5000', 'lamp.local', 'lamp.local.:5000', 'lamp.example.org:5000'),
    ],
)
def test_a_request_may_be_meant_for_our_addresses_and_names(authority: str) -> None:
    """RFC 9110 §7.2."""
    assert access().isOurs(authority, '192.168.1.20')


@pytest.mark.parametrize(
    'authority',
    [
        *(
            '',
            ':5000',
            '.',
            '.:5000',
            '192.168.1.21',
            '192.168.1.20:5001',
            '192.168.1.20:80',
            '192.168.1.20:50000',
            'evil.example',
        ),
        *('evil.example:5000', '192.168.1.20.evil.example', 'lamp.evil.example', 'lamp:80', 'localhost:5000'),
        *(
            'a@lamp',
            'lamp/',
            'lamp lamp',
            'lamp, lamp',
            '192.168.1.20:5000:5000',
            '[2001:db8::21]',
            '[lamp]',
            '2001:db8::20',
        ),
        *(
            '0xc0a80114',
            '3232235796',
            '192.168.276',
            '127.0.0.2',
            'lamp:\u0665\u0660',
            'lamp..',
            '[]',
            '[2001:db8::20',
            '*',
        ),
    ],
)
def test_a_request_that_is_meant_for_another_is_not_ours(authority: str) -> None:
    """DNS rebinding: the page of another site reaches us by a name of its own."""
    assert not access().isOurs(authority, '192.168.1.20')


def test_the_address_that_a_peer_has_reached_is_ours_whatever_is_known() -> None:
    assert access().isOurs('127.0.0.2:5000', '127.0.0.2')
    assert access().isOurs('[fe80::99]:5000', 'fe80::99%7')


@pytest.mark.parametrize(('host', 'isOurs'), [('127.0.0.1', True), ('::1', True), ('192.168.1.20', False)])
def test_localhost_is_ours_on_this_machine(host: str, isOurs: bool) -> None:
    assert access().isOurs('localhost:5000', host) == isOurs


def test_what_is_advertised_is_ours_with_its_port() -> None:
    there = access(advertised=('Gate.example', 8080))
    assert there.urlHost('192.168.1.20') == 'Gate.example:8080'
    assert [there.isOurs(one, '172.17.0.2') for one in ('gate.example:8080', 'gate.example', 'gate.example:5000')] == [
        *(True, True, False)
    ]
    assert access(advertised=('2001:DB8::0:5', 80)).isOurs('[2001:db8::5]', '172.17.0.2')
    assert access(advertised=('10.1.1.1', None)).isOurs('10.1.1.1:5000', '172.17.0.2')
    assert access().urlHost('fe80::20%2') == '[fe80::20]:5000'


@pytest.mark.parametrize(
    ('allowed', 'authority', 'isOurs'),
    [
        ('proxy.example', 'proxy.example', True),
        ('Proxy.Example', 'PROXY.example:8443', True),
        ('proxy.example:8443', 'proxy.example:8443', True),
        ('proxy.example:8443', 'proxy.example', False),
        ('proxy.example', 'www.proxy.example', False),
        ('*.example', 'a.b.example:1', True),
        ('*.example', 'example', False),
        ('*', 'evil.example', True),
        ('*', '[2001:db8::1]:80', True),
        ('192.168.1.5:8080', '192.168.1.5:8080', True),
        ('2001:DB8::0:5', '[2001:db8::5]:80', True),
        ('[2001:db8::5]:80', '[2001:db8::5]:80', True),
        ('[2001:db8::5]:80', '[2001:db8::5]:81', False),
        ('*', 'a@b', False),
    ],
)
def test_what_is_allowed_is_ours(allowed: str, authority: str, isOurs: bool) -> None:
    assert access((allowed,)).isOurs(authority, '192.168.1.20') == isOurs


@pytest.mark.parametrize(
    ('origin', 'authority', 'isOwn'),
    [
        ('http://192.168.1.20:5000', '192.168.1.20:5000', True),
        ('http://LAMP.local:5000', 'lamp.local:5000', True),
        ('http://lamp', 'lamp:80', True),
        ('https://proxy.example', 'proxy.example:443', True),
        ('http://[2001:db8::20]:5000', '[2001:DB8::20]:5000', True),
        ('http://192.168.1.20', '192.168.1.20:5000', False),
        ('http://192.168.1.20:8080', '192.168.1.20:5000', False),
        ('http://evil.example', '192.168.1.20:5000', False),
        ('http://evil.example:5000', '192.168.1.20:5000', False),
        ('null', '192.168.1.20:5000', False),
        ('', '192.168.1.20:5000', False),
        ('file://', '192.168.1.20:5000', False),
        ('ftp://192.168.1.20:5000', '192.168.1.20:5000', False),
        ('http://192.168.1.20:5000/', '192.168.1.20:5000', False),
        ('http://192.168.1.20:5000, http://evil.example', '192.168.1.20:5000', False),
        ('http://192.168.1.20:5000', '', False),
    ],
)
def test_a_page_is_our_own_when_it_is_of_the_place_that_it_asks(origin: str, authority: str, isOwn: bool) -> None:
    """RFC 6454 §5: scheme, host and port; the scheme may be changed by a proxy."""
    assert access().isOwnOrigin(origin, authority) == isOwn


@pytest.mark.parametrize(
    ('headers', 'isStrangers'),
    [
        ({}, False),
        ({'host': '192.168.1.20:5000', 'origin': 'http://192.168.1.20:5000'}, False),
        ({'host': '192.168.1.20:5000', 'origin': 'http://evil.example'}, True),
        ({'origin': 'http://192.168.1.20:5000'}, True),
        ({'sec-fetch-site': 'same-origin'}, False),
        ({'sec-fetch-site': 'none'}, False),
        ({'sec-fetch-site': 'same-site'}, True),
        ({'sec-fetch-site': 'cross-site'}, True),
        ({'host': '192.168.1.20:5000', 'origin': 'http://192.168.1.20:5000', 'sec-fetch-site': 'cross-site'}, True),
    ],
)
def test_a_page_is_a_strangers_when_its_browser_says_so(headers: dict[str, str], isStrangers: bool) -> None:
    assert access().isStrangers(headers) == isStrangers


@pytest.mark.parametrize(
    ('source', 'interface', 'isAnswered'),
    [
        ('192.168.1.77', ETH0, True),
        ('10.200.3.4', ETH0, True),  # a subnet of an address that is not used
        ('10.200.3.4', WLAN0, False),
        ('192.168.7.9', ETH0, False),
        ('192.168.7.9', WLAN0, True),
        ('203.0.113.9', ETH0, False),
        ('10.9.0.2', PPP0, True),
        ('10.9.0.3', PPP0, False),
        ('172.16.0.1', SHORT, True),  # of two addresses, neither is for all
        ('2001:db8::9', ETH0_V6, True),
        ('2001:db8::', ETH0_V6, True),
        ('2001:db8:1::9', ETH0_V6, False),
        ('fe80::9', ETH0_LL, True),
        ('fe80::9%2', ETH0_LL, True),
        ('fe80::9', PPP0, True),
        ('169.254.7.7', ETH0, False),
    ],
)
def test_a_search_is_answered_on_the_link_that_it_came_in_on(
    source: str, interface: Interface, isAnswered: bool
) -> None:
    assert access().isAnswered(source, interface) == isAnswered


@pytest.mark.parametrize(
    ('source', 'place'),
    [
        *(('192.168.1.77', LINK), ('10.200.3.4', LINK), ('fe80::9', LINK), ('192.168.1.255', NOWHERE)),
        *(('192.168.1.20', HERE), ('192.168.7.20', HERE), ('203.0.113.9', BEYOND), ('203.0.114.9', NOWHERE)),
    ],
)
def test_a_source_is_on_the_link_on_this_machine_or_behind_a_router(source: str, place: str) -> None:
    assert access(allowedNetworks=('203.0.113.0/24', '192.168.0.0/16')).placeOf(source, ETH0) == place


@pytest.mark.parametrize(
    'source', ['192.168.1.20', '192.168.7.20', '10.0.0.5', '2001:db8::20', 'fe80::20', '172.16.0.0']
)
def test_a_program_on_this_machine_is_answered(source: str) -> None:
    """Whatever interface its datagrams came in by."""
    assert access().isAnswered(source, ETH0)


@pytest.mark.parametrize(
    'source',
    [
        *(
            '239.255.255.250',
            '224.0.0.1',
            '255.255.255.255',
            '192.168.1.255',
            '192.168.1.0',
            '10.255.255.255',
            '0.0.0.0',
        ),
        *('127.0.0.1', '127.8.8.8', '::1', '::', 'ff02::c', 'ff05::c'),
    ],
)
def test_what_is_no_single_host_of_the_link_is_never_answered(source: str) -> None:
    """Not even where every network is allowed."""
    assert not access(allowedNetworks=('0.0.0.0/0', '::/0')).isAnswered(source, ETH0)


def test_programs_on_this_machine_are_answered_by_loopback_where_it_is_used() -> None:
    assert access().isAnswered('127.0.0.1', LO)
    assert access().isAnswered('127.0.0.9', LO)


@pytest.mark.parametrize(
    ('allowed', 'source', 'isAnswered'),
    [
        ('203.0.113.0/24', '203.0.113.9', True),
        ('203.0.113.0/24', '203.0.114.9', False),
        ('203.0.113.9', '203.0.113.9', True),
        ('2001:db8:1::/48', '2001:db8:1::9', True),
        ('::/0', '203.0.113.9', False),
    ],
)
def test_networks_that_are_allowed_are_answered_over_routers(allowed: str, source: str, isAnswered: bool) -> None:
    assert access(allowedNetworks=(allowed,)).isAnswered(source, ETH0) == isAnswered


def test_what_is_answered_follows_the_network() -> None:
    here = Here(Choice((ETH0,)))
    rules = Access(here)
    assert [rules.isAnswered('192.168.1.77', ETH0) for _ in range(2)] == [True, True]
    here.interfaces = Choice((ETH0._replace(address='192.168.2.20'),))
    assert not rules.isAnswered('192.168.1.77', ETH0)
    assert rules.isAnswered('192.168.2.77', ETH0)


def test_verdicts_on_many_sources_are_not_heaped_up() -> None:
    rules = access()
    assert all(rules.isAnswered(f'10.1.{high}.{low}', ETH0) for high in range(9) for low in range(1, 255))
    assert not rules.isAnswered('203.0.113.9', ETH0)
    assert len(rules._sources) <= 1024


def test_networks_are_read_once_however_many_sources_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who forges sources has each looked at: that has to be cheap."""
    read: list[str] = []
    monkeypatch.setattr(ipaddress, 'ip_network', lambda text, strict=True: read.append(text) or network(text, strict))
    here = Here()
    rules = Access(here, allowedNetworks=('203.0.113.0/24',))
    for interface in (ETH0, ETH0_V6, WLAN0):
        assert not any(rules.isAnswered(f'198.51.100.{number}', interface) for number in range(100))
    assert len(read) == 1 + 4 + 1
    here.interfaces = Choice((WLAN0,))
    assert not any(rules.isAnswered(f'198.51.100.{number}', WLAN0) for number in range(100))
    assert read[6:] == ['192.168.7.20/24']


def test_events_go_to_the_subscriber_or_to_its_link() -> None:
    """UDA 2.0 §4.1.1."""
    assert callbackRule(access(), '192.168.1.9', '192.168.1.20', isLinkWide=False).network is None
    rule = callbackRule(access(), '10.9.0.2', '10.9.0.1', isLinkWide=True)
    assert (rule.peer, rule.port, rule.network) == ('10.9.0.2', 5000, '10.9.0.2/32')
    assert rule.own >= {'192.168.1.20', '10.0.0.5', '127.0.0.1', '10.9.0.1'}
