"""Addresses of both protocols, as URLs and sockets have them. A zone is for the sockets of its host alone."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

ZONE = re.compile(r'%[^]/]*')


def withoutZone(text: str) -> str:
    """Return an address, or a URL or its host, as it may be told to others."""
    return ZONE.sub('', text)


def hostOf(address: str) -> str:
    """Return an address as it stands in a URL."""
    literal = withoutZone(address)
    return f'[{literal}]' if ':' in literal else literal


def zoneOf(address: str) -> str:
    """Return the interface that an address names as its zone, with the sign before it; empty when there is none."""
    return ''.join(ZONE.findall(address))


def withZone(url: str, zone: str) -> str:
    """Return a URL whose host is the same link-local address on an interface, so that one can connect to it here."""
    host = urlsplit(url).hostname or ''
    return url.replace(f'[{host}]', f'[{host}{zone}]') if host.startswith('fe80:') else url


def familyOf(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ':' in address else socket.AF_INET


def endpointOf(address: str, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
    """Return an address in the form that a socket of its protocol wants."""
    if familyOf(address) == socket.AF_INET:
        return address, port
    zone = zoneOf(address)[1:] or '0'
    return withoutZone(address), port, 0, int(zone) if zone.isdigit() else socket.if_nametoindex(zone)
