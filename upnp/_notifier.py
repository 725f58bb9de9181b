"""Brings events to subscribers (UDA 1.1 §4.3): one at a time to each, in order, and none waits for another.

It owns the connections, and refuses to know what is told: each subscription says what comes next.
"""

import asyncio
import errno
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

PROMPT_SECONDS = 1.0  # who answers within this need not wait for those that do not; if others wait, nobody has more
NOTICE_SECONDS = 30.0  # for one event, over all callbacks: UDA 1.1 §4.3.1
MAX_SHARE = 2  # those that do not may have one connection of so many,
MIN_SHARE = 8  # and one of so many even when all others are wanted by those that do
STOP_SECONDS = 1.0
SUCCESS = range(200, 300)
# Troubles of this machine, not of the subscriber: they are no reason to stop telling it.
OUR_FAULTS = (
    *(errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EPERM),
    *(errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM),
)


class Notifier:
    """All deliveries of one announcer, and the connections that are kept for the next ones."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._active: dict[Subscription, _Delivery] = {}  # the one that began first is first
        self._prompt, self._others = _Queue(), _Queue()
        self._kept: OrderedDict[Subscription, tuple[PeerConnection, float]] = OrderedDict()  # and since when
        self._idleAlarm: _loops.Alarm | None = None
        self._queueAlarm: _loops.Alarm | None = None

    def begin(self, subscriptions: Iterable[Subscription]) -> None:
        """Tell these subscribers what there is to tell, as soon as there is a connection for each."""
        now = asyncio.get_running_loop().time()
        for subscription in subscriptions:
            if subscription not in self._active and subscription.hasNews(now):
                (self._prompt if subscription.isPrompt else self._others).add(subscription)
        self._fill()

    def end(self, subscription: Subscription) -> None:
        """Break off what is under way to a subscriber whose subscription has ended, but not the initial event."""
        self._prompt.discard(subscription)
        self._others.discard(subscription)  # an initial event that waits too: who comes and goes could heap them up
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
        self._prompt, self._others = _Queue(), _Queue()
        while self._kept:
            self._kept.popitem()[1][0].close()
        for alarm in (self._idleAlarm, self._queueAlarm):
            if alarm is not None:
                alarm.set(None)
        self._idleAlarm = self._queueAlarm = None

    def _fill(self) -> None:
        """Begin what waits, as far as there are connections; what holds them up for long gives way."""
        places = self._limits.maxEventConnections
        slow = sum(not one.isPrompt for one in self._active) if self._others else 0
        while (self._others or self._prompt) and len(self._active) < places:
            if self._others and slow < -(-places // (MIN_SHARE if self._prompt else MAX_SHARE)):
                slow += self._start(self._others.pop())
            elif self._prompt:
                self._start(self._prompt.pop())
            else:
                break
        if self._others or self._prompt:
            self._hurry()

    def _hurry(self) -> None:
        """Give up those that have been told of an event for long, as many as wait for their places."""
        loop = asyncio.get_running_loop()
        if self._queueAlarm is None:
            self._queueAlarm = _loops.Alarm(loop, self._fill)
        wanted = len(self._others) + len(self._prompt)
        for delivery in self._active.values():
            if delivery.subscription.isPrompt and not self._prompt:
                continue  # it is not in the way
            if delivery.began + PROMPT_SECONDS > loop.time():
                self._queueAlarm.set(delivery.began + PROMPT_SECONDS)
                return
            if wanted > 0:
                delivery.giveUp()
                wanted -= 1

    def _start(self, subscription: Subscription) -> bool:
        """Begin to tell a subscriber what comes next, and tell whether there was something."""
        notice = subscription.take(asyncio.get_running_loop().time())
        if notice is None:
            return False
        connection, _ = self._kept.pop(subscription, (None, 0.0))
        if self._kept and len(self._active) + len(self._kept) >= self._limits.maxEventConnections:
            self._kept.popitem()[1][0].close()  # the last that was used: all are told in turn, and its turn comes last
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
            self._idleAlarm = self._idleAlarm or _loops.Alarm(loop, self._onIdle)
            self._idleAlarm.set(loop.time() + self._limits.idleSeconds)

    def _onIdle(self) -> None:
        """Close the connections that nothing went over for long, and those that the peers have closed."""
        now = asyncio.get_running_loop().time()
        for subscription, (connection, since) in list(self._kept.items()):
            if not connection.isOpen or since + self._limits.idleSeconds <= now:
                del self._kept[subscription]
                connection.close()
        if self._kept and self._idleAlarm is not None:
            self._idleAlarm.set(min(since for _, since in self._kept.values()) + self._limits.idleSeconds)


class _Queue:
    """Subscribers that wait for a connection: of each address one by turns, so that nobody gains by being many."""

    def __init__(self) -> None:
        self._ofPeer: OrderedDict[str, dict[Subscription, None]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def add(self, subscription: Subscription) -> None:
        """Put one at the end of its address's; a second time is harmless."""
        own = self._ofPeer.setdefault(subscription.peer, {})
        self._length += subscription not in own
        own[subscription] = None

    def discard(self, subscription: Subscription) -> None:
        """Take one out, if it is there."""
        own = self._ofPeer.get(subscription.peer, {})
        if subscription in own:
            del own[subscription]
            self._length -= 1
            if not own:
                del self._ofPeer[subscription.peer]

    def pop(self) -> Subscription:
        """Take out the next one."""
        peer, own = next(iter(self._ofPeer.items()))
        subscription = next(iter(own))
        self._ofPeer.move_to_end(peer)
        self.discard(subscription)
        return subscription


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
        self._isOurFault = False
        loop = asyncio.get_running_loop()
        self.began = loop.time()
        self._time: asyncio.Timeout | None = None  # while it is under way
        self.task = loop.create_task(self._run(), name=f'upnp event {notice.seq} of {subscription.sid}')

    def giveUp(self) -> None:
        """End it as one that was not taken; a second time is harmless."""
        if self._time is not None and not self._time.expired():
            self._time.reschedule(self.began)

    async def _run(self) -> None:
        isDelivered = False
        try:
            async with asyncio.timeout(NOTICE_SECONDS) as self._time:
                isDelivered = await self._tell()
        except TimeoutError:
            log.debug('> %s was given up', self.task.get_name())
        finally:
            self._time = None
        now = asyncio.get_running_loop().time()
        self.subscription.isPrompt = isDelivered and now <= self.began + PROMPT_SECONDS
        self.subscription.settle(self._notice, isDelivered=isDelivered, isCounted=not self._isOurFault)

    async def _tell(self) -> bool:
        """Send the event to the first callback that takes it, and tell whether one did (UDA 1.1 §4.1.2)."""
        name = self.task.get_name()
        for callback in self.subscription.request.callbacks:
            try:
                status = await self._send(callback)
            except (OSError, MessageError) as error:  # a TimeoutError is an OSError
                self._isOurFault = isinstance(error, OSError) and error.errno in OUR_FAULTS
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
        async with asyncio.timeout(self._limits.connectSeconds):
            connection = self.connection = await connect(place, self._limits.maxEventAnswerBytes)
        return await self._ask(connection, request)

    async def _ask(self, connection: PeerConnection, request: bytes) -> int:
        async with asyncio.timeout(self._limits.eventSeconds):
            return (await connection.ask(request)).status
