"""What is advertised, which searches are answered with what, and when."""

import pytest

import upnp
from upnp.discovery.targets import Advertisement, Directory, Root, Search, Target, targetsOf

LIGHT = 'urn:schemas-upnp-org:device:BinaryLight'
HUB = 'urn:exemple-org:device:Hub'
SWITCH = 'urn:schemas-upnp-org:service:SwitchPower'
DIMMING = 'urn:schemas-upnp-org:service:Dimming'


def service(serviceType: str, serviceId: str | None = None) -> upnp.Service:
    """A service of a type."""
    return upnp.Service(serviceType=serviceType, serviceId=serviceId)


def device(uuid: str, deviceType: str, *children: upnp.Device | upnp.Service) -> upnp.Device:
    """A device with its services and embedded devices."""
    return upnp.Device(
        uuid=uuid,
        deviceType=deviceType,
        friendlyName=uuid,
        services=[child for child in children if isinstance(child, upnp.Service)],
        devices=[child for child in children if isinstance(child, upnp.Device)],
    )


@pytest.fixture
def hub() -> upnp.Device:
    """A root device with two levels of embedded ones."""
    lamp = device('Lamp', f'{LIGHT}:2', service(f'{SWITCH}:1'), service(f'{DIMMING}:3'), device('Bulb', f'{LIGHT}:1'))
    return device('Hub', f'{HUB}:1', service(f'{SWITCH}:2', 'a'), service(f'{SWITCH}:1', 'b'), lamp)


def found(root: upnp.Device, st: str) -> list[tuple[str, str]]:
    """ST and USN of the answers to a search."""
    return [(target.nt, target.usn) for target in Directory(targetsOf(root)).find(st)]


# Targets


def test_a_set_has_3_plus_2d_plus_k_messages_in_order(hub: upnp.Device) -> None:
    """UDA 1.1 §1.2.2: d is 2, and k is 3, as the hub's two versions of one service count once."""
    assert [(target.nt, target.usn) for target in targetsOf(hub)] == [
        ('upnp:rootdevice', 'uuid:Hub::upnp:rootdevice'),
        ('uuid:Hub', 'uuid:Hub'),
        (f'{HUB}:1', f'uuid:Hub::{HUB}:1'),
        (f'{SWITCH}:2', f'uuid:Hub::{SWITCH}:2'),
        ('uuid:Lamp', 'uuid:Lamp'),
        (f'{LIGHT}:2', f'uuid:Lamp::{LIGHT}:2'),
        (f'{SWITCH}:1', f'uuid:Lamp::{SWITCH}:1'),
        (f'{DIMMING}:3', f'uuid:Lamp::{DIMMING}:3'),
        ('uuid:Bulb', 'uuid:Bulb'),
        (f'{LIGHT}:1', f'uuid:Bulb::{LIGHT}:1'),
    ]


def test_every_target_leads_to_its_root(hub: upnp.Device) -> None:
    assert {target.root for target in targetsOf(hub)} == {'uuid:Hub'}


@pytest.mark.parametrize(
    ('types', 'advertised'),
    [
        (['a:1', 'a:1'], ['a:1']),
        (['a:1', 'a:3', 'a:2'], ['a:3']),
        (['a:9', 'a:10'], ['a:10']),
        (['b:1', 'a:1', 'b:2'], ['b:2', 'a:1']),
        (['sadmin-fr:service:dummy', 'sadmin-fr:service:dummy'], ['sadmin-fr:service:dummy']),
        pytest.param(*(['a', 'a:1'], ['a', 'a:1'])),
        (['a:0', 'a:01', 'a:x', ':1', 'a:٣', 'a:1234567890'], ['a:0', 'a:01', 'a:x', ':1', 'a:٣', 'a:1234567890']),
    ],
)
def test_of_a_service_type_only_the_highest_version_is_advertised(types: list[str], advertised: list[str]) -> None:
    root = device('u', f'{LIGHT}:1', *(service(type_, f'id{index}') for index, type_ in enumerate(types)))
    assert [target.nt for target in targetsOf(root)[3:]] == advertised


# Searches


@pytest.mark.parametrize(
    ('st', 'answers'),
    [
        ('upnp:rootdevice', [('upnp:rootdevice', 'uuid:Hub::upnp:rootdevice')]),
        ('uuid:Hub', [('uuid:Hub', 'uuid:Hub')]),
        ('uuid:Bulb', [('uuid:Bulb', 'uuid:Bulb')]),
        (f'{HUB}:1', [(f'{HUB}:1', f'uuid:Hub::{HUB}:1')]),
        (f'{LIGHT}:2', [(f'{LIGHT}:2', f'uuid:Lamp::{LIGHT}:2')]),
        (f'{LIGHT}:1', [(f'{LIGHT}:1', f'uuid:Lamp::{LIGHT}:1'), (f'{LIGHT}:1', f'uuid:Bulb::{LIGHT}:1')]),
        (f'{SWITCH}:1', [(f'{SWITCH}:1', f'uuid:Hub::{SWITCH}:1'), (f'{SWITCH}:1', f'uuid:Lamp::{SWITCH}:1')]),
        (f'{SWITCH}:2', [(f'{SWITCH}:2', f'uuid:Hub::{SWITCH}:2')]),
        (f'{DIMMING}:2', [(f'{DIMMING}:2', f'uuid:Lamp::{DIMMING}:2')]),
    ],
)
def test_a_search_is_answered_under_the_name_it_asked_for(
    hub: upnp.Device, st: str, answers: list[tuple[str, str]]
) -> None:
    """UDA 1.1 §1.3.3: a later version answers for a lower one."""
    assert found(hub, st) == answers


