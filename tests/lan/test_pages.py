"""Many pages open at once: each is told what changes, and nobody else is told later because of them.

What it used is logged: `pytest --log-cli-level=INFO` shows it.
"""

from __future__ import annotations

import logging
import re
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lan.gena import Event, Subscriber, Subscription, eventUrls
from tests.lan.hosts import Host, Lan, Network
from tests.lan.measuring import MEGABYTE, PAGE_BYTES
from tests.lan.pages import Pages, liveUrl
from tests.lan.programs.light import UUID
from tests.lan.prompt import Prompt
from tests.lan.web import fetch

pytestmark = pytest.mark.lan

log = logging.getLogger(__name__)

PAGE_COUNT = 100
COMMENTS = 5
PER_PEER, IN_ALL = 16, 128  # the limits, unless others are given
PEERS = 9
SERVICES = 3  # those with evented variables
BEAT_SECONDS = 3.0  # of changes, each 0.05 s
LATE_SECONDS = 1.0
SHORT_SECONDS = 0.3
WAIT_SECONDS = 10.0
MAX_GROWTH_BYTES = 10 * MEGABYTE
SWITCH = f'/{UUID}/0'
FIRST_ADDRESS = 101
LONG_CHARACTERS, LONG_TEXTS = 600_000, 25
OPEN = "len(os.listdir('/proc/self/fd'))"


@pytest.fixture
def prompt(deviceHost: Host) -> Iterator[Prompt]:
    """A Python prompt on the device's host, as programs run that nobody debugs: here memory and time count."""
    with Prompt(deviceHost, strict=False) as running:
        yield running


@pytest.fixture
def sources(searcher: Host, lan: Lan) -> list[str]:
    """The addresses of the host with the pages: to the device, so many peers."""
    more = [f'{lan.prefix}.{number}' for number in range(FIRST_ADDRESS, FIRST_ADDRESS + PEERS - 1)]
    searcher.ip(*(f'address add {address}/24 dev eth0' for address in more))
    return [searcher.address, *more]


@pytest.fixture
def pages(searcher: Host) -> Iterator[Pages]:
    """The program that has pages open."""
    with Pages(searcher) as running:
        yield running


def announce(prompt: Prompt, deviceHost: Host, searcher: Host, limits: str = '') -> str:
    """Announce a light whose state can be made to change all the time; return where the news of its page are."""
    prompt.do('import time')
    prompt.do('from tests.lan.programs.light import change, makeLight')
    prompt.do('light = makeLight()')
    prompt.do('switch, dimming, camera, _ = light.services')
    prompt.do(f'server = upnp.Announcer(light, limits=upnp.Limits({limits}))')
    prompt.do('await server.start()')
    return liveUrl(searcher, f'http://{deviceHost.address}:5000/')


def beat(prompt: Prompt, seconds: float) -> None:
    """Have the state change for a time, of each service 20 times a second."""
    prompt.do('beating = asyncio.create_task(change(light))')
    prompt.do(f'await asyncio.sleep({seconds})')
    prompt.do('beating.cancel()')


def openEach(pages: Pages, live: str, sources: list[str], count: int) -> list[int]:
    """Open so many pages, as many from each address as it may; return the statuses of their streams."""
    statuses: list[int] = []
    for source in sources:
        statuses += pages.open(live, min(PER_PEER, count - len(statuses)), source)
    return statuses


def residentBytes(prompt: Prompt) -> int:
    """Return what the device has in memory."""
    statm = Path(f'/proc/{prompt.do("os.getpid()")}/statm')
    return int(statm.read_text().split()[1]) * PAGE_BYTES


def delays(events: list[Event]) -> list[float]:
    """Return how long each event took from the change that it tells; the first tells old ones."""
    return [event.time - float(event.texts['Beat']) for event in events[1:] if 'Beat' in event.texts]


