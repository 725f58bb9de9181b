"""The device's side, put together: what is owned, started and stopped in order.

The announcer owns the network, the HTTP server, discovery, calls and events, and joins what these do not know of each
other (``announcer``). Objects are made ready to be announced, and each chapter is asked what it serves of them
(``preparation``). ``rootdevices`` knows which devices there are, and their BOOTID. ``lifecycle`` is one run, from its
start to its stop, and the plain calls that scripts and other threads start and stop it by.

The modules here are not public, but the documented names of ``upnp.UPnP``.
"""
