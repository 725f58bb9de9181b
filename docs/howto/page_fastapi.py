"""A page made with FastAPI on port 8080, and a device whose double click leads to it."""

from contextlib import asynccontextmanager

import fastapi
import uvicorn
from fastapi.responses import HTMLResponse

import upnp

device = upnp.Device(
    deviceType='urn:example-org:device:lamp:1',
    friendlyName='Workshop lamp',
    presentationURL='http://{host}:8080/',
)


@asynccontextmanager
async def lifespan(app):
    async with upnp.Announcer(device):
        yield  # announced until uvicorn ends, by Ctrl-C or SIGTERM


app = fastapi.FastAPI(lifespan=lifespan)


@app.get('/', response_class=HTMLResponse)
async def page():
    return '<!DOCTYPE html><title>Lamp</title><h1>Workshop lamp</h1>'


if __name__ == '__main__':
    uvicorn.run(app, host='', port=8080)  # by IPv4 and IPv6
