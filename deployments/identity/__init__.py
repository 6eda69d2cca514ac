"""The identity node, and the confirmed linking of e-mail addresses with WhatsApp numbers."""
