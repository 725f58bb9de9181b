"""A Python prompt inside a running loop, for a test that drives an announcer on another host line by line.

Each line of standard input is Python, `await` allowed, and gets a line of JSON: `{"value": ...}` or `{"error": ...}`.
In scope: `upnp`, `asyncio`, `os`, `threading`, `makeLamp`, and `logs`, the lines the package has logged. It ends with
its input, and stops the announcers that are in scope then.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import logging
import os
import sys
import threading
from typing import Any

import upnp
from tests.lan.programs.lamp import makeLamp

logs: list[str] = []


class LogLines(logging.Handler):
    """Keeps what is logged, so that the test can ask for it."""

    def emit(self, record: logging.LogRecord) -> None:
        logs.append(f'{record.levelname} {record.name} {record.getMessage()}')


async def main() -> None:
    asyncio.get_running_loop().slow_callback_duration = 1.0  # beside other tests a tenth of a second passes unnoticed
    package = logging.getLogger('upnp')
    package.setLevel(logging.INFO)
    package.addHandler(LogLines())
    scope = {'upnp': upnp, 'asyncio': asyncio, 'os': os, 'threading': threading, 'makeLamp': makeLamp, 'logs': logs}
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer
    )
    while line := await reader.readline():
        sys.stdout.write(json.dumps(await answer(line.decode(), scope), default=str) + '\n')
        sys.stdout.flush()
    transport.close()
    for announcer in [value for value in scope.values() if isinstance(value, upnp.Announcer)]:
        await announcer.stop()


async def answer(line: str, scope: dict[str, Any]) -> dict[str, Any]:
    """Run one line; return what it gave."""
    try:
        return {'value': await run(line.strip(), scope)}
    except Exception as error:  # the test decides what an error means
        return {'error': f'{type(error).__name__}: {error}'}


async def run(line: str, scope: dict[str, Any]) -> Any:
    """Evaluate an expression, or execute a statement, in the scope."""
    try:
        code = compile(line, '<test>', 'eval', ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError:
        code = compile(line, '<test>', 'exec', ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    value = eval(code, scope)
    return await value if inspect.isawaitable(value) else value


if __name__ == '__main__':
    asyncio.run(main())
