"""Control over HTTP (UDA 1.1 §3.2): a POST to a service's control path, answered by a result or a fault."""

import logging
import re
from collections.abc import Callable, Mapping

from ..base.logtext import Legible
from ..description.device import Service
from ..description.hints import Call
from ..Errors import ActionError, MessageError
from ..http.answers import CalledAnswer
from . import soap

__all__ = ['ControlAnswer']

log = logging.getLogger(__name__)

MAX_KNOWN, MAX_KNOWN_BYTES = 32, 1024  # calls that are remembered for each service, and the size of one
CONTROL_METHODS = ('POST', 'M-POST')  # the second is UDA 1.0's way round proxies (§3.2.1)
XML_TYPE = r'(?ai)\s*(text|application)/([\w.-]+\+)?xml\s*(;|\Z)'
EXTENSION = r'(?a);\s*ns\s*=\s*"?(\d{1,9})\b'  # which prefix M-POST's headers have (RFC 2774 §4)


class ControlAnswer(CalledAnswer):
    """The result of an action or a state variable's value, or HTTP 500 with a fault (UDA 1.1 §3.2.2, §3.2.5)."""

    methods = CONTROL_METHODS

    async def call(self, giveUp: Callable[[], None] = lambda: None) -> None:
        """Call the action that the request asks for.

        :param giveUp: called when its time is over and its function cannot be ended.
        :raises MessageError: the request is no soap.
        """
        service = self.resource.service
        if service is None:
            raise MessageError('no service is controlled here', 404)
        try:
            self.body = await self._result(service, giveUp)
        except ActionError as error:
            self.fail(error)

    def fail(self, error: ActionError) -> None:
        """Answer with a fault."""
        log.debug('< %s:%s %r: %s', *self.request.peer, self.request.path, Legible(error))
        self.status = 500
        self.body = soap.renderFault(error)

    def execute(self) -> None:
        """Prepare the answer: the headers, as :meth:`call` has made the body."""
        self.headers['CONTENT-TYPE'] = self.resource.contentType
        self.headers['EXT'] = ''  # UDA 1.0 §3.2.2

    async def _result(self, service: Service, giveUp: Callable[[], None]) -> bytes:
        headers = self.request.headers
        if not re.match(XML_TYPE, headers.get('content-type', '')):
            raise MessageError(f'Content-Type {headers.get("content-type", "")[:80]!r} is not XML', 415)
        asked = self._asked(service, soapActionOf(self.request.method, headers))
        if isinstance(asked, soap.VariableQuery):
            try:
                return soap.renderValue(asked)
            except (TypeError, ValueError) as error:  # of a default that is none: the log has said so
                raise ActionError(501) from error
        request = self.request
        call = Call(request.peer, request.host, request.headers, asked.serviceType, str(asked.action.name))
        result = await self._upnp.calls.run(service, asked.action, asked.values, call, giveUp)
        if result is not None and not asked.action.outputs:
            self._upnp.calls.wonder(service, asked.action, result)
        try:
            return soap.renderResult(asked, result)
        except Exception as error:  # of whatever kind: a property or a mapping of the user's may have raised it
            raise self._upnp.calls.complain(service, asked.action, error) from error

    def _asked(self, service: Service, soapAction: str) -> soap.ActionCall | soap.VariableQuery:
        """Return what is asked for, from memory where the same bytes came before; a change of the service clears it."""
        known, body = self.resource.known, self.request.body
        call = known.get((soapAction, body))
        if call is not None:
            return call
        asked = soap.parseCall(service, soapAction, body, self._upnp.limits)
        if isinstance(asked, soap.ActionCall) and len(soapAction) + len(body) <= MAX_KNOWN_BYTES:
            if len(known) >= MAX_KNOWN:
                known.clear()
            known[soapAction, body] = asked
        return asked


def soapActionOf(method: str, headers: Mapping[str, str]) -> str:
    """Return the value of SOAPACTION; with M-POST it has the prefix that MAN tells (UDA 1.0 §3.2.1).

    :raises MessageError: it is missing.
    """
    name = 'soapaction'
    if method == 'M-POST' and (found := re.search(EXTENSION, headers.get('man', ''))) is not None:
        name = f'{found[1]}-{name}'
    if name not in headers:
        raise MessageError(f'a call without {name.upper()}')
    return headers[name]
