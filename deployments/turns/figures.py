"""What Prometheus and the trace are told of a turn that has ended."""

from __future__ import annotations

from collections.abc import Mapping

from db.records import Decision, Turn
from deployments.runtime import metrics
from ingest import tracing


def count_turn(turn: Turn, outcome: str, stages_ms: Mapping[str, float], decision: Decision | None) -> None:
    """Count a turn; without a decision it is held for a person."""
    metrics.record(metrics.TURNS, 1, channel=turn.channel, outcome=outcome)
    for stage, spent_ms in stages_ms.items():
        metrics.record(metrics.STAGE, spent_ms / 1000, stage=stage)
    known = {"nightdesk.channel": turn.channel, "nightdesk.outcome": outcome, "nightdesk.ticket": turn.ticket.number}
    if decision is not None and decision.reason:
        metrics.record(metrics.ESCALATIONS, 1, reason=decision.reason)
        known["nightdesk.reason"] = decision.reason
    tracing.turn_ended(turn.inbox_id, stages_ms, known)
