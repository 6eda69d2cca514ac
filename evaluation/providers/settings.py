"""The product's settings for running stand-ins, and secrets that outlive a restart of theirs."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from evaluation.providers.gmail.options import GmailOptions
from evaluation.providers.twilio.options import DEMO_TEMPLATE, TwilioOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What the product and the stand-ins share. Well-known by default, for tests."""

    client_secret: str = GmailOptions().client_secret
    refresh_token: str = GmailOptions().refresh_token
    auth_token: str = TwilioOptions().auth_token


def gmail_settings(options: GmailOptions, base_url: str) -> dict[str, str]:
    """The `GMAIL_*` and `GOOGLE_*` variables that lead the product to this stand-in."""
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


def twilio_settings(options: TwilioOptions, base_url: str) -> dict[str, str]:
    """The `TWILIO_*` variables that lead the product to this stand-in."""
    return {
        "TWILIO_ACCOUNT_SID": options.account_sid,
        "TWILIO_AUTH_TOKEN": options.auth_token,
        "TWILIO_WHATSAPP_NUMBER": options.number,
        "WHATSAPP_TEMPLATE_SID": DEMO_TEMPLATE,
        "TWILIO_API_BASE_URL": base_url,
    }


def kept_secrets(path: Path) -> Secrets:
    """Random secrets from `path`; made at the first call, readable by the owner only."""
    if not path.exists():
        write_for_owner(path, json.dumps({name: secrets.token_hex(16) for name in Secrets.__slots__}))
    return Secrets(**json.loads(path.read_text(encoding="utf-8")))


def write_for_owner(path: Path, text: str) -> None:
    """Put `text` into `path`, whole or not at all, with mode 0600."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(temporary).replace(path)
