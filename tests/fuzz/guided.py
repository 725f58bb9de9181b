"""One target under libFuzzer, by atheris: a process of its own, as libFuzzer ends it.

Arguments: name of the harness, folder for findings, then those of libFuzzer. See :mod:`tests.fuzz.__main__`.
"""

from __future__ import annotations

import pkgutil
import sys
from importlib import import_module
from pathlib import Path
from random import Random

import atheris

from tests.fuzz.findings import Judge
from tests.fuzz.harnesses import HARNESSES

FORM_SHARE = 0.3  # of mutations, which change the form of an input; the others change bytes where coverage leads


def main(launcher: str, name: str, folder: str, *flags: str) -> None:
    """Run.

    :param launcher: a program that is this one, for libFuzzer to begin anew where it needs to.
    """
    harness = HARNESSES[name]
    seeds = list(harness.inputs().values())
    with atheris.instrument_imports(include=['upnp']):
        upnp = import_module('upnp')
        for module in pkgutil.iter_modules(upnp.__path__):
            if module.name != '__main__':
                import_module(f'upnp.{module.name}')  # those too that are loaded when they are first needed
        judge = Judge(harness, Path(folder))

    def mutate(data: bytes, maxBytes: int, seed: int) -> bytes:
        rng = Random(seed)
        if rng.random() < FORM_SHARE:
            return harness.mutated(bytes(data), seeds, rng)[:maxBytes]
        mutated: bytes = atheris.Mutate(data, maxBytes)
        return mutated

    atheris.Setup([launcher, *flags], judge, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == '__main__':
    main(*sys.argv[1:])
