"""`nightdesk channels`."""
