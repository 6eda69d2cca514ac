"""A customer's turns: leased, opened, ended in one statement each, and read back afterwards."""
