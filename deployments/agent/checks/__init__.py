"""Checks of texts: personal data on the way in, forbidden and unsupported sentences on the way out."""
