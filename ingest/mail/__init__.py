"""Reads mails as Gmail's API gives them, and Pub/Sub's pushes about the mailbox."""
