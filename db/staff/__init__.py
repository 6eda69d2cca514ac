"""What people see of conversations and do with them."""
