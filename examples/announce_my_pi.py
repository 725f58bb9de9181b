"""Announce a board: a double click in the network folder opens its own page, which is on port 8080, by IPv4."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import upnp

page = ThreadingHTTPServer(('', 8080), partial(SimpleHTTPRequestHandler, directory=__file__.removesuffix('.py')))
Thread(target=page.serve_forever, daemon=True).start()
pi = upnp.Device(friendlyName='My Pi', deviceType='urn:schemas-upnp-org:device:Basic:1', deviceCategory='Computers')
pi.presentationURL = 'http://{host}:8080/'
pi.addIcon(upnp.Icon(path=__file__.removesuffix('.py') + '.png'))
upnp.Annoncer(pi, ipv6=False).foreaver()
