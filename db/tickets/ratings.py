"""The customers' marks for their tickets (CSAT)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from db.pool import Connection
from db.records import TicketStatus
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratings:
    """The marks given in a span, and how many customers were asked by WhatsApp or mail; `channel` None: all."""

    channel: str | None
    good: int
    bad: int
    asked: int


class UnknownTicketError(Exception):
    """No ticket has this number; nothing was done."""


async def rate(connection: Connection, number: str, *, good: bool, reopen: bool) -> TicketStatus | None:
    """Store the mark of an answered or ended ticket and return its status; None for a ticket that is neither.

    A good one resolves a ticket that waits for the customer. A bad one, with `reopen`, hands it over to a person,
    unless it is closed. To be called in a transaction. Raises UnknownTicketError.
    """
    if await connection.fetchval(_SQL["lock"], number) is None:
        raise UnknownTicketError(number)
    status: TicketStatus | None = await connection.fetchval(_SQL["rate"], number, good)
    if status is None:
        return None
    if good and status == "waiting":
        await connection.execute(_SQL["resolve"], number)
        return "resolved"
    if not good and reopen and status in ("waiting", "resolved"):
        await connection.execute(_SQL["hand_over"], number)
        return "escalated"
    return status


async def of_span(connection: Connection, since: datetime, until: datetime) -> list[Ratings]:
    """Return the marks of each channel that had any, and those of all."""
    return [Ratings(**row) for row in await connection.fetch(_SQL["of_span"], since, until)]
