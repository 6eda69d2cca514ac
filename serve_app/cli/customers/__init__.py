"""`nightdesk customers`."""
