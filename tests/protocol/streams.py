"""Streams over real sockets of this process, on each kind of loop."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Coroutine
from typing import Any

PATIENCE_SECONDS = 10.0


class Blind(asyncio.SelectorEventLoop):
    """A loop that watches no descriptors for others, as Windows' default one."""

    add_reader = asyncio.AbstractEventLoop.add_reader  # type: ignore[assignment]


def play(
    scene: Callable[[], Coroutine[Any, Any, None]],
    loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.SelectorEventLoop,
) -> None:
    """Run a scene on a real loop: nothing reaches its exception handler, and no descriptor stays open."""
    failures: list[dict[str, Any]] = []

    async def whole() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
        async with asyncio.timeout(PATIENCE_SECONDS):
            await scene()

    before = os.listdir('/dev/fd')
    with asyncio.Runner(debug=True, loop_factory=loop) as runner:
        runner.run(whole())
    assert failures == []
    assert len(os.listdir('/dev/fd')) == len(before)


def unblocked(one: socket.socket, other: socket.socket) -> tuple[socket.socket, socket.socket]:
    for sock in (one, other):
        sock.setblocking(False)
    return one, other


async def readAll(peer: socket.socket) -> bytes:
    """Return what comes until the end, or a reset; close."""
    loop, received = asyncio.get_running_loop(), bytearray()
    with peer, contextlib.suppress(ConnectionError):
        while piece := await loop.sock_recv(peer, 65536):
            received += piece
    return bytes(received)


LOOPS = {'add_reader': asyncio.SelectorEventLoop, 'start_server': Blind}
