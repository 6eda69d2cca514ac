"""Measures the work that waits, for Prometheus and for the nodes that scale on it."""

from __future__ import annotations

from typing import get_args

from db.operations import workload
from db.operations.workload import Ages
from db.pool import Pool, acquire
from db.records import Channel
from deployments.runtime import metrics

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
        metrics.record(metrics.INBOUND_AGE, self.ages.inbound_s)
        for state, seconds in self.ages.outbox_s.items():
            metrics.record(metrics.OUTBOX_AGE, seconds, state=state)
