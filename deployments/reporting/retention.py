"""What is kept for a time only is deleted when that is over, all of it: what comes in faster is deleted faster.

Events go in batches: a partition a day would have to be emptied of those that still wait before it could be dropped.
Metrics, which nothing refers to and nobody changes, lie in a partition a day that is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from db import shadow
from db.intake import form_files, proofs
from db.measurement import retention
from db.operations import events, node_status, notifications
from db.pool import Connection, Pool, acquire
from deployments.reporting.batches import in_batches
from deployments.reporting.periodic_tasks import PeriodicTask

EVERY_S = 60.0
BATCH = 2000
FILES_BATCH = 50
DAYS_AHEAD = 7
"""Days made ahead: so long the reporting node may be away before rows go to the default partition."""
WINDOWS_KEPT = timedelta(hours=2)
"""Twice the longest window of a rate limit."""

NOTIFICATIONS_KEPT = timedelta(days=30)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """How long is kept: events that Kafka has, metrics (whole days), texts of tool calls in decision records and what a
    model in the shadow found, the files of web forms."""

    events: timedelta = timedelta(hours=24)
    metrics: timedelta = timedelta(days=90)
    details: timedelta = timedelta(days=90)
    files: timedelta = timedelta(days=365)


class Retention:
    """Each method deletes everything of its kind that is past its time; it may run twice at once.

    Nothing is deleted that is still to be sent or answered, whatever its age.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        periods: Periods,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        batch: int = BATCH,
    ) -> None:
        self._pool, self._periods, self._clock, self._batch = pool, periods, clock, batch

    def tasks(self) -> tuple[PeriodicTask, ...]:
        """Return a periodic task for each kind, so that one which fails holds up none of the others."""
        return (
            PeriodicTask(name="retention of metrics", every_s=EVERY_S, work=self.metrics),
            PeriodicTask(name="retention of events", every_s=EVERY_S, work=self.events),
            PeriodicTask(name="retention of details", every_s=EVERY_S, work=self.details),
            PeriodicTask(name="retention of comparisons", every_s=EVERY_S, work=self.comparisons),
            PeriodicTask(name="retention of files", every_s=EVERY_S, work=self.files),
            PeriodicTask(name="retention of notifications", every_s=EVERY_S, work=self.notifications),
            PeriodicTask(name="retention of short-lived rows", every_s=EVERY_S, work=self.short_lived),
        )

    async def events(self) -> int:
        """Delete published events whose message is finished; return how many."""
        before, place, total = self._clock() - self._periods.events, events.START, 0

        async def step(connection: Connection) -> int:
            nonlocal place, total
            found = await events.delete_published(connection, before=before, behind=place, limit=self._batch)
            if found is None:
                return 0
            place, deleted = found
            total += deleted
            return self._batch

        await in_batches(self._pool, step, size=self._batch)
        return _logged("events", total)

    async def metrics(self) -> int:
        """Make the coming days' partitions, drop those past their time; return how many rows went that had none."""
        now = self._clock()
        before = now - self._periods.metrics
        async with acquire(self._pool) as connection:
            await retention.make_metric_days(connection, until=now + timedelta(days=DAYS_AHEAD))
            while name := await retention.drop_metric_day(connection, before=before):
                log.info("metrics_dropped", table=name)
        stray = await in_batches(
            self._pool,
            lambda c: retention.delete_stray_metrics(c, before=before, limit=self._batch),
            size=self._batch,
        )
        return _logged("metrics", stray)

    async def details(self) -> int:
        """Delete the texts of tool calls in old decision records; return of how many."""
        before = self._clock() - self._periods.details
        done = await in_batches(
            self._pool, lambda c: retention.delete_details(c, before=before, limit=self._batch), size=self._batch
        )
        return _logged("details", done)

    async def comparisons(self) -> int:
        """Delete what models in the shadow found long ago; return of how many turns."""
        before = self._clock() - self._periods.details
        done = await in_batches(
            self._pool, lambda c: shadow.delete_old(c, before=before, limit=self._batch), size=self._batch
        )
        return _logged("comparisons", done)

    async def files(self) -> int:
        """Delete the bytes of old files of web forms; return of how many. A batch holds few, since they are large."""
        before = self._clock() - self._periods.files
        done = await in_batches(
            self._pool,
            lambda c: form_files.delete_before(c, before=before, limit=FILES_BATCH),
            size=FILES_BATCH,
        )
        return _logged("files", done)

    async def notifications(self) -> int:
        """Delete old notifications that are settled; return how many."""
        before = self._clock() - NOTIFICATIONS_KEPT
        done = await in_batches(
            self._pool, lambda c: notifications.delete_old(c, before=before, limit=self._batch), size=self._batch
        )
        return _logged("notifications", done)

    async def short_lived(self) -> int:
        """Delete rate-limit windows that are over, proofs of work that have expired, and replicas that are gone; return
        how many windows."""
        before = self._clock() - WINDOWS_KEPT
        await in_batches(
            self._pool, lambda c: proofs.delete_expired(c, before=before, limit=self._batch), size=self._batch
        )
        async with acquire(self._pool) as connection:
            await node_status.delete_silent(connection)
        done = await in_batches(
            self._pool, lambda c: retention.delete_windows(c, before=before, limit=self._batch), size=self._batch
        )
        return _logged("windows", done)


def _logged(kind: str, rows: int) -> int:
    if rows:
        log.info("retention_deleted", kind=kind, rows=rows)
    return rows
