"""Measures the checks of outgoing texts on drafts that are known to be right or wrong."""