def test_a_search_for_all_finds_what_is_advertised(hub: upnp.Device) -> None:
    assert Directory(targetsOf(hub)).find('ssdp:all') == list(targetsOf(hub))


@pytest.mark.parametrize(
    'st',
    [
        *(f'{LIGHT}:3', f'{LIGHT}:0', f'{LIGHT}:-1', f'{LIGHT}:01', f'{LIGHT}:+1', f'{LIGHT}:1.0', f'{LIGHT}:٢'),
        *(f'{LIGHT}:', LIGHT, f'{LIGHT}:1 ', f'{LIGHT}:99999999999999999999', LIGHT.upper() + ':1', f'{LIGHT}:1:1'),
        *('uuid:Other', 'uuid:', 'Hub', 'uuid:Hub::upnp:rootdevice', f'uuid:Hub::{HUB}:1', 'uuid:Hub:1'),
        *('', ':', '::', ':1', 'ssdp:ALL', 'ssdp:discover', 'upnp:rootdevice:1', '*', 'upnp:*'),
    ],
)
def test_what_is_not_ours_is_not_answered(hub: upnp.Device, st: str) -> None:
    assert found(hub, st) == []


@pytest.mark.parametrize('st', ['uuid:hub', 'uuid:HUB', 'UUID:hUB'])
def test_uuids_compare_without_regard_to_case(hub: upnp.Device, st: str) -> None:
    """UDA 1.1 §1.1.4; the answer has it as it is advertised."""
    assert found(hub, st) == [('uuid:Hub', 'uuid:Hub')]


def test_a_type_without_a_version_is_found_as_given() -> None:
    root = device('u', 'sadmin-fr:thing', service('sadmin-fr:service:dummy'))
    assert found(root, 'sadmin-fr:service:dummy') == [('sadmin-fr:service:dummy', 'uuid:u::sadmin-fr:service:dummy')]
    assert found(root, 'sadmin-fr:service:dummy:1') == []
    assert found(root, 'sadmin-fr:thing') == [('sadmin-fr:thing', 'uuid:u::sadmin-fr:thing')]


def test_a_uuid_that_looks_like_a_version_is_none() -> None:
    root = device('lamp:5', f'{LIGHT}:1')
    assert found(root, 'uuid:lamp:5') == [('uuid:lamp:5', 'uuid:lamp:5')]
    assert found(root, 'uuid:lamp:4') == []


@pytest.mark.parametrize(
    'st',
    [
        'ssdp:all',
        f'{LIGHT}:1',
        pytest.param('uuid:Hub'),
    ],
)
def test_what_is_found_may_be_changed(hub: upnp.Device, st: str) -> None:
    directory = Directory(targetsOf(hub))
    before = list(directory.find(st))
    directory.find(st).clear()
    assert directory.find(st) == before


SEARCH = {'host': '239.255.255.250:1900', 'man': '"ssdp:discover"', 'mx': '2', 'st': 'ssdp:all'}


@pytest.mark.parametrize(
    ('changed', 'mx'),
    [
        *(({'mx': '1'}, 1), ({'mx': '5'}, 5), ({'mx': '6'}, 5), ({'mx': '120'}, 5), ({'mx': '9' * 5000}, 5)),
        *(({'mx': '0'}, 0), ({'mx': '03'}, 3), ({'host': 'anywhere'}, 2), ({'man': '"SSDP:Discover"'}, 2)),
        *(({'man': 'ssdp:discover'}, 2), ({'user-agent': 'a'}, 2)),
        pytest.param({'mx': '0' * 9 + '3'}, 3),
    ],
)
def test_a_multicast_search_is_taken(changed: dict[str, str], mx: int) -> None:
    """UDA 1.1 §1.3.2: an MX above 5 counts as 5."""
    assert Search.fromRequest('M-SEARCH', '*', {**SEARCH, **changed}, multicast=True) == Search('ssdp:all', mx)


@pytest.mark.parametrize('mx', ['', '5', '0', 'soon'])
def test_a_unicast_search_is_answered_at_once(mx: str) -> None:
    assert Search.fromRequest('M-SEARCH', '*', {**SEARCH, 'mx': mx}, multicast=False) == Search('ssdp:all', 0)


