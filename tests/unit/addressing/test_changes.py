"""When a device follows its addresses."""

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from upnp.addressing.changes import (
    CALM_SECONDS,
    MAX_LOSSES,
    MAX_SETTLE_SECONDS,
    SETTLE_SECONDS,
    Departure,
    Place,
    Presence,
    Renewal,
    place,
)
from upnp.addressing.interfaces import DEPRECATED, NO_CARRIER, Choice, Found, Interface, Wish, chooseInterfaces
from upnp.announcer.rootdevices import bootIdAt, nextBootId

ETH0 = Interface('eth0', 2, '192.168.1.20', 24)
ETH0_NEW = Interface('eth0', 2, '192.168.1.50', 24)
ETH0_OTHER = Interface('eth0', 2, '10.1.0.20', 16, isPrimary=False)
ETH0_LINK = Interface('eth0', 2, 'fe80::20', 64)
ETH0_WIDE = Interface('eth0', 2, '2001:db8::20', 64)
WLAN0 = Interface('wlan0', 3, '10.0.0.7', 8)
PROMOTED = ETH0_OTHER._replace(isPrimary=True)
DEMOTED = ETH0._replace(isPrimary=False)
LOOPBACK = Interface('lo', 1, '127.0.0.1', 8)


def flap(presence: Presence, times: int, now: float, *others: Interface) -> float:
    """Have an address come and go twice a second; return when it went last."""
    for _ in range(times):
        presence.observe((*others, ETH0), (), now)
        presence.observe(others, (), now + 0.25)
        now += 0.5
    return now - 0.25


# What comes


def test_what_a_device_starts_with_is_in_use() -> None:
    presence = Presence([ETH0, WLAN0])
    assert (presence.inUse, presence.due, presence.settle(9.0)) == ((ETH0, WLAN0), None, None)
    assert presence.observe([ETH0, WLAN0], [], 9.0) is None
    assert (presence.due, presence.settle(99.0)) == (None, None)


def test_started_before_there_is_a_network_it_is_announced_soon_after_the_first_address() -> None:
    presence = Presence()
    assert (presence.observe([], [], 0.0), presence.due) == (None, None)
    assert (presence.observe([ETH0], [], 10.0), presence.inUse, presence.due) == (None, (), 10.25)
    assert (presence.settle(10.0), presence.settle(10.2499)) == (None, None)
    assert presence.settle(10.25) == Renewal((), (), (ETH0,), ())
    assert (presence.inUse, presence.due, presence.settle(99.0)) == ((ETH0,), None, None)
    assert SETTLE_SECONDS < 1.0


def test_addresses_that_come_one_after_another_are_announced_together() -> None:
    presence = Presence([WLAN0])
    presence.observe([WLAN0, ETH0], [], 0.0)
    presence.observe([WLAN0, ETH0, ETH0_LINK], [], 0.2)
    assert (presence.due, presence.settle(0.2)) == (SETTLE_SECONDS, None)
    assert presence.settle(SETTLE_SECONDS) == Renewal((WLAN0,), (), (ETH0, ETH0_LINK), ())


def test_what_is_known_already_postpones_nothing() -> None:
    presence = Presence()
    for now in (0.0, 0.1, 0.2):
        presence.observe([ETH0], [WLAN0], now)
    assert presence.due == SETTLE_SECONDS


def test_the_order_of_the_addresses_is_no_change() -> None:
    presence = Presence([ETH0, WLAN0])
    assert presence.observe([WLAN0, ETH0], [], 0.0) is None
    assert presence.due is None


# What goes


