"""Frozen records that the queries return and the nodes pass on. Times are aware (UTC)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

Channel = Literal["email", "whatsapp", "web_form"]
IdentifierType = Literal["email", "phone", "whatsapp"]
TicketStatus = Literal["open", "processing", "waiting", "resolved", "escalated", "closed"]
Priority = Literal["low", "medium", "high", "critical"]
Author = Literal["customer", "agent", "staff", "system"]
Direction = Literal["inbound", "outbound"]
Severity = Priority
Queue = Literal["billing", "legal", "technical", "general"]
Tier = Literal[0, 1, 2, 3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A knowledge base section with its cosine similarity to the query, in [-1, 1]."""

    id: UUID
    slug: str
    title: str
    category: str
    content: str
    source: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation, the customer's or ours."""

    id: UUID
    direction: Direction
    author: Author
    channel: Channel
    content: str
    sentiment: float | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket as its table holds it."""

    id: UUID
    number: str
    customer_id: UUID
    conversation_id: UUID
    source_channel: Channel
    category: str
    priority: Priority
    subject: str
    status: TicketStatus
    escalation_reason: str | None
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedForm:
    """What accepting a form made, or what an earlier identical call had made."""

    inbox_id: UUID
    ticket_id: UUID
    ticket_number: str
    conversation_id: UUID
    message_id: UUID
    event_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to run a customer's turn until it lapses; the token fences a late holder."""

    customer_id: UUID
    token: int
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingMessage:
    """An inbox row that has no answer yet."""

    inbox_id: UUID
    message_id: UUID
    content: str
    attempts: int
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """All that one run of the agent needs to know; made by identity, carried through the graph.

    `waiting` holds the customer's unanswered messages of this conversation, oldest first: the last one owns the
    reply, the others are absorbed by it. `earlier` is the conversation so far, oldest first, bounded.
    `history` is what this identifier may know of the customer's past: at tier 0 nothing. `replies_last_hour` counts the
    agent's words to this recipient on this channel, `replies_last_day` those of them in this conversation.
    """

    lease: Lease
    customer_id: UUID
    customer_name: str
    tier: Tier
    channel: Channel
    recipient: str
    conversation_id: UUID
    owner: Literal["agent", "staff"]
    owner_token: int
    ticket: Ticket
    waiting: tuple[WaitingMessage, ...]
    earlier: tuple[Message, ...]
    history: tuple[str, ...] = ()
    sentiments: tuple[float, ...] = ()
    replies_last_hour: int = 0
    replies_last_day: int = 0

    @property
    def text(self) -> str:
        """The customer's words of this turn, in the order they came."""
        return "\n".join(message.content for message in self.waiting)

    @property
    def inbox_id(self) -> UUID:
        """The row that owns the reply."""
        return self.waiting[-1].inbox_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What the analysis node tells of a text. `vector` is L2-normalised and belongs to `model_id`."""

    model_id: str
    vector: tuple[float, ...]
    sentiment: float
    escalation: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A tool as it was called and what came back, for the decision record."""

    name: str
    arguments: dict[str, Any]
    result: str
    ok: bool
    duration_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the agent decided for a turn: the frozen text for the customer, and why.

    `reply` is the body as the customer will read it, formatted for the channel and guarded. `reason` is set when
    `outcome` is 'escalated'. `priority` is the ticket's priority afterwards; it is never lower than before.
    A reply that is `withheld` stands on the ticket and is not sent; one that is `drafted` waits for a person's
    approval, and the customer sees nothing of it before.
    """

    outcome: Literal["answered", "escalated"]
    reply: str
    rule: str
    model: str
    priority: Priority
    sentiment: float
    reason: str | None = None
    severity: Severity | None = None
    queue: Queue | None = None
    summary: str = ""
    scores: dict[str, float] = field(default_factory=dict)
    passages: tuple[Passage, ...] = ()
    sources: tuple[str, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    prompt_version: str = ""
    usage: dict[str, int] = field(default_factory=dict)
    model_ms: float = 0.0
    withheld: bool = False
    drafted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """How a channel speaks: tone, length limit with its unit, and the jinja2 template of a reply."""

    channel: Channel
    enabled: bool
    tone: str
    max_response_length: int
    length_unit: Literal["words", "characters"]
    response_template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A row for Kafka: where it goes, its key (the sender) and its JSON value."""

    id: UUID
    topic: str
    key: str
    value: dict[str, Any]
    headers: dict[str, str]
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A word that waits to leave, leased to one sender."""

    id: UUID
    conversation_id: UUID
    ticket_id: UUID
    message_id: UUID
    author: Author
    channel: Channel
    recipient: str
    subject: str
    body: str
    attempts: int
