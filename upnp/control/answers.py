"""Control over HTTP (UDA 1.1 §3.2): a POST to a service's control path, answered by a result or a fault."""

import logging
import re
from collections.abc import Callable, Mapping

from ..base.logtext import Legible
from ..description.device import Service
from ..description.hints import Call
from ..description.urn import typeNoun
from ..description.writing import Places
from ..Errors import ActionError, MessageError
from ..http.answers import XML_TYPE, CalledAnswer, Resource
from . import soap
from .calls import Callee, Calls

__all__ = ['ControlAnswer', 'Controlled', 'served']

log = logging.getLogger(__name__)

MAX_KNOWN, MAX_KNOWN_BYTES = 32, 1024  # calls that are remembered for each service, and the size of one
CONTROL_METHODS = ('POST', 'M-POST')  # the second is UDA 1.0's way round proxies (§3.2.1)
ANY_XML = r'(?ai)\s*(text|application)/([\w.-]+\+)?xml\s*(;|\Z)'
EXTENSION = r'(?a);\s*ns\s*=\s*"?(\d{1,9})\b'  # which prefix M-POST's headers have (RFC 2774 §4)


class Controlled:
    """A service whose actions are called, and the calls that came before: control points ask for the same again."""

    def __init__(self, service: Service, calls: Calls) -> None:
        self.service = service
        self.calls = calls
        self.known: dict[tuple[str, bytes], soap.ActionCall] = {}  # by SOAPACTION and body


class ControlAnswer(CalledAnswer):
    """The result of an action or a state variable's value, or HTTP 500 with a fault (UDA 1.1 §3.2.2, §3.2.5)."""

    methods = CONTROL_METHODS
    deed = 'called an action of {name}'

    async def call(self, giveUp: Callable[[], None] = lambda: None) -> None:
        """Call the action that the request asks for.

        :param giveUp: called when its time is over and its function cannot be ended.
        :raises MessageError: the request is no soap.
        """
        controlled = self.subject(Controlled)
        try:
            self.body = await self._result(controlled, giveUp)
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

    async def _result(self, controlled: Controlled, giveUp: Callable[[], None]) -> bytes:
        headers = self.request.headers
        if not re.match(ANY_XML, headers.get('content-type', '')):
            raise MessageError(f'Content-Type {headers.get("content-type", "")[:80]!r} is not XML', 415)
        asked = self._asked(controlled, soapActionOf(self.request.method, headers))
        if isinstance(asked, soap.VariableQuery):
            try:
                return soap.renderValue(asked)
            except (TypeError, ValueError) as error:  # of a default that is none: the log has said so
                raise ActionError(501) from error
        request, calls = self.request, controlled.calls
        callee = Callee.of(controlled.service, asked.action)
        call = Call(request.peer, request.host, request.headers, asked.serviceType, str(asked.action.name))
        result = await calls.run(callee, asked.values, call, giveUp)
        if result is not None and not asked.action.outputs:
            calls.wonder(callee, result)
        try:
            return soap.renderResult(asked, result)
        except Exception as error:  # of whatever kind: a property or a mapping of the user's may have raised it
            raise calls.complain(callee, error) from error

    def _asked(self, controlled: Controlled, soapAction: str) -> soap.ActionCall | soap.VariableQuery:
        """Return what is asked for, from memory where the same bytes came before; a change of the service clears it."""
        known, body = controlled.known, self.request.body
        call = known.get((soapAction, body))
        if call is not None:
            return call
        asked = soap.parseCall(controlled.service, soapAction, body, self._upnp.limits)
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


def served(places: Places, calls: Calls) -> dict[str, Resource]:
    """Return where the services of a root device are controlled, by path; those of another server's are not here."""
    return {
        places.control(service): Resource(
            ControlAnswer,
            XML_TYPE,
            subject=Controlled(service, calls),
            name=typeNoun(str(service.serviceType)),
        )
        for service, _ in places.services
        if not service.controlURL
    }
