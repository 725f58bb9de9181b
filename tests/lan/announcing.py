"""The lamp of programs/lamp.py and the light of simple_light.py, announced at a prompt, and what of it is heard."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.lan.expected import LAMP_USNS
from tests.lan.prompt import Prompt
from tests.lan.ssdp import ALIVE, Listener, Seen

SETS = 3
SET = len(LAMP_USNS)
QUIET_SECONDS = 0.8  # twice the pause between sets, and longer than something new waits after one loss


def announceLamp(prompt: Prompt, options: str = '') -> dict[str, list[str]]:
    """Announce `lamp` by `server`, and return its locations."""
    # With all hosts on one machine, a turn of the loop may have to wait for a processor: that is no fault of its own.
    prompt.do('asyncio.get_running_loop().slow_callback_duration = 5')
    prompt.do('lamp = makeLamp()')
    prompt.do(f'server = upnp.Announcer(lamp, httpPort=0, {options})')
    prompt.do('await server.start()')
    locations: dict[str, list[str]] = prompt.do('server.locations')
    return locations


def announceLight(prompt: Prompt, options: str = '') -> str:
    """Announce `light` by `server`, as programs run that nobody debugs; return where its description is."""
    prompt.do('asyncio.get_running_loop().set_debug(False)')  # which is several times as slow: here time counts
    prompt.do('from tests.lan.programs.simple_light import makeLight')
    prompt.do('light = makeLight()')
    prompt.do(f'server = upnp.Announcer(light, {options})')
    prompt.do('await server.start()')
    (location,) = prompt.do('[one for places in server.locations.values() for one in places]')
    return str(location)


def waitForSets(listener: Listener, places: int = 1, since: float = 0.0, timeout: float = 10.0) -> list[Seen]:
    """Wait until all sets of an announcement were heard in so many places; return the ssdp:alive since a moment."""

    def alive(seen: list[Seen]) -> list[Seen]:
        return [one for one in seen if one.kind == ALIVE and one.time > since]

    return alive(listener.waitFor(lambda seen: len(alive(seen)) >= places * SETS * SET, timeout))


def usns(seen: list[Seen]) -> list[str]:
    """Return the USNs in order."""
    return sorted(one.usn for one in seen)


def bootIds(seen: list[Seen]) -> set[int]:
    return {one.bootId for one in seen}


def addressesIn(seen: list[Seen]) -> set[str | None]:
    """Return the addresses that the locations have."""
    return {urlsplit(one.location).hostname for one in seen}
