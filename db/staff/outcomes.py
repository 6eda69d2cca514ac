"""What became of the agent's decisions, as the desk shows: whether a person was needed, which category was right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from db.pool import Connection
from db.records import Category, Channel
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision with its scores by name. `needed`: a person was needed, whatever was decided."""

    outcome: Literal["answered", "escalated"]
    reason: str | None
    rule: str
    scores: Mapping[str, float]
    needed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a customer wrote, with all personal data, and the category that a person let stand or set."""

    channel: Channel
    subject: str
    text: str
    category: Category
    names: tuple[str, ...]


async def decided(connection: Connection, since: datetime) -> list[Decided]:
    """Return the decisions since a time (aware) of which the outcome is known, the oldest first. No text is in them."""
    return [Decided(**row) for row in await connection.fetch(_SQL["decided"], since)]


async def categories(connection: Connection, since: datetime) -> list[Seen]:
    """Return the tickets since a time (aware), the oldest first; nothing of customers who object."""
    rows = await connection.fetch(_SQL["categories"], since)
    return [Seen(**{**row, "names": tuple(row["names"])}) for row in rows]
