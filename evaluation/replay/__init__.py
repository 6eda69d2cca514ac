"""Stored turns run again under other settings."""
