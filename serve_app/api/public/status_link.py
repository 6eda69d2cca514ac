"""Status tokens: a keyed hash of the ticket's number, so that none has to be stored."""

from __future__ import annotations

import base64
import hashlib
import hmac


def status_token(secret_key: str, ticket_number: str) -> str:
    """Return the token that opens a ticket: HMAC-SHA256 (RFC 2104) over its number, 24 bytes as base64url."""
    digest = hmac.new(secret_key.encode(), f"ticket-status:{ticket_number}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


def token_opens(secret_key: str, ticket_number: str, token: str) -> bool:
    """Tell, in constant time, whether `token` is the ticket's; no database is asked, so timing reveals no ticket."""
    return hmac.compare_digest(status_token(secret_key, ticket_number).encode(), token.encode("utf-8", "replace"))


def status_link(public_base_url: str, secret_key: str, ticket_number: str) -> str:
    """Return the link to the status page; the token is in the fragment, which no server sees or logs."""
    return f"{public_base_url}/status#{ticket_number}:{status_token(secret_key, ticket_number)}"
