"""Runs the functions of actions: ``async def`` in the loop, plain ones in a daemon thread of their service.

It knows how long a call may take, and refuses to know where it came from and what becomes of the result.
"""

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from ..base.fairness import CallLimits
from ..base.limits import Limits
from ..base.logtext import Legible, tracebackOf
from ..description.device import Action, Service
from ..description.hints import Call, callParameter
from ..Errors import ActionError
from .worker import Job, Worker

__all__ = ['Callee', 'Calls']

log = logging.getLogger(__name__)

END_SECONDS = 1  # for a cancelled function to end


def makeLegible(record: logging.LogRecord) -> bool:
    """Write the traceback of a record before a formatter does: a function may have raised what a peer has sent."""
    if record.exc_info and (error := record.exc_info[1]) is not None:
        record.exc_text = tracebackOf(error)
    return True


log.addFilter(makeLegible)


class Plan(NamedTuple):
    """How a function is called, found out once."""

    function: Callable[..., object]
    isAsync: bool
    callParameter: str | None

    @classmethod
    def of(cls, function: Callable[..., object]) -> 'Plan':
        """Return the plan for a function."""
        target = getattr(function, 'func', function)  # of a functools.partial
        isAsync = inspect.iscoroutinefunction(target) or inspect.iscoroutinefunction(type(target).__call__)
        return cls(function, isAsync, callParameter(function))


class Callee(NamedTuple):
    """A function that peers can call.

    :param function: None where there is none.
    :param subject: what it is the function of; what goes wrong is logged once for each.
    :param owner: what it belongs to: plain functions of one owner run one at a time, in a thread of its own.
    :param name: in the log, and ``ownerName`` that of the owner.
    """

    function: Callable[..., object] | None
    subject: object
    owner: object
    name: str
    ownerName: str

    @classmethod
    def of(cls, service: Service, action: Action) -> 'Callee':
        """Return the function of an action."""
        identity = str(service.serviceId or service.serviceType or type(service).__name__)
        return cls(action.function, action, service, f'action {identity}#{action.name}', identity)


