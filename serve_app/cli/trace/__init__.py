"""`nightdesk trace`."""
