"""The staff's view of conversations and customers, and their actions."""
