"""Status tokens: a keyed hash of the ticket's number, so that none has to be stored."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence


def status_token(secret_key: str, ticket_number: str) -> str:
    """Return the token that opens a ticket: HMAC-SHA256 (RFC 2104) over its number, 24 bytes as base64url."""
    digest = hmac.new(secret_key.encode(), f"ticket-status:{ticket_number}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


def token_opens(secret_keys: Sequence[str], ticket_number: str, token: str) -> bool:
    """Tell whether `token` is the ticket's under one of the keys.

    A wrong one takes as long as any other, and no database is asked, so timing reveals no ticket.
    """
    given = token.encode("utf-8", "replace")
    return any(hmac.compare_digest(status_token(key, ticket_number).encode(), given) for key in secret_keys)


def rating_token(secret_key: str, ticket_number: str) -> str:
    """Return the token with which a ticket can be marked, and nothing else; made as `status_token` is."""
    digest = hmac.new(secret_key.encode(), f"ticket-rating:{ticket_number}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


def rating_link(public_base_url: str, secret_key: str, ticket_number: str) -> str:
    """Return the link to the page that asks for a mark; opening it marks nothing."""
    return f"{public_base_url}/rate#{ticket_number}:{rating_token(secret_key, ticket_number)}"


def token_marks(secret_keys: Sequence[str], ticket_number: str, token: str) -> bool:
    """Tell whether the ticket can be marked with `token`: its own, or that of a question, under one of the keys."""
    given = token.encode("utf-8", "replace")
    asked = [hmac.compare_digest(rating_token(key, ticket_number).encode(), given) for key in secret_keys]
    return token_opens(secret_keys, ticket_number, token) or any(asked)


def status_link(public_base_url: str, secret_key: str, ticket_number: str) -> str:
    """Return the link to the status page; the token is in the fragment, which no server sees or logs."""
    return f"{public_base_url}/status#{ticket_number}:{status_token(secret_key, ticket_number)}"
