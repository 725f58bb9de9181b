"""The book of subscriptions: who is told what, in which order, and for how long."""

from collections import Counter
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import upnp
from upnp import Limits, MessageError
from upnp.eventing.gena import Callback, SubscribeRequest
from upnp.eventing.publisher import REST_SECONDS, Publisher
from upnp.eventing.subscriptions import Book, Notice, Subscription, nextKey

PEER = '192.0.2.9'
CALLBACKS = (Callback(PEER, 4004, '/events'),)


def lamp(**elements: object) -> upnp.Service:
    """A service with two evented variables and one that is not; the elements are the first one's."""
    first = {'name': 'Level', 'dataType': 'i4', 'sendEvents': True, **elements}
    return upnp.Service(stateVariables=[first, {'name': 'Status', 'sendEvents': True}, {'name': 'Silent'}])


def bookOf(**limits: int) -> Book:
    """An empty book."""
    return Book(Limits(**limits))


def wish(seconds: int = 100, variables: tuple[str, ...] | None = None) -> SubscribeRequest:
    """What a subscriber asks for."""
    return SubscribeRequest(None, seconds, CALLBACKS, variables)


def change(book: Book, service: upnp.Service, now: float, **values: object) -> None:
    """Set values, and make an event of them."""
    for name, value in values.items():
        variable = service.stateVariables[name]
        variable.value = value
        book.publishers[id(service)].note(variable, now)
    book.flush(now)


def textsOf(body: bytes) -> dict[str, str]:
    """What a property set tells."""
    event = '{urn:schemas-upnp-org:event-1-0}'
    root = ElementTree.fromstring(body)
    assert [root.tag, *{child.tag for child in root}] == [f'{event}propertyset', f'{event}property']
    return {variable.tag: variable.text or '' for (variable,) in root}


def tell(subscription: Subscription, now: float, *, isDelivered: bool = True) -> tuple[int, dict[str, str]] | None:
    """Tell a subscriber what is next, and return the event key and the texts; None when there is nothing."""
    notice = subscription.take(now)
    if notice is None:
        return None
    subscription.settle(notice, isDelivered=isDelivered)
    return notice.seq, textsOf(notice.body)


def tellAll(subscription: Subscription, now: float) -> list[tuple[int, dict[str, str]]]:
    """Tell a subscriber all there is to tell."""
    told = []
    while (event := tell(subscription, now)) is not None:
        told.append(event)
    return told


# Events


@pytest.mark.parametrize(
    ('variables', 'texts'),
    [
        (None, {'Level': '0', 'Status': 'on'}),
        (('Status', 'Level'), {'Level': '0', 'Status': 'on'}),
        (('Status',), {'Status': 'on'}),
    ],
)
def test_the_initial_event_tells_everything(variables: tuple[str, ...] | None, texts: dict[str, str]) -> None:
    """UDA 1.1 §4.1.2; of UDA 2.0 §4.1.2, what was asked for."""
    service = lamp()
    service.stateVariables['Status'].value = 'on'
    subscription = bookOf().subscribe(service, 'a', wish(variables=variables), PEER, 0.0)
    assert subscription.hasNews(0.0)
    assert tellAll(subscription, 0.0) == [(0, texts)]
    assert not subscription.hasNews(0.0)


def test_every_later_event_tells_what_has_changed() -> None:
    """UDA 1.1 §4.3.2."""
    book, service = bookOf(), lamp()
    subscription = book.subscribe(service, 'a', wish(), PEER, 0.0)
    tell(subscription, 0.0)
    change(book, service, 1.0, Level=5)
    change(book, service, 2.0, Level=6, Status='on')
    change(book, service, 3.0, Silent='a')
    assert tellAll(subscription, 3.0) == [(1, {'Level': '5'}), (2, {'Level': '6', 'Status': 'on'})]


def test_an_event_before_the_initial_one_is_part_of_it() -> None:
    book, service = bookOf(), lamp()
    first = book.subscribe(service, 'a', wish(), PEER, 0.0)
    change(book, service, 1.0, Level=5)
    second = book.subscribe(service, 'b', wish(), PEER, 1.0)
    for subscription in (first, second):
        assert tellAll(subscription, 2.0) == [(0, {'Level': '5', 'Status': ''})]


def test_an_event_of_other_variables_is_passed_over_without_a_key() -> None:
    """UDA 2.0 §4.1.2."""
    book, service = bookOf(), lamp()
    subscription = book.subscribe(service, 'a', wish(variables=('Status',)), PEER, 0.0)
    tell(subscription, 0.0)
    change(book, service, 1.0, Level=5)
    assert subscription.hasNews(1.0)
    assert (tell(subscription, 1.0), subscription.hasNews(1.0)) == (None, False)
    change(book, service, 2.0, Level=6)
    change(book, service, 3.0, Status='on', Level=7)
    assert tellAll(subscription, 3.0) == [(1, {'Status': 'on'})]


def test_what_is_taken_counts_as_sent() -> None:
    book, service = bookOf(), lamp()
    subscription = book.subscribe(service, 'a', wish(), PEER, 0.0)
    notice = subscription.take(0.0)
    assert notice == Notice(0, 0, book.publish(service, 0.0).changes(-1, None))
    assert (subscription.hasNews(0.0), subscription.take(0.0)) == (False, None)
    change(book, service, 1.0, Level=5)
    subscription.settle(notice, isDelivered=True)
    assert tellAll(subscription, 1.0) == [(1, {'Level': '5'})]


def test_a_service_without_evented_variables_has_no_initial_event() -> None:
    book, service = bookOf(), upnp.Service(stateVariables=[{'name': 'Level', 'dataType': 'i4'}])
    subscription = book.subscribe(service, 'a', wish(), PEER, 0.0)
    assert tell(subscription, 0.0) is None
    service.stateVariables['Level'].sendEvents = True
    book.retain([service], 1.0)
    change(book, service, 2.0, Level=5)
    change(book, service, 3.0, Level=6)
    assert tellAll(subscription, 3.0) == [(0, {'Level': '5'}), (1, {'Level': '6'})]


