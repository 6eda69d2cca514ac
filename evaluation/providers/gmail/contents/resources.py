"""Messages as REST resources, and pages of lists."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from evaluation.providers.gmail.contents import rfc822
from evaluation.providers.gmail.contents.mailbox import StoredMessage
from evaluation.providers.gmail.platform.errors import invalid

T = TypeVar("T")
FORMATS = ("minimal", "full", "raw", "metadata")


def message_resource(message: StoredMessage, form: str, wanted: Collection[str] = ()) -> dict[str, Any]:
    """Return a `Message`; `wanted` limits the headers of the metadata format. Raises GmailRefusal (400)."""
    if form not in FORMATS:
        raise invalid(f"Invalid value at 'format': {form!r}")
    common = {
        **named(message),
        "labelIds": sorted(message.labels),
        "snippet": rfc822.snippet(message.raw),
        "historyId": str(message.history_id),
        "internalDate": str(int(message.received_at.timestamp() * 1000)),
        "sizeEstimate": len(message.raw),
    }
    if form == "raw":
        return {**common, "raw": rfc822.encode(message.raw)}
    if form == "full":
        return {**common, "payload": rfc822.payload(message.raw)}
    return {**common, "payload": _metadata(message, wanted)} if form == "metadata" else common


def named(message: StoredMessage) -> dict[str, str]:
    """Return a message as in lists."""
    return {"id": message.id, "threadId": message.thread_id}


def sent_resource(message: StoredMessage) -> dict[str, Any]:
    """Return a message as in the response to a send."""
    return {**named(message), "labelIds": sorted(message.labels)}


def page_of(items: Sequence[T], token: str | None, size: int) -> tuple[Sequence[T], str | None]:
    """Return the page that `token` names and the next page's token. Raises GmailRefusal (400) for an invalid token."""
    start = _offset(token)
    following = start + size
    page_token = base64.urlsafe_b64encode(f"page:{following}".encode()).decode()
    return items[start:following], page_token if following < len(items) else None


def page_size(value: str | None, highest: int = 500) -> int:
    """Read `maxResults`, 100 by default. Raises GmailRefusal (400)."""
    if value is None:
        return 100
    if not value.isdigit() or int(value) == 0:
        raise invalid("Invalid maxResults")
    return min(int(value), highest)


def _metadata(message: StoredMessage, wanted: Collection[str]) -> dict[str, Any]:
    whole = rfc822.payload(message.raw)
    names = {name.lower() for name in wanted}
    kept = [one for one in whole["headers"] if not names or one["name"].lower() in names]
    return {"partId": "", "mimeType": whole["mimeType"], "headers": kept}


def _offset(token: str | None) -> int:
    if not token:
        return 0
    try:
        name, _, number = base64.urlsafe_b64decode(token).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise invalid("Invalid pageToken") from None
    if name != "page" or not number.isdigit():
        raise invalid("Invalid pageToken")
    return int(number)
