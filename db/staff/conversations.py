"""Conversations as the staff see them: lists of work, and one with all that is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from db.pool import Connection
from db.records import Author, Channel, Direction, Priority, Queue, Severity, TicketStatus
from db.sql import statements
from db.staff.actions import Action, ConversationStatus, Owner
from db.turns import decisions
from db.turns.decisions import DecisionRecord, InboxState

ListState = Literal["handed_over", "agent", "closed", "drafts"]
MESSAGES = 1000
"""So many messages of a conversation are shown, the newest."""
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A conversation in a list. `sender` is who writes there (`email:…`), proved by the channel or only claimed.

    `handed_over_at` to `late` are of the hand-over that goes on: a person must have taken it at `due_at`, None until
    that is reckoned. Without one `due_at` and `late` are of the draft that waits for approval. `last_author` tells
    whose turn it is; `last_text` is the beginning of the last message.
    """

    conversation_id: UUID
    channel: Channel
    status: ConversationStatus
    owner: Owner
    assignee: str | None
    customer_id: UUID
    customer_name: str | None
    sender: str
    sender_verified: bool
    handed_over_at: datetime | None
    due_at: datetime | None
    taken_at: datetime | None
    late: bool | None
    created_at: datetime
    updated_at: datetime
    ticket_id: str
    ticket_status: TicketStatus
    subject: str
    category: str
    priority: Priority
    severity: Severity | None
    queue: Queue | None
    escalation_reason: str | None
    drafts: int
    last_author: Author | None
    last_text: str | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFile:
    """A conversation's ticket with its hand-over: why, how urgent, for whom, and what the person should know.

    `due_at` is as in a Summary.
    """

    ticket_id: str
    status: TicketStatus
    category: str
    priority: Priority
    subject: str
    escalation_reason: str | None
    severity: Severity | None
    queue: Queue | None
    summary: str | None
    handed_over_at: datetime | None
    due_at: datetime | None
    taken_at: datetime | None
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFile:
    """A message and what became of it. `staff` is the person who wrote or approved it.

    `inbox_state` is of the customer's messages, the others of ours: `outbox_state` is where its sending stands,
    `delivery_status` the provider's last word, `last_error` why it is not further.
    """

    message_id: UUID
    direction: Direction
    author: Author
    channel: Channel
    text: str
    sentiment: float | None
    sources: list[str]
    created_at: datetime
    attachments: list[dict[str, Any]]
    staff: str | None
    inbox_state: InboxState | None
    outbox_state: str | None
    delivery_status: str | None
    recipient: str | None
    last_error: str | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFile:
    """What the agent would say; `answers` is the customer's message that it is for."""

    draft_id: UUID
    text: str
    answers: UUID | None
    sources: list[str] | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAction:
    """What a person did, and what he was told at the time."""

    staff: str
    action: Action
    message_id: UUID | None
    detail: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationFile:
    """A conversation with all that is known of it, everything from the oldest to the newest.

    `sentiment_score` in [0, 1] is the mean of the customer's messages, `sentiment_trend` its change a message.
    """

    conversation_id: UUID
    channel: Channel
    status: ConversationStatus
    owner: Owner
    assignee: str | None
    customer_id: UUID
    customer_name: str | None
    sender: str
    sender_verified: bool
    subject: str
    sentiment_score: float | None
    sentiment_trend: float | None
    created_at: datetime
    updated_at: datetime
    tickets: tuple[TicketFile, ...]
    messages: tuple[MessageFile, ...]
    drafts: tuple[DraftFile, ...]
    decisions: tuple[DecisionRecord, ...]
    actions: tuple[StaffAction, ...]


async def exists(connection: Connection, conversation_id: UUID) -> bool:
    """Tell whether there is such a conversation."""
    return bool(await connection.fetchval(_SQL["exists"], conversation_id))


async def list_work(
    connection: Connection, state: ListState, *, after: UUID | None = None, limit: int = 50
) -> list[Summary]:
    """Return conversations in a state, in the order in which to look at them; `after` is the last one seen."""
    ids = [row["id"] for row in await connection.fetch(_SQL[state], after, limit)]
    return [Summary(**row) for row in await connection.fetch(_SQL["summaries"], ids)]


async def conversation_file(connection: Connection, conversation_id: UUID) -> ConversationFile | None:
    """Return a conversation with all that belongs to it, or None; consistent inside the caller's transaction only."""
    head = await connection.fetchrow(_SQL["conversation"], conversation_id)
    if head is None:
        return None
    tickets = await connection.fetch(_SQL["tickets"], conversation_id)
    messages = await connection.fetch(_SQL["messages"], conversation_id, MESSAGES)
    drafts = await connection.fetch(_SQL["drafts_of"], conversation_id)
    actions = await connection.fetch(_SQL["actions"], conversation_id)
    return ConversationFile(
        **head,
        tickets=tuple(TicketFile(**row) for row in tickets),
        messages=tuple(MessageFile(**row) for row in messages),
        drafts=tuple(DraftFile(**row) for row in drafts),
        decisions=await decisions.of_conversation(connection, conversation_id),
        actions=tuple(StaffAction(**row) for row in actions),
    )
