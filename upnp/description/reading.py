"""Descriptions and SCPDs read into objects (UDA 1.1 §2.3, §2.5): ours, and those of others.

Elements that it does not know are skipped, as UDA 1.1 §2.2 asks of every reader; so are prefixes, and namespaces as far
as nothing is told apart by them, since vendors get them wrong. What stands in a device and in a namespace of its own is
a vendor's.
"""

import re
from collections.abc import Container, Sequence
from enum import Enum

from ..base.limits import Limits
from ..base.xml import Node, parse
from ..Errors import DescriptionError, MessageError
from . import types
from .device import TEXT_ELEMENTS, Device, Extension, Icon, Service
from .scpd import UNUSED_VARIABLE, Action, Argument, StateVariable
from .vendor import DEVICE_NAMESPACE, WINDOWS_ELEMENTS, WindowsElement

__all__ = ['fillDevice', 'fillService']

DEVICE_TEXTS = tuple(name for name in TEXT_ELEMENTS if name != 'UDN')
SERVICE_URLS = ('SCPDURL', 'controlURL', 'eventSubURL')
ABSOLUTE = re.compile('[A-Za-z][A-Za-z0-9+.-]*://')
WINDOWS_NAMES = {(element.namespace, element.name) for element in WINDOWS_ELEMENTS.values()}
YES = ('yes', '1', 'true')
# A document that the user has at hand may be larger than what a peer may send.
LIMITS = Limits(maxXmlElements=100_000)


def fillService(service: Service, text: str | bytes) -> None:
    """Give a service the actions and state variables of an SCPD; methods of its class become their functions.

    :raises DescriptionError: it is no SCPD.
    """
    scpd = rootNamed('scpd', text)
    variables = [variableOf(node) for node in children(scpd, 'serviceStateTable', 'stateVariable')]
    if [variable.name for variable in variables] == [UNUSED_VARIABLE]:
        variables = []  # that it has none cannot be written otherwise
    service.stateVariables = [*variables, *othersOf(service, variables)]  # type: ignore[assignment]
    actions = [actionOf(node) for node in children(scpd, 'actionList', 'action')]
    declared = {action.name: action.function for action in service.actions}
    for action in actions:
        name = str(action.name)
        if callable(getattr(type(service), name, None)) and not hasattr(Service, name):
            action.function = getattr(service, name)
        action.function = declared.get(name, action.function)
    service.actions = actions  # type: ignore[assignment]


def othersOf(service: Service, variables: list[StateVariable]) -> list[StateVariable]:
    """Return the state variables that a service's class declares and an SCPD lacks: its attributes stay what they are.

    Those that both have are the SCPD's; where the class has an Enum for one, and the same values, it keeps it.
    """
    read = {variable.name: variable for variable in variables}
    for own in service.stateVariables:
        if (variable := read.get(own.name)) is not None and variable.allowedValueList == own.allowedValueList:
            variable._enum = own._enum
    return [own for own in service.stateVariables if own.name not in read and not own.isLocal]


def fillDevice(device: Device, text: str | bytes) -> None:
    """Give a device what a description says.

    :raises DescriptionError: it is no description.
    """
    node = rootNamed('root', text).child('device')
    if node is None:
        raise DescriptionError('a root without a device: is it a description?')
    fillFrom(node, device)


def rootNamed(name: str, text: str | bytes) -> Node:
    """Return a document's root element.

    :raises TypeError: it is neither text nor bytes.
    :raises DescriptionError: it is another one, or no XML.
    """
    if not isinstance(text, str | bytes):
        raise TypeError(f'the document itself is wanted, not {text!r}: Path(...).read_bytes() gives that of a file')
    if isinstance(text, str) and '<' not in text:
        raise DescriptionError(f'{text[:80]!r} is no XML: the document itself is wanted, Path(...).read_bytes()')
    try:
        root = parse(text, LIMITS)
    except MessageError as error:
        raise DescriptionError(f'it cannot be read: {error}') from error
    if root.name != name:
        raise DescriptionError(f'the document is a {root.name!r}, and a {name!r} is wanted')
    return root


def textOfChild(node: Node, name: str) -> str | None:
    """Return the text of a child without white space around it; None without a text."""
    child = node.child(name)
    return None if child is None else child.text.strip() or None


def actionOf(node: Node) -> Action:
    """Return an action with its arguments."""
    arguments = [argumentOf(one) for one in children(node, 'argumentList', 'argument')]
    return Action(name=textOfChild(node, 'name'), arguments=arguments)


def argumentOf(node: Node) -> Argument:
    """Return an argument."""
    return Argument(
        name=textOfChild(node, 'name'),
        direction=(textOfChild(node, 'direction') or 'in').lower(),
        relatedStateVariable=textOfChild(node, 'relatedStateVariable'),
        retval=node.child('retval') is not None,
    )


def variableOf(node: Node) -> StateVariable:
    """Return a state variable; its default and its range as values of its type, where they are such.

    :raises DescriptionError: a range of what are no numbers.
    """
    variable = StateVariable(
        name=textOfChild(node, 'name'),
        dataType=textOfChild(node, 'dataType') or 'string',
        sendEvents=node.attributes.get('sendEvents', 'yes').strip().lower() in YES,
        multicast=node.attributes.get('multicast', 'no').strip().lower() in YES,
    )
    if (allowed := node.child('allowedValueList')) is not None:
        variable.allowedValueList = tuple(one.text for one in allowed.all('allowedValue')) or None
    if (limits := node.child('allowedValueRange')) is not None:
        variable.allowedValueRange = rangeOf(variable, limits)
    if (default := node.child('defaultValue')) is not None:
        variable.defaultValue = defaultOf(variable, default.text)
    return variable


