"""Every exception of the package; knows nothing of what raises it."""

__all__ = ['ActionError', 'DescriptionError', 'MessageError', 'NetworkError', 'UPnPError']

MEANINGS = {  # UDA 1.1 §3.2.5, 1.0 §3.3 for 404
    401: 'Invalid Action',
    402: 'Invalid Args',
    404: 'Invalid Var',
    501: 'Action Failed',
    600: 'Argument Value Invalid',
    601: 'Argument Value Out of Range',
    602: 'Optional Action Not Implemented',
    603: 'Out of Memory',
    604: 'Human Intervention Required',
    605: 'String Argument Too Long',
}


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


class ActionError(UPnPError):
    """An action failed, or cannot be called so (UDA 1.1 §3.2.5): raised by its function, told to its caller.

    :param code: 501 and 600 to 699 as UDA has them, 700 to 799 as the service's type says, 800 to 899 one's own.
    :param description: for people, should be under 256 characters; UDA's words for the code when left out.
    :raises ValueError: ``code`` is no whole number from 1 to 999.
    """

    code = 501
    description = MEANINGS[501]  # for a subclass that does not call the constructor

    def __init__(self, code: int, description: str = '') -> None:
        if isinstance(code, bool) or not isinstance(code, int) or not 0 < code < 1000:
            raise ValueError(f'ActionError: code {code!r} is no number from 1 to 999, such as 701')
        self.code = code
        self.description = str(description) or MEANINGS.get(code, MEANINGS[501])
        super().__init__(code, self.description)

    def __str__(self) -> str:
        return f'{self.code} {self.description}'


class NetworkError(UPnPError, OSError):
    """The network refuses: a port is taken, or an address is not ours."""
