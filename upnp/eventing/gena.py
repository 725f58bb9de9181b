"""Eventing (UDA 1.1 §4): what a subscriber asks for, where its events may go, and the event messages.

It knows headers, callbacks and property sets, and refuses to know who is subscribed and when something is sent.
"""

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from ..addressing.addresses import isLinkLocal
from ..addressing.interfaces import Interface
from ..base.limits import Limits
from ..base.xml import escape
from ..Errors import MessageError
from ..http import message

__all__ = [
    *('Callback', 'CallbackRule', 'SubscribeRequest', 'groupFor', 'parseSubscribe', 'parseUnsubscribe', 'renderEvent'),
    *('renderMulticastEvent', 'renderProperties', 'renderTimeout'),
]

EVENT = 'upnp:event'
PROPERTY_CHANGE = 'upnp:propchange'
XML_TYPE = 'text/xml; charset="utf-8"'
PORT = 7900  # UDA 1.1 §4.2, and the groups, §A.3
GROUP, LINK_GROUP, SITE_GROUP = '239.255.255.246', 'ff02::130', 'ff05::130'
LEVEL = 'upnp:/general'  # of a multicast event whose service's type says nothing of its weight, UDA 1.1 §4.3.3

BEGIN = '<?xml version="1.0" encoding="utf-8"?>\n<e:propertyset xmlns:e="urn:schemas-upnp-org:event-1-0">'
END = '</e:propertyset>\n'

DEFAULT_SECONDS = 1800  # UDA 1.1 §4.1.2: SHOULD be this or more
MAX_DIGITS = 9  # of a wished time, which is far beyond what is granted
MAX_PORT = 65535
MAX_HOSTS_ALONE = 2  # a link of so few addresses has hosts only (RFC 3021, RFC 6164)
MAX_IPV4 = 0xFFFFFFFF

# As texts, compiled when first needed: a device without subscribers needs none.
SECONDS = r'(?ai)second-(\d+|infinite)\Z'
CALLBACKS = r'(?a)\s*<[^<>]*>(?:[\s,]*<[^<>]*>)*\s*\Z'
# Scheme, address literal, port, and what may stand in a request line.
URL = r'(?ai)http://(\[[0-9a-f]*:[0-9a-f:.]{1,45}\]|[0-9.]{7,15})(?::(\d{1,5}))?([/?][!#-;=?-~]*)?\Z'
HIDDEN_CONTROL = r'(?ai)%(?:[01][0-9a-f]|7f)'


class Callback(NamedTuple):
    """Where the events of a subscriber go.

    :param address: a literal in its canonical form, without brackets.
    :param target: path and query.
    :param zone: of an IPv6 address on a link, our number of that link, which nobody else is told.
    """

    address: str
    port: int
    target: str
    zone: str = ''

    @property
    def host(self) -> str:
        """The value of HOST."""
        return f'[{self.address}]:{self.port}' if ':' in self.address else f'{self.address}:{self.port}'

    @property
    def place(self) -> tuple[str, int]:
        """The address, with its zone, and the port to connect to."""
        return f'{self.address}%{self.zone}' if self.zone else self.address, self.port


class CallbackRule(NamedTuple):
    """Which callbacks a subscriber may name (UDA 2.0 §4.1.1 as revised in 2020, against CVE-2020-12695).

    :param peer: the address it subscribes from, with a zone where it needs one.
    :param own: the addresses of this machine, without zones.
    :param port: of our HTTP server, which no event is ever sent to.
    :param network: the link it is on, as ``address/netmask`` or ``address/prefix``; None where its own address alone
        will do.
    """

    peer: str
    own: frozenset[str]
    port: int
    network: str | None = None

    def check(self, callback: Callback) -> None:
        """Check that events may be sent there.

        :raises MessageError: 412, they may not.
        """
        isOwn = callback.address == self.peer.partition('%')[0]
        if not isOwn and (self._isOurs(callback.address) or not self._isOnLink(callback.address)):
            allowed = 'its own address (callbackHosts)' if self.network is None else f'hosts on {self.network}'
            raise MessageError(f'a callback at {callback.host} for {self.peer}, which may only name {allowed}', 412)
        if callback.port == self.port and self._isOurs(callback.address):
            raise MessageError(f'a callback at our own HTTP server, {callback.host}', 412)

    def _isOurs(self, literal: str) -> bool:
        from ipaddress import ip_address  # here, as a device without subscribers needs it not

        address = ip_address(literal)
        return address.is_loopback or address.is_unspecified or literal in self.own

    def _isOnLink(self, literal: str) -> bool:
        """Tell whether an address is a host's on the subscriber's link."""
        from ipaddress import ip_address, ip_interface  # as above

        if self.network is None:
            return False
        address, link = ip_address(literal), ip_interface(self.network).network
        isHost = address != link.network_address and address != link.broadcast_address
        return address in link and (isHost or link.num_addresses <= MAX_HOSTS_ALONE)


