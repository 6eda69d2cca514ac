"""The staff's actions on conversations. Each runs inside the caller's transaction, after `lock`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg

from db.ids import new_id
from db.pool import Connection
from db.records import Category, Channel, ConversationStatus, Owner, Priority, Queue, TicketStatus
from db.sql import statements
from db.tickets.ticket_life import transition_error

Action = Literal["take_over", "reply", "release", "resolve", "close", "approve", "label"]
UNSENT_STATES = ("ready", "draft")
"""The outbox states of replies whose sending has not begun."""
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationState:
    """Who owns a conversation, and its newest ticket. `assignee` None: the agent owns it, or no one has taken it.

    `untaken`: a hand-over has not been taken. `unanswered`: a message waits for its turn, or is in one. `version` is
    another one after each message, draft and action.
    """

    conversation_id: UUID
    channel: Channel
    status: ConversationStatus
    owner: Owner
    assignee: str | None
    customer_id: UUID
    sender_key: str
    ticket_id: UUID
    ticket_number: str
    ticket_status: TicketStatus
    subject: str
    untaken: bool
    unanswered: bool
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What was done last in a conversation: an Action of the staff, or `message` of the customer or the agent."""

    who: str
    what: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStaffReply:
    """A reply by the staff with the ids of its rows; `key` is its Idempotency-Key, unique over all conversations.

    `text` is what the customer gets, `written` what the person wrote of it.
    """

    message_id: UUID
    outbox_id: UUID
    text: str
    written: str
    key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """Whom a reply greets ('' without a name), and whether nothing was sent in the conversation before."""

    name: str
    is_first_reply: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierReply:
    """The reply of an earlier call with the same key, with its warnings. `author` agent: an unchanged draft."""

    outbox_id: UUID
    author: Literal["agent", "staff"]
    body: str
    message_id: UUID
    warnings: list[dict[str, str]]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Category and priority of a ticket, and the reason of its hand-over, None without one."""

    category: Category
    priority: Priority
    escalation_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A reply of the agent's that waits for approval."""

    id: UUID
    ticket_id: UUID
    channel: Channel
    recipient: str
    body: str


async def lock(connection: Connection, conversation_id: UUID) -> ConversationState | None:
    """Lock a conversation until the transaction ends and return its state; None when there is none."""
    if await connection.fetchval(_SQL["lock"], conversation_id) is None:
        return None
    return await conversation_state(connection, conversation_id)


async def conversation_state(connection: Connection, conversation_id: UUID) -> ConversationState:
    """Return the state of a conversation, which must exist."""
    row = await connection.fetchrow(_SQL["conversation_state"], conversation_id)
    assert row is not None
    return ConversationState(**row)


async def newest_change(connection: Connection, conversation_id: UUID) -> Change | None:
    """Return what was done last in a conversation."""
    row = await connection.fetchrow(_SQL["newest_change"], conversation_id)
    return None if row is None else Change(**row)


async def take_over(connection: Connection, at: ConversationState, by: str) -> None:
    """Assign the conversation to `by` and fence the agent's runs; the ticket is escalated."""
    await connection.execute(_SQL["take_over"], at.conversation_id, by, at.ticket_id)


async def cancel_unsent(
    connection: Connection, conversation_id: UUID, states: Sequence[str], *, why: str, notices: bool = False
) -> None:
    """Cancel the agent's unsent replies in these outbox states; the messages that they answered are held for the staff.

    `notices`: hand-over notices too. Without it the customer still learns that a colleague will reply.
    """
    await connection.execute(_SQL["cancel_unsent"], conversation_id, list(states), why, notices)


async def earlier_reply(connection: Connection, key: str) -> EarlierReply | None:
    """Return the reply or approval that came with this key before, or None."""
    row = await connection.fetchrow(_SQL["earlier_reply"], key)
    return None if row is None else EarlierReply(**row)


async def greeting(connection: Connection, at: ConversationState) -> Greeting:
    """Return what a reply to this conversation's customer begins with."""
    row = await connection.fetchrow(_SQL["greeting"], at.conversation_id, at.ticket_id)
    assert row is not None
    return Greeting(**row)


async def reply(connection: Connection, at: ConversationState, new: NewStaffReply) -> None:
    """Store a reply by the staff and queue it for sending."""
    arguments = (at.conversation_id, new.message_id, at.ticket_id, new.text, new.outbox_id, new.key, new.written)
    await connection.execute(_SQL["reply"], *arguments)


async def release(connection: Connection, at: ConversationState, *, wake_on: str) -> int:
    """Give the conversation back to the agent; returns how many messages it has to answer, woken on that topic."""
    await connection.execute(_SQL["release"], at.conversation_id)
    return len(await connection.fetch(_SQL["wake_held"], at.conversation_id, wake_on))


async def lacks_staff_reply(connection: Connection, conversation_id: UUID) -> bool:
    """Return whether the staff have not replied since the customer's last message."""
    return bool(await connection.fetchval(_SQL["lacks_staff_reply"], conversation_id))


async def set_ticket_status(connection: Connection, at: ConversationState, status: TicketStatus) -> None:
    """Set the ticket's status. Raises IllegalTransitionError; the transaction is aborted then."""
    try:
        await connection.execute(_SQL["set_ticket_status"], at.ticket_id, status)
    except asyncpg.CheckViolationError as error:
        raise transition_error(error) from None


async def labels(connection: Connection, at: ConversationState) -> Labels:
    """Return the labels of the conversation's newest ticket."""
    row = await connection.fetchrow(_SQL["labels"], at.ticket_id)
    assert row is not None
    return Labels(**row)


async def label(
    connection: Connection, at: ConversationState, category: Category, priority: Priority, queue: Queue | None
) -> None:
    """Give the newest ticket the staff's labels, and its hand-over, if there is one, the queue that follows."""
    await connection.execute(_SQL["label"], at.ticket_id, category, priority, queue)


async def close(connection: Connection, at: ConversationState) -> None:
    """Close the conversation and fence the agent's runs."""
    await connection.execute(_SQL["close"], at.conversation_id)


async def find_draft(connection: Connection, at: ConversationState, draft_id: UUID | None) -> Draft | None:
    """Return the draft with this id, or the oldest; None when it does not wait for approval (any more)."""
    row = await connection.fetchrow(_SQL["find_draft"], at.conversation_id, draft_id)
    return None if row is None else Draft(**row)


async def approve(connection: Connection, new: NewStaffReply, *, author: Literal["agent", "staff"], by: str) -> None:
    """Send the draft whose outbox row the reply names, with the reply's text and in that author's name."""
    await connection.execute(_SQL["approve"], new.outbox_id, new.message_id, author, new.text, by, new.key)


async def record(
    connection: Connection,
    conversation_id: UUID,
    action: Action,
    by: str,
    *,
    message_id: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
) -> datetime:
    """Record an action in the name of `by` and return when; `detail` must hold no text of the customer's."""
    arguments = (new_id(), conversation_id, by, action, message_id, dict(detail or {}))
    recorded_at: datetime = await connection.fetchval(_SQL["record"], *arguments)
    return recorded_at
