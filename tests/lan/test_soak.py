"""A device among good and bad neighbours for a minute, or longer: it serves on, and needs no more than at first.

`IOT_UPNP_SOAK_SECONDS` says for how long, `IOT_UPNP_SOAK_SEED` repeats what was done by chance, and
`IOT_UPNP_SOAK_REPORT` names a file for the table.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lan.hosts import STOP_SECONDS, Network
from tests.lan.measuring import MEGABYTE, Sample, descriptorsOf, growth, medianOf, table
from tests.lan.programs.flood import SHARES
from tests.lan.programs.foe import HOLDS
from tests.lan.programs.light import UUID, Camera, Dimming, SwitchPower, Workshop
from tests.lan.programs.malice import STRIKES
from tests.lan.soak import CROWDS, FAR, NEAR, World, collectedSample, isStill, load, sampleUntil, told
from tests.lan.ssdp import Listener

pytestmark = pytest.mark.lan

SECONDS = float(os.environ.get('IOT_UPNP_SOAK_SECONDS', '60'))
SEED = int(os.environ.get('IOT_UPNP_SOAK_SEED', '0')) or secrets.randbelow(1 << 32)
REPORT = os.environ.get('IOT_UPNP_SOAK_REPORT')
WARM_SECONDS = 10.0
REST_SECONDS, QUIET_SECONDS = 20.0, 60.0
PROGRESS_SECONDS = 10
# Of what is resident: it is level after two minutes. Before, it follows the greatest crowd so far, open pages in it;
# what is left over is told by the objects that can be reached.
LONG_SECONDS = 300.0
MAX_GROWTH_BYTES = (4 if SECONDS >= LONG_SECONDS else 8) * MEGABYTE
MAX_GROWTH_OBJECTS = 2500  # that can be reached: what is remembered of searches (some 1,300), of calls, of documents
USNS = tuple(
    f'uuid:{UUID}{ending}'
    for ending in (
        *('', '::upnp:rootdevice', '::urn:schemas-upnp-org:device:DimmableLight:1'),
        *(f'::{one.serviceType}' for one in (SwitchPower, Dimming, Camera, Workshop)),
    )
)
BREAK = f'ERROR upnp.control.calls: action {Workshop.serviceId}#Break failed, its caller was told so'
STEADY_KINDS = {'search', 'unicast search', 'fetch', 'watch', 'call', 'renew', 'hear', 'event'}
KINDS = STEADY_KINDS | {'describe', 'subscribe'}  # after a change too, when it has just come


def test_among_good_and_bad_neighbours_it_serves_on_and_needs_no_more_than_at_first(network: Network) -> None:
    """What was there when all was still is there again when all are gone, and nothing else; all else is in between."""
    world = World(network, SEED)
    try:
        assert [one for one in world.warm() if one.told] == []
        sampleUntil(world, REST_SECONDS, isStill)
        rest = collectedSample(world)
        began = time.monotonic()
        samples = load(world, SECONDS, WARM_SECONDS, progressSince(began))
        world.vanish()
        sampleUntil(world, QUIET_SECONDS, lambda seen: bool(seen) and seen[-1].open == rest.open)
        quiet = collectedSample(world)
        report(world, began, rest, samples, quiet)
        assertServed(world)
        assertBusy(world)
        assert [(row['record'], row['hasTraceback']) for row in world.records()] == [(BREAK, True)]
        assert growth(samples[int(WARM_SECONDS) :]) < MAX_GROWTH_BYTES
        assert quiet.open == rest.open, descriptorsOf(world.light)
        assert quiet.objects - rest.objects < MAX_GROWTH_OBJECTS
        assertEnds(world)
    finally:
        world.close()


def progressSince(began: float) -> Callable[[Sample], None]:
    """Return what shows from time to time that it goes on."""

    def progress(sample: Sample) -> None:
        seconds = int(sample.time - began)
        if seconds % PROGRESS_SECONDS == 0:
            sys.stdout.write(f'{seconds} s: {sample.bytes / MEGABYTE:.1f} MB, {sample.descriptors} descriptors\n')
            sys.stdout.flush()

    return progress


def report(world: World, began: float, rest: Sample, samples: list[Sample], quiet: Sample) -> None:
    """Show the table, and keep it where that is wished."""
    warm = int(WARM_SECONDS)
    moments = [
        ('at rest', rest),
        ('start', medianOf(samples, warm)),
        ('middle', medianOf(samples, (len(samples) + warm) // 2)),
        ('end', medianOf(samples, len(samples) - 1)),
        ('quiet', quiet),
    ]
    checks = world.checks()

    def counts(moment: float) -> tuple[int, int, int, int]:
        until = [one for one in checks if one.began <= moment]
        excused = sum(one.isExcused and bool(one.told) for one in until)
        served = sum(not one.told for one in until)
        return len(world.records()), served, sum(one.isFailed for one in until), excused

    used = (samples[-1].seconds - samples[0].seconds) / (samples[-1].time - samples[0].time)
    text = (
        f'{SECONDS:.0f} s, seed {SEED}\n{table(moments, began, counts)}\n'
        f'RSS grew by {growth(samples[warm:]) / MEGABYTE:.1f} MB, {used:.0%} of a processor\n{told(world, began)}\n'
    )
    sys.stdout.write(f'\n{text}')
    if REPORT:
        Path(REPORT).write_text(text)


def assertServed(world: World) -> None:
    """Check that every control point got all it asked for, while nothing was changing; and that it asked."""
    checks = world.checks()
    assert [one for one in checks if one.isFailed] == []
    for name in (*NEAR, FAR):
        own = [one for one in checks if one.who == name and not one.told]
        assert {one.what for one in own} == KINDS
        assert {one.what for one in own if not one.isExcused} >= STEADY_KINDS


def assertBusy(world: World) -> None:
    """Check that all others did what they are there for."""
    for name in CROWDS:
        events = world.clients[f'{name} crowd'].all[-1]['events']
        assert min(events['direct'], events['multicast']) > 0
    assert world.clients['foe'].all[-1].keys() >= {*STRIKES, *HOLDS, 'reset'}
    assert world.clients['flood'].all[-1].keys() >= set(SHARES)


def assertEnds(world: World) -> None:
    """Check that a signal ends it, with byebye for each target, status 0 and nothing on stderr."""
    with Listener(world.witness) as listener:
        world.light.program.send_signal(signal.SIGTERM)
        status = world.light.wait(STOP_SECONDS)
        listener.waitForByebye(USNS)
    assert (status, world.light.errors) == (0, [])
