"""UDA 4, eventing: subscriptions, and events brought to subscribers by GENA.

A variable is set, in any thread, and the loop makes one event of all that was set in one turn (``events``). What a
service has published is kept once for all (``publisher``); who is subscribed, and how far each has come, is in a book
(``subscriptions``). Which subscriber is told next is a policy (``delivery``), and ``notifier`` brings it the event over
a connection. ``gena`` knows the headers, the callbacks and the property sets. ``answers`` is what this chapter says
over HTTP: SUBSCRIBE and UNSUBSCRIBE.

The modules here are not public.
"""
