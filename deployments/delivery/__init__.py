"""The delivery node: sends each reply in the outbox once, by its channel's sender."""
