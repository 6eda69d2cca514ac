"""Passages that answer: data of other companies, and how well a desk does with them."""
