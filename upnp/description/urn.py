"""Types and their versions: ``urn:schemas-upnp-org:service:SwitchPower:1`` (UDA 1.1 §2.3, §2.5.5)."""

from .device import Service

__all__ = ['includes', 'splitVersion']


def splitVersion(type_: str) -> tuple[str, int]:
    """Split a type into what stands before the version and the version; 0 when there is none."""
    base, _, version = type_.rpartition(':')
    if base and version.isascii() and version.isdigit() and version[0] != '0' and len(version) < 10:
        return base, int(version)
    return type_, 0


def includes(own: str, asked: str) -> bool:
    """Tell whether what has a type of its own also is what is asked for: the same, or a lower version of it."""
    if own == asked:
        return True
    (base, version), (askedBase, askedVersion) = splitVersion(own), splitVersion(asked)
    return base == askedBase and version >= askedVersion > 0


def typeNoun(type_: str) -> str:
    """Return what a type is called by itself: ``BinaryLight`` of ``urn:schemas-upnp-org:device:BinaryLight:1``."""
    parts = [part for part in type_.split(':') if part]
    if len(parts) > 1 and parts[-1].isdigit():
        parts.pop()
    return parts[-1] if parts else type_


def serviceIdOf(service: Service) -> str:
    """Return the serviceId, or one made of the serviceType (UDA 1.1 §2.3)."""
    if service.serviceId:
        return str(service.serviceId)
    type_ = str(service.serviceType)
    domain = type_.split(':')[1] if type_.startswith('urn:') else 'upnp-org'
    return f'urn:{domain.replace("schemas-upnp-org", "upnp-org")}:serviceId:{typeNoun(type_)}'
