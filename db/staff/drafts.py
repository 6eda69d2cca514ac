"""Drafts that wait for approval and their deadlines (SLA).

Only the last draft of a conversation that the agent owns counts (the view `waiting_drafts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Connection
from db.records import Channel, Priority, Queue, Severity
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDraft:
    """A draft without a deadline. `since` is the time of the first draft of its conversation that still waits."""

    id: UUID
    number: str
    channel: Channel
    category: str
    priority: Priority
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingDraft:
    """A draft with its deadline; `number` is its ticket's."""

    id: UUID
    number: str
    channel: Channel
    severity: Severity
    queue: Queue
    due_at: datetime


async def without_deadline(connection: Connection, *, limit: int) -> list[NewDraft]:
    """Return up to `limit` drafts that have no deadline yet, oldest first."""
    return [NewDraft(**row) for row in await connection.fetch(_SQL["without_deadline"], limit)]


async def set_deadlines(connection: Connection, draft: WaitingDraft, *, warn_at: datetime) -> bool:
    """Set the deadline of a draft and the time of its warning; False when another call has set them."""
    arguments = (draft.id, draft.severity, draft.queue, warn_at, draft.due_at)
    return await connection.fetchval(_SQL["set_deadlines"], *arguments) is not None


async def mark_warned(connection: Connection, *, now: datetime) -> list[WaitingDraft]:
    """Return drafts whose `warn_at` has passed, each only once."""
    return [WaitingDraft(**row) for row in await connection.fetch(_SQL["mark_warned"], now)]


async def mark_breached(connection: Connection, *, now: datetime) -> list[WaitingDraft]:
    """Return drafts whose deadline has passed, each only once."""
    return [WaitingDraft(**row) for row in await connection.fetch(_SQL["mark_breached"], now)]


async def list_overdue(connection: Connection, *, now: datetime, limit: int) -> list[WaitingDraft]:
    """Return drafts whose deadline has passed, the longest overdue first."""
    return [WaitingDraft(**row) for row in await connection.fetch(_SQL["list_overdue"], now, limit)]
