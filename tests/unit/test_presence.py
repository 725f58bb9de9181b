"""When a device follows its addresses."""

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from upnp._discovery import bootIdAt, nextBootId
from upnp._interfaces import DEPRECATED, NO_CARRIER, Choice, Found, Interface, Wish, chooseInterfaces
from upnp._presence import (
    CALM_SECONDS,
    MAX_LOSSES,
    MAX_SETTLE_SECONDS,
    SETTLE_SECONDS,
    Departure,
    Presence,
    Renewal,
    place,
)

ETH0 = Interface('eth0', 2, '192.168.1.20', 24)
ETH0_NEW = Interface('eth0', 2, '192.168.1.50', 24)
ETH0_OTHER = Interface('eth0', 2, '10.1.0.20', 16, isPrimary=False)
ETH0_LINK = Interface('eth0', 2, 'fe80::20', 64)
ETH0_WIDE = Interface('eth0', 2, '2001:db8::20', 64)
WLAN0 = Interface('wlan0', 3, '10.0.0.7', 8)
PROMOTED = ETH0_OTHER._replace(isPrimary=True)


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
    assert presence.settle(10.25) == Renewal((), (ETH0,), ())
    assert (presence.inUse, presence.due, presence.settle(99.0)) == ((ETH0,), None, None)
    assert SETTLE_SECONDS < 1.0


def test_addresses_that_come_one_after_another_are_announced_together() -> None:
    presence = Presence([WLAN0])
    presence.observe([WLAN0, ETH0], [], 0.0)
    presence.observe([WLAN0, ETH0, ETH0_LINK], [], 0.2)
    assert (presence.due, presence.settle(0.3)) == (0.2 + SETTLE_SECONDS, None)
    assert presence.settle(1.0) == Renewal((WLAN0,), (ETH0, ETH0_LINK), ())


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
        ([ETH0, ETH0_OTHER], [PROMOTED], [], [ETH0, ETH0_OTHER], []),
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
    assert presence.inUse == tuple(one for one in inUse if one in chosen)
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
    assert presence.settle(0.5) == Renewal((WLAN0,), (ETH0_NEW,), (ETH0,))
    assert presence.inUse == (ETH0_NEW, WLAN0)


def test_what_comes_back_is_announced_and_not_lost() -> None:
    presence = Presence([ETH0, WLAN0])
    presence.observe([WLAN0], [], 0.0)
    presence.observe([ETH0, WLAN0], [], 0.1)
    assert presence.settle(1.0) == Renewal((WLAN0,), (ETH0,), ())


def test_a_loss_is_told_with_the_next_announcement_and_once() -> None:
    presence = Presence([ETH0, WLAN0])
    presence.observe([ETH0], [], 0.0)
    presence.observe([ETH0, ETH0_LINK], [], 900.0)
    assert presence.settle(999.0) == Renewal((ETH0,), (ETH0_LINK,), (WLAN0,))
    presence.observe([ETH0, ETH0_LINK, ETH0_WIDE], [], 1900.0)
    assert presence.settle(1999.0) == Renewal((ETH0, ETH0_LINK), (ETH0_WIDE,), ())


def test_what_goes_before_it_is_announced_was_never_there() -> None:
    presence = Presence([WLAN0])
    presence.observe([WLAN0, ETH0], [], 0.0)
    assert presence.observe([WLAN0], [ETH0], 0.1) is None
    assert (presence.due, presence.settle(99.0)) == (None, None)
    presence.observe([WLAN0, ETH0_LINK], [], 100.0)
    assert presence.settle(199.0) == Renewal((WLAN0,), (ETH0_LINK,), ())


# Ranks and names


def test_an_address_of_another_rank_is_announced_again_without_byebye_or_loss() -> None:
    presence = Presence([ETH0, ETH0_OTHER])
    assert presence.observe([PROMOTED, ETH0._replace(isPrimary=False)], [], 0.0) == Departure((ETH0, ETH0_OTHER), ())
    assert presence.settle(9.0) == Renewal((), (PROMOTED, ETH0._replace(isPrimary=False)), ())


def test_a_renamed_interface_has_lost_nothing() -> None:
    presence = Presence([ETH0])
    presence.observe([ETH0._replace(name='lan0')], [], 0.0)
    assert presence.settle(9.0) == Renewal((), (ETH0._replace(name='lan0'),), ())


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
    comes, goes = Presence([WLAN0]), Presence([WLAN0])
    for presence in (comes, goes):
        now = flap(presence, 99, 0.0, WLAN0) + rest
    comes.observe([WLAN0, ETH0], [], now)
    goes.observe([ETH0], [], now)
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
    assert presence.settle(14.75) == Renewal((WLAN0,), (ETH0,), ())


def test_an_address_that_stays_does_not_wait_for_one_that_flaps() -> None:
    presence = Presence()
    flap(presence, 40, 0.0, WLAN0)
    assert presence.due == MAX_SETTLE_SECONDS
    assert presence.settle(20.0) == Renewal((), (WLAN0,), ())


