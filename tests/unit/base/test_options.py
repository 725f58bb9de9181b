"""The announcer's options: each mistake is told with its value."""

import pytest

import upnp
from upnp.base.options import (
    MAX_NUMBER,
    checkedAllowedHosts,
    checkedFlag,
    checkedHeaders,
    checkedHost,
    checkedLimits,
    checkedNames,
    checkedNetworks,
    checkOneOf,
    checkRange,
    serverToken,
)

OURS = frozenset({'LOCATION', 'CONFIGID.UPNP.ORG'})


@pytest.mark.parametrize('value', [1, 2, 65535])
def test_a_number_in_its_range_passes(value: int) -> None:
    checkRange('httpPort', value, 1, 65535)


@pytest.mark.parametrize('value', [0, -1, 65536, 1.0, '80', None, True])
def test_a_number_out_of_its_range_is_told(value: int) -> None:
    with pytest.raises(ValueError, match=r'httpPort must be a whole number from 1 to 65535, not ') as caught:
        checkRange('httpPort', value, 1, 65535)
    assert repr(value) in str(caught.value)


def test_numbers_on_the_wire_have_31_bits() -> None:
    """UDA 1.1 §1.2.2."""
    assert MAX_NUMBER == 2**31 - 1


def test_further_headers_are_taken_as_given() -> None:
    headers = {'X-Name.exemple-org': 'Lämpchen, "a" b', 'x_1': '0'}
    checked = checkedHeaders(headers, OURS)
    assert checked == headers
    assert checked is not headers
    assert checkedHeaders({}, OURS) == {}


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        *((name, 'a') for name in ('', ' ', 'a b', 'a:', 'a\n', 'a\r\nb', 'ä', 'a\0', '(a)', ' a', 'a ')),
        *(('a', value) for value in ('', '\n', 'a\r\nB: c', 'a\n', 'a\r', '\0', 'a\x1f', '\x7f', 'a\tb')),
    ],
)
def test_what_no_header_can_have_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match='is no header'):
        checkedHeaders({name: value}, OURS)


@pytest.mark.parametrize('name', ['LOCATION', 'Location', 'configid.upnp.org'])
def test_the_announcers_own_headers_are_not_to_be_given(name: str) -> None:
    with pytest.raises(ValueError, match='is set by the announcer'):
        checkedHeaders({name: 'a'}, OURS)


@pytest.mark.parametrize('headers', [{'X': 80}, {1: 'a'}, {'X': None}, {'X': '\ud800'}])
def test_a_header_that_is_no_text_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match='extraHeaders'):
        checkedHeaders(headers, OURS)


@pytest.mark.parametrize(
    ('product', 'token'),
    [
        ('Lamp/1.0', 'Linux/6.1 UPnP/1.1 Lamp/1.0'),
        ('IoT-UPnP/2.0.0.dev0', 'Linux/6.1 UPnP/1.1 IoT-UPnP/2.0.0.dev0'),
        ('Lamp/1.0 (workshop)', 'Linux/6.1 UPnP/1.1 Lamp/1.0 (workshop)'),
    ],
)
def test_server_begins_with_three_tokens(product: str, token: str) -> None:
    """UDA 1.1 §1.2.2."""
    assert serverToken('Linux/6.1', product) == token


@pytest.mark.parametrize('product', ['', 'Lamp', 'Lamp/', '/1.0', 'My Lamp/1.0', 'Lamp/1.0\r\nX: y', 'Lamp/1\n'])
def test_a_product_without_a_version_is_refused(product: str) -> None:
    with pytest.raises(ValueError, match='has not the form'):
        serverToken('Linux/6.1', product)


@pytest.mark.parametrize('value', ['eth0', [1], ['eth0', None]])
def test_names_are_a_list_of_texts(value: object) -> None:
    with pytest.raises(TypeError, match='interfaces must be a list'):
        checkedNames('interfaces', value)


def test_names_are_kept_in_order() -> None:
    assert checkedNames('interfaces', ['eth1', 'eth0']) == ('eth1', 'eth0')


def test_headers_are_a_dict() -> None:
    with pytest.raises(TypeError, match='extraHeaders must be a dict'):
        checkedHeaders(['X: y'], ())


def test_a_word_is_one_of_those_there_are() -> None:
    checkOneOf('callbackHosts', 'link', ('subscriber', 'link'))
    with pytest.raises(ValueError, match="callbackHosts must be 'subscriber' or 'link', not 'any'"):
        checkOneOf('callbackHosts', 'any', ('subscriber', 'link'))


