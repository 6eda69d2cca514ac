"""The Gmail stand-in: REST v1, Google's OAuth token server and certificates, Pub/Sub's push."""

from __future__ import annotations

from evaluation.providers.gmail.app import gmail_app
from evaluation.providers.gmail.options import ANY_SCOPE, GmailOptions

__all__ = ["ANY_SCOPE", "GmailOptions", "gmail_app"]