def test_an_address_that_flaps_before_one_that_stays_does_not_hasten_it() -> None:
    presence = Presence()
    now = flap(presence, 40, 0.0) + 0.25
    presence.observe([WLAN0], [], now)
    assert presence.due == now + MAX_SETTLE_SECONDS


# After a sleep


def test_after_a_sleep_everything_is_announced_anew_and_no_byebye_is_sent() -> None:
    presence = Presence([ETH0, WLAN0])
    assert presence.restart(5.0) == Departure((ETH0, WLAN0), ())
    assert (presence.inUse, presence.due) == ((), 5.25)
    assert presence.settle(5.25) == Renewal((), (ETH0, WLAN0), ())


def test_what_is_gone_after_a_sleep_is_lost() -> None:
    presence = Presence([ETH0, WLAN0])
    presence.restart(5.0)
    assert presence.observe([ETH0], [WLAN0], 5.1) is None
    assert presence.settle(9.0) == Renewal((), (ETH0,), (WLAN0,))


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
    assert presence.due == 0.2 + SETTLE_SECONDS
    assert presence.settle(1.0) == Renewal((), (ETH0, WLAN0), ())


# Whatever happens


ADDRESSES = (ETH0, ETH0_NEW, PROMOTED, ETH0_LINK, ETH0_WIDE, WLAN0, Interface('wlan0', 3, 'fe80::7', 64))
LOOPBACK = Interface('lo', 1, '127.0.0.1', 8)
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
        self.missing: dict[Interface, float] = {}  # to be used, but not yet, since when
        self.changedAt = self.lostAt = float('-inf')
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
        """Check that every endpoint has an address of this machine, in the rank that it has."""
        assert set(self.endpoints) == set(self.presence.inUse) <= set(self.choice.chosen)
        assert len(set(self.endpoints)) == len(self.endpoints)

    @invariant()
    def missesNothingForLong(self) -> None:
        """Check that what stays is announced in time; where nothing went for long, soon after the last change."""
        assert all(self.now < since + MAX_SETTLE_SECONDS for since in self.missing.values())
        if self.now >= self.lostAt + CALM_SECONDS + SETTLE_SECONDS:
            assert not self.missing or self.now < self.changedAt + SETTLE_SECONDS

    @invariant()
    def wakesOnlyForSomething(self) -> None:
        """Check that there is a time to look again if something waits, only then, and that before it is too early."""
        due = self.presence.due
        assert (due is not None) == bool(self.missing)
        if due is not None:
            assert due > self.now
            assert self.presence.settle(self.now) is None

    def teardown(self) -> None:
        """Let all come to rest."""
        self.advance(MAX_SETTLE_SECONDS)
        assert set(self.endpoints) == set(self.choice.chosen)
        assert not self.missing

    def look(self) -> None:
        """Have the machine's addresses observed."""
        former, self.choice = self.choice, chooseInterfaces(self.found, Wish())
        if set(former.chosen) - set(self.choice.chosen):
            self.lostAt = self.now
        there = [one for one, reason in self.choice.skipped if reason != NO_CARRIER]
        self.depart(self.presence.observe(self.choice.chosen, there, self.now), there)
        self.note()

    def note(self) -> None:
        """Note what is to be announced."""
        waiting = [one for one in self.choice.chosen if one not in self.endpoints]
        if not self.missing.keys() >= set(waiting):
            self.changedAt = self.now
        self.missing = {one: self.missing.get(one, self.now) for one in waiting}

    def depart(self, departure: Departure | None, there: Sequence[Interface] = (), *, isAsleep: bool = False) -> None:
        """Leave what is to be left: all that is gone, once; and take leave where that is heard and needed."""
        staying = () if isAsleep else self.choice.chosen
        left = [one for one in self.endpoints if one not in staying]
        links, places = {one.link for one in self.choice.chosen}, placesOf(there)
        audible = [one for one in left if place(one) in places and one.link not in links]
        assert (departure is not None) == bool(left)
        if departure is not None:
            assert sorted(departure.left) == sorted(left)
            assert sorted(departure.audible) == sorted(audible)
        self.endpoints = [one for one in self.endpoints if one in staying]
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
        assert set(renewal.stayed) == set(self.endpoints)
        assert renewal.joined
        assert not set(renewal.joined) & set(renewal.stayed)
        self.endpoints += renewal.joined
        assert set(self.endpoints) == set(self.choice.chosen)
        assert placesOf(renewal.lost) == placesOf(self.gone) - placesOf(self.endpoints)
        former, self.bootId = self.bootId, bootIdAt(self.wallTime, self.bootId)
        # After 31 bits it begins anew, in the year 2032, which is left out here.
        assert self.bootId > former
        assert nextBootId(0, former) == former + 1
        self.gone, self.missing = set(), {}
        self.renewals += 1


def placesOf(interfaces: Iterable[Interface]) -> set[tuple[int | str, str]]:
    """The places of some addresses."""
    return {place(one) for one in interfaces}


def test_whatever_happens_every_address_is_announced_in_the_end_and_none_that_is_gone() -> None:
    """UDA 1.1 §1.2.2-1.2.4."""
    few = settings(max_examples=100, stateful_step_count=40, deadline=None, database=None, derandomize=True)
    run_state_machine_as_test(Announcing, settings=few)
