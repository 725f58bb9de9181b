"""When answers and sets leave: spread, in bundles, in order, and bounded."""

import math
from collections import Counter
from random import Random

import pytest

import upnp
from upnp.discovery.timing import Outbox, answerDelays, bundled, firstSets, refreshDelay

# Timing


@pytest.mark.parametrize('mx', [1, 2, 3, 4, 5, 60])
@pytest.mark.parametrize('count', [1, 2, 10, 200])
def test_answers_are_spread_over_four_fifths_of_mx(mx: int, count: int) -> None:
    """UDA 1.1 §1.3.3; a Windows firewall closes after three seconds."""
    bound = min(0.8 * min(mx, 5), 2.4)
    for seed in range(20):
        delays = answerDelays(count, mx, Random(seed))
        parts = [int(delay / (bound / count) + 1e-9) for delay in delays]
        assert parts == list(range(count))


@pytest.mark.parametrize(
    ('count', 'mx', 'sizes'),
    [
        *((0, 0, []), (0, 3, []), (1, 0, [1]), (64, 0, [64]), (65, 0, [32, 33]), (200, 0, [50, 50, 50, 50])),
        *((1, 3, [1]), (2, 3, [1, 1]), (4, 3, [2, 2]), (34, 3, [17, 17]), (65, 3, [21, 22, 22])),
    ],
)
def test_answers_leave_in_bundles_that_a_receive_buffer_holds(count: int, mx: int, sizes: list[int]) -> None:
    """UDA 1.1 §1.3.3: several are spread, and all of them are sent, in order."""
    bundles = bundled(list(range(count)), mx)
    assert [len(bundle) for bundle in bundles] == sizes
    assert [answer for bundle in bundles for answer in bundle] == list(range(count))


def test_answers_to_equal_searches_come_at_different_times() -> None:
    assert answerDelays(3, 2, Random(1)) != answerDelays(3, 2, Random(2))


def test_the_delay_of_one_answer_is_uniform() -> None:
    rng = Random(1)
    quarters = Counter(int(answerDelays(1, 5, rng)[0] / 0.6) for _ in range(4000))
    assert sorted(quarters) == [0, 1, 2, 3]
    assert all(800 < count < 1200 for count in quarters.values())


@pytest.mark.parametrize('mx', [0, -1])
def test_answers_to_a_unicast_search_go_at_once_one_bundle_after_the_other(mx: int) -> None:
    assert answerDelays(3, mx, Random(1)) == [0, 0.01, 0.02]


@pytest.mark.parametrize('mx', [0, 5])
def test_no_answers_take_no_time(mx: int) -> None:
    assert answerDelays(0, mx, Random(1)) == []


def test_the_first_sets_are_three_within_a_second() -> None:
    """UDA 1.1 §1.2.2: the first after a random wait of up to 100 ms."""
    for seed in range(50):
        first, second, third = firstSets(Random(seed))
        assert 0 <= first <= 0.1
        assert (second - first, third - first) == (pytest.approx(0.3), pytest.approx(0.7))


def test_the_first_wait_is_random() -> None:
    assert firstSets(Random(1)) != firstSets(Random(2))


@pytest.mark.parametrize('maxAge', [1, 2, 1800, 2**31 - 1])
def test_a_set_is_renewed_before_half_of_max_age(maxAge: int) -> None:
    """UDA 1.1 §1.2.2."""
    delays = [refreshDelay(maxAge, Random(seed)) for seed in range(50)]
    assert all(0.3 * maxAge <= delay <= 0.5 * maxAge for delay in delays)
    assert len(set(delays)) == 50


# Outbox


def outbox(inAll: int = 100, perSource: int = 100) -> Outbox[str]:
    """An empty outbox of that size."""
    return Outbox(upnp.Limits(maxPendingSearches=inAll, maxPendingSearchesPerSource=perSource))


def test_an_empty_outbox_has_nothing_due() -> None:
    empty = outbox()
    assert (len(empty), empty.nextDue, list(empty.take(1e9))) == (0, None, [])


def test_replies_come_when_they_are_due() -> None:
    box = outbox()
    assert box.add('peer', 'st', ['a', 'b', 'c'], [1.0, 2.0, 3.0])
    assert (len(box), box.nextDue, list(box.take(0.9))) == (1, 1.0, [])
    assert (list(box.take(2.0)), box.nextDue, len(box)) == (['a', 'b'], 3.0, 1)
    assert (list(box.take(3.0)), box.nextDue, len(box)) == (['c'], None, 0)


