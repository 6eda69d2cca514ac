"""Starting the parts, restarting those that die, stopping them in order."""
