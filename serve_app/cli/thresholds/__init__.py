"""`nightdesk thresholds`."""