def test_replies_to_several_searches_come_in_the_order_of_their_time() -> None:
    box = outbox()
    box.add('one', 'st', ['a', 'd'], [1.0, 4.0])
    box.add('two', 'st', ['b', 'c'], [2.0, 3.0])
    assert list(box.take(5.0)) == ['a', 'b', 'c', 'd']


def test_replies_due_at_one_time_come_in_the_order_they_were_added() -> None:
    box = outbox()
    for name in 'abcdef':
        box.add(name, 'st', [name], [1.0])
    assert ''.join(box.take(1.0)) == 'abcdef'


def test_a_repeated_search_joins_the_one_that_waits() -> None:
    box = outbox()
    assert box.add('peer', 'st', ['a'], [1.0])
    assert not box.add('peer', 'st', ['again'], [0.5])
    assert list(box.take(2.0)) == ['a']
    assert box.add('peer', 'st', ['later'], [3.0])


def test_equal_searches_of_two_sources_are_two() -> None:
    box = outbox()
    assert box.add('one', 'st', ['a'], [1.0])
    assert box.add('two', 'st', ['b'], [1.0])
    assert list(box.take(1.0)) == ['a', 'b']


def test_one_source_has_a_bounded_number_of_places() -> None:
    box = outbox(perSource=3)
    assert [box.add('greedy', key, ['a'], [1.0]) for key in range(4)] == [True, True, True, False]
    assert box.add('modest', 0, ['b'], [1.0])
    assert len(box) == 4


def test_a_place_is_free_again_when_the_last_reply_has_gone() -> None:
    box = outbox(inAll=1, perSource=1)
    assert box.add('peer', 1, ['a', 'b'], [1.0, 2.0])
    list(box.take(1.0))
    assert not box.add('peer', 2, ['c'], [3.0])
    list(box.take(2.0))
    assert box.add('peer', 2, ['c'], [3.0])


def test_when_all_places_are_taken_the_heaviest_source_gives_way_by_its_newest() -> None:
    box = outbox(inAll=4)
    for key in range(3):
        box.add('greedy', key, [f'greedy {key}'], [1.0])
    box.add('modest', 0, ['modest'], [1.0])
    assert box.add('new', 0, ['new'], [1.0])
    assert len(box) == 4
    assert sorted(box.take(1.0)) == ['greedy 0', 'greedy 1', 'modest', 'new']


def test_when_nobody_has_more_than_the_newcomer_what_is_due_first_goes_at_once_and_nobody_is_lost() -> None:
    box = outbox(inAll=2)
    box.add('one', 0, ['a', 'b', 'c'], [1.0, 3.0, 7.0])
    box.add('two', 0, ['d', 'e'], [2.0, 6.0])
    assert list(box.take(1.0)) == ['a']
    assert box.add('three', 0, ['f'], [9.0])
    assert (len(box), box.nextDue, list(box.take(1.0))) == (2, -math.inf, ['d', 'e'])
    assert box.add('four', 0, ['g'], [8.0])
    assert (len(box), list(box.take(1.0)), box.nextDue) == (2, ['b', 'c'], 8.0)
    assert list(box.take(9.0)) == ['g', 'f']


def test_who_has_most_hastens_his_own_as_others() -> None:
    box = outbox(inAll=2)
    assert [box.add('greedy', key, [str(key)], [5.0 - key]) for key in range(4)] == [True] * 4
    assert (len(box), list(box.take(0.0)), list(box.take(5.0))) == (2, ['1', '2'], ['3', '0'])
    alone = outbox(inAll=1)
    assert [alone.add('greedy', key, [str(key)], [1.0]) for key in range(3)] == [True] * 3
    assert (len(alone), list(alone.take(0.0)), list(alone.take(1.0))) == (1, ['0', '1'], ['2'])


def test_what_gave_way_is_not_sent_when_others_make_room() -> None:
    box = outbox(inAll=3)
    box.add('other', 0, ['other'], [4.0])
    box.add('greedy', 0, ['first'], [3.0])
    box.add('greedy', 1, ['lost'], [1.0])
    assert box.add('new', 0, ['new'], [5.0])  # in the place of the newest of who has most
    assert box.add('newer', 0, ['newer'], [6.0])
    assert (len(box), list(box.take(0.0))) == (3, ['first'])
    assert list(box.take(6.0)) == ['other', 'new', 'newer']


