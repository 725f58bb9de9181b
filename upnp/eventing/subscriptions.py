"""Who is subscribed to what, and what each is to be told next (UDA 1.1 §4): the book of subscriptions.

It decides and counts; sockets, clocks and threads are the business of others. What changes is kept once for each
service, by its :class:`upnp.eventing.publisher.Publisher`: a subscription only knows how far it has come, so that for
an event a thousand of them take no more memory than one does.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import NamedTuple

from ..base.limits import Limits
from ..description.device import Service
from ..Errors import MessageError
from .gena import SubscribeRequest
from .publisher import Event, Publisher

__all__ = ['Book', 'Notice', 'Subscription', 'nextKey']

PER_PEER = 'Limits.maxSubscriptionsPerPeer'
MAX_KEY = 4294967295  # UDA 1.1 §4.3.2: 32 bits


def isSame(one: str, other: str) -> bool:
    """Tell whether two texts mean one address; a zone counts only where both have one."""
    (literal, _, zone), (otherLiteral, _, otherZone) = one.partition('%'), other.partition('%')
    return literal == otherLiteral and (zone == otherZone or not zone or not otherZone)


def nextKey(key: int) -> int:
    """Return the event key after ``key``: the greatest is followed by 1, as 0 stands for the initial event."""
    return 1 if key == MAX_KEY else key + 1


class Notice(NamedTuple):
    """What a subscriber is told next.

    :param number: of the last event in it.
    :param seq: the event key.
    :param body: the property set.
    """

    number: int
    seq: int
    body: bytes


class Subscription:
    """One subscriber's wish to hear of one service, and how far it has come.

    The event key of a message is given when the message is taken, so that keys rise by one whatever was passed over.
    What was given up, because the subscriber could not be reached or answered an error, is told with the next event.

    :param host: our address that it was asked for at, for IPv6 on a link with its zone: ``fe80::1%3``.
    """

    __slots__ = (
        *('sid', 'publisher', 'peer', 'host', 'request', 'expires', 'seq', 'failures', 'isLive', 'isPrompt'),
        *('_isOwed', '_isBehind', '_known', '_tried'),
    )

    def __init__(
        self, sid: str, publisher: Publisher, peer: str, request: SubscribeRequest, now: float, *, host: str = ''
    ) -> None:
        self.sid = sid
        self.publisher = publisher
        self.peer = peer
        self.host = host
        self.request = request
        self.expires = now + request.seconds
        self.seq = 0
        self.failures = 0
        self.isLive = True
        self.isPrompt: bool | None = None  # whether it has answered the last event at once; None before the first
        self._isOwed = True  # the initial event, which comes even after an UNSUBSCRIBE (UDA 1.1 §4.1.2)
        self._isBehind = True  # what comes next is all that has changed; at first, that is everything
        self._known = self._tried = -1  # the last event it was told of, and the last that was offered to it

    @property
    def isPaused(self) -> bool:
        """Tell whether it is told nothing until it renews, as it did not take the last events."""
        return self.failures >= self.publisher.limits.maxFailedEvents

    def hasNews(self, now: float) -> bool:
        """Tell whether there may be something to tell it."""
        isOpen = self._isOwed or (self.isLive and now < self.expires)
        return isOpen and not self.isPaused and self._tried < self.publisher.number

    def take(self, now: float) -> Notice | None:
        """Return what it is to be told next, which counts as sent then; None when there is nothing."""
        if not self.hasNews(now):
            return None
        body = b''
        while not body and self._tried < self.publisher.number:
            body = self._nextBody()
        if not body:
            return None
        self._isOwed = False
        seq, self.seq = self.seq, nextKey(self.seq)
        return Notice(self._tried, seq, body)

    def _nextBody(self) -> bytes:
        """Return the next property set, empty when nothing in it is of the variables that were asked for."""
        publisher, variables = self.publisher, self.request.variables
        event = None if self._isBehind else publisher.event(self._known + 1)
        if event is not None:
            self._tried, body = self._known + 1, event.body(variables)
        else:
            self._tried, body = publisher.number, publisher.changes(self._known, variables)
        if not body:
            self._known, self._isBehind = self._tried, False
        return body

    def settle(self, notice: Notice, *, isDelivered: bool, isCounted: bool = True) -> None:
        """Note how it went with what was taken last.

        :param isCounted: a failure is the subscriber's, and not one of this machine.
        """
        self._isBehind = not isDelivered
        if isDelivered:
            self._known, self._tried, self.failures = notice.number, max(self._tried, notice.number), 0
        else:
            self.failures += isCounted

    def renew(self, seconds: int, now: float) -> None:
        """Begin its time anew; what it could not be told is offered once more."""
        self.expires = now + seconds
        self.offer()

    def offer(self) -> None:
        """Forget what has failed: what it could not be told is to be told once more."""
        self.failures = 0
        self._tried = self._known

    def end(self, *, isOwed: bool = False) -> None:
        """Tell nothing more, but the initial event if that is still owed."""
        self.isLive, self._isOwed = False, self._isOwed and isOwed


class Book:
    """All subscriptions of one announcer."""

    def __init__(self, limits: Limits) -> None:
        self.publishers: dict[int, Publisher] = {}  # by the identity of the service: equal ones are not the same
        self.subscriptions: dict[str, Subscription] = {}
        self._audiences: dict[Publisher, dict[str, Subscription]] = {}
        self._watched: Counter[Publisher] = Counter()
        self._limits = limits
        self._counts: Counter[tuple[int, str]] = Counter()  # by service and subscriber's address
        self._peers: dict[str, dict[str, Subscription]] = {}  # by subscriber's address, the newest last
        self._earliest = float('inf')  # no subscription ends before

    def publish(self, service: Service, now: float) -> Publisher:
        """Return the publisher of a service, a new one if there is none."""
        known = self.publishers.get(id(service))
        if known is None:
            known = self.publishers[id(service)] = Publisher(service, self._limits)
            known.refresh(now)  # now that other threads can see it: what they set before is read, what after is noted
        return known

    def watch(self, service: Service, now: float) -> Publisher:
        """Return the publisher of a service, to be kept until :meth:`unwatch` though nobody may be subscribed."""
        publisher = self.publish(service, now)
        self._watched[publisher] += 1
        return publisher

    def unwatch(self, publisher: Publisher) -> None:
        """Undo :meth:`watch`."""
        self._watched[publisher] -= 1
        if self._watched[publisher] <= 0:
            del self._watched[publisher]
            self._release(publisher)

    def subscribe(
        self, service: Service, sid: str, request: SubscribeRequest, peer: str, now: float, *, host: str = ''
    ) -> Subscription:
        """Make a subscription; where there are too many, one makes room for it: see :meth:`makeRoom`.

        :param sid: not used before.
        :param host: our address that it was asked for at.
        :raises MessageError: 503, there are too many.
        """
        self.expire(now)
        self.makeRoom(service, peer)
        publisher = self.publish(service, now)
        subscription = Subscription(sid, publisher, peer, request, now, host=host)
        self.subscriptions[sid] = self._audiences.setdefault(publisher, {})[sid] = subscription
        self._peers.setdefault(peer, {})[sid] = subscription
        self._counts[id(service), peer] += 1
        self._earliest = min(self._earliest, subscription.expires)
        return subscription

    def makeRoom(self, service: Service, peer: str) -> list[Subscription]:
        """End what has to give way to one more subscription, and return it: one that is paused, if there is one.

        Else, when all places are taken, it is the newest of the peer that has most, if the newcomer's has fewer even
        with one more: so nobody is locked out by those who have many.

        :raises MessageError: 503, there are too many.
        """
        limits, count = self._limits, self._counts[id(service), peer]
        if count >= limits.maxSubscriptionsPerPeer:
            own = (one for one in self._peers[peer].values() if one.publisher.service is service)
            gone = next((one for one in own if one.isPaused), None)
            if gone is None:
                raise MessageError(f'{count} subscriptions of {peer} to one service: {PER_PEER}', 503)
        elif (count := len(self.subscriptions)) >= limits.maxSubscriptions:
            gone = next((one for one in self.subscriptions.values() if one.isPaused), None) or self._excess(peer)
            if gone is None:
                raise MessageError(f'{count} subscriptions: Limits.maxSubscriptions', 503)
        else:
            return []
        self.remove(gone)
        return [gone]

    def _excess(self, peer: str) -> Subscription | None:
        """Return the newest of the peer that has most, of several the one that came last; None if that is too few."""
        most = max(reversed(self._peers.values()), key=len)
        return next(reversed(most.values())) if len(self._peers.get(peer, ())) + 1 < len(most) else None

    def find(self, service: Service, sid: str, now: float) -> Subscription:
        """Return a subscription to a service.

        :raises MessageError: 412, there is none, or none any more.
        """
        subscription = self.subscriptions.get(sid)
        if subscription is None or subscription.publisher.service is not service or now >= subscription.expires:
            raise MessageError(f'no subscription {sid[:80]!r} here', 412)
        return subscription

    def renew(self, service: Service, sid: str, seconds: int, now: float) -> Subscription:
        """Prolong a subscription (UDA 1.1 §4.1.3).

        :raises MessageError: 412, there is none, or none any more.
        """
        subscription = self.find(service, sid, now)
        subscription.renew(seconds, now)
        self._earliest = min(self._earliest, subscription.expires)
        return subscription

    def unsubscribe(self, service: Service, sid: str, now: float) -> Subscription:
        """End a subscription (UDA 1.1 §4.1.4), and return it.

        :raises MessageError: 412, there is none, or none any more.
        """
        subscription = self.find(service, sid, now)
        self.remove(subscription, isOwed=True)
        return subscription

    def remove(self, subscription: Subscription, *, isOwed: bool = False) -> None:
        """End a subscription; a second time is harmless."""
        subscription.end(isOwed=isOwed)
        if self.subscriptions.pop(subscription.sid, None) is None:
            return
        publisher = subscription.publisher
        del self._audiences[publisher][subscription.sid]
        del self._peers[subscription.peer][subscription.sid]
        if not self._peers[subscription.peer]:
            del self._peers[subscription.peer]
        counted = (id(publisher.service), subscription.peer)
        self._counts[counted] -= 1
        if not self._counts[counted]:
            del self._counts[counted]
        if not self._audiences[publisher]:
            del self._audiences[publisher]
            self._release(publisher)

    def _release(self, publisher: Publisher) -> None:
        """Forget a publisher that nobody hears."""
        isHeard = publisher in self._audiences or publisher in self._watched or publisher.multicastNames
        if not isHeard and self.publishers.get(id(publisher.service)) is publisher:
            del self.publishers[id(publisher.service)]

    def audience(self, publisher: Publisher) -> list[Subscription]:
        """Return the subscriptions to what a publisher tells."""
        return list(self._audiences.get(publisher, {}).values())

    def expire(self, now: float) -> list[Subscription]:
        """End the subscriptions whose time is over, and return them (UDA 1.1 §4.1.2)."""
        if now < self._earliest:
            return []
        over = [one for one in self.subscriptions.values() if one.expires <= now]
        for subscription in over:
            self.remove(subscription)
        self._earliest = min((one.expires for one in self.subscriptions.values()), default=float('inf'))
        return over

    def leave(self, hosts: Collection[str]) -> list[Subscription]:
        """End the subscriptions that were asked for at one of these addresses of ours, and return them.

        An address with a zone is the same one with the same zone; where one of both has none, any zone will do.

        :param hosts: such as ``192.168.1.20`` or ``fe80::1%3``, with the link's number.
        """
        gone = [one for one in self.subscriptions.values() if any(isSame(one.host, host) for host in hosts)]
        for subscription in gone:
            self.remove(subscription)
        return gone

    def clear(self) -> list[Subscription]:
        """End all subscriptions, and return them."""
        gone = list(self.subscriptions.values())
        for subscription in gone:
            self.remove(subscription)
        self.publishers.clear()
        return gone

    def retain(self, services: Iterable[Service], now: float) -> list[Subscription]:
        """End the subscriptions to all but these services, and return them; what these event is taken down anew."""
        kept = {id(service): service for service in services}
        gone = [one for one in self.subscriptions.values() if id(one.publisher.service) not in kept]
        for subscription in gone:
            self.remove(subscription)
        for key, publisher in list(self.publishers.items()):
            if key in kept:
                publisher.refresh(now)
            else:
                del self.publishers[key]
        for service in kept.values():
            if any(variable.multicast for variable in service.stateVariables):
                self.publish(service, now)
        return gone

    def flush(self, now: float) -> list[tuple[Publisher, Event]]:
        """Return the events that are due."""
        events = ((publisher, publisher.flush(now)) for publisher in self.publishers.values())
        return [(publisher, event) for publisher, event in events if event is not None]

    def nextDue(self) -> float | None:
        """Return when to look again, for what is to be told or whose time is over; None when nothing waits.

        It may be too early where a subscription was renewed or has ended: looking then is all it costs.
        """
        told = [due for publisher in self.publishers.values() if (due := publisher.nextDue) is not None]
        return min((*told, self._earliest)) if told or self.subscriptions else None