@pytest.mark.parametrize(
    ('inUse', 'chosen', 'there', 'left', 'audible'),
    [
        ([ETH0], [], [], [ETH0], []),
        ([ETH0], [], [ETH0], [ETH0], [ETH0]),
        ([ETH0, WLAN0], [WLAN0], [], [ETH0], []),
        ([ETH0, WLAN0], [WLAN0], [ETH0], [ETH0], [ETH0]),
        ([ETH0, WLAN0], [], [WLAN0], [ETH0, WLAN0], [WLAN0]),
        ([ETH0], [ETH0_NEW], [ETH0], [ETH0], []),
        ([ETH0], [PROMOTED], [ETH0], [ETH0], []),
        ([ETH0, ETH0_OTHER], [ETH0], [ETH0_OTHER], [ETH0_OTHER], []),
        ([ETH0, ETH0_OTHER], [PROMOTED], [], [ETH0], []),
        ([ETH0, ETH0_OTHER], [PROMOTED], [ETH0], [ETH0], []),
        ([ETH0, ETH0_LINK], [ETH0_LINK], [ETH0], [ETH0], [ETH0]),
        ([ETH0_WIDE, ETH0_LINK], [ETH0_LINK], [ETH0_WIDE], [ETH0_WIDE], [ETH0_WIDE]),
        ([ETH0], [], [ETH0._replace(isPrimary=False)], [ETH0], [ETH0]),
        ([ETH0], [], [ETH0._replace(name='lan0')], [ETH0], [ETH0]),
        ([ETH0], [], [ETH0._replace(number=7)], [ETH0], []),
    ],
)
def test_what_goes_is_left_at_once_with_a_byebye_where_it_is_heard_and_needed(
    inUse: list[Interface],
    chosen: list[Interface],
    there: list[Interface],
    left: list[Interface],
    audible: list[Interface],
) -> None:
    """UDA 1.1 §1.2.3: on the interface that goes; not where the device is still to be seen."""
    presence = Presence(inUse)
    assert presence.observe(chosen, there, 0.0) == Departure(tuple(left), tuple(audible))
    assert presence.inUse == tuple(one for one in inUse if one not in left)
    assert presence.observe(chosen, there, 1.0) is None


def test_what_goes_alone_gives_no_new_announcement() -> None:
    """UDA 1.1 §1.2.2: BOOTID grows when an address comes."""
    presence = Presence([ETH0, WLAN0])
    presence.observe([WLAN0], [], 0.0)
    assert (presence.due, presence.settle(99.0)) == (None, None)


def test_an_address_that_is_replaced_is_left_at_once_and_followed_within_2_seconds() -> None:
    """UDA 1.1 §1.2.4: an update on those that stayed."""
    presence = Presence([ETH0, WLAN0])
    assert presence.observe([ETH0_NEW, WLAN0], [], 0.0) == Departure((ETH0,), ())
    assert presence.due == 0.5
    assert presence.settle(0.5) == Renewal((WLAN0,), (), (ETH0_NEW,), (ETH0,))
    assert presence.inUse == (ETH0_NEW, WLAN0)


def test_what_comes_back_is_announced_and_not_lost() -> None:
    presence = Presence([ETH0, WLAN0])
    presence.observe([WLAN0], [], 0.0)
    presence.observe([ETH0, WLAN0], [], 0.1)
    assert presence.settle(1.0) == Renewal((WLAN0,), (), (ETH0,), ())


def test_a_loss_is_told_with_the_next_announcement_and_once() -> None:
    presence = Presence([ETH0, WLAN0])
    presence.observe([ETH0], [], 0.0)
    presence.observe([ETH0, ETH0_LINK], [], 900.0)
    assert presence.settle(999.0) == Renewal((ETH0,), (), (ETH0_LINK,), (WLAN0,))
    presence.observe([ETH0, ETH0_LINK, ETH0_WIDE], [], 1900.0)
    assert presence.settle(1999.0) == Renewal((ETH0, ETH0_LINK), (), (ETH0_WIDE,), ())


def test_what_goes_before_it_is_announced_was_never_there() -> None:
    presence = Presence([WLAN0])
    presence.observe([WLAN0, ETH0], [], 0.0)
    assert presence.observe([WLAN0], [ETH0], 0.1) is None
    assert (presence.due, presence.settle(99.0)) == (None, None)
    presence.observe([WLAN0, ETH0_LINK], [], 100.0)
    assert presence.settle(199.0) == Renewal((WLAN0,), (), (ETH0_LINK,), ())


