"""Every exception of the package; knows nothing of what raises it."""

__all__ = ['DescriptionError', 'MessageError', 'NetworkError', 'UPnPError']


class UPnPError(Exception):
    """Base of everything this package raises on purpose."""


class MessageError(UPnPError, ValueError):
    """A peer's bytes are not a valid message.

    :param text: what is wrong, with the offending value as ``repr``.
    :param status: the HTTP status to answer with (RFC 9110 §15); SSDP drops the datagram instead.
    """

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class DescriptionError(UPnPError, ValueError):
    """A device or service description is wrong, or lacks what cannot be guessed.

    :param text: the element, its value and the remedy.
    :param path: where in the tree, such as ``device.services[0].serviceType``; may be empty.
    """

    def __init__(self, text: str, path: str = '') -> None:
        super().__init__(f'{path}: {text}' if path else text)
        self.path = path


class NetworkError(UPnPError, OSError):
    """The network refuses: a port is taken, or an address is not ours."""
