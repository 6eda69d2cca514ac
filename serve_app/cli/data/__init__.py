"""`nightdesk data`."""