# Ranks and names


def test_an_address_of_another_rank_stays_in_use_until_it_is_announced_again() -> None:
    """It is neither left nor lost, and nothing flaps."""
    presence = Presence([ETH0, ETH0_OTHER])
    assert presence.observe([PROMOTED, DEMOTED], [], 0.0) is None
    assert (presence.inUse, presence.due) == ((ETH0, ETH0_OTHER), SETTLE_SECONDS)
    assert presence.settle(0.25) == Renewal((), (ETH0, ETH0_OTHER), (PROMOTED, DEMOTED), ())
    assert (presence.inUse, presence.due) == ((PROMOTED, DEMOTED), None)


def test_an_address_that_has_its_rank_again_has_nothing_to_announce() -> None:
    presence = Presence([ETH0, ETH0_OTHER])
    presence.observe([PROMOTED, DEMOTED], [], 0.0)
    assert presence.observe([ETH0, ETH0_OTHER], [], 0.1) is None
    assert (presence.inUse, presence.due) == ((ETH0, ETH0_OTHER), None)


def test_an_address_whose_neighbour_goes_takes_its_rank_and_stays_in_use() -> None:
    presence = Presence([ETH0, ETH0_OTHER, WLAN0])
    assert presence.observe([PROMOTED, WLAN0], [], 0.0) == Departure((ETH0,), ())
    assert (presence.inUse, presence.due) == ((ETH0_OTHER, WLAN0), 0.5)
    assert presence.settle(0.5) == Renewal((WLAN0,), (ETH0_OTHER,), (PROMOTED,), (ETH0,))
    assert presence.inUse == (PROMOTED, WLAN0)


def test_an_address_that_goes_before_its_new_rank_is_announced_is_left_under_the_old_one() -> None:
    presence = Presence([ETH0, ETH0_OTHER])
    presence.observe([PROMOTED, DEMOTED], [], 0.0)
    assert presence.observe([PROMOTED], [ETH0], 0.1) == Departure((ETH0,), ())
    assert presence.settle(1.0) == Renewal((), (ETH0_OTHER,), (PROMOTED,), (ETH0,))


def test_an_address_whose_new_rank_still_waits_stays_in_use_when_another_is_announced() -> None:
    presence = Presence([ETH0, ETH0_OTHER])
    for now in (0.0, 0.25):
        presence.observe([ETH0, ETH0_OTHER, ETH0_LINK], [], now)
        presence.observe([ETH0, ETH0_OTHER], [], now + 0.125)
    presence.observe([WLAN0, PROMOTED, DEMOTED], [], 1.0)
    assert presence.settle(1.25) == Renewal((ETH0, ETH0_OTHER), (), (WLAN0,), ())
    assert (presence.inUse, presence.due) == ((WLAN0, ETH0_OTHER, ETH0), 2.0)
    assert presence.settle(2.0) == Renewal((WLAN0,), (ETH0_OTHER, ETH0), (PROMOTED, DEMOTED), ())
    assert presence.inUse == (WLAN0, PROMOTED, DEMOTED)


def test_an_address_that_waits_waits_no_longer_as_its_rank_changes() -> None:
    """Its neighbour flaps, and takes the rank or leaves it."""
    presence = Presence()
    presence.observe([PROMOTED], [], 0.0)
    for n in range(20):
        presence.observe([ETH0, ETH0_OTHER], [], n / 100)
        presence.observe([PROMOTED], [], n / 100 + 0.005)
    assert presence.due == SETTLE_SECONDS
    assert presence.settle(0.25) == Renewal((), (), (PROMOTED,), ())


def test_a_renamed_interface_has_lost_nothing() -> None:
    presence = Presence([ETH0])
    assert presence.observe([ETH0._replace(name='lan0')], [], 0.0) is None
    assert presence.inUse == (ETH0,)
    assert presence.settle(0.25) == Renewal((), (ETH0,), (ETH0._replace(name='lan0'),), ())


