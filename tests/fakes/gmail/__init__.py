"""Gmail's stand-in: REST v1, Google's OAuth token server and certificates, Pub/Sub's push."""

from __future__ import annotations

from tests.fakes.gmail.app import gmail_app
from tests.fakes.gmail.options import ANY_SCOPE, GmailOptions

__all__ = ["ANY_SCOPE", "GmailOptions", "gmail_app"]
