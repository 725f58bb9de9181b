"""Look for devices with GSSDP over IPv6, and print what it tells. Its bindings are of the system's Python.

    /usr/bin/python3 -m tests.interop.programs.gssdp_browser ADDRESS TARGET

It looks from the interface that has this address. It prints JSON lists, a line each: `["ready"]`, then
`["available", USN, LOCATION, ...]` and `["unavailable", USN]`. It ends with its input, or when it is very late.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import gi

gi.require_version('GSSDP', '1.6')

from gi.repository import GSSDP, Gio, GLib  # noqa: E402

LATE_SECONDS = 60


def main(address: str, target: str) -> None:
    client = GSSDP.Client.new_for_address(Gio.InetAddress.new_from_string(address), 0, GSSDP.UDAVersion.VERSION_1_1)
    family = client.get_family()
    if family != Gio.SocketFamily.IPV6:
        raise SystemExit(f'GSSDP speaks {family}, and not IPv6')
    browser = GSSDP.ResourceBrowser.new(client, target)
    browser.connect('resource-available', lambda _browser, usn, locations: show('available', usn, *locations))
    browser.connect('resource-unavailable', lambda _browser, usn: show('unavailable', usn))
    browser.set_active(True)
    loop = GLib.MainLoop()

    def read(*_: object) -> bool:
        if not sys.stdin.readline():
            loop.quit()
            return False
        return True

    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, read)
    GLib.timeout_add_seconds(LATE_SECONDS, loop.quit)
    show('ready')
    loop.run()


def show(*words: Any) -> None:
    sys.stdout.write(json.dumps(words) + '\n')
    sys.stdout.flush()


if __name__ == '__main__':
    main(*sys.argv[1:])
