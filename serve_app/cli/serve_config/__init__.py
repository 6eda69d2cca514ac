"""`nightdesk serve-config`."""
