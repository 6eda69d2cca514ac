"""Service-level clock of hand-overs: sets due times and notifies of new, due and overdue ones (G14)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import structlog

from db.operations import notifications
from db.pool import Connection, Pool, transaction
from db.tickets import hand_overs
from db.tickets.hand_overs import HandOver
from deployments.reporting.overdue import SHOWN, describe_overdue
from deployments.rules.support_hours import ServiceLevels

BATCH = 100

log = structlog.get_logger(__name__)


class HandOvers:
    """Sets deadlines of hand-overs and notifies the team. `staff_url` is the page where hand-overs are taken."""

    def __init__(
        self,
        *,
        pool: Pool,
        levels: ServiceLevels,
        staff_url: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool, self._levels, self._staff_url, self._clock = pool, levels, staff_url, clock
        self._overdue: Sequence[HandOver] = ()

    async def run_once(self) -> None:
        """Set due times of new hand-overs, queue notifications. Raises DatabaseUnavailableError."""
        now = self._clock()
        async with transaction(self._pool) as connection:
            for new in await hand_overs.without_deadline(connection, limit=BATCH):
                await self._set_deadlines(connection, new)
            for due_soon in await hand_overs.mark_warned(connection, now=now, limit=BATCH):
                await self._notify(connection, due_soon, f"due_soon:{due_soon.id}", "Nobody has taken", now)
            for overdue in await hand_overs.mark_breached(connection, now=now, limit=BATCH):
                log.warning("hand_over_overdue", ticket=overdue.number, severity=overdue.severity, queue=overdue.queue)
                await self._notify(connection, overdue, f"overdue:{overdue.id}", "Overdue, and nobody has taken", now)
            self._overdue = await hand_overs.list_overdue(connection, now=now, limit=SHOWN + 1)

    def alert(self) -> str | None:
        """Return the line for /health that names overdue hand-overs nobody has taken; None without any."""
        return describe_overdue("hand-overs", self._overdue)

    async def _set_deadlines(self, connection: Connection, new: HandOver) -> None:
        due_at = self._levels.due_at(new.severity, new.queue, new.started_at)
        warn_at = self._levels.warn_at(new.severity, new.queue, new.started_at)
        if not await hand_overs.set_deadlines(connection, new.id, warn_at=warn_at, due_at=due_at, reason=new.reason):
            return
        if new.taken_at is None:
            # Critical ones are announced at once, low ones the next morning, others as soon as the team is there.
            opens = self._levels.team_opens_at(new.severity, new.queue, new.started_at)
            when = self._levels.next_morning(new.queue, new.started_at) if new.severity == "low" else opens
            await self._notify(connection, new, f"hand_over:{new.id}", "New hand-over", when, due_at=due_at)

    async def _notify(
        self,
        connection: Connection,
        hand_over: HandOver,
        key: str,
        news: str,
        when: datetime,
        *,
        due_at: datetime | None = None,
    ) -> None:
        due = due_at or hand_over.due_at
        by = f", due {self._levels.wall_time(due)}" if due else ""
        body = (
            f"{news}: {hand_over.number} ({hand_over.channel}), {hand_over.severity}, queue {hand_over.queue}, "
            f"reason {hand_over.reason or 'taken over'}{by}. {self._staff_url}"
        )
        urgent = hand_over.severity == "critical"
        await notifications.add(connection, key, body, due_at=when, urgent=urgent, hand_over_id=hand_over.id)
