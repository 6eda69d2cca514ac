"""The product's settings for a running Gmail stand-in."""

from __future__ import annotations

from evaluation.providers.gmail.options import GmailOptions


def gmail_settings(options: GmailOptions, base_url: str) -> dict[str, str]:
    """Return the `GMAIL_*` and `GOOGLE_*` variables that point the product to the stand-in at `base_url`."""
    return {
        "GMAIL_CLIENT_ID": options.client_id,
        "GMAIL_CLIENT_SECRET": options.client_secret,
        "GMAIL_REFRESH_TOKEN": options.refresh_token,
        "GMAIL_USER": options.user,
        "GMAIL_PUBSUB_TOPIC": options.topic,
        "GMAIL_PUBSUB_AUDIENCE": options.audience,
        "GMAIL_PUBSUB_SERVICE_ACCOUNT": options.push_service_account,
        "GMAIL_API_BASE_URL": base_url,
        "GOOGLE_TOKEN_URL": f"{base_url}/token",
        "GOOGLE_CERTS_URL": f"{base_url}/oauth2/v1/certs",
    }