@pytest.mark.parametrize(('key', 'following'), [(0, 1), (1, 2), (4294967294, 4294967295), (4294967295, 1)])
def test_the_greatest_event_key_is_followed_by_1(key: int, following: int) -> None:
    """UDA 1.1 §4.3.2: 0 stands for the initial event alone."""
    assert nextKey(key) == following


def test_the_event_keys_of_a_subscription_wrap_to_1() -> None:
    book, service = bookOf(), lamp()
    subscription = book.subscribe(service, 'a', wish(), PEER, 0.0)
    tell(subscription, 0.0)
    subscription.seq = 4294967294
    for level in (1, 2, 3, 4):
        change(book, service, 1.0, Level=level)
    assert [seq for seq, _ in tellAll(subscription, 1.0)] == [4294967294, 4294967295, 1, 2]


def test_every_subscription_has_event_keys_of_its_own() -> None:
    book, service = bookOf(), lamp()
    first = book.subscribe(service, 'a', wish(), PEER, 0.0)
    tell(first, 0.0)
    change(book, service, 1.0, Level=5)
    second = book.subscribe(service, 'b', wish(), PEER, 1.0)
    change(book, service, 2.0, Level=6)
    assert [seq for seq, _ in tellAll(first, 2.0)] == [1, 2]
    assert [seq for seq, _ in tellAll(second, 2.0)] == [0]


# What could not be told


def test_what_was_not_delivered_is_told_with_the_next_event() -> None:
    """UDA 1.1 §4.3.1: the publisher gives up this message, and goes on with the next."""
    book, service = bookOf(), lamp()
    subscription = book.subscribe(service, 'a', wish(), PEER, 0.0)
    tell(subscription, 0.0)
    change(book, service, 1.0, Level=5)
    assert tell(subscription, 1.0, isDelivered=False) == (1, {'Level': '5'})
    assert (subscription.failures, tell(subscription, 2.0)) == (1, None)
    change(book, service, 3.0, Status='on')
    assert tellAll(subscription, 3.0) == [(2, {'Level': '5', 'Status': 'on'})]
    change(book, service, 4.0, Status='off')
    assert (subscription.failures, tellAll(subscription, 4.0)) == (0, [(3, {'Status': 'off'})])


def test_an_initial_event_that_was_not_delivered_is_told_with_the_next() -> None:
    book, service = bookOf(), lamp()
    subscription = book.subscribe(service, 'a', wish(), PEER, 0.0)
    tell(subscription, 0.0, isDelivered=False)
    assert tell(subscription, 0.0) is None
    change(book, service, 1.0, Level=5)
    assert tellAll(subscription, 1.0) == [(1, {'Level': '5', 'Status': ''})]


def failing(book: Book, service: upnp.Service, count: int) -> Subscription:
    """A subscription that has had its initial event, and could not be told so many others, of Level 1, 2 and so on."""
    subscription = book.subscribe(service, 'a', wish(), PEER, 0.0)
    tell(subscription, 0.0)
    for level in range(1, count + 1):
        change(book, service, 1.0, Level=level)
        assert tell(subscription, 1.0, isDelivered=False) == (level, {'Level': str(level)})
    return subscription


def test_after_three_failures_in_a_row_nothing_is_told_until_renewal() -> None:
    book, service = bookOf(), lamp()
    subscription = failing(book, service, 3)
    change(book, service, 2.0, Status='on')
    change(book, service, 3.0, Level=9)
    assert (subscription.hasNews(3.0), tell(subscription, 3.0)) == (False, None)
    assert book.renew(service, 'a', 100, 4.0) is subscription
    assert subscription.hasNews(4.0)
    assert tellAll(subscription, 4.0) == [(4, {'Level': '9', 'Status': 'on'})]


def test_what_is_offered_anew_has_not_failed() -> None:
    """The network was away, and is back."""
    book, service = bookOf(), lamp()
    paused = failing(book, service, 3)
    paused.offer()
    assert (paused.failures, paused.expires) == (0, 100.0)
    assert tellAll(paused, 4.0) == [(4, {'Level': '3'})]
    paused.offer()
    assert not paused.hasNews(4.0)


@pytest.mark.parametrize(('isDelivered', 'left'), [(True, []), (False, [(1, {'Level': '0', 'Status': ''})])])
def test_what_is_offered_while_an_event_is_under_way_is_told_once(isDelivered: bool, left: list[object]) -> None:
    subscription = bookOf().subscribe(lamp(), 'a', wish(), PEER, 0.0)
    notice = subscription.take(0.0)
    assert notice is not None
    subscription.offer()
    subscription.settle(notice, isDelivered=isDelivered)
    assert tellAll(subscription, 0.0) == left


def test_two_failures_pause_nothing() -> None:
    book, service = bookOf(), lamp()
    subscription = failing(book, service, 2)
    change(book, service, 2.0, Status='on')
    assert tellAll(subscription, 2.0) == [(3, {'Level': '2', 'Status': 'on'})]
    for text in 'ab':
        change(book, service, 3.0, Status=text)
        assert tell(subscription, 3.0, isDelivered=False) is not None
    change(book, service, 4.0, Status='c')
    assert tellAll(subscription, 4.0) == [(6, {'Status': 'c'})]


def test_another_number_of_failures_is_kept() -> None:
    book, service = bookOf(maxFailedEvents=1), lamp()
    subscription = failing(book, service, 1)
    change(book, service, 2.0, Status='on')
    assert tell(subscription, 2.0) is None


def test_a_failure_of_this_machine_pauses_nothing() -> None:
    book, service = bookOf(maxFailedEvents=1), lamp()
    subscription = book.subscribe(service, 'a', wish(), PEER, 0.0)
    tell(subscription, 0.0)
    for level in (1, 2, 3):
        change(book, service, 1.0, Level=level)
        notice = subscription.take(1.0)
        assert notice is not None
        subscription.settle(notice, isDelivered=False, isCounted=False)
    assert (subscription.failures, tell(subscription, 1.0)) == (0, None)
    change(book, service, 2.0, Status='on')
    assert tellAll(subscription, 2.0) == [(4, {'Level': '3', 'Status': 'on'})]


