"""UDA 2, description: devices and services as objects, and as documents."""
