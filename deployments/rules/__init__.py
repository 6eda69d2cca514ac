"""Pure rules without I/O: escalation, formatting of replies, support hours."""
