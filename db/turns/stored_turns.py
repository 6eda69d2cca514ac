"""Turns of the past as the agent was given them: for replays, and to look at a conversation without touching it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Connection
from db.records import Lease, Turn
from db.sql import statements
from db.turns.decisions import DecisionRecord, InboxState, record_from
from db.turns.open_turn import EARLIER, SENTIMENTS, history_of, turn_from

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision that was made: its record, the text that was frozen for the customer (None: none), and its state.

    `edited`: a person rewrote the draft, and `reply` is the person's; what the agent had written is gone.
    """

    record: DecisionRecord
    reply: str | None
    state: InboxState
    edited: bool


async def decided_between(connection: Connection, since: datetime, until: datetime, *, limit: int) -> list[Decided]:
    """Return up to `limit` decisions made from `since` on and before `until`, oldest first."""
    rows = await connection.fetch(_SQL["decided"], since, until, limit)
    return [
        Decided(record=record_from(row), reply=row["reply"], state=row["state"], edited=row["edited"]) for row in rows
    ]


async def as_it_was(connection: Connection, inbox_id: UUID) -> Turn | None:
    """Return the turn whose reply this row owns as it was before it was decided, or None when it is gone.

    What the store keeps no earlier version of is today's: the ticket's category and priority, names, and in `history`
    the tickets' states. Nothing holds its lease: token 0 can end no turn.
    """
    row = await connection.fetchrow(_SQL["as_it_was"], inbox_id, EARLIER, SENTIMENTS)
    if row is None:
        return None
    history = await history_of(connection, row) if row["tier"] else ()
    numbers = [line.partition(" ")[0] for line in history]
    before = {found["number"] for found in await connection.fetch(_SQL["opened_before"], numbers, row["decided_at"])}
    then = tuple(line for line, number in zip(history, numbers, strict=True) if number in before)
    return turn_from(row, Lease(customer_id=row["customer_id"], token=0, holder=""), then)


async def last_of_ticket(connection: Connection, number: str) -> tuple[UUID, InboxState] | None:
    """Return the row that owns the reply to a ticket's last message, and that message's state; None: no such ticket."""
    row = await connection.fetchrow(_SQL["last_of_ticket"], number)
    return None if row is None else (row["inbox_id"], row["state"])
