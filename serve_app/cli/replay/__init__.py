"""`nightdesk replay`."""