@pytest.mark.parametrize('multicast', [True, False])
@pytest.mark.parametrize(
    ('method', 'uri', 'changed'),
    [
        *(('NOTIFY', '*', {}), ('GET', '*', {}), ('m-search', '*', {}), ('M-SEARCH', '/', {}), ('M-SEARCH', '', {})),
        *(('M-SEARCH', '*', {'man': man}) for man in ('', '""', '"ssdp:all"', '"ssdp:discover" x', 'ssdp')),
        ('M-SEARCH', '*', {'st': ''}),
    ],
)
def test_what_is_no_search_is_ignored(method: str, uri: str, changed: dict[str, str], multicast: bool) -> None:
    assert Search.fromRequest(method, uri, {**SEARCH, **changed}, multicast=multicast) is None


@pytest.mark.parametrize('name', ['man', 'st'])
@pytest.mark.parametrize('multicast', [True, False])
def test_a_search_without_man_or_st_is_ignored(name: str, multicast: bool) -> None:
    headers = {known: value for known, value in SEARCH.items() if known != name}
    assert Search.fromRequest('M-SEARCH', '*', headers, multicast=multicast) is None


@pytest.mark.parametrize('mx', ['', '-1', '+1', '1.5', '1s', '٢', '²', '0x1', '1 2'])
def test_a_multicast_search_without_a_number_for_mx_is_ignored(mx: str) -> None:
    """UDA 1.1 §1.3.2."""
    assert Search.fromRequest('M-SEARCH', '*', {**SEARCH, 'mx': mx}, multicast=True) is None


def test_a_multicast_search_without_mx_is_ignored() -> None:
    headers = {name: value for name, value in SEARCH.items() if name != 'mx'}
    assert Search.fromRequest('M-SEARCH', '*', headers, multicast=True) is None


# Advertisement


def test_an_advertisement_finds_targets_and_devices(hub: upnp.Device) -> None:
    other = device('Other', f'{LIGHT}:1')
    advertisement = Advertisement([Root(hub, '/descr.xml', 1), Root(other, '/Other/descr.xml', 2)], 7)
    assert advertisement.bootId == 7
    assert list(advertisement.roots) == ['uuid:Hub', 'uuid:Other']
    assert list(advertisement.devices) == ['uuid:Hub', 'uuid:Lamp', 'uuid:Bulb', 'uuid:Other']
    assert advertisement.directory.targets == (*targetsOf(hub), *targetsOf(other))
    assert len(advertisement.directory.find('upnp:rootdevice')) == 2


@pytest.mark.parametrize(
    ('usn', 'nt'),
    [
        ('uuid:Hub', 'uuid:Hub'),
        ('UUID:hub', 'uuid:Hub'),
        ('uuid:hub::upnp:rootdevice', 'upnp:rootdevice'),
        (f'uuid:LAMP::{LIGHT}:2', f'{LIGHT}:2'),
    ],
)
def test_a_target_is_found_by_its_usn(hub: upnp.Device, usn: str, nt: str) -> None:
    target = Advertisement([Root(hub, '/', 1)]).target(usn)
    assert target is not None
    assert target.nt == nt


@pytest.mark.parametrize('usn', ['', 'Hub', 'uuid:x', 'uuid:Hub::', 'uuid:Lamp::upnp:rootdevice', 'upnp:rootdevice'])
def test_a_usn_of_others_is_not_found(hub: upnp.Device, usn: str) -> None:
    assert Advertisement([Root(hub, '/', 1)]).target(usn) is None


def test_an_advertisement_stays_as_it_was_when_the_device_changes(hub: upnp.Device) -> None:
    former = Advertisement([Root(hub, '/', 1)])
    hub.devices.clear()
    assert len(former.directory.targets) == 10
    assert Advertisement([Root(hub, '/', 1)]).content != former.content


def test_what_is_advertised_differs_with_documents_and_places_but_not_with_the_start(hub: upnp.Device) -> None:
    content = Advertisement([Root(hub, '/', 1)], 1).content
    assert Advertisement([Root(hub, '/', 1)], 2).content == content
    assert Advertisement([Root(hub, '/', 2)], 1).content != content
    assert Advertisement([Root(hub, '/a', 1)], 1).content != content
    assert Advertisement().content == ((), ())


def test_equal_wire_values_are_equal_objects() -> None:
    assert Target('a', 'b', 'c') == Target('a', 'b', 'c')
    assert Search('a', 1) == Search('a', 1)


def test_what_is_advertised_under_another_bootid_is_the_same(hub: upnp.Device) -> None:
    before = Advertisement([Root(hub, '/', 1)], 1)
    after = before.rebooted(2)
    assert (before.bootId, after.bootId) == (1, 2)
    assert after.content == before.content


def test_a_root_device_can_be_left_out_as_it_was_taken_down() -> None:
    first, second = (device(uuid, f'{LIGHT}:1', service(f'{SWITCH}:1')) for uuid in '12')
    both = Advertisement([Root(first, '/1', 1), Root(second, '/2', 2)], 3)
    second.services.clear()
    rest = both.without(first)
    assert list(rest.roots) == ['uuid:2']
    assert rest.devices == {'uuid:2': second}
    assert [target.usn for target in rest.directory.targets] == [
        target.usn for target in both.directory.targets if target.root == 'uuid:2'
    ]
    assert rest.bootId == 3
