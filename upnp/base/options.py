"""The announcer's options, checked: each mistake is told with the value and the remedy when it is made."""

import re
from collections.abc import Collection, Mapping, Sequence

from .limits import Limits

__all__ = [
    *(
        'MAX_NUMBER',
        'checkOneOf',
        'checkRange',
        'checkedAllowedHosts',
        'checkedFlag',
        'checkedHeaders',
        'checkedHost',
        'checkedLimits',
        'checkedNames',
        'checkedNetworks',
    ),
    'serverToken',
]

UPNP_VERSION = 'UPnP/1.1'
MAX_NUMBER = 0x7FFFFFFF  # 31 bits, as BOOTID and max-age have (UDA 1.1 §1.2.2)

# As texts, compiled when first needed, which is seldom.
HEADER_NAME = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z"
HEADER_VALUE = r'[^\x00-\x1f\x7f\ud800-\udfff]+\Z'
# IPv6 without brackets and port, or in brackets, or anything that may stand in a URL for a host.
HOST = (
    r'(?ai)(?:(?P<bare>[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*)'
    r'|(?P<host>\[[0-9a-f:.]+\]|[0-9a-z._-]+)(?::(?P<port>\d{1,5}))?)\Z'
)
# The same with the wildcards of a pattern in a name.
ALLOWED_HOST = (
    r'(?ai)(?:(?P<bare>[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*)'
    r'|(?P<host>\[[0-9a-f:.]+\]|[0-9a-z._*?-]+)(?::(?P<port>\d{1,5}))?)\Z'
)
MAX_PORT = 65535
PRODUCT = re.compile(r'[!#$%&\'*+\-.^_`|~0-9A-Za-z]+/[^\x00-\x1f\x7f\ud800-\udfff]+\Z')


def checkRange(name: str, value: int, minimum: int, maximum: int) -> None:
    """Check a whole number.

    :raises ValueError: it is none, or out of its range.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
        raise ValueError(f'{name} must be a whole number from {minimum} to {maximum}, not {value!r}')


def checkedFlag(name: str, value: bool) -> bool:
    """Return a flag.

    :raises TypeError: it is none; a text that says no would count as yes.
    """
    if not isinstance(value, bool):
        raise TypeError(f'{name} must be True or False, not {value!r}')
    return value


def checkOneOf(name: str, value: str, choices: Sequence[str]) -> None:
    """Check a word.

    :raises ValueError: it is none of the choices.
    """
    if value not in choices:
        raise ValueError(f'{name} must be {" or ".join(map(repr, choices))}, not {value!r}')


def checkedNames(name: str, value: Collection[str]) -> tuple[str, ...]:
    """Return a list of names.

    :raises TypeError: one text, which would be a list of letters, or something that is no text.
    """
    if isinstance(value, str) or not all(isinstance(one, str) for one in value):
        raise TypeError(f'{name} must be a list of names or addresses, not {value!r}')
    return tuple(value)


def checkedHeaders(headers: Mapping[str, str], ours: Collection[str]) -> dict[str, str]:
    """Return further headers that can be sent.

    :param ours: the names, in upper case, that are not to be given.
    :raises TypeError: no mapping.
    :raises ValueError: a name or value that no header can have, or the name of one of ours.
    """
    if not isinstance(headers, Mapping):
        raise TypeError(f'extraHeaders must be a dict, not {headers!r}')
    for name, value in headers.items():
        isText = isinstance(name, str) and isinstance(value, str)
        if not isText or not re.match(HEADER_NAME, name) or not re.match(HEADER_VALUE, value):
            raise ValueError(f'extraHeaders: {name!r}: {value!r} is no header: a token, and one line of text')
        if name.upper() in ours:
            raise ValueError(f'extraHeaders: {name!r} is set by the announcer: take another name')
    return dict(headers)


def checkedHost(value: str) -> tuple[str, int | None]:
    """Return the host of ``advertisedHost``, without brackets, and the port if it names one.

    :raises ValueError: it is no address literal or host name, with or without a port.
    """
    found = re.match(HOST, value) if isinstance(value, str) else None
    port = None if found is None or found['port'] is None else int(found['port'])
    if found is None or (port is not None and not 1 <= port <= MAX_PORT):
        raise ValueError(f"advertisedHost {value!r} is neither a host nor 'host:port', such as '192.168.1.5:8080'")
    return (found['bare'] or found['host']).strip('[]'), port


def checkedAllowedHosts(value: Collection[str]) -> tuple[tuple[str, int | None], ...]:
    """Return names, patterns and addresses of ``allowedHosts`` in lower case, each with its port, or None for any.

    :raises TypeError: one text, or something that is no text.
    :raises ValueError: one is no host name, pattern or address literal, with or without a port.
    """
    if isinstance(value, str) or not all(isinstance(one, str) for one in value):
        raise TypeError(f'allowedHosts must be a list of host names, not {value!r}')
    return tuple(allowedHost(one) for one in value)


def allowedHost(text: str) -> tuple[str, int | None]:
    """Return one name or pattern, and its port."""
    found = re.match(ALLOWED_HOST, text)
    port = None if found is None or found['port'] is None else int(found['port'])
    if found is None or (port is not None and not 1 <= port <= MAX_PORT):
        raise ValueError(
            f"allowedHosts: {text!r} is no host name, such as 'lamp.example.org', '*.example.org' or '192.168.1.5:8080'"
        )
    return (found['bare'] or found['host']).lower().strip('[]').removesuffix('.'), port


def checkedNetworks(value: Collection[str]) -> tuple[str, ...]:
    """Return the networks of ``allowedNetworks``, each as ``address/prefix``; an address alone is a network of one.

    :raises TypeError: one text, or something that is no text.
    :raises ValueError: one is no network.
    """
    if isinstance(value, str) or not all(isinstance(one, str) for one in value):
        raise TypeError(f"allowedNetworks must be a list of networks, such as ['10.1.0.0/16'], not {value!r}")
    return tuple(network(one) for one in value)


def network(text: str) -> str:
    """Return one network."""
    from ipaddress import ip_network  # here, as few have routed networks

    try:
        return str(ip_network(text))
    except ValueError as error:
        raise ValueError(f"allowedNetworks: {text!r} is no network, such as '10.1.0.0/16': {error}") from error


def serverToken(system: str, product: str) -> str:
    """Return the value of SERVER: operating system, UPnP version, product (UDA 1.1 §1.2.2).

    :raises ValueError: ``product`` has not the form ``Product/version``.
    """
    if not PRODUCT.match(product):
        raise ValueError(f"server {product!r} has not the form 'Product/1.0'")
    return f'{system} {UPNP_VERSION} {product}'


def checkedLimits(limits: Limits | None) -> Limits:
    """Return the limits, the default ones for None.

    :raises TypeError: something else.
    """
    if limits is not None and not isinstance(limits, Limits):
        raise TypeError(f'limits must be an upnp.Limits, not {limits!r}')
    return limits or Limits()
