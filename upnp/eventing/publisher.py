"""What one service tells its subscribers (UDA 1.1 §4.3): its events, and what waits to become one.

It knows when a change is worth an event, and renders each once for all; it refuses to know who hears it. Times are
seconds of one monotonic clock and come in as ``now``.
"""

from collections import deque
from collections.abc import Iterable

from ..base.limits import Limits
from ..description.device import Service, StateVariable
from .gena import renderProperties

__all__ = ['Event', 'Publisher']

REST_SECONDS = 10.0  # a value that comes to rest short of its minimumDelta is told after this: the last always arrives
ALMOST = 1 - 1e-9  # 20.2 - 20.1 is less than 0.1, and meant to be as much
MAX_BODIES = 8  # of one event, for subscribers that asked for different variables; rendered anew beyond


class Event:
    """Changes of one service that travel together.

    :param texts: of the variables that have changed, by name.
    """

    __slots__ = ('_bodies', 'size', 'texts')

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts
        self._bodies: dict[tuple[str, ...], bytes] = {}
        self.size = len(self.body(None))

    def body(self, variables: Iterable[str] | None) -> bytes:
        """Return the property set of these variables, or of all; empty when nothing of them has changed."""
        wanted = self.texts if variables is None else {one: self.texts[one] for one in variables if one in self.texts}
        names = tuple(wanted)
        body = self._bodies.get(names)
        if body is None:
            body = renderProperties(wanted) if wanted else b''
            if len(self._bodies) < MAX_BODIES:
                self._bodies[names] = body
        return body


class _Told:
    """What is known and told of one evented variable."""

    __slots__ = ('sentAt', 'sentText', 'sentValue', 'since', 'text', 'variable')

    def __init__(self, variable: StateVariable, text: str, value: object, since: int) -> None:
        self.variable = variable
        self.text = self.sentText = text
        self.sentValue = value
        self.sentAt = float('-inf')
        self.since = since  # the number of the event that told it last

    def dueAt(self, value: object, now: float) -> float:
        """Return when a change that has come now is to be told."""
        variable = self.variable
        due = now if variable.maximumRate is None else max(now, self.sentAt + variable.maximumRate)
        if variable.minimumDelta is not None and isSmall(value, self.sentValue, variable.minimumDelta):
            due = max(due, now + REST_SECONDS)
        return due


def isSmall(value: object, former: object, delta: float) -> bool:
    """Tell whether two numbers differ by less than ``delta``; what are none always differ."""
    try:
        return bool(abs(value - former) < delta * ALMOST)  # type: ignore[operator]
    except TypeError:
        return False


class Publisher:
    """What one service tells its subscribers: the last events, and what was told last of every evented variable.

    Its events are numbered from 1; a subscription that has been told of event n is told of n + 1 next. One that is too
    far behind, beyond ``maxQueuedEvents`` or ``maxQueuedEventBytes``, gets one event with all that has changed since.
    It knows no variable before the first :meth:`refresh`.
    """

    def __init__(self, service: Service, limits: Limits) -> None:
        self.service = service
        self.number = 0  # of the last event
        self.multicastKey = 0
        self.limits = limits
        self._told: dict[str, _Told] = {}
        self._due: dict[str, tuple[float, object]] = {}
        self._events: deque[Event] = deque()
        self._bytes = 0
        self._present: dict[tuple[str, ...], bytes] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The evented variables."""
        return tuple(self._told)

    @property
    def multicastNames(self) -> tuple[str, ...]:
        """Those of them that are told by multicast as well (UDA 1.1 §2.5)."""
        variables = self.service.stateVariables
        return tuple(name for name in self._told if name in variables and variables[name].multicast)

    @property
    def nextDue(self) -> float | None:
        """When something is to be told; None while nothing is."""
        return min((due for due, _ in self._due.values()), default=None)

    def refresh(self, now: float) -> None:
        """Take down which variables are evented now; the values of those that are new are not told as a change."""
        former, self._told = self._told, {}
        for variable in self.service.stateVariables:
            name, known = str(variable.name), former.get(str(variable.name))
            if not variable.sendEvents:
                continue
            if known is not None:
                self._told[name] = known
                if known.variable is not variable:  # else what is set in an action that still runs would be told early
                    known.variable = variable
                    self.note(variable, now)
            elif (read := reading(variable)) is not None:
                self._told[name] = _Told(variable, *read, self.number)
        self._due = {name: due for name, due in self._due.items() if name in self._told}
        self._present.clear()

    def note(self, variable: StateVariable, now: float) -> None:
        """Note that a variable was set: it is to be told when its text is another than the one that was told last."""
        name, read = str(variable.name), reading(variable)
        told = self._told.get(name)
        if told is None or told.variable is not variable or read is None:
            return
        text, value = read
        if text == told.sentText:
            self._due.pop(name, None)
        elif name not in self._due or text != told.text:
            self._due[name] = told.dueAt(value, now), value
        told.text = text

    def flush(self, now: float) -> Event | None:
        """Return an event with all that is due, kept for the subscribers; None when nothing is."""
        names = [name for name, (due, _) in self._due.items() if due <= now]
        if not names:
            return None
        self.number += 1
        self._present.clear()
        for name in names:
            told = self._told[name]
            _, told.sentValue = self._due.pop(name)
            told.sentText, told.sentAt, told.since = told.text, now, self.number
        event = Event({name: self._told[name].text for name in self._told if name in names})
        self._keep(event)
        return event

    def event(self, number: int) -> Event | None:
        """Return an event; None when it is kept no more."""
        index = len(self._events) - 1 - (self.number - number)
        return self._events[index] if index >= 0 else None

    def changes(self, since: int, variables: tuple[str, ...] | None) -> bytes:
        """Return the property set of all that was told after event ``since``, as it was told last.

        Before 0, that is everything. It is empty when nothing of these ``variables`` was told.
        """
        texts = self.texts(since, variables)
        if not texts:
            return b''
        names = tuple(texts)
        body = self._present.get(names)
        if body is None:
            body = renderProperties(texts)
            if len(self._present) < MAX_BODIES:
                self._present[names] = body
        return body

    def texts(self, since: int, variables: tuple[str, ...] | None = None) -> dict[str, str]:
        """Return all that was told after event ``since`` by name, likewise."""
        return {
            name: told.sentText
            for name, told in self._told.items()
            if told.since > since and (variables is None or name in variables)
        }

    def _keep(self, event: Event) -> None:
        limits = self.limits
        self._events.append(event)
        self._bytes += event.size
        while len(self._events) > limits.maxQueuedEvents or self._bytes > limits.maxQueuedEventBytes:
            self._bytes -= self._events.popleft().size


def reading(variable: StateVariable) -> tuple[str, object] | None:
    """Return a variable's text and value; None while it is changed into something that cannot be announced."""
    try:
        return variable.text, variable.value
    except (TypeError, ValueError, LookupError):
        return None
