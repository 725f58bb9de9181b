"""Brings events to subscribers (UDA 1.1 §4.3): one at a time to each, in order, and none waits for another.

It owns the connections. Each subscription says what comes next for it, and :mod:`upnp.eventing.delivery` whose turn it
is.
"""

import asyncio
import errno
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection

from ..base import loops
from ..base.limits import Limits
from ..http import transport
from ..http.client import Outcome, PeerConnection
from .delivery import DeliveryScheduler
from .gena import renderEvent
from .subscriptions import Notice, Subscription

__all__ = ['Notifier']

log = logging.getLogger(__name__)

NOTICE_SECONDS = 30.0  # for one event, over all callbacks: UDA 1.1 §4.3.1
DESCRIPTOR_PART = 4  # one of so many descriptors may be a connection's
SUCCESS = range(200, 300)
UNKNOWN_SID = 412  # UDA 1.1 §4.3.2
# Troubles of this machine, not of the subscriber: they are no reason to stop telling it.
OUR_FAULTS = (
    *(errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EPERM),
    *(errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM),
)


class Notifier:
    """All deliveries of one announcer, and the connections that are kept for the next ones.

    :param forget: called with a subscription that its subscriber knows nothing of, which is to end.
    """

    def __init__(self, limits: Limits, forget: Callable[[Subscription], None]) -> None:
        self.limits = limits
        self._places = transport.descriptorShare(limits.maxEventConnections, DESCRIPTOR_PART)
        self._forget = forget
        self._active: dict[Subscription, _Delivery] = {}
        self._scheduler = DeliveryScheduler(self._places, limits.maxSubscriptions)
        self._isFilling = False
        self._kept: OrderedDict[Subscription, tuple[PeerConnection, float]] = OrderedDict()  # and since when
        self._idleTimer = loops.Timer(self._onIdle)
        self._queueTimer = loops.Timer(self._fill)
        self._lateTimer = loops.Timer(self._onLate)

    def begin(self, subscriptions: Collection[Subscription]) -> None:
        """Tell these subscribers what there is to tell, as soon as there is a connection for each."""
        now = asyncio.get_running_loop().time()
        for subscription in subscriptions:
            if not self._scheduler.isKnown(subscription) and subscription.hasNews(now):
                self._scheduler.add(subscription)
        self._fill()
        for subscription in subscriptions:
            if not subscription.isLive:  # an initial event that is still owed does not wait: many could be heaped up
                self._scheduler.discard(subscription)

    def end(self, subscription: Subscription) -> None:
        """Break off what is under way to a subscriber whose subscription has ended, but not the initial event."""
        self._scheduler.discard(subscription)
        if subscription in self._kept:
            self._kept.pop(subscription)[0].close()
        delivery = self._active.get(subscription)
        if delivery is not None and delivery.notice.seq:
            self._drop(delivery)

    def stop(self) -> None:
        """Break everything off, and close every connection; it needs no loop, and a second time is harmless."""
        self._scheduler.clear()
        for delivery in list(self._active.values()):
            self._drop(delivery)
        while self._kept:
            self._kept.popitem()[1][0].close()
        for timer in (self._idleTimer, self._queueTimer, self._lateTimer):
            timer.set(None)

    def _drop(self, delivery: '_Delivery') -> None:
        self._remove(delivery.subscription)
        delivery.cancel()

    def _remove(self, subscription: Subscription) -> None:
        del self._active[subscription]
        self._scheduler.end(subscription)

    def _fill(self) -> None:
        """Begin what waits, as far as there are connections; what holds them up for long gives way."""
        if self._isFilling:  # one has given way, and the loop below goes on
            return
        self._isFilling = True
        try:
            self._startEach()
            while self._scheduler.isWaitedFor and self._hurry():
                self._startEach()
        finally:
            self._isFilling = False

    def _startEach(self) -> None:
        now = asyncio.get_running_loop().time()
        while (subscription := self._scheduler.next(now)) is not None:
            self._start(subscription, now)

    def _hurry(self) -> bool:
        """Give up those that have been told of an event for long, as many as wait for their places; tell if any."""
        if self._queueTimer.due is not None:
            return False  # none is late before it rings
        late, due = self._scheduler.overdue(asyncio.get_running_loop().time())
        if due is not None:
            self._queueTimer.set(due)
        for subscription in late:
            self._active[subscription].giveUp()
        return bool(late)

    def _start(self, subscription: Subscription, now: float) -> None:
        """Begin to tell a subscriber what comes next, if there is something."""
        notice = subscription.take(now)
        if notice is None:
            self._scheduler.end(subscription)
            return
        connection, _ = self._kept.pop(subscription, (None, 0.0))
        if self._kept and len(self._active) + len(self._kept) >= self._places:
            self._kept.popitem()[1][0].close()  # the last that was used: all are told in turn, and its turn comes last
        delivery = self._active[subscription] = _Delivery(self, subscription, notice, connection, now)
        delivery.tryNext()

    def ended(self, delivery: '_Delivery', *, isDelivered: bool, isOurFault: bool = False) -> None:
        """Take note of how a delivery has ended: keep its connection for the next event, give its place to another.

        :param isOurFault: the subscriber is not to blame.
        """
        subscription, connection = delivery.subscription, delivery.connection
        isInTime = self._scheduler.isPrompt(subscription, asyncio.get_running_loop().time())
        self._remove(subscription)
        if not isOurFault:
            subscription.isPrompt = isDelivered and isInTime
            self._scheduler.notePace(subscription)
        subscription.settle(delivery.notice, isDelivered=isDelivered, isCounted=not isOurFault)
        if subscription.isPaused:
            log.debug('> %s is told nothing until it renews: %d events failed', subscription.sid, subscription.failures)
        if connection is not None and connection.isOpen and subscription.isLive:
            self._keep(subscription, connection)
        elif connection is not None:
            connection.close()
        self.begin((subscription,))  # what has come meanwhile

    def disowned(self, delivery: '_Delivery') -> None:
        """End a delivery, and its subscription, as the subscriber does not know it (UDA 1.1 §4.3.2)."""
        subscription = delivery.subscription
        log.debug('> %s is not known to its subscriber', subscription.sid)
        subscription.end()
        self.ended(delivery, isDelivered=False, isOurFault=True)
        self._forget(subscription)

    def lookAt(self, due: float) -> None:
        """Look for late ones then, unless that is done before: a timer for each would cost more than its event."""
        if self._lateTimer.due is None or self._lateTimer.due > due:
            self._lateTimer.set(due)

    def _onLate(self) -> None:
        now = asyncio.get_running_loop().time()
        for delivery in list(self._active.values()):
            if delivery.due <= now:
                delivery.late(now)
        if self._active:
            self.lookAt(min(delivery.due for delivery in self._active.values()))

    def _keep(self, subscription: Subscription, connection: PeerConnection) -> None:
        loop = asyncio.get_running_loop()
        self._kept[subscription] = connection, loop.time()
        due = self._endOf(connection, loop.time())
        if self._idleTimer.due is None or self._idleTimer.due > due:
            self._idleTimer.set(due)

    def _endOf(self, connection: PeerConnection, since: float) -> float:
        """Return when a kept connection is closed if nothing happens: soon while the rest of an answer is awaited.

        :param since: when the head of its answer came.
        """
        if connection.isReusable or connection.askedAt is None:
            return since + self.limits.idleSeconds
        return connection.askedAt + self.limits.eventSeconds

    def _onIdle(self) -> None:
        """Close those that nothing went over for long, or too slowly, and those that the peers have closed."""
        now = asyncio.get_running_loop().time()
        for subscription, (connection, since) in list(self._kept.items()):
            if not connection.isOpen or self._endOf(connection, since) <= now:
                del self._kept[subscription]
                connection.close()
        if self._kept:
            self._idleTimer.set(min(self._endOf(*kept) for kept in self._kept.values()))


