"""UDA 4, eventing: subscriptions, and events brought to subscribers by GENA."""
