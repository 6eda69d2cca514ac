"""The clock of every hand-over: stamps when it is due, finds those that nobody takes, and has the team told (G14)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import structlog

from db.operations import notifications
from db.pool import Connection, Pool, transaction
from db.tickets import hand_overs
from db.tickets.hand_overs import HandOver
from deployments.reporting.overdue import SHOWN, named
from deployments.rules.support_hours import ServiceLevels

AT_ONCE = 100

log = structlog.get_logger(__name__)


class HandOvers:
    """Looks every second or two. `staff_url` is where people take a hand-over."""

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
        """Stamp what is new, note what is late. Raises DatabaseUnavailableError."""
        now = self._clock()
        async with transaction(self._pool) as connection:
            for new in await hand_overs.unstamped(connection, limit=AT_ONCE):
                await self._stamp(connection, new)
            for near in await hand_overs.warn(connection, now=now, limit=AT_ONCE):
                await self._tell(connection, near, f"due_soon:{near.id}", "Nobody has taken", now)
            for late in await hand_overs.breach(connection, now=now, limit=AT_ONCE):
                log.warning("hand_over_late", ticket=late.number, severity=late.severity, queue=late.queue)
                await self._tell(connection, late, f"overdue:{late.id}", "Late, and nobody has taken", now)
            self._overdue = await hand_overs.overdue(connection, now=now, limit=SHOWN + 1)

    def problem(self) -> str | None:
        """Name what is late and nobody's, for health; None when all is in time."""
        return named("hand-overs", self._overdue)

    async def _stamp(self, connection: Connection, new: HandOver) -> None:
        due_at = self._levels.due_at(new.severity, new.queue, new.started_at)
        warn_at = self._levels.warn_at(new.severity, new.queue, new.started_at)
        if not await hand_overs.stamp(connection, new.id, warn_at=warn_at, due_at=due_at, reason=new.reason):
            return
        if new.taken_at is None:
            when = self._announce_at(new)
            await self._tell(connection, new, f"hand_over:{new.id}", "New hand-over", when, due_at=due_at)

    def _announce_at(self, new: HandOver) -> datetime:
        """Critical at any hour; the rest when its team is there; low severities are the list of the next morning."""
        opens = self._levels.team_opens_at(new.severity, new.queue, new.started_at)
        return self._levels.next_morning(new.queue, new.started_at) if new.severity == "low" else opens

    async def _tell(
        self,
        connection: Connection,
        about: HandOver,
        key: str,
        news: str,
        when: datetime,
        *,
        due_at: datetime | None = None,
    ) -> None:
        due = due_at or about.due_at
        by = f", due {self._levels.wall_time(due)}" if due else ""
        body = (
            f"{news}: {about.number} ({about.channel}), {about.severity}, queue {about.queue}, "
            f"reason {about.reason or 'taken over'}{by}. {self._staff_url}"
        )
        urgent = about.severity == "critical"
        await notifications.add(connection, key, body, due_at=when, urgent=urgent, hand_over_id=about.id)
