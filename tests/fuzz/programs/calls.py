"""Sends mutated calls to a device, each over a connection of its own and in pieces, and judges answers; prints JSON.

Arguments: the device's address, its HTTP port, seed, first number, count.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random

from tests.fuzz.answers import judged, responsesIn
from tests.fuzz.programs.requests import CONNECTIONS, received
from tests.fuzz.seeds import mutatedCall, seedsIn


def main(address: str, port: int, seed: int, first: int, count: int) -> None:
    """Send the calls numbered from ``first``."""
    seeds = seedsIn('calls')

    def one(number: int) -> list[str]:
        answer = received((address, port), mutatedCall(seeds, seed, number), Random(number))
        try:
            return [answer] if isinstance(answer, str) else [judged(*response) for response in responsesIn(answer)]
        except Exception as error:  # whatever is wrong with it
            return [f'{number}: {error!r}']

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        outcomes = Counter(outcome for outcomes in pool.map(one, range(first, first + count)) for outcome in outcomes)
    sys.stdout.write(json.dumps({'outcomes': outcomes}) + '\n')


if __name__ == '__main__':
    main(sys.argv[1], *map(int, sys.argv[2:6]))