class SubscribeRequest(NamedTuple):
    """What a SUBSCRIBE asks for (UDA 1.1 §4.1.2, §4.1.3).

    :param sid: the subscription to renew; None asks for a new one.
    :param seconds: to be granted.
    :param callbacks: to be tried in order; of a new one.
    :param variables: the only ones it is about (STATEVAR of UDA 2.0 §4.1.2); None means all.
    :param version: of HTTP that the subscriber speaks.
    """

    sid: str | None
    seconds: int
    callbacks: tuple[Callback, ...] = ()
    variables: tuple[str, ...] | None = None
    version: str = 'HTTP/1.1'

    def among(self, names: Collection[str]) -> 'SubscribeRequest':
        """Return it for a service with these evented variables; others that were asked for are left out.

        :raises MessageError: 412, none is left.
        """
        if self.variables is None:
            return self
        known = frozenset(names)  # a head has room for thousands of names
        accepted = tuple(dict.fromkeys(name for name in self.variables if name in known))
        if not accepted:
            raise MessageError(f'STATEVAR {self.variables[:3]!r}: no variable that is evented here', 412)
        return self._replace(variables=accepted)


def parseSubscribe(
    headers: Mapping[str, str], rule: CallbackRule, limits: Limits | None = None, version: str = 'HTTP/1.1'
) -> SubscribeRequest:
    """Return what a SUBSCRIBE asks for.

    :param headers: by lower-case name.
    :raises MessageError: 400 for a renewal with headers of a new one; 412 for a wrong or missing CALLBACK or NT.
    """
    bounds = limits or Limits()
    sid, seconds = headers.get('sid'), grantedSeconds(headers.get('timeout'), bounds)
    if sid is not None:
        return SubscribeRequest(checkedSid(sid, headers), seconds)
    if headers.get('nt', '').strip() != EVENT:
        raise MessageError(f'NT {headers.get("nt", "")[:40]!r} is not {EVENT!r}', 412)
    callbacks = parseCallbacks(headers.get('callback', ''), bounds, rule.peer)
    for callback in callbacks:
        rule.check(callback)
    names = headers.get('statevar')
    variables = None if names is None else tuple(name.strip() for name in names.split(',') if name.strip())
    return SubscribeRequest(None, seconds, callbacks, variables or None, version)


def parseUnsubscribe(headers: Mapping[str, str]) -> str:
    """Return the SID of the subscription that an UNSUBSCRIBE ends (UDA 1.1 §4.1.4).

    :raises MessageError: 400 for a CALLBACK or NT beside it, 412 for no SID.
    """
    return checkedSid(headers.get('sid', ''), headers)


def checkedSid(sid: str, headers: Mapping[str, str]) -> str:
    """Return a SID as we write them."""
    if 'nt' in headers or 'callback' in headers:
        raise MessageError('SID together with NT or CALLBACK')
    if not sid.strip():
        raise MessageError('SID is empty or missing', 412)
    return sid.strip().lower()


def grantedSeconds(wish: str | None, limits: Limits) -> int:
    """Return for how long a subscription is granted; infinity and what says nothing are answered by a time, too."""
    found = re.match(SECONDS, (wish or '').strip())
    if (wish or '').strip().lower() == 'infinite' or (found is not None and not found[1].isdigit()):
        return limits.maxSubscriptionSeconds
    seconds = DEFAULT_SECONDS if found is None else int(found[1].lstrip('0')[:MAX_DIGITS] or 0)
    return min(max(seconds, limits.minSubscriptionSeconds), limits.maxSubscriptionSeconds)


def renderTimeout(seconds: int) -> str:
    """Return the value of TIMEOUT."""
    return f'Second-{seconds}'


