"""What goes out: the outbox, its parts and drafts, and how each channel speaks."""