def test_of_many_sources_with_one_search_each_nobody_is_lost() -> None:
    """Sources can be forged: a host that searches meanwhile is answered all the same, and only as often as it asked."""
    rng, box, sent = Random(7), outbox(inAll=50), list[str]()
    for number in range(2000):
        now = number / 1000
        assert box.add(f'{number}', 0, [f'{number} a', f'{number} b'], sorted(now + rng.random() * 2 for _ in 'ab'))
        assert len(box) <= 50
        sent += box.take(now)
    sent += box.take(math.inf)
    assert sorted(sent) == sorted(f'{number} {part}' for number in range(2000) for part in 'ab')


def test_a_search_that_gave_way_can_be_made_again() -> None:
    box = outbox(inAll=2)
    box.add('greedy', 1, ['1'], [1.0])
    box.add('greedy', 2, ['2', '2'], [2.0, 3.0])
    box.add('new', 0, ['new'], [5.0])
    assert (list(box.take(4.0)), len(box)) == (['1'], 1)
    assert box.add('greedy', 2, ['2'], [5.0])
    assert list(box.take(5.0)) == ['new', '2']


def test_a_cleared_outbox_is_as_new() -> None:
    box = outbox(inAll=2)
    for key in range(3):
        box.add('one', key, ['a'], [1.0])
    box.clear()
    assert (len(box), box.nextDue, list(box.take(9.0))) == (0, None, [])
    assert box.add('two', 0, ['c'], [1.0])
    assert list(box.take(1.0)) == ['c']


class SlowOutbox:
    """What the outbox promises, computed the slow way."""

    def __init__(self, inAll: int, perSource: int) -> None:
        self.inAll, self.perSource = inAll, perSource
        self.waiting: dict[tuple[str, int], list[float]] = {}
        self.changed: dict[str, int] = {}  # when a source came to its present number of searches
        self.turns = 0
        self.hasty: list[tuple[float, str, int]] = []

    def load(self, source: str) -> int:
        """The searches of a source."""
        return sum(one == source for one, _ in self.waiting)

    def add(self, source: str, key: int, dues: list[float]) -> bool:
        """Queue the answers of one search, as the outbox would."""
        if (source, key) in self.waiting or self.load(source) >= self.perSource:
            return False
        if len(self.waiting) >= self.inAll:
            heaviest = min(self.changed, key=lambda one: (-self.load(one), self.changed[one]))
            name = [name for name in self.waiting if name[0] == heaviest][-1]
            if self.load(heaviest) <= self.load(source) + 1:
                name = min(self.waiting, key=lambda one: self.waiting[one][0])
                self.hasty += [(due, *name) for due in self.waiting[name]]
            self.forget(name)
        self.waiting[source, key] = list(dues)
        self.note(source)
        return True

    def forget(self, name: tuple[str, int]) -> None:
        """Free a place."""
        del self.waiting[name]
        self.note(name[0])

    def note(self, source: str) -> None:
        """Note that a source has another number of searches now."""
        self.turns += 1
        self.changed[source] = self.turns

    def take(self, now: float) -> list[tuple[float, str, int]]:
        """Return what is due, at once or by time, and free the places."""
        hasty, self.hasty = self.hasty, []
        due = sorted((due, *name) for name, dues in self.waiting.items() for due in dues if due <= now)
        for time, source, key in due:
            self.waiting[source, key].remove(time)
            if not self.waiting[source, key]:
                self.forget((source, key))
        return hasty + due


@pytest.mark.parametrize('seed', range(6))
def test_the_outbox_keeps_its_bounds_and_its_promises_whatever_comes(seed: int) -> None:
    rng, slow = Random(seed), SlowOutbox(inAll=12, perSource=5)
    box = Outbox[tuple[float, str, int]](upnp.Limits(maxPendingSearches=12, maxPendingSearchesPerSource=5))
    for now in range(600):
        source, key = rng.choice('aaaabbcdefghijklm'), rng.randrange(8)
        dues = sorted(now + rng.random() * 12 for _ in range(rng.randint(1, 4)))
        assert box.add(source, key, [(due, source, key) for due in dues], dues) == slow.add(source, key, dues)
        assert list(box.take(now)) == slow.take(now)
        assert len(box) == len(slow.waiting) <= 12
        assert box.nextDue is not None
        assert box.nextDue > now


def test_a_taker_that_stops_early_leaves_nothing_stuck() -> None:
    box = outbox()
    box.add('peer', 'st', ['a', 'b'], [1.0, 2.0])
    assert next(iter(box.take(3.0))) == 'a'
    assert list(box.take(3.0)) == ['b']
    assert len(box) == 0
