"""Which interfaces a device is announced on; only what needs no socket."""

import errno
import struct

import pytest

import upnp
from upnp._network import SOCKET_FILTER, VIRTUAL_ADAPTERS, Choice, Interface, chooseInterfaces, listInterfaces, matches

LO = Interface('lo', 1, '127.0.0.1', '255.0.0.0')
ETH0 = Interface('eth0', 2, '192.168.1.20', '255.255.255.0')
ETH0_SECOND = Interface('eth0', 2, '192.168.1.21', '255.255.255.0')
WLAN0 = Interface('wlan0', 3, '10.0.0.7', '255.0.0.0')
DOCKER0 = Interface('docker0', 4, '172.17.0.1', '255.255.0.0')
ALL = [LO, ETH0, ETH0_SECOND, WLAN0, DOCKER0]
ANY = '0.0.0.0'


def chosen(
    found: list[Interface], netBind: str = ANY, wanted: list[str] | None = None, ignored: list[str] | None = None
) -> list[Interface]:
    """The interfaces that are chosen."""
    return list(chooseInterfaces(found, netBind, wanted, ignored or []).chosen)


@pytest.mark.parametrize(
    ('found', 'expected'),
    [
        ([], []),
        ([LO], [LO]),
        ([LO, ETH0], [ETH0]),
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
    assert chosen(ALL, wanted=wanted) == expected


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
    assert chosen(ALL, ignored=ignored) == expected


def test_what_is_wanted_and_ignored_is_ignored() -> None:
    assert chosen(ALL, wanted=['eth0', 'wlan0'], ignored=['eth*']) == [WLAN0]


@pytest.mark.parametrize(
    ('netBind', 'expected'),
    [
        ('192.168.1.20', [ETH0]),
        ('192.168.1.21', [ETH0_SECOND]),
        ('eth0', [ETH0]),
        ('127.0.0.1', [LO]),
        ('docker0', [DOCKER0]),
        ('172.17.0.1', [DOCKER0]),
    ],
)
def test_netbind_chooses_one_whatever_it_is(netBind: str, expected: list[Interface]) -> None:
    assert chosen(ALL, netBind) == expected


@pytest.mark.parametrize('netBind', ['192.168.1.22', 'eth1', '', '::', 'localhost'])
def test_a_netbind_that_is_not_ours_is_an_error_that_says_what_there_is(netBind: str) -> None:
    with pytest.raises(upnp.NetworkError, match=r'there are lo \(127.0.0.1\), eth0 \(192.168.1.20\)$') as caught:
        chosen([LO, ETH0], netBind)
    assert caught.value.errno == errno.EADDRNOTAVAIL
    with pytest.raises(upnp.NetworkError, match='there are none'):
        chosen([], netBind)


def test_nothing_else_is_used_when_the_one_of_netbind_is_ignored() -> None:
    assert chosen(ALL, '192.168.1.20', ignored=['eth0']) == []


def test_netbind_is_no_pattern() -> None:
    with pytest.raises(upnp.NetworkError):
        chosen(ALL, '*')


def test_netbind_and_wanted_both_have_to_fit() -> None:
    assert chosen(ALL, '192.168.1.20', wanted=['eth*', 'wlan0']) == [ETH0]
    assert chosen(ALL, '192.168.1.20', wanted=['wlan0']) == []


def test_each_interface_passed_over_has_a_reason() -> None:
    choice = chooseInterfaces(ALL, ANY, None, ['wlan*'])
    assert choice.skipped == (
        (LO, 'loopback'),
        (ETH0_SECOND, '192.168.1.20 is used there'),
        (WLAN0, 'ignoredInterfaces has it'),
        (DOCKER0, 'a virtual adapter: name it in interfaces to use it'),
    )


def test_the_reasons_name_the_option() -> None:
    assert dict(chooseInterfaces([LO, ETH0], ANY, ['lo'], []).skipped) == {ETH0: 'interfaces has it not'}
    assert dict(chooseInterfaces([LO, ETH0], '127.0.0.1', None, []).skipped) == {ETH0: "netBind is '127.0.0.1'"}


def test_a_choice_reads_as_a_sentence() -> None:
    assert str(Choice((ETH0, WLAN0), ((LO, 'loopback'),))) == (
        'eth0 (192.168.1.20), wlan0 (10.0.0.7); not lo (127.0.0.1): loopback'
    )
    assert str(Choice((), ())) == 'none'


def test_every_interface_is_used_or_passed_over_once() -> None:
    for wanted in (None, [], ['*'], ['eth0']):
        for found in (ALL, [LO], [DOCKER0], [LO, DOCKER0], []):
            choice = chooseInterfaces(found, ANY, wanted, [])
            both = [*choice.chosen, *(interface for interface, _ in choice.skipped)]
            assert sorted(both, key=str) == sorted(found, key=str)


@pytest.mark.parametrize(
    ('pattern', 'fits'),
    [
        *(('eth0', True), ('eth*', True), ('e?h[0-9]', True), ('192.168.1.20', True), ('*', True)),
        *(('eth', False), ('ETH0', False), ('192.168.1.*', False), ('192.168.1.2', False), ('', False)),
    ],
)
def test_a_name_a_pattern_or_an_address_means_an_interface(pattern: str, fits: bool) -> None:
    assert matches(ETH0, [pattern]) == fits
    assert matches(ETH0, ['nothing', pattern]) == fits


def test_no_pattern_means_no_interface() -> None:
    assert not matches(ETH0, [])


@pytest.mark.parametrize(
    ('name', 'isVirtual'),
    [
        *((name, True) for name in ('docker0', 'br-0123456789ab', 'veth12ab', 'virbr0', 'tun0', 'wg0', 'tailscale0')),
        *((name, False) for name in ('eth0', 'enp3s0', 'wlan0', 'br0', 'br-lan', 'bridge0', 'en0', 'usb0', 'bond0')),
    ],
)
def test_virtual_adapters_are_known_by_their_names(name: str, isVirtual: bool) -> None:
    assert matches(Interface(name, 0, '10.0.0.1', ''), VIRTUAL_ADAPTERS) == isVirtual


@pytest.mark.parametrize(('address', 'isLoopback'), [('127.0.0.1', True), ('127.1.2.3', True), ('10.127.0.1', False)])
def test_loopback_is_known_by_its_address(address: str, isLoopback: bool) -> None:
    assert Interface('any', 0, address, '').isLoopback == isLoopback


def test_the_interfaces_of_this_machine_have_addresses() -> None:
    for interface in listInterfaces():
        assert interface.address.count('.') == 3
        assert interface.name
        assert interface.index >= 0


def accepted(datagram: bytes) -> bool:
    """What the socket filter does with a UDP datagram, step by step."""
    packet = bytes(8) + datagram
    word, step = 0, 0
    while True:
        code, ifTrue, ifFalse, operand = SOCKET_FILTER[step]
        if code == 0x20:  # load a word; beyond the end, the packet is dropped
            if operand + 4 > len(packet):
                return False
            (word,) = struct.unpack_from('!I', packet, operand)
        elif code == 0x15:  # jump if equal
            step += ifTrue if word == operand else ifFalse
        else:
            assert code == 0x06  # return
            return operand > 0
        step += 1


@pytest.mark.parametrize(
    ('datagram', 'passes'),
    [
        (b'M-SEARCH * HTTP/1.1\r\n', True),
        (b'm-search * http/1.1\r\n', True),
        (b'\r\nM-SEARCH * HTTP/1.1\r\n', True),
        (b'NOTIFY * HTTP/1.1\r\n', False),
        (b'HTTP/1.1 200 OK\r\n', False),
        (b'M-S', False),
        (b'', False),
    ],
)
def test_the_socket_filter_lets_searches_pass_and_drops_advertisements(datagram: bytes, passes: bool) -> None:
    assert accepted(datagram) == passes


def test_a_choice_knows_every_address_and_the_links_that_are_used() -> None:
    choice = Choice((ETH0,), ((LO, 'loopback'),))
    assert choice.addresses == {ETH0.address, LO.address}
    assert choice.linkOf(ETH0.address) == '192.168.1.20/255.255.255.0'
    assert choice.linkOf(LO.address) is None