@pytest.mark.parametrize(
    ('other', 'isSame'),
    [
        *((ETH0._replace(isPrimary=False), True), (ETH0._replace(prefix=16), True), (ETH0._replace(name='lan0'), True)),
        *((ETH0_NEW, False), (ETH0._replace(number=3), False), (ETH0._replace(number=0), False)),
    ],
)
def test_the_place_of_an_address_is_its_number_and_itself(other: Interface, isSame: bool) -> None:
    assert (place(ETH0) == place(other)) == isSame


def test_where_interfaces_have_no_numbers_their_names_tell_them_apart() -> None:
    one, other = ETH0._replace(number=0), ETH0._replace(number=0, name='eth1')
    presence = Presence([one, other])
    assert presence.observe([other], [other], 0.0) == Departure((one,), ())


# What flaps


@pytest.mark.parametrize(('times', 'seconds'), [(0, 0.25), (1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 5.0), (99, 5.0)])
def test_each_time_that_an_address_went_doubles_the_wait(times: int, seconds: float) -> None:
    presence = Presence()
    now = flap(presence, times, 0.0)
    presence.observe([ETH0], [], now + 1.0)
    assert presence.due == now + 1.0 + seconds
    assert (seconds == MAX_SETTLE_SECONDS) == (times >= MAX_LOSSES)


@pytest.mark.parametrize(('rest', 'waits'), [(CALM_SECONDS - 1.0, (5.0, 5.0)), (CALM_SECONDS, (0.25, 0.5))])
def test_when_it_was_calm_for_long_nothing_counts_as_flapping(rest: float, waits: tuple[float, float]) -> None:
    comes, goes = Presence([WLAN0]), Presence([WLAN0, ETH0_LINK])
    now = flap(comes, 99, 0.0, WLAN0) + rest
    flap(goes, 99, 0.0, WLAN0, ETH0_LINK)
    comes.observe([WLAN0, ETH0], [], now)
    goes.observe([WLAN0, ETH0], [], now)
    assert (comes.due, goes.due) == tuple(now + wait for wait in waits)


def test_while_something_flaps_nothing_is_announced_and_afterwards_once() -> None:
    presence = Presence([ETH0, WLAN0])
    for n in range(20):
        now = n / 2
        assert presence.observe([WLAN0], [], now) == (None if n else Departure((ETH0,), ()))
        assert presence.settle(now + 0.25) is None
        assert presence.observe([ETH0, WLAN0], [], now + 0.25) is None
        assert presence.settle(now + 0.499) is None
    assert presence.due == 9.75 + MAX_SETTLE_SECONDS
    assert presence.settle(14.75) == Renewal((WLAN0,), (), (ETH0,), ())


@pytest.mark.parametrize('rest', [1.0, CALM_SECONDS])
def test_a_sleep_counts_what_flapped_of_late_and_nothing_before(rest: float) -> None:
    presence = Presence([ETH0_LINK])
    now = flap(presence, 99, 0.0, ETH0_LINK) + rest
    presence.restart(now)
    assert presence.due == now + (SETTLE_SECONDS if rest >= CALM_SECONDS else MAX_SETTLE_SECONDS)


def test_each_interface_flaps_by_itself() -> None:
    """The one that went twice waits long, the one that went once less, and one that never went not at all."""
    usb0 = Interface('usb0', 4, '172.16.0.7', 16)
    presence = Presence([ETH0, WLAN0])
    presence.observe([WLAN0], [], 0.0)
    presence.observe([ETH0, WLAN0], [], 0.125)
    presence.observe([], [], 0.25)
    presence.observe([ETH0, WLAN0, usb0], [], 1.0)
    assert presence.settle(1.25) == Renewal((), (), (WLAN0, usb0), ())
    assert (presence.inUse, presence.due) == ((WLAN0, usb0), 2.0)
    assert presence.settle(2.0) == Renewal((WLAN0, usb0), (), (ETH0,), ())


