"""The store: PostgreSQL with pgvector. Imports nothing of ours; SQL lives in queries/ and migrations/."""
