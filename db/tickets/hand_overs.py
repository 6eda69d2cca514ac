"""Hand-overs and their clock: when a person has to take one, who was late. Rows are made by the ticket's own steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Connection
from db.records import Channel, Queue, Severity
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """A ticket in the hands of people. `due_at`: when one of them must have taken it, None until it is stamped."""

    id: UUID
    number: str
    channel: Channel
    severity: Severity
    queue: Queue
    reason: str | None
    started_at: datetime
    due_at: datetime | None
    taken_at: datetime | None


async def unstamped(connection: Connection, *, limit: int) -> list[HandOver]:
    """Return new hand-overs that have no times yet, oldest first."""
    return [HandOver(**row) for row in await connection.fetch(_SQL["unstamped"], limit)]


async def stamp(
    connection: Connection, hand_over_id: UUID, *, warn_at: datetime, due_at: datetime, reason: str | None
) -> bool:
    """Write when it is due and when that comes near; False when another call has done so."""
    return await connection.fetchval(_SQL["stamp"], hand_over_id, warn_at, due_at, reason) is not None


async def warn(connection: Connection, *, now: datetime, limit: int) -> list[HandOver]:
    """Return hand-overs that will soon be late, each once in its life."""
    return [HandOver(**row) for row in await connection.fetch(_SQL["warn"], now, limit)]


async def breach(connection: Connection, *, now: datetime, limit: int) -> list[HandOver]:
    """Return hand-overs that are late now, each once in its life."""
    return [HandOver(**row) for row in await connection.fetch(_SQL["breach"], now, limit)]


async def overdue(connection: Connection, *, now: datetime, limit: int) -> list[HandOver]:
    """Return hand-overs that are late and still nobody's, the longest first."""
    return [HandOver(**row) for row in await connection.fetch(_SQL["overdue"], now, limit)]


async def of_ticket(connection: Connection, number: str) -> list[HandOver]:
    """Return the hand-overs of a ticket, the latest first."""
    return [HandOver(**row) for row in await connection.fetch(_SQL["of_ticket"], number)]