def eventDelays(prompt: Prompt, host: Host, location: str) -> list[float]:
    """Have the state change for a time; return how long its changes took to subscribers to each service."""
    with Subscriber(host) as subscriber:
        services = list(eventUrls(host, location).values())[:SERVICES]
        subscriptions = [subscriber.subscribe(url) for url in services]
        beat(prompt, BEAT_SECONDS)
        last = [prompt.do(f'light.services[{number}].Beat') for number in range(SERVICES)]
        for subscription, text in zip(subscriptions, last, strict=True):
            waitForBeat(subscription, text)
        return [delay for subscription in subscriptions for delay in delays(subscription.events)]


def waitForBeat(subscription: Subscription, text: str) -> None:
    """Wait until a subscriber has heard the last change."""
    end = time.monotonic() + WAIT_SECONDS
    while not any(event.texts.get('Beat') == text for event in subscription.events):
        assert time.monotonic() < end, f'{text} was not told'
        time.sleep(0.02)


def figures(seconds: list[float]) -> str:
    return f'{len(seconds)} events, median {statistics.median(seconds):.3f} s, slowest {max(seconds):.3f} s'


def test_a_hundred_pages_are_told_and_delay_no_subscriber(
    network: Network,
    lan: Lan,
    prompt: Prompt,
    deviceHost: Host,
    searcher: Host,
    sources: list[str],
    pages: Pages,
) -> None:
    live = announce(prompt, deviceHost, searcher)
    other = network.host('subscriber', lan)
    location = f'http://{deviceHost.address}:5000/descr.xml'
    alone = eventDelays(prompt, other, location)
    before = residentBytes(prompt)
    assert openEach(pages, live, sources, PAGE_COUNT) == [200] * PAGE_COUNT
    together = eventDelays(prompt, other, location)
    texts = [prompt.do(f'light.services[{number}].Beat') for number in range(SERVICES)]
    hasAll = [pages.wait(f'/{UUID}/{number}', 'Beat', text) for number, text in enumerate(texts)]
    growth = residentBytes(prompt) - before
    told = pages.told()
    slowest = max(one.latest for one in told)
    log.info(
        '%d pages: %d messages, slowest %.3f s after the change; device grown by %.1f MB to %.1f MB; '
        'subscribers with no page open: %s; meanwhile: %s',
        *(len(told), sum(one.news for one in told), slowest, growth / MEGABYTE, (before + growth) / MEGABYTE),
        *(figures(alone), figures(together)),
    )
    assert hasAll == [True] * SERVICES
    assert {(len(one.configs), one.ended) for one in told} == {(1, 0.0)}
    assert min(one.news for one in told) > BEAT_SECONDS
    assert slowest <= LATE_SECONDS
    assert max(together) <= LATE_SECONDS
    assert growth <= MAX_GROWTH_BYTES


def test_a_page_beyond_the_limits_is_told_so(
    prompt: Prompt, deviceHost: Host, searcher: Host, sources: list[str], pages: Pages
) -> None:
    """The 17th of an address is refused; beyond 128, one of the address that has most gives way."""
    live = announce(prompt, deviceHost, searcher)
    assert openEach(pages, live, sources, IN_ALL) == [200] * IN_ALL
    assert pages.open(live, source=sources[0]) == [503]
    (refused,) = [one for one in pages.told() if one.status == 503]
    assert (refused.type.partition(';')[0], refused.text.count('\n')) == ('text/plain', 1)
    assert pages.open(live, source=sources[PEERS - 1]) == [200]
    time.sleep(SHORT_SECONDS)
    ended = [number for number, one in enumerate(pages.told()) if one.ended and one.status == 200]
    assert len(ended) == 1
    assert ended[0] < IN_ALL


def test_where_each_has_as_many_the_next_page_is_refused(
    prompt: Prompt, deviceHost: Host, searcher: Host, sources: list[str], pages: Pages
) -> None:
    live = announce(prompt, deviceHost, searcher, 'maxPageStreams=2')
    assert [pages.open(live, source=source) for source in sources[:3]] == [[200], [200], [503]]
    assert [one.ended > 0 for one in pages.told()[:2]] == [False, False]
    pages.close()
    prompt.do('await asyncio.sleep(0.2)')
    assert [pages.open(live, source=source) for source in sources[:3]] == [[200], [200], [503]]


