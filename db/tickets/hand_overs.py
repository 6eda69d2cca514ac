"""Hand-overs and their deadlines (SLA). The trigger on a ticket's status creates and ends them."""

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
    """A hand-over of a ticket to the staff; `due_at` is by when one of them must take it, None until it is set."""

    id: UUID
    number: str
    channel: Channel
    severity: Severity
    queue: Queue
    reason: str | None
    started_at: datetime
    due_at: datetime | None
    taken_at: datetime | None


async def without_deadline(connection: Connection, *, limit: int) -> list[HandOver]:
    """Return up to `limit` hand-overs that have no deadline yet, oldest first."""
    return [HandOver(**row) for row in await connection.fetch(_SQL["without_deadline"], limit)]


async def set_deadlines(
    connection: Connection, hand_over_id: UUID, *, warn_at: datetime, due_at: datetime, reason: str | None
) -> bool:
    """Set the deadline `due_at` and the time of its warning; False when another call has set them."""
    return await connection.fetchval(_SQL["set_deadlines"], hand_over_id, warn_at, due_at, reason) is not None


async def mark_warned(connection: Connection, *, now: datetime, limit: int) -> list[HandOver]:
    """Return untaken hand-overs whose `warn_at` has passed, each only once."""
    return [HandOver(**row) for row in await connection.fetch(_SQL["mark_warned"], now, limit)]


async def mark_breached(connection: Connection, *, now: datetime, limit: int) -> list[HandOver]:
    """Return untaken hand-overs whose deadline has passed, each only once."""
    return [HandOver(**row) for row in await connection.fetch(_SQL["mark_breached"], now, limit)]


async def list_overdue(connection: Connection, *, now: datetime, limit: int) -> list[HandOver]:
    """Return untaken hand-overs whose deadline has passed, the longest overdue first."""
    return [HandOver(**row) for row in await connection.fetch(_SQL["list_overdue"], now, limit)]


async def of_ticket(connection: Connection, number: str) -> list[HandOver]:
    """Return the hand-overs of the ticket with this number, newest first."""
    return [HandOver(**row) for row in await connection.fetch(_SQL["of_ticket"], number)]
