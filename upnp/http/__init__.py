"""HTTP/1.1, as all chapters travel by it: messages, connections, a server, a client. It knows no chapter.

A connection is accepted (``listener``), cut into requests within bounds of time and size (``connections``, by
``message``), and takes its place among the others, of which one is evicted where there are too many (``table``). The
server looks each path up in a table of resources; a resource names its answer, and that fills in the response
(``answers``). ``client`` is a connection that we make: an event goes by it. ``transport`` is a stream over a socket.

The modules here are not public, but the documented names of ``upnp.HTTP``.
"""
