"""What a replica tells Ray Serve of the work that waits: read in the background, never while Serve asks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from db.operations import workload
from db.operations.workload import Workload
from db.pool import DatabaseUnavailableError, Pool, acquire

EVERY_S = 2.0
FRESH_S = 20.0
"""The reporting node writes every five seconds; what is older than this is not known any more."""

log = structlog.get_logger(__name__)


class WorkloadWatch:
    """Reads what the reporting node measures, from the first question on: a node with fixed replicas never asks."""

    def __init__(
        self,
        pool: Pool,
        *,
        every_s: float = EVERY_S,
        fresh_s: float = FRESH_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool, self._every_s, self._fresh_s, self._clock = pool, every_s, fresh_s, clock
        self._found: Workload | None = None
        self._measured_at = 0.0
        self._task: asyncio.Task[None] | None = None

    def latest(self) -> Workload | None:
        """Return the work that waits; None while it is not known, or no longer. Returns at once."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="workload")
        return self._found if self._clock() - self._measured_at <= self._fresh_s else None

    async def stop(self) -> None:
        """End the reading."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                async with acquire(self._pool) as connection:
                    found = await workload.reported(connection)
            except DatabaseUnavailableError:
                pass  # it grows old, which is what the policies then see
            except Exception:  # as above; the next reading may work
                log.exception("workload_not_read")
            else:
                self._found = found
                self._measured_at = self._clock() - (found.age_s if found else 0.0)
            await asyncio.sleep(self._every_s)


def known(**figures: float | None) -> dict[str, float]:
    """Return the figures that are known, as Serve wants them."""
    return {name: float(value) for name, value in figures.items() if value is not None}
