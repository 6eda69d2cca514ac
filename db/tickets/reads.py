"""A ticket with its messages, for the customer with its token and for the staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Connection
from db.records import Author, Channel, Direction, Priority, TicketStatus
from db.sql import statements

_SQL = statements(__file__)
_MESSAGE_COLUMNS = ("direction", "author", "text", "channel")


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketMessage:
    """A message of a ticket, with the names of its files."""

    direction: Direction
    author: Author
    text: str
    channel: Channel
    created_at: datetime
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketWithMessages:
    """A ticket with its messages, oldest first; `rated_good` is the customer's mark, None without one."""

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
    rated_good: bool | None
    messages: tuple[TicketMessage, ...]


async def ticket_with_messages(connection: Connection, number: str) -> TicketWithMessages | None:
    """Return the ticket with this number, or None."""
    rows = await connection.fetch(_SQL["ticket_with_messages"], number)
    if not rows:
        return None
    messages = tuple(
        TicketMessage(
            created_at=row["message_created_at"],
            files=tuple(row["message_files"]),
            **{name: row[name] for name in _MESSAGE_COLUMNS},
        )
        for row in rows
        if row["direction"]
    )
    of_message = (*_MESSAGE_COLUMNS, "message_created_at", "message_files")
    ticket = {name: value for name, value in rows[0].items() if name not in of_message}
    return TicketWithMessages(messages=messages, **ticket)
