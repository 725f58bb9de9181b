"""Which subscriber is told next: what the dead hold up, and what nobody gains by having many."""

from collections.abc import Iterable

import upnp
from upnp import Limits
from upnp.eventing.delivery import DeliveryScheduler
from upnp.eventing.gena import Callback, SubscribeRequest
from upnp.eventing.subscriptions import Book, Subscription

PLACES = 16  # a half is 8, and an eighth 2


class Subscribers:
    """Subscriptions to one service, by name; the first letter of a name tells the address."""

    def __init__(self) -> None:
        self._book = Book(Limits(maxSubscriptionsPerPeer=1000))
        variables = [{'name': 'Level', 'sendEvents': True}]
        self._service = upnp.Service(serviceType='urn:x-org:service:a:1', stateVariables=variables)
        self._known: dict[str, Subscription] = {}

    def __getitem__(self, name: str) -> Subscription:
        if name not in self._known:
            request = SubscribeRequest(None, 1800, (Callback('192.0.2.9', 80, '/'),))
            self._known[name] = self._book.subscribe(self._service, name, request, name[0], 0.0, host='192.0.2.1')
        return self._known[name]

    def of(self, *names: str, isPrompt: bool | None = None) -> list[Subscription]:
        """Return subscriptions that have answered so; None for new ones."""
        for name in names:
            self[name].isPrompt = isPrompt
        return [self[name] for name in names]


def names(subscriptions: Iterable[Subscription]) -> str:
    """Return the names of subscriptions."""
    return ' '.join(one.sid for one in subscriptions)


def begun(scheduler: DeliveryScheduler, now: float = 0.0) -> list[Subscription]:
    """Return all that are told now, in order."""
    told = []
    while (one := scheduler.next(now)) is not None:
        told.append(one)
    return told


def numbered(letters: str, count: int) -> list[str]:
    """Return names, each of another address while there are letters."""
    return [f'{letters[index % len(letters)]}{index}' for index in range(count)]


def test_the_addresses_take_turns() -> None:
    scheduler, subscribers = DeliveryScheduler(PLACES, 10), Subscribers()
    for one in subscribers.of('a1', 'a2', 'a3', 'b1', 'c1', isPrompt=True):
        scheduler.add(one)
    assert names(begun(scheduler)) == 'a1 b1 c1 a2 a3'


def test_newcomers_come_first_then_the_slow_each_up_to_an_eighth_then_the_prompt() -> None:
    scheduler, subscribers = DeliveryScheduler(PLACES, 10), Subscribers()
    for one in subscribers.of('p1', 'q1', 'r1', isPrompt=True):
        scheduler.add(one)
    for one in subscribers.of('s1', 't1', 'u1', isPrompt=False):
        scheduler.add(one)
    for one in subscribers.of('n1', 'o1', 'm1'):
        scheduler.add(one)
    assert names(begun(scheduler)) == 'n1 o1 s1 t1 p1 q1 r1 m1 u1'


def test_slow_and_untried_together_leave_half_of_the_places_to_the_prompt() -> None:
    scheduler, subscribers = DeliveryScheduler(PLACES, 10), Subscribers()
    slow = subscribers.of(*numbered('stuvw', 20), isPrompt=False)
    for one in slow:
        scheduler.add(one)
    assert len(begun(scheduler)) == 6  # 2 of the 8 are kept free for newcomers
    for one in subscribers.of('n1', 'n2', 'n3'):
        scheduler.add(one)
    assert names(begun(scheduler)) == 'n1 n2'
    for one in subscribers.of(*numbered('pqr', 10), isPrompt=True):
        scheduler.add(one)
    assert len(begun(scheduler)) == 8
    assert scheduler.isWaitedFor


def test_a_newcomer_finds_a_place_where_all_prompt_ones_hang() -> None:
    scheduler, subscribers = DeliveryScheduler(PLACES, 10), Subscribers()
    for one in subscribers.of(*numbered('pqr', 20), isPrompt=True):
        scheduler.add(one)
    assert len(begun(scheduler)) == PLACES - 2
    scheduler.add(subscribers['n1'])
    assert names(begun(scheduler)) == 'n1'


