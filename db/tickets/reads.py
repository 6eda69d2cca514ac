"""Tickets as those see them who may: the customer with the token, the staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Connection
from db.records import Author, Channel, Direction, Priority, TicketStatus
from db.sql import statements

_SQL = statements(__file__)
_SAID = ("direction", "author", "text", "channel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message of a ticket."""

    direction: Direction
    author: Author
    text: str
    channel: Channel
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketStory:
    """A ticket with all that was said in it, oldest first."""

    number: str
    status: TicketStatus
    category: str
    priority: Priority
    subject: str
    source_channel: Channel
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    escalation_reason: str | None
    conversation_id: UUID
    customer_id: UUID
    messages: tuple[Said, ...]


async def ticket_story(connection: Connection, number: str) -> TicketStory | None:
    """Return the ticket of this number with its messages, or None."""
    rows = await connection.fetch(_SQL["ticket_with_messages"], number)
    if not rows:
        return None
    messages = tuple(
        Said(created_at=row["said_at"], **{name: row[name] for name in _SAID}) for row in rows if row["direction"]
    )
    columns = {name: value for name, value in rows[0].items() if name not in (*_SAID, "said_at")}
    return TicketStory(messages=messages, **columns)
