"""Subscribe with GUPnP, and print what it tells. Its bindings are of the system's Python, which has to run this.

    /usr/bin/python3 -m tests.interop.programs.gupnp_watcher INTERFACE SECONDS SERVICE_TYPE#VARIABLE ...

It looks for the services, subscribes to each for so many seconds at a time, and renews by itself. It prints JSON lists,
a line each: `["Status", "1"]` for a variable that it tells of, `["lost", REASON]` for a subscription that it has given
up. A line of standard input has it unsubscribe from everything, or subscribe anew, by turns; it ends with its input, or
when it is very late.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import gi

gi.require_version('GSSDP', '1.6')
gi.require_version('GUPnP', '1.6')

from gi.repository import GSSDP, GLib, GObject, GUPnP  # noqa: E402

LATE_SECONDS = 60


class Watcher:
    """What is subscribed to."""

    def __init__(self, context: Any, variables: list[tuple[str, str]]) -> None:
        self._variables = variables
        self._proxies: list[Any] = []
        self._points = [GUPnP.ControlPoint.new(context, target) for target in sorted({one for one, _ in variables})]
        for point in self._points:
            point.connect('service-proxy-available', self._found)
            point.set_active(True)

    def turn(self) -> None:
        """Unsubscribe, or subscribe anew."""
        for proxy in self._proxies:
            proxy.set_subscribed(not proxy.get_subscribed())

    def _found(self, _point: Any, proxy: Any) -> None:
        for serviceType, name in self._variables:
            if serviceType == proxy.get_service_type():
                proxy.add_notify(name, GObject.TYPE_STRING, lambda _proxy, name, text, *_: show(name, text))
        proxy.connect('subscription-lost', lambda _proxy, reason: show('lost', str(reason)))
        proxy.set_subscribed(True)
        self._proxies.append(proxy)


def main(interface: str, seconds: str, *variables: str) -> None:
    context = GUPnP.Context.new_full(interface, None, 0, GSSDP.UDAVersion.VERSION_1_1)
    context.set_subscription_timeout(int(seconds))
    watcher = Watcher(context, [(one.partition('#')[0], one.partition('#')[2]) for one in variables])
    loop = GLib.MainLoop()

    def read(*_: object) -> bool:
        if not sys.stdin.readline():
            loop.quit()
            return False
        watcher.turn()
        return True

    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, read)
    GLib.timeout_add_seconds(LATE_SECONDS, loop.quit)
    loop.run()


def show(*words: str) -> None:
    sys.stdout.write(json.dumps(words) + '\n')
    sys.stdout.flush()


if __name__ == '__main__':
    main(*sys.argv[1:])