def test_limits_are_limits_and_the_default_ones_for_none() -> None:
    given = upnp.Limits(maxSubscriptions=1)
    assert checkedLimits(given) is given
    assert checkedLimits(None) == upnp.Limits()
    with pytest.raises(TypeError, match=r'limits must be an upnp\.Limits, not 5'):
        checkedLimits(5)  # type: ignore[arg-type]


@pytest.mark.parametrize('value', [True, False])
def test_a_flag_is_returned(value: bool) -> None:
    assert checkedFlag('ipv6', value) is value


@pytest.mark.parametrize('value', ['no', 0, None])
def test_what_is_no_flag_is_refused(value: object) -> None:
    """'no' would count as yes."""
    with pytest.raises(TypeError, match='ipv6 must be True or False, not '):
        checkedFlag('ipv6', value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ('value', 'expected'),
    [
        ('192.168.1.5', ('192.168.1.5', None)),
        ('192.168.1.5:8080', ('192.168.1.5', 8080)),
        ('lamp.example', ('lamp.example', None)),
        ('lamp-1.example:1', ('lamp-1.example', 1)),
        ('2001:db8::5', ('2001:db8::5', None)),
        ('[2001:db8::5]', ('2001:db8::5', None)),
        ('[2001:db8::5]:65535', ('2001:db8::5', 65535)),
    ],
)
def test_a_host_is_taken_apart(value: str, expected: tuple[str, int | None]) -> None:
    assert checkedHost(value) == expected


@pytest.mark.parametrize(
    'value',
    ['', ' ', 'http://lamp', 'lamp/', 'lamp:', 'lamp:0', 'lamp:65536', 'lamp:x', '[::1', 'a b', 'lamp\r\nX', 'ü', 5],
)
def test_what_is_no_host_is_refused_with_its_value_and_a_form(value: str) -> None:
    with pytest.raises(ValueError, match=r"advertisedHost .* is neither a host nor 'host:port'") as caught:
        checkedHost(value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(
    ('value', 'expected'),
    [
        ('Lamp.Example', ('lamp.example', None)),
        ('lamp.example.', ('lamp.example', None)),
        ('*.example:8080', ('*.example', 8080)),
        ('*', ('*', None)),
        ('192.168.1.5:80', ('192.168.1.5', 80)),
        ('2001:DB8::0:5', ('2001:db8::0:5', None)),
        ('[2001:DB8::5]:443', ('2001:db8::5', 443)),
    ],
)
def test_an_allowed_host_is_a_name_a_pattern_or_an_address(value: str, expected: tuple[str, int | None]) -> None:
    assert checkedAllowedHosts([value]) == (expected,)


@pytest.mark.parametrize(
    'value', ['', ' ', 'http://lamp', 'lamp/', 'lamp:0', 'lamp:65536', 'lamp:*', '[::1', 'a b', 'a@b']
)
def test_what_is_no_allowed_host_is_refused_with_its_value_and_forms(value: str) -> None:
    with pytest.raises(ValueError, match=r"allowedHosts: .* is no host name, such as 'lamp\.example\.org'") as caught:
        checkedAllowedHosts(['lamp', value])
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(
    ('value', 'expected'),
    [
        ('10.1.0.0/16', '10.1.0.0/16'),
        ('10.1.0.0/255.255.0.0', '10.1.0.0/16'),
        ('10.1.2.3', '10.1.2.3/32'),
        ('2001:DB8::/32', '2001:db8::/32'),
    ],
)
def test_a_network_is_an_address_and_a_prefix(value: str, expected: str) -> None:
    assert checkedNetworks([value]) == (expected,)


@pytest.mark.parametrize('value', ['', 'lan', '10.1.0.1/16', '10.1.0.0/33', '10.1.0.0/16 ', '10.1'])
def test_what_is_no_network_is_refused_with_its_value_and_a_form(value: str) -> None:
    with pytest.raises(ValueError, match=r"allowedNetworks: .* is no network, such as '10\.1\.0\.0/16'") as caught:
        checkedNetworks([value])
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize('value', ['10.1.0.0/16', [5], [None]])
def test_hosts_and_networks_are_lists_of_texts(value: object) -> None:
    with pytest.raises(TypeError, match='allowedHosts must be a list of host names, not '):
        checkedAllowedHosts(value)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match='allowedNetworks must be a list of networks, such as '):
        checkedNetworks(value)  # type: ignore[arg-type]
