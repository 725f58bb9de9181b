"""The eventing of one announcer (UDA 1.1 §4): what is set in any thread becomes events, in the loop.

It owns the book of subscriptions and the time of what is due, and refuses to know how a subscription came in.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from ..base import loops
from ..base.limits import Limits
from ..base.loops import onGrid
from ..description.device import Service, StateVariable
from ..description.elements import _BaseObj
from ..Errors import MessageError
from .gena import SubscribeRequest
from .publisher import Publisher
from .subscriptions import Book, Subscription, nextKey

if TYPE_CHECKING:
    from .notifier import Notifier

__all__ = ['Events', 'Listener', 'Multicast']

log = logging.getLogger(__name__)

# Until the initial event, less up to a sixteenth of a second, as several share a wake-up: GUPnP 1.6.3 throws it away if
# it has not dealt with the answer to its SUBSCRIBE by then, which takes it a millisecond or two when it is not busy.
HOLD_SECONDS = 0.1
NEVER = float('inf')

Multicast = Callable[[Service, int, bytes], None]


class Listener(Protocol):
    """One that watches services and is not a subscriber, such as the pages that are open."""

    def onEvent(self) -> None:
        """Note that a service has published something."""

    def onEnd(self) -> None:
        """Leave all that is watched: there are other services from now on, or the device has left."""


class Events:
    """What is told to subscribers, and who they are.

    All that is set in one turn of the loop travels in one event, and so does all that one plain action sets.

    :param multicast: sends an event, with its key and property set, to everybody.
    """

    def __init__(self, limits: Limits, multicast: Multicast) -> None:
        self._limits = limits
        self._multicast = multicast
        self._book = Book(limits)
        self._notifier: Notifier | None = None  # none before the first subscription
        self._listeners: list[Listener] = []
        self._services: tuple[Service, ...] = ()
        self._isOpen = False
        self._unaware: dict[Subscription, float] = {}  # those whose subscribers cannot know their SID, until when
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer = loops.Timer(self._onTime)
        self._holdTimer = loops.Timer(self._onAware)
        self._lock = threading.Lock()  # held for moments only: for what was set, in any thread
        self._set: dict[int, tuple[Service, StateVariable]] = {}
        self._held = threading.local()

    # In any thread

    def note(self, service: _BaseObj, variable: _BaseObj) -> None:
        """Take down that a variable was set."""
        if id(service) not in self._book.publishers:
            return  # nobody listens
        if isinstance(service, Service) and isinstance(variable, StateVariable):
            held: dict[int, tuple[Service, StateVariable]] | None = getattr(self._held, 'set', None)
            if held is not None:
                held[id(variable)] = service, variable
            else:
                self._take({id(variable): (service, variable)})

    @contextmanager
    def together(self) -> Iterator[None]:
        """Have all that is set in this thread meanwhile travel in one event, at the end."""
        held: dict[int, tuple[Service, StateVariable]] = {}
        self._held.set = held
        try:
            yield
        finally:
            self._held.set = None
            self._take(held)

    def _take(self, changes: dict[int, tuple[Service, StateVariable]]) -> None:
        with self._lock:
            loop = self._loop
            if loop is None:  # it has stopped: what is set now is part of what is told when it begins anew
                return
            isFirst = not self._set
            self._set |= changes
        if not isFirst or not changes:
            return
        if loops.runsHere(loop):
            loop.call_soon(self._flush)
        else:
            with suppress(RuntimeError):  # the loop was closed just now
                loop.call_soon_threadsafe(self._flush)

    # In the loop

    def start(self, services: Iterable[Service]) -> None:
        """Take subscriptions to these services, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._isOpen = True
        self.retain(services)

    def retain(self, services: Iterable[Service]) -> None:
        """Know these services only, as they are now; subscriptions to others end, and those who listen begin anew."""
        now = asyncio.get_running_loop().time()
        former, self._services = self._services, tuple(services)
        if [*map(id, former)] != [*map(id, self._services)]:  # equal ones are not the same
            self._endListening()
        if self._isOpen:
            self._endEach(self._book.retain(self._services, now))
            self._tell(now)

    def close(self) -> None:
        """End every subscription, as the device leaves (UDA 1.1 §4.1.2), and tell nothing until it is back."""
        self._isOpen = False
        self._unaware.clear()
        self._endListening()
        self._endEach(self._book.clear())

    @property
    def isOpen(self) -> bool:
        """Tell whether subscriptions are taken: not before it starts, nor when the device has left."""
        return self._isOpen

    def leave(self, hosts: Collection[str]) -> None:
        """End the subscriptions that were asked for at these addresses of ours, as an interface has gone.

        :param hosts: such as ``192.168.1.20`` or ``fe80::1%3``; see :meth:`upnp.eventing.subscriptions.Book.leave`.
        """
        self._endEach(self._book.leave(hosts))

    def offer(self) -> None:
        """Tell now what could not be told, those too that were given up: the network is back."""
        aware = [one for one in self._book.subscriptions.values() if one not in self._unaware]
        for subscription in aware:
            subscription.offer()
        self._notify(aware)

    def reopen(self) -> None:
        """End every subscription, as the device begins anew (UDA 1.1 §4.1.2), and take others."""
        self.close()
        if self._loop is not None:
            self._isOpen = True
            self._book.retain(self._services, self._loop.time())

    def stop(self) -> None:
        """End every subscription, and close every connection; it needs no loop, and a second time is harmless."""
        self.close()
        if self._notifier is not None:
            self._notifier.stop()
        for timer in (self._timer, self._holdTimer):
            timer.set(None)
        self._listeners.clear()
        with self._lock:
            self._loop = None
            self._services, self._set = (), {}

    def subscribe(self, service: Service, request: SubscribeRequest, peer: str, host: str) -> Subscription:
        """Make a subscription, or renew the one that is meant; :meth:`begin` it when the peer knows of it.

        :param peer: the subscriber's address, with a zone where it needs one.
        :param host: our address that it has connected to, likewise.
        :raises MessageError: 412, there is none to renew; 503, there are too many, or the device has left.
        """
        from uuid import uuid4  # here, as a device without subscribers needs it not

        now = asyncio.get_running_loop().time()
        self._endEach(self._book.expire(now))
        if request.sid is not None:
            subscription = self._book.renew(service, request.sid, request.seconds, now)
        elif not self._isOpen:
            raise MessageError('the device has said byebye', 503)
        else:
            self._endEach(self._book.makeRoom(service, peer))
            subscription = self._book.subscribe(service, f'uuid:{uuid4()}', request, peer, now, host=host)
            self._unaware[subscription] = NEVER
        self._arm()
        return subscription

    def begin(self, subscription: Subscription) -> None:
        """Send what a subscriber is to be told: the initial event soon, what was held back until it renewed at once."""
        if subscription in self._unaware:
            due = onGrid(asyncio.get_running_loop().time() + HOLD_SECONDS)
            self._unaware[subscription] = due
            if self._holdTimer.due is None:
                self._holdTimer.set(due)
        else:
            self._notify((subscription,))

    def _onAware(self) -> None:
        """Send the initial events to those who can know their SID by now."""
        now = asyncio.get_running_loop().time()
        aware = [subscription for subscription, due in self._unaware.items() if due <= now]
        for subscription in aware:
            del self._unaware[subscription]
        self._notify(aware)
        self._holdTimer.set(min((due for due in self._unaware.values() if due < NEVER), default=None))

    def unsubscribe(self, service: Service, sid: str) -> None:
        """End a subscription.

        :raises MessageError: 412, there is none.
        """
        self._endEach((self._book.unsubscribe(service, sid, asyncio.get_running_loop().time()),))

    # Others that listen

    def listen(self, listener: Listener) -> None:
        """Notify a listener of events, until this is stopped."""
        self._listeners.append(listener)

    def watch(self, service: Service) -> Publisher:
        """Return what publishes the events of a service, to one who listens; :meth:`unwatch` it afterwards.

        :raises MessageError: 503, the announcer has stopped.
        """
        if self._loop is None:
            raise MessageError('the announcer has stopped', 503)
        return self._book.watch(service, self._loop.time())

    def unwatch(self, publisher: Publisher) -> None:
        """Note that somebody listens to a publisher no more."""
        self._book.unwatch(publisher)

    def _endListening(self) -> None:
        for listener in self._listeners:
            listener.onEnd()

    def drop(self, subscription: Subscription) -> None:
        """End a subscription whose subscriber could not be told of it, or says that it knows nothing of it."""
        self._unaware.pop(subscription, None)
        self._book.remove(subscription)
        self._endEach((subscription,))

    def _flush(self) -> None:
        """Make events of what was set."""
        with self._lock:
            changes, self._set = self._set, {}
        now = asyncio.get_running_loop().time()
        for service, variable in changes.values():
            publisher = self._book.publishers.get(id(service))
            if publisher is not None and publisher.service is service:
                publisher.note(variable, now)
        self._tell(now)

    def _onTime(self) -> None:
        now = asyncio.get_running_loop().time()
        self._endEach(self._book.expire(now))
        self._tell(now)

    def _tell(self, now: float) -> None:
        """Send what is due."""
        for publisher, event in self._book.flush(now):
            if self._isOpen and (body := event.body(publisher.multicastNames)):
                key, publisher.multicastKey = publisher.multicastKey, nextKey(publisher.multicastKey)
                log.debug('> event %d of %r to all', key, publisher.service)
                self._multicast(publisher.service, key, body)
            self._notify([one for one in self._book.audience(publisher) if one not in self._unaware])
            for listener in self._listeners:
                listener.onEvent()
        self._arm()

    def _arm(self) -> None:
        self._timer.set(self._book.nextDue())

    def _endEach(self, subscriptions: Iterable[Subscription]) -> None:
        for subscription in subscriptions:
            log.debug('subscription %s of %s has ended', subscription.sid, subscription.peer)
            if self._notifier is not None:
                self._notifier.end(subscription)

    def _notify(self, subscriptions: Collection[Subscription]) -> None:
        """Tell these subscribers what there is to tell."""
        if not subscriptions:
            return
        if self._notifier is None:
            from .notifier import Notifier  # here, as a device without subscribers needs none

            self._notifier = Notifier(self._limits, self.drop)
        self._notifier.begin(subscriptions)
