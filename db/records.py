"""Frozen records that the statements return and the nodes exchange. Times are aware (UTC)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

Channel = Literal["email", "whatsapp", "web_form"]
IdentifierType = Literal["email", "phone", "whatsapp"]
TicketStatus = Literal["open", "processing", "waiting", "resolved", "escalated", "closed"]
ConversationStatus = Literal["open", "handed_over", "closed"]
Owner = Literal["agent", "staff"]
"""Who answers in a conversation."""
Priority = Literal["low", "medium", "high", "critical"]
Author = Literal["customer", "agent", "staff", "system"]
Direction = Literal["inbound", "outbound"]
Severity = Priority
Queue = Literal["billing", "legal", "technical", "general"]
LengthUnit = Literal["words", "characters"]
WithheldCause = Literal["the cap on automatic replies", "perhaps no person wrote this mail"]
"""Why a reply is not sent, as the staff read it."""
Category = Literal["account_access", "billing", "technical", "how_to", "feature_request", "complaint", "general"]
GENERAL: Category = "general"
"""The category of a ticket whose matter nobody named and no message made clear."""
Labeller = Literal["model", "staff"]
Tier = Literal[0, 1, 2, 3]
"""Identity assurance of an identifier. 0: claimed; 1: verified by its channel; 2: one-time links; 3: the staff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A section of the knowledge base; `score` is its cosine similarity to the query, in [-1, 1]."""

    id: UUID
    slug: str
    title: str
    category: str
    content: str
    source: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of a conversation, inbound or outbound; `sentiment` in [0, 1], None when it was not analysed."""

    id: UUID
    direction: Direction
    author: Author
    channel: Channel
    content: str
    sentiment: float | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A row of `tickets`; `number` is its public number, TKT-…

    `labelled_by` says whose category and priority are: None for the customer's own in the form, or nobody's yet.
    """

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
    labelled_by: Labeller | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedForm:
    """The rows that a form created, or that an earlier call with the same Idempotency-Key and body had created."""

    inbox_id: UUID
    ticket_id: UUID
    ticket_number: str
    conversation_id: UUID
    message_id: UUID
    event_id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A lease on a customer: only its holder runs their turns until it lapses. `token` is the fencing token."""

    customer_id: UUID
    token: int
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingMessage:
    """An inbox row without a reply; `attempts` counts its failed runs."""

    inbox_id: UUID
    message_id: UUID
    content: str
    attempts: int
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The input of one run of the agent: the identity node reads it, the graph carries it.

    `waiting` holds the customer's unanswered messages of this conversation, oldest first: the last one owns the
    reply, the others are absorbed by it. `earlier` is the conversation so far, oldest first, bounded.
    `history` is what this identifier may see of the customer's other tickets: nothing at tier 0. `sentiments` are the
    scores of earlier inbound messages. `replies_last_hour` counts the agent's replies to this recipient on this
    channel, `replies_last_day` those of them in this conversation. The texts of `waiting` are bounded
    (db.turns.turn_text). `unparsed`: of one of them only the headers could be read, so a person has to.
    `doubtful`: a machine may have written one of them (a list's mail, a redirected one), so no automatic reply is sent.
    `not_before`: when the customer had been quiet for long enough (WhatsApp); None on channels that do not wait for it.
    """

    lease: Lease
    customer_id: UUID
    customer_name: str
    tier: Tier
    channel: Channel
    recipient: str
    conversation_id: UUID
    owner: Owner
    owner_token: int
    ticket: Ticket
    waiting: tuple[WaitingMessage, ...]
    earlier: tuple[Message, ...]
    history: tuple[str, ...] = ()
    sentiments: tuple[float, ...] = ()
    replies_last_hour: int = 0
    replies_last_day: int = 0
    unparsed: bool = False
    doubtful: bool = False
    not_before: datetime | None = None

    @property
    def text(self) -> str:
        """The waiting messages as one text, in order of arrival."""
        return "\n".join(message.content for message in self.waiting)

    @property
    def is_first_reply(self) -> bool:
        """Whether nothing was sent in the conversation before."""
        return all(message.direction == "inbound" for message in self.earlier)

    @property
    def inbox_id(self) -> UUID:
        """The inbox row that owns the reply."""
        return self.waiting[-1].inbox_id


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLabels:
    """What a message is about and how much it presses; `category_score` is the probability of its likeliest category.

    `category` is GENERAL when that probability is too low, or when the message says nothing of its matter.
    """

    category: str
    category_score: float
    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The analysis of a text: its L2-normalised embedding by `model_id`, sentiment in [0, 1], escalation scores.

    `sentiment` and `labels` are None where they can't be known, as in a language that they were not measured in.
    """

    model_id: str
    vector: tuple[float, ...]
    sentiment: float | None
    escalation: dict[str, float]
    labels: TicketLabels | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryVector:
    """The L2-normalised embedding of a query, and the encoder that made it: it meets passages of that one only."""

    model_id: str
    vector: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A tool call with its result, for the decision record."""

    name: str
    arguments: dict[str, Any]
    result: str
    ok: bool
    duration_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the agent decided for a turn: the frozen reply, and why.

    `reply` is the body as the customer will read it, formatted for the channel and checked by the guardrails. `reason`
    is set when `outcome` is 'escalated'. `priority` is the ticket's priority afterwards, never lower than one that
    somebody gave it. `labels` are set when this turn gives the ticket its category and first priority.
    A reply that is `withheld` for a cause is stored on the ticket and not sent; a `drafted` one is sent once the staff
    approve it.
    """

    outcome: Literal["answered", "escalated"]
    reply: str
    rule: str
    model: str
    priority: Priority
    sentiment: float | None
    reason: str | None = None
    severity: Severity | None = None
    queue: Queue | None = None
    summary: str = ""
    scores: dict[str, float] = field(default_factory=dict)
    passages: tuple[Passage, ...] = ()
    sources: tuple[str, ...] = ()
    labels: TicketLabels | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    prompt_version: str = ""
    usage: dict[str, int] = field(default_factory=dict)
    model_ms: float = 0.0
    withheld: WithheldCause | None = None
    drafted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """How replies look on a channel: tone, length limit with its unit, and the jinja2 template.

    `facts` are what the template may name of the company, by variable.
    """

    channel: Channel
    enabled: bool
    tone: str
    max_response_length: int
    length_unit: LengthUnit
    response_template: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A row of the transactional outbox for Kafka: topic, key (the sender) and JSON value."""

    id: UUID
    topic: str
    key: str
    value: dict[str, Any]
    headers: dict[str, str]
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """An outbound message, leased to one sender; `inbound_id` is the inbox row that it replies to, if it does."""

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
    inbound_id: UUID | None = None
