"""Past turns as the agent was given them, for replays and for reading a conversation without a lease."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from db.pool import Connection
from db.records import Lease, Turn
from db.sql import statements
from db.turns.decisions import DecisionRecord, InboxState, record_from
from db.turns.open_turn import MAX_EARLIER, MAX_SENTIMENTS, history_of, turn_from
from db.turns.turn_text import bounded

MAX_UNANSWERED = 5
"""Of the messages that wait for a person, how many a draft answers."""
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """A decision with its frozen reply (None: there was none) and the state of the inbox row that owns it.

    `edited`: the staff rewrote the draft and `reply` is their text; the agent's is not kept.
    """

    record: DecisionRecord
    reply: str | None
    state: InboxState
    edited: bool


async def decisions_between(
    connection: Connection, since: datetime, until: datetime, *, limit: int
) -> list[StoredDecision]:
    """Return up to `limit` decisions made from `since` on and before `until`, oldest first."""
    rows = await connection.fetch(_SQL["decisions_between"], since, until, limit)
    return [
        StoredDecision(record=record_from(row), reply=row["reply"], state=row["state"], edited=row["edited"])
        for row in rows
    ]


async def turn_as_opened(connection: Connection, inbox_id: UUID) -> Turn | None:
    """Return the turn whose reply this inbox row owns as it was opened, or None when the row was erased.

    The store keeps no earlier versions of some values, so they are today's: the ticket's category and priority, names,
    and in `history` the status of the tickets. The lease has token 0, with which no turn can be ended.
    """
    row = await connection.fetchrow(_SQL["turn_as_opened"], inbox_id, MAX_EARLIER, MAX_SENTIMENTS)
    if row is None:
        return None
    history = await history_of(connection, row) if row["tier"] else ()
    numbers = [line.partition(" ")[0] for line in history]
    opened = {ticket["number"] for ticket in await connection.fetch(_SQL["opened_before"], numbers, row["decided_at"])}
    history = tuple(line for line, number in zip(history, numbers, strict=True) if number in opened)
    return turn_from(row, Lease(customer_id=row["customer_id"], token=0, holder=""), history)


async def unanswered_turn(connection: Connection, conversation_id: UUID) -> Turn | None:
    """Return what waits for a person in a conversation as one turn, after what was written before it; None: nothing.

    Up to MAX_UNANSWERED messages, the newest. The lease has token 0, as in `turn_as_opened`.
    """
    rows = await connection.fetch(_SQL["unanswered"], conversation_id, MAX_UNANSWERED)
    opened = [await turn_as_opened(connection, row["id"]) for row in rows]
    turns = [turn for turn in opened if turn is not None]
    if not turns:
        return None
    waiting = [message for turn in turns for message in turn.waiting]
    contents = bounded([message.content for message in waiting])
    return replace(
        turns[0],
        waiting=tuple(replace(one, content=content) for one, content in zip(waiting, contents, strict=True)),
        unparsed=any(turn.unparsed for turn in turns),
    )


async def last_message_of_ticket(connection: Connection, number: str) -> tuple[UUID, InboxState] | None:
    """Return the inbox row that owns the reply to a ticket's last message, and that message's state, or None."""
    row = await connection.fetchrow(_SQL["last_message_of_ticket"], number)
    return None if row is None else (row["inbox_id"], row["state"])