def parseCallbacks(text: str, limits: Limits, peer: str = '') -> tuple[Callback, ...]:
    """Return the URLs of CALLBACK, in order.

    :param peer: the subscriber's address, which is the one to be expected.
    :raises MessageError: 412 for none, too many, or one that is no plain URL of HTTP with an address literal.
    """
    if not text:
        raise MessageError('there is no CALLBACK', 412)
    if not re.match(CALLBACKS, text):
        raise MessageError(f'CALLBACK {text[:80]!r} has not the form <http://...>', 412)
    urls = re.findall('<([^<>]*)>', text)
    if len(urls) > limits.maxCallbacks:
        raise MessageError(f'{len(urls)} callbacks', 412)
    return tuple(parseCallback(url, limits, peer) for url in urls)


def parseCallback(url: str, limits: Limits, peer: str = '') -> Callback:
    """Return one URL: no name to be looked up, no user, no control character in whatever disguise."""
    found = re.match(URL, url)
    if found is None or len(url) > limits.maxCallbackBytes or re.search(HIDDEN_CONTROL, url):
        raise MessageError(f'the callback {url[:80]!r} is not http, an address literal and a plain path', 412)
    address = found[1] if found[1] == peer else canonical(found[1].strip('[]'))
    port, target = int(found[2] or 80), (found[3] or '/').partition('#')[0]
    if not 0 < port <= MAX_PORT:
        raise MessageError(f'the callback {url[:80]!r} has no port from 1 to {MAX_PORT}', 412)
    zone = peer.partition('%')[2] if isLinkLocal(address) else ''
    return Callback(address, port, target if target.startswith('/') else f'/{target}', zone)


def canonical(literal: str) -> str:
    """Return the one form of an address literal (RFC 5952); an IPv4 address in IPv6's clothes is none.

    :raises MessageError: 412, it is no address of a host.
    """
    from ipaddress import IPv6Address, ip_address  # here, as a device without subscribers needs it not

    try:
        address = ip_address(literal)
    except ValueError as error:
        raise MessageError(f'a callback whose address is none: {error}', 412) from error
    isIPv4Inside = isinstance(address, IPv6Address) and (address.ipv4_mapped or 1 < int(address) <= MAX_IPV4)
    if isIPv4Inside or address.is_unspecified or address.is_multicast:
        raise MessageError(f'a callback at {literal}, which is no address of a host', 412)
    return str(address)


def renderProperties(texts: Mapping[str, str]) -> bytes:
    """Return the body of an event (UDA 1.1 §4.3.2).

    :param texts: of the state variables, by name.
    """
    properties = (f'<e:property><{name}>{escape(text)}</{name}></e:property>' for name, text in texts.items())
    return f'{BEGIN}{"".join(properties)}{END}'.encode()


def renderEvent(callback: Callback, sid: str, seq: int, body: bytes, version: str = 'HTTP/1.1') -> bytes:
    """Return the message that tells a subscriber of an event (UDA 1.1 §4.3.2).

    :param seq: the event key.
    """
    fields = (
        ('HOST', callback.host),
        ('CONTENT-TYPE', XML_TYPE),
        ('CONTENT-LENGTH', str(len(body))),
        ('NT', EVENT),
        ('NTS', PROPERTY_CHANGE),
        ('SID', sid),
        ('SEQ', str(seq)),
    )
    return message.render(f'NOTIFY {callback.target} {version}', fields) + body


def groupFor(interface: Interface) -> str:
    """Return the group that events to all are sent to by an interface (UDA 1.1 §4.2, §A.3)."""
    if not interface.isIPv6:
        return GROUP
    return LINK_GROUP if interface.isLinkLocal else SITE_GROUP


def renderMulticastEvent(usn: str, serviceId: str, seq: int, bootId: int, body: bytes, group: str = GROUP) -> bytes:
    """Return the datagram that tells everybody of an event (UDA 1.1 §4.3.3).

    :param usn: of the service, as it is advertised.
    :param group: the address it is sent to, as it stands in HOST.
    """
    fields = (
        ('HOST', f'{group}:{PORT}'),
        ('CONTENT-TYPE', XML_TYPE),
        ('USN', usn),
        ('SVCID', serviceId),
        ('NT', EVENT),
        ('NTS', PROPERTY_CHANGE),
        ('SEQ', str(seq)),
        ('LVL', LEVEL),
        ('BOOTID.UPNP.ORG', str(bootId)),
        ('CONTENT-LENGTH', str(len(body))),
    )
    return message.render('NOTIFY * HTTP/1.0', fields) + body
