"""Many generated inputs: properties that hold for all of them, and a device that outlives them."""
