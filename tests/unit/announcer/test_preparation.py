"""UUIDs that are derived: the same for ever, and nothing of the machine in them."""

from uuid import UUID

import pytest

import upnp
from upnp.announcer.preparation import settleUuids
from upnp.description.checks import checkUuids

LIGHT = 'urn:schemas-upnp-org:device:BinaryLight:1'


def machine() -> str:
    """A machine's identity."""
    return 'machine-id:0123456789abcdef'


def refused() -> str:
    """An identity that nobody may ask for."""
    raise AssertionError('asked for the identity')


def lamp(*inner: upnp.Device, **elements: object) -> upnp.Device:
    """A device without a UUID, unless given."""
    return upnp.Device({'deviceType': LIGHT, 'friendlyName': 'Lamp', 'devices': inner, **elements})


def settled(device: upnp.Device, identity: str = machine()) -> list[str | None]:
    """The UUIDs of a tree after they were settled."""
    settleUuids(device, lambda: identity)
    return [one.uuid for one in device.family()]


def test_a_uuid_is_derived_and_stays_the_same_for_ever() -> None:
    """UDA 1.1 §1.1.4; should this number ever change, every device changes its identity."""
    assert settled(lamp(lamp())) == ['4a41f6a0-c4b5-5a2b-aaad-cc48b6ff9dbe', 'e0be2b64-e2c0-5dc0-a9fe-ffe74ece4fd9']


def test_a_derived_uuid_has_the_form_of_uda() -> None:
    (text,) = settled(lamp())
    assert str(UUID(text)) == text
    assert UUID(text).version == 5


def test_a_derived_uuid_shows_nothing_of_the_machine() -> None:
    (text,) = settled(lamp(), '0123456789abcdef')
    digits = str(text).replace('-', '')
    assert not {digits[index : index + 4] for index in range(29)} & {'0123', '4567', '89ab', 'cdef'}


@pytest.mark.parametrize(
    ('device', 'identity'),
    [
        (lamp(), 'machine-id:other'),
        (lamp(friendlyName='Other'), machine()),
        (lamp(deviceType='urn:other:device:BinaryLight:1'), machine()),
        (lamp(friendlyName=None), machine()),
    ],
)
def test_another_machine_type_or_name_gives_another_uuid(device: upnp.Device, identity: str) -> None:
    assert settled(device, identity) != settled(lamp())


def test_what_was_derived_is_returned_and_what_was_given_stays() -> None:
    given, inner = lamp(uuid='inner'), lamp()
    root = lamp(given, inner, uuid='root')
    assert settleUuids(root, refused) == [inner]
    assert (root.uuid, given.uuid) == ('root', 'inner')
    assert settleUuids(root, refused) == []


def test_embedded_devices_follow_their_root_and_their_place() -> None:
    first, second = settled(lamp(lamp(), lamp(lamp()), uuid='a')), settled(lamp(lamp(), lamp(lamp()), uuid='b'))
    assert len({*first, *second}) == 8
    assert settled(lamp(lamp(friendlyName='x'), uuid='a'))[1] == first[1]


def test_a_device_that_is_put_before_others_later_gets_a_uuid_of_its_own() -> None:
    root = lamp(lamp(), lamp())
    before = settled(root)
    root.devices[0].addDevice(lamp())
    assert [settled(root)[0], settled(root)[1], settled(root)[3]] == before
    checkUuids([root])


# The machine, played by files
