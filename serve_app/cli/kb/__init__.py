"""`nightdesk kb`: the knowledge base, from what it holds to what it lacks."""
