"""WhatsApp over Twilio: the client, the sender, and what Twilio reports of a delivery."""
