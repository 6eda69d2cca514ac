"""Reads Gmail's history from the stored cursor: at once after a push notification, else every minute."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from db.ids import new_id
from db.intake import mailbox
from db.intake.mailbox import MailboxLease
from db.operations.node_status import Status
from db.pool import DatabaseUnavailableError, Pool, acquire
from deployments.channels.gmail.client import Gmail, RawMail
from deployments.channels.gmail.errors import (
    GmailCredentialsError,
    GmailError,
    GmailNotFoundError,
    GmailRateLimitError,
    GmailUnreachableError,
)
from deployments.channels.gmail.mail_store import MailIntake
from deployments.channels.gmail.quota import UNITS_PER_MINUTE, reading
from deployments.channels.quota import SharedQuota
from deployments.channels.sender import TransientDeliveryError
from deployments.runtime import metrics
from deployments.runtime.heartbeat import EVERY_S, Heartbeat

NODE = "email"
"""The channel in /health, whose status is the worst of its mailbox reader and its senders."""
POLL_S = 60.0
RETRY_S = 15.0
"""The same after a failure, so that mail is read, and health is right, soon after the cause is mended."""
LEASE_S = 120.0
"""Longer than any single step; renewed after each."""
WATCH_UNITS, PROFILE_UNITS, HISTORY_UNITS, LIST_UNITS, GET_UNITS = 100, 1, 2, 5, 5
FETCH_CONCURRENCY = 8
RENEW_WATCH_AFTER = timedelta(days=1)
RESYNC_DAYS, RESYNC_MAILS = 7, 2_000
CONNECTED_MARGIN = timedelta(minutes=5)
"""Messages that are older than the account's first lease by more than this are not ours to answer."""

T = TypeVar("T")
log = structlog.get_logger(__name__)


async def _always() -> bool:
    return True


class _LeaseLostError(Exception):
    """Another worker holds the lease of the mailbox: this one stops, the other goes on from the cursor."""


