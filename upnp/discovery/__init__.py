"""UDA 1, discovery: what is advertised and found, and the datagrams that say so."""
