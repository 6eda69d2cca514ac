"""Why it said what it said: decision records, with what came in before them and what left after them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from db.pool import Connection
from db.records import Author, Channel, Priority, Queue, Severity, TicketStatus, ToolCall
from db.sql import statements

InboxState = Literal["waiting", "drafted", "answered", "escalated", "held", "absorbed", "dead", "ignored"]
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A passage that a search of the turn found; `score` is its cosine similarity to the query."""

    slug: str
    title: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """The record of one turn, kept under the message that owns the reply. Times in milliseconds.

    `scores` holds what was measured and, as `….threshold`, what it was held against. `latency_ms` runs from acceptance
    to the frozen reply.
    """

    inbox_id: UUID
    outcome: Literal["answered", "escalated", "held"]
    rule: str
    reason: str | None
    scores: dict[str, float]
    passages: tuple[Found, ...]
    tool_calls: tuple[ToolCall, ...]
    model: str
    prompt_version: str
    usage: dict[str, int]
    stages_ms: dict[str, float]
    model_ms: float
    latency_ms: float
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message of the customer's as it was taken in, and what became of it."""

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
class Word:
    """Something that was said to the customer. `state` is the outbox's, None where nothing was to be sent.

    `delivery_status` is the provider's last word for it; `parts` is 0 unless the channel had to split the text.
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
    """What one of the staff did in the conversation: took it over, replied, released it, …"""

    actor: str
    action: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedTurn:
    """What came in together, the record of the decision (None: there is none), and the agent's one word."""

    heard: tuple[Heard, ...]
    record: DecisionRecord | None
    word: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedTicket:
    """A ticket with its turns, oldest first. `others` are the words of people and of the system in it,
    `actions` what people did in its conversation.

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
    owner: Literal["agent", "staff"]
    conversation_status: Literal["open", "handed_over", "closed"]
    sender: str
    sender_verified: bool
    turns: tuple[ExplainedTurn, ...]
    others: tuple[Word, ...]
    actions: tuple[StaffAction, ...]


async def explain(connection: Connection, number: str) -> ExplainedTicket | None:
    """Return all that is known of why a ticket went as it did, or None for an unknown number."""
    ticket = await connection.fetchrow(_SQL["ticket"], number)
    if ticket is None:
        return None
    # Inbox before records: a turn that ends in between then has its record, never a state without one.
    heard = defaultdict(list)
    for row in await connection.fetch(_SQL["heard"], ticket["id"]):
        heard[row["turn_id"]].append(Heard(**_without(row, "turn_id")))
    records = {row["inbox_id"]: record_from(row) for row in await connection.fetch(_SQL["of_turns"], list(heard))}
    words = [
        *await connection.fetch(_SQL["words"], ticket["id"]),
        *await connection.fetch(_SQL["drafts"], list(heard)),
    ]
    actions = await connection.fetch(_SQL["actions"], ticket["conversation_id"])
    answers = {row["inbound_id"]: _word(row) for row in words if row["author"] == "agent" and row["inbound_id"]}
    return ExplainedTicket(
        **_without(ticket, "id"),
        turns=tuple(
            ExplainedTurn(heard=tuple(group), record=records.get(turn_id), word=answers.get(turn_id))
            for turn_id, group in heard.items()
        ),
        others=tuple(_word(row) for row in words if row["inbound_id"] not in heard),
        actions=tuple(StaffAction(**row) for row in actions),
    )


async def of_conversation(connection: Connection, conversation_id: UUID) -> tuple[DecisionRecord, ...]:
    """Return the decision records of a conversation, oldest first."""
    return tuple(record_from(row) for row in await connection.fetch(_SQL["of_conversation"], conversation_id))


def record_from(row: Mapping[str, Any]) -> DecisionRecord:
    """Return the record in a row of `decision_records`, whatever else the row has."""
    values = {one.name: row[one.name] for one in fields(DecisionRecord)}
    passages = tuple(Found(**found) for found in row["passages"])
    calls = tuple(ToolCall(**call) for call in row["tool_calls"])
    return DecisionRecord(**values | {"passages": passages, "tool_calls": calls})


def _word(row: Mapping[str, Any]) -> Word:
    return Word(**_without(row, "inbound_id", "sources"), sources=tuple(row["sources"]))


def _without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
