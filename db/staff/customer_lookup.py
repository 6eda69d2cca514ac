"""The staff's look-up of a customer by e-mail address or number; unverified identifiers and tickets are marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Connection
from db.records import Author, Channel, Direction, IdentifierType, Priority, TicketStatus, Tier
from db.sql import statements

MAX_TICKETS = 200
"""Tickets of a customer that are listed, the newest."""
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownIdentifier:
    """An address or number with its tier (db.records.Tier); `claimed` is tier 0."""

    type: IdentifierType
    value: str
    tier: Tier
    claimed: bool
    source_channel: Channel
    verified_at: datetime | None
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerTicket:
    """A ticket of a customer; `claimed`: its sender was not verified. `ticket_id` is its number (the API's field)."""

    ticket_id: str
    conversation_id: UUID
    status: TicketStatus
    category: str
    priority: Priority
    subject: str
    source_channel: Channel
    escalation_reason: str | None
    claimed: bool
    sender: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFile:
    """A customer with those merged into them. `others` are further customers with the same identifier."""

    customer_id: UUID
    name: str | None
    email: str | None
    phone: str | None
    created_at: datetime
    last_seen_at: datetime
    identifiers: tuple[KnownIdentifier, ...]
    tickets: tuple[CustomerTicket, ...]
    others: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadMessage:
    """A message in the history of a customer; `claimed`: its sender was not verified, so it may be somebody else's.

    `sentiment` in [0, 1] is the customer's mood. `ticket_id` is the ticket's number.
    """

    message_id: UUID
    conversation_id: UUID
    ticket_id: str
    direction: Direction
    author: Author
    channel: Channel
    text: str
    sentiment: float | None
    created_at: datetime
    claimed: bool


async def find_customer(
    connection: Connection, *, email: str | None = None, phone: str | None = None
) -> CustomerFile | None:
    """Return the best match for a normalised address, a normalised number (telephone or WhatsApp), or both at once.

    None when no customer matches all that is given.
    """
    asked: list[tuple[str, str, int]] = []  # type, value, kind
    if email is not None:
        asked.append(("email", email, 0))
    if phone is not None:
        asked += [("phone", phone, 1), ("whatsapp", phone, 1)]
    kinds = {kind for _, _, kind in asked}
    columns = ([a[0] for a in asked], [a[1] for a in asked], [a[2] for a in asked])
    rows = await connection.fetch(_SQL["matches"], *columns)
    matches = [row["id"] for row in rows if row["matched"] == len(kinds)]
    return await _file(connection, matches[0], matches[1:]) if matches else None


async def customer_file(connection: Connection, customer_id: UUID) -> CustomerFile | None:
    """Return the customer with this id, or the one that they were merged into; None for an unknown id."""
    remaining = await connection.fetchval(_SQL["remaining"], customer_id)
    return None if remaining is None else await _file(connection, remaining, ())


async def thread(
    connection: Connection, customer_id: UUID, *, after: UUID | None, limit: int
) -> list[ThreadMessage] | None:
    """Return a page of a customer's messages over all channels, newest first; None for an unknown customer."""
    remaining = await connection.fetchval(_SQL["remaining"], customer_id)
    if remaining is None:
        return None
    family = [row["id"] for row in await connection.fetch(_SQL["family"], remaining)]
    return [ThreadMessage(**row) for row in await connection.fetch(_SQL["thread"], family, after, limit)]


async def _file(connection: Connection, customer_id: UUID, others: Sequence[UUID]) -> CustomerFile:
    head = await connection.fetchrow(_SQL["customer"], customer_id)
    assert head is not None
    family = [row["id"] for row in await connection.fetch(_SQL["family"], customer_id)]
    identifiers = await connection.fetch(_SQL["identifiers"], family)
    tickets = await connection.fetch(_SQL["tickets"], family, MAX_TICKETS)
    return CustomerFile(
        **head,
        identifiers=tuple(KnownIdentifier(**row) for row in identifiers),
        tickets=tuple(CustomerTicket(**row) for row in tickets),
        others=tuple(others),
    )