class Calls:
    """All calls that are under way at one announcer.

    :param together: what a plain function sets while it runs, in its thread, is told as one change.
    """

    def __init__(self, limits: Limits, together: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        self._together = together
        self._seconds = limits.callSeconds
        self._plans: dict[int, tuple[object, Plan]] = {}  # by what a function is of, and with it
        self._workers: dict[int, tuple[object, Worker]] = {}  # by the owner, likewise
        self._noted: set[object] = set()
        self._deadlines: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._callLimits: CallLimits[asyncio.Future[None]] = CallLimits(limits)

    async def run(
        self,
        callee: Callee,
        values: Mapping[str, object],
        call: Call,
        giveUp: Callable[[], None] = lambda: None,
    ) -> object:
        """Return what a function returns for these arguments; run it in a task of the caller's.

        :param giveUp: called when the time is over, the function was cancelled, and goes on all the same.
        :raises ActionError: the function's own; 602 when there is none, and 501 when it takes too long, is stuck in an
            earlier call, or raises anything else, which the log tells with its traceback.
        :raises MessageError: 503, too many calls of this peer wait already.
        """
        if callee.function is None:
            raise ActionError(602)
        plan = self._planOf(callee.subject, callee.function)
        given = dict(values) if plan.callParameter is None else {**values, plan.callParameter: call}
        name, peer = callee.name, call.peer[0]
        turn = self._enter(peer)
        deadline = self._begin(giveUp)
        result, error = None, None
        try:
            if turn is not None:
                await turn
            result = plan.function(**given) if plan.isAsync else await self._inThread(callee, plan, given, peer)
            if inspect.isawaitable(result):
                result = await result
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as raised:
            error = raised
        finally:
            self._leave(peer, turn)
            self._deadlines.pop(deadline, None)
            isLate = deadline.end()
        if isLate:
            text = '%s took longer than %s s: its caller was told so'
            if plan.isAsync or result is not None:  # else the worker tells that its function is stuck
                self._tellOnce(('late', name), text, name, self._seconds)
            raise ActionError(501) from error
        if error is None:
            return result
        fault = self._faultFor(error, callee)
        try:
            raise fault from (None if fault is error else error)
        finally:
            del error, fault  # they know this frame, and with it the arguments

    def _enter(self, peer: str) -> asyncio.Future[None] | None:
        """Let a call of a peer in; return what it has to wait for, None when it may run at once.

        :raises MessageError: 503, too many of this peer wait already.
        """
        if self._callLimits.enter(peer):
            return None
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._callLimits.wait(peer, turn)
        return turn

    def _leave(self, peer: str, turn: asyncio.Future[None] | None) -> None:
        """Note that a call has ended, or waits no longer: the next one of its peer runs."""
        following = self._callLimits.leave(peer, turn)
        if following is not None and not following.done():  # else it was cancelled just now, and leaves by itself
            following.set_result(None)

    def _begin(self, giveUp: Callable[[], None]) -> 'Deadline':
        """Return the deadline of a call that begins; all have the same time, so the first that began is due first."""
        task = currentTask()
        loop = task.get_loop()
        deadline = Deadline(task, loop.time() + self._seconds, giveUp)
        self._deadlines[deadline] = None
        if self._timer is None:
            self._timer = loop.call_at(deadline.due, self._onTime, loop, deadline.due)
        return deadline

    def _onTime(self, loop: asyncio.AbstractEventLoop, now: float) -> None:
        self._timer = None
        for deadline in list(self._deadlines):
            if deadline.due > now:
                self._timer = loop.call_at(deadline.due, self._onTime, loop, deadline.due)
                return
            del self._deadlines[deadline]
            deadline.ring()

    def _faultFor(self, error: BaseException, callee: Callee) -> BaseException:
        """Return what a call ends with whose function has raised something."""
        if isinstance(error, ActionError):
            log.debug('%s: %s', callee.name, Legible(error))
            return error
        if isinstance(error, asyncio.CancelledError) and currentTask().cancelling():
            return error
        self._note(callee, error)
        return ActionError(501)

    def complain(self, callee: Callee, error: Exception) -> ActionError:
        """Tell the log that what a function returned cannot be sent, and return what its caller is told."""
        text = '%s returned what its caller cannot be sent (an error in its place): %s'
        self._tellOnce((id(callee.subject), type(error)), text, callee.name, Legible(error))
        return ActionError(501)

    def wonder(self, callee: Callee, result: object) -> None:
        """Tell the log once that what a function returned is not sent to anybody."""
        text = '%s returned %.80r, and it has no output: give it a return hint, or returns={...}, or return nothing'
        self._tellOnce((id(callee.subject), 'result'), text, callee.name, result, level=logging.WARNING)

    def abandon(self) -> None:
        """End idle threads; a function that is stuck in its thread is left to itself."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._deadlines.clear()
        for key, (_, worker) in list(self._workers.items()):
            worker.end()
            if worker.isIdle:
                del self._workers[key]

    def retain(self, services: Iterable[Service], others: Iterable[object] = ()) -> None:
        """Forget all but these services and other owners of a function: others were removed."""
        kept, subjects = set(map(id, others)), set(map(id, others))
        for service in services:
            kept.add(id(service))
            subjects |= set(map(id, service.actions))
        self._plans = {key: plan for key, plan in self._plans.items() if key in subjects}
        for key, (_, worker) in list(self._workers.items()):
            if key not in kept:
                worker.end()
                del self._workers[key]

    def _planOf(self, subject: object, function: Callable[..., object]) -> Plan:
        known = self._plans.get(id(subject))
        if known is None or known[0] is not subject or known[1].function is not function:
            known = self._plans[id(subject)] = (subject, Plan.of(function))
        return known[1]

    async def _inThread(self, callee: Callee, plan: Plan, given: Mapping[str, object], peer: str) -> object:
        worker = self._workerOf(callee)
        job = Job(plan.function, given, callee.name, peer, self._together())
        try:
            worker.take(job)
            result, error = await job.outcome
        except asyncio.CancelledError:
            worker.watch(self._seconds)
            raise
        finally:
            worker.forget(job)
        try:
            if isinstance(error, Exception):
                raise error
            if error is not None:  # it would end the loop, or pass for the end of this task
                raise RuntimeError(f'{error!r} in a function that is called, not run') from error
            return result
        finally:
            del error, job

    def _workerOf(self, callee: Callee) -> Worker:
        known = self._workers.get(id(callee.owner))
        if known is None or known[0] is not callee.owner:
            worker = Worker(callee.ownerName, self._tellOfWorker)
            known = self._workers[id(callee.owner)] = (callee.owner, worker)
        return known[1]

    def _tellOfWorker(self, level: int, text: str, name: str) -> None:
        self._tellOnce((text, name), text, name, level=level)  # as a peer could repeat it at will

    def _note(self, callee: Callee, error: BaseException) -> None:
        """Tell an error with its traceback the first time it comes from its place: a peer could repeat it at will."""
        trace, line = error.__traceback__, 0
        while trace is not None:
            line = trace.tb_lineno
            trace = trace.tb_next
        cause = (id(callee.subject), type(error), line)
        if cause in self._noted:
            log.debug('%s failed again: %s', callee.name, Legible(error, repr))
        else:
            self._noted.add(cause)
            log.error('%s failed, its caller was told so', callee.name, exc_info=error)

    def _tellOnce(self, cause: object, text: str, *values: object, level: int = logging.ERROR) -> None:
        log.log(logging.DEBUG if cause in self._noted else level, text, *values)
        self._noted.add(cause)


class Deadline:
    """Cancels a task, which runs now, when the time of its call is over; it goes on as if it never had been cancelled.

    :param due: in the loop's time.
    :param giveUp: called when it has not ended even so.
    """

    def __init__(self, task: 'asyncio.Task[object]', due: float, giveUp: Callable[[], None]) -> None:
        self.due = due
        self._task = task
        self._giveUp = giveUp
        self._last: asyncio.TimerHandle | None = None

    def ring(self) -> None:
        """Cancel the task."""
        self._task.cancel()
        self._last = self._task.get_loop().call_later(END_SECONDS, self._giveUp)

    def end(self) -> bool:
        """Return whether the time was over.

        :raises CancelledError: others have cancelled the task as well.
        """
        if self._last is None:
            return False
        self._last.cancel()
        if self._task.uncancel():
            raise asyncio.CancelledError
        return True


def currentTask() -> 'asyncio.Task[object]':
    """Return the task that runs now."""
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError('an action is called in a task')
    return task
