"""UDA 5, presentation: the page of a device, and pages of the program's own."""
