"""Eventing: the bytes of a connection with SUBSCRIBE and UNSUBSCRIBE, through the server and the book.

``uuid:5e1f0a10-0000-0000-0000-000000000000`` in an input stands for a subscription that exists. An input with ``fe80``
in it comes from an address of IPv6, another from one of IPv4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import upnp
from tests.fuzz.answers import responsesIn
from tests.fuzz.harnesses import Check
from tests.fuzz.harnesses.connections import checkAnswers
from tests.fuzz.harnesses.stage import OURS, PEER, Heard, Stage, conversation, pieces, staged
from tests.fuzz.properties import DATE, isSafe
from tests.protocol.devices import DEVICE_TYPE, UUID
from tests.protocol.lamps import Lamp
from tests.protocol.site import Site
from upnp.eventing.gena import Callback, CallbackRule, SubscribeRequest
from upnp.eventing.subscriptions import Subscription

KNOWN = b'uuid:5e1f0a10-0000-0000-0000-000000000000'
SID = re.compile(rb'uuid:[0-9a-f]{8}-[0-9a-f-]{27}')
OURS6, PEER6 = ('fe80::10', 5000, 0, 3), ('fe80::40', 40000, 0, 3)
CALLBACK = Callback(PEER[0], 41234, '/')


class Subscribers:
    """A service to be subscribed to, one subscription that is there, and those that a connection makes."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._lamp = Lamp()
        device = upnp.Device(deviceType=DEVICE_TYPE, friendlyName='Lamp', uuid=UUID)
        device.addService(self._lamp)
        self._site = Site(device)
        events = self._site.events
        self._subscribe = events.subscribe
        self._known = ''
        self._made: list[Subscription] = []
        events.subscribe = self._noted  # type: ignore[method-assign]
        events.begin = lambda subscription: None  # type: ignore[method-assign]  # no event leaves this process
        stage.prepare(self._begin())

    def heard(self, data: bytes, *, isCut: bool) -> Heard:
        """Return what a connection is answered, with the same SID whatever it was, and leave things as they were."""
        isIPv6 = b'fe80' in data
        own, peer = (OURS6, PEER6) if isIPv6 else (OURS, PEER)
        sent = data.replace(KNOWN, self._known.encode())
        serve = self._site.http.server.InConnection
        parts = pieces(sent) if isCut else [sent]
        scene = conversation(self._stage, serve, parts, isEnded=True, own=own, peer=peer)
        heard = self._stage.play(scene)
        self._check(heard, isIPv6=isIPv6)
        self._stage.play(self._restore())
        return Heard(*(SID.sub(KNOWN, one) for one in heard))

    async def _begin(self) -> None:
        self._site.begin()
        await self._restore()

    async def _restore(self) -> None:
        """End what was made, and have the one that is known."""
        for subscription in self._made:
            self._site.events.drop(subscription)
        self._made.clear()
        wish = SubscribeRequest(None, 1800, (CALLBACK,))
        made = self._subscribe(self._lamp, wish, PEER[0], OURS[0])
        self._known = made.sid
        self._made.append(made)

    def _noted(self, service: upnp.Service, request: SubscribeRequest, peer: str, host: str) -> Subscription:
        made = self._subscribe(service, request, peer, host)
        assert 60 <= request.seconds <= 86400
        self._made.append(made)
        return made

    def _check(self, heard: Heard, *, isIPv6: bool) -> None:
        """Check that events may only go to the subscriber, and that it knows of each subscription."""
        told = set(SID.findall(b''.join(head for _, head, _ in responsesIn(heard.before + heard.after))))
        assert {made.sid.encode() for made in self._made} - {self._known.encode()} == told - {self._known.encode()}
        own, peer = (OURS6, PEER6) if isIPv6 else (OURS, PEER)
        zone = f'%{PEER6[3]}' if isIPv6 else ''
        rule = CallbackRule(f'{peer[0]}{zone}', frozenset((str(own[0]),)), OURS[1])
        for made in self._made:
            if made.sid != self._known:
                assert 1 <= len(made.request.callbacks) <= 6
                assert made.peer == rule.peer
                assert all(isSafe(callback, rule) for callback in made.request.callbacks)
                assert all(callback.zone == zone[1:] for callback in made.request.callbacks)
        assert len({made.sid for made in self._made}) <= 9  # Limits.maxSubscriptionsPerPeer, and the one that is known


@contextmanager
def opened() -> Iterator[Check]:
    """Serve a device that can be subscribed to."""
    with staged() as stage:
        subscribers = Subscribers(stage)

        def check(data: bytes) -> None:
            whole = subscribers.heard(data, isCut=False)
            checkAnswers(data, whole)
            cut = subscribers.heard(data, isCut=True)
            assert DATE.sub(b'', cut.before + cut.after) == DATE.sub(b'', whole.before + whole.after)

        yield check
