"""Parses the status that Twilio reports of a message we sent; a status only moves forward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ingest.events import InvalidMessageError
from ingest.text import clean, one_line
from ingest.whatsapp.post import Params, message_sid

Status = Literal[
    "accepted", "scheduled", "queued", "sending", "sent", "delivered", "read", "undelivered", "failed", "canceled"
]

_ORDER: tuple[Status, ...] = ("accepted", "scheduled", "queued", "sending", "sent", "delivered", "read")
_FAILED: tuple[Status, ...] = ("undelivered", "failed", "canceled")
_STATUSES = _ORDER + _FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUpdate:
    """A status of a message that we sent. `error_code` is e.g. 63016, outside the 24-hour window."""

    provider_message_id: str
    status: Status
    error_code: int | None
    error_message: str
    address: str


def parse_status(params: Params) -> StatusUpdate:
    """Read a status callback. Raises InvalidMessageError for a status that Twilio does not document, or no sid."""
    fields = {name: clean(value) for name, value in params}
    reported = fields.get("MessageStatus") or fields.get("SmsStatus", "")
    status = next((known for known in _STATUSES if known == reported), None)
    if status is None:
        raise InvalidMessageError(f"no message status: {reported[:40]!r}")
    code = fields.get("ErrorCode", "")
    return StatusUpdate(
        provider_message_id=message_sid(fields),
        status=status,
        error_code=int(code) if code.isascii() and code.isdigit() and len(code) < 10 else None,
        error_message=one_line(fields.get("ErrorMessage", ""), 500),
        address=fields.get("To", ""),
    )


def is_forward(old: Status, new: Status) -> bool:
    """Return whether `new` comes after `old`. Callbacks repeat and come out of order; a final state never changes."""
    if old in _FAILED or old == new:
        return False
    if new in _FAILED:
        return old not in ("delivered", "read")
    return _ORDER.index(new) > _ORDER.index(old)
