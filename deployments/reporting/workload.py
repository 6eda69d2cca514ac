"""Measures the work that waits, for Prometheus and for the nodes that scale on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from db.operations import health, workload
from db.operations.health import NodeReport
from db.operations.workload import Ages
from db.pool import Pool, acquire
from db.records import Channel
from deployments.runtime import metrics
from deployments.runtime.heartbeat import SILENT_S

EVERY_S = 2.0
CHANNELS: list[str] = list(get_args(Channel))


class WorkloadMeter:
    """To be run every EVERY_S seconds. `ages` is what the last run has found, None before the first."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.ages: Ages | None = None

    async def run_once(self) -> None:
        """Measure once. Raises DatabaseUnavailableError."""
        async with acquire(self._pool) as connection:
            self.ages = await workload.ages(connection, CHANNELS)
            reports = await health.node_reports(connection)
        metrics.record(metrics.INBOUND_AGE, self.ages.inbound_s)
        for state, seconds in self.ages.outbox_s.items():
            metrics.record(metrics.OUTBOX_AGE, seconds, state=state)
        for channel in CHANNELS:
            metrics.record(metrics.CHANNEL_DEGRADED, float(_degraded(channel, reports)), channel=channel)


def _degraded(channel: str, reports: Sequence[NodeReport]) -> bool:
    """Whether one of the channel's readers and senders that are alive reports a problem."""
    return any(one.node == channel and one.age <= SILENT_S and one.status != "healthy" for one in reports)
