"""What one service tells its subscribers: what is an event, when it is one, and what is kept of it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import combinations

import pytest

import upnp
from upnp import Limits
from upnp.eventing.gena import renderProperties
from upnp.eventing.publisher import REST_SECONDS, Publisher

LEVEL = {'name': 'Level', 'dataType': 'i4'}
STATUS = {'name': 'Status', 'dataType': 'boolean'}
TEXT = {'name': 'Text'}
NUMBER = {'name': 'Number', 'dataType': 'r8'}


def publisherOf(*variables: Mapping[str, object], **limits: int) -> Publisher:
    """The publisher of a service with these variables, which are evented unless they say otherwise."""
    service = upnp.Service(stateVariables=[{'sendEvents': True, **elements} for elements in variables])
    publisher = Publisher(service, Limits(**limits))
    publisher.refresh(0.0)
    return publisher


def assign(publisher: Publisher, now: float, **values: object) -> None:
    """Set values, and note that they were set."""
    for name, value in values.items():
        variable = publisher.service.stateVariables[name]
        variable.value = value
        publisher.note(variable, now)


def told(publisher: Publisher, now: float) -> dict[str, str] | None:
    """What the event of this moment tells; None when there is none."""
    event = publisher.flush(now)
    return None if event is None else event.texts


def tell(publisher: Publisher, *texts: str) -> None:
    """Make an event of each text."""
    for text in texts:
        assign(publisher, 0.0, Text=text)
        assert told(publisher, 0.0) == {'Text': text}


# What is an event


def test_a_value_that_was_set_is_an_event() -> None:
    publisher = publisherOf(LEVEL, STATUS)
    assign(publisher, 1.0, Level=5)
    event = publisher.flush(1.0)
    assert event is not None
    assert (event.texts, publisher.number) == ({'Level': '5'}, 1)
    assert event.body(None) == (
        b'<?xml version="1.0" encoding="utf-8"?>\n'
        b'<e:propertyset xmlns:e="urn:schemas-upnp-org:event-1-0">'
        b'<e:property><Level>5</Level></e:property></e:propertyset>\n'
    )


def test_an_event_is_told_once() -> None:
    publisher = publisherOf(LEVEL)
    assign(publisher, 1.0, Level=5)
    assert [told(publisher, 1.0), told(publisher, 1.0), told(publisher, 9.0)] == [{'Level': '5'}, None, None]
    assert (publisher.number, publisher.nextDue) == (1, None)


@pytest.mark.parametrize(
    ('variable', 'value', 'text'),
    [
        *((LEVEL, 0, None), (LEVEL, 1, '1'), (STATUS, False, None), (STATUS, 0, None), (STATUS, 1, '1')),
        *((TEXT, '', None), (TEXT, ' ', ' '), (NUMBER, 0, None), (NUMBER, Decimal(0), None), (NUMBER, 2, '2.0')),
    ],
)
def test_only_another_text_is_an_event(variable: Mapping[str, object], value: object, text: str | None) -> None:
    publisher = publisherOf(variable)
    assign(publisher, 0.0, **{str(variable['name']): value})
    assert told(publisher, 0.0) == (None if text is None else {variable['name']: text})


def test_there_and_back_in_one_turn_is_no_event() -> None:
    publisher = publisherOf(LEVEL, STATUS)
    assign(publisher, 1.0, Level=5, Status=True)
    assign(publisher, 1.0, Level=0)
    assert told(publisher, 1.0) == {'Status': '1'}


def test_of_several_values_in_one_turn_the_last_is_told() -> None:
    publisher = publisherOf(LEVEL)
    for level in (1, 2, 3):
        assign(publisher, 1.0, Level=level)
    assert told(publisher, 1.0) == {'Level': '3'}


def test_all_of_one_turn_travel_in_one_event_in_the_order_of_the_scpd() -> None:
    publisher = publisherOf(LEVEL, STATUS, TEXT)
    assign(publisher, 1.0, Text='a', Level=5)
    assign(publisher, 1.0, Status=True)
    event = publisher.flush(1.0)
    assert event is not None
    assert list(event.texts.items()) == [('Level', '5'), ('Status', '1'), ('Text', 'a')]


def test_what_is_not_evented_is_no_event() -> None:
    publisher = publisherOf(LEVEL, {**STATUS, 'sendEvents': False})
    assign(publisher, 1.0, Status=True)
    publisher.note(upnp.StateVariable(name='Other', sendEvents=True), 1.0)
    assert (told(publisher, 1.0), publisher.names) == (None, ('Level',))


def test_before_it_is_refreshed_it_knows_nothing() -> None:
    publisher = Publisher(upnp.Service(stateVariables=[{**LEVEL, 'sendEvents': True}]), Limits())
    assign(publisher, 1.0, Level=5)
    assert (publisher.names, told(publisher, 1.0), publisher.changes(-1, None)) == ((), None, b'')


def test_a_value_that_cannot_be_written_is_no_event() -> None:
    publisher = publisherOf(TEXT)
    assign(publisher, 0.0, Text='a')
    variable = publisher.service.stateVariables['Text']
    variable.dataType = 'ui1'
    publisher.note(variable, 0.0)
    assert told(publisher, 0.0) == {'Text': 'a'}


# Moderation


def play(publisher: Publisher, script: Iterable[tuple[float, object]]) -> list[tuple[float, str]]:
    """Set Level at each moment, look when something is due as well, and return when Level was told and how."""
    events: list[tuple[float, str]] = []

    def look(now: float) -> None:
        if (texts := told(publisher, now)) is not None:
            events.append((now, texts['Level']))

    def lookUntil(end: float) -> None:
        while (due := publisher.nextDue) is not None and due < end:
            look(due)

    for now, value in script:
        lookUntil(now)
        assign(publisher, now, Level=value)
        look(now)
    lookUntil(float('inf'))
    return events


RATE, DELTA, BOTH = {'maximumRate': 5}, {'minimumDelta': 3}, {'maximumRate': 20, 'minimumDelta': 3}
SCRIPTS = [
    (RATE, [(0, 1)], [(0, '1')]),
    (RATE, [(0, 1), (1, 2)], [(0, '1'), (5, '2')]),
    (RATE, [(0, 1), (1, 2), (4, 3)], [(0, '1'), (5, '3')]),
    (RATE, [(0, 1), (1, 2), (1, 2), (4, 2)], [(0, '1'), (5, '2')]),
    (RATE, [(0, 1), (4.5, 2), (5, 3)], [(0, '1'), (5, '3')]),
    (RATE, [(0, 1), (5, 2)], [(0, '1'), (5, '2')]),
    (RATE, [(0, 1), (20, 2), (21, 3), (40, 4)], [(0, '1'), (20, '2'), (25, '3'), (40, '4')]),
    (RATE, [(0, 1), (1, 2), (2, 1)], [(0, '1')]),
    (RATE, [(0, 1), (1, 2), (2, 1), (3, 4)], [(0, '1'), (5, '4')]),
    (RATE, [(0, 0), (1, 2), (2, 3)], [(1, '2'), (6, '3')]),
    (DELTA, [(0, 3)], [(0, '3')]),
    (DELTA, [(0, -3)], [(0, '-3')]),
    (DELTA, [(0, 4), (1, 7), (2, 1)], [(0, '4'), (1, '7'), (2, '1')]),
    (DELTA, [(0, 2)], [(10, '2')]),
    (DELTA, [(0, -2)], [(10, '-2')]),
    (DELTA, [(0, 2), (4, 1)], [(14, '1')]),
    (DELTA, [(0, 2), (4, 2)], [(10, '2')]),
    (DELTA, [(0, 2), (4, 3)], [(4, '3')]),
    (DELTA, [(0, 2), (4, 5), (5, 6)], [(4, '5'), (15, '6')]),
    (DELTA, [(0, 2), (9, 0)], []),
    (DELTA, [(0, 2), (9, 0), (15, 1)], [(25, '1')]),
    (DELTA, [(0, 2), (10, 1)], [(20, '1')]),
    (DELTA, [(0, 2), (11, 4)], [(10, '2'), (21, '4')]),
    (DELTA, [(0, 2), (11, 5)], [(10, '2'), (11, '5')]),
    (BOTH, [(0, 4), (1, 8)], [(0, '4'), (20, '8')]),
    (BOTH, [(0, 4), (1, 5)], [(0, '4'), (20, '5')]),
    (BOTH, [(0, 4), (15, 5)], [(0, '4'), (25, '5')]),
    (BOTH, [(0, 4), (1, 8), (15, 5)], [(0, '4'), (25, '5')]),
    (BOTH, [(0, 4), (15, 5), (16, 8)], [(0, '4'), (20, '8')]),
    (BOTH, [(0, 4), (30, 5)], [(0, '4'), (40, '5')]),
    (BOTH, [(0, 1), (1, 5), (2, 6)], [(1, '5'), (21, '6')]),
]


@pytest.mark.parametrize(('elements', 'script', 'events'), SCRIPTS, ids=range(len(SCRIPTS)))
def test_the_last_value_is_told_when_its_moderation_allows(
    elements: Mapping[str, object], script: list[tuple[float, int]], events: list[tuple[float, str]]
) -> None:
    """UDA 1.1 §4.3: maximumRate is the least number of seconds between two events, minimumDelta the least step."""
    assert REST_SECONDS == 10
    assert play(publisherOf({**LEVEL, **elements}), script) == events


@pytest.mark.parametrize('dataType', ['r8', 'fixed.14.4', 'ui4', 'number'])
def test_numbers_of_every_kind_have_a_difference(dataType: str) -> None:
    publisher = publisherOf({'name': 'Level', 'dataType': dataType, 'minimumDelta': 2.5})
    script = [(0, 3), (1, 5), (2, 6), (3, 8)]
    assert [now for now, _ in play(publisher, script)] == [0, 2, 13]


def test_what_is_no_number_differs_always() -> None:
    publisher = publisherOf({'name': 'Level'})
    publisher.service.stateVariables['Level'].minimumDelta = 3
    assert play(publisher, [(0, 'a'), (1, 'b')]) == [(0, 'a'), (1, 'b')]


def test_moderation_holds_back_nothing_else() -> None:
    publisher = publisherOf({**LEVEL, **RATE}, STATUS)
    assign(publisher, 1.0, Level=1)
    assert (publisher.nextDue, told(publisher, 1.0)) == (1.0, {'Level': '1'})
    assign(publisher, 2.0, Level=2, Status=True)
    assert (told(publisher, 2.0), publisher.nextDue) == ({'Status': '1'}, 6.0)
    assign(publisher, 5.0, Status=False)
    assert told(publisher, 6.0) == {'Level': '2', 'Status': '0'}
    assign(publisher, 20.0, Level=3)
    assert publisher.nextDue == 20.0


def test_what_is_due_is_told_in_time() -> None:
    publisher = publisherOf({**LEVEL, **DELTA}, STATUS)
    assert publisher.nextDue is None
    assign(publisher, 1.0, Level=2)
    assert publisher.nextDue == 11.0
    assign(publisher, 2.0, Status=True)
    assert publisher.nextDue == 2.0
    assert [told(publisher, now) for now in (1.5, 2.0, 10.9, 11.0)] == [None, {'Status': '1'}, None, {'Level': '2'}]


# Which variables


def test_a_new_variable_is_told_when_it_changes() -> None:
    publisher = publisherOf(LEVEL)
    publisher.service.stateVariables.insert(0, {**STATUS, 'sendEvents': True, 'value': True})
    publisher.refresh(1.0)
    assert (publisher.names, told(publisher, 1.0)) == (('Status', 'Level'), None)
    assign(publisher, 2.0, Level=5, Status=False)
    assert told(publisher, 2.0) == {'Status': '0', 'Level': '5'}


@pytest.mark.parametrize('way', ['removed', 'not evented'])
def test_a_variable_that_has_gone_is_told_no_more(way: str) -> None:
    publisher = publisherOf({**LEVEL, **DELTA}, STATUS)
    level = publisher.service.stateVariables['Level']
    assign(publisher, 1.0, Level=2)
    if way == 'removed':
        publisher.service.stateVariables.remove(level)
    else:
        level.sendEvents = False
    publisher.refresh(2.0)
    publisher.note(level, 3.0)
    assert (publisher.names, publisher.nextDue, told(publisher, 99.0)) == (('Status',), None, None)
    assert publisher.changes(-1, None) == renderProperties({'Status': '0'})


def test_a_variable_that_has_come_back_has_its_present_value() -> None:
    publisher = publisherOf(LEVEL, STATUS)
    assert publisher.changes(-1, None) == renderProperties({'Level': '0', 'Status': '0'})
    level = publisher.service.stateVariables.pop(0)
    publisher.refresh(1.0)
    level.value = 5
    publisher.service.stateVariables.insert(0, level)
    publisher.refresh(2.0)
    assert publisher.changes(-1, None) == renderProperties({'Level': '5', 'Status': '0'})


@pytest.mark.parametrize(('value', 'texts'), [(0, None), (5, {'Level': '5'})])
def test_a_variable_in_the_place_of_another_is_told_when_its_text_is_another(
    value: int, texts: dict[str, str] | None
) -> None:
    publisher = publisherOf(LEVEL, STATUS)
    publisher.service.stateVariables[0] = {**LEVEL, 'dataType': 'ui1', 'sendEvents': True, 'value': value}
    publisher.refresh(1.0)
    assert told(publisher, 1.0) == texts
    assert publisher.changes(-1, None) == renderProperties({'Level': str(value), 'Status': '0'})


def test_what_was_set_and_not_noted_yet_is_not_told_early() -> None:
    """An action that still runs has set it, and what that sets travels together."""
    publisher = publisherOf(LEVEL)
    publisher.service.stateVariables['Level'].value = 5
    publisher.refresh(1.0)
    assert publisher.nextDue is None
    publisher.note(publisher.service.stateVariables['Level'], 1.0)
    assert told(publisher, 1.0) == {'Level': '5'}


def test_what_waits_is_told_in_the_new_order() -> None:
    publisher = publisherOf(LEVEL, STATUS)
    assign(publisher, 1.0, Level=5, Status=True)
    publisher.service.stateVariables.reverse()
    publisher.refresh(1.0)
    event = publisher.flush(1.0)
    assert event is not None
    assert list(event.texts) == ['Status', 'Level']


def test_a_variable_without_a_readable_value_is_left_out() -> None:
    publisher = publisherOf(LEVEL)
    publisher.service.stateVariables.append({**TEXT, 'sendEvents': True, 'value': 'a'})
    variable = publisher.service.stateVariables['Text']
    variable.dataType = 'ui1'
    publisher.refresh(1.0)
    assert (publisher.names, publisher.changes(-1, None)) == (('Level',), renderProperties({'Level': '0'}))
    variable.value = 5
    publisher.refresh(2.0)
    assert publisher.names == ('Level', 'Text')


def test_a_variable_that_has_lost_its_readable_value_keeps_the_former() -> None:
    publisher = publisherOf(TEXT)
    tell(publisher, 'a')
    publisher.service.stateVariables['Text'].dataType = 'ui1'
    publisher.refresh(1.0)
    assert (publisher.names, told(publisher, 1.0)) == (('Text',), None)
    assert publisher.changes(-1, None) == renderProperties({'Text': 'a'})


@pytest.mark.parametrize(
    ('elements', 'names'),
    [
        *(({'multicast': True}, ('Level',)), ({}, ()), ({'multicast': True, 'sendEvents': False}, ())),
        ({'multicast': True, 'name': 'Other'}, ('Other',)),
    ],
)
def test_evented_variables_may_be_told_by_multicast_as_well(
    elements: Mapping[str, object], names: tuple[str, ...]
) -> None:
    """UDA 1.1 §2.5."""
    assert publisherOf(STATUS, {**LEVEL, **elements}).multicastNames == names


def test_a_variable_that_was_just_removed_is_not_told_by_multicast() -> None:
    publisher = publisherOf({**LEVEL, 'multicast': True}, {**STATUS, 'multicast': True})
    publisher.service.stateVariables.pop(0)
    assert publisher.multicastNames == ('Status',)


def test_a_value_that_goes_back_before_it_is_due_was_told_to_nobody() -> None:
    publisher = publisherOf({**LEVEL, **RATE})
    for now, level in ((0.0, 5), (1.0, 7)):
        assign(publisher, now, Level=level)
        publisher.flush(now)
    assert publisher.changes(-1, None) == renderProperties({'Level': '5'})
    assign(publisher, 2.0, Level=5)
    assert (told(publisher, 99.0), publisher.nextDue) == (None, None)


def test_a_variable_that_was_replaced_is_told_no_more() -> None:
    publisher = publisherOf(TEXT)
    former = publisher.service.stateVariables['Text']
    publisher.service.stateVariables[0] = {**TEXT, 'sendEvents': True}
    publisher.refresh(1.0)
    former.value = 'a'
    publisher.note(former, 2.0)
    assert told(publisher, 2.0) is None


# What is kept


def test_so_many_events_are_kept() -> None:
    publisher = publisherOf(TEXT, maxQueuedEvents=3)
    tell(publisher, *'abc')
    assert [publisher.event(number) for number in (-1, 0)] == [None, None]
    assert [event.texts['Text'] for number in (1, 2, 3) if (event := publisher.event(number))] == ['a', 'b', 'c']
    tell(publisher, 'd')
    assert publisher.event(1) is None
    assert [event.texts['Text'] for number in (2, 3, 4) if (event := publisher.event(number))] == ['b', 'c', 'd']


SIZE = len(renderProperties({'Text': 'a'}))


@pytest.mark.parametrize(('maxBytes', 'kept'), [(3 * SIZE, 3), (3 * SIZE - 1, 2), (SIZE, 1), (SIZE - 1, 0), (1, 0)])
def test_so_many_bytes_of_events_are_kept(maxBytes: int, kept: int) -> None:
    publisher = publisherOf(TEXT, maxQueuedEventBytes=maxBytes)
    tell(publisher, *'abcde')
    events = [publisher.event(number) for number in range(1, 6)]
    assert [event.texts['Text'] if event else None for event in events] == [*[None] * (5 - kept), *'abcde'[5 - kept :]]


def test_an_event_that_is_too_long_to_be_kept_takes_the_former_with_it() -> None:
    publisher = publisherOf(TEXT, maxQueuedEventBytes=2 * SIZE)
    tell(publisher, 'a', 'b' * (SIZE + 2))
    assert [publisher.event(1), publisher.event(2)] == [None, None]
    tell(publisher, 'c', 'd')
    assert [publisher.event(number) is None for number in (1, 2, 3, 4)] == [True, True, False, False]


# All that has changed


@pytest.mark.parametrize(
    ('since', 'variables', 'texts'),
    [
        (-1, None, {'Level': '3', 'Status': '1', 'Text': ''}),
        (-1, ('Text', 'Level', 'Other'), {'Level': '3', 'Text': ''}),
        (0, None, {'Level': '3', 'Status': '1'}),
        (1, None, {'Level': '3', 'Status': '1'}),
        (2, None, {'Level': '3'}),
        (2, ('Level',), {'Level': '3'}),
        (2, ('Status', 'Text'), {}),
        (3, None, {}),
        (-1, (), {}),
    ],
)
def test_all_that_was_told_since_an_event_comes_with_its_present_value(
    since: int, variables: tuple[str, ...] | None, texts: dict[str, str]
) -> None:
    publisher = publisherOf(LEVEL, STATUS, TEXT)
    for values in ({'Level': 1}, {'Level': 2, 'Status': True}, {'Level': 3}):
        assign(publisher, 0.0, **values)
        publisher.flush(0.0)
    assert publisher.changes(since, variables) == (renderProperties(texts) if texts else b'')


def test_a_new_variable_is_no_change_to_those_who_are_up_to_date() -> None:
    publisher = publisherOf(TEXT)
    tell(publisher, 'a')
    publisher.service.stateVariables.append({**LEVEL, 'sendEvents': True})
    publisher.refresh(1.0)
    assert publisher.changes(1, None) == b''
    assert publisher.changes(0, None) == renderProperties({'Text': 'a', 'Level': '0'})


# Bodies


FOUR = [{'name': name} for name in 'ABCD']
SUBSETS = [subset for length in (1, 2, 3) for subset in combinations('ABCD', length)]


def test_an_event_has_the_variables_that_are_asked_for_in_their_order() -> None:
    publisher = publisherOf(*FOUR)
    assign(publisher, 0.0, A='a', B='b', C='c')
    event = publisher.flush(0.0)
    assert event is not None
    assert event.body(('C', 'D', 'A', 'Other')) == renderProperties({'C': 'c', 'A': 'a'})
    assert event.body(['B']) == renderProperties({'B': 'b'})
    assert (event.body(('D',)), event.body(())) == (b'', b'')
    assert event.size == len(event.body(None))


def test_eight_bodies_of_an_event_are_kept() -> None:
    publisher = publisherOf(*FOUR)
    assign(publisher, 0.0, A='a', B='b', C='c', D='d')
    event = publisher.flush(0.0)
    assert event is not None
    first, second = ([event.body(subset) for subset in SUBSETS] for _ in range(2))
    assert first == second == [renderProperties({name: name.lower() for name in subset}) for subset in SUBSETS]
    assert [one is other for one, other in zip(first, second, strict=True)] == [True] * 7 + [False] * 7
    assert event.body(None) is event.body('ABCD')


def test_eight_bodies_of_what_has_changed_are_kept_until_something_changes() -> None:
    publisher = publisherOf(*FOUR)
    first, second = ([publisher.changes(-1, subset) for subset in SUBSETS] for _ in range(2))
    assert first == second == [renderProperties(dict.fromkeys(subset, '')) for subset in SUBSETS]
    assert [one is other for one, other in zip(first, second, strict=True)] == [True] * 8 + [False] * 6
    assign(publisher, 0.0, A='a')
    publisher.flush(0.0)
    assert publisher.changes(-1, ('A',)) == renderProperties({'A': 'a'})
    assert publisher.changes(-1, ('B',)) == renderProperties({'B': ''})
