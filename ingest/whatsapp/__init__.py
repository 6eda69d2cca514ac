"""From Twilio's post to an InboundMessage."""
