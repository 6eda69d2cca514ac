"""What the providers post."""
