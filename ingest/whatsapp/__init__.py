"""Reads Twilio's posts: WhatsApp messages and statuses of ours."""