def test_what_is_there_but_still_waits_is_lost_only_when_it_goes_again() -> None:
    presence = Presence([ETH0])
    now = flap(presence, 5, 0.0, ETH0_LINK) + 0.25
    presence.observe([ETH0, WLAN0], [], now)
    assert presence.settle(now + 0.25) == Renewal((), (), (WLAN0,), ())
    assert presence.observe([WLAN0], [], now + 1.0) is None
    presence.observe([WLAN0, ETH0_LINK], [], 1000.0)
    assert presence.settle(1000.25) == Renewal((WLAN0,), (), (ETH0_LINK,), (ETH0,))


def test_what_is_announced_after_another_is_not_lost() -> None:
    presence = Presence([ETH0])
    now = flap(presence, 5, 0.0) + 0.25
    presence.observe([ETH0, WLAN0], [], now)
    presence.settle(now + 0.25)
    assert presence.settle(now + MAX_SETTLE_SECONDS) == Renewal((WLAN0,), (), (ETH0,), ())
    presence.observe([WLAN0, ETH0, ETH0_LINK], [], 1000.0)
    assert presence.settle(1000.25) == Renewal((ETH0, WLAN0), (), (ETH0_LINK,), ())


def test_what_is_about_to_be_announced_comes_with_the_rest_and_what_is_later_does_not() -> None:
    presence = Presence()
    presence.observe([WLAN0], [], 0.0)
    presence.observe([WLAN0, ETH0], [], 0.25)
    presence.observe([WLAN0, ETH0, ETH0_LINK], [], 0.375)
    assert presence.settle(0.25) == Renewal((), (), (WLAN0, ETH0), ())
    assert presence.due == 0.625


def test_an_address_that_stays_does_not_wait_for_one_that_flaps() -> None:
    presence = Presence()
    flap(presence, 40, 0.0, WLAN0)
    assert presence.due == SETTLE_SECONDS
    assert presence.settle(20.0) == Renewal((), (), (WLAN0,), ())


def test_another_interface_does_not_wait_for_one_that_flaps_nor_hastens_it() -> None:
    presence = Presence()
    now = flap(presence, 40, 0.0) + 0.25
    presence.observe([ETH0, WLAN0], [], now)
    assert presence.settle(now + SETTLE_SECONDS) == Renewal((), (), (WLAN0,), ())
    assert presence.due == now + MAX_SETTLE_SECONDS


def test_interfaces_that_are_gone_for_good_are_not_remembered() -> None:
    """Those of containers have another name each time."""
    presence = Presence()
    for n in range(100):
        presence.observe([Interface(f'veth{n}', n + 9, '172.17.0.1', 16)], [], n * CALM_SECONDS)
    assert len(presence._losses) == 1


# Loopback, where there is nothing else


def test_a_real_network_after_loopback_waits_for_nothing_that_loopback_did() -> None:
    presence = Presence([LOOPBACK])
    assert presence.observe([ETH0], [LOOPBACK], 10.0) == Departure((LOOPBACK,), (LOOPBACK,))
    assert presence.due == 10.0 + SETTLE_SECONDS
    assert presence.settle(10.25) == Renewal((), (), (ETH0,), (LOOPBACK,))


def test_an_address_that_is_replaced_by_way_of_loopback_is_followed_within_2_seconds_each_time() -> None:
    """The address is flushed, loopback stands in for it, and is announced or not; then the new one comes."""
    presence = Presence([ETH0])
    for n, away in enumerate((0.125, 0.5, 1.0)):
        now, former, new = n * 60.0, *((ETH0_NEW, ETH0) if n % 2 else (ETH0, ETH0_NEW))
        assert presence.observe([LOOPBACK], [], now) == Departure((former,), ())
        presence.settle(now + away)
        presence.observe([new], [LOOPBACK], now + away)
        assert presence.settle(now + away + 0.5) is not None
        assert (presence.inUse, presence.due) == ((new,), None)


