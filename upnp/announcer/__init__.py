"""The device's side, put together: what is owned, started and stopped in order."""
