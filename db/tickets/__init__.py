"""Tickets: their life cycle, their hand-overs to the staff, and reading them."""
