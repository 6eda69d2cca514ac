"""Service-level clock of drafts: sets their due times and notifies of new, due and overdue ones (G14)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import structlog

from db.operations import notifications
from db.pool import Connection, Pool, transaction
from db.staff import drafts
from db.staff.drafts import NewDraft, WaitingDraft
from deployments.reporting.overdue import SHOWN, describe_overdue
from deployments.rules.escalation import NEUTRAL_SENTIMENT, severity_and_queue
from deployments.rules.support_hours import ServiceLevels

BATCH = 100
LIKE_REASON = "unsafe_reply"
"""A draft gets the severity and queue of an answer that the outgoing check refused: both wait for a person."""

log = structlog.get_logger(__name__)


class Drafts:
    """Sets deadlines of drafts and notifies the team. `staff_url` is the page where drafts are approved."""

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
        """Set due times of new drafts, queue notifications. Raises DatabaseUnavailableError."""
        now = self._clock()
        async with transaction(self._pool) as connection:
            for new in await drafts.without_deadline(connection, limit=BATCH):
                await self._set_deadlines(connection, new, now)
            for due_soon in await drafts.mark_warned(connection, now=now):
                await self._notify(connection, due_soon, "draft_due_soon", "Nobody has looked at a draft", now)
            for overdue in await drafts.mark_breached(connection, now=now):
                log.warning("draft_overdue", ticket=overdue.number, severity=overdue.severity, queue=overdue.queue)
                await self._notify(
                    connection, overdue, "draft_overdue", "Overdue, and nobody has looked at a draft", now
                )
            self._overdue = await drafts.list_overdue(connection, now=now, limit=SHOWN + 1)

    def alert(self) -> str | None:
        """Return the line for /health that names overdue drafts; None without any."""
        return describe_overdue("drafts", self._overdue)

    async def _set_deadlines(self, connection: Connection, new: NewDraft, now: datetime) -> None:
        severity, queue = severity_and_queue(LIKE_REASON, new.category, new.priority, NEUTRAL_SENTIMENT)
        due_at = self._levels.due_at(severity, queue, new.since)
        draft = WaitingDraft(
            id=new.id, number=new.number, channel=new.channel, severity=severity, queue=queue, due_at=due_at
        )
        if await drafts.set_deadlines(connection, draft, warn_at=self._levels.warn_at(severity, queue, new.since)):
            await self._notify(connection, draft, "draft", "A draft waits for approval", now)

    async def _notify(self, connection: Connection, draft: WaitingDraft, event: str, news: str, now: datetime) -> None:
        """Queue a notification, due when the queue's team is there."""
        body = (
            f"{news}: {draft.number} ({draft.channel}), {draft.severity}, queue {draft.queue}, "
            f"due {self._levels.wall_time(draft.due_at)}. {self._list_url}"
        )
        when = self._levels.team_opens_at(draft.severity, draft.queue, now)
        await notifications.add(connection, f"{event}:{draft.id}", body, due_at=when, draft_id=draft.id)
