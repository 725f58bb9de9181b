"""The bounds on peers: numbers above zero, which nothing changes afterwards."""

import re
from dataclasses import FrozenInstanceError, asdict, fields
from pathlib import Path

import pytest

import upnp

DEFAULTS = {
    'maxDatagramBytes': 8192,
    'maxPendingSearches': 4096,
    'maxPendingSearchesPerSource': 256,
    'maxRequestLineBytes': 8192,
    'maxHeadBytes': 16384,
    'maxHeaderFields': 100,
    'maxBodyBytes': 262144,
    'maxChunkLineBytes': 1024,
    'maxXmlDepth': 32,
    'maxXmlElements': 10000,
    'maxXmlAttributes': 256,
    'callSeconds': 30,
    'maxCallsPerPeer': 32,
    'maxWaitingCallsPerPeer': 64,
    'headSeconds': 10,
    'bodySeconds': 15,
    'idleSeconds': 30,
    'writeSeconds': 15,
    'maxConnections': 256,
    'maxConnectionsPerPeer': 64,
    'maxPageStreams': 128,
    'maxPageStreamsPerPeer': 16,
    'pageCommentSeconds': 15,
    'maxSubscriptions': 1024,
    'maxSubscriptionsPerPeer': 8,
    'minSubscriptionSeconds': 60,
    'maxSubscriptionSeconds': 86400,
    'maxCallbacks': 6,
    'maxCallbackBytes': 1024,
    'maxQueuedEvents': 10,
    'maxQueuedEventBytes': 65536,
    'connectSeconds': 5,
    'eventSeconds': 10,
    'maxEventAnswerBytes': 16384,
    'maxFailedEvents': 3,
    'maxEventConnections': 256,
}
NAMES = [field.name for field in fields(upnp.Limits)]
COUNTS = [name for name in NAMES if name.startswith(('max', 'min'))]


def test_the_defaults_are_as_documented() -> None:
    assert asdict(upnp.Limits()) == DEFAULTS


def test_each_limit_stands_in_the_documentation_with_its_default() -> None:
    page = (Path(__file__).parents[3] / 'docs/explanation/peers.rst').read_text()
    told = re.findall(r'^   \* - ``(\w+)``\n     - ([\d,]+)$', page, re.MULTILINE)
    assert {name: int(number.replace(',', '')) for name, number in told} == DEFAULTS
    assert len(told) == len(DEFAULTS)


@pytest.mark.parametrize('name', NAMES)
def test_each_limit_can_be_given_by_name(name: str) -> None:
    limits = upnp.Limits(**{name: 1})
    assert asdict(limits) == {**DEFAULTS, name: 1}


@pytest.mark.parametrize('name', NAMES)
def test_a_limit_is_above_zero(name: str) -> None:
    for value in (0, -1, -0.5, float('nan')):
        with pytest.raises((TypeError, ValueError), match=f'Limits.{name} '):
            upnp.Limits(**{name: value})


@pytest.mark.parametrize('name', NAMES)
def test_a_limit_is_a_number(name: str) -> None:
    for value in (None, '8', True, [1]):
        with pytest.raises(TypeError, match=f'Limits.{name} '):
            upnp.Limits(**{name: value})


def test_a_count_is_a_whole_number() -> None:
    for name in COUNTS:
        with pytest.raises((TypeError, ValueError), match=f'Limits.{name} '):
            upnp.Limits(**{name: 1.5})


def test_seconds_may_be_fractions() -> None:
    assert upnp.Limits(headSeconds=0.05).headSeconds == 0.05


def test_limits_are_keywords_only() -> None:
    with pytest.raises(TypeError):
        upnp.Limits(1)


def test_an_unknown_limit_is_refused() -> None:
    with pytest.raises(TypeError, match='maxEverything'):
        upnp.Limits(maxEverything=1)


def test_limits_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        upnp.Limits().maxHeadBytes = 1
