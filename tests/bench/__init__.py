"""What an announcer costs, measured from outside beside async_upnp_client's: ``python -m tests.bench``."""
