"""The product's settings for a running Twilio stand-in."""

from __future__ import annotations

from evaluation.providers.twilio.options import DEMO_TEMPLATE, TwilioOptions


def twilio_settings(options: TwilioOptions, base_url: str) -> dict[str, str]:
    """Return the `TWILIO_*` variables that point the product to the stand-in at `base_url`."""
    return {
        "TWILIO_ACCOUNT_SID": options.account_sid,
        "TWILIO_AUTH_TOKEN": options.auth_token,
        "TWILIO_WHATSAPP_NUMBER": options.number,
        "WHATSAPP_TEMPLATE_SID": DEMO_TEMPLATE,
        "TWILIO_API_BASE_URL": base_url,
    }
