"""What a turn leaves behind besides its decision: mood, events, metrics. Pure: from records to records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import fmean, linear_regression

from db.ids import new_id
from db.records import Analysis, Decision, Turn
from db.turns.end_turn import Closing, Metric, NewEvent, TurnSentiment
from deployments.channels.traits import TRAITS
from ingest.events import DLQ, ESCALATIONS, OUTGOING, OutboundMessage


def texts_of(turn: Turn) -> list[str]:
    """Return what to analyse: the turn as a whole first, then each of its messages where there are several.

    The subject is part of what the customer said when the turn opens the conversation, and only then.
    """
    first = TRAITS[turn.channel].has_subject and not turn.earlier
    subject = turn.ticket.subject.strip() if first else ""
    whole = f"{subject}\n{turn.text}" if subject else turn.text
    return [whole] if len(turn.waiting) == 1 else [whole, *(message.content for message in turn.waiting)]


def mood_of(turn: Turn, analyses: Sequence[Analysis]) -> TurnSentiment:
    """Return the score of each waiting message, and with those before them the conversation's mean and trend.

    The trend is the slope of a straight line through the scores: what a message changes on average, below 0 when the
    customer gets angrier, 0 with a single message.
    """
    own = tuple(analysis.sentiment for analysis in (analyses if len(turn.waiting) == 1 else analyses[1:]))
    scores = (*turn.sentiments, *own)
    slope = linear_regression(range(len(scores)), scores).slope if len(scores) > 1 else 0.0
    return TurnSentiment(messages=own, score=fmean(scores), trend=slope)


def unknown_mood(turn: Turn) -> TurnSentiment:
    """Return the mood of a turn whose analysis failed: its messages have no score, the conversation keeps its mean."""
    score = fmean(turn.sentiments) if turn.sentiments else None
    return TurnSentiment(messages=(None,) * len(turn.waiting), score=score, trend=None)


def closing_of(
    turn: Turn,
    mood: TurnSentiment,
    *,
    decision: Decision | None,
    stages_ms: Mapping[str, float],
    now: datetime,
    cause: str | None = None,
) -> Closing:
    """Return what the turn leaves behind; without a decision it is held for a person, with a cause a dead letter."""
    ids = {"message_id": new_id(), "outbox_id": new_id(), "decision_id": new_id()}
    events: list[NewEvent] = []
    if decision is not None and not decision.drafted:
        word = OutboundMessage(
            outbox_id=ids["outbox_id"],
            conversation_id=turn.conversation_id,
            ticket_number=turn.ticket.number,
            channel=turn.channel,
            recipient=turn.recipient,
            timestamp=now,
        )
        events.append(NewEvent(id=new_id(), topic=OUTGOING, value=word.model_dump(mode="json")))
        if decision.outcome == "escalated":
            events.append(NewEvent(id=new_id(), topic=ESCALATIONS, value=_hand_over(turn, decision, now)))
    if cause is not None:
        letter = {"v": 1, "id": str(ids["decision_id"]), "inbox_id": str(turn.inbox_id), "cause": cause}
        events.append(NewEvent(id=new_id(), topic=DLQ, value=letter))
    metrics = tuple(_metrics(turn, mood, decision))
    return Closing(**ids, sentiment=mood, stages_ms=stages_ms, events=tuple(events), metrics=metrics, cause=cause)


def _hand_over(turn: Turn, decision: Decision, now: datetime) -> dict[str, object]:
    """What staff systems are told; the customer's words stay in the store, where erasure reaches them."""
    return {
        "v": 1,
        "ticket_number": turn.ticket.number,
        "ticket_id": str(turn.ticket.id),
        "conversation_id": str(turn.conversation_id),
        "channel": turn.channel,
        "reason": decision.reason,
        "severity": decision.severity,
        "queue": decision.queue,
        "priority": decision.priority,
        "timestamp": now.isoformat(),
    }


def _metrics(turn: Turn, mood: TurnSentiment, decision: Decision | None) -> list[Metric]:
    spoken = 0 if decision is None or decision.drafted else 1
    metrics = [Metric(metric_type="sentiment", value=score) for score in mood.messages if score is not None]
    metrics.append(Metric(metric_type="message_volume", value=len(turn.waiting) + spoken))
    if not turn.earlier:
        metrics.append(Metric(metric_type="conversation_count", value=1))
    if decision is not None:
        escalated = decision.outcome == "escalated"
        if spoken:
            # The value None: the store measures from acceptance to this reply by its own clock.
            metrics.append(Metric(metric_type="response_latency", value=None, labels={"model_ms": decision.model_ms}))
        metrics.append(Metric(metric_type="escalation", value=float(escalated), labels={"reason": decision.reason}))
        metrics += [
            Metric(metric_type="tool_call", value=call.duration_ms, labels={"tool": call.name, "ok": call.ok})
            for call in decision.tool_calls
        ]
    return metrics
