"""The root devices of one announcer."""

import pytest

import upnp
from upnp.announcer.rootdevices import Roots, bootIdAt, checkedDevice

TYPE = 'urn:example-org:device:lamp:1'


def lamp(name: str = 'Lamp', uuid: str | None = None) -> upnp.Device:
    """A device with a service."""
    service = {'serviceType': 'urn:example-org:service:lamp:1', 'stateVariables': [{'name': 'On', 'sendEvents': True}]}
    return upnp.Device(deviceType=TYPE, friendlyName=name, uuid=uuid, services=[service])


class Told:
    """What was told."""

    def __init__(self, main: upnp.Device, bootId: int | None = None) -> None:
        self.changes = 0
        self.values: list[object] = []
        self.roots = Roots(main, self.change, lambda service, variable: self.values.append(variable), bootId)

    def change(self) -> None:
        """Count a change."""
        self.changes += 1


def test_the_device_it_was_made_for_is_the_first() -> None:
    main, second = lamp(), lamp('Second')
    roots = Told(main).roots
    roots.add(second)
    assert roots.main is main
    assert [one is other for one, other in zip(roots.devices, (main, second), strict=True)] == [True, True]
    assert roots.names == 'Lamp, Second'


def test_the_services_are_those_of_every_device_embedded_ones_too() -> None:
    main, second = lamp(), lamp('Second')
    main.addDevice(lamp('Inner'))
    roots = Told(main).roots
    roots.add(second)
    assert [id(one) for one in roots.services] == [id(device.services[0]) for device in (main, main.devices[0], second)]


@pytest.mark.parametrize('value', [None, 'Lamp', {'deviceType': TYPE}, upnp.Service()])
def test_only_a_device_can_be_one(value: object) -> None:
    with pytest.raises(TypeError, match=r'an upnp\.Device is wanted'):
        checkedDevice(value)  # type: ignore[arg-type]


def test_an_embedded_device_is_none() -> None:
    main = lamp()
    main.addDevice(lamp('Inner'))
    with pytest.raises(upnp.DescriptionError, match='is embedded in another device'):
        Told(main.devices[0])


def test_one_that_cannot_be_announced_is_not_added() -> None:
    roots = Told(lamp()).roots
    with pytest.raises(upnp.DescriptionError, match='deviceType is missing'):
        roots.add(upnp.Device())
    assert len(roots.devices) == 1


def test_each_is_there_once_and_has_a_uuid_of_its_own() -> None:
    main = lamp(uuid='a')
    roots = Told(main).roots
    roots.add(lamp())
    with pytest.raises(upnp.DescriptionError, match='is announced here already'):
        roots.add(main)
    with pytest.raises(upnp.DescriptionError, match="has the uuid 'A' of"):
        roots.add(lamp(uuid='A'))
    roots.add(lamp(uuid='b'))
    assert [root.uuid for root in roots.devices] == ['a', None, 'b']


def test_one_that_is_not_there_cannot_be_removed() -> None:
    roots = Told(lamp()).roots
    with pytest.raises(ValueError, match='is not announced here'):
        roots.remove(lamp())


def test_an_equal_one_is_another() -> None:
    main, second = lamp(), lamp()
    roots = Told(main).roots
    roots.add(second)
    roots.remove(main)
    assert roots.devices[0] is second


def test_changes_are_told_while_they_are_watched_of_those_that_come_too() -> None:
    main, second = lamp(), lamp('Second')
    told = Told(main)
    main.friendlyName = 'Before'
    told.roots.watch()
    told.roots.watch()
    told.roots.add(second)
    main.friendlyName = second.friendlyName = 'Now'
    variable = second.services[0].stateVariables['On']
    variable.value = 'yes'
    assert (told.changes, told.values) == (2, [variable])
    told.roots.remove(second)
    second.friendlyName = 'Away'
    variable.value = 'no'
    told.roots.unwatch()
    told.roots.unwatch()
    main.friendlyName = 'After'
    told.roots.add(second)
    second.friendlyName = 'Unheard'
    assert (told.changes, len(told.values)) == (2, 1)


def test_a_boot_id_is_greater_than_any_before() -> None:
    """UDA 1.1 §1.2.2."""
    main, second = lamp(), lamp('Second')
    second.boot(2_000_000_000)
    roots = Told(main).roots
    first = roots.nextBootId(1_800_000_000)
    assert main.bootId == first
    roots.add(second)
    assert roots.nextBootId(1_800_000_000) == 2_000_000_001
    assert (main.bootId, second.bootId) == (2_000_000_001, 2_000_000_001)


def test_firmware_may_count_by_itself() -> None:
    roots = Told(lamp(), bootId=7).roots
    assert [roots.nextBootId(0), roots.nextBootId(0)] == [7, 8]


YEAR_2027 = 1798761600.0
YEAR_2030 = 1893456000.0
YEAR_2050 = 2524608000.0


@pytest.mark.parametrize(
    ('wallTime', 'bootId'),
    [(YEAR_2027, 315360000), (YEAR_2027 + 0.15, 315360001), (YEAR_2027 + 60, 315360600), (YEAR_2030, 1262304000)],
)
def test_bootid_counts_tenths_of_a_second_since_2026(wallTime: float, bootId: int) -> None:
    assert bootIdAt(wallTime) == bootId
    assert bootIdAt(wallTime, 315300000) == bootId


@pytest.mark.parametrize(
    'wallTime',
    [
        *(0.0, 5.0, 1e9, 1.7e9, YEAR_2027, YEAR_2030),
        pytest.param(YEAR_2050),
    ],
)
def test_bootid_has_31_bits_and_grows_with_every_start(wallTime: float) -> None:
    """UDA 1.1 §1.2.2: also at once, and when the clock was set back."""
    first = bootIdAt(wallTime)
    second = bootIdAt(wallTime, first)
    third = bootIdAt(max(wallTime - 60, 0), second)
    assert 0 < first < second < third < 2**31


def test_a_clock_that_was_never_set_gives_growing_numbers_smaller_than_later_ones() -> None:
    numbers = [bootIdAt(1000.0), bootIdAt(1010.0), bootIdAt(YEAR_2027)]
    assert numbers == sorted(set(numbers))
