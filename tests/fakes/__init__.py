"""Stand-ins that only tests use."""
