"""HTTP/1.1 as all chapters travel by it: messages, connections, a server, a client. It knows no chapter."""