def defaultOf(variable: StateVariable, text: str) -> types.Value | Enum | None:
    """Return a default; an empty one, which some write for none, where the type and the list allow it."""
    try:
        return variable.parse(text)
    except ValueError:
        return valueOf(variable, text) if text.strip() else None


def rangeOf(variable: StateVariable, node: Node) -> tuple[float, ...] | None:
    """Return the numbers of a range, a step only where there is one; None when all are left empty.

    :raises DescriptionError: an end is missing, or no number.
    """
    texts = [textOfChild(node, name) for name in ('minimum', 'maximum', 'step')]
    if texts == [None, None, None]:
        return None
    if None in texts[:2]:
        raise DescriptionError('it wants both minimum and maximum', f'{variable!r}.allowedValueRange')
    return tuple(numberOf(variable, text) for text in texts if text is not None)


def valueOf(variable: StateVariable, text: str) -> types.Value:
    """Return a text as a value of the variable's type; as it is, where it is none, to be found when it is checked."""
    try:
        return types.parse(variable.dataType, text)
    except ValueError:
        return text


def numberOf(variable: StateVariable, text: str) -> float:
    """Return a limit as a number.

    :raises DescriptionError: it is none.
    """
    value = valueOf(variable, text)
    if isinstance(value, str | bytes) or not hasattr(value, '__float__'):
        raise DescriptionError(f'{text!r} is no {variable.dataType}', f'{variable!r}.allowedValueRange')
    return value  # type: ignore[return-value]


def fillFrom(node: Node, device: Device) -> None:
    """Give a device what its element says, and the devices inside it theirs."""
    theirs = ('', DEVICE_NAMESPACE, node.namespace)  # the last where UPnP's is misspelt
    own = node._replace(children=tuple(one for one in node.children if one.namespace in theirs))
    foreign = tuple(one for one in node.children if one.namespace not in theirs)
    for name in (*DEVICE_TEXTS, 'presentationURL'):
        if (text := textOfChild(own, name)) is not None and not (name == 'presentationURL' and isRelative(text)):
            setattr(device, name, text)
    for name, element in WINDOWS_ELEMENTS.items():
        if (text := windowsTextIn(own, foreign, element)) is not None:
            setattr(device, name, text)
    device.uuid = textOfChild(own, 'UDN')
    device.icons = [iconOf(one) for one in children(own, 'iconList', 'icon')]  # type: ignore[assignment]
    device.services = [serviceOf(one) for one in children(own, 'serviceList', 'service')]  # type: ignore[assignment]
    device.devices = [deviceOf(one) for one in children(own, 'deviceList', 'device')]  # type: ignore[assignment]
    others = (one for one in foreign if (one.namespace, one.name) not in WINDOWS_NAMES)
    device.extensions = [extensionOf(one, theirs) for one in others]  # type: ignore[assignment]


def windowsTextIn(own: Node, foreign: Sequence[Node], element: WindowsElement) -> str | None:
    """Return the text of one of Windows' elements: in its namespace, or else among UPnP's; None without a text."""
    right = (one for one in foreign if (one.namespace, one.name) == (element.namespace, element.name))
    return next((text for one in (*right, *own.all(element.name)) if (text := one.text.strip())), None)


def extensionOf(node: Node, theirs: Container[str]) -> Extension:
    """Return a vendor's element, with those in it that are no others'.

    :param theirs: the namespaces of the others.
    """
    inner = [extensionOf(one, theirs) for one in node.children if one.namespace not in theirs]
    value = None if inner else node.text.strip() or None
    return Extension(namespace=node.namespace, name=node.name, value=value, extensions=inner)


def deviceOf(node: Node) -> Device:
    """Return an embedded device."""
    device = Device()
    fillFrom(node, device)
    return device


def children(node: Node, listName: str, name: str) -> tuple[Node, ...]:
    """Return the elements of a list, which may be missing."""
    listed = node.child(listName)
    return () if listed is None else tuple(listed.all(name))


def isRelative(url: str) -> bool:
    """Tell whether a URL says no host: what it leads to was served beside the document."""
    return ABSOLUTE.match(url) is None


def iconOf(node: Node) -> Icon:
    """Return an icon; with a relative URL it has yet to get its picture."""
    icon = Icon(mimetype=textOfChild(node, 'mimetype'))
    for name in ('width', 'height', 'depth'):
        text = textOfChild(node, name) or ''
        if text.isascii() and text.isdigit() and len(text) < 10:
            setattr(icon, name, int(text))
    if (url := textOfChild(node, 'url')) is not None and not isRelative(url):
        icon.url = url
    return icon


def serviceOf(node: Node) -> Service:
    """Return a service as a description has it: its type, its ID, and those of its URLs that others serve."""
    service = Service(serviceType=textOfChild(node, 'serviceType'), serviceId=textOfChild(node, 'serviceId'))
    for name in SERVICE_URLS:
        if (url := textOfChild(node, name)) is not None and not isRelative(url):
            setattr(service, name, url)
    return service
