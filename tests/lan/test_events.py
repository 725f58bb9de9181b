"""Events between hosts: who may subscribe, what is told to whom and in which order, and when it ends (UDA 1.1 §4)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.lan.gena import Event, Subscriber, Subscription, eventUrls
from tests.lan.hosts import Host, Lan, Network
from tests.lan.prompt import Prompt
from tests.lan.soap import call, controlUrls

pytestmark = pytest.mark.lan

PORT = 5000
PATIENCE_SECONDS = 10.0
METER, BEACON = 'urn:example-org:service:meter:1', 'urn:example-org:service:beacon:1'
UUID = '5e1f0a10-4d2c-4a6b-9a51-0242ac110004'
DEVICE = {
    'deviceType': 'urn:example-org:device:meter:1',
    'friendlyName': 'Meter',
    'uuid': UUID,
    'services': [
        {
            'serviceType': METER,
            'serviceId': 'urn:example-org:serviceId:meter',
            'stateVariables': [
                {'name': 'Level', 'dataType': 'ui2', 'sendEvents': True},
                {'name': 'Status', 'dataType': 'boolean', 'sendEvents': True},
                {'name': 'Hidden', 'dataType': 'ui2'},
            ],
            'actions': [{'name': 'SetAll'}, {'name': 'Hold'}],
        },
        {
            'serviceType': BEACON,
            'serviceId': 'urn:example-org:serviceId:beacon',
            'stateVariables': [
                {'name': 'Light', 'dataType': 'ui2', 'sendEvents': True, 'multicast': True},
                {'name': 'Heat', 'dataType': 'ui2', 'sendEvents': True, 'maximumRate': 0.3},
            ],
        },
    ],
}
LIVE = 100
BAD_MODES = ('silent', 'resets', 'fails', 'late 20', 'unreachable')
CHANGES, CHANGES_PER_SECOND = 50, 20
SUBSCRIPTIONS, ADDRESSES = 1000, 4
MAX_GROWTH_BYTES = 10 << 20
DESCRIPTORS = "len(os.listdir('/proc/self/fd'))"
RESIDENT_BYTES = "int(pathlib.Path('/proc/self/statm').read_text().split()[1]) * os.sysconf('SC_PAGE_SIZE')"


@pytest.fixture
def meter(prompt: Prompt) -> Prompt:
    """A prompt where `device` has a `level` and a `status`, and a `light` and a `heat`; nothing is announced."""
    # With all hosts on one machine, a turn of the loop may have to wait for a processor: that is no fault of its own.
    prompt.do('asyncio.get_running_loop().slow_callback_duration = 5')
    prompt.do(f'device = upnp.Device({DEVICE!r})')
    prompt.do('level, status, hidden = device.services[0].stateVariables')
    prompt.do('light, heat = device.services[1].stateVariables')
    return prompt


@pytest.fixture
def subscriber(searcher: Host) -> Iterator[Subscriber]:
    """Who subscribes."""
    with Subscriber(searcher) as running:
        yield running


def start(prompt: Prompt, options: str = '') -> None:
    prompt.do(f'server = upnp.Announcer(device, httpPort={PORT}, {options})')
    prompt.do('await server.start()')


def locationOf(address: str) -> str:
    return f'http://{address}:{PORT}/descr.xml'


def urlsOf(reader: Host, device: Host) -> dict[str, str]:
    return eventUrls(reader, locationOf(device.address))


def until(prompt: Prompt, expression: str) -> None:
    """Wait until something is true on the device's host."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not prompt.do(expression):
        assert time.monotonic() < end, expression
        time.sleep(0.02)


def textsOf(events: list[Event], name: str = 'Level') -> list[str]:
    return [event.texts[name] for event in events]


def seqsOf(events: list[Event]) -> list[int]:
    return [event.seq for event in events]


def assertToldNothing(prompt: Prompt, witness: Subscription, *others: Subscription) -> None:
    """Check that a change is told to one, and not to the others."""
    before = [one.events for one in others]
    count = len(witness.waitFor(1))
    prompt.do('level.value += 1')
    witness.waitFor(count + 1)
    prompt.do('level.value += 1')
    witness.waitFor(count + 2)
    assert [one.events for one in others] == before


# What is told


