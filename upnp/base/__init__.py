"""What every chapter rests on, and nothing of which knows UPnP: XML, limits, options, event loops."""