@pytest.mark.parametrize('count', [1, 2, 3])
def test_a_renewal_offers_once_more_what_was_not_delivered(count: int) -> None:
    book, service = bookOf(), lamp()
    subscription = failing(book, service, count)
    book.renew(service, 'a', 100, 2.0)
    assert tell(subscription, 2.0, isDelivered=False) == (count + 1, {'Level': str(count)})
    assert (subscription.failures, tell(subscription, 2.0)) == (1, None)
    book.renew(service, 'a', 100, 3.0)
    assert tellAll(subscription, 3.0) == [(count + 2, {'Level': str(count)})]


def test_a_renewal_tells_nothing_of_its_own() -> None:
    """UDA 1.1 §4.1.3: no initial event follows."""
    book, service = bookOf(), lamp()
    subscription = book.subscribe(service, 'a', wish(), PEER, 0.0)
    tell(subscription, 0.0)
    book.renew(service, 'a', 100, 1.0)
    assert tell(subscription, 1.0) is None


@pytest.mark.parametrize(
    ('isDelivered', 'told'),
    [
        (True, [(2, {'Level': '2'}), (3, {'Status': 'on'})]),
        (False, [(2, {'Level': '2', 'Status': 'on'})]),
    ],
)
def test_a_renewal_leaves_alone_what_is_under_way(isDelivered: bool, told: list[tuple[int, dict[str, str]]]) -> None:
    book, service = bookOf(), lamp()
    subscription = book.subscribe(service, 'a', wish(), PEER, 0.0)
    tell(subscription, 0.0)
    change(book, service, 1.0, Level=1)
    notice = subscription.take(1.0)
    change(book, service, 2.0, Level=2)
    book.renew(service, 'a', 100, 2.0)
    assert notice is not None
    subscription.settle(notice, isDelivered=isDelivered)
    change(book, service, 3.0, Status='on')
    assert tellAll(subscription, 3.0) == told


@pytest.mark.parametrize(('isDelivered', 'told'), [(True, []), (False, [(4, {'Level': '3'})])])
def test_a_renewal_while_the_last_attempt_is_under_way_gives_another(
    isDelivered: bool, told: list[tuple[int, dict[str, str]]]
) -> None:
    book, service = bookOf(), lamp()
    subscription = failing(book, service, 2)
    change(book, service, 2.0, Level=3)
    notice = subscription.take(2.0)
    assert notice is not None
    book.renew(service, 'a', 100, 2.0)
    subscription.settle(notice, isDelivered=isDelivered)
    assert tellAll(subscription, 2.0) == told


@pytest.mark.parametrize('isDelivered', [True, False])
def test_a_renewal_before_the_initial_event_has_arrived_repeats_only_a_lost_one(isDelivered: bool) -> None:
    book, service = bookOf(), lamp()
    subscription = book.subscribe(service, 'a', wish(), PEER, 0.0)
    notice = subscription.take(0.0)
    assert notice is not None
    book.renew(service, 'a', 100, 1.0)
    subscription.settle(notice, isDelivered=isDelivered)
    assert tellAll(subscription, 1.0) == ([] if isDelivered else [(1, {'Level': '0', 'Status': ''})])


@pytest.mark.parametrize(
    ('count', 'told'),
    [
        (3, [(1, {'Level': '1'}), (2, {'Status': '2'}), (3, {'Level': '3'})]),
        (4, [(1, {'Level': '3', 'Status': '4'})]),
        (9, [(1, {'Level': '9', 'Status': '8'})]),
    ],
)
def test_beyond_what_is_kept_one_event_tells_all_that_has_changed(
    count: int, told: list[tuple[int, dict[str, str]]]
) -> None:
    book, service = bookOf(maxQueuedEvents=3), lamp()
    subscription = book.subscribe(service, 'a', wish(), PEER, 0.0)
    tell(subscription, 0.0)
    for number in range(1, count + 1):
        change(book, service, 1.0, **({'Level': number} if number % 2 else {'Status': str(number)}))
    assert tellAll(subscription, 1.0) == told


def test_beyond_what_is_kept_nothing_is_told_of_other_variables() -> None:
    book, service = bookOf(maxQueuedEvents=1), lamp()
    subscription = book.subscribe(service, 'a', wish(variables=('Status',)), PEER, 0.0)
    tell(subscription, 0.0)
    for level in (1, 2, 3):
        change(book, service, 1.0, Level=level)
    assert (tell(subscription, 1.0), subscription.hasNews(1.0)) == (None, False)
    change(book, service, 2.0, Status='on')
    assert tellAll(subscription, 2.0) == [(1, {'Status': 'on'})]


# How many


def test_so_many_subscriptions_are_taken() -> None:
    book, service = bookOf(maxSubscriptions=3), lamp()
    for sid in 'abc':
        book.subscribe(service, sid, wish(), f'192.0.2.{ord(sid)}', 0.0)
    with pytest.raises(MessageError, match='3 subscriptions') as caught:
        book.subscribe(lamp(), 'd', wish(), PEER, 0.0)
    assert (caught.value.status, len(book.subscriptions), len(book.publishers)) == (503, 3, 1)
    book.unsubscribe(service, 'b', 1.0)
    book.subscribe(lamp(), 'd', wish(), PEER, 1.0)
    assert (list(book.subscriptions), len(book.publishers)) == (['a', 'c', 'd'], 2)


def test_so_many_subscriptions_of_a_peer_to_a_service_are_taken() -> None:
    book, service, twin = bookOf(maxSubscriptionsPerPeer=2), lamp(), lamp()
    for sid in 'ab':
        book.subscribe(service, sid, wish(), PEER, 0.0)
    with pytest.raises(MessageError, match=r'2 subscriptions of 192\.0\.2\.9 to one service') as caught:
        book.subscribe(service, 'c', wish(), PEER, 0.0)
    assert caught.value.status == 503
    book.subscribe(twin, 'd', wish(), PEER, 0.0)
    book.subscribe(service, 'e', wish(), '192.0.2.8', 0.0)
    book.unsubscribe(service, 'a', 1.0)
    book.subscribe(service, 'f', wish(), PEER, 1.0)
    assert list(book.subscriptions) == ['b', 'd', 'e', 'f']


