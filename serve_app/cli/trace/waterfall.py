"""From what the store keeps of a turn to its spans: what followed what, and how long each took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.turns.decisions import DecisionRecord, ExplainedTurn, SentMessage
from ingest.tracing import in_order

SHOWN_MS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of a turn, in seconds from the acceptance of its first message. `end_s` None: it has not ended."""

    name: str
    start_s: float
    end_s: float | None
    note: str = ""


def spans_of(turn: ExplainedTurn, published: Mapping[UUID, datetime]) -> list[Span]:
    """Return the spans in order; `published` tells when a message's record was in Kafka, where that is still known.

    Stages follow each other and end with the turn, so what lies before them is waiting. A turn that failed before
    shows its last attempt.
    """
    accepted = turn.messages[0].received_at
    record = turn.record
    if record is None:
        return [Span(name="waiting", start_s=0.0, end_s=None, note=turn.messages[-1].state)]
    ended_s = record.latency_ms / 1000
    took_s = {stage: spent_ms / 1000 for stage, spent_ms in in_order(record.stages_ms)}
    began_s = max(0.0, ended_s - sum(took_s.values()))
    spans = list(_before(turn, published, accepted, record.quiet_ms / 1000, began_s))
    at_s = began_s
    for stage, seconds in took_s.items():
        spans.append(Span(name=stage, start_s=at_s, end_s=at_s + seconds, note=_inside(record, stage)))
        at_s += seconds
    if turn.reply is not None:
        spans.append(_delivery(turn.reply, accepted, ended_s))
    return spans


def _before(
    turn: ExplainedTurn, published: Mapping[UUID, datetime], accepted: datetime, quiet_s: float, began_s: float
) -> Iterator[Span]:
    """Yield what a turn waited for: the customer who went on typing, the way to Kafka, its place in the queue."""
    at_s = min(quiet_s, began_s)
    if at_s:
        yield Span(name="quiet gap", start_s=0.0, end_s=at_s, note="the customer may go on typing")
    sent = published.get(turn.messages[-1].inbox_id)
    # A wake-up that was repeated is published again, behind the turn's begin.
    in_kafka_s = (sent - accepted).total_seconds() if sent else None
    if in_kafka_s is not None and at_s <= in_kafka_s <= began_s:
        yield Span(name="to Kafka", start_s=at_s, end_s=in_kafka_s)
        at_s = in_kafka_s
    attempts = turn.messages[-1].attempts
    yield Span(name="queue", start_s=at_s, end_s=began_s, note=f"{attempts} failed attempts" if attempts else "")


def _inside(record: DecisionRecord, stage: str) -> str:
    """Return what the agent's time went into: when each began is not kept."""
    if stage != "agent":
        return ""
    parts = [(call.name, call.duration_ms) for call in record.tool_calls if call.duration_ms >= SHOWN_MS]
    if record.model_ms >= SHOWN_MS:
        parts.append((f"model {record.model}", record.model_ms))
    return ", ".join(f"{name} {spent_ms:.1f} ms" for name, spent_ms in parts)


def _delivery(reply: SentMessage, accepted: datetime, ended_s: float) -> Span:
    sent_s = (reply.sent_at - accepted).total_seconds() if reply.sent_at else None
    attempts = f", {reply.attempts} attempts" if reply.attempts > 1 else ""
    return Span(name="delivery", start_s=ended_s, end_s=sent_s, note=f"{reply.channel}: {reply.state}{attempts}")
