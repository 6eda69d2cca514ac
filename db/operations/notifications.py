"""What the team is told (hand-overs, drafts, broken promises, alarms): a row each, told at least once and not again.

Bodies hold ticket numbers and what we made of them; nothing of a customer's.
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
    """One line for the team. `reached` are the fingerprints of the addressees that have it already."""

    key: str
    urgent: bool
    body: str
    attempts: int
    reached: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What the team has not been told: waits to be tried again, was given up within the last day."""

    waiting: int
    failed: int
    last_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnconfirmedReply:
    """A word of ours that may not have reached its customer, and of which nobody was told yet.

    `unknown`: its provider does not say; `parked`: it came back, and its conversation was closed by then.
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
    """Note something to tell from `due_at` on; False when its key was told of within `again_after_s` seconds."""
    arguments = (key, hand_over_id, urgent, body, due_at, again_after_s, draft_id)
    return await connection.fetchval(_SQL["add"], *arguments) is not None


async def withdraw_settled(connection: Connection) -> None:
    """Take back announcements of hand-overs that a person has taken, and all news of drafts that wait no more."""
    await connection.execute(_SQL["withdraw"])


async def claim(connection: Connection, *, now: datetime, limit: int, lease_s: float) -> list[Notification]:
    """Lease what is due, the urgent first."""
    rows = await connection.fetch(_SQL["claim"], now, limit, lease_s)
    found = [Notification(**dict(row) | {"reached": tuple(row["reached"])}) for row in rows]
    return sorted(found, key=lambda one: (not one.urgent, one.created_at, one.key))


async def mark_sent(connection: Connection, keys: Collection[str], *, reached: Collection[str]) -> None:
    """Record that everybody has them."""
    await connection.execute(_SQL["sent"], list(keys), list(reached))


async def defer(
    connection: Connection, keys: Collection[str], *, reached: Collection[str], error: str, retry_in: float | None
) -> None:
    """Record that some of the addressees have not got them; None gives up."""
    await connection.execute(_SQL["defer"], list(keys), list(reached), error, retry_in)


async def mark_unsent(connection: Connection, *, now: datetime) -> None:
    """Settle what is due when nobody is to be told."""
    await connection.execute(_SQL["unsent"], now)


async def backlog(connection: Connection) -> Backlog:
    """Return what could not be told."""
    row = await connection.fetchrow(_SQL["backlog"])
    assert row is not None
    return Backlog(**row)


async def delete_old(connection: Connection) -> None:
    """Forget what was settled a month ago."""
    await connection.execute(_SQL["delete_old"])


async def unconfirmed_replies(
    connection: Connection, *, now: datetime, after_s: float, limit: int = 100
) -> list[UnconfirmedReply]:
    """Return words that were never told of: of unknown fate `after_s` seconds after they were written, or stranded."""
    rows = await connection.fetch(_SQL["undecided_words"], now, after_s, limit)
    return [UnconfirmedReply(**row) for row in rows]
