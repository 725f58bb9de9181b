"""Brings events to subscribers (UDA 1.1 §4.3): one at a time to each, in order, and none waits for another.

It owns the connections, and refuses to know what is told: each subscription says what comes next.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable

from . import _loops
from ._fetch import PeerConnection, connect
from ._limits import Limits
from ._subscriptions import Notice, Subscription
from .Errors import MessageError
from .GENA import Callback, renderEvent

__all__ = ['Notifier']

log = logging.getLogger(__name__)

PROMPT_SECONDS = 1.0  # a subscriber that answers within this has not to share its place with those that do not
NOTICE_SECONDS = 30.0  # for one event, over all callbacks: UDA 1.1 §4.3.1
STOP_SECONDS = 1.0
SUCCESS = range(200, 300)


class Notifier:
    """All deliveries of one announcer, and the connections that are kept for the next ones."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._active: dict[Subscription, _Delivery] = {}
        self._waiting: tuple[dict[Subscription, None], ...] = ({}, {})  # for a connection; the prompt ones are second
        self._kept: OrderedDict[Subscription, tuple[PeerConnection, float]] = OrderedDict()  # and since when
        self._alarm: _loops.Alarm | None = None

    def begin(self, subscriptions: Iterable[Subscription]) -> None:
        """Tell these subscribers what there is to tell, as soon as there is a connection for each."""
        now = asyncio.get_running_loop().time()
        for subscription in subscriptions:
            if subscription not in self._active and subscription.hasNews(now):
                self._waiting[subscription.isPrompt][subscription] = None
        self._fill()

    def end(self, subscription: Subscription) -> None:
        """Break off what is under way to a subscriber whose subscription has ended, but not the initial event."""
        for waiting in self._waiting:  # an initial event that waits is not kept: who comes and goes could heap them up
            waiting.pop(subscription, None)
        if subscription in self._kept:
            self._kept.pop(subscription)[0].close()
        delivery = self._active.get(subscription)
        if delivery is not None and not delivery.isInitial:
            delivery.task.cancel()

    async def stop(self) -> None:
        """Break everything off, and close every connection; a second time is harmless."""
        tasks = [delivery.task for delivery in self._active.values()]
        self.abandon()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)

    def abandon(self) -> None:
        """Close what is kept, without a loop; what is under way is left to itself."""
        for waiting in self._waiting:
            waiting.clear()
        while self._kept:
            self._kept.popitem()[1][0].close()
        if self._alarm is not None:
            self._alarm.set(None)
            self._alarm = None

    def _fill(self) -> None:
        """Begin what waits, as far as there are connections."""
        places = self._limits.maxEventConnections
        others, prompt = self._waiting
        while prompt and len(self._active) < places:
            self._start(next(iter(prompt)))
        slow = sum(not one.isPrompt for one in self._active) if others else 0
        while others and len(self._active) < places and slow < (places + 1) // 2:
            self._start(next(iter(others)))
            slow += 1

    def _start(self, subscription: Subscription) -> None:
        self._waiting[subscription.isPrompt].pop(subscription)
        connection, _ = self._kept.pop(subscription, (None, 0.0))
        if self._kept and len(self._active) + len(self._kept) >= self._limits.maxEventConnections:
            self._kept.popitem(last=False)[1][0].close()
        delivery = self._active[subscription] = _Delivery(subscription, connection, self._limits)
        delivery.task.add_done_callback(lambda _: self._done(delivery))

    def _done(self, delivery: '_Delivery') -> None:
        """Keep the connection for the next event, and give the place to another."""
        subscription, connection = delivery.subscription, delivery.connection
        del self._active[subscription]
        if connection is not None and connection.isOpen and subscription.isLive and not delivery.task.cancelled():
            self._keep(subscription, connection)
        elif connection is not None:
            connection.close()
        _loops.logFailure(delivery.task)
        self.begin((subscription,))  # what has come meanwhile

    def _keep(self, subscription: Subscription, connection: PeerConnection) -> None:
        loop = asyncio.get_running_loop()
        self._kept[subscription] = connection, loop.time()
        if len(self._kept) == 1:
            self._alarm = self._alarm or _loops.Alarm(loop, self._onIdle)
            self._alarm.set(loop.time() + self._limits.idleSeconds)

    def _onIdle(self) -> None:
        """Close the connections that nothing went over for long, and those that the peers have closed."""
        now = asyncio.get_running_loop().time()
        for subscription, (connection, since) in list(self._kept.items()):
            if not connection.isOpen or since + self._limits.idleSeconds <= now:
                del self._kept[subscription]
                connection.close()
        if self._kept and self._alarm is not None:
            self._alarm.set(min(since for _, since in self._kept.values()) + self._limits.idleSeconds)


class _Delivery:
    """The task that tells one subscriber all there is to tell, one event after the other."""

    def __init__(self, subscription: Subscription, connection: PeerConnection | None, limits: Limits) -> None:
        self.subscription = subscription
        self.connection = connection
        self.isInitial = subscription.seq == 0  # it goes out even if the subscription ends meanwhile
        self._limits = limits
        self.task = asyncio.get_running_loop().create_task(self._run(), name=f'upnp events {subscription.sid}')

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        subscription = self.subscription
        while (notice := subscription.take(began := loop.time())) is not None:
            self.isInitial = notice.seq == 0
            isDelivered = await self._tell(notice, began + NOTICE_SECONDS)
            subscription.settle(notice, isDelivered=isDelivered)
            subscription.isPrompt = isDelivered and loop.time() - began <= PROMPT_SECONDS

    async def _tell(self, notice: Notice, end: float) -> bool:
        """Send an event to the first callback that takes it, and tell whether one did (UDA 1.1 §4.1.2)."""
        subscription = self.subscription
        for callback in subscription.request.callbacks:
            try:
                status = await self._send(callback, notice, end)
            except (OSError, MessageError) as error:  # a TimeoutError is an OSError
                log.debug('> %s event %d of %s: %r', callback.host, notice.seq, subscription.sid, error)
                continue
            log.debug('> %s event %d of %s: %d', callback.host, notice.seq, subscription.sid, status)
            if status in SUCCESS:
                return True
        return False

    async def _send(self, callback: Callback, notice: Notice, end: float) -> int:
        """Return the status that an event is answered with; over the former connection, where it still works."""
        subscription, connection = self.subscription, self.connection
        request = renderEvent(callback, subscription.sid, notice.seq, notice.body, subscription.request.version)
        place = callback.address, callback.port
        if connection is not None:
            if connection.isReusable and connection.place == place:
                try:
                    return await self._ask(connection, request, end)
                except ConnectionError as error:  # it was closed in the same moment
                    log.debug('> %s again: %r', callback.host, error)
            connection.close()
        async with within(self._limits.connectSeconds, end):
            connection = self.connection = await connect(place, self._limits.maxEventAnswerBytes)
        return await self._ask(connection, request, end)

    async def _ask(self, connection: PeerConnection, request: bytes, end: float) -> int:
        async with within(self._limits.eventSeconds, end):
            return (await connection.ask(request)).status


def within(seconds: float, end: float) -> asyncio.Timeout:
    """Return the bound of a wait: so many seconds, and not beyond ``end``."""
    return asyncio.timeout_at(min(asyncio.get_running_loop().time() + seconds, end))