@pytest.mark.parametrize('limits', [{'maxSubscriptions': 2}, {'maxSubscriptionsPerPeer': 2}])
def test_who_is_told_nothing_more_makes_room_for_others(limits: dict[str, int]) -> None:
    """A subscriber that was started again and again has left its former subscriptions behind."""
    book, service = bookOf(**limits), lamp()
    failing(book, service, 3)
    book.subscribe(service, 'b', wish(), PEER, 2.0)
    book.subscribe(service, 'c', wish(), PEER, 3.0)
    assert list(book.subscriptions) == ['b', 'c']
    with pytest.raises(MessageError):
        book.subscribe(service, 'd', wish(), PEER, 4.0)


def peersOf(book: Book) -> dict[str, str]:
    """The subscriptions of each peer."""
    sids: dict[str, str] = {}
    for sid, subscription in book.subscriptions.items():
        sids[subscription.peer] = sids.get(subscription.peer, '') + sid
    return sids


def test_who_has_most_makes_room_for_those_who_still_have_fewer() -> None:
    """With its newest: nobody is locked out by one who takes all there are."""
    book, service, twin = bookOf(maxSubscriptions=6), lamp(), lamp()
    for sid, peer in zip('abcdef', 'ABABBB', strict=True):
        book.subscribe(service if sid < 'e' else twin, sid, wish(), peer, 0.0)
    newest = book.subscriptions['f']
    book.subscribe(service, 'g', wish(), 'C', 0.0)
    assert (peersOf(book), newest.isLive) == ({'A': 'ac', 'B': 'bde', 'C': 'g'}, False)
    assert [one.sid for one in book.audience(book.publishers[id(twin)])] == ['e']
    with pytest.raises(MessageError, match='6 subscriptions: ') as caught:
        book.subscribe(service, 'h', wish(), 'A', 0.0)
    assert (caught.value.status, len(book.subscriptions)) == (503, 6)
    book.subscribe(service, 'h', wish(), 'C', 0.0)
    assert (peersOf(book), len(book.publishers)) == ({'A': 'ac', 'B': 'bd', 'C': 'gh'}, 1)
    book.subscribe(service, 'i', wish(), 'D', 0.0)
    assert peersOf(book) == {'A': 'ac', 'B': 'bd', 'C': 'g', 'D': 'i'}  # of those who have as many, the last to come


def test_what_makes_room_is_told() -> None:
    """To whoever sends the events."""
    book, service = bookOf(maxSubscriptions=2), lamp()
    assert book.makeRoom(service, 'B') == []
    one, other = (book.subscribe(service, sid, wish(), 'A', 0.0) for sid in 'ab')
    assert (book.makeRoom(service, 'B'), one.isLive, other.isLive) == ([other], True, False)
    assert (book.makeRoom(service, 'B'), list(book.subscriptions)) == ([], ['a'])


def test_who_is_told_nothing_more_makes_room_before_who_has_most() -> None:
    book, service = bookOf(maxSubscriptions=3), lamp()
    failing(book, service, 3)
    for sid in 'bc':
        book.subscribe(service, sid, wish(), 'B', 2.0)
    book.subscribe(service, 'd', wish(), 'C', 3.0)
    assert list(book.subscriptions) == ['b', 'c', 'd']


def test_those_whose_time_is_over_give_way() -> None:
    book, service = bookOf(maxSubscriptions=2, maxSubscriptionsPerPeer=1), lamp()
    book.subscribe(service, 'a', wish(100), PEER, 0.0)
    book.subscribe(service, 'b', wish(200), '192.0.2.8', 0.0)
    with pytest.raises(MessageError):
        book.subscribe(service, 'c', wish(), PEER, 99.9)
    book.subscribe(service, 'c', wish(), PEER, 100.0)
    assert list(book.subscriptions) == ['b', 'c']


# Who and how long


@pytest.mark.parametrize(
    ('sid', 'now', 'isOther'),
    [('b', 0.0, False), ('', 0.0, False), ('A', 0.0, False), ('a', 0.0, True), ('a', 100.0, False), ('a', 1e9, False)],
)
def test_a_subscription_that_is_not_there_is_told_412(sid: str, now: float, isOther: bool) -> None:
    """UDA 1.1 §4.1.3, §4.1.4: the SID is unknown here, or its time is over."""
    book, service, twin = bookOf(), lamp(), lamp()
    book.subscribe(service, 'a', wish(), PEER, 0.0)
    asked = twin if isOther else service
    for look in (book.find, book.unsubscribe, lambda *place: book.renew(*place[:2], 100, place[2])):
        with pytest.raises(MessageError, match='no subscription') as caught:
            look(asked, sid, now)
        assert caught.value.status == 412
    assert list(book.subscriptions) == ['a']


def test_a_long_sid_is_told_in_short() -> None:
    with pytest.raises(MessageError) as caught:
        bookOf().find(lamp(), 'a' * 9999, 0.0)
    assert len(str(caught.value)) < 200


def test_a_subscription_is_renewed_until_the_very_end_of_its_time() -> None:
    book, service = bookOf(), lamp()
    subscription = book.subscribe(service, 'a', wish(100), PEER, 5.0)
    book.renew(service, 'a', 50, 104.9)
    assert (subscription.expires, book.expire(105.0), book.expire(154.8)) == (154.9, [], [])
    assert book.find(service, 'a', 154.8) is subscription
    with pytest.raises(MessageError):
        book.renew(service, 'a', 50, 154.9)
    assert (book.expire(154.9), book.expire(154.9)) == ([subscription], [])
    assert (book.subscriptions, book.publishers, book.nextDue()) == ({}, {}, None)


def test_a_renewal_may_shorten_the_time() -> None:
    book, service = bookOf(), lamp()
    subscription = book.subscribe(service, 'a', wish(100), PEER, 0.0)
    book.renew(service, 'a', 60, 1.0)
    assert (book.nextDue(), book.expire(60.9), book.expire(61.0)) == (61.0, [], [subscription])


