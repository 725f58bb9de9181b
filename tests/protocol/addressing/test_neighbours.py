"""Who is asked of the kernel, how often, and what is made of what it tells; the kernel is one in this process."""

import errno
import os
import socket
import struct
import sys
from collections.abc import Callable

import pytest

from tests.protocol.fakes import HeldClock
from upnp.addressing.neighbours import KNOWN, NEW, WAITING, Neighbours

INCOMPLETE, REACHABLE, STALE, DELAY, PROBE, FAILED, NOARP, PERMANENT = (1 << bit for bit in range(8))
PEER = '192.0.2.9'
SEQUENCE = struct.Struct('=8xI')

Reply = Callable[[int], tuple[bytes, int]]


def told(state: int, sequence: int, sender: int = 0) -> tuple[bytes, int]:
    """Return what tells the state of a neighbour, and who sends it."""
    return struct.pack('=IHHIIBxxxiHBB', 28, 28, 0, sequence & 0xFFFFFFFF, 77, 2, 2, state, 0, 1), sender


def refused(number: int, sequence: int) -> tuple[bytes, int]:
    return struct.pack('=IHHIIi', 20, 2, 0, sequence, 77, -number), 0


class Kernel:
    """A netlink socket and what is behind it."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.requests = 0
        self.failure = 0
        self.isClosed = False
        self._waiting: list[tuple[bytes, int]] = []

    def send(self, request: bytes) -> None:
        self.requests += 1
        if self.failure:
            raise OSError(self.failure, os.strerror(self.failure))
        (sequence,) = SEQUENCE.unpack_from(request)
        self._waiting += [reply(sequence) for reply in self.replies]

    def recvfrom(self, _size: int) -> tuple[bytes, tuple[int, int]]:
        if not self._waiting:
            raise BlockingIOError
        data, sender = self._waiting.pop(0)
        return data, (sender, 0)

    def close(self) -> None:
        self.isClosed = True

    def tell(self, state: int) -> None:
        """Tell of this state from now on; 0 means that nobody is known."""
        self.replies = [lambda sequence: told(state, sequence) if state else refused(errno.ENOENT, sequence)]


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    made = Kernel()
    monkeypatch.setattr(socket, 'socket', lambda *_args: made)
    return made


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def neighbours(kernel: Kernel, clock: HeldClock) -> Neighbours:
    return Neighbours(lambda: clock.now)


@pytest.mark.parametrize('state', [REACHABLE, STALE, DELAY, NOARP, PERMANENT])
def test_who_is_known_is_so_for_two_seconds(kernel: Kernel, neighbours: Neighbours, state: int) -> None:
    """A neighbour that goes is asked for three seconds in vain, before anything waits for it."""
    kernel.tell(state)
    assert neighbours.judge(2, PEER) == (KNOWN, 2.0)


def test_who_may_be_gone_in_a_moment_is_asked_about_each_time(kernel: Kernel, neighbours: Neighbours) -> None:
    kernel.tell(PROBE)
    assert neighbours.judge(2, PEER) == (KNOWN, 0.0)


def test_who_is_looked_for_may_have_a_moment_for_the_answer(
    kernel: Kernel, clock: HeldClock, neighbours: Neighbours
) -> None:
    kernel.tell(0)
    assert neighbours.judge(2, PEER) == (NEW, 0.0)
    kernel.tell(INCOMPLETE)
    clock.advance(0.2)
    assert neighbours.judge(2, PEER) == (NEW, 0.0)
    clock.advance(0.1)
    assert neighbours.judge(2, PEER) == (WAITING, 0.1)
    kernel.tell(REACHABLE)
    assert neighbours.judge(2, PEER) == (KNOWN, 2.0)


def test_no_more_than_sixteen_datagrams_wait_for_one_address(kernel: Kernel, neighbours: Neighbours) -> None:
    kernel.tell(INCOMPLETE)
    assert [neighbours.judge(2, PEER)[0] for _ in range(18)] == [NEW] * 16 + [WAITING] * 2
    others = (3, PEER), (2, '2001:db8::9')
    assert [neighbours.judge(*other)[0] for other in others] == [NEW, NEW]
    kernel.tell(FAILED)  # and then it is looked for anew
    assert neighbours.judge(2, PEER)[0] == NEW


REPLIES: dict[str, list[Reply]] = {
    'of a former request': [lambda sequence: told(REACHABLE, sequence - 1), lambda sequence: told(FAILED, sequence)],
    'of another process': [lambda sequence: told(REACHABLE, sequence, 4711), lambda sequence: told(FAILED, sequence)],
}


@pytest.mark.parametrize('name', REPLIES)
def test_what_is_no_answer_to_the_question_counts_for_nothing(
    kernel: Kernel, neighbours: Neighbours, name: str
) -> None:
    kernel.replies = REPLIES[name]
    assert neighbours.judge(2, PEER)[0] == NEW


@pytest.mark.parametrize(
    'reply',
    [
        *(lambda sequence, n=number: refused(n, sequence) for number in (errno.EOPNOTSUPP, errno.EPERM, errno.ENODEV)),
        lambda _sequence: (b'', 0),
        lambda _sequence: (b'what is this', 0),
    ],
)
def test_where_the_kernel_does_not_tell_everybody_counts_as_known(
    kernel: Kernel, neighbours: Neighbours, reply: Reply
) -> None:
    """Before Linux 5.0, for one."""
    kernel.replies = [reply]
    assert neighbours.judge(2, PEER)[0] == KNOWN


@pytest.mark.parametrize('number', [errno.ENOBUFS, errno.EPERM, errno.EAGAIN, errno.EBADF])
def test_where_the_kernel_cannot_be_asked_everybody_counts_as_known(
    kernel: Kernel, neighbours: Neighbours, number: int
) -> None:
    kernel.failure = number
    assert neighbours.judge(2, PEER)[0] == KNOWN


@pytest.mark.parametrize(('late', 'verdict'), [(15, NEW), (16, KNOWN)])
def test_many_late_answers_are_not_all_waited_for(
    late: int, verdict: str, kernel: Kernel, neighbours: Neighbours
) -> None:
    """The one that was asked for comes after them."""
    replies: list[Reply] = [lambda sequence: told(FAILED, sequence - 1)] * late
    kernel.replies = [*replies, lambda sequence: told(FAILED, sequence)]
    assert neighbours.judge(2, PEER)[0] == verdict


def test_what_is_known_of_many_is_not_heaped_up(kernel: Kernel, neighbours: Neighbours) -> None:
    kernel.tell(0)
    for number in range(3000):
        assert neighbours.judge(2, f'10.0.{number // 250}.{number % 250 + 1}')[0] == NEW
    assert max(len(table) for table in vars(neighbours).values() if isinstance(table, dict)) == 3000 % 1024


def test_nothing_is_asked_after_the_end(kernel: Kernel, neighbours: Neighbours) -> None:
    neighbours.close()
    neighbours.close()
    assert kernel.isClosed


@pytest.mark.skipif(sys.platform != 'linux', reason='there is no netlink')
def test_this_kernel_knows_nobody_on_loopback() -> None:
    neighbours = Neighbours(lambda: 0.0)
    try:
        verdicts = [neighbours.judge(number, '127.0.0.9')[0] for number in (socket.if_nametoindex('lo'), 99_999_999)]
    finally:
        neighbours.close()
    assert verdicts in ([NEW, KNOWN], [KNOWN, KNOWN])  # the latter before Linux 5.0
