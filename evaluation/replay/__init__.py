"""Replay: decides stored turns again under other settings."""
