"""What the staff corrected in category and priority, with the customer's words: labels to train with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Connection
from db.records import Category, Channel, Priority
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A ticket as the staff labelled it. `text` is what the customer wrote before the first answer, with all personal
    data; `names` are the customer's. `category_before` and `priority_before` are from before the first correction."""

    ticket_id: str
    channel: Channel
    subject: str
    text: str
    category: Category
    priority: Priority
    category_before: Category
    priority_before: Priority
    corrected_at: datetime
    names: tuple[str, ...]


async def corrections(connection: Connection, since: datetime) -> list[Correction]:
    """Return what was corrected since a time (aware), the oldest first; nothing of customers who object."""
    rows = await connection.fetch(_SQL["corrections"], since)
    return [Correction(**{**row, "names": tuple(row["names"])}) for row in rows]


async def set_objection(connection: Connection, customers: Sequence[UUID], *, objects: bool) -> None:
    """Note whether customers object to being learned from. The first time of an objection stays."""
    await connection.execute(_SQL["object"], list(customers), objects)
