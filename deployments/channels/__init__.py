"""Senders of the channels (web form, Gmail, WhatsApp) behind one protocol (`sender`), and the Gmail mailbox reader."""
