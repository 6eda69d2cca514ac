"""Escalation by words and meaning together: trained, its thresholds chosen, and measured."""
