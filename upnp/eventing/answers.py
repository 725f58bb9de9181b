"""Subscriptions over HTTP (UDA 1.1 §4.1): SUBSCRIBE and UNSUBSCRIBE at the event path of a service."""

import logging

from ..description.device import Service
from ..Errors import MessageError
from ..http.answers import ResourceAnswer
from . import gena
from .subscriptions import Subscription

__all__ = ['SubscriptionAnswer']

log = logging.getLogger(__name__)

SUBSCRIBE, UNSUBSCRIBE = 'SUBSCRIBE', 'UNSUBSCRIBE'


class SubscriptionAnswer(ResourceAnswer):
    """The SID and the time of a subscription that was made or renewed, or that one has ended (UDA 1.1 §4.1)."""

    methods = (SUBSCRIBE, UNSUBSCRIBE)
    _subscription: Subscription | None = None

    def execute(self) -> None:
        """Subscribe, renew or end the subscription, and prepare the answer."""
        service = self.resource.service
        try:
            if service is None:
                raise MessageError('no service is subscribed to here', 404)
            if self.request.method == SUBSCRIBE:
                self._subscribe(service)
            else:
                self._upnp.events.unsubscribe(service, gena.parseUnsubscribe(self.request.headers))
        except MessageError as error:
            log.debug('< %s:%s %s refused: %s', *self.request.peer, self.request.method, error)
            self.status = error.status

    def _subscribe(self, service: Service) -> None:
        request, upnp = self.request, self._upnp
        rule = upnp.access.callbackRule(request.peer[0], request.host)
        wish = gena.parseSubscribe(request.headers, rule, upnp.limits, request.version)
        wish = wish.among([str(variable.name) for variable in service.stateVariables if variable.sendEvents])
        self._subscription = upnp.events.subscribe(service, wish, request.peer[0], request.host)
        sid = self.headers['SID'] = self._subscription.sid
        hosts = [callback.host for callback in wish.callbacks] or 'as before'
        log.debug('< %s:%s %s of %r for %d s, told at %s', *request.peer, sid, service, wish.seconds, hosts)
        self.headers['TIMEOUT'] = gena.renderTimeout(wish.seconds)
        if wish.variables is not None:
            self.headers['ACCEPTED-STATEVAR'] = ','.join(wish.variables)

    def sent(self) -> None:
        """Let the events begin: the first one follows the answer (UDA 1.1 §4.1.2)."""
        if self._subscription is not None:
            self._upnp.events.begin(self._subscription)

    def lost(self) -> None:
        """Forget a subscriber that does not know its SID."""
        if self._subscription is not None and not self._subscription.seq:
            self._upnp.events.drop(self._subscription)
