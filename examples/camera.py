"""A camera: one action returns a picture, and a URL where Python's own web server shows the present one."""

import argparse
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated

import upnp


def takePicture(width: int) -> bytes:
    """Return a PNG of grey stripes that move, square: here a real one would ask its lens."""
    now, side = int(time.time() * 10), width.to_bytes(4, 'big')
    row = b'\0' + bytes((column + now) * 4 % 256 for column in range(width))
    picture = b'\x89PNG\r\n\x1a\n'
    chunks = {b'IHDR': side + side + b'\x08\0\0\0\0', b'IDAT': zlib.compress(row * width), b'IEND': b''}
    for kind, content in chunks.items():
        checksum = zlib.crc32(kind + content).to_bytes(4, 'big')
        picture += len(content).to_bytes(4, 'big') + kind + content + checksum
    return picture


class Pictures(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header('Content-Type', 'image/png')
        self.end_headers()
        self.wfile.write(takePicture(256))


class Camera(upnp.Service):
    serviceType = 'urn:exemple-org:service:camera-image:1'
    serviceId = 'urn:exemple-org:serviceId:camera'

    @upnp.action(returns={'Image': bytes, 'URL': str})
    def Capture(self, call: upnp.Call, Width: Annotated[int, upnp.Range(8, 1024)] = 64) -> tuple[bytes, str]:
        """Take a picture of this width in pixels, and tell the address that shows the present one."""
        return takePicture(Width), f'http://{call.host}:{pictures.server_port}/'


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('--port', type=int, default=0, help='TCP port (default: a free one)')
parser.add_argument('--bind', default='0.0.0.0', help='address to listen at (default: all)')
options = parser.parse_args()

camera = upnp.Device(deviceType='urn:exemple-org:device:camera:1', friendlyName='Garden camera')
camera.addService(Camera())
with ThreadingHTTPServer((options.bind, 0), Pictures) as pictures:
    threading.Thread(target=pictures.serve_forever, daemon=True).start()
    server = upnp.Announcer(camera, options.port, options.bind)
    server.initLoop()
    print(camera.friendlyName, server.locations, flush=True)
    server.foreaver()
    server.dispose()
    pictures.shutdown()
