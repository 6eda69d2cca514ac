"""Proof: what the running product does with the sample tickets and under load, measured from outside."""
