"""A lamp with a page of one's own beside the description: it shows the name of the lamp, and changes it."""

from html import escape
from urllib.parse import parse_qs

import upnp
from upnp.HTTP import HttpRequest

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{name}</title>
<h1>{name}</h1>
<form method="post">
<label>Name <input name="name" value="{name}" required></label>
<button>Rename</button>
</form>
</html>
"""


def setup(request: HttpRequest) -> str:
    if request.method == 'POST':
        sent = parse_qs(request.body.decode())
        lamp.friendlyName = sent.get('name', [lamp.friendlyName])[0]
    return PAGE.format(name=escape(str(lamp.friendlyName)))


lamp = upnp.Device(deviceType='urn:example-org:device:lamp:1', friendlyName='Workshop lamp')
lamp.uuid = '5d794fc2-5c5e-4460-a023-f04a51363300'  # else it would be made of the name, which changes
lamp.presentationURL = '/setup'
server = upnp.Annoncer(lamp, 0)
server.addPage('/setup', setup)
server.foreaver()
