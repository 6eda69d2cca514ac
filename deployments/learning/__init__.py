"""What people have answered becomes entries for the knowledge base, each approved by a person."""
