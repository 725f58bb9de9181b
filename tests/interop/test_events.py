"""Real subscribers hear every change: async_upnp_client, which Home Assistant uses, and GUPnP, which GNOME uses."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.interop.programs.meter import METER
from tests.lan.expected import EXAMPLES
from tests.lan.hosts import Host, Lan, Network
from tests.lan.prompt import Prompt
from tests.lan.soap import call, controlUrls
from tests.lan.ssdp import Listener
from tests.lan.tools import missing, needsModule

pytestmark = pytest.mark.interop

CHANGES = 1000
SCALE = '<kg> & "€"'
GRANTED_SECONDS = 1800
SHORT_SECONDS = 8
PATIENCE_SECONDS = 30.0
SYSTEM_PYTHON = '/usr/bin/python3'
SWITCH, DIMMING = 'urn:schemas-upnp-org:service:SwitchPower:1', 'urn:schemas-upnp-org:service:Dimming:1'


@pytest.fixture
def meter(prompt: Prompt) -> Prompt:
    """A prompt where the device of programs/meter.py is announced by `server`, on port 5000."""
    # With all hosts on one machine, a turn of the loop may have to wait for a processor: that is no fault of its own.
    prompt.do('asyncio.get_running_loop().slow_callback_duration = 5')
    prompt.do('from tests.interop.programs.meter import Meter, count, makeMeter')
    prompt.do('meter = Meter()')
    prompt.do(f'server = upnp.Announcer(makeMeter(meter), limits=upnp.Limits(minSubscriptionSeconds={SHORT_SECONDS}))')
    prompt.do('await server.start()')
    return prompt


@pytest.fixture
def watcher(searcher: Host) -> Iterator[Prompt]:
    """A prompt on another host, for a `watcher` of programs/watcher.py."""
    needsModule('async_upnp_client')
    with Prompt(searcher) as running:
        running.do('asyncio.get_running_loop().slow_callback_duration = 5')
        running.do("__import__('warnings').simplefilter('ignore')")  # other people's code may warn
        running.do('from tests.interop.programs.watcher import Watcher')
        yield running
        running.do('await watcher.close()')


@pytest.fixture
def meterWatcher(meter: Prompt, watcher: Prompt, deviceHost: Host, searcher: Host) -> Prompt:
    """The same, where `watcher` is one of the meter."""
    watch(watcher, searcher, f'http://{deviceHost.address}:5000/descr.xml')
    return watcher


def watch(watcher: Prompt, host: Host, location: str) -> None:
    watcher.do(f'watcher = await Watcher.make({location!r}, {host.address!r})')


def subscribe(watcher: Prompt, serviceType: str = METER) -> str:
    """Let the library subscribe, and wait for the initial event; return the SID."""
    sid, seconds = watcher.do(f'await watcher.subscribe({serviceType!r})')
    assert seconds == GRANTED_SECONDS
    waitFor(watcher, sid, 1)
    return str(sid)


def waitFor(watcher: Prompt, sid: str, count: int) -> None:
    watcher.do(f'await watcher.waitFor({sid!r}, {count})')


def eventsOf(watcher: Prompt, sid: str) -> list[list[Any]]:
    """Return the key and the values of each event."""
    events: list[list[Any]] = watcher.do(f'watcher.events({sid!r})')
    return events


def test_it_hears_every_evented_variable_at_first(meterWatcher: Prompt) -> None:
    sid = subscribe(meterWatcher)
    assert eventsOf(meterWatcher, sid) == [[0, {'Count': 0, 'Scale': SCALE, 'Alarm': False}]]


def test_it_hears_a_thousand_changes_in_order_each_made_once_the_one_before_was_heard(
    meter: Prompt, meterWatcher: Prompt
) -> None:
    sid = subscribe(meterWatcher)
    for number in range(1, CHANGES + 1):
        meter.do(f'meter.Count = {number}')
        waitFor(meterWatcher, sid, number + 1)
    _initial, *events = eventsOf(meterWatcher, sid)
    assert events == [[number, {'Count': number}] for number in range(1, CHANGES + 1)]


def test_it_hears_the_last_of_a_thousand_changes_that_wait_for_nobody_and_misses_no_key(
    meter: Prompt, meterWatcher: Prompt
) -> None:
    """Limits: who is too far behind is told of several changes at once."""
    sid = subscribe(meterWatcher)
    meter.do(f'await count(meter, range(1, {CHANGES + 1}))')
    meterWatcher.do(f"await watcher.waitForValue({sid!r}, 'Count', {CHANGES})")
    meter.do('meter.Count = 0')
    meterWatcher.do(f"await watcher.waitForValue({sid!r}, 'Count', 0)")
    (_, initial), *events, last = eventsOf(meterWatcher, sid)
    numbers = [values['Count'] for _, values in events]
    assert numbers == sorted(set(numbers))
    assert (initial['Count'], numbers[-1], last[1]) == (0, CHANGES, {'Count': 0})
    assert [seq for seq, _ in (*events, last)] == list(range(1, len(events) + 2))


def test_a_renewal_keeps_the_sid_and_is_followed_by_no_event(meter: Prompt, meterWatcher: Prompt) -> None:
    sid = subscribe(meterWatcher)
    assert meterWatcher.do(f'await watcher.renew({sid!r})') == [sid, GRANTED_SECONDS]
    meter.do('meter.Count = 1')
    waitFor(meterWatcher, sid, 2)
    assert eventsOf(meterWatcher, sid)[1:] == [[1, {'Count': 1}]]


def test_it_hears_nothing_more_once_it_has_unsubscribed(meter: Prompt, meterWatcher: Prompt) -> None:
    sid, other = subscribe(meterWatcher), subscribe(meterWatcher)
    meterWatcher.do(f'await watcher.unsubscribe({sid!r})')
    for number in (1, 2):
        meter.do(f'meter.Count = {number}')
        waitFor(meterWatcher, other, number + 1)
    assert [seq for seq, _ in eventsOf(meterWatcher, sid)] == [0]
    assert [seq for seq, _ in eventsOf(meterWatcher, other)] == [0, 1, 2]


def test_a_renewal_at_a_device_that_has_begun_anew_makes_it_subscribe_anew(meter: Prompt, meterWatcher: Prompt) -> None:
    sid = subscribe(meterWatcher)
    meter.do('await server.stop()')
    meter.do('meter.Count = 7')
    meter.do('await server.start()')
    new, _ = meterWatcher.do(f'await watcher.renew({sid!r})')
    waitFor(meterWatcher, new, 1)
    assert new != sid
    assert eventsOf(meterWatcher, new) == [[0, {'Count': 7, 'Scale': SCALE, 'Alarm': False}]]


def startLight(deviceHost: Host, searcher: Host) -> str:
    """Start the dimmable light of the examples; return where its description is."""
    with Listener(searcher) as listener:
        deviceHost.python(EXAMPLES / 'binary_light.py', '--dimmable', strict=True)
        return listener.waitFor(lambda seen: bool(seen))[0].location


@pytest.fixture
def caller(network: Network, lan: Lan) -> Host:
    """A third host, for the one who switches the light."""
    return network.host('caller', lan)


def test_it_hears_of_a_light_what_another_host_makes_of_it(
    deviceHost: Host, searcher: Host, caller: Host, watcher: Prompt
) -> None:
    location = startLight(deviceHost, searcher)
    watch(watcher, searcher, location)
    power, level = subscribe(watcher, SWITCH), subscribe(watcher, DIMMING)
    urls = controlUrls(caller, location)
    assert call(caller, urls[SWITCH], SWITCH, ('SetTarget', {'newTargetValue': '1'})) == [(200, {})]
    assert call(caller, urls[DIMMING], DIMMING, ('SetLoadLevelTarget', {'newLoadlevelTarget': '40'})) == [(200, {})]
    waitFor(watcher, power, 2)
    waitFor(watcher, level, 2)
    assert eventsOf(watcher, power) == [[0, {'Status': False}], [1, {'Status': True}]]
    assert eventsOf(watcher, level) == [[0, {'LoadLevelStatus': 0}], [1, {'LoadLevelStatus': 40}]]


class Gupnp:
    """GUPnP on a host, subscribed to these variables for so many seconds at a time: `SERVICE_TYPE#NAME`."""

    def __init__(self, host: Host, *variables: str, seconds: int = GRANTED_SECONDS) -> None:
        needsGupnp(host)
        command = (SYSTEM_PYTHON, '-m', 'tests.interop.programs.gupnp_watcher', 'eth0', str(seconds), *variables)
        self._program = host.popen(*command, stdin=subprocess.PIPE)

    def next(self) -> list[str]:
        """Wait for the next thing that it tells."""
        assert self._program.stdout is not None
        line = self._program.stdout.readline()
        assert line, self._program.communicate()
        words: list[str] = json.loads(line)
        return words

    def until(self, name: str, text: str) -> list[str]:
        """Wait until it tells this of a variable; return all that it has told of it until then, and of no other."""
        texts: list[str] = []
        while not texts or texts[-1] != text:
            told, value = self.next()
            assert told == name, (told, value)
            texts.append(value)
        return texts

    def turn(self) -> None:
        """Have it unsubscribe, or subscribe anew."""
        assert self._program.stdin is not None
        self._program.stdin.write('\n')
        self._program.stdin.flush()


def needsGupnp(host: Host) -> None:
    """Require GUPnP and its bindings for the system's Python."""
    probe = "import gi; gi.require_version('GUPnP', '1.6'); from gi.repository import GUPnP"
    if host.run(SYSTEM_PYTHON, '-c', probe, check=False).returncode:
        missing(f'GUPnP 1.6 for {SYSTEM_PYTHON}')


