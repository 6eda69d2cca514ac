"""Drafts that wait for a person's approval, and their clock: when one must have looked at them, which are late.

Only the last draft of a conversation that the agent has counts here (the view `waiting_drafts`).
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
    """A draft without a clock. `since` is when the first draft of its conversation that still waits was written."""

    id: UUID
    number: str
    channel: Channel
    category: str
    priority: Priority
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingDraft:
    """A draft with its clock; `number` is its ticket's."""

    id: UUID
    number: str
    channel: Channel
    severity: Severity
    queue: Queue
    due_at: datetime


async def unstamped(connection: Connection, *, limit: int) -> list[NewDraft]:
    """Return drafts that have no clock yet, oldest first."""
    return [NewDraft(**row) for row in await connection.fetch(_SQL["unstamped"], limit)]


async def stamp(connection: Connection, draft: WaitingDraft, *, warn_at: datetime) -> bool:
    """Start a draft's clock; False when another call has done so."""
    arguments = (draft.id, draft.severity, draft.queue, warn_at, draft.due_at)
    return await connection.fetchval(_SQL["stamp"], *arguments) is not None


async def warn(connection: Connection, *, now: datetime) -> list[WaitingDraft]:
    """Return drafts that will soon be late, each once in its life."""
    return [WaitingDraft(**row) for row in await connection.fetch(_SQL["warn"], now)]


async def breach(connection: Connection, *, now: datetime) -> list[WaitingDraft]:
    """Return drafts that are late now, each once in its life."""
    return [WaitingDraft(**row) for row in await connection.fetch(_SQL["breach"], now)]


async def overdue(connection: Connection, *, now: datetime, limit: int) -> list[WaitingDraft]:
    """Return drafts that are late and still wait, the longest first."""
    return [WaitingDraft(**row) for row in await connection.fetch(_SQL["overdue"], now, limit)]
