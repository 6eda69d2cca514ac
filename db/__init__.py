"""The store: PostgreSQL with pgvector. Imports no other package of the product; SQL stands beside its module."""
