"""Be an ordinary control point, round after round: find a light, read its description, switch it and hear that it was.

    python -m tests.lan.programs.control_point OWN_ADDRESS DESCRIPTION_URL

It subscribes and prints `ready`; each round prints a JSON object: when it began, monotonic, and the seconds that each
step took, or in place of them what went wrong. It ends with its standard input, once the round under way is over.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

from tests.lan.programs.calls import requestBytes, textsOf
from tests.lan.programs.simple_light import LIGHT_TYPE, LIGHT_UUID, SWITCH
from tests.lan.programs.subscriber import Subscribers

DEVICE = '{urn:schemas-upnp-org:device-1-0}'
GROUP, SSDP_PORT = '239.255.255.250', 1900
STEP_SECONDS = 3.0
PAUSE_SECONDS = 0.1
READ_BYTES = 65536


class ControlPoint:
    """One that knows a light already, and does everything with it that there is to do."""

    def __init__(self, own: str, location: str) -> None:
        self._own = own
        self._location = location
        place = urlsplit(location)
        self._device = place.hostname or '', place.port or 80
        self._subscribers = Subscribers()
        self._callback = self._subscribers.callback(own, 'keeps')
        service = next(ElementTree.fromstring(self._describe()).iter(f'{DEVICE}service'))
        self._controlUrl = urljoin(location, service.findtext(f'{DEVICE}controlURL', ''))
        self._eventUrl = urljoin(location, service.findtext(f'{DEVICE}eventSubURL', ''))
        self._isOn = False

    def subscribe(self) -> None:
        """Subscribe, and hear the first event."""
        fields = {'CALLBACK': f'<{self._callback}>', 'NT': 'upnp:event', 'TIMEOUT': 'Second-1800'}
        ((status, _, _),) = self._subscribers.ask((self._own, 'SUBSCRIBE', self._eventUrl, fields))
        expect(status, 200)
        self._isOn = b'<Status>1</Status>' in self._waitFor(b'<Status>')

    def round(self) -> dict[str, float | str]:
        """Do it all once; return how long each step took, or what went wrong."""
        steps = {
            'asked': lambda: self._search(self._device[0]),
            'found': lambda: self._search(GROUP, 'MX: 1\r\n'),
            'described': self._describe,
            'called': self._switch,
            'heard': self._hear,
        }
        return {name: timed(step) for name, step in steps.items()}

    def _search(self, to: str, extra: str = '') -> None:
        text = (
            f'M-SEARCH * HTTP/1.1\r\nHOST: {to}:{SSDP_PORT}\r\nMAN: "ssdp:discover"\r\nST: {LIGHT_TYPE}\r\n{extra}\r\n'
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as endpoint:
            endpoint.bind((self._own, 0))
            endpoint.settimeout(STEP_SECONDS)
            endpoint.sendto(text.encode(), (to, SSDP_PORT))
            answer = endpoint.recv(READ_BYTES).decode()
        expect(f'uuid:{LIGHT_UUID}::{LIGHT_TYPE}' in answer, True)

    def _describe(self) -> bytes:
        place = urlsplit(self._location)
        head = f'GET {place.path} HTTP/1.1\r\nHOST: {place.netloc}\r\nCONNECTION: close\r\n\r\n'
        description = self._exchange(head.encode())
        expect(f'uuid:{LIGHT_UUID}'.encode() in description, True)
        return description

    def _switch(self) -> None:
        self._isOn = not self._isOn
        call = requestBytes(self._controlUrl, SWITCH, 'SetTarget', {'newTargetValue': str(int(self._isOn))})
        expect(textsOf(self._exchange(call)), {})

    def _hear(self) -> None:
        """Wait for the event that tells how the light is now."""
        self._waitFor(f'<Status>{int(self._isOn)}</Status>'.encode())

    def _waitFor(self, told: bytes) -> bytes:
        notes = self._subscribers.notes(self._callback)
        if not self._subscribers.until(lambda: any(told in note.message for note in notes), STEP_SECONDS):
            raise TimeoutError('no event')
        message = notes[-1].message
        notes.clear()
        return message

    def _exchange(self, request: bytes) -> bytes:
        """Send a request over a connection of its own; return the body of the answer."""
        with socket.create_connection(self._device, STEP_SECONDS, (self._own, 0)) as connection:
            connection.sendall(request)
            received = b''.join(iter(lambda: connection.recv(READ_BYTES), b''))
        head, _, body = received.partition(b'\r\n\r\n')
        expect(head.split(b' ', 2)[1:2], [b'200'])
        return body


def timed(step: Callable[[], object]) -> float | str:
    """Return how many seconds a step took, or its error's text."""
    began = time.monotonic()
    try:
        step()
    except (OSError, ValueError) as error:
        return f'{error!r} after {time.monotonic() - began:.3f} s'
    return time.monotonic() - began


def expect(value: object, expected: object) -> None:
    if value != expected:
        raise ValueError(f'{value!r} instead of {expected!r}')


def say(text: str) -> None:
    sys.stdout.write(text + '\n')
    sys.stdout.flush()


def isOver(seconds: float) -> bool:
    """Tell whether the input has ended, or ends within so long."""
    return bool(select.select([sys.stdin], [], [], seconds)[0])


if __name__ == '__main__':
    controlPoint = ControlPoint(sys.argv[1], sys.argv[2])
    controlPoint.subscribe()
    say('ready')
    while not isOver(PAUSE_SECONDS):
        say(json.dumps({'began': time.monotonic(), 'steps': controlPoint.round()}))
