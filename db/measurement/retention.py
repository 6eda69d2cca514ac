"""The collector's aggregates over recent turns, and the retention of metrics. Turns write their own metrics."""

from __future__ import annotations

from dataclasses import dataclass

from db.operations import node_status
from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Aggregates over the turns of a time window. Latency runs from acceptance to the frozen reply, in milliseconds."""

    turns: int
    escalated: int
    mean_latency_ms: float | None
    p95_latency_ms: float | None
    mean_model_ms: float | None

    @property
    def escalation_rate(self) -> float:
        """The escalated share of the turns, in [0, 1]; 0 without turns."""
        return self.escalated / self.turns if self.turns else 0.0


async def window(connection: Connection, *, seconds: float) -> Window:
    """Aggregate the turns that ended in the last `seconds`, without those held for the staff."""
    row = await connection.fetchrow(_SQL["window"], seconds)
    assert row is not None
    return Window(**row)


async def delete_old(connection: Connection, *, days: int, limit: int = 5000) -> None:
    """Delete metrics older than `days`, rate-limit windows that are over, and silent replicas."""
    await connection.execute(_SQL["delete_old_metrics"], days, limit)
    await connection.execute(_SQL["delete_old_windows"])
    await node_status.delete_silent(connection)