def test_loopback_is_not_announced_while_the_only_network_flaps() -> None:
    presence = Presence([ETH0])
    for n in range(20):
        presence.observe([LOOPBACK], [], n / 2)
        assert presence.settle(n / 2 + 0.375) is None
        presence.observe([ETH0], [LOOPBACK], n / 2 + 0.375)
        assert presence.settle(n / 2 + 0.499) is None
    assert presence.settle(9.875 + MAX_SETTLE_SECONDS) == Renewal((), (), (ETH0,), ())
    assert presence.due is None


# After a sleep


def test_after_a_sleep_everything_is_announced_anew_and_no_byebye_is_sent() -> None:
    presence = Presence([ETH0, WLAN0])
    assert presence.restart(5.0) == Departure((ETH0, WLAN0), ())
    assert (presence.inUse, presence.due) == ((), 5.25)
    assert presence.settle(5.25) == Renewal((), (), (ETH0, WLAN0), ())


def test_what_is_gone_after_a_sleep_is_lost() -> None:
    presence = Presence([ETH0, WLAN0])
    presence.restart(5.0)
    assert presence.observe([ETH0], [WLAN0], 5.1) is None
    assert presence.settle(9.0) == Renewal((), (), (ETH0,), (WLAN0,))


def test_a_second_sleep_leaves_nothing_and_postpones_nothing() -> None:
    presence = Presence([ETH0])
    presence.restart(5.0)
    assert (presence.restart(5.1), presence.due) == (None, 5.25)


def test_a_sleep_without_a_network_or_before_the_first_announcement_changes_nothing() -> None:
    presence = Presence()
    assert (presence.restart(0.0), presence.due) == (None, None)
    presence.observe([ETH0], [], 1.0)
    assert (presence.restart(1.1), presence.due) == (None, 1.25)


def test_after_a_sleep_what_waited_is_announced_with_the_rest() -> None:
    presence = Presence([ETH0])
    presence.observe([ETH0, WLAN0], [], 0.0)
    presence.restart(0.2)
    assert presence.due == SETTLE_SECONDS
    assert presence.settle(0.25) == Renewal((), (), (ETH0, WLAN0), ())


# Whatever happens


ADDRESSES = (ETH0, ETH0_NEW, PROMOTED, ETH0_LINK, ETH0_WIDE, WLAN0, Interface('wlan0', 3, 'fe80::7', 64))
TICK = 0.25  # times are whole ticks, which add up exactly
STARTED_AT = 1_800_000_000.0  # seconds since 1970
PICK = st.integers(0, len(ADDRESSES) - 1)


