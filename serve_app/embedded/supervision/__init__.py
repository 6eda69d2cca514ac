"""Starting the parts, keeping them running, stopping them."""
