"""What is in a mailbox of the stand-in: mails, drafts, history, and their forms on the wire."""
