"""`nightdesk heads`."""
