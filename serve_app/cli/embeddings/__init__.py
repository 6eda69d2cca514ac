"""`nightdesk embeddings`."""