class _Delivery:
    """One event on its way to one subscriber: to its callbacks in order, until one takes it (UDA 1.1 §4.1.2).

    :param connection: a former one, which may have been closed since.
    :param began: when it has begun, in the loop's time.
    """

    def __init__(
        self,
        notifier: Notifier,
        subscription: Subscription,
        notice: Notice,
        connection: PeerConnection | None,
        began: float,
    ) -> None:
        self.subscription = subscription
        self.notice = notice
        self.connection = connection
        self.began = began
        self._notifier = notifier
        self._left = iter(subscription.request.callbacks)
        self._callback = subscription.request.callbacks[0]
        self._isSecond = False  # try of the same callback
        self._isOurFault = False
        self._triedAt = self.began

    @property
    def due(self) -> float:
        """When it is late, in the loop's time."""
        askedAt = None if self.connection is None else self.connection.askedAt
        limits = self._notifier.limits
        phase = self._triedAt + limits.connectSeconds if askedAt is None else askedAt + limits.eventSeconds
        return min(phase, self.began + NOTICE_SECONDS)

    def tryNext(self) -> None:
        """Send the event to the next callback, over the former connection where it still works."""
        callback = next(self._left, None)
        if callback is None:
            self._notifier.ended(self, isDelivered=False, isOurFault=self._isOurFault)
            return
        self._callback, self._isSecond = callback, False
        connection = self.connection
        if connection is not None and connection.isReusable and connection.place == callback.place:
            self._ask(connection)
        else:
            self._askAnew()

    def late(self, now: float) -> None:
        """Give up the callback that is waited for, or the event when all its time is over."""
        self.cancel()
        if now >= self.began + NOTICE_SECONDS:
            self._left = iter(())
        self._onAnswer(TimeoutError(f'no answer after {now - self.began:.1f} s'))

    def giveUp(self) -> None:
        """End it as one that was not taken."""
        self.cancel()
        self._notifier.ended(self, isDelivered=False)

    def cancel(self) -> None:
        """Break it off, and call nobody."""
        if self.connection is not None:
            self.connection.close()

    def _askAnew(self) -> None:
        self.cancel()
        self._isSecond = True
        self._triedAt = asyncio.get_running_loop().time()
        self.connection = PeerConnection(self._callback.place, self._notifier.limits.maxEventAnswerBytes)
        self._ask(self.connection)

    def _ask(self, connection: PeerConnection) -> None:
        notice, subscription = self.notice, self.subscription
        version = subscription.request.version
        connection.ask(renderEvent(self._callback, subscription.sid, notice.seq, notice.body, version), self._onAnswer)
        self._notifier.lookAt(self.due)

    def _onAnswer(self, outcome: Outcome) -> None:
        told = outcome if isinstance(outcome, Exception) else outcome.status
        log.debug('> %s event %d of %s: %r', self._callback.host, self.notice.seq, self.subscription.sid, told)
        if isinstance(outcome, ConnectionError) and not self._isSecond:  # a kept one, closed in the same moment
            self._askAnew()
        elif not isinstance(outcome, Exception) and outcome.status in SUCCESS:
            self._notifier.ended(self, isDelivered=True)
        elif told == UNKNOWN_SID and self.notice.seq:  # to the initial event it says no more than that that came early
            self._notifier.disowned(self)
        else:
            self._isOurFault = isinstance(outcome, OSError) and outcome.errno in OUR_FAULTS
            self.tryNext()
