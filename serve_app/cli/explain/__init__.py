"""`nightdesk explain`."""