@pytest.mark.parametrize(
    ('hosts', 'ended'),
    [
        ([], ''),
        (['192.0.2.1'], 'a'),
        (['192.0.2.10'], ''),
        (['fe80::1%3'], 'bd'),
        (['fe80::1%4'], 'cd'),
        (['fe80::1%34'], 'd'),
        (['fe80::1'], 'bcd'),
        (['fe80::'], ''),
        ({'fe80::1%3', '192.0.2.1', 'fe80::1%4', '2001:db8::1'}, 'abcde'),
        ([''], 'f'),
    ],
)
def test_with_an_address_of_ours_go_those_who_asked_there(hosts: list[str] | set[str], ended: str) -> None:
    """A zone counts where both have one."""
    book, service = bookOf(), lamp()
    places = ('192.0.2.1', 'fe80::1%3', 'fe80::1%4', 'fe80::1', '2001:db8::1', '')
    for sid, host in zip('abcdef', places, strict=True):
        assert book.subscribe(service, sid, wish(), PEER, 0.0, host=host).host == host
    gone = book.leave(hosts)
    assert ''.join(one.sid for one in gone) == ended
    assert not any(one.isLive for one in gone)
    assert set(book.subscriptions) == set('abcdef') - set(ended)
    assert book.leave(hosts) == []


@pytest.mark.parametrize('way', ['unsubscribed', 'expired', 'removed', 'cleared', 'its service has gone'])
def test_when_it_has_ended_nothing_is_told(way: str) -> None:
    """UDA 1.1 §4.1.2, §4.1.4."""
    book, service = bookOf(), lamp()
    subscription = book.subscribe(service, 'a', wish(), PEER, 0.0)
    book.subscribe(service, 'b', wish(200), PEER, 0.0)
    tell(subscription, 0.0)
    change(book, service, 1.0, Level=5)
    end = {
        'unsubscribed': lambda: book.unsubscribe(service, 'a', 2.0),
        'expired': lambda: book.expire(100.0)[0],
        'removed': lambda: book.remove(subscription),
        'cleared': lambda: book.clear()[0],
        'its service has gone': lambda: book.retain([], 2.0)[0],
    }[way]
    assert end() in (subscription, None)
    assert (subscription.isLive, subscription.hasNews(2.0), subscription.take(2.0)) == (False, False, None)


def test_between_the_end_of_its_time_and_the_next_look_nothing_is_told() -> None:
    book, service = bookOf(), lamp()
    subscription = book.subscribe(service, 'a', wish(100), PEER, 0.0)
    tell(subscription, 0.0)
    change(book, service, 1.0, Level=5)
    assert (subscription.hasNews(99.9), subscription.hasNews(100.0), subscription.take(100.0)) == (True, False, None)


def test_the_initial_event_is_told_even_after_an_unsubscribe() -> None:
    """UDA 1.1 §4.1.2."""
    book, service = bookOf(), lamp()
    subscription = book.subscribe(service, 'a', wish(), PEER, 0.0)
    change(book, service, 1.0, Level=5)
    book.unsubscribe(service, 'a', 1.0)
    assert tellAll(subscription, 1.0) == [(0, {'Level': '5', 'Status': ''})]


def test_what_is_under_way_at_the_end_does_no_harm() -> None:
    book, service = bookOf(), lamp()
    subscription = book.subscribe(service, 'a', wish(), PEER, 0.0)
    notice = subscription.take(0.0)
    assert notice is not None
    book.unsubscribe(service, 'a', 1.0)
    subscription.settle(notice, isDelivered=True)
    book.remove(subscription)
    assert (tell(subscription, 1.0), book.subscriptions, book.publishers) == (None, {}, {})


# Services


def test_a_service_has_one_publisher_and_an_equal_one_another() -> None:
    book, service, twin = bookOf(), lamp(), lamp()
    first, second = (book.subscribe(service, sid, wish(), PEER, 0.0) for sid in 'ab')
    other = book.subscribe(twin, 'c', wish(), PEER, 0.0)
    assert service == twin
    assert first.publisher is second.publisher is book.publish(service, 0.0) is not other.publisher
    assert book.audience(first.publisher) == [first, second]
    assert book.audience(other.publisher) == [other]
    change(book, service, 1.0, Level=5)
    assert (first.hasNews(1.0), tell(other, 1.0)) == (True, (0, {'Level': '0', 'Status': ''}))


def test_what_is_due_is_told_by_service() -> None:
    book, service, twin = bookOf(), lamp(), lamp()
    publishers = [book.publish(one, 0.0) for one in (service, twin)]
    for publisher, level in zip(publishers, (5, 6), strict=True):
        publisher.service.stateVariables['Level'].value = level
        publisher.note(publisher.service.stateVariables['Level'], 1.0)
    told = [(publisher, event.texts) for publisher, event in book.flush(1.0)]
    assert told == [(publishers[0], {'Level': '5'}), (publishers[1], {'Level': '6'})]
    assert book.flush(1.0) == []


def test_the_publisher_goes_with_the_last_subscriber() -> None:
    book, service = bookOf(), lamp()
    publisher = book.subscribe(service, 'a', wish(), PEER, 0.0).publisher
    book.subscribe(service, 'b', wish(), PEER, 0.0)
    book.unsubscribe(service, 'a', 1.0)
    assert list(book.publishers.values()) == [publisher]
    book.unsubscribe(service, 'b', 1.0)
    assert (book.publishers, book.audience(publisher)) == ({}, [])


def test_a_publisher_that_is_watched_stays_until_nobody_watches_nor_is_subscribed() -> None:
    book, service = bookOf(), lamp()
    first, second = book.watch(service, 0), book.watch(service, 0)
    assert first is second
    subscription = book.subscribe(service, 'uuid:1', wish(), PEER, 0)
    assert subscription.publisher is first
    book.unwatch(first)
    book.remove(subscription)
    assert book.publishers == {id(service): first}
    change(book, service, 1, Level=5)
    assert first.texts(0) == {'Level': '5'}
    assert first.texts(-1) == {'Level': '5', 'Status': ''}
    book.unwatch(first)
    assert book.publishers == {}


