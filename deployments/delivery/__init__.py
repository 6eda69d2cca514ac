"""From the outbox to the customer: one sender a channel, each word once."""
