"""The clock of every draft: stamps when it is due, finds those that nobody looks at, and has the team told (G14)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import structlog

from db.operations import notifications
from db.pool import Connection, Pool, transaction
from db.staff import drafts
from db.staff.drafts import NewDraft, WaitingDraft
from deployments.reporting.overdue import SHOWN, named
from deployments.rules.escalation import severity_and_queue
from deployments.rules.support_hours import ServiceLevels

AT_ONCE = 100
LIKE = "unsafe_reply"
"""A draft has the severity and the queue of an answer that the outgoing check refused: both wait for a person."""
NEUTRAL = 0.5

log = structlog.get_logger(__name__)


class Drafts:
    """Looks every few seconds. `staff_url` is where people approve drafts."""

    def __init__(
        self,
        *,
        pool: Pool,
        levels: ServiceLevels,
        staff_url: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool, self._levels, self._clock = pool, levels, clock
        self._list_url = f"{staff_url}#drafts"
        self._overdue: Sequence[WaitingDraft] = ()

    async def run_once(self) -> None:
        """Stamp what is new, note what is late. Raises DatabaseUnavailableError."""
        now = self._clock()
        async with transaction(self._pool) as connection:
            for new in await drafts.unstamped(connection, limit=AT_ONCE):
                await self._stamp(connection, new, now)
            for near in await drafts.warn(connection, now=now):
                await self._tell(connection, near, "draft_due_soon", "Nobody has looked at a draft", now)
            for late in await drafts.breach(connection, now=now):
                log.warning("draft_late", ticket=late.number, severity=late.severity, queue=late.queue)
                await self._tell(connection, late, "draft_overdue", "Late, and nobody has looked at a draft", now)
            self._overdue = await drafts.overdue(connection, now=now, limit=SHOWN + 1)

    def problem(self) -> str | None:
        """Name what is late, for health; None when all is in time."""
        return named("drafts", self._overdue)

    async def _stamp(self, connection: Connection, new: NewDraft, now: datetime) -> None:
        severity, queue = severity_and_queue(LIKE, new.category, new.priority, NEUTRAL)
        due_at = self._levels.due_at(severity, queue, new.since)
        draft = WaitingDraft(
            id=new.id, number=new.number, channel=new.channel, severity=severity, queue=queue, due_at=due_at
        )
        if await drafts.stamp(connection, draft, warn_at=self._levels.warn_at(severity, queue, new.since)):
            await self._tell(connection, draft, "draft", "A draft waits for approval", now)

    async def _tell(self, connection: Connection, about: WaitingDraft, what: str, news: str, now: datetime) -> None:
        """Have it told now, or when the queue's people come in."""
        body = (
            f"{news}: {about.number} ({about.channel}), {about.severity}, queue {about.queue}, "
            f"due {self._levels.wall_time(about.due_at)}. {self._list_url}"
        )
        when = self._levels.team_opens_at(about.severity, about.queue, now)
        await notifications.add(connection, f"{what}:{about.id}", body, due_at=when, draft_id=about.id)
