"""The transactional outbox for Kafka: claimed by a relay, marked with their log position, repeated when lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from db.ids import new_id
from db.pool import Connection
from db.records import Event
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The log position of an event."""

    event_id: UUID
    partition: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An event that the broker refuses for good: its record's value, and the cause that the staff read."""

    event_id: UUID
    value: bytes
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPosition:
    """A partition's first offset, the consumer group's committed offset (None: none yet) and its end."""

    partition: int
    first: int
    committed: int | None
    ending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the order in which events were published."""

    published_at: datetime
    id: UUID


START = Place(published_at=datetime(1970, 1, 1, tzinfo=UTC), id=UUID(int=0))


async def add(
    connection: Connection, topic: str, key: str, value: dict[str, Any] | str, *, headers: dict[str, str] | None = None
) -> UUID:
    """Add an event for the relay and return its id; a text value is stored as a JSON string."""
    event_id = new_id()
    await connection.execute(_SQL["add"], event_id, topic, key, value, headers or {}, None)
    return event_id


async def lease_due(connection: Connection, *, limit: int, lease_s: float) -> list[Event]:
    """Lease up to `limit` pending events for `lease_s` seconds, oldest first."""
    rows = await connection.fetch(_SQL["lease_due"], limit, lease_s)
    return sorted((Event(**row) for row in rows), key=lambda event: event.id)


async def mark_published(connection: Connection, published: Sequence[Published]) -> None:
    """Record the events that the broker has acknowledged."""
    await connection.execute(
        _SQL["mark_published"],
        [p.event_id for p in published],
        [p.partition for p in published],
        [p.offset for p in published],
    )


async def defer(connection: Connection, event_ids: Sequence[UUID], *, seconds: float) -> None:
    """Release claimed events, to be due again in `seconds`."""
    await connection.execute(_SQL["defer"], list(event_ids), seconds)


async def put_off(connection: Connection, event_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Release claimed events that the broker refuses, to be due again after growing pauses; returns their refusals."""
    return {row["id"]: row["refusals"] for row in await connection.fetch(_SQL["put_off"], list(event_ids))}


async def dead_letter(connection: Connection, refused: Refused, *, announce_on: str, wake_on: str) -> bool:
    """Dead-letter a refused event, announced on `announce_on`; False where it stays, because it is a bare one.

    A message that waits for it is woken on `wake_on` by a bare event, which the broker has no reason to refuse.
    """
    arguments = (refused.event_id, new_id(), refused.value, refused.cause, new_id(), announce_on, new_id(), wake_on)
    return await connection.fetchval(_SQL["dead_letter"], *arguments) is not None


async def repeat_lost(
    connection: Connection, topic: str, positions: Sequence[LogPosition], *, min_age_s: float
) -> list[UUID]:
    """Publish the wake-ups of waiting messages again whose record was lost or passed over; returns the events' ids.

    Only messages and records older than `min_age_s` count.
    """
    rows = await connection.fetch(
        _SQL["repeat_lost"],
        topic,
        [p.partition for p in positions],
        [p.first for p in positions],
        [p.committed for p in positions],
        [p.ending for p in positions],
        min_age_s,
    )
    return [row["id"] for row in rows]


async def delete_published(
    connection: Connection, *, before: datetime, behind: Place = START, limit: int
) -> tuple[Place, int] | None:
    """Delete events published before `before` whose message is finished, looking at the next `limit` behind a place.

    Returns the place to go on from and how many were deleted, or None when there is nothing left to look at.
    """
    row = await connection.fetchrow(_SQL["delete_published"], before, behind.published_at, behind.id, limit)
    return None if row is None else (Place(published_at=row["published_at"], id=row["id"]), row["deleted"])


async def pending(connection: Connection) -> tuple[int, float]:
    """Return the number of pending events, and the age of the oldest in seconds."""
    row = await connection.fetchrow(_SQL["pending"])
    assert row is not None
    return row["events"], row["oldest_s"]


async def published_at(connection: Connection, inbox_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """Return when the records of these inbox rows were first in Kafka; events are kept for a day only."""
    rows = await connection.fetch(_SQL["published_at"], list(inbox_ids))
    return {row["inbox_id"]: row["published_at"] for row in rows}
