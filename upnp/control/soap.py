"""Control (UDA 1.1 §3): a SOAP request read as the call of an action, its result or fault written.

It knows envelopes, and which values an action takes and gives, and refuses to know how a function is run.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from typing import NamedTuple

from ..base import xml
from ..base.limits import Limits
from ..base.xml import Node, escape, forbiddenCharacter
from ..description.device import Action, Argument, Service, StateVariable
from ..description.types import ValueMismatch
from ..description.urn import includes
from ..Errors import ActionError, MessageError

__all__ = ['ActionCall', 'VariableQuery', 'parseCall', 'renderFault', 'renderResult', 'renderValue']

ENVELOPE_NAMESPACE = 'http://schemas.xmlsoap.org/soap/envelope/'
CONTROL_NAMESPACE = 'urn:schemas-upnp-org:control-1-0'
NEXT_ACTOR = 'http://schemas.xmlsoap.org/soap/actor/next'
QUERY = 'QueryStateVariable'  # UDA 1.0 §3.3, deprecated since 1.1

BEGIN = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    f'<s:Envelope xmlns:s="{ENVELOPE_NAMESPACE}" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">'
    '<s:Body>'
)
END = '</s:Body></s:Envelope>\n'
FAULT = (
    '<s:Fault><faultcode>s:{faultcode}</faultcode><faultstring>UPnPError</faultstring><detail>'
    f'<UPnPError xmlns="{CONTROL_NAMESPACE}">'
    '<errorCode>{code}</errorCode><errorDescription>{description}</errorDescription></UPnPError></detail></s:Fault>'
)


class ActionCall(NamedTuple):
    """An action that is called.

    :param serviceType: the one that was called, whose version may be lower than the service's.
    :param values: the in arguments, checked, by name.
    """

    service: Service
    action: Action
    serviceType: str
    values: Mapping[str, object]


class VariableQuery(NamedTuple):
    """A state variable that is asked for (UDA 1.0 §3.3)."""

    variable: StateVariable


class NotUnderstood(ActionError):
    """A header entry has to be understood, and is not (SOAP 1.1 §4.2.3)."""


def parseCall(
    service: Service, soapAction: str, body: bytes, limits: Limits | None = None
) -> ActionCall | VariableQuery:
    """Return what a request asks of a service.

    :param soapAction: the header's value, with or without quotes.
    :raises MessageError: the body is no SOAP 1.1 envelope with something in it, or the header says nothing.
    :raises ActionError: 401 for an action that is not here, or a header that names another than the body does; 402, 600
        or 601 for its arguments.
    """
    headerType, _, headerAction = soapAction.strip(' \t\'"').rpartition('#')
    if not headerType or not headerAction:
        raise MessageError(f'SOAPACTION {soapAction[:80]!r} has not the form "serviceType#action"')
    element = bodyElement(body, limits)
    if element.name != headerAction:
        raise ActionError(401, f'Invalid Action: {element.name[:80]!r} is called, and SOAPACTION names another')
    if (element.namespace, element.name, headerType) == (CONTROL_NAMESPACE, QUERY, CONTROL_NAMESPACE):
        return VariableQuery(queriedVariable(service, element))
    own = str(service.serviceType)
    if not (includes(own, headerType) and includes(own, element.namespace)):
        raise ActionError(401, f'Invalid Action: the service here is {own!r}')
    if element.name not in service.actions:
        raise ActionError(401, f'Invalid Action: there is no {element.name[:80]!r} here')
    action = service.actions[element.name]
    return ActionCall(service, action, element.namespace, inValues(service, action, element.children))


def bodyElement(body: bytes, limits: Limits | None) -> Node:
    """Return the first element of an envelope's Body.

    :raises MessageError: there is none.
    :raises NotUnderstood: the Header has an entry that has to be understood.
    """
    envelope = xml.parse(body, limits)
    if (envelope.namespace, envelope.name) != (ENVELOPE_NAMESPACE, 'Envelope'):
        raise MessageError(f'not a SOAP 1.1 envelope: {envelope.name[:80]!r} of {envelope.namespace[:80]!r}')
    for part in envelope.children:
        if part.namespace != ENVELOPE_NAMESPACE:
            continue
        if part.name == 'Header':
            checkHeader(part)
        elif part.name == 'Body' and part.children:
            return part.children[0]
    raise MessageError('a SOAP envelope without a call in its Body')


def checkHeader(header: Node) -> None:
    """Skip the entries, none of which means anything here, unless one is for us and has to be understood."""
    for entry in header.children:
        actor = entry.attributes.get(f'{ENVELOPE_NAMESPACE} actor', NEXT_ACTOR)
        if entry.attributes.get(f'{ENVELOPE_NAMESPACE} mustUnderstand', '').strip() == '1' and actor == NEXT_ACTOR:
            raise NotUnderstood(501, f'the header entry {entry.name[:80]!r} is not understood')


def queriedVariable(service: Service, element: Node) -> StateVariable:
    """Return the state variable that is asked for.

    :raises ActionError: 404, there is none of that name with a value.
    """
    asked = element.child('varName')
    name = '' if asked is None else asked.text.strip()
    if name not in service.stateVariables or service.stateVariables[name].isLocal:
        raise ActionError(404, f'Invalid Var: there is no {name[:80]!r} here')
    return service.stateVariables[name]


def inValues(service: Service, action: Action, elements: Iterable[Node]) -> dict[str, object]:
    """Return the in arguments by name, as Python values.

    The order does not matter where the names are right, and what is not asked for is ignored (UDA 1.1 §3.2.1 wants them
    in order, and none too many; callers differ).

    :raises ActionError: 402 for one that is missing, there twice or of another type, 600 and 601 for its value.
    """
    given: dict[str, Node] = {}
    for element in elements:
        if element.name in given:
            raise ActionError(402, f'Invalid Args: {element.name[:80]} is there twice')
        given[element.name] = element
    values: dict[str, object] = {}
    for argument in action.inputs:
        name = str(argument.name)
        if name not in given:
            raise ActionError(402, f'Invalid Args: {name} is missing')
        if given[name].children:
            raise ActionError(402, f'Invalid Args: {name} has elements inside')
        try:
            values[name] = variableOf(service, argument).parse(given[name].text)
        except ValueMismatch as error:
            raise ActionError(error.code, f'{ActionError(error.code).description}: {name}: {error}') from error
    return values


def variableOf(service: Service, argument: Argument) -> StateVariable:
    """Return the state variable that gives an argument its type.

    :raises ActionError: there is none: somebody has changed the service, and the change is not announced.
    """
    try:
        return service.stateVariables[str(argument.relatedStateVariable)]
    except KeyError:
        raise ActionError(501, f'Action Failed: {argument.name} has no type') from None


def renderResult(call: ActionCall, result: object) -> bytes:
    """Return the response to a call (UDA 1.1 §3.2.2).

    :param result: what the function returned: one value, a tuple in order, a dict or a dataclass by name.
    :raises ActionError: an out argument has no type any more.
    :raises TypeError: not as many values as there are out arguments, or one of another type.
    :raises ValueError: one that its type, its list or its range does not allow.
    """
    name = call.action.name
    texts = []
    outputs = call.action.outputs
    for argument, value in zip(outputs, outValues(outputs, result), strict=True):
        try:
            text = variableOf(call.service, argument).render(value)
            texts.append(f'<{argument.name}>{escape(text)}</{argument.name}>')
        except (TypeError, ValueError) as error:
            error.args = (f'out argument {argument.name!r}: {error}',)
            raise
    content = ''.join(texts)
    type_ = escape(call.serviceType)
    return f'{BEGIN}<u:{name}Response xmlns:u="{type_}">{content}</u:{name}Response>{END}'.encode()


def outValues(outputs: Sequence[Argument], result: object) -> list[object]:
    """Return the values of the out arguments, in order."""
    if not outputs:
        return []
    names = [str(argument.name) for argument in outputs]
    isRecord = is_dataclass(result) and not isinstance(result, type)
    if isRecord or set(getattr(result, '_fields', ())) == set(names):  # of a NamedTuple
        result = {name: getattr(result, name) for name in names if hasattr(result, name)}
    if isinstance(result, Mapping):
        if set(result) != set(names):
            raise TypeError(f'it returned {sorted(map(str, result))}, and {names} are wanted')
        return [result[name] for name in names]
    values = list(result) if isinstance(result, tuple) else [result]
    if len(values) != len(names):
        raise TypeError(f'it returned {result!r:.80}, and {len(names)} values are wanted: {", ".join(names)}')
    return values


def renderValue(query: VariableQuery) -> bytes:
    """Return the response to a query for a state variable (UDA 1.0 §3.3)."""
    text = escape(query.variable.text)
    return (
        f'{BEGIN}<u:{QUERY}Response xmlns:u="{CONTROL_NAMESPACE}"><return>{text}</return></u:{QUERY}Response>{END}'
    ).encode()


def renderFault(error: ActionError) -> bytes:
    """Return a fault (UDA 1.1 §3.2.5).

    That of SOAP's own MustUnderstand has UPnP's detail too, against SOAP 1.1 §4.4: it is all that control points read.
    """
    faultcode = 'MustUnderstand' if isinstance(error, NotUnderstood) else 'Client'
    description = error.description
    while (character := forbiddenCharacter(description)) is not None:
        description = description.replace(character, '?')
    fault = FAULT.format(faultcode=faultcode, code=error.code, description=escape(description))
    return f'{BEGIN}{fault}{END}'.encode()
