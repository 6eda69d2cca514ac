"""Aggregates of the recorded metrics (agent_metrics)."""

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


async def channel_figures(connection: Connection, since: datetime) -> list[ChannelFigures]:
    """Return the figures of each channel that has any, and always those of all channels together."""
    return [ChannelFigures(**row) for row in await connection.fetch(_SQL["channel_figures"], since)]
