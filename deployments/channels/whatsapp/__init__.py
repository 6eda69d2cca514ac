"""WhatsApp over Twilio: API client, sender, and delivery statuses."""
