"""UDA 1, discovery: advertisements, and answers to searches, by SSDP.

What a device advertises, and which of it a search concerns, is pure (``targets``), and so is when a set or an answer
leaves (``timing``); ``schedule`` holds the one timer for it. A datagram comes in at an endpoint on an interface in use
(``endpoints``, over ``sockets`` as each system wants them), is parsed and answered (``ssdp``) by messages that were
rendered in advance (``messages``), and leaves by the route that is right for its peer (``transport``).

The modules here are not public, but the documented names of ``upnp.SSDP``.
"""
