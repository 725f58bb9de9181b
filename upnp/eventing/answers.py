"""Subscriptions over HTTP (UDA 1.1 §4.1): SUBSCRIBE and UNSUBSCRIBE at the event path of a service."""

import logging

from ..addressing.access import Access
from ..description.device import Service
from ..description.urn import typeNoun
from ..description.writing import Places, isEvented
from ..Errors import MessageError
from ..http.answers import XML_TYPE, Resource, ResourceAnswer
from . import gena
from .events import Events
from .subscriptions import Subscription

__all__ = ['Evented', 'SubscriptionAnswer', 'callbackRule', 'served']

log = logging.getLogger(__name__)

SUBSCRIBE, UNSUBSCRIBE = 'SUBSCRIBE', 'UNSUBSCRIBE'


class Evented:
    """A service that is subscribed to.

    :param isLinkWide: whether the events of a subscriber may go to any host on its link.
    """

    def __init__(self, service: Service, events: Events, isLinkWide: bool) -> None:
        self.service = service
        self.events = events
        self.isLinkWide = isLinkWide


class SubscriptionAnswer(ResourceAnswer):
    """The SID and the time of a subscription that was made or renewed, or that one has ended (UDA 1.1 §4.1)."""

    methods = (SUBSCRIBE, UNSUBSCRIBE)
    deed = 'subscribed to the events of {name}'
    _subscription: Subscription | None = None

    def execute(self) -> None:
        """Subscribe, renew or end the subscription, and prepare the answer."""
        try:
            evented = self.subject(Evented)
            if self.request.method == SUBSCRIBE:
                self._subscribe(evented)
            else:
                evented.events.unsubscribe(evented.service, gena.parseUnsubscribe(self.request.headers))
        except MessageError as error:
            log.debug('< %s:%s %s refused: %s', *self.request.peer, self.request.method, error)
            self.status = error.status

    def _subscribe(self, evented: Evented) -> None:
        request, site, service = self.request, self._upnp, evented.service
        rule = callbackRule(site.access, request.peer[0], request.host, isLinkWide=evented.isLinkWide)
        wish = gena.parseSubscribe(request.headers, rule, site.limits, request.version)
        wish = wish.among([str(variable.name) for variable in service.stateVariables if variable.sendEvents])
        self._subscription = evented.events.subscribe(service, wish, request.peer[0], request.host)
        sid = self.headers['SID'] = self._subscription.sid
        hosts = [callback.host for callback in wish.callbacks] or 'as before'
        log.debug('< %s:%s %s of %r for %d s, told at %s', *request.peer, sid, service, wish.seconds, hosts)
        self.headers['TIMEOUT'] = gena.renderTimeout(wish.seconds)
        if wish.variables is not None:
            self.headers['ACCEPTED-STATEVAR'] = ','.join(wish.variables)

    def sent(self) -> None:
        """Let the events begin: the first one follows the answer (UDA 1.1 §4.1.2)."""
        if self._subscription is not None:
            self.subject(Evented).events.begin(self._subscription)

    def lost(self) -> None:
        """Forget a subscriber that does not know its SID."""
        if self._subscription is not None and not self._subscription.seq:
            self.subject(Evented).events.drop(self._subscription)


def callbackRule(access: Access, peer: str, host: str, *, isLinkWide: bool) -> gena.CallbackRule:
    """Return where the events of a subscriber may go.

    :param peer: its address, with a zone where it needs one.
    :param host: our address that it has connected to, likewise.
    """
    choice = access.interfaces
    link = choice.linkOf(host) if isLinkWide else None
    return gena.CallbackRule(peer, choice.addresses | {host.partition('%')[0]}, access.httpPort, link)


def served(places: Places, events: Events, *, isLinkWide: bool = False) -> dict[str, Resource]:
    """Return where the services of a root device are subscribed to, by path; those of another server's are not here.

    :param isLinkWide: whether the events of a subscriber may go to any host on its link.
    """
    return {
        places.event(service): Resource(
            SubscriptionAnswer,
            XML_TYPE,
            subject=Evented(service, events, isLinkWide),
            name=typeNoun(str(service.serviceType)),
        )
        for service, _ in places.services
        if not service.eventSubURL and isEvented(service)
    }