def requested(meter: Prompt, method: str) -> int:
    """Return how often the device has been asked so, as far as it was logged."""
    count: int = meter.do(f"sum(' {method} ' in line for line in logs)")
    return count


def waitUntilRequested(meter: Prompt, method: str, count: int) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while requested(meter, method) < count:
        assert time.monotonic() < end, f'{requested(meter, method)} {method}'
        time.sleep(0.05)


@pytest.fixture
def gupnp(meter: Prompt, searcher: Host) -> Gupnp:
    """GUPnP on another host, subscribed to the meter; it has told the first values."""
    return watchByGupnp(meter, searcher, GRANTED_SECONDS)


def watchByGupnp(meter: Prompt, searcher: Host, seconds: int) -> Gupnp:
    """Return GUPnP once it has told the first values; the device takes down what it is asked."""
    meter.do("__import__('logging').getLogger('upnp').setLevel('DEBUG')")
    gupnp = Gupnp(searcher, f'{METER}#Count', f'{METER}#Scale', seconds=seconds)
    assert [gupnp.next(), gupnp.next()] == [['Count', '0'], ['Scale', SCALE]]
    return gupnp


def test_gupnp_hears_of_a_light_what_another_host_makes_of_it(deviceHost: Host, searcher: Host, caller: Host) -> None:
    location = startLight(deviceHost, searcher)
    urls = controlUrls(caller, location)
    gupnp = Gupnp(searcher, f'{SWITCH}#Status', f'{DIMMING}#LoadLevelStatus')
    assert sorted([gupnp.next(), gupnp.next()]) == [['LoadLevelStatus', '0'], ['Status', '0']]
    for text in ('1', '0'):
        call(caller, urls[SWITCH], SWITCH, ('SetTarget', {'newTargetValue': text}))
        assert gupnp.next() == ['Status', text]
    for text in ('40', '100'):
        call(caller, urls[DIMMING], DIMMING, ('SetLoadLevelTarget', {'newLoadlevelTarget': text}))
        assert gupnp.next() == ['LoadLevelStatus', text]


