"""Drafts that are true or false by construction, and what the checks make of them."""
