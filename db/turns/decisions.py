"""Decision records, and the explanation of a ticket: its inbound messages, the decisions, the replies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from db.pool import Connection
from db.records import (
    Author,
    Channel,
    ConversationStatus,
    Owner,
    Priority,
    Queue,
    Severity,
    TicketStatus,
    ToolCall,
)
from db.sql import statements

InboxState = Literal["waiting", "drafted", "answered", "escalated", "held", "absorbed", "dead", "ignored"]
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPassage:
    """A passage that the turn's searches returned; `score` is its cosine similarity to the query."""

    slug: str
    title: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """The record of one turn, under the inbox row that owns the reply. Times in milliseconds.

    `scores` holds each score and, as `….threshold`, its threshold. `latency_ms` runs from acceptance to the frozen
    reply; `quiet_ms` and `model_ms` are the parts of it in which the customer might go on typing, and the model worked.
    """

    inbox_id: UUID
    outcome: Literal["answered", "escalated", "held"]
    rule: str
    reason: str | None
    scores: dict[str, float]
    passages: tuple[FoundPassage, ...]
    tool_calls: tuple[ToolCall, ...]
    model: str
    prompt_version: str
    usage: dict[str, int]
    stages_ms: dict[str, float]
    model_ms: float
    latency_ms: float
    quiet_ms: float
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMessage:
    """A customer's message with the state of its inbox row; `sentiment` in [0, 1]."""

    inbox_id: UUID
    channel: Channel
    provider: str
    text: str
    sentiment: float | None
    state: InboxState
    attempts: int
    received_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message to the customer. `state` is the outbox row's, None where nothing was to be sent.

    `delivery_status` is the last one that the provider reported; `parts` is 0 unless the text was split.
    """

    author: Author
    channel: Channel
    text: str
    sources: tuple[str, ...]
    recipient: str | None
    state: str | None
    delivery_status: str | None
    attempts: int
    parts: int
    parts_sent: int
    last_error: str | None
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAction:
    """An action of the staff in the conversation: take_over, reply, release, …"""

    actor: str
    action: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedTurn:
    """The messages of a turn, its decision record, and the agent's reply; None while there is none."""

    messages: tuple[ReceivedMessage, ...]
    record: DecisionRecord | None
    reply: SentMessage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedTicket:
    """A ticket with its turns, oldest first.

    `others` are the messages of the staff and the system, `actions` the staff's actions in the conversation.
    `severity`, `queue` and `summary` are those of its hand-over, None without one.
    """

    number: str
    subject: str
    category: str
    priority: Priority
    status: TicketStatus
    source_channel: Channel
    created_at: datetime
    escalation_reason: str | None
    severity: Severity | None
    queue: Queue | None
    summary: str | None
    conversation_id: UUID
    owner: Owner
    conversation_status: ConversationStatus
    sender: str
    sender_verified: bool
    turns: tuple[ExplainedTurn, ...]
    others: tuple[SentMessage, ...]
    actions: tuple[StaffAction, ...]


async def explain(connection: Connection, number: str) -> ExplainedTicket | None:
    """Return the explanation of a ticket, or None for an unknown number."""
    ticket = await connection.fetchrow(_SQL["ticket"], number)
    if ticket is None:
        return None
    # Inbox before records: a turn that ends in between then has its record, never a state without one.
    received = defaultdict(list)
    for row in await connection.fetch(_SQL["inbound_messages"], ticket["id"]):
        received[row["turn_id"]].append(ReceivedMessage(**_without(row, "turn_id")))
    records = {row["inbox_id"]: record_from(row) for row in await connection.fetch(_SQL["of_turns"], list(received))}
    sent = [
        *await connection.fetch(_SQL["outbound_messages"], ticket["id"]),
        *await connection.fetch(_SQL["drafts"], list(received)),
    ]
    actions = await connection.fetch(_SQL["staff_actions"], ticket["conversation_id"])
    replies = {row["inbound_id"]: _sent(row) for row in sent if row["author"] == "agent" and row["inbound_id"]}
    return ExplainedTicket(
        **_without(ticket, "id"),
        turns=tuple(
            ExplainedTurn(messages=tuple(messages), record=records.get(turn_id), reply=replies.get(turn_id))
            for turn_id, messages in received.items()
        ),
        others=tuple(_sent(row) for row in sent if row["inbound_id"] not in received),
        actions=tuple(StaffAction(**row) for row in actions),
    )


async def of_conversation(connection: Connection, conversation_id: UUID) -> tuple[DecisionRecord, ...]:
    """Return the decision records of a conversation, oldest first."""
    return tuple(record_from(row) for row in await connection.fetch(_SQL["of_conversation"], conversation_id))


def record_from(row: Mapping[str, Any]) -> DecisionRecord:
    """Return the record in a row with the columns of `decision_records`; further columns are ignored."""
    values = {field.name: row[field.name] for field in fields(DecisionRecord)}
    passages = tuple(FoundPassage(**passage) for passage in row["passages"])
    calls = tuple(ToolCall(**call) for call in row["tool_calls"])
    return DecisionRecord(**values | {"passages": passages, "tool_calls": calls})


def _sent(row: Mapping[str, Any]) -> SentMessage:
    return SentMessage(**_without(row, "inbound_id", "sources"), sources=tuple(row["sources"]))


def _without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
