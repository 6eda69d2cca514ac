"""Time-ordered keys (UUIDv7, RFC 9562): new rows go to one end of a B-tree."""

from __future__ import annotations

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """Return a new UUIDv7 as the standard library's UUID."""
    return UUID(int=uuid_utils.uuid7().int)


def outbound_ids() -> dict[str, str]:
    """Return the keys of a mail that opens a conversation of its own, as JSON has them, by column."""
    return {name: str(new_id()) for name in ("conversation_id", "ticket_id", "message_id", "outbox_id")}
