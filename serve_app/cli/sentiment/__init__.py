"""`nightdesk sentiment`."""
