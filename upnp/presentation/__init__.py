"""UDA 5, presentation: the page of a device, and pages of the program's own.

A page is rendered when a device is announced, all but the present values (``page``, with ``page.html``, ``page.css``
and ``page.js``): how a value looks (``values``), and which form an action gets (``forms``). While it is open it hears
of changes by a stream (``streams``). ``custompages`` are those that a program adds. ``answers`` is what this chapter
says over HTTP. Nothing here is loaded before a device is announced.

The modules here are not public.
"""
