"""The sample tickets played through the running product."""
