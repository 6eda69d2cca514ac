"""The reporting node's periodic tasks for the support team: ticket life, service-level clocks, notifications."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from db.identity import conflicts
from db.pool import Pool
from deployments.reporting.alerts import UnknownFateReplies
from deployments.reporting.batches import in_batches
from deployments.reporting.drafts import Drafts
from deployments.reporting.hand_overs import HandOvers
from deployments.reporting.notifier import Notifier
from deployments.reporting.ticket_life import TicketLife
from deployments.rules.support_hours import ServiceLevels


def _nothing() -> str | None:
    return None


async def _nothing_to_close() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicTask:
    """Work that is repeated `every_s` seconds after its end, and shows in /health when it lasts over `patience_s`.

    `problem` and `alert` return a line for /health, or None: what is wrong with the work itself, which degrades the
    node, and what it has found, which does not.
    """

    name: str
    every_s: float
    work: Callable[[], Awaitable[object]]
    problem: Callable[[], str | None] = _nothing
    alert: Callable[[], str | None] = _nothing
    patience_s: float = 900.0
    close: Callable[[], Awaitable[None]] = _nothing_to_close


def support_tasks(
    *,
    pool: Pool,
    levels: ServiceLevels,
    notify_urls: Sequence[str],
    staff_url: str,
    resolve_after: timedelta,
    close_after: timedelta,
) -> tuple[PeriodicTask, ...]:
    """Return the tasks, in the order in which they start. Notifications link to `staff_url`."""
    life = TicketLife(pool=pool, resolve_after=resolve_after, close_after=close_after)
    hand_overs = HandOvers(pool=pool, levels=levels, staff_url=staff_url)
    drafts = Drafts(pool=pool, levels=levels, staff_url=staff_url)
    unknown_fate = UnknownFateReplies(pool=pool, staff_url=staff_url)
    notifier = Notifier(pool=pool, urls=notify_urls)
    return (
        PeriodicTask(name="ticket-life", every_s=60.0, work=life.run_once),
        PeriodicTask(
            name="conflicts", every_s=60.0, work=partial(in_batches, pool, conflicts.detect, size=conflicts.STEP)
        ),
        PeriodicTask(name="hand-overs", every_s=1.0, work=hand_overs.run_once, alert=hand_overs.alert),
        PeriodicTask(name="drafts", every_s=5.0, work=drafts.run_once, alert=drafts.alert),
        PeriodicTask(name="unknown-fate-replies", every_s=30.0, work=unknown_fate.run_once),
        PeriodicTask(
            name="notifier", every_s=1.0, work=notifier.run_once, problem=notifier.problem, close=notifier.close
        ),
    )
