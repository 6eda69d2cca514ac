"""Outbound messages: the outbox, WhatsApp parts, and how replies look on each channel."""
