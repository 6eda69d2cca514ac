"""Notifications of the team (hand-overs, drafts, SLA breaches, alarms), each sent at least once.

Bodies hold ticket numbers, categories and the like; no personal data of customers.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from db.pool import Connection
from db.records import Channel
from db.sql import statements

NEVER_AGAIN_S = 1e9
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A notification. `reached` are the fingerprints of the addressees that have it already."""

    key: str
    urgent: bool
    body: str
    attempts: int
    reached: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Undelivered notifications: the number waiting to be tried again, and of those given up within the last day."""

    waiting: int
    failed: int
    last_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnconfirmedReply:
    """A reply that may not have reached its customer, not notified of yet; `number` is its ticket's.

    `unknown`: its outcome at the provider is unknown; `parked`: it is undeliverable, in a closed conversation.
    `minutes` is its age.
    """

    id: UUID
    state: Literal["unknown", "parked"]
    number: str
    channel: Channel
    minutes: float


async def add(
    connection: Connection,
    key: str,
    body: str,
    *,
    due_at: datetime,
    urgent: bool = False,
    hand_over_id: UUID | None = None,
    draft_id: UUID | None = None,
    again_after_s: float = NEVER_AGAIN_S,
) -> bool:
    """Add a notification to be sent from `due_at` on; False when its key was added within `again_after_s` seconds."""
    arguments = (key, hand_over_id, urgent, body, due_at, again_after_s, draft_id)
    return await connection.fetchval(_SQL["add"], *arguments) is not None


async def withdraw_settled(connection: Connection) -> None:
    """Withdraw announcements of hand-overs that were taken, and all notifications of drafts that wait no more."""
    await connection.execute(_SQL["withdraw_settled"])


async def lease_due(connection: Connection, *, now: datetime, limit: int, lease_s: float) -> list[Notification]:
    """Lease due notifications, urgent ones first."""
    rows = await connection.fetch(_SQL["lease_due"], now, limit, lease_s)
    found = [Notification(**dict(row) | {"reached": tuple(row["reached"])}) for row in rows]
    return sorted(found, key=lambda one: (not one.urgent, one.created_at, one.key))


async def lease_trial(connection: Connection, *, now: datetime, lease_s: float) -> Notification | None:
    """Lease the notification whose later attempt comes next, to see whether its addressees are back."""
    row = await connection.fetchrow(_SQL["lease_trial"], now, lease_s)
    return None if row is None else Notification(**dict(row) | {"reached": tuple(row["reached"])})


async def end_trial(connection: Connection, key: str, *, reached: Collection[str], error: str) -> None:
    """Give back a notification that was leased for a trial, which failed."""
    await connection.execute(_SQL["end_trial"], key, list(reached), error)


async def hurry(connection: Connection, *, now: datetime) -> None:
    """Make every notification due that waits for a later attempt."""
    await connection.execute(_SQL["hurry"], now)


async def mark_sent(connection: Connection, keys: Collection[str], *, reached: Collection[str]) -> None:
    """Record that notifications have reached every addressee; `reached` are their fingerprints."""
    await connection.execute(_SQL["mark_sent"], list(keys), list(reached))


async def defer(
    connection: Connection, keys: Collection[str], *, reached: Collection[str], error: str, retry_in: float | None
) -> None:
    """Record that notifications have not reached every addressee; `retry_in` in seconds, None gives up."""
    await connection.execute(_SQL["defer"], list(keys), list(reached), error, retry_in)


async def mark_unsent(connection: Connection, *, now: datetime) -> None:
    """Settle due notifications as unsent when there is no addressee."""
    await connection.execute(_SQL["mark_unsent"], now)


async def backlog(connection: Connection) -> Backlog:
    """Return the undelivered notifications."""
    row = await connection.fetchrow(_SQL["backlog"])
    assert row is not None
    return Backlog(**row)


async def delete_old(connection: Connection, *, before: datetime, limit: int) -> int:
    """Delete up to `limit` settled notifications added before `before`; returns how many."""
    done: int = await connection.fetchval(_SQL["delete_old"], before, limit)
    return done


async def unconfirmed_replies(
    connection: Connection, *, now: datetime, after_s: float, limit: int = 100
) -> list[UnconfirmedReply]:
    """Return replies not notified of yet: unknown for `after_s` seconds, or parked in a closed conversation."""
    rows = await connection.fetch(_SQL["unconfirmed_replies"], now, after_s, limit)
    return [UnconfirmedReply(**row) for row in rows]
