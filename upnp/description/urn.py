"""Types and their versions: ``urn:schemas-upnp-org:service:SwitchPower:1`` (UDA 1.1 §2.3, §2.5.5)."""

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
