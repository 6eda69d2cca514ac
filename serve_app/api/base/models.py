"""The response models that the OpenAPI shows (F2, F4, H6, H7, H13), and the pattern of a ticket's number."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from db.records import Channel, Direction, Priority, TicketStatus

ComponentStatus = Literal["healthy", "degraded", "unhealthy", "off"]
Period = Literal["1h", "6h", "12h", "24h", "7d"]
TICKET_NUMBER = r"^TKT-[0-9]{4,18}$"


class FormAccepted(BaseModel):
    """The ticket that a form opened (F2)."""

    ticket_id: str = Field(examples=["TKT-0042"])
    status: TicketStatus
    message: str = Field(description="What happens next, in words for the customer")
    created_at: datetime
    status_token: str = Field(description="Opens the ticket: GET /tickets/{ticket_id}?token=…")


class ReplyAccepted(BaseModel):
    """A customer's further message in a ticket (H13)."""

    ticket_id: str
    message_id: UUID
    status: TicketStatus = Field(description="The ticket's status now")
    created_at: datetime


class RatingAccepted(BaseModel):
    """A customer's mark for their ticket."""

    ticket_id: str
    good: bool
    status: TicketStatus = Field(description="The ticket's status now")


class TicketResponse(BaseModel):
    """A message to the customer: its whole `text`, and its `body` without the channel's greeting and closing lines."""

    text: str
    body: str
    channel: Channel
    created_at: datetime
    author: Literal["agent", "staff", "system"]


class TicketMessage(BaseModel):
    """One message of the ticket, in either direction."""

    direction: Direction
    text: str
    channel: Channel
    created_at: datetime
    files: list[str] = Field(default=[], description="The names of the files that came with it")


class TicketView(BaseModel):
    """A ticket (F4). `responses` and `messages` run from the oldest to the newest."""

    ticket_id: str
    status: TicketStatus
    category: str
    priority: Priority
    subject: str
    source_channel: Channel
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    responses: list[TicketResponse]
    messages: list[TicketMessage]
    escalation_reason: str | None = Field(description="Why a person took over; stays after the release")
    choices: list[str] = Field(default=[], description="What the last message asks to choose from; a reply names one")
    rated_good: bool | None = Field(default=None, description="The customer's mark; null without one")


class StaffTicketView(TicketView):
    """A ticket, with the ids that only staff are shown."""

    conversation_id: UUID
    customer_id: UUID


class Component(BaseModel):
    """The status of one component, and its reason."""

    status: ComponentStatus
    detail: str


class Components(BaseModel):
    """The components that H6 names: what lies outside, the channels, and every node."""

    database: Component
    kafka: Component
    gmail: Component
    whatsapp: Component
    web_form: Component
    ingress: Component
    ingest: Component
    identity: Component
    analysis: Component
    agent: Component
    delivery: Component
    reporting: Component


class HealthView(BaseModel):
    """Health of the product: unhealthy without a database, degraded when another component is down, else healthy.

    A component is unhealthy, not only degraded, when customers are not answered because of it. Alerts, which say how
    the service does, leave the status as it is.
    """

    status: Literal["healthy", "degraded", "unhealthy"]
    components: Components
    alerts: list[str] = Field(description="Latency, escalation rate, dead letters above their limits; what is overdue")
    consumer_lag: int | None = Field(description="Records that the consumer group has not finished; null: not known")
    version: str
    timestamp: datetime


class Unhealthy(HealthView):
    """HealthView with the fields of every error response."""

    error: str
    message: str
    request_id: str


class ProbeView(BaseModel):
    """The response to the live probe."""

    status: Literal["alive"]


class ReadyView(BaseModel):
    """The response to the ready probe: calls are served, whatever else does not work."""

    status: Literal["ready"]
    problems: dict[str, str] = Field(description="The components that do not work, with the reason")


class Figures(BaseModel):
    """Figures over a period; averages are null where nothing was recorded."""

    conversation_count: int
    message_volume: int
    average_sentiment: float | None = Field(description="0 (angry) to 1 (content)")
    escalation_count: int
    escalation_rate: float | None = Field(description="Escalations as a share of the replies, 0 to 1")
    average_latency_ms: float | None = Field(description="From acceptance to the frozen reply")
    p95_latency_ms: float | None


class ChannelMetrics(Figures):
    """The figures of one channel."""

    channel: Channel


class ChannelReport(BaseModel):
    """The figures of every channel and of all together (H7)."""

    period: Period
    channels: list[ChannelMetrics]
    totals: Figures
