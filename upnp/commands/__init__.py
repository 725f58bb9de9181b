"""The command line: ``python -m upnp``.

``main`` has the commands and says why one fails; ``announce`` puts this machine on the network; ``activity`` makes
lines for people of what the log has: who searches, reads, calls and subscribes. Nothing else in the package prints.

The modules here are not public.
"""
