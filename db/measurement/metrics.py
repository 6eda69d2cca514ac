"""Aggregates over the recorded metrics (agent_metrics) and over recent turns. Turns write their own metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFigures:
    """A channel's figures over a period, or those of all channels (`channel` None). Averages are None without data.

    `sentiment` lies in [0, 1]; latencies are milliseconds from acceptance to the frozen reply; `turns` counts replies.
    """

    channel: str | None
    conversations: int
    messages: int
    turns: int
    escalations: int
    sentiment: float | None
    latency_ms: float | None
    latency_p95_ms: float | None


async def channel_figures(
    connection: Connection, since: datetime, until: datetime | None = None
) -> list[ChannelFigures]:
    """Return the figures of each channel that has any, and always those of all channels together; `until` None: now."""
    return [ChannelFigures(**row) for row in await connection.fetch(_SQL["channel_figures"], since, until)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Aggregates over the turns of a time window, in milliseconds.

    Latency runs from acceptance to the frozen reply, without the quiet gap in which the customer might go on typing
    and without the model's own time; the means of these two are `mean_quiet_ms` and `mean_model_ms`.
    """

    turns: int
    escalated: int
    mean_latency_ms: float | None
    p95_latency_ms: float | None
    mean_quiet_ms: float | None
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
