"""`nightdesk bench`."""
