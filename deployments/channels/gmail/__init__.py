"""Gmail: API client, sender, and mailbox reader."""