def test_a_publisher_that_was_watched_stays_for_its_subscriber() -> None:
    book, service = bookOf(), lamp()
    publisher = book.watch(service, 0)
    subscription = book.subscribe(service, 'uuid:1', wish(), PEER, 0)
    book.unwatch(publisher)
    assert book.publishers == {id(service): publisher}
    book.remove(subscription)
    assert book.publishers == {}


def test_the_end_of_watching_does_nothing_to_a_publisher_that_came_later() -> None:
    book, service = bookOf(), lamp()
    former = book.watch(service, 0)
    book.clear()
    later = book.watch(service, 0)
    book.unwatch(former)
    assert book.publishers == {id(service): later}


def test_what_is_told_by_multicast_needs_no_subscriber() -> None:
    """UDA 1.1 §4.2."""
    book, service = bookOf(), lamp(multicast=True)
    assert book.retain([service, lamp()], 0.0) == []
    (publisher,) = book.publishers.values()
    assert book.subscribe(service, 'a', wish(), PEER, 0.0).publisher is publisher
    book.unsubscribe(service, 'a', 1.0)
    change(book, service, 2.0, Level=5)
    assert (list(book.publishers.values()), publisher.number) == ([publisher], 1)


def test_what_is_not_retained_ends() -> None:
    """It frees the places as well."""
    book, service, twin, gone = bookOf(maxSubscriptionsPerPeer=1), lamp(), lamp(multicast=True), lamp(multicast=True)
    subscriptions = [book.subscribe(one, sid, wish(), PEER, 0.0) for one, sid in ((service, 'a'), (gone, 'b'))]
    book.retain([service, twin, gone], 0.0)
    assert list(book.publishers) == [id(service), id(gone), id(twin)]
    assert book.retain([service, twin], 1.0) == subscriptions[1:]
    assert (list(book.subscriptions), list(book.publishers)) == (['a'], [id(service), id(twin)])
    again = book.subscribe(gone, 'c', wish(), PEER, 1.0)
    assert (book.retain([], 2.0), book.publishers) == ([*subscriptions[:1], again], {})


def test_what_is_retained_is_taken_down_anew() -> None:
    book, service = bookOf(), lamp()
    subscription = book.subscribe(service, 'a', wish(), PEER, 0.0)
    tell(subscription, 0.0)
    service.stateVariables['Silent'].sendEvents = True
    service.stateVariables[0] = {'name': 'Level', 'dataType': 'i4', 'sendEvents': True, 'value': 5}
    assert (book.retain([service], 1.0), subscription.publisher.names) == ([], ('Level', 'Status', 'Silent'))
    change(book, service, 2.0, Silent='a')
    assert tellAll(subscription, 2.0) == [(1, {'Level': '5', 'Silent': 'a'})]


def test_when_it_is_cleared_the_book_is_as_new() -> None:
    book, service = bookOf(maxSubscriptions=2, maxSubscriptionsPerPeer=2), lamp(multicast=True)
    subscriptions = [book.subscribe(service, sid, wish(), PEER, 0.0) for sid in 'ab']
    assert (book.clear(), book.clear()) == (subscriptions, [])
    assert (book.subscriptions, book.publishers, book.flush(1.0), book.nextDue()) == ({}, {}, [], None)
    for sid in 'ab':
        assert tellAll(book.subscribe(service, sid, wish(), PEER, 1.0), 1.0) == [(0, {'Level': '0', 'Status': ''})]


# When to look again


def test_it_is_looked_again_when_something_is_due_or_over() -> None:
    book, service = bookOf(), lamp(maximumRate=5)
    assert book.nextDue() is None
    book.subscribe(service, 'a', wish(100), PEER, 0.0)
    book.subscribe(service, 'b', wish(60), PEER, 0.0)
    assert book.nextDue() == 60.0
    change(book, service, 50.0, Level=1)
    change(book, service, 51.0, Level=2)
    assert book.nextDue() == 55.0
    book.flush(55.0)
    assert (book.nextDue(), len(book.expire(60.0)), book.nextDue()) == (60.0, 1, 100.0)


def test_it_may_be_looked_too_early() -> None:
    book, service = bookOf(), lamp()
    book.subscribe(service, 'a', wish(100), PEER, 0.0)
    book.subscribe(service, 'b', wish(200), PEER, 0.0)
    book.renew(service, 'a', 300, 50.0)
    assert (book.nextDue(), book.expire(100.0), book.nextDue()) == (100.0, [], 200.0)


def test_without_subscribers_it_is_looked_for_what_is_due() -> None:
    book, service = bookOf(), lamp(multicast=True, minimumDelta=3)
    book.retain([service], 0.0)
    assert book.nextDue() is None
    book.subscribe(service, 'a', wish(100), PEER, 0.0)
    assert (book.nextDue(), len(book.expire(100.0)), book.nextDue()) == (100.0, 1, None)
    change(book, service, 200.0, Level=1)
    assert book.nextDue() == 200.0 + REST_SECONDS


# Whatever happens


EVENTED = {
    'Plain': {'dataType': 'ui4'},
    'Word': {},
    'Rated': {'dataType': 'ui4', 'maximumRate': 5},
    'Rough': {'dataType': 'ui4', 'minimumDelta': 10},
    'Both': {'dataType': 'ui4', 'maximumRate': 7, 'minimumDelta': 10},
}
LIMITS = Limits(maxSubscriptions=5, maxSubscriptionsPerPeer=2, maxQueuedEvents=3, maxFailedEvents=3)
MODERATED = ('Rated', 'Rough', 'Both')
SETTLED_SECONDS = 20.0  # more than any moderation of the above


def moderated() -> upnp.Service:
    """A service with variables of every moderation, and one that is not evented."""
    evented = [{'name': name, 'sendEvents': True, **elements} for name, elements in EVENTED.items()]
    return upnp.Service(stateVariables=[*evented, {'name': 'Silent'}])


