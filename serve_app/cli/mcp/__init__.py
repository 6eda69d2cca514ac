"""`nightdesk mcp`."""
