"""UDA 3, control: actions called by SOAP."""
