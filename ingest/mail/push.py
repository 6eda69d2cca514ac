"""Reads Pub/Sub's push about a Gmail mailbox. It says only that something changed, not what."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from ingest.events import InvalidMessageError
from ingest.identifiers import InvalidIdentifierError, normalise_email

_BODY_LIMIT = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PushHint:
    """Which mailbox changed. `history_id` is the *new* one: history is listed from the stored cursor, not from it."""

    pubsub_message_id: str
    subscription: str
    email: str
    history_id: int


def parse_push(body: bytes) -> PushHint:
    """Read a push: `{"message": {"data": base64 of {"emailAddress", "historyId"}, "messageId"}, "subscription"}`.

    Raises InvalidMessageError (a 400) for anything else.
    """
    envelope = _object(body[: _BODY_LIMIT + 1], "the push")
    message = envelope.get("message")
    if not isinstance(message, dict) or not isinstance(message.get("data"), str):
        raise InvalidMessageError("the push carries no message data")
    hint = _object(_decoded(message["data"]), "the message data")
    return PushHint(
        pubsub_message_id=_text(message.get("messageId") or message.get("message_id")),
        subscription=_text(envelope.get("subscription")),
        email=_email(hint.get("emailAddress")),
        history_id=_history_id(hint.get("historyId")),
    )


def _object(data: bytes, what: str) -> dict[str, Any]:
    if len(data) > _BODY_LIMIT:
        raise InvalidMessageError(f"{what} is too long")
    try:
        value = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise InvalidMessageError(f"{what} is no JSON") from error
    if not isinstance(value, dict):
        raise InvalidMessageError(f"{what} is no JSON object")
    return value


def _decoded(data: str) -> bytes:
    """Decode either alphabet of base64, with or without padding: Google's documents name both."""
    try:
        plain = data.replace("-", "+").replace("_", "/").rstrip("=")
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidMessageError("the message data is no base64") from error


def _email(value: object) -> str:
    try:
        return normalise_email(value if isinstance(value, str) else "")
    except InvalidIdentifierError as error:
        raise InvalidMessageError("emailAddress is no address") from error


def _history_id(value: object) -> int:
    """Return the id, which comes as a number or as a string and fits 64 bits."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise InvalidMessageError("historyId is no number")
    return int(text)


def _text(value: object) -> str:
    return value.replace("\x00", "")[:500] if isinstance(value, str) else ""
