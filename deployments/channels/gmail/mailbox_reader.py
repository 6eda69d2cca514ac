"""The mailbox worker: reads Gmail's history from the stored cursor, at once on a push and each minute anyway."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog

from db.ids import new_id
from db.intake import mailbox
from db.intake.mailbox import Reading
from db.operations.node_status import Status
from db.pool import DatabaseUnavailableError, Pool, acquire
from deployments.channels.gmail.client import Gmail, RawMail
from deployments.channels.gmail.errors import (
    GmailAwayError,
    GmailBusyError,
    GmailCredentialsError,
    GmailError,
    GmailGoneError,
)
from deployments.channels.gmail.mail_store import MailIntake
from deployments.channels.gmail.quota import UnitBudget
from deployments.runtime.heartbeat import Heartbeat

NODE = "email"
"""Health knows the channel by this name: it is as well as the worst of its worker and its senders."""
POLL_S = 60.0
LEASE_S = 120.0
"""Longer than any single step; it is prolonged after each."""
UNITS_PER_MINUTE = 2_500
WATCH_UNITS, PROFILE_UNITS, HISTORY_UNITS, LIST_UNITS, GET_UNITS = 100, 1, 2, 5, 5
FETCHED_AT_ONCE = 8
RENEW_WATCH_AFTER = timedelta(days=1)
RESYNC_DAYS, RESYNC_MAILS = 7, 2_000
BEFORE_WE_CAME = timedelta(minutes=5)

T = TypeVar("T")
log = structlog.get_logger(__name__)


class _LeaseLostError(Exception):
    """Another worker reads the mailbox by now: this one stops where it is."""


class MailboxWorker:
    """Call `run_once` about every second. Many may run: a lease lets one read, and a mail's id takes it in once.

    The cursor moves only behind mails that are committed. `topic` None: the mailbox is polled, not watched.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        gmail: Gmail,
        address: str,
        topic: str | None,
        poll_s: float = POLL_S,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool, self._gmail, self._address, self._topic = pool, gmail, address, topic
        self._poll_s, self._clock = poll_s, clock
        self._holder = str(new_id())
        self._intake = MailIntake(pool=pool, address=address)
        self._budget = UnitBudget(UNITS_PER_MINUTE, wait_at_most_s=LEASE_S / 2)
        self._threads = ThreadPoolExecutor(FETCHED_AT_ONCE, thread_name_prefix="mailbox")
        self._problem, self._watch_problem = "", ""
        self._heartbeat = Heartbeat(pool=pool, node=NODE, replica=self._holder, status=self.status)

    def start(self, wake: Callable[[], None]) -> None:
        """Begin to report; `wake` is called when there is something to publish."""
        self._intake.wake = wake
        self._heartbeat.start()

    def status(self) -> tuple[Status, str]:
        """What the worker says of the channel's way in."""
        if told := "; ".join(filter(None, [self._problem, self._watch_problem])):
            return "degraded", told
        return "healthy", "the mailbox is read"

    async def run_once(self) -> int:
        """Read the mailbox if there is reason to; returns how many mails were taken in. Google's failures show in
        `status`. Raises DatabaseUnavailableError."""
        async with acquire(self._pool) as connection:
            await mailbox.know(connection, self._address)
            reading = await mailbox.take(connection, self._address, self._holder, lease_s=LEASE_S, poll_s=self._poll_s)
        return 0 if reading is None else await self._leased(reading)

    async def close(self) -> None:
        """Stop reporting; the connections are closed."""
        await self._heartbeat.stop()
        self._threads.shutdown(wait=False)
        self._gmail.close()

    async def _leased(self, reading: Reading) -> int:
        taken, caught_up = 0, False
        try:
            # The cursor first: from the moment that we watch, whatever comes is news.
            taken, caught_up = await self._read(reading), True
            taken += await self._read_again()
            await self._keep_watched(reading)
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
        return taken

    async def _keep_watched(self, reading: Reading) -> None:
        """Renew the watch each day; it lasts seven. Without one the mailbox is still polled."""
        now = self._clock()
        if self._topic is None or (reading.watched_at and now - reading.watched_at < RENEW_WATCH_AFTER):
            return
        topic = self._topic
        try:
            expires_at = await self._call(lambda: self._gmail.watch(topic), WATCH_UNITS)
        except (GmailAwayError, GmailBusyError):
            raise
        except GmailError as error:
            self._watch_problem = f"no pushes, the mailbox is polled: {_watch_hint(error)}"
            log.warning("watch_refused", error=str(error))
            return
        self._watch_problem = ""
        async with acquire(self._pool) as connection:
            await mailbox.watched(connection, self._address, now, expires_at=expires_at)

    async def _read(self, reading: Reading) -> int:
        if reading.cursor is None:
            # The first time: what lies in the mailbox already was there before us.
            _, present = await self._call(self._gmail.profile, PROFILE_UNITS)
            await self._advance(present)
            return 0
        try:
            return await self._read_history(reading.cursor)
        except GmailGoneError:
            log.warning("history_too_old", cursor=reading.cursor)
            return await self._resync(reading)

    async def _read_again(self) -> int:
        """Fetch what a person has replayed out of the dead letters; what is gone from the mailbox is one again."""
        async with acquire(self._pool) as connection:
            wanted = await mailbox.replayed(connection)
        taken = await self._take_in(wanted)
        async with acquire(self._pool) as connection:
            left = await mailbox.replayed(connection) if wanted else []
        for gmail_id in left:
            await self._intake.give_up(gmail_id)
        return taken

    async def _read_history(self, cursor: int) -> int:
        taken, end, page = 0, 0, None
        while True:
            token = page
            found = await self._call(lambda: self._gmail.history(cursor, token), HISTORY_UNITS)  # noqa: B023
            taken += await self._take_in(found.mail_ids)
            # Later pages may tell of changes behind the first page's present: those are listed again.
            end = max(end or found.history_id, found.reaches or 0)
            page = found.next_page
            if page is None:
                await self._advance(end)
                return taken
            if found.reaches:
                await self._advance(found.reaches)

    async def _resync(self, reading: Reading) -> int:
        """Gmail has forgotten what came since the cursor: look through the newest mails, within bounds."""
        _, present = await self._call(self._gmail.profile, PROFILE_UNITS)
        since = reading.caught_up_at or reading.created_at
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
        taken = await self._take_in(ids[::-1], not_before=reading.created_at - BEFORE_WE_CAME)
        await self._advance(present)
        return taken

    async def _take_in(self, mail_ids: Sequence[str], *, not_before: datetime | None = None) -> int:
        """Fetch what is new and store it, in order; returns how many mails were taken in."""
        async with acquire(self._pool) as connection:
            unseen = await mailbox.unseen(connection, mail_ids)
        taken = 0
        for start in range(0, len(unseen), FETCHED_AT_ONCE):
            mails = await asyncio.gather(*(self._fetched(one) for one in unseen[start : start + FETCHED_AT_ONCE]))
            for mail in mails:
                if mail is not None and not _older(mail, not_before):
                    taken += await self._intake.store(mail) in ("accepted", "ignored", "staff", "unreadable")
            await self._renew()
        return taken

    async def _fetched(self, mail_id: str) -> RawMail | None:
        try:
            return await self._call(lambda: self._gmail.raw(mail_id), GET_UNITS)
        except GmailGoneError:
            return None

    async def _advance(self, history_id: int) -> None:
        async with acquire(self._pool) as connection:
            await mailbox.advance(connection, self._address, history_id)

    async def _renew(self) -> None:
        async with acquire(self._pool) as connection:
            if not await mailbox.renew(connection, self._address, self._holder, lease_s=LEASE_S):
                raise _LeaseLostError

    async def _call(self, call: Callable[[], T], units: int) -> T:
        await self._budget(units)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


def _older(mail: RawMail, moment: datetime | None) -> bool:
    return moment is not None and int(mail.received_ms) < moment.timestamp() * 1000


def _watch_hint(error: GmailError) -> str:
    if isinstance(error, GmailCredentialsError):
        return (
            "Google refuses the watch: gmail-api-push@system.gserviceaccount.com must be a publisher of "
            "GMAIL_PUBSUB_TOPIC"
        )
    return f"{error}: check GMAIL_PUBSUB_TOPIC"
