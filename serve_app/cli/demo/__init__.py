"""`nightdesk demo`."""
