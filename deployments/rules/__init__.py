"""Pure rules: escalation, form of a reply, support hours. No input, no output."""
