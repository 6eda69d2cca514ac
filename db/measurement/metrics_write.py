"""What the collector reads and what retention removes; each interaction's own metrics are written with its turn."""

from __future__ import annotations

from dataclasses import dataclass

from db.operations import node_status
from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The turns of a span of time. Latency runs from acceptance to the frozen reply, in milliseconds."""

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
    """Aggregate the turns that ended in the last `seconds`; those held for a person don't count."""
    row = await connection.fetchrow(_SQL["window"], seconds)
    assert row is not None
    return Window(**row)


async def delete_old(connection: Connection, *, days: int, limit: int = 5000) -> None:
    """Delete measurements older than `days`, rate windows that are over, and replicas that fell silent."""
    await connection.execute(_SQL["delete_old_metrics"], days, limit)
    await connection.execute(_SQL["delete_old_windows"])
    await node_status.delete_silent(connection)
