"""Webhooks: what Gmail's Pub/Sub and Twilio post."""
