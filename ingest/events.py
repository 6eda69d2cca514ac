"""The messages on the bus (JSON, `"v": 1`) and their topics."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from db.records import Channel, IdentifierType

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


def sender_key(identifier_type: IdentifierType, value: str) -> str:
    """Return the key that keeps one sender's messages in one partition, and in order."""
    return f"{identifier_type}:{value}"