def test_a_page_without_news_stays_open_and_is_told_that_the_device_is_there(
    prompt: Prompt, deviceHost: Host, searcher: Host, pages: Pages
) -> None:
    live = announce(prompt, deviceHost, searcher, 'idleSeconds=0.5, pageCommentSeconds=0.4')
    pages.open(live)
    end = time.monotonic() + WAIT_SECONDS
    while pages.told()[0].comments < COMMENTS:  # of which idleSeconds would be over after two
        assert time.monotonic() < end
        time.sleep(0.05)
    (page,) = pages.told()
    assert (page.type.partition(';')[0], page.ended, page.news) == ('text/event-stream', 0, 1)
    assert page.values[SWITCH] == {'Status': '0', 'Beat': ''}
    document = fetch(searcher, f'http://{deviceHost.address}:5000/').body.decode()
    assert page.configs == re.findall('data-config="([0-9]+)"', document)


def test_a_page_that_reads_nothing_is_cut_off_and_delays_nobody(
    prompt: Prompt, deviceHost: Host, searcher: Host, pages: Pages
) -> None:
    """What it has not read is not kept for it either."""
    live = announce(prompt, deviceHost, searcher, 'writeSeconds=2')
    pages.open(live)
    opened, before = prompt.do(OPEN), residentBytes(prompt)
    pages.ignore(live)
    assert changeLong(prompt, pages) == [True] * LONG_TEXTS
    growth = residentBytes(prompt) - before
    end = time.monotonic() + WAIT_SECONDS
    while prompt.do(OPEN) > opened:
        assert time.monotonic() < end, 'it is not cut off'
        time.sleep(0.05)
    (page,) = pages.told()
    log.info('%d texts of %d characters: grown by %.1f MB', LONG_TEXTS, LONG_CHARACTERS, growth / MEGABYTE)
    assert (page.ended, page.latest < LATE_SECONDS) == (0, True)
    assert growth <= MAX_GROWTH_BYTES


def changeLong(prompt: Prompt, pages: Pages) -> list[bool]:
    """Tell much, one after the other; return whether who reads knows each within a second."""
    heard = []
    for _ in range(LONG_TEXTS):
        prompt.do(f'switch.Beat = "{{:0{LONG_CHARACTERS}.6f}}".format(time.monotonic())')
        heard.append(pages.wait(SWITCH, 'Beat', prompt.do('switch.Beat'), LATE_SECONDS))
    return heard


def test_pages_end_when_the_announcer_does(prompt: Prompt, deviceHost: Host, searcher: Host, pages: Pages) -> None:
    live = announce(prompt, deviceHost, searcher)
    opened = prompt.do(OPEN)
    pages.open(live, PER_PEER)
    prompt.do('began = time.monotonic()')
    prompt.do('await server.stop()')
    assert pages.waitUntilEnded()
    began, took = prompt.do('[began, time.monotonic() - began]')
    assert took < LATE_SECONDS
    assert max(one.ended for one in pages.told()) - began < LATE_SECONDS
    assert prompt.do(OPEN) < opened
    assert prompt.do('[task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]') == []


def test_a_page_whose_machine_vanishes_is_forgotten(
    lan: Lan, prompt: Prompt, deviceHost: Host, searcher: Host, pages: Pages
) -> None:
    """A phone that leaves the network says nothing, and the system would try for a quarter of an hour."""
    live = announce(prompt, deviceHost, searcher, 'writeSeconds=1.5, pageCommentSeconds=1')
    assert pages.open(live, 3) == [200] * 3
    assert prompt.do('len(server.http.server.crowd)') == 3
    lan.pullPlug(searcher)
    prompt.do('end = time.monotonic() + 10')
    while prompt.do('len(server.http.server.crowd)'):
        assert prompt.do('time.monotonic() < end')
        time.sleep(0.1)
