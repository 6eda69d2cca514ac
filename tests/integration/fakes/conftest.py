"""Fixtures: the providers' real clients in front of the stand-ins."""

from __future__ import annotations

from tests.fixtures.provider_clients import (
    credentials,
    gmail,
    gmail_control,
    gmail_options,
    receiver,
    receivers,
    silent_url,
    twilio,
    twilio_control,
    twilio_options,
)

__all__ = [
    "credentials",
    "gmail",
    "gmail_control",
    "gmail_options",
    "receiver",
    "receivers",
    "silent_url",
    "twilio",
    "twilio_control",
    "twilio_options",
]