def test_one_that_has_ended_gives_its_place_to_the_next() -> None:
    scheduler, subscribers = DeliveryScheduler(1, 10), Subscribers()
    for one in subscribers.of('a1', 'b1', isPrompt=True):
        scheduler.add(one)
    assert names(begun(scheduler)) == 'a1'
    assert scheduler.isKnown(subscribers['b1'])
    scheduler.end(subscribers['a1'])
    assert names(begun(scheduler)) == 'b1'
    assert not scheduler.isKnown(subscribers['a1'])


def test_one_that_waits_no_longer_is_not_told() -> None:
    scheduler, subscribers = DeliveryScheduler(PLACES, 10), Subscribers()
    for one in subscribers.of('a1', 'b1', 'c1'):
        scheduler.add(one)
    scheduler.discard(subscribers['a1'])
    scheduler.discard(subscribers['a1'])
    assert names([scheduler.next(0.0)]) == 'b1'  # type: ignore[list-item]
    scheduler.clear()
    assert (scheduler.isWaitedFor, scheduler.next(0.0)) == (False, None)


def test_a_place_that_others_wait_for_is_held_for_a_second() -> None:
    scheduler, subscribers = DeliveryScheduler(1, 10), Subscribers()
    (first,) = subscribers.of('a1', isPrompt=True)
    scheduler.add(first)
    assert begun(scheduler, 10.0) == [first]
    assert scheduler.overdue(20.0) == ([], None)  # nobody waits
    for one in subscribers.of('b1', 'c1', isPrompt=True):
        scheduler.add(one)
    assert scheduler.overdue(10.5) == ([], 11.0)
    assert scheduler.overdue(11.0) == ([first], None)
    assert [scheduler.isPrompt(first, now) for now in (11.0, 11.1)] == [True, False]


def test_no_more_are_given_up_than_wait_and_none_whose_place_is_of_no_use() -> None:
    scheduler, subscribers = DeliveryScheduler(PLACES, 10), Subscribers()
    prompt = subscribers.of('p1', isPrompt=True)
    slow = subscribers.of(*numbered('stuvw', 6), isPrompt=False)
    for one in (*prompt, *slow):
        scheduler.add(one)
    assert len(begun(scheduler)) == 7
    scheduler.add(*subscribers.of('x1', isPrompt=False))
    late, due = scheduler.overdue(5.0)
    assert (names(late), due) == ('s0', None)


def test_an_address_that_was_slow_is_no_newcomer_with_another_subscription() -> None:
    scheduler, subscribers = DeliveryScheduler(PLACES, 10), Subscribers()
    (slow,) = subscribers.of('a1', isPrompt=False)
    scheduler.notePace(slow)
    for one in subscribers.of('a2', 'b1', 'b2'):
        scheduler.add(one)
    assert names(begun(scheduler)) == 'b1 b2 a2'
    (slow,) = subscribers.of('a1', isPrompt=True)
    scheduler.notePace(slow)
    for one in subscribers.of('c1', 'a3', 'c2'):
        scheduler.add(one)
    assert names(begun(scheduler)) == 'c1 a3 c2'


def test_one_whose_address_was_slow_while_it_waited_waits_with_the_slow() -> None:
    scheduler, subscribers = DeliveryScheduler(PLACES, 10), Subscribers()
    for one in subscribers.of('a2', 'b1'):
        scheduler.add(one)
    scheduler.notePace(*subscribers.of('a1', isPrompt=False))
    assert names(begun(scheduler)) == 'b1 a2'


def test_of_slow_addresses_so_many_are_remembered() -> None:
    scheduler, subscribers = DeliveryScheduler(PLACES, 2), Subscribers()
    for one in subscribers.of('a1', 'b1', 'c1', isPrompt=False):
        scheduler.notePace(one)
    for one in subscribers.of('b2', 'c2', 'a2'):
        scheduler.add(one)
    assert names(begun(scheduler)) == 'a2 b2 c2'
