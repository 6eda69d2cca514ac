"""Inbound messages and the mailbox: each message is accepted by one statement."""
