"""What a turn writes besides its decision when it ends: ids of the new rows, events for Kafka, metrics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from db.ids import new_id
from db.records import Decision, Turn
from db.turns.end_turn import NewEvent, TurnSentiment, TurnWrites
from deployments.turns.metrics import metrics_of
from ingest.events import DLQ, ESCALATIONS, OUTGOING, DeadLetterNotice, HandOverNotice, OutboundMessage


def turn_writes(
    turn: Turn,
    sentiment: TurnSentiment,
    *,
    decision: Decision | None,
    stages_ms: Mapping[str, float],
    now: datetime,
    cause: str | None = None,
) -> TurnWrites:
    """Return what the turn writes; without a decision it is held for a person, with a cause it is a dead letter."""
    ids = {"message_id": new_id(), "outbox_id": new_id(), "decision_id": new_id()}
    events: list[NewEvent] = []
    if decision is not None and not decision.drafted:
        reply = OutboundMessage(
            outbox_id=ids["outbox_id"],
            conversation_id=turn.conversation_id,
            ticket_number=turn.ticket.number,
            channel=turn.channel,
            recipient=turn.recipient,
            timestamp=now,
        )
        events.append(NewEvent(id=new_id(), topic=OUTGOING, value=reply.model_dump(mode="json")))
        if decision.outcome == "escalated":
            events.append(NewEvent(id=new_id(), topic=ESCALATIONS, value=_hand_over(turn, decision, now)))
    if cause is not None:
        letter = DeadLetterNotice(id=ids["decision_id"], inbox_id=turn.inbox_id, cause=cause)
        events.append(NewEvent(id=new_id(), topic=DLQ, value=letter.model_dump(mode="json")))
    metrics = tuple(metrics_of(turn, sentiment, decision))
    return TurnWrites(
        **ids, sentiment=sentiment, stages_ms=stages_ms, events=tuple(events), metrics=metrics, cause=cause
    )


def _hand_over(turn: Turn, decision: Decision, now: datetime) -> dict[str, object]:
    notice = HandOverNotice(
        ticket_number=turn.ticket.number,
        ticket_id=turn.ticket.id,
        conversation_id=turn.conversation_id,
        channel=turn.channel,
        reason=decision.reason,
        severity=decision.severity,
        queue=decision.queue,
        priority=decision.priority,
        timestamp=now,
    )
    return notice.model_dump(mode="json")
