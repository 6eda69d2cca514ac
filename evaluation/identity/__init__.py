"""Measures identity resolution on simulated people who write on three channels."""