class Announcing(RuleBasedStateMachine):
    """Links and addresses come, go, flap and change rank, while an announcer does what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.wallTime = STARTED_AT
        self.found: list[Found] = [(LOOPBACK, '')]
        self.choice = Choice()
        self.presence = Presence()
        self.endpoints: list[Interface] = []
        self.bootId = bootIdAt(self.wallTime)
        self.gone: set[Interface] = set()  # since the last announcement
        self.missing: dict[Place, float] = {}  # to be used, but not yet, or not in this rank: until when at most
        self.lostAt: dict[str, float] = {}  # by the interface's name
        self.renewals = 0
        self.look()

    @rule(pick=PICK, position=st.integers(0, 3))
    def come(self, pick: int, position: int) -> None:
        """Get an address, before or after others."""
        self.found = [one for one in self.found if one[0] != ADDRESSES[pick]]
        self.found.insert(position, (ADDRESSES[pick], ''))
        self.look()

    @rule(pick=PICK)
    def go(self, pick: int) -> None:
        """Lose an address."""
        self.found = [one for one in self.found if one[0] != ADDRESSES[pick]]
        self.look()

    @rule(name=st.sampled_from(['eth0', 'wlan0']), hindrance=st.sampled_from(['', NO_CARRIER]))
    def plug(self, name: str, hindrance: str) -> None:
        """Plug a cable in, or pull it."""
        self.found = [(one, hindrance if one.name == name else former) for one, former in self.found]
        self.look()

    @rule(pick=PICK)
    def age(self, pick: int) -> None:
        """Let an address be deprecated, by which can still be sent."""
        self.found = [(one, DEPRECATED if one == ADDRESSES[pick] else former) for one, former in self.found]
        self.look()

    @rule(number=st.integers(0, 2))
    def turn(self, number: int) -> None:
        """Change the order of the addresses, and with it their ranks."""
        self.found = [*self.found[number:], *self.found[:number]]
        self.look()

    @rule()
    def replaceAll(self) -> None:
        """Get another address for each, at once."""
        self.found = [(one, '') for one in ADDRESSES if (one, '') not in self.found]
        self.look()

    @rule(seconds=st.sampled_from([0.0, 3600.0]))
    def sleep(self, seconds: float) -> None:
        """Sleep, of which the monotonic clock may know nothing."""
        self.wallTime += seconds
        self.depart(self.presence.restart(self.now), isAsleep=True)
        self.note()

    @rule(seconds=st.sampled_from([-1e9, -3600.0, -1.0, 1.0, 3600.0]))
    def setClock(self, seconds: float) -> None:
        """Set the wall clock."""
        self.wallTime = max(0.0, self.wallTime + seconds)

    @rule(ticks=st.sampled_from([1, 2, 4, 20, 121]))
    def wait(self, ticks: int) -> None:
        """Let time pass."""
        self.advance(ticks * TICK)

    @rule(pick=PICK)
    def comeInACalm(self, pick: int) -> None:
        """Get an address when nothing went for long."""
        self.advance(CALM_SECONDS + SETTLE_SECONDS)
        self.come(pick, len(self.found))
        self.advance(SETTLE_SECONDS)

    @precondition(lambda self: self.choice.chosen)
    @rule(pick=PICK, isLink=st.booleans(), times=st.sampled_from([2, 20]))
    def flap(self, pick: int, isLink: bool, times: int) -> None:
        """Lose an address or a link twice a second; when all else is announced, it is announced once, in the end."""
        all_, renewals, isSettled = self.found, self.renewals, not self.missing
        one = self.choice.chosen[pick % len(self.choice.chosen)]
        rest = [it for it in all_ if not (it[0].name == one.name if isLink else place(it[0]) == place(one))]
        for found in (rest, all_) * times:
            self.advance(TICK)
            self.missesNothingForLong()
            assert self.renewals == renewals or not isSettled
            self.found = found
            self.look()
        self.advance(MAX_SETTLE_SECONDS)
        assert self.renewals == renewals + 1 or not isSettled

    @invariant()
    def advertisesOnlyWhatIsThere(self) -> None:
        """Check that every endpoint has an address of this machine, and none the same as another."""
        assert sorted(self.endpoints) == sorted(self.presence.inUse)
        assert placesOf(self.endpoints) <= placesOf(self.choice.chosen)
        assert len(placesOf(self.endpoints)) == len(self.endpoints)

    @invariant()
    def missesNothingForLong(self) -> None:
        """Check that what stays is announced in time, and soon where its interface lost nothing for long."""
        assert all(self.now < latest for latest in self.missing.values())

    @invariant()
    def wakesOnlyForSomething(self) -> None:
        """Check that there is a time to look again if something waits, only then, and that before it is too early."""
        due = self.presence.due
        assert (due is not None) == bool(self.missing)
        if due is not None:
            assert self.now < due <= min(self.missing.values())
            assert self.presence.settle(self.now) is None

    def teardown(self) -> None:
        """Let all come to rest."""
        self.advance(MAX_SETTLE_SECONDS)
        assert set(self.endpoints) == set(self.choice.chosen)
        assert not self.missing

    def look(self) -> None:
        """Have the machine's addresses observed."""
        former, self.choice = self.choice, chooseInterfaces(self.found, Wish())
        places = placesOf(self.choice.chosen)
        self.lostAt |= {one.name: self.now for one in former.chosen if place(one) not in places}
        there = [one for one, reason in self.choice.skipped if reason != NO_CARRIER]
        self.depart(self.presence.observe(self.choice.chosen, there, self.now), there)
        self.note()

    def note(self) -> None:
        """Note what is to be announced, and by when: another rank, or another interface, makes it no later."""
        waiting = [one for one in self.choice.chosen if one not in self.endpoints]
        self.missing = {place(one): self.missing.get(place(one), self.latest(one)) for one in waiting}

    def latest(self, interface: Interface) -> float:
        """Until when an address that has come now is announced; loopback waits for all others."""
        losses = [at for name, at in self.lostAt.items() if interface.isLoopback or name == interface.name]
        isCalm = self.now >= max(losses, default=-CALM_SECONDS) + CALM_SECONDS
        return self.now + (SETTLE_SECONDS if isCalm else MAX_SETTLE_SECONDS)

    def depart(self, departure: Departure | None, there: Sequence[Interface] = (), *, isAsleep: bool = False) -> None:
        """Leave what is to be left: all that is gone, once; and take leave where that is heard and needed."""
        staying = set() if isAsleep else placesOf(self.choice.chosen)
        left = [one for one in self.endpoints if place(one) not in staying]
        links, places = {one.link for one in self.choice.chosen}, placesOf(there)
        audible = [one for one in left if place(one) in places and one.link not in links]
        assert (departure is not None) == bool(left)
        if departure is not None:
            assert sorted(departure.left) == sorted(left)
            assert sorted(departure.audible) == sorted(audible)
        self.endpoints = [one for one in self.endpoints if place(one) in staying]
        self.gone |= set(left)

    def advance(self, seconds: float) -> None:
        """Let time pass, and look whenever it is due."""
        end = self.now + seconds
        while (due := self.presence.due) is not None and due <= end:
            self.moveClocks(due)
            renewal = self.presence.settle(self.now)
            assert renewal is not None
            self.renew(renewal)
        self.moveClocks(end)

    def moveClocks(self, now: float) -> None:
        """Move both clocks."""
        self.wallTime += now - self.now
        self.now = now

    def renew(self, renewal: Renewal) -> None:
        """Announce everything: there is something new, and BOOTID grows, whatever the clock says."""
        assert sorted((*renewal.stayed, *renewal.replaced)) == sorted(self.endpoints)
        assert renewal.joined
        assert set(renewal.joined) <= set(self.choice.chosen) - set(self.endpoints)
        for one in renewal.replaced:
            self.endpoints.remove(one)
        for one in renewal.joined:
            assert place(one) not in placesOf(self.endpoints)
            self.endpoints.append(one)
        assert placesOf(renewal.replaced) <= placesOf(renewal.joined)
        assert self.presence.due is None or self.presence.due > self.now + SETTLE_SECONDS
        there = placesOf(self.choice.chosen)
        assert sorted(map(place, renewal.lost)) == sorted(placesOf(self.gone) - there)
        former, self.bootId = self.bootId, bootIdAt(self.wallTime, self.bootId)
        # After 31 bits it begins anew, in the year 2032, which is left out here.
        assert self.bootId > former
        assert nextBootId(0, former) == former + 1
        self.gone = {one for one in self.gone if place(one) in there - placesOf(self.endpoints)}
        self.note()
        self.renewals += 1


def placesOf(interfaces: Iterable[Interface]) -> set[Place]:
    """The places of some addresses."""
    return {place(one) for one in interfaces}


def test_whatever_happens_every_address_is_announced_in_the_end_and_none_that_is_gone() -> None:
    """UDA 1.1 §1.2.2-1.2.4."""
    few = settings(max_examples=100, stateful_step_count=40, deadline=None, database=None, derandomize=True)
    run_state_machine_as_test(Announcing, settings=few)
