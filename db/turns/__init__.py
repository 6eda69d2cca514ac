"""A customer's turn in the store: opened under a lease, ended in one statement, looked at afterwards."""
