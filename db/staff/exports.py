"""What was asked and what answered it, of resolved tickets: pairs to train and measure a search with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from db.pool import Connection
from db.records import Channel
from db.sql import statements

What = Literal["replies", "answers"]
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A ticket with what the customer wrote before the first answer, and with all personal data.

    `answer` is a person's reply, or None, and then `slugs` are the sections that the agent's answer rests on.
    """

    ticket_id: str
    channel: Channel
    subject: str
    text: str
    answer: str | None
    slugs: tuple[str, ...]
    resolved_at: datetime
    names: tuple[str, ...]


async def resolved(connection: Connection, what: What, since: datetime) -> list[Resolved]:
    """Return tickets since a time (aware), the oldest first; nothing of customers who object.

    replies: those that a person answered · answers: those that the agent did and the customer called good.
    """
    rows = await connection.fetch(_SQL[what], since)
    return [Resolved(**{**row, "slugs": tuple(row["slugs"]), "names": tuple(row["names"])}) for row in rows]
