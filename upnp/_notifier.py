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

PROMPT_SECONDS = 1.0  # a subscriber that answers within this need not wait for those that do not
NOTICE_SECONDS = 30.0  # for one event, over all callbacks: UDA 1.1 §4.3.1
MAX_SHARE = 2  # those that do not may have one connection of so many,
MIN_SHARE = 8  # and one of so many even when all others are wanted by those that do
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
        slow = sum(not one.isPrompt for one in self._active) if others else 0
        while (others or prompt) and len(self._active) < places:
            if others and slow < -(-places // (MIN_SHARE if prompt else MAX_SHARE)):
                slow += self._start(next(iter(others)))
            elif prompt:
                self._start(next(iter(prompt)))
            else:
                return

    def _start(self, subscription: Subscription) -> bool:
        """Begin to tell a subscriber what comes next, and tell whether there was something."""
        del self._waiting[subscription.isPrompt][subscription]
        notice = subscription.take(asyncio.get_running_loop().time())
        if notice is None:
            return False
        connection, _ = self._kept.pop(subscription, (None, 0.0))
        if self._kept and len(self._active) + len(self._kept) >= self._limits.maxEventConnections:
            self._kept.popitem(last=False)[1][0].close()
        delivery = self._active[subscription] = _Delivery(subscription, notice, connection, self._limits)
        delivery.task.add_done_callback(lambda _: self._done(delivery))
        return True

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
    """The task that tells one subscriber of one event; the next one waits its turn, as those of others do.

    :param connection: a former one, which may have been closed since.
    """

    def __init__(
        self, subscription: Subscription, notice: Notice, connection: PeerConnection | None, limits: Limits
    ) -> None:
        self.subscription = subscription
        self.connection = connection
        self.isInitial = notice.seq == 0
        self._notice = notice
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self.task = self._loop.create_task(self._run(), name=f'upnp event {notice.seq} of {subscription.sid}')

    async def _run(self) -> None:
        isDelivered = await self._tell()
        self.subscription.settle(self._notice, isDelivered=isDelivered)
        self.subscription.isPrompt = isDelivered and self._loop.time() - self._began <= PROMPT_SECONDS

    async def _tell(self) -> bool:
        """Send the event to the first callback that takes it, and tell whether one did (UDA 1.1 §4.1.2)."""
        name = self.task.get_name()
        for callback in self.subscription.request.callbacks:
            try:
                status = await self._send(callback)
            except (OSError, MessageError) as error:  # a TimeoutError is an OSError
                log.debug('> %s %s: %r', callback.host, name, error)
                continue
            log.debug('> %s %s: %d', callback.host, name, status)
            if status in SUCCESS:
                return True
        return False

    async def _send(self, callback: Callback) -> int:
        """Return the status that the event is answered with; over the former connection, where it still works."""
        notice, subscription, connection = self._notice, self.subscription, self.connection
        request = renderEvent(callback, subscription.sid, notice.seq, notice.body, subscription.request.version)
        place = callback.address, callback.port
        if connection is not None:
            if connection.isReusable and connection.place == place:
                try:
                    return await self._ask(connection, request)
                except ConnectionError as error:  # it was closed in the same moment
                    log.debug('> %s %s again: %r', callback.host, self.task.get_name(), error)
            connection.close()
        async with self._within(self._limits.connectSeconds):
            connection = self.connection = await connect(place, self._limits.maxEventAnswerBytes)
        return await self._ask(connection, request)

    async def _ask(self, connection: PeerConnection, request: bytes) -> int:
        async with self._within(self._limits.eventSeconds):
            return (await connection.ask(request)).status

    def _within(self, seconds: float) -> asyncio.Timeout:
        """Return the bound of a wait: so many seconds, and not beyond the time for the event."""
        return asyncio.timeout_at(min(self._loop.time() + seconds, self._began + NOTICE_SECONDS))
