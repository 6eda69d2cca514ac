"""Sends the team's notifications by Apprise to the services of NOTIFY_URLS (mail, Slack, Teams, webhooks, ...).

Delivery is at least once: a notification is a row that is leased, sent and settled, and is sent again if the process
dies in between. A retry skips the targets that have it already. Failures show in /health only.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

import structlog

from db.operations import notifications
from db.operations.notifications import Backlog, Notification
from db.pool import Pool, acquire

if TYPE_CHECKING:
    from apprise import Apprise

SEND_WITHIN_S = 20.0
LEASE_S = 120.0
BATCH = 50
FIRST_RETRY_S = 30.0
LAST_RETRY_S = 3600.0
MAX_ATTEMPTS = 30
"""Over a bit more than a day."""
TRIAL_EVERY_S = 15.0
"""While notifications wait for a later attempt, one of them is sent so often to see whether their targets are back."""
_THREADS = 4

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One of NOTIFY_URLS: a hash in place of the URL, which is a secret, and Apprise's name of the service."""

    fingerprint: str
    service: str
    sender: Apprise


class Notifier:
    """Sends due notifications to `urls` (Apprise's format); without any they are marked as not sent."""

    def __init__(
        self,
        *,
        pool: Pool,
        urls: Sequence[str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        send_within_s: float = SEND_WITHIN_S,
        first_retry_s: float = FIRST_RETRY_S,
        trial_every_s: float = TRIAL_EVERY_S,
    ) -> None:
        self._pool, self._clock = pool, clock
        self._send_within_s, self._first_retry_s, self._trial_every_s = send_within_s, first_retry_s, trial_every_s
        self._trial_at = time.monotonic()
        self._targets, self._unusable = _targets(urls)
        self._backlog = Backlog(waiting=0, failed=0, last_error=None)
        # Threads of its own, so that a target that hangs blocks no other work.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="apprise")

    async def run_once(self) -> None:
        """Send what is due now. Raises DatabaseUnavailableError."""
        now = self._clock()
        async with acquire(self._pool) as connection:
            if not self._targets:
                await notifications.mark_unsent(connection, now=now)
                return
            await notifications.withdraw_settled(connection)
            due = await notifications.lease_due(connection, now=now, limit=BATCH, lease_s=LEASE_S)
        for batch in _batches(due):
            await self._deliver(batch)
        if not due and self._backlog.waiting and time.monotonic() >= self._trial_at:
            await self._try_one(now)
        async with acquire(self._pool) as connection:
            self._backlog = await notifications.backlog(connection)

    def problem(self) -> str | None:
        """Return the line for /health: unusable URLs, pending or failed notifications; None without any."""
        if self._unusable:
            return f"NOTIFY_URLS: no. {', '.join(map(str, self._unusable))} is no address that Apprise knows"
        if not (self._backlog.waiting or self._backlog.failed):
            return None
        return (
            f"notifications: {self._backlog.waiting} wait, {self._backlog.failed} given up ({self._backlog.last_error})"
        )

    async def close(self) -> None:
        """Shut the threads down without waiting; one that hangs ends with the process."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _deliver(self, batch: Sequence[Notification]) -> None:
        reached, error = await self._attempt(batch)
        keys = [one.key for one in batch]
        async with acquire(self._pool) as connection:
            if not error:
                await notifications.mark_sent(connection, keys, reached=reached)
                return
            retry_in = self._retry_in(batch[0].attempts)
            await notifications.defer(connection, keys, reached=reached, error=error, retry_in=retry_in)
        self._trial_at = time.monotonic() + self._trial_every_s
        log.warning("notification_not_taken", error=error, count=len(keys), retry_in=retry_in)

    async def _try_one(self, now: datetime) -> None:
        """Send one of those that wait; once it has reached everybody the others need not wait any longer."""
        self._trial_at = time.monotonic() + self._trial_every_s
        async with acquire(self._pool) as connection:
            trial = await notifications.lease_trial(connection, now=now, lease_s=LEASE_S)
        if trial is None:
            return
        reached, error = await self._attempt([trial])
        async with acquire(self._pool) as connection:
            if error:
                await notifications.end_trial(connection, trial.key, reached=reached, error=error)
                return
            await notifications.mark_sent(connection, [trial.key], reached=reached)
            await notifications.hurry(connection, now=now)

    async def _attempt(self, batch: Sequence[Notification]) -> tuple[set[str], str]:
        """Send to the targets that do not have it yet; return whom it has reached, and what failed ('' for nothing)."""
        had = set(batch[0].reached)
        targets = [target for target in self._targets if target.fingerprint not in had]
        answers = await asyncio.gather(*(self._send(target, batch) for target in targets))
        reached = had | {target.fingerprint for target, ok in zip(targets, answers, strict=True) if ok}
        missing = sorted({target.service for target, ok in zip(targets, answers, strict=True) if not ok})
        return reached, f"{', '.join(missing)} did not take it" if missing else ""

    async def _send(self, target: Target, batch: Sequence[Notification]) -> bool:
        """Call Apprise, which blocks, in a thread; return whether the target accepted it in time."""
        title, body = "Nightdesk", batch[0].body
        if len(batch) > 1:
            title = f"Nightdesk: {len(batch)} notifications"
            body = "\n".join(f"- {one.body}" for one in batch)
        elif batch[0].urgent:
            title = "Nightdesk: urgent"
        loop = asyncio.get_running_loop()
        call = loop.run_in_executor(self._threads, lambda: target.sender.notify(body=body, title=title))
        try:
            async with asyncio.timeout(self._send_within_s):
                return bool(await call)
        except Exception as error:  # plugins raise all kinds
            log.warning("notification_failed", service=target.service, cause=type(error).__name__)
            return False

    def _retry_in(self, attempts: int) -> float | None:
        """Return the seconds until the next attempt, doubled each time; None after the last attempt."""
        if attempts >= MAX_ATTEMPTS:
            return None
        return float(min(LAST_RETRY_S, self._first_retry_s * 2 ** (attempts - 1)))


def _batches(due: Sequence[Notification]) -> list[list[Notification]]:
    """Group what is sent as one message: urgent ones alone, the others by targets reached and attempts made."""

    def progress(one: Notification) -> tuple[tuple[str, ...], int]:
        return one.reached, one.attempts

    rest = sorted((one for one in due if not one.urgent), key=progress)
    return [[one] for one in due if one.urgent] + [list(group) for _, group in groupby(rest, progress)]


def _targets(urls: Sequence[str]) -> tuple[list[Target], list[int]]:
    """Return the usable targets, and the positions (from 1) of URLs that Apprise does not understand."""
    if not urls:
        return [], []
    from apprise import Apprise  # scans its hundred plugins: only a node that sends should pay for that

    targets, unusable = [], []
    for number, url in enumerate(urls, start=1):
        sender = Apprise()
        if not sender.add(url):
            unusable.append(number)
            continue
        fingerprint = hashlib.sha256(url.encode()).hexdigest()[:16]
        targets.append(Target(fingerprint=fingerprint, service=str(sender[0].service_name), sender=sender))
    return targets, unusable
