"""What people made of the agent's work: drafts sent as they were or changed, customers' marks, needless hand-overs.

Nothing of customers who object to being learned from. Texts are with all personal data; `names` are the customer's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from db.pool import Connection
from db.records import Channel
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    channel: Channel
    subject: str
    text: str
    at: datetime
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSent(_Said):
    """What the agent drafted, and what a person sent of it or in its place."""

    draft: str
    sent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated(_Said):
    """The agent's answer with the sections that it rests on, and whether the customer called it good."""

    good: bool
    reply: str
    slugs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated(_Said):
    """A decision and the class that the desk has shown to be right: `label`, or `none`."""

    label: str
    outcome: Literal["answered", "escalated"]
    reason: str | None


async def drafts(connection: Connection, since: datetime) -> list[DraftSent]:
    """Return drafts since a time (aware) with what was sent, the oldest first."""
    return [DraftSent(**_plain(row)) for row in await connection.fetch(_SQL["drafts"], since)]


async def ratings(connection: Connection, since: datetime) -> list[Rated]:
    """Return marks since a time (aware) of what the agent alone has answered, the oldest first."""
    return [Rated(**_plain(row)) for row in await connection.fetch(_SQL["ratings"], since)]


async def escalations(connection: Connection, since: datetime, classes: Sequence[str]) -> list[Escalated]:
    """Return decisions since a time (aware) that the desk has confirmed or corrected, the oldest first."""
    return [Escalated(**_plain(row)) for row in await connection.fetch(_SQL["escalation"], since, list(classes))]


def _plain(row: Any) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
