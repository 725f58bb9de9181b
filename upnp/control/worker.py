"""A daemon thread that runs the plain functions of one service, and what becomes of one that is stuck there.

It knows how long a function may take, and refuses to know what it is for.
"""

import asyncio
import inspect
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress

from ..base.fairness import Turns
from ..Errors import ActionError

__all__ = ['Job', 'Worker']


class Job:
    """One call of a plain function."""

    def __init__(
        self,
        function: Callable[..., object],
        given: Mapping[str, object],
        name: str,
        peer: str,
        together: AbstractContextManager[None],
    ) -> None:
        self.function = function
        self.together = together
        self.given = given
        self.name = name
        self.peer = peer
        self.loop = asyncio.get_running_loop()
        self.outcome: asyncio.Future[tuple[object, BaseException | None]] = self.loop.create_future()
        self.began: float | None = None
        self._watchedOn: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, seconds: float, giveUp: Callable[['Job'], None]) -> None:
        """Have it given up when it has run for so long; once only, as many may wait for its end and leave."""
        loop = asyncio.get_running_loop()
        if self.began is not None and self._watchedOn is not loop:  # the one that it came by may be closed since
            self._watchedOn = loop
            self._timer = loop.call_at(self.began + seconds, giveUp, self)

    def finish(self, result: object, error: BaseException | None) -> None:
        """Tell who waits, if there still is somebody."""
        if self._timer is not None:
            self._timer.cancel()
        if not self.outcome.done():
            self.outcome.set_result((result, error))
        elif inspect.iscoroutine(result):
            result.close()  # nobody will await it


class Worker:
    """A daemon thread that runs the plain functions of one service one at a time, begun by the first.

    Peers take turns, so that one with many calls does not keep the others waiting for all of them.

    A call is stuck when its caller has been told 501 and it still runs; as long as it does, others are told so at once.

    :param tell: tells the log: with a level, a text, and the name of the action that it is of; from any thread.
    """

    def __init__(self, name: str, tell: Callable[[int, str, str], object]) -> None:
        self._name = name
        self._tell = tell
        self._lock = threading.Condition()  # held for moments only: for what the thread and the loop both change
        self._thread: threading.Thread | None = None
        self._isEnding = False
        self._running: Job | None = None
        self._stuck: Job | None = None
        self._waiting: Turns[Job] = Turns()  # by the peers that wait

    @property
    def isIdle(self) -> bool:
        """Tell whether no function runs."""
        with self._lock:
            return self._running is None

    def take(self, job: Job) -> None:
        """Run a call when it has its turn.

        :raises ActionError: 501, as an earlier one is stuck.
        """
        if (stuck := self._stuck) is not None:
            raise ActionError(501, f'Action Failed: {stuck.name} has not ended yet')
        with self._lock:
            self._isEnding = False
            if self._thread is None:
                thread = threading.Thread(target=self._work, name=f'upnp {self._name}', daemon=True)
                thread.start()
                self._thread = thread
            self._waiting.add(job.peer, job)
            self._lock.notify()

    def forget(self, job: Job) -> None:
        """Note that nobody waits for a call any more; if it has not begun, it never will."""
        with self._lock:
            self._waiting.discard(job.peer, job)
        job.outcome.cancel()

    def watch(self, seconds: float) -> None:
        """Call the one that runs stuck when it has run for so long."""
        with self._lock:
            running = self._running
        if running is not None:
            running.watch(seconds, self._giveUp)

    def end(self) -> None:
        """Have the thread end when nothing is left to do."""
        with self._lock:
            self._isEnding = True
            self._lock.notify()

    def _giveUp(self, job: Job) -> None:
        with self._lock:
            if self._running is not job or self._stuck is job:
                return
            self._stuck = job
            others = [self._waiting.pop() for _ in range(len(self._waiting))]  # none of them ever begins
        text = '%s is stuck: until it ends, other plain functions of its service are given up at once'
        self._tell(logging.ERROR, text, job.name)
        for other in others:
            other.finish(None, ActionError(501, f'Action Failed: {job.name} has not ended yet'))

    def _work(self) -> None:
        """Run calls, in the thread."""
        while (job := self._next()) is not None:
            self._run(job)
            del job  # with all that it holds, while waiting for the next

    def _next(self) -> Job | None:
        """Wait for the next call, and begin it; None when the thread is to end."""
        with self._lock:
            while True:
                if self._waiting:
                    job = self._running = self._waiting.pop()
                    job.began = job.loop.time()
                    return job
                if self._isEnding:
                    self._thread = None
                    return None
                self._lock.wait()

    def _run(self, job: Job) -> None:
        result, error = None, None
        try:
            with job.together:
                result = job.function(**job.given)
        except BaseException as raised:  # sys.exit too: it would end this thread without a word
            error = raised
        with self._lock:
            self._running = None
            if self._stuck is job:
                self._stuck = None
                self._tell(logging.INFO, '%s has ended after all', job.name)
        with suppress(RuntimeError):  # the loop was closed meanwhile
            job.loop.call_soon_threadsafe(job.finish, result, error)
        del error, job  # the one knows this frame, and the other has got it
