"""The ends of a turn: finished with a decision, held for the staff, failed. Each is one statement."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from db.pool import Connection
from db.records import Decision, TicketStatus, Turn
from db.sql import statements

if TYPE_CHECKING:
    from collections.abc import Mapping

_SQL = statements(__file__)


class TurnLostError(Exception):
    """The lease or the conversation passed to another holder: nothing was written, the turn is opened anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSentiment:
    """Sentiment in [0, 1], None when unknown: of each waiting message, the conversation's mean and its trend."""

    messages: tuple[float | None, ...]
    score: float | None
    trend: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event of the turn for Kafka; its key is the conversation's sender."""

    id: UUID
    topic: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A measurement of the turn; the value None stands for the turn's latency, which the statement measures."""

    metric_type: str
    value: float | None
    labels: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnWrites:
    """What a turn writes besides its decision: the ids of its new rows, sentiment, timings, events, metrics.

    `cause` is set when the turn is dead-lettered: its reply is the apology, and the dead letter has that cause.
    """

    message_id: UUID
    outbox_id: UUID
    decision_id: UUID
    sentiment: TurnSentiment
    stages_ms: Mapping[str, float]
    events: tuple[NewEvent, ...] = ()
    metrics: tuple[Metric, ...] = ()
    cause: str | None = None


async def finish_turn(connection: Connection, turn: Turn, decision: Decision, writes: TurnWrites) -> float:
    """Write the reply with its outbox row, the ticket, the decision record and the events, and end the lease.

    Returns the milliseconds from acceptance to the frozen reply. Raises TurnLostError.
    """
    fields = _common_fields(turn, writes) | _decision_fields(turn, decision) | {"cause": writes.cause}
    if writes.cause is not None:
        fields["inbox_state"] = "dead"
    return await _end(connection, "finish", fields)


async def hold_turn(connection: Connection, turn: Turn, writes: TurnWrites, scores: Mapping[str, float]) -> float:
    """Hold the messages for the staff, who own the conversation, and end the lease; otherwise as `finish_turn`."""
    return await _end(connection, "hold", _common_fields(turn, writes) | {"scores": dict(scores)})


async def fail_turn(connection: Connection, turn: Turn, *, retry_in: float) -> bool:
    """Count a failed run, retry its messages in `retry_in` seconds and end the lease; False when it was fenced."""
    inbox_ids = [message.inbox_id for message in turn.waiting]
    rows = await connection.fetch(_SQL["fail"], turn.customer_id, turn.lease.token, inbox_ids, retry_in)
    return bool(rows)


async def more_waiting(connection: Connection, customer_id: UUID) -> bool:
    """Return whether the customer has more messages that are due; to be asked after a turn has ended."""
    return bool(await connection.fetchval(_SQL["more_waiting"], customer_id))


async def _end(connection: Connection, statement: str, fields: dict[str, Any]) -> float:
    row = await connection.fetchrow(_SQL[statement], fields)
    if row is None:
        raise TurnLostError(f"conversation {fields['conversation_id']} is no longer ours")
    return float(row["latency_ms"] or 0.0)


def _common_fields(turn: Turn, writes: TurnWrites) -> dict[str, Any]:
    return {
        "customer_id": str(turn.customer_id),
        "token": turn.lease.token,
        "conversation_id": str(turn.conversation_id),
        "owner_token": turn.owner_token,
        "ticket_id": str(turn.ticket.id),
        "channel": turn.channel,
        "inbox_id": str(turn.inbox_id),
        "inbox_ids": [str(message.inbox_id) for message in turn.waiting],
        "message_ids": [str(message.message_id) for message in turn.waiting],
        "sentiments": writes.sentiment.messages,
        "sentiment_score": writes.sentiment.score,
        "sentiment_trend": writes.sentiment.trend,
        "decision_id": str(writes.decision_id),
        "message_id": str(writes.message_id),
        "outbox_id": str(writes.outbox_id),
        "stages_ms": dict(writes.stages_ms),
        "events": [{"id": str(event.id), "topic": event.topic, "value": event.value} for event in writes.events],
        "metrics": [asdict(metric) for metric in writes.metrics],
    }


def _decision_fields(turn: Turn, decision: Decision) -> dict[str, Any]:
    ticket_status: TicketStatus = "processing" if decision.drafted else "waiting"
    if decision.outcome == "escalated":
        ticket_status = "escalated"
    return {
        "outcome": decision.outcome,
        "inbox_state": "drafted" if decision.drafted else decision.outcome,
        "ticket_status": ticket_status,
        "reason": decision.reason,
        "category": decision.labels and decision.labels.category,
        "priority": decision.priority,
        "severity": decision.severity,
        "queue": decision.queue,
        "summary": decision.summary,
        "reply": decision.reply,
        "withheld": decision.withheld,
        "drafted": decision.drafted,
        "sources": decision.sources,
        "recipient": turn.recipient,
        "subject": turn.ticket.subject,
        "rule": decision.rule,
        "scores": decision.scores,
        "passages": [{"slug": p.slug, "title": p.title, "score": p.score} for p in decision.passages],
        "tool_calls": [asdict(call) for call in decision.tool_calls],
        "model": decision.model,
        "prompt_version": decision.prompt_version,
        "usage": decision.usage,
        "model_ms": decision.model_ms,
        "not_before": turn.not_before and turn.not_before.isoformat(),
    }
