"""Passages of the knowledge base as a person's ready answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from db.pool import Connection
from db.sql import statements
from db.staff.words import tsquery

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyAnswer:
    """A passage; `source` is its document."""

    slug: str
    title: str
    category: str
    text: str
    source: str


async def by_slug(connection: Connection, slugs: Sequence[str]) -> list[ReadyAnswer]:
    """Return these passages in this order, without those that are gone."""
    return [ReadyAnswer(**row) for row in await connection.fetch(_SQL["by_slug"], list(slugs))]


async def by_words(connection: Connection, asked: str, *, limit: int) -> list[ReadyAnswer]:
    """Return the passages in which most of these words stand, the best first; the last word may be a beginning."""
    query = tsquery(asked, "|")
    if query is None:
        return []
    return [ReadyAnswer(**row) for row in await connection.fetch(_SQL["by_words"], query, limit)]
