"""Tells the team by Apprise: mail, Slack, Teams, a webhook and a hundred more, whatever NOTIFY_URLS names.

At least once: a notification is a row that is leased, told and settled; what dies in between is told again. Whoever has
it already is left out of the next attempt. Nothing here touches a customer's message: all that fails shows in health.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence
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
AT_ONCE = 50
FIRST_RETRY_S = 30.0
LAST_RETRY_S = 3600.0
MAX_ATTEMPTS = 30
"""A bit more than a day of attempts."""
_THREADS = 4

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One addressee. The fingerprint stands for its URL, which is a secret; the service is Apprise's name for it."""

    fingerprint: str
    service: str
    sender: Apprise


class Notifier:
    """Sends what is due. `urls` as Apprise takes them; none: what is due is kept untold."""

    def __init__(
        self,
        *,
        pool: Pool,
        urls: Sequence[str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        send_within_s: float = SEND_WITHIN_S,
        first_retry_s: float = FIRST_RETRY_S,
    ) -> None:
        self._pool, self._clock = pool, clock
        self._send_within_s, self._first_retry_s = send_within_s, first_retry_s
        self._targets, self._unusable = _targets(urls)
        self._backlog = Backlog(waiting=0, failed=0, last_error=None)
        # Threads of its own: an addressee that hangs takes none that somebody else needs.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="apprise")

    async def run_once(self) -> None:
        """Tell what is due now. Raises DatabaseUnavailableError."""
        now = self._clock()
        async with acquire(self._pool) as connection:
            if not self._targets:
                await notifications.leave_unsent(connection, now=now)
                return
            await notifications.withdraw_settled(connection)
            due = await notifications.claim(connection, now=now, limit=AT_ONCE, lease_s=LEASE_S)
        for letter in _letters(due):
            await self._deliver(letter)
        async with acquire(self._pool) as connection:
            self._backlog = await notifications.backlog(connection)

    def problem(self) -> str | None:
        """Say for health what is wrong; None when everybody was told."""
        if self._unusable:
            return f"NOTIFY_URLS: no. {', '.join(map(str, self._unusable))} is no address that Apprise knows"
        if not (self._backlog.waiting or self._backlog.failed):
            return None
        return (
            f"notifications: {self._backlog.waiting} wait, {self._backlog.failed} given up ({self._backlog.last_error})"
        )

    async def close(self) -> None:
        """Let go of the threads; one that hangs ends with its process."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _deliver(self, letter: Sequence[Notification]) -> None:
        had = set(letter[0].reached)
        targets = [target for target in self._targets if target.fingerprint not in had]
        title, body = _words(letter)
        answers = await asyncio.gather(*(self._tell(target, title, body) for target in targets))
        reached = had | {target.fingerprint for target, ok in zip(targets, answers, strict=True) if ok}
        missing = sorted({target.service for target, ok in zip(targets, answers, strict=True) if not ok})
        keys = [one.key for one in letter]
        async with acquire(self._pool) as connection:
            if not missing:
                await notifications.mark_sent(connection, keys, reached=reached)
                return
            error = f"{', '.join(missing)} did not take it"
            retry_in = self._retry_in(letter[0].attempts)
            await notifications.defer(connection, keys, reached=reached, error=error, retry_in=retry_in)
        log.warning("notification_not_taken", services=missing, count=len(keys), retry_in=retry_in)

    async def _tell(self, target: Target, title: str, body: str) -> bool:
        """Call Apprise, which blocks, and tell whether the addressee has taken it in time."""
        loop = asyncio.get_running_loop()
        call = loop.run_in_executor(self._threads, lambda: target.sender.notify(body=body, title=title))
        try:
            async with asyncio.timeout(self._send_within_s):
                return bool(await call)
        except Exception as error:  # whatever a plugin raises, it has not taken it
            log.warning("notification_failed", service=target.service, cause=type(error).__name__)
            return False

    def _retry_in(self, attempts: int) -> float | None:
        if attempts >= MAX_ATTEMPTS:
            return None
        return float(min(LAST_RETRY_S, self._first_retry_s * 2 ** (attempts - 1)))


def _letters(due: Iterable[Notification]) -> list[list[Notification]]:
    """Group what is told together: the urgent each alone, the rest in one, apart by who has it already and how often
    it was tried."""
    rows = list(due)
    letters = [[one] for one in rows if one.urgent]

    def tried(one: Notification) -> tuple[tuple[str, ...], int]:
        return one.reached, one.attempts

    rest = sorted((one for one in rows if not one.urgent), key=tried)
    return letters + [list(group) for _, group in groupby(rest, tried)]


def _words(letter: Sequence[Notification]) -> tuple[str, str]:
    if len(letter) == 1:
        return ("Nightdesk: urgent" if letter[0].urgent else "Nightdesk"), letter[0].body
    return f"Nightdesk: {len(letter)} notifications", "\n".join(f"- {one.body}" for one in letter)


def _targets(urls: Sequence[str]) -> tuple[list[Target], list[int]]:
    """Return the usable addressees, and which of the URLs (from 1) are none."""
    if not urls:
        return [], []
    from apprise import Apprise  # it scans its hundred plugins, which only a node that sends should pay for

    targets, unusable = [], []
    for number, url in enumerate(urls, start=1):
        sender = Apprise()
        if not sender.add(url):
            unusable.append(number)
            continue
        fingerprint = hashlib.sha256(url.encode()).hexdigest()[:16]
        targets.append(Target(fingerprint=fingerprint, service=str(sender[0].service_name), sender=sender))
    return targets, unusable