def test_gupnp_hears_a_thousand_changes_in_order_each_made_once_the_one_before_was_heard(
    meter: Prompt, gupnp: Gupnp
) -> None:
    for number in range(1, CHANGES + 1):
        meter.do(f'meter.Count = {number}')
        assert gupnp.next() == ['Count', str(number)]


def test_gupnp_hears_the_last_of_a_thousand_changes_that_wait_for_nobody_and_misses_no_key(
    meter: Prompt, gupnp: Gupnp
) -> None:
    """If it missed one, it would subscribe anew, and be told of the other variable again."""
    meter.do(f'await count(meter, range(1, {CHANGES + 1}))')
    numbers = list(map(int, gupnp.until('Count', str(CHANGES))))
    meter.do('meter.Count = 0')
    assert gupnp.next() == ['Count', '0']
    assert numbers == sorted(set(numbers))


def test_gupnp_renews_by_itself_and_goes_on_hearing(meter: Prompt, searcher: Host) -> None:
    """It does between a quarter and three quarters of the time."""
    gupnp = watchByGupnp(meter, searcher, SHORT_SECONDS)
    waitUntilRequested(meter, 'SUBSCRIBE', 2)
    meter.do('meter.Count = 1')
    assert gupnp.next() == ['Count', '1']
    meter.do('meter.Count = 2')
    assert gupnp.next() == ['Count', '2']


def test_gupnp_hears_nothing_while_it_is_not_subscribed_and_all_when_it_is_again(meter: Prompt, gupnp: Gupnp) -> None:
    gupnp.turn()
    waitUntilRequested(meter, 'UNSUBSCRIBE', 1)
    meter.do('meter.Count = 1')
    meter.do('meter.Count = 2')
    gupnp.turn()
    assert [gupnp.next(), gupnp.next()] == [['Count', '2'], ['Scale', SCALE]]
    meter.do('meter.Count = 3')
    assert gupnp.next() == ['Count', '3']