class MailboxWorker:
    """Reads one mailbox; `run_once` is to be called about every second.

    Workers may run in parallel: a lease lets one of them read, and messages are unique by id. The cursor advances after
    a message is committed. Without a Pub/Sub `topic` the mailbox is polled only. Until the channel `is_on` nothing is
    read; what came meanwhile is read from the cursor afterwards. `groups` are our Google Groups.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        gmail: Gmail,
        address: str,
        topic: str | None,
        groups: Collection[str] = (),
        units_per_minute: int = UNITS_PER_MINUTE,
        is_on: Callable[[], Awaitable[bool]] = _always,
        poll_s: float = POLL_S,
        beat_every_s: float = EVERY_S,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool, self._gmail, self._address, self._topic = pool, gmail, address, topic
        self._is_on, self._poll_s, self._clock = is_on, poll_s, clock
        self._holder = str(new_id())
        self._intake = MailIntake(pool=pool, address=address, groups=groups)
        self._quota = SharedQuota(
            pool=pool, key=f"gmail reading {address}", limit=reading(units_per_minute), wait_at_most_s=LEASE_S / 2
        )
        self._threads = ThreadPoolExecutor(FETCH_CONCURRENCY, thread_name_prefix="mailbox")
        self._problem, self._watch_problem = "", ""
        self._watch_expires_at: datetime | None = None
        self._watch_known = False
        self._heartbeat = Heartbeat(
            pool=pool, node=NODE, replica=self._holder, status=self.status, every_s=beat_every_s
        )

    def start(self, wake: Callable[[], None]) -> None:
        """Start the heartbeat; `wake` is called after a commit that queued an event."""
        self._intake.wake = wake
        self._heartbeat.start()

    def status(self) -> tuple[Status, str]:
        """Return the reader's status and detail for /health."""
        if problem := "; ".join(filter(None, [self._problem, self._watch_problem])):
            return "degraded", problem
        return "healthy", "the mailbox is read"

    async def run_once(self) -> int:
        """Read the mailbox if it is due and the channel is on; return how many messages were stored.

        Failures of Google show in `status`. Raises DatabaseUnavailableError.
        """
        if not await self._is_on():
            return 0
        self._tell_watch()
        poll_s = min(self._poll_s, RETRY_S) if self._problem or self._watch_problem else self._poll_s
        async with acquire(self._pool) as connection:
            await mailbox.ensure(connection, self._address)
            lease = await mailbox.take(connection, self._address, self._holder, lease_s=LEASE_S, poll_s=poll_s)
        return 0 if lease is None else await self._run_leased(lease)

    async def close(self) -> None:
        """Stop the heartbeat and close the connections."""
        await self._heartbeat.stop()
        await self._intake.close()
        self._threads.shutdown(wait=False)
        self._gmail.close()

    async def _run_leased(self, lease: MailboxLease) -> int:
        stored, caught_up = 0, False
        try:
            # The cursor is set before the watch, so that no change falls in between.
            stored, caught_up = await self._read(lease), True
            stored += await self._reread()
            await self._renew_watch(lease)
            self._problem = ""
        except GmailError as error:
            self._problem = str(error)
            log.warning("mailbox_not_read", kind=type(error).__name__, error=str(error))
        except _LeaseLostError:
            log.warning("mailbox_lease_lost")
        except DatabaseUnavailableError:
            raise
        except Exception as error:
            self._problem = f"the mailbox can't be read: {type(error).__name__}"
            log.exception("mailbox_failed")
        async with acquire(self._pool) as connection:
            await mailbox.release(connection, self._address, self._holder, caught_up=caught_up)
        return stored

    async def _renew_watch(self, lease: MailboxLease) -> None:
        """Renew the watch, which lasts seven days, each day. If Google refuses it the mailbox is still polled."""
        now = self._clock()
        if self._topic is None:
            return
        self._know_watch(lease.watch_expires_at)
        if lease.watched_at and now - lease.watched_at < RENEW_WATCH_AFTER:
            return
        topic = self._topic
        try:
            expires_at = await self._call(lambda: self._gmail.watch(topic), WATCH_UNITS)
        except (GmailUnreachableError, GmailRateLimitError):
            raise
        except GmailError as error:
            self._watch_problem = f"{_watch_ends(lease.watch_expires_at, now)}: {_watch_hint(error)}"
            log.warning("watch_refused", error=str(error))
            return
        self._watch_problem = ""
        self._know_watch(expires_at)
        async with acquire(self._pool) as connection:
            await mailbox.record_watch(connection, self._address, now, expires_at=expires_at)

    def _know_watch(self, expires_at: datetime | None) -> None:
        self._watch_expires_at, self._watch_known = expires_at, True
        self._tell_watch()

    def _tell_watch(self) -> None:
        """Told at each call, not at each reading: a gauge that nobody sets is forgotten by Ray within half a minute."""
        if self._watch_known:
            left = self._watch_expires_at - self._clock() if self._watch_expires_at else timedelta(0)
            metrics.record(metrics.WATCH_LEFT, left.total_seconds())

    async def _read(self, lease: MailboxLease) -> int:
        if lease.cursor is None:
            # First run: messages that were there before are not ours to answer.
            _, present = await self._call(self._gmail.profile, PROFILE_UNITS)
            await self._advance(present)
            return 0
        try:
            return await self._read_history(lease, lease.cursor)
        except GmailNotFoundError:
            log.warning("history_too_old", cursor=lease.cursor)
            return await self._resync(lease)

    async def _reread(self) -> int:
        """Fetch replayed dead letters again; one that is gone from the mailbox becomes a dead letter again."""
        async with acquire(self._pool) as connection:
            wanted = await mailbox.to_reread(connection)
        stored = await self._store_new(wanted)
        async with acquire(self._pool) as connection:
            left = await mailbox.to_reread(connection) if wanted else []
        for gmail_id in left:
            await self._intake.give_up(gmail_id)
        return stored

    async def _read_history(self, lease: MailboxLease, cursor: int) -> int:
        def wanted(mail: RawMail) -> bool:
            # An old message may be moved to the inbox to be answered; one that is imported past it is not.
            return "INBOX" in mail.label_ids or "SENT" in mail.label_ids or _since_connected(lease, mail)

        stored, end, page = 0, 0, None
        while True:
            token = page
            found = await self._call(lambda: self._gmail.history(cursor, token), HISTORY_UNITS)  # noqa: B023
            stored += await self._store_new(found.mail_ids, wanted)
            # Later pages may include changes after the first page's history_id, which would be listed again.
            end = max(end or found.history_id, found.last_history_id or 0)
            page = found.next_page
            if page is None:
                await self._advance(end)
                return stored
            if found.last_history_id:
                await self._advance(found.last_history_id)

    async def _resync(self, lease: MailboxLease) -> int:
        """Read the newest messages, within bounds, after Gmail has dropped the history since the cursor."""
        _, present = await self._call(self._gmail.profile, PROFILE_UNITS)
        since = lease.caught_up_at or lease.created_at
        days = min(RESYNC_DAYS, 1 + math.ceil((self._clock() - since) / timedelta(days=1)))
        ids: list[str] = []
        page: str | None = None
        while len(ids) < RESYNC_MAILS:
            token = page
            found, page = await self._call(lambda: self._gmail.search(f"newer_than:{days}d", token), LIST_UNITS)  # noqa: B023
            ids += found
            if page is None:
                break
        if page is not None:
            log.error("alarm", alarm="resync_bounded", mails=len(ids))
        stored = await self._store_new(ids[::-1], partial(_since_connected, lease))
        await self._advance(present)
        return stored

    async def _store_new(self, mail_ids: Sequence[str], wanted: Callable[[RawMail], bool] = lambda mail: True) -> int:
        """Fetch messages that are not stored yet, and store those that are wanted, in order; return how many."""
        async with acquire(self._pool) as connection:
            new_ids = await mailbox.unprocessed(connection, mail_ids)
        stored = 0
        for start in range(0, len(new_ids), FETCH_CONCURRENCY):
            mails = await asyncio.gather(*(self._fetch(one) for one in new_ids[start : start + FETCH_CONCURRENCY]))
            for mail in mails:
                if mail is not None and wanted(mail):
                    stored += await self._intake.store(mail) in ("accepted", "ignored", "staff", "unreadable")
            async with acquire(self._pool) as connection:
                if not await mailbox.renew(connection, self._address, self._holder, lease_s=LEASE_S):
                    raise _LeaseLostError
        return stored

    async def _fetch(self, mail_id: str) -> RawMail | None:
        try:
            return await self._call(lambda: self._gmail.raw(mail_id), GET_UNITS)
        except GmailNotFoundError:
            return None

    async def _advance(self, history_id: int) -> None:
        async with acquire(self._pool) as connection:
            await mailbox.advance(connection, self._address, history_id)

    async def _call(self, call: Callable[[], T], units: int) -> T:
        try:
            await self._quota(units)
        except TransientDeliveryError as error:
            raise GmailRateLimitError(str(error), retry_in=error.retry_in) from error
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


def _since_connected(lease: MailboxLease, mail: RawMail) -> bool:
    return int(mail.received_ms) >= (lease.created_at - CONNECTED_MARGIN).timestamp() * 1000


def _watch_ends(expires_at: datetime | None, now: datetime) -> str:
    """Say until when there are pushes although the watch can't be renewed."""
    if expires_at is not None and expires_at > now:
        return f"pushes end on {expires_at:%Y-%m-%d %H:%M} UTC, then the mailbox is only polled"
    ended = f", the watch expired on {expires_at:%Y-%m-%d %H:%M} UTC" if expires_at else ""
    return f"no pushes, the mailbox is polled{ended}"


def _watch_hint(error: GmailError) -> str:
    if isinstance(error, GmailCredentialsError):
        return (
            "Google refuses the watch: gmail-api-push@system.gserviceaccount.com must be a publisher of "
            "GMAIL_PUBSUB_TOPIC"
        )
    return f"{error}: check GMAIL_PUBSUB_TOPIC"
