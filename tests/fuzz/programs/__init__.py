"""Programs that the fuzz tests run on hosts of their own."""
