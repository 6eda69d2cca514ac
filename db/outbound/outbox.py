"""Words that wait to leave: leased to one sender, in their conversation's order, never sent blindly a second time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from db.pool import Connection
from db.records import Channel, OutboxRow, Priority, Queue, Severity
from db.sql import statements

Unsent = Literal["ready", "unknown", "failed"]
_SQL = statements(__file__)


async def claim(connection: Connection, channels: Sequence[Channel], *, limit: int, lease_s: float) -> list[OutboxRow]:
    """Lease the next ready word of up to `limit` conversations, oldest first; they are `sending` from here on."""
    rows = await connection.fetch(_SQL["claim"], list(channels), limit, lease_s)
    return sorted((OutboxRow(**row) for row in rows), key=lambda row: row.id)


async def mark_sent(connection: Connection, sent: Sequence[tuple[UUID, str | None]]) -> None:
    """Record words that their provider accepted, each with the provider's id of it (None where there is no such id)."""
    await connection.execute(_SQL["sent"], [row_id for row_id, _ in sent], [reference for _, reference in sent])


async def settle(
    connection: Connection,
    row_id: UUID,
    state: Unsent,
    *,
    attempt: int,
    error: str,
    retry_in: float | None = 0.0,
) -> None:
    """Record why a word did not leave, or is not known to have left, and when to look at it again (None: as noted).

    `attempt` is the row's count when it was leased: a sender that was taken for dead meanwhile changes nothing.
    """
    await connection.execute(_SQL["settle"], row_id, state, error, retry_in, attempt)


async def park_unserved(connection: Connection, channels: Sequence[Channel]) -> list[UUID]:
    """Park the ready words of all channels but these; returns their ids."""
    return [row["id"] for row in await connection.fetch(_SQL["park_unserved"], list(channels))]


async def lease_unknown(
    connection: Connection, channels: Sequence[Channel], *, limit: int, lease_s: float
) -> list[OutboxRow]:
    """Lease words of unknown fate that are due for a look-up."""
    rows = await connection.fetch(_SQL["lease_unknown"], list(channels), limit, lease_s)
    return [OutboxRow(**row) for row in rows]


async def serve_again(connection: Connection, channels: Sequence[Channel]) -> list[UUID]:
    """Free the words of these channels that were parked because nobody served them; returns their ids."""
    return [row["id"] for row in await connection.fetch(_SQL["serve_again"], list(channels))]


async def sender_of(connection: Connection, row_id: UUID) -> tuple[UUID, str]:
    """Return the customer whom a word answers and the key of the identifier that wrote (`whatsapp:+49…`)."""
    row = await connection.fetchrow(_SQL["sender"], row_id)
    assert row is not None
    return row["customer_id"], row["sender_key"]


async def redirect(connection: Connection, row_id: UUID, address: str) -> bool:
    """Let a WhatsApp word leave by mail to a linked address; False when a piece of it is out already."""
    return await connection.fetchval(_SQL["redirect"], row_id, address) is not None


async def ticket_of(connection: Connection, row_id: UUID) -> tuple[str, Priority]:
    """Return category and priority of the ticket that a word belongs to."""
    row = await connection.fetchrow(_SQL["parked_ticket"], row_id)
    assert row is not None
    return row["category"], row["priority"]


async def park(
    connection: Connection, row_id: UUID, *, error: str, severity: Severity, queue: Queue, announce_on: str
) -> bool:
    """Let a word wait for a person and hand the conversation over (`undeliverable`), announced on that topic.

    Returns False when the word was parked before.
    """
    return bool(await connection.fetch(_SQL["park"], row_id, error, severity, queue, announce_on))


async def missed(connection: Connection, row_id: UUID, *, pause_s: float) -> bool:
    """Record that a look-up did not find the word; after the second in a row it is ready to be sent once more.

    Returns True when it was sent once more already and is still not to be found: a person has to look.
    """
    return bool(await connection.fetchval(_SQL["missed"], row_id, pause_s))


async def ask_now(connection: Connection, channel: Channel) -> None:
    """Let the channel's words whose provider could not be asked be looked up at once: it answers again."""
    await connection.execute(_SQL["ask_now"], channel)


async def not_asked(connection: Connection, row_id: UUID, *, error: str, pause_s: float) -> int:
    """Record that the provider could not be asked and return how often by now; 0 when the word's fate is known."""
    return int(await connection.fetchval(_SQL["not_asked"], row_id, error, pause_s) or 0)


async def expire(connection: Connection) -> list[UUID]:
    """Free the words whose sender died: web words are ready again, others are of unknown fate. Returns their ids."""
    return [row["id"] for row in await connection.fetch(_SQL["expire"])]
