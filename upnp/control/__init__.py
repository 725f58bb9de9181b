"""UDA 3, control: actions called by SOAP.

A request at the control path of a service becomes a call with Python values, each checked against the SCPD (``soap``),
and its result or fault an envelope again. ``calls`` runs the function in its time: an ``async def`` in the loop, a
plain one in the thread of its service (``worker``). ``answers`` is what this chapter says over HTTP.

The modules here are not public.
"""
