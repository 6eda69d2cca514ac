"""The Twilio stand-in: the Messages API for WhatsApp, signed webhooks and status callbacks."""

from __future__ import annotations

from evaluation.providers.twilio.app import twilio_app
from evaluation.providers.twilio.options import DEMO_TEMPLATE, TwilioOptions

__all__ = ["DEMO_TEMPLATE", "TwilioOptions", "twilio_app"]
