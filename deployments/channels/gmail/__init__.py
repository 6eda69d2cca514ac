"""Gmail: its API client, the sender, and the reader of the mailbox."""