class Past:
    """What one publisher has told, as it should have been: it knows the values, and when they came."""

    def __init__(self, service: upnp.Service) -> None:
        self.service = service
        self.events: list[dict[str, str]] = []
        self.present = {name: service.stateVariables[name].text for name in EVENTED}
        self.told = dict(self.present)
        self.toldAt = dict.fromkeys(EVENTED, float('-inf'))
        self._changedAt = dict.fromkeys(EVENTED, float('-inf'))

    def note(self, name: str, now: float) -> None:
        """Note a value."""
        text = self.service.stateVariables[name].text
        if name in EVENTED and text != self.present[name]:
            self.present[name], self._changedAt[name] = text, now

    def add(self, texts: dict[str, str], now: float) -> None:
        """Take an event, which has only what has changed, and what its moderation allows."""
        assert list(texts) == [name for name in EVENTED if name in texts] != []
        for name, text in texts.items():
            assert text == self.present[name] != self.told[name]
            assert now >= self.toldAt[name] + EVENTED[name].get('maximumRate', 0)
            if (delta := EVENTED[name].get('minimumDelta')) and abs(int(text) - int(self.told[name])) < delta:
                assert now >= self._changedAt[name] + REST_SECONDS
            self.told[name], self.toldAt[name] = text, now
        self.events.append(texts)

    def check(self, names: set[str]) -> None:
        """Check that the present values of some variables have been told."""
        assert {name: self.told[name] for name in names} == {name: self.present[name] for name in names}


class Hearer:
    """A subscriber of the model, which holds what it was handed, and nothing of what the book holds."""

    def __init__(self, subscription: Subscription, past: Past, names: tuple[str, ...], end: float) -> None:
        self.subscription = subscription
        self.past = past
        self.names = names
        self.end = end
        self.keys = 0
        self.failures = 0  # in a row, since a renewal
        self.isBehind = False  # whether the last event that it was handed failed
        self.number = -1  # of the last event in what it has seen
        self.seen: dict[str, str] = {}
        self.underWay: Notice | None = None

    def isLive(self, now: float) -> bool:
        """Tell whether it should be subscribed."""
        return now < self.end

    def take(self, now: float) -> bool:
        """Take what is next, and check it; return whether there was something."""
        self.underWay = notice = self.subscription.take(now)
        if notice is None:
            return False
        assert notice.seq == self.keys
        assert self.isLive(now) or notice.seq == 0
        assert self.failures < LIMITS.maxFailedEvents
        assert textsOf(notice.body) in self._expected(notice.number)
        self.keys += 1
        return True

    def settle(self, *, isDelivered: bool) -> None:
        """Have it answer."""
        if (notice := self.underWay) is None:
            return
        self.subscription.settle(notice, isDelivered=isDelivered)
        self.isBehind, self.underWay = not isDelivered, None
        self.failures = 0 if isDelivered else self.failures + 1
        if isDelivered:
            self.number = notice.number
            self.seen |= textsOf(notice.body)

    def _expected(self, number: int) -> list[dict[str, str]]:
        """Return what it may be told now of the events up to a number: the next one, or all that has changed."""
        past = self.past
        if self.number < 0:
            return [self.wanted(past.told)]
        news = [texts for event in past.events[self.number : number] if (texts := self.wanted(event))]
        changed = {name for texts in news for name in texts}
        all_ = {name: text for name, text in past.told.items() if name in changed}
        one = news if len(news) == 1 and not self.isBehind else []
        isOver = self.isBehind or len(past.events) - self.number > LIMITS.maxQueuedEvents
        return [*one, all_] if isOver else one

    def wanted(self, texts: dict[str, str]) -> dict[str, str]:
        """Return what it has asked for."""
        return {name: text for name, text in texts.items() if name in self.names}


PICK = st.integers(0, 5)


