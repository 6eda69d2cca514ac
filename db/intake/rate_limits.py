"""Fixed-window rate limits, counted in PostgreSQL because a counter in memory would be one per replica."""

from __future__ import annotations

from dataclasses import dataclass

from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A running window: calls so far, this one included, and the seconds until it ends."""

    hits: int
    ends_in: float


async def count(connection: Connection, key: str, *, seconds: int) -> Window:
    """Count one call of `key` in its fixed window of `seconds` (at most an hour)."""
    row = await connection.fetchrow(_SQL["count"], key, seconds)
    assert row is not None
    return Window(**row)


async def hits(connection: Connection, key: str, *, seconds: int) -> int:
    """Return how many calls of `key` its running window of `seconds` has counted."""
    return int(await connection.fetchval(_SQL["hits"], key, seconds) or 0)
