"""What every chapter rests on: none of it knows UPnP.

XML is written and read safely (``xml``); every bound on what a peer can cause is one field of a class (``limits``);
options are checked where they are given (``options``); text from peers is made fit for a log (``logtext``); peers take
turns, so that none gains by having much (``fairness``); event loops are driven from other threads, and one timer
replaces many (``loops``).

The modules here are not public: a program imports ``upnp`` and the modules that its reference names.
"""
