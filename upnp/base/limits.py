"""Every bound on what a peer can make the device do, in one place, with its default and its reason."""

from dataclasses import dataclass, fields

__all__ = ['Limits']


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on peers. Each is checked before the work it bounds; all must be above zero.

    The defaults suit a board with 512 MB in a home or an office. Give other ones to
    ``Announcer(device, limits=upnp.Limits(maxConnections=32))``.
    """

    __module__ = 'upnp'

    maxDatagramBytes: int = 8192
    """A longer datagram is dropped unread; UDA wants messages that fit one packet."""

    maxPendingSearches: int = 4096
    """Searches whose answers wait for their random delay, in all; the source with the most gives way."""

    maxPendingSearchesPerSource: int = 256
    """The same for one source address; a control point seldom has more than ten under way."""

    maxRequestLineBytes: int = 8192
    """Request line of HTTP, 414 beyond (RFC 9112 §3 recommends to take 8,000)."""

    maxHeadBytes: int = 16384
    """Request line and header fields together, 431 beyond."""

    maxHeaderFields: int = 100
    """Header fields of a request, 431 beyond."""

    maxBodyBytes: int = 262144
    """Body of a request, 413 beyond, before it is read where its length is told."""

    maxChunkLineBytes: int = 1024
    """The line before a chunk, with its size and extensions, and a line of the trailer; 400 beyond."""

    maxXmlDepth: int = 32
    """Elements inside each other, 400 beyond; a SOAP call has four."""

    maxXmlElements: int = 10000
    """Elements of a document, 400 beyond."""

    maxXmlAttributes: int = 256
    """Attributes of one element, 400 beyond."""

    callSeconds: float = 30
    """For an action's function, 501 beyond: UDA 1.1 §3.2.2 wants the answer within this."""

    maxCallsPerPeer: int = 32
    """Calls of one address that run at a time; more of them wait."""

    maxWaitingCallsPerPeer: int = 64
    """Those that wait, 503 beyond."""

    headSeconds: float = 10
    """From the first byte of a request head to its last."""

    bodySeconds: float = 15
    """From the end of the head to the end of the body."""

    idleSeconds: float = 30
    """A kept connection without a request is closed after this."""

    writeSeconds: float = 15
    """A peer that reads nothing for so long is cut off."""

    maxConnections: int = 256
    """HTTP connections in all; beyond, the one idle longest gives way."""

    maxConnectionsPerPeer: int = 64
    """HTTP connections of one address, likewise."""

    maxPageStreams: int = 128
    """Pages that are open and told of changes, in all; beyond, the address that has most gives way, else 503."""

    maxPageStreamsPerPeer: int = 16
    """The same for one address, 503 beyond."""

    pageCommentSeconds: float = 15
    """So often such a page gets a comment and an empty event, by which both ends see that the other is there."""

    maxSubscriptions: int = 1024
    """Subscriptions in all; beyond, the address that has most gives way to one that has fewer, else 503."""

    maxSubscriptionsPerPeer: int = 8
    """Subscriptions of one address to one service, 503 beyond."""

    minSubscriptionSeconds: int = 60
    """The least that is granted; a subscriber that asks for less gets this."""

    maxSubscriptionSeconds: int = 86400
    """The most that is granted, to those who ask for infinity too: the dead ones among them end some day."""

    maxCallbacks: int = 6
    """Callback URLs of one subscription, 412 beyond; each may be waited for."""

    maxCallbackBytes: int = 1024
    """One callback URL, 412 beyond."""

    maxQueuedEvents: int = 10
    """Events that wait for one subscriber; beyond, it gets one with the newest state."""

    maxQueuedEventBytes: int = 65536
    """The same in bytes of their bodies."""

    connectSeconds: float = 5
    """For a subscriber to accept a connection."""

    eventSeconds: float = 10
    """For a subscriber to take an event and to answer it."""

    maxEventAnswerBytes: int = 16384
    """What is read of that answer; a longer one is no delivery."""

    maxFailedEvents: int = 3
    """After so many in a row, a subscriber is told nothing until it renews."""

    maxEventConnections: int = 256
    """Connections to subscribers; those that have not shown that they answer at once get half of them at most."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            kind = int if field.type is int else int | float
            if isinstance(value, bool) or not isinstance(value, kind):
                raise TypeError(f'Limits.{field.name} must be a {"whole " * (kind is int)}number, not {value!r}')
            if not value > 0:
                raise ValueError(f'Limits.{field.name} must be above zero, not {value!r}')
