"""One HTTP request from a host, for tests that look at what a device serves."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from tests.lan.hosts import RUN_SECONDS, Host, pythonCommand
from tests.lan.programs.addresses import withZone

__all__ = ['Fetched', 'fetch', 'withZone']

FETCH = """
import base64, json, sys, urllib.error, urllib.parse, urllib.request
from tests.lan.programs.addresses import withoutZone
urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({})))
host = withoutZone(urllib.parse.urlsplit(sys.argv[1]).netloc)
try:
    answer = urllib.request.urlopen(urllib.request.Request(sys.argv[1], headers={'Host': host}), timeout=5)
except urllib.error.HTTPError as error:
    answer = error
headers = {name.upper(): value for name, value in answer.headers.items()}
body = base64.b64encode(answer.read()).decode()
print(json.dumps({'status': answer.status, 'headers': headers, 'body': body}))
"""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An HTTP answer; header names in capitals."""

    status: int
    headers: dict[str, str]
    body: bytes


def fetch(host: Host, url: str) -> Fetched:
    """Get a URL from a host, without any proxy; one with a link-local address needs its zone on that host."""
    done = host.run(*pythonCommand('-c', FETCH, url), timeout=RUN_SECONDS)
    row = json.loads(done.stdout)
    return Fetched(row['status'], row['headers'], base64.b64decode(row['body']))
