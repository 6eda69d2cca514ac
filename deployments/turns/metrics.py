"""The metrics of an interaction, written with its turn (agent_metrics, M4). A new metric type is added here."""

from __future__ import annotations

from db.records import Decision, Turn
from db.turns.end_turn import Metric, TurnSentiment


def metrics_of(turn: Turn, sentiment: TurnSentiment, decision: Decision | None) -> list[Metric]:
    """Return what is recorded of a turn; without a decision it is held for a person."""
    replies = 0 if decision is None or decision.drafted else 1
    metrics = [Metric(metric_type="sentiment", value=score) for score in sentiment.messages if score is not None]
    metrics.append(Metric(metric_type="message_volume", value=len(turn.waiting) + replies))
    if not turn.earlier:
        metrics.append(Metric(metric_type="conversation_count", value=1))
    if decision is not None:
        escalated = decision.outcome == "escalated"
        if replies:
            # The value None: the store measures from acceptance to this reply by its own clock.
            metrics.append(Metric(metric_type="response_latency", value=None, labels={"model_ms": decision.model_ms}))
        metrics.append(Metric(metric_type="escalation", value=float(escalated), labels={"reason": decision.reason}))
        metrics += [
            Metric(metric_type="tool_call", value=call.duration_ms, labels={"tool": call.name, "ok": call.ok})
            for call in decision.tool_calls
        ]
    return metrics
