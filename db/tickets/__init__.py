"""Tickets: their legal steps, their hand-overs, and what may be read of them."""
