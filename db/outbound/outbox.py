"""The outbox: outbound messages, leased to one sender, sent in order, never resent while their outcome is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from db.pool import Connection
from db.records import Channel, OutboxRow, Priority, Queue, Severity
from db.sql import statements

UnsentState = Literal["ready", "unknown", "failed"]
_SQL = statements(__file__)


async def lease_due(connection: Connection, channel: Channel, *, limit: int, lease_s: float) -> list[OutboxRow]:
    """Lease the next ready message of up to `limit` conversations, oldest first; their state is `sending` then."""
    rows = await connection.fetch(_SQL["lease_due"], channel, limit, lease_s)
    return sorted((OutboxRow(**row) for row in rows), key=lambda row: row.id)


async def mark_sent(connection: Connection, sent: Sequence[tuple[UUID, str | None]]) -> None:
    """Record messages that their provider accepted, each with the provider's id (None where it gives none)."""
    await connection.execute(_SQL["mark_sent"], [row_id for row_id, _ in sent], [reference for _, reference in sent])


async def mark_unsent(
    connection: Connection,
    row_id: UUID,
    state: UnsentState,
    *,
    attempt: int,
    error: str,
    retry_in: float | None = 0.0,
) -> None:
    """Record that a message was not sent, or its outcome is unknown; due again in `retry_in` seconds (None: as set).

    `attempt` is the row's count when it was leased: nothing is changed once a later attempt has begun.
    """
    await connection.execute(_SQL["mark_unsent"], row_id, state, error, retry_in, attempt)


async def park_unserved(connection: Connection, channels: Sequence[Channel]) -> list[UUID]:
    """Park the ready messages of all channels but these; returns their ids."""
    return [row["id"] for row in await connection.fetch(_SQL["park_unserved"], list(channels))]


async def lease_unknown(connection: Connection, channel: Channel, *, limit: int, lease_s: float) -> list[OutboxRow]:
    """Lease messages of unknown outcome that are due for a look-up."""
    rows = await connection.fetch(_SQL["lease_unknown"], channel, limit, lease_s)
    return [OutboxRow(**row) for row in rows]


async def unpark_served(connection: Connection, channels: Sequence[Channel]) -> list[UUID]:
    """Release the messages of these channels that were parked for want of a sender; returns their ids."""
    return [row["id"] for row in await connection.fetch(_SQL["unpark_served"], list(channels))]


async def sender_of(connection: Connection, row_id: UUID) -> tuple[UUID, str]:
    """Return the customer of a message's conversation and its sender key (`whatsapp:+49…`)."""
    row = await connection.fetchrow(_SQL["sender_of"], row_id)
    assert row is not None
    return row["customer_id"], row["sender_key"]


async def redirect_to_email(connection: Connection, row_id: UUID, address: str) -> bool:
    """Send a WhatsApp message by mail to a linked address instead; False when a part of it may have been sent."""
    return await connection.fetchval(_SQL["redirect_to_email"], row_id, address) is not None


async def category_and_priority(connection: Connection, row_id: UUID) -> tuple[str, Priority]:
    """Return category and priority of a message's ticket."""
    row = await connection.fetchrow(_SQL["category_and_priority"], row_id)
    assert row is not None
    return row["category"], row["priority"]


async def park(
    connection: Connection, row_id: UUID, *, error: str, severity: Severity, queue: Queue, announce_on: str
) -> bool:
    """Park a message and hand its conversation over (`undeliverable`), announced on that topic.

    Returns False when it was parked before.
    """
    return bool(await connection.fetch(_SQL["park"], row_id, error, severity, queue, announce_on))


async def lookup_not_found(connection: Connection, row_id: UUID, *, pause_s: float) -> bool:
    """Record that a look-up did not find the message; after the second in a row it is ready to be sent once more.

    Returns True when it was sent once more already and is still not found: the staff have to look.
    """
    return bool(await connection.fetchval(_SQL["lookup_not_found"], row_id, pause_s))


async def look_up_now(connection: Connection, channel: Channel) -> list[UUID]:
    """Make the failed look-ups of a channel due at once: its provider answers again. Returns their replies' ids."""
    return [row["id"] for row in await connection.fetch(_SQL["look_up_now"], channel)]


async def lookup_failed(connection: Connection, row_id: UUID, *, error: str, pause_s: float) -> int:
    """Record that a look-up failed and return how many have; 0 when the message's outcome is known by now."""
    return int(await connection.fetchval(_SQL["lookup_failed"], row_id, error, pause_s) or 0)


async def expire_leases(connection: Connection) -> list[UUID]:
    """Free messages whose sender died: web replies are ready again, others of unknown outcome. Returns their ids."""
    return [row["id"] for row in await connection.fetch(_SQL["expire_leases"])]
