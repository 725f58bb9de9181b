"""Types and their versions: UDA 1.1 §2.3, §2.5.5."""

import pytest

import upnp
from upnp.description.urn import includes, serviceIdOf, splitVersion, typeNoun

SWITCH = 'urn:schemas-upnp-org:service:SwitchPower'


@pytest.mark.parametrize(
    ('type_', 'expected'),
    [
        (f'{SWITCH}:1', (SWITCH, 1)),
        (f'{SWITCH}:12', (SWITCH, 12)),
        ('sadmin-fr:service:dummy', ('sadmin-fr:service:dummy', 0)),
        ('upnp:rootdevice', ('upnp:rootdevice', 0)),
        ('lamp', ('lamp', 0)),
        ('', ('', 0)),
        ('1', ('1', 0)),
        (':1', (':1', 0)),
        (f'{SWITCH}:', (f'{SWITCH}:', 0)),
        (f'{SWITCH}:0', (f'{SWITCH}:0', 0)),
        (f'{SWITCH}:01', (f'{SWITCH}:01', 0)),
        (f'{SWITCH}:+1', (f'{SWITCH}:+1', 0)),
        (f'{SWITCH}:1.0', (f'{SWITCH}:1.0', 0)),
        (f'{SWITCH}: 1', (f'{SWITCH}: 1', 0)),
        (f'{SWITCH}:\u0661', (f'{SWITCH}:\u0661', 0)),
        (f'{SWITCH}:\u00b2', (f'{SWITCH}:\u00b2', 0)),
        (f'{SWITCH}:999999999', (SWITCH, 999999999)),
        (f'{SWITCH}:{"9" * 10}', (f'{SWITCH}:{"9" * 10}', 0)),
        (f'{SWITCH}:{"9" * 10_000}', (f'{SWITCH}:{"9" * 10_000}', 0)),
    ],
)
def test_a_type_is_split_from_its_version_where_it_has_one(type_: str, expected: tuple[str, int]) -> None:
    assert splitVersion(type_) == expected


@pytest.mark.parametrize(
    ('own', 'asked', 'expected'),
    [
        (f'{SWITCH}:2', f'{SWITCH}:2', True),
        (f'{SWITCH}:2', f'{SWITCH}:1', True),
        (f'{SWITCH}:10', f'{SWITCH}:9', True),
        (f'{SWITCH}:2', f'{SWITCH}:3', False),
        (f'{SWITCH}:2', f'{SWITCH}:0', False),
        (f'{SWITCH}:2', SWITCH, False),
        (f'{SWITCH}:2', f'{SWITCH}:', False),
        (f'{SWITCH}:2', f'{SWITCH.upper()}:1', False),
        (f'{SWITCH}:2', 'urn:schemas-upnp-org:service:Dimming:1', False),
        ('sadmin-fr:service:dummy', 'sadmin-fr:service:dummy', True),
        ('sadmin-fr:service:dummy', 'sadmin-fr:service:dummy:1', False),
        (SWITCH, f'{SWITCH}:1', False),
        ('', '', True),
    ],
)
def test_a_type_includes_itself_and_its_lower_versions(own: str, asked: str, expected: bool) -> None:
    """UDA 1.1 §2.5.5: a later version is a superset of the former."""
    assert includes(own, asked) is expected


@pytest.mark.parametrize(
    ('type_', 'noun'),
    [
        (f'{SWITCH}:1', 'SwitchPower'),
        (SWITCH, 'SwitchPower'),
        ('oddType', 'oddType'),
        ('7', '7'),
        ('::', '::'),
        ('', ''),
    ],
)
def test_a_type_has_a_noun_of_its_own(type_: str, noun: str) -> None:
    assert typeNoun(type_) == noun


@pytest.mark.parametrize(
    ('elements', 'expected'),
    [
        ({'serviceType': f'{SWITCH}:1'}, 'urn:upnp-org:serviceId:SwitchPower'),
        ({'serviceType': 'urn:exemple-org:service:camera:1'}, 'urn:exemple-org:serviceId:camera'),
        ({'serviceType': 'dummy'}, 'urn:upnp-org:serviceId:dummy'),
        ({'serviceType': f'{SWITCH}:1', 'serviceId': 'mine'}, 'mine'),
    ],
)
def test_a_service_has_an_id_of_its_own_or_one_made_of_its_type(elements: dict[str, str], expected: str) -> None:
    """UDA 1.1 §2.3."""
    assert serviceIdOf(upnp.Service(elements)) == expected
