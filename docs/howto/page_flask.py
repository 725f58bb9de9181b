"""A page made with Flask on port 8080, and a device whose double click leads to it."""

import signal
import threading

import flask

import upnp

app = flask.Flask(__name__)
device = upnp.Device(
    deviceType='urn:example-org:device:lamp:1',
    friendlyName='Workshop lamp',
    presentationURL='http://{host}:8080/',
)


@app.get('/')
def page():
    return '<!DOCTYPE html><title>Lamp</title><h1>Workshop lamp</h1>'


if __name__ == '__main__':
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # systemd ends it as Ctrl-C does
    server = upnp.Annoncer(device)
    announcing = threading.Thread(target=server.foreaver)
    announcing.start()
    try:
        app.run(host='::', port=8080)  # by IPv6 and IPv4; '0.0.0.0' where the machine has no IPv6
    finally:
        server.dispose()  # returns when the goodbye is out
        announcing.join()
