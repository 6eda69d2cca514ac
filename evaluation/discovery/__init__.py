"""What the sample tickets show about each channel: `python -m evaluation.discovery docs/discovery-log.md`."""