def test_the_initial_event_follows_the_answer_and_tells_every_evented_variable(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    """UDA 1.1 §4.1.2, §4.3.2."""
    start(meter)
    subscription = subscriber.subscribe(urlsOf(searcher, deviceHost)[METER])
    (event,) = subscription.waitFor(1)
    path = subscription.callbacks[0].partition(searcher.address)[2].partition('/')[2]
    assert subscription.answer.status == 200
    assert subscription.answer.headers['TIMEOUT'] == 'Second-1800'
    assert subscription.answer.time <= event.time
    assert event.start == f'NOTIFY /{path} HTTP/1.1'
    assert event.headers.pop('CONTENT-LENGTH').isdigit()
    assert event.headers == {
        'HOST': subscription.callbacks[0].split('/')[2],
        'CONTENT-TYPE': 'text/xml; charset="utf-8"',
        'NT': 'upnp:event',
        'NTS': 'upnp:propchange',
        'SID': subscription.sid,
        'SEQ': '0',
    }
    assert event.texts == {'Level': '0', 'Status': '0'}


@pytest.mark.parametrize('mode', ['keeps', 'closes'])
def test_changes_come_in_order(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber, mode: str
) -> None:
    start(meter)
    subscription = subscriber.subscribe(urlsOf(searcher, deviceHost)[METER], mode)
    subscription.waitFor(1)
    for number in range(1, 6):
        meter.do(f'level.value = {number}')
    events = subscription.waitFor(6)
    assert seqsOf(events) == [0, 1, 2, 3, 4, 5]
    assert [event.texts for event in events[1:]] == [{'Level': str(number)} for number in range(1, 6)]


def test_what_is_set_in_one_turn_of_the_loop_travels_together(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    start(meter)
    subscription = subscriber.subscribe(urlsOf(searcher, deviceHost)[METER])
    subscription.waitFor(1)
    meter.do('level.value, hidden.value, level.value, status.value = 1, 2, 3, True')
    assert subscription.waitFor(2)[1].texts == {'Level': '3', 'Status': '1'}


def test_what_a_plain_action_sets_travels_together(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    meter.do(
        "device.services[0].actions['SetAll'].function = lambda: "
        "[(setattr(level, 'value', number), threading.Event().wait(0.02)) for number in (1, 2, 3)]"
        " and setattr(status, 'value', True)"
    )
    start(meter)
    subscription = subscriber.subscribe(urlsOf(searcher, deviceHost)[METER])
    subscription.waitFor(1)
    call(searcher, controlUrls(searcher, locationOf(deviceHost.address))[METER], METER, ('SetAll', {}))
    meter.do('level.value = 9')
    assert [event.texts for event in subscription.waitFor(3)[1:]] == [{'Level': '3', 'Status': '1'}, {'Level': '9'}]


def test_what_a_plain_action_sets_travels_together_even_when_the_description_changes_meanwhile(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    meter.do(
        "device.services[0].actions['SetAll'].function = lambda: (setattr(level, 'value', 1), "
        "setattr(device, 'modelName', 'M2'), threading.Event().wait(0.5), setattr(level, 'value', 2))[-1]"
    )
    start(meter)
    subscription = subscriber.subscribe(urlsOf(searcher, deviceHost)[METER])
    subscription.waitFor(1)
    call(searcher, controlUrls(searcher, locationOf(deviceHost.address))[METER], METER, ('SetAll', {}))
    meter.do('level.value = 9')
    subscription.waitFor(3)
    assert textsOf(subscription.events) == ['0', '2', '9']


def test_changes_in_another_thread_are_told(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    start(meter)
    subscription = subscriber.subscribe(urlsOf(searcher, deviceHost)[METER])
    subscription.waitFor(1)
    meter.do("await asyncio.to_thread(setattr, level, 'value', 7)")
    assert subscription.waitFor(2)[1].texts == {'Level': '7'}


def test_a_moderated_variable_is_told_at_most_so_often_and_its_last_value_always(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    """UDA 1.1 §4.3: maximumRate."""
    start(meter)
    subscription = subscriber.subscribe(urlsOf(searcher, deviceHost)[BEACON])
    subscription.waitFor(1)
    for number in range(1, 6):
        meter.do(f'heat.value = {number}')
        meter.do('await asyncio.sleep(0.01)')
    _, first, last = subscription.waitFor(3)
    assert (first.texts, last.texts) == ({'Heat': '1'}, {'Heat': '5'})
    assert last.time - first.time > 0.25


def test_only_the_variables_that_were_asked_for_are_told(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    """UDA 2.0 §4.1.2: STATEVAR."""
    start(meter)
    url = urlsOf(searcher, deviceHost)[METER]
    subscription = subscriber.subscribe(url, STATEVAR='Status,Hidden,Other')
    assert subscription.answer.headers['ACCEPTED-STATEVAR'] == 'Status'
    assert subscription.waitFor(1)[0].texts == {'Status': '0'}
    meter.do('level.value = 1')
    meter.do('level.value, status.value = 2, True')
    assert [event.texts for event in subscription.waitFor(2)] == [{'Status': '0'}, {'Status': '1'}]
    assert seqsOf(subscription.events) == [0, 1]
    assert subscriber.subscribe(url, STATEVAR='Hidden').answer.status == 412


def test_a_multicast_event_is_heard_on_every_lan(
    network: Network, meter: Prompt, deviceHost: Host, searcher: Host
) -> None:
    """UDA 1.1 §4.2, §4.3.3."""
    other = network.lan()
    deviceHost.join(other)
    start(meter)
    with Subscriber(searcher) as near, Subscriber(network.host('far', other)) as far:
        names = near.listen(), far.listen()
        meter.do('light.value, heat.value, level.value = 5, 6, 7')
        meter.do('light.value = 6')
        for one, name in zip((near, far), names, strict=True):
            (events,) = one.wait([name], 2)
            assert [event.texts for event in events] == [{'Light': '5'}, {'Light': '6'}]
            assert seqsOf(events) == [0, 1]
            assert events[0].start == 'NOTIFY * HTTP/1.0'
            assert events[0].headers.pop('CONTENT-LENGTH').isdigit()
            assert events[0].headers == {
                'HOST': '239.255.255.246:7900',
                'CONTENT-TYPE': 'text/xml; charset="utf-8"',
                'USN': f'uuid:{UUID}::{BEACON}',
                'SVCID': 'urn:example-org:serviceId:beacon',
                'NT': 'upnp:event',
                'NTS': 'upnp:propchange',
                'SEQ': '0',
                'LVL': 'upnp:/general',
                'BOOTID.UPNP.ORG': str(meter.do('device.bootId')),
            }


def test_no_multicast_event_is_sent_between_byebye_and_the_next_announcement(
    meter: Prompt, deviceHost: Host, subscriber: Subscriber
) -> None:
    start(meter)
    name = subscriber.listen()
    meter.do('light.value = 1')
    subscriber.wait([name], 1)
    meter.do('server.bye()')
    meter.do('light.value = 2')
    meter.do('server.notify()')
    meter.do('light.value = 3')
    subscriber.wait([name], 2)
    meter.do('light.value = 4')
    (events,) = subscriber.wait([name], 3)
    assert textsOf(events, 'Light') == ['1', '3', '4']
    assert seqsOf(events) == [0, 0, 1]


# When it ends


def test_a_renewal_keeps_the_sid_and_is_followed_by_no_event(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    """UDA 1.1 §4.1.3."""
    start(meter)
    subscription = subscriber.subscribe(urlsOf(searcher, deviceHost)[METER])
    subscription.waitFor(1)
    answer = subscription.renew(TIMEOUT='Second-infinite')
    assert (answer.status, answer.headers['SID']) == (200, subscription.sid)
    assert answer.headers['TIMEOUT'] == 'Second-86400'
    meter.do('level.value = 1')
    assert [(event.seq, event.texts['Level']) for event in subscription.waitFor(2)] == [(0, '0'), (1, '1')]
    assert subscription.renew(NT='upnp:event').status == 400


def test_nothing_is_told_after_unsubscribe(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    """UDA 1.1 §4.1.4."""
    start(meter)
    url = urlsOf(searcher, deviceHost)[METER]
    witness, *gone = (subscriber.subscribe(url, mode) for mode in ('keeps', 'keeps', 'closes'))
    for one in (witness, *gone):
        one.waitFor(1)
    assert [one.unsubscribe().status for one in gone] == [200, 200]
    assertToldNothing(meter, witness, *gone)
    assert [(one.renew().status, one.unsubscribe().status) for one in gone] == [(412, 412)] * 2


def test_nothing_is_told_after_the_time_is_over(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    """UDA 1.1 §4.1.2."""
    meter.do("__import__('logging').getLogger('upnp.eventing.events').setLevel('DEBUG')")
    start(meter, 'limits=upnp.Limits(minSubscriptionSeconds=1)')
    url = urlsOf(searcher, deviceHost)[METER]
    witness, short = subscriber.subscribe(url), subscriber.subscribe(url, TIMEOUT='Second-1')
    assert short.answer.headers['TIMEOUT'] == 'Second-1'
    for one in (witness, short):
        one.waitFor(1)
    until(meter, f"any('{short.sid}' in line for line in logs)")
    assertToldNothing(meter, witness, short)
    assert (short.renew().status, witness.renew().status) == (412, 200)


@pytest.mark.parametrize(
    ('end', 'begin'), [('server.bye()', 'server.notify()'), ('await server.stop()', 'await server.start()')]
)
def test_subscriptions_end_with_the_device_and_begin_anew(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber, end: str, begin: str
) -> None:
    """UDA 1.1 §4.1.2."""
    start(meter)
    url = urlsOf(searcher, deviceHost)[METER]
    former = subscriber.subscribe(url)
    former.waitFor(1)
    meter.do('level.value = 1')
    former.waitFor(2)
    meter.do(end)
    meter.do('level.value = 2')
    meter.do(begin)
    assert former.renew().status == 412
    subscription = subscriber.subscribe(url)
    assertToldNothing(meter, subscription, former)
    events = subscription.events
    assert (seqsOf(events), textsOf(events)) == ([0, 1, 2], ['2', '3', '4'])


def test_changes_are_told_after_a_restart_that_an_action_has_outlived(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    """A plain function cannot be ended: what it sets after all is nobody's event, and delays no other."""
    meter.do('begun, released, ended = threading.Event(), threading.Event(), threading.Event()')
    meter.do(
        "device.services[0].actions['Hold'].function = lambda: "
        "(begun.set(), setattr(level, 'value', 1), released.wait(), None)[-1]"
    )
    start(meter)
    urls = urlsOf(searcher, deviceHost)
    subscriber.subscribe(urls[METER]).waitFor(1)
    meter.do(f'reader, writer = await asyncio.open_connection({deviceHost.address!r}, {PORT})')
    meter.do(f'writer.write({holdCall(controlUrls(searcher, locationOf(deviceHost.address))[METER])!r})')
    meter.do('await asyncio.to_thread(begun.wait, 5)')
    meter.do('await server.stop()')
    meter.do('released.set()')
    meter.do('writer.close()')
    until(meter, "not any(one.name.startswith('upnp') for one in threading.enumerate())")
    meter.do('await server.start()')
    subscription = subscriber.subscribe(urls[METER])
    subscription.waitFor(1)
    meter.do('level.value = 2')
    assert textsOf(subscription.waitFor(2)) == ['1', '2']


def holdCall(url: str) -> bytes:
    """Return the request that calls Hold."""
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        f'<s:Body><u:Hold xmlns:u="{METER}"/></s:Body></s:Envelope>'
    )
    place, _, path = url.partition('//')[2].partition('/')
    head = (
        f'POST /{path} HTTP/1.1\r\nHOST: {place}\r\nCONTENT-TYPE: text/xml\r\nSOAPACTION: "{METER}#Hold"\r\n'
        f'CONTENT-LENGTH: {len(body)}\r\n\r\n'
    )
    return (head + body).encode()


# Where events may go


def test_a_callback_at_a_third_host_is_refused_and_that_host_hears_nothing(
    network: Network, lan: Lan, meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    """CVE-2020-12695."""
    third = network.host('third', lan)
    start(meter)
    url = urlsOf(searcher, deviceHost)[METER]
    (own,) = subscriber.callbacks('keeps')
    stranger = f'http://{third.address}:80/'
    assert [subscriber.subscribeAt(url, urls).answer.status for urls in ([stranger], [own, stranger])] == [412, 412]
    witness = subscriber.subscribe(url)
    assertToldNothing(meter, witness)
    assert network.ip(third.name, 'neigh show') == ''  # nobody has asked for its hardware address
    names, values = (line.split() for line in third.run('grep', '^Tcp:', '/proc/net/snmp').stdout.splitlines())
    assert dict(zip(names, values, strict=True))['InSegs'] == '0'


def test_callbacks_on_the_link_may_be_allowed(
    network: Network, lan: Lan, meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    other = network.lan()
    deviceHost.join(other)
    offLink = network.host('far', other).address
    start(meter, "callbackHosts='link'")
    url = urlsOf(searcher, deviceHost)[METER]
    refused = [offLink, '10.9.9.9', '192.168.1.255', '192.168.1.0', deviceHost.address, '127.0.0.1', '224.0.0.1']
    for address in refused:
        assert subscriber.subscribeAt(url, [f'http://{address}:80/']).answer.status == 412, address
    with Subscriber(network.host('third', lan)) as third:
        (callback,) = third.callbacks('keeps')
        assert subscriber.subscribeAt(url, [callback]).answer.status == 200
        ((event,),) = third.wait([callback], 1)
        assert event.seq == 0


def test_a_program_on_this_machine_may_subscribe_but_not_have_events_sent_to_our_own_server(
    meter: Prompt, deviceHost: Host
) -> None:
    start(meter)
    url = urlsOf(deviceHost, deviceHost)[METER]
    with Subscriber(deviceHost) as own:
        assert own.subscribeAt(url, [f'http://{deviceHost.address}:{PORT}/descr.xml']).answer.status == 412
        subscription = own.subscribe(url)
        assert subscription.answer.status == 200
        assert seqsOf(subscription.waitFor(1)) == [0]


def test_callbacks_are_tried_in_order_until_one_takes_the_event(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    """UDA 1.1 §4.1.2."""
    start(meter)
    url = urlsOf(searcher, deviceHost)[METER]
    subscription = subscriber.subscribe(url, 'refuses', 'fails', 'resets', 'keeps', 'keeps')
    *_, used, spare = subscription.callbacks
    subscriber.wait([used], 1)
    meter.do('level.value = 1')
    *tried, events, unused = subscriber.wait([*subscription.callbacks[1:3], used], 2) + subscriber.wait([spare], 0)
    assert [seqsOf(one) for one in (*tried, events)] == [[0, 1]] * 3
    assert textsOf(events) == ['0', '1']
    assert unused == []


def test_a_peer_may_subscribe_so_often_and_all_together_so_often(
    network: Network, lan: Lan, meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    start(meter, 'limits=upnp.Limits(maxSubscriptionsPerPeer=2, maxSubscriptions=5)')
    urls = urlsOf(searcher, deviceHost)
    subscriptions = [subscriber.subscribe(urls[METER]) for _ in range(3)]
    assert [one.answer.status for one in subscriptions] == [200, 200, 503]
    assert subscriptions[0].unsubscribe().status == 200
    assert [subscriber.subscribe(urls[METER]).answer.status for _ in range(2)] == [200, 503]
    assert [subscriber.subscribe(urls[BEACON]).answer.status for _ in range(3)] == [200, 200, 503]
    with Subscriber(network.host('other', lan)) as other:
        others = [other.subscribe(urls[METER]), other.subscribe(urls[METER])]
        assert [one.answer.status for one in others] == [200, 200]  # the second takes the place of the other's newest
        assert other.subscribe(urls[BEACON]).answer.status == 503


# Whoever misbehaves


def test_a_subscriber_that_fails_is_left_alone_until_it_renews(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    start(meter)
    url = urlsOf(searcher, deviceHost)[METER]
    witness, failing = subscriber.subscribe(url), subscriber.subscribe(url, 'fails')
    for one in (witness, failing):
        one.waitFor(1)
    for number in range(1, 6):
        meter.do(f'level.value = {number}')
        witness.waitFor(1 + number)
    meter.do('status.value = True')
    witness.waitFor(7)
    assert seqsOf(failing.events) == [0, 1, 2]
    assert failing.renew().status == 200
    assert failing.waitFor(4)[-1].texts == {'Level': '5', 'Status': '1'}
    assert seqsOf(failing.events) == [0, 1, 2, 3]


def test_stop_does_not_wait_for_subscribers_that_hang(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    start(meter)
    before = meter.do(DESCRIPTORS)
    url = urlsOf(searcher, deviceHost)[METER]
    hanging = [subscriber.subscribe(url, mode) for mode in ('silent', 'late 20', 'unreachable')]
    hanging[1].waitFor(1)
    began = time.monotonic()
    meter.do('await server.stop()')
    assert time.monotonic() - began < 2
    meter.do('await server.start()')
    assert meter.do(DESCRIPTORS) == before
    meter.do('await server.stop()')
    assert meter.do("[one.get_name() for one in asyncio.all_tasks() if one.get_name().startswith('upnp')]") == []


def test_bad_subscribers_keep_no_event_from_the_live_ones(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    meter.do('asyncio.get_running_loop().set_debug(False)')  # it takes several times as long for everything
    start(meter, f'limits=upnp.Limits(maxSubscriptionsPerPeer={2 * LIVE})')
    url = urlsOf(searcher, deviceHost)[METER]
    for mode in BAD_MODES:
        assert subscriber.subscribe(url, mode).answer.status == 200
    callbacks = [subscriber.callbacks(mode)[0] for mode in ('keeps', 'closes') * (LIVE // 2)]
    subscriber.subscribeEach(url, [[one] for one in callbacks])
    subscriber.wait(callbacks, 1)
    change = f"setattr(level, 'value', number), await asyncio.sleep(1 / {CHANGES_PER_SECOND})"
    meter.do(f'[({change}) for number in range(1, {1 + CHANGES})] and None')
    for events in subscriber.wait(callbacks, 1 + CHANGES):
        assert seqsOf(events) == list(range(1 + CHANGES))
        assert textsOf(events) == [str(number) for number in range(1 + CHANGES)]
    assert [line for line in meter.do('logs') if not line.startswith('INFO')] == []


def test_who_comes_and_goes_again_and_again_delays_nobody(
    network: Network, lan: Lan, meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    """The initial event of a subscription that has ended is still under way, and takes a place as long as it hangs."""
    start(meter)
    url = urlsOf(searcher, deviceHost)[METER]
    with Subscriber(network.host('attacker', lan)) as attacker:
        silent = attacker.callbacks('silent') * 6
        for _ in range(200):
            attacker.subscribeAt(url, silent).unsubscribe()
        assert seqsOf(subscriber.subscribe(url).waitFor(1, 2)) == [0]


def test_those_who_have_answered_once_delay_nobody_when_they_hang(
    network: Network, lan: Lan, meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    start(meter, 'limits=upnp.Limits(maxEventConnections=16)')
    url = urlsOf(searcher, deviceHost)[METER]
    witness = subscriber.subscribe(url)
    attackers = network.host('attackers', lan)
    addresses = [f'192.168.1.{100 + number}' for number in range(ADDRESSES)]
    attackers.ip(*(f'address add {address}/24 dev eth0' for address in addresses))
    with Subscriber(attackers, *addresses) as many:
        for address in addresses:
            callbacks = many.callbacks('hangs', 8, source=address)
            many.subscribeEach(url, [[one] for one in callbacks], source=address)
            many.wait(callbacks, 1)
        for number in range(1, 4):
            meter.do('level.value += 1')
            assert seqsOf(witness.waitFor(1 + number, 2)) == list(range(1 + number))


def test_a_link_that_was_down_for_a_moment_ends_no_deliveries(
    meter: Prompt, deviceHost: Host, searcher: Host, subscriber: Subscriber
) -> None:
    start(meter)
    subscription = subscriber.subscribe(urlsOf(searcher, deviceHost)[METER], 'closes')
    subscription.waitFor(1)
    deviceHost.ip('link set eth0 down')
    for number in range(1, 6):
        meter.do(f'level.value = {number}')
    deviceHost.ip('link set eth0 up')
    deviceHost.waitFor('link show eth0 up', 'state UP')
    for _ in range(50):
        if len(subscription.events) > 1:
            break
        meter.do('level.value += 1')
        meter.do('await asyncio.sleep(0.1)')
    assert int(textsOf(subscription.events)[-1]) > 5


def test_a_thousand_subscriptions_cost_little_and_leave_nothing(
    meter: Prompt, deviceHost: Host, searcher: Host
) -> None:
    meter.do('asyncio.get_running_loop().set_debug(False)')
    meter.do('import pathlib')
    start(meter, f'limits=upnp.Limits(maxSubscriptionsPerPeer={SUBSCRIPTIONS})')
    url = urlsOf(searcher, deviceHost)[METER]
    addresses = [f'192.168.1.{100 + number}' for number in range(ADDRESSES)]
    searcher.ip(*(f'address add {address}/24 dev eth0' for address in addresses))
    with Subscriber(searcher, *addresses) as many:
        first = many.subscribe(url)
        first.waitFor(1)
        first.unsubscribe()
        descriptors, resident = meter.do(DESCRIPTORS), meter.do(RESIDENT_BYTES)
        subscriptions = []
        for address in addresses:
            callbacks = many.callbacks('keeps', SUBSCRIPTIONS // ADDRESSES, source=address)
            subscriptions += many.subscribeEach(url, [[one] for one in callbacks], source=address)
        urls = [one.callbacks[0] for one in subscriptions]
        many.wait(urls, 1)
        meter.do('level.value = 1')
        assert [textsOf(events) for events in many.wait(urls, 2)] == [['0', '1']] * SUBSCRIPTIONS
        assert meter.do(RESIDENT_BYTES) - resident < MAX_GROWTH_BYTES
        assert {one.unsubscribe().status for one in subscriptions} == {200}
        until(meter, f'{DESCRIPTORS} == {descriptors}')
