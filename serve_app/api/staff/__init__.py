"""The calls of staff, which need a staff key."""
