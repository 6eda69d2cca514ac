"""What people do with conversations. Each verb runs inside the caller's transaction, behind `lock`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.pool import Connection
from db.records import Channel, TicketStatus
from db.sql import statements
from db.tickets.ticket_life import illegal_step

Action = Literal["take_over", "reply", "release", "resolve", "close", "approve"]
ConversationStatus = Literal["open", "handed_over", "closed"]
Owner = Literal["agent", "staff"]
UNSAID = ("ready", "draft")
"""The outbox states of what has not begun to leave."""
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who has a conversation and where its ticket stands. `assignee` None: the agent has it, or nobody has come yet.

    `untaken`: a hand-over waits for somebody. `unanswered`: a message waits for its turn, or is in it.
    """

    conversation_id: UUID
    channel: Channel
    status: ConversationStatus
    owner: Owner
    assignee: str | None
    customer_id: UUID
    sender_key: str
    ticket_key: UUID
    ticket_id: str
    ticket_status: TicketStatus
    subject: str
    untaken: bool
    unanswered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A person's words with their keys made; `key` is the caller's Idempotency-Key within the conversation."""

    message_id: UUID
    outbox_id: UUID
    text: str
    key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierReply:
    """What an earlier call with the same key said, and the warnings that it got. `author` agent: a draft as it was."""

    outbox_id: UUID
    author: Literal["agent", "staff"]
    body: str
    message_id: UUID
    warnings: list[dict[str, str]]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A word of the agent's that waits for approval."""

    id: UUID
    ticket_id: UUID
    channel: Channel
    recipient: str
    body: str


async def lock(connection: Connection, conversation_id: UUID) -> Standing | None:
    """Hold the conversation until the transaction ends and return how it stands; None when there is none."""
    if await connection.fetchval(_SQL["lock"], conversation_id) is None:
        return None
    return await standing(connection, conversation_id)


async def standing(connection: Connection, conversation_id: UUID) -> Standing:
    """Return how a conversation stands that there is."""
    row = await connection.fetchrow(_SQL["standing"], conversation_id)
    assert row is not None
    return Standing(**row)


async def take_over(connection: Connection, at: Standing, by: str) -> None:
    """Give the conversation to a person and fence the agent's runs; the ticket is escalated."""
    await connection.execute(_SQL["take_over"], at.conversation_id, by, at.ticket_key)


async def take_back(
    connection: Connection, conversation_id: UUID, states: Sequence[str], *, why: str, notices: bool = False
) -> None:
    """Cancel the agent's unsaid words that are in these outbox states; their messages are held for a person.

    `notices`: those of hand-overs too. Without it the customer is told of his hand-over in any case.
    """
    await connection.execute(_SQL["take_back"], conversation_id, list(states), why, notices)


async def earlier_reply(connection: Connection, key: str) -> EarlierReply | None:
    """Return the reply or the approval that came with this key before."""
    row = await connection.fetchrow(_SQL["earlier_reply"], key)
    return None if row is None else EarlierReply(**row)


async def say(connection: Connection, at: Standing, word: Word) -> None:
    """Store a person's words and put them on their way."""
    arguments = (at.conversation_id, word.message_id, at.ticket_key, word.text, word.outbox_id, word.key)
    await connection.execute(_SQL["say"], *arguments)


async def release(connection: Connection, at: Standing, *, wake_on: str) -> int:
    """Give the conversation back to the agent; returns how many messages it has to answer now, woken on that topic."""
    await connection.execute(_SQL["release"], at.conversation_id)
    return len(await connection.fetch(_SQL["wake_held"], at.conversation_id, wake_on))


async def unanswered(connection: Connection, conversation_id: UUID) -> bool:
    """Tell whether no person has written since the customer's last word."""
    return bool(await connection.fetchval(_SQL["unanswered"], conversation_id))


async def move_ticket(connection: Connection, at: Standing, status: TicketStatus) -> None:
    """Set the ticket's status. Raises IllegalStepError, and the transaction is lost then."""
    try:
        await connection.execute(_SQL["move_ticket"], at.ticket_key, status)
    except asyncpg.CheckViolationError as error:
        raise illegal_step(error) from None


async def close(connection: Connection, at: Standing) -> None:
    """End the conversation: the agent's runs are fenced."""
    await connection.execute(_SQL["close"], at.conversation_id)


async def draft(connection: Connection, at: Standing, draft_id: UUID | None) -> Draft | None:
    """Return the draft of this id, or the oldest that waits; None when it does not wait (any more)."""
    row = await connection.fetchrow(_SQL["draft"], at.conversation_id, draft_id)
    return None if row is None else Draft(**row)


async def approve(connection: Connection, word: Word, *, author: Literal["agent", "staff"], by: str) -> None:
    """Say the draft that the word names as its outbox row, under that author, as the word's text."""
    await connection.execute(_SQL["approve"], word.outbox_id, word.message_id, author, word.text, by, word.key)


async def record(
    connection: Connection,
    conversation_id: UUID,
    action: Action,
    by: str,
    *,
    message_id: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
) -> datetime:
    """Write down who did what and return when; `detail` holds none of the customer's words."""
    arguments = (new_id(), conversation_id, by, action, message_id, dict(detail or {}))
    recorded_at: datetime = await connection.fetchval(_SQL["record"], *arguments)
    return recorded_at
