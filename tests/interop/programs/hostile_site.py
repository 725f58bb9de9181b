"""A stranger's web site: its page, what the page tells it, and for comparison a device that permits every page all.

    python -m tests.interop.programs.hostile_site PORT [...]

It listens at each of these ports, and prints `ready`, then a JSON line for each request that is not for the page
itself: `{"method": ..., "path": ..., "type": its Content-Type, "body": ...}`.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGE = Path(__file__).with_name('hostile_page.html')
SECRET = 'anything that only the naive device knows'
PERMISSIONS = {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': '*',
    'Access-Control-Allow-Headers': '*',
}
TEAPOT = 418  # no device's answer: the page sees by it that this is still its own site
printing = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    """Answers one request, and closes: the next one shall go wherever the name leads by then."""

    def answer(self) -> None:
        """Serve the page, or do as a naive device would."""
        body = self.rfile.read(int(self.headers.get('Content-Length', 0))).decode()
        if self.path.startswith('/?'):
            self.reply(200, PAGE.read_text(), 'text/html')
        elif self.path == '/whose':
            self.reply(TEAPOT, '', 'text/plain')
        else:
            self.tell(body)
            self.reply(200, SECRET, 'text/xml')

    do_GET = do_POST = do_OPTIONS = do_SUBSCRIBE = answer

    def reply(self, status: int, text: str, kind: str) -> None:
        """Send an answer."""
        self.send_response(status)
        for name, value in (PERMISSIONS | {'Content-Type': kind, 'Content-Length': str(len(text.encode()))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def tell(self, body: str) -> None:
        """Print what was asked for."""
        kind = self.headers.get('Content-Type', '')
        line = json.dumps({'method': self.command, 'path': self.path, 'type': kind, 'body': body})
        with printing:
            sys.stdout.write(line + '\n')
            sys.stdout.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Keep silent."""


def main(*ports: str) -> None:
    servers = [ThreadingHTTPServer(('0.0.0.0', int(port)), Handler) for port in ports]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    sys.stdout.write('ready\n')
    sys.stdout.flush()


if __name__ == '__main__':
    main(*sys.argv[1:])
