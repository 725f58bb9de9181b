"""UDA 2, description: devices and services as objects, and as documents.

A program fills in a tree of objects (``device``, ``scpd``, ``vendor``; what they have in common is in ``elements``), or
writes a service as a class, whose hints become actions and state variables (``declaration``, ``hints``, ``types``).
When a device is announced it is checked (``checks``), laid out and rendered (``writing``), and served (``answers``).
``reading`` is the way back, from documents to objects. ``urn`` knows the types' names and versions.

The modules here are not public, but the documented names of ``upnp.Objects`` and ``upnp.HTTP``.
"""
