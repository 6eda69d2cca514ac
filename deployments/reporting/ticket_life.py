"""Timed ticket transitions: a waiting ticket is resolved, a resolved one is closed (G15)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from db.pool import Connection, Pool
from db.tickets import ticket_life
from deployments.reporting.batches import in_batches

BATCH = 500
"""Tickets in one statement, so that row locks are held for milliseconds only."""

log = structlog.get_logger(__name__)


class TicketLife:
    """Resolves and closes idle tickets in batches, a transaction each."""

    def __init__(
        self,
        *,
        pool: Pool,
        resolve_after: timedelta,
        close_after: timedelta,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        batch: int = BATCH,
    ) -> None:
        self._pool, self._clock, self._batch = pool, clock, batch
        self._resolve_after, self._close_after = resolve_after, close_after

    async def run_once(self) -> tuple[int, int]:
        """Make every transition that is due; return (resolved, closed). Raises DatabaseUnavailableError."""
        now = self._clock()
        closed = await self._all(
            lambda c: ticket_life.close_resolved(c, resolved_since=now - self._close_after, limit=self._batch)
        )
        resolved = await self._all(
            lambda c: ticket_life.resolve_idle(c, waiting_since=now - self._resolve_after, limit=self._batch)
        )
        if resolved or closed:
            log.info("tickets_ended", resolved=resolved, closed=closed)
        return resolved, closed

    async def _all(self, step: Callable[[Connection], Awaitable[int]]) -> int:
        return await in_batches(self._pool, partial(_unless_illegal, step), size=self._batch)


async def _unless_illegal(step: Callable[[Connection], Awaitable[int]], connection: Connection) -> int:
    try:
        return await step(connection)
    except ticket_life.IllegalTransitionError as error:
        log.info("ticket_stays_open", cause=str(error))
        return 0
