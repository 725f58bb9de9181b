"""UDA 0, addressing: which addresses of this machine are used, and who may speak to them."""
