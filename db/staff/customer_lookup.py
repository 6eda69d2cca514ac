"""A customer found by what he writes from, for the staff: all that is his, what is only claimed marked as such."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Connection
from db.records import Channel, IdentifierType, Priority, TicketStatus, Tier
from db.sql import statements

TICKETS = 200
"""So many tickets of a customer are listed, the newest."""
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownIdentifier:
    """An address or number. Tier 0 is claimed: typed; 1: the channel vouches for it; 2: linked; 3: by staff."""

    type: IdentifierType
    value: str
    tier: Tier
    claimed: bool
    source_channel: Channel
    verified_at: datetime | None
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerTicket:
    """A ticket filed under a customer; `claimed` when the channel did not vouch for its sender."""

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
    """A customer with those merged into him. `others` are further customers for whom the same identifier was typed."""

    customer_id: UUID
    name: str | None
    email: str | None
    phone: str | None
    created_at: datetime
    last_seen_at: datetime
    identifiers: tuple[KnownIdentifier, ...]
    tickets: tuple[CustomerTicket, ...]
    others: tuple[UUID, ...]


async def find_customer(
    connection: Connection, *, email: str | None = None, phone: str | None = None
) -> CustomerFile | None:
    """Return the customer of a normalised address, a normalised number (telephone or WhatsApp), or of both at once.

    None when there is nobody; with both given, nobody who has both.
    """
    asked = _asked(email, phone)
    kinds = {kind for _, _, kind in asked}
    columns = ([a[0] for a in asked], [a[1] for a in asked], [a[2] for a in asked])
    rows = await connection.fetch(_SQL["matches"], *columns)
    matches = [row["id"] for row in rows if row["matched"] == len(kinds)]
    return await _file(connection, matches[0], matches[1:]) if matches else None


def _asked(email: str | None, phone: str | None) -> list[tuple[str, str, int]]:
    numbers = [] if phone is None else [("phone", phone, 1), ("whatsapp", phone, 1)]
    return ([] if email is None else [("email", email, 0)]) + numbers


async def _file(connection: Connection, customer_id: UUID, others: Sequence[UUID]) -> CustomerFile:
    head = await connection.fetchrow(_SQL["customer"], customer_id)
    assert head is not None
    family = [row["id"] for row in await connection.fetch(_SQL["family"], customer_id)]
    identifiers = await connection.fetch(_SQL["identifiers"], family)
    tickets = await connection.fetch(_SQL["tickets"], family, TICKETS)
    return CustomerFile(
        **head,
        identifiers=tuple(KnownIdentifier(**row) for row in identifiers),
        tickets=tuple(CustomerTicket(**row) for row in tickets),
        others=tuple(others),
    )
