"""UDA 0, addressing: which addresses of this machine are used, and who may speak to them.

The system is asked which addresses there are, and tells of changes (``watch``, by ``netlink`` on Linux). A pure choice
says which of them a device is announced at, and why not at the others (``interfaces``), and a pure policy when an
address that comes or goes is followed (``changes``). ``network`` joins the three for one announcer. ``access`` says
which Host a request may name, which page may send it, and which source is answered. ``machine`` knows the identity that
UUIDs are derived from. ``neighbours`` and ``portowners`` ask the kernel about others on the link, and on the port.

The modules here are not public.
"""
