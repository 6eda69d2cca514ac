"""The messages on the bus (JSON, `"v": 1`) and their topics."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from db.records import Channel, IdentifierType, Priority, Queue, Severity

INCOMING = "fte.tickets.incoming"
OUTGOING = "fte.tickets.outgoing"
DLQ = "fte.tickets.dlq"
ESCALATIONS = "fte.escalations"
METRICS = "fte.metrics"
TOPICS = (INCOMING, OUTGOING, DLQ, ESCALATIONS, METRICS)


class InvalidMessageError(Exception):
    """The record can't be understood now or later: it goes to the dead letters with this cause."""


class Attachment(BaseModel):
    """A file that came with a message; its bytes stay with the provider."""

    model_config = ConfigDict(frozen=True)

    filename: str
    content_type: str = "application/octet-stream"
    size: int = 0


class InboundMessage(BaseModel):
    """What a customer wrote, on any channel. `message_id` is the channel's own id and the idempotency key."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    v: Literal[1] = 1
    inbox_id: UUID
    conversation_id: UUID
    message_id: str
    channel: Channel
    customer_identifier: str
    identifier_type: IdentifierType
    content: str
    subject: str = ""
    metadata: dict[str, Any] = Field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    timestamp: datetime


class OutboundMessage(BaseModel):
    """Announces a reply in the outbox; delivery reads its text there, by `outbox_id`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    v: Literal[1] = 1
    outbox_id: UUID
    conversation_id: UUID
    ticket_number: str
    channel: Channel
    recipient: str
    timestamp: datetime


class DeadLetterNotice(BaseModel):
    """Announces a dead letter by its `id`; the text stays in the store. `inbox_id`: the message whose turn failed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    v: Literal[1] = 1
    id: UUID
    inbox_id: UUID | None = None
    cause: str


class HandOverNotice(BaseModel):
    """Announces that a conversation was handed over to people. The customer's words stay in the store."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    v: Literal[1] = 1
    ticket_number: str
    ticket_id: UUID
    conversation_id: UUID
    channel: Channel
    reason: str | None
    severity: Severity | None
    queue: Queue | None
    priority: Priority
    timestamp: datetime


class FiguresNotice(BaseModel):
    """The turns of the last `window_s` seconds in figures, and the alerts that they raise (a sentence each)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    v: Literal[1] = 1
    window_s: float
    turns: int
    escalated: int
    escalation_rate: float = Field(ge=0, le=1)
    mean_latency_ms: float | None
    p95_latency_ms: float | None
    mean_quiet_ms: float | None
    mean_model_ms: float | None
    alerts: tuple[str, ...] = ()
    timestamp: datetime


MESSAGES: dict[str, type[BaseModel]] = {
    INCOMING: InboundMessage,
    OUTGOING: OutboundMessage,
    DLQ: DeadLetterNotice,
    ESCALATIONS: HandOverNotice,
    METRICS: FiguresNotice,
}
"""What each topic carries; docs/asyncapi.yaml is made of it."""


def sender_key(identifier_type: IdentifierType, value: str) -> str:
    """Return the key that keeps one sender's messages in one partition, and in order."""
    return f"{identifier_type}:{value}"