class Eventing(RuleBasedStateMachine):
    """Subscribers of two services come, hear, fail to hear, and go, while values change and time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.book = Book(LIMITS)
        self.services = (moderated(), moderated())
        self.all: list[Hearer] = []
        self.pasts: dict[Publisher, Past] = {}
        self.waiting: list[tuple[upnp.Service, upnp.StateVariable]] = []
        for service in self.services:
            service.addValueObserver(lambda *place: self.waiting.append(place))

    @rule(
        which=st.integers(0, 1),
        peer=st.sampled_from(['192.0.2.8', '192.0.2.9']),
        names=st.none() | st.lists(st.sampled_from(list(EVENTED)), min_size=1, unique=True).map(tuple),
        seconds=st.sampled_from([30, 60]),
    )
    def subscribe(self, which: int, peer: str, names: tuple[str, ...] | None, seconds: int) -> None:
        """Subscribe; where there are too many, a paused one or the newest of the other makes room, or it is refused."""
        service, place = self.services[which], (wish(seconds, names), peer, self.now)
        live = self.live()
        mine = [one for one in live if one.past.service is service and one.subscription.peer == peer]
        isFull = len(mine) == LIMITS.maxSubscriptionsPerPeer
        if isFull or len(live) == LIMITS.maxSubscriptions:
            paused = [one for one in (mine if isFull else live) if one.failures >= LIMITS.maxFailedEvents]
            most = [one for one in live if one.subscription.peer != peer]
            hasFewer = not isFull and len(live) - len(most) + 1 < len(most)
            if not paused and not hasFewer:
                self.refused(503, self.book.subscribe, service, 'no', *place)
                return
            (paused[0] if paused else most[-1]).end = self.now
        subscription = self.book.subscribe(service, f'uuid:{len(self.all)}', *place)
        past = self.pasts.setdefault(subscription.publisher, Past(service))
        self.all.append(Hearer(subscription, past, names or tuple(EVENTED), self.now + seconds))

    @rule(
        which=st.integers(0, 1),
        values=st.fixed_dictionaries(
            {},
            optional={
                **{'Plain': st.integers(0, 3), 'Word': st.sampled_from(['', 'a', '<b>&']), 'Silent': st.just('a')},
                **{name: st.sampled_from([0, 4, 12, 13]) for name in MODERATED},
            },
        ),
        isLast=st.booleans(),
    )
    def change(self, which: int, values: dict[str, object], isLast: bool) -> None:
        """Set values, of which nothing is told before the turn of the loop has ended."""
        for name, value in values.items():
            variable = self.services[which].stateVariables[name]
            variable.value = value
        if isLast:
            self.endTurn()

    @rule()
    def endTurn(self) -> None:
        """Make events of what was set and of what is due."""
        publishers = self.book.publishers
        for service, variable in self.waiting:
            if (publisher := publishers.get(id(service))) is not None:
                publisher.note(variable, self.now)
                self.pasts[publisher].note(str(variable.name), self.now)
        self.waiting.clear()
        for publisher, event in self.book.flush(self.now):
            self.pasts[publisher].add(event.texts, self.now)
        for publisher in publishers.values():
            self.pasts[publisher].check({'Plain', 'Word'})

    @rule(seconds=st.sampled_from([0.5, 3.0, 10.0, 30.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    @precondition(lambda self: self.all)
    @rule(pick=PICK)
    def begin(self, pick: int) -> None:
        """Leave what is next under way to a subscriber."""
        one = self.picked(pick)
        if one.underWay is None:
            one.take(self.now)

    @precondition(lambda self: self.all)
    @rule(pick=PICK, isDelivered=st.booleans())
    def answer(self, pick: int, isDelivered: bool) -> None:
        """Tell a subscriber what is next, and have it answer or not."""
        one = self.picked(pick)
        if one.underWay is not None or one.take(self.now):
            one.settle(isDelivered=isDelivered)

    @precondition(lambda self: self.all)
    @rule(pick=PICK, times=st.integers(1, 4), answers=st.lists(st.booleans(), max_size=2))
    def follow(self, pick: int, times: int, answers: list[bool]) -> None:
        """Make so many events, of each of which a subscriber is told if it answers, or has answered, the former."""
        one = self.picked(pick)
        for isDelivered in [*[False] * times, *answers]:
            variable = one.past.service.stateVariables['Plain']
            variable.value = (variable.value + 1) % 4
            self.endTurn()
            if one.underWay is not None or one.take(self.now):
                one.settle(isDelivered=isDelivered)

    @precondition(lambda self: self.all)
    @rule(pick=PICK, seconds=st.sampled_from([30, 60]))
    def renew(self, pick: int, seconds: int) -> None:
        """Prolong a subscription, if it is there."""
        self.prolong(self.picked(pick), seconds)

    @precondition(lambda self: self.all)
    @rule(pick=PICK)
    def unsubscribe(self, pick: int) -> None:
        """End a subscription, if it is there."""
        one = self.picked(pick)
        place = one.past.service, one.subscription.sid
        if not one.isLive(self.now):
            self.refused(412, self.book.unsubscribe, *place, self.now)
            return
        assert self.book.unsubscribe(*place, self.now) is one.subscription
        one.end = self.now

    @rule()
    def expire(self) -> None:
        """End the subscriptions whose time is over."""
        gone = self.book.expire(self.now)
        assert not any(one.isLive or one.expires > self.now for one in gone)
        assert set(self.book.subscriptions) == {one.subscription.sid for one in self.live()}

    @invariant()
    def keepsItsBounds(self) -> None:
        """Check how many there are, and that they are those that there should be."""
        subscriptions, services = self.book.subscriptions, {id(service) for service in self.services}
        places = Counter((one.publisher, one.peer) for one in subscriptions.values())
        assert len(subscriptions) <= LIMITS.maxSubscriptions
        assert max(places.values(), default=0) <= LIMITS.maxSubscriptionsPerPeer
        assert {one.subscription.sid for one in self.live()} <= set(subscriptions)
        assert {id(publisher.service) for publisher, _ in places} == set(self.book.publishers) <= services

    @invariant()
    def looksInTime(self) -> None:
        """Check that it is looked again before the first subscription ends, and not when there is none."""
        ends = [one.expires for one in self.book.subscriptions.values()]
        due = self.book.nextDue()
        assert due is None if not ends else due is not None and due <= min(ends)

    @invariant()
    def keepsSilence(self) -> None:
        """Check that who has gone, or does not answer, is told nothing more."""
        for one in self.all:
            if one.keys and (not one.isLive(self.now) or one.failures >= LIMITS.maxFailedEvents):
                assert one.subscription.take(self.now) is None

    def teardown(self) -> None:
        """Let all come to rest: whoever has heard everything, by now or after a renewal, knows the present state."""
        for one in self.all:
            one.settle(isDelivered=True)
        self.endTurn()
        end = self.now + SETTLED_SECONDS
        while (due := self.book.nextDue()) is not None and due <= end:
            self.now = max(due, self.now)
            self.expire()
            self.endTurn()
        for past in {one.past for one in self.live()}:
            past.check(set(EVENTED))
        self.hearAll([one for one in self.live() if not one.isBehind])
        for one in self.live():
            self.prolong(one, 30)
        self.hearAll(self.live())

    def hearAll(self, those: list[Hearer]) -> None:
        """Tell some subscribers all there is to tell, and check what they know by then."""
        for one in those:
            while one.take(self.now):
                one.settle(isDelivered=True)
            state = {name: one.past.service.stateVariables[name].text for name in one.names}
            assert one.seen == state == one.wanted(one.past.present)

    def prolong(self, one: Hearer, seconds: int) -> None:
        """Renew a subscription, if it is there."""
        place = one.past.service, one.subscription.sid
        if not one.isLive(self.now):
            self.refused(412, self.book.renew, *place, seconds, self.now)
            return
        assert self.book.renew(*place, seconds, self.now) is one.subscription
        one.end, one.failures = self.now + seconds, 0

    def live(self) -> list[Hearer]:
        """Return those that should be subscribed."""
        return [one for one in self.all if one.isLive(self.now)]

    def picked(self, pick: int) -> Hearer:
        """Return one that should be subscribed, or else, or for 0, any that ever was."""
        those = (self.live() if pick else []) or self.all
        return those[pick % len(those)]

    def refused(self, status: int, function: Callable[..., object], *place: object) -> None:
        """Check that something is refused."""
        with pytest.raises(MessageError) as caught:
            function(*place)
        assert caught.value.status == status


def test_whatever_happens_each_subscriber_knows_the_state_in_the_end() -> None:
    """UDA 1.1 §4.1.2, §4.3."""
    few = settings(max_examples=100, stateful_step_count=40, deadline=None, database=None, derandomize=True)
    run_state_machine_as_test(Eventing, settings=few)
