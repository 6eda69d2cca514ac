"""The calls and pages of customers."""
