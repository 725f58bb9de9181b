"""Fixtures: a network of its own for each test, and the hosts that most tests need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lan.hosts import Host, Lan, Network, NoNamespaces
from tests.lan.prompt import Prompt
from tests.lan.tools import missing


def makeNetwork() -> Network:
    """Return a private network; where the kernel has none for us, skip the test with the kernel's reason."""
    try:
        return Network()
    except NoNamespaces as error:
        missing(str(error))


@pytest.fixture
def network() -> Iterator[Network]:
    """A private network, empty; it goes with everything on it."""
    with makeNetwork() as made:
        yield made


@pytest.fixture
def lan(network: Network) -> Lan:
    """The first LAN."""
    return network.lan()


@pytest.fixture
def deviceHost(network: Network, lan: Lan) -> Host:
    """A host on the first LAN, for the device."""
    return network.host('device', lan)


@pytest.fixture
def searcher(network: Network, lan: Lan) -> Host:
    """Another host on the first LAN, for the one who looks for devices."""
    return network.host('searcher', lan)


@pytest.fixture
def prompt(deviceHost: Host) -> Iterator[Prompt]:
    """A Python prompt on the device's host."""
    with Prompt(deviceHost) as running:
        yield running
