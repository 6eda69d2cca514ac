"""A customer's turn, from the record that wakes it to the transaction that ends it."""
