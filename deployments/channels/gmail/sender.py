"""The e-mail sender: a reply becomes one Gmail draft, which is then sent.

Gmail sends a draft only once and answers 404 afterwards, so any attempt may be repeated with the same draft. Whether a
draft was sent is looked up in its thread, by the header with the outbox id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import structlog

from db.intake import mailbox
from db.intake.mailbox import Envelope
from db.pool import DatabaseUnavailableError, Pool, acquire
from db.records import Channel, OutboxRow
from deployments.channels.gmail.client import Gmail, MailHead
from deployments.channels.gmail.errors import GmailError, GmailNoAnswerError, GmailNotFoundError, GmailRejectedError
from deployments.channels.gmail.quota import UNITS_PER_MINUTE, sending
from deployments.channels.gmail.reply_mail import build_reply_mail
from deployments.channels.quota import SharedQuota
from deployments.channels.sender import (
    CONCURRENCY,
    LEASE_S,
    LookUpFailedError,
    MessageRejectedError,
    NotSentError,
    OutcomeUnknownError,
    TransientDeliveryError,
    UndeliverableError,
)
from ingest.bus.failpoints import Failpoint, no_failpoint
from ingest.mail.headers.automated import OUTBOX_HEADER

GET_UNITS, THREAD_UNITS, LIST_UNITS = 5, 10, 5
SENDING_UNITS = 10 + 100 + GET_UNITS
"""Creating and sending the draft and reading back its Message-ID: reserved together, before the first call."""
STRAYS = 25
"""How many of the newest mails to a customer are searched when the thread does not contain the reply."""
NEVER_BEGUN = 5
"""From so many attempts on a mail that has no draft is looked up all the same: it may be what ends its senders."""
_HEADERS = (OUTBOX_HEADER, "Message-ID")

T = TypeVar("T")
log = structlog.get_logger(__name__)


class _DraftGoneError(OutcomeUnknownError):
    """The draft does not exist (any more): the reply is looked up, or drafted anew if look-ups did not find it."""


class GmailSender:
    """Sends from `address`, which must be the account's, within its `units_per_minute`."""

    channel: Channel = "email"
    concurrency = CONCURRENCY

    def __init__(
        self,
        *,
        pool: Pool,
        gmail: Gmail,
        address: str,
        units_per_minute: int = UNITS_PER_MINUTE,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        failpoint: Failpoint = no_failpoint,
    ) -> None:
        self._pool, self._gmail, self._address = pool, gmail, address
        self._quota = SharedQuota(pool=pool, key=f"gmail sending {address}", limit=sending(units_per_minute))
        self._clock, self._failpoint = clock, failpoint
        self._threads = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="gmail")

    async def send(self, row: OutboxRow) -> str:
        """Create the reply's draft, unless there is one, and send it. See Sender.send."""
        envelope = await self._envelope(row)
        await self._quota(SENDING_UNITS)
        draft_id = envelope.draft_id
        if draft_id is None:
            draft_id = await self._not_yet_sent(self._find_or_create_draft(row, envelope))
        try:
            sent_id = await self._send_draft(row, draft_id)
        except _DraftGoneError:
            if not (envelope.resent and envelope.draft_id):
                raise
            # Two look-ups have not found it, so somebody deleted its draft: a new one is created.
            sent_id = await self._send_draft(row, await self._not_yet_sent(self._create_draft(row, envelope)))
        await self._record_message_id(row, sent_id)
        return sent_id

    async def look_up(self, row: OutboxRow) -> str | None:
        """Search the thread, then the mails sent to this customer, for the outbox id. See Sender.look_up."""
        try:
            envelope = await self._envelope(row)
            if envelope.draft_id is None and row.attempts < NEVER_BEGUN:
                # Its sending was never begun, as when the store's answer to a lease was lost: Gmail can't have it.
                raise NotSentError
            mails = [mail for mail in await self._thread_of(envelope) if _is(row, mail)]
            sent = next((mail for mail in mails if "DRAFT" not in mail.label_ids), None)
            # Gmail may have started a new thread for it.
            found = sent or await self._search_sent(row) or next(iter(mails), None)
            if found is None:
                return None
            if "DRAFT" in found.label_ids:
                raise NotSentError
        except (GmailError, TransientDeliveryError) as error:
            raise LookUpFailedError(str(error)) from error
        await self._record_sent(row, found)
        return found.id

    async def check(self) -> None:
        """Check the credentials, and that they are for GMAIL_USER. See CheckedSender.check."""
        try:
            address, _ = await self._in_thread(self._gmail.profile, GET_UNITS)
        except GmailError as error:
            raise TransientDeliveryError(str(error), retry_in=error.retry_in) from error
        if address.lower() != self._address:
            raise TransientDeliveryError(f"GMAIL_USER is {self._address}, but the token is for {address.lower()}")

    async def _not_yet_sent(self, step: Awaitable[T]) -> T:
        """Await a step before the sending. If it fails, at most a draft is left over, which the next attempt uses."""
        try:
            return await step
        except GmailError as error:
            raise _not_sent(error) from error

    async def _envelope(self, row: OutboxRow) -> Envelope:
        try:
            async with acquire(self._pool) as connection:
                return await mailbox.envelope(connection, row.id)
        except DatabaseUnavailableError as error:
            raise TransientDeliveryError(str(error), retry_in=1.0) from error

    async def _find_or_create_draft(self, row: OutboxRow, envelope: Envelope) -> str:
        """Return the draft that an earlier attempt left behind, or a new one."""
        if row.attempts > 1:
            mails = await self._thread_of(envelope)
            left = next((mail for mail in mails if _is(row, mail) and "DRAFT" in mail.label_ids), None)
            if left and (draft_id := await self._in_thread(partial(self._gmail.draft_of, left.id), LIST_UNITS)):
                return draft_id
        return await self._create_draft(row, envelope)

    async def _begin(self, row: OutboxRow, draft_id: str) -> None:
        try:
            async with acquire(self._pool) as connection:
                ours = await mailbox.begin_sending(connection, row.id, draft_id, attempt=row.attempts, lease_s=LEASE_S)
        except DatabaseUnavailableError as error:
            raise TransientDeliveryError(str(error), retry_in=1.0) from error
        if not ours:
            raise TransientDeliveryError("the lease has lapsed", retry_in=1.0)

    async def _create_draft(self, row: OutboxRow, envelope: Envelope) -> str:
        try:
            raw = build_reply_mail(
                row,
                sender=self._address,
                in_reply_to=envelope.in_reply_to,
                references=envelope.references,
                now=self._clock(),
            )
        except ValueError as error:
            raise UndeliverableError(str(error)) from error
        try:
            return await self._in_thread(lambda: self._gmail.create_draft(raw, envelope.thread_id))
        except GmailNotFoundError:
            # Somebody deleted our copy of the thread; the customer's is found by the headers.
            return await self._in_thread(lambda: self._gmail.create_draft(raw, None))

    async def _send_draft(self, row: OutboxRow, draft_id: str) -> str:
        await self._begin(row, draft_id)
        self._failpoint("gmail:drafted")
        try:
            sent = await self._in_thread(lambda: self._gmail.send_draft(draft_id))
        except GmailNotFoundError as error:
            raise _DraftGoneError("the draft is gone: it was sent, or somebody deleted it") from error
        except GmailNoAnswerError as error:
            raise OutcomeUnknownError(str(error)) from error
        except GmailError as error:
            raise _not_sent(error) from error
        self._failpoint("gmail:accepted")
        return sent.id

    async def _thread_of(self, envelope: Envelope) -> list[MailHead]:
        thread_id = envelope.thread_id
        if thread_id is None:
            return []
        try:
            return await self._in_thread(lambda: self._gmail.thread(thread_id, *_HEADERS), THREAD_UNITS)
        except GmailNotFoundError:
            return []

    async def _search_sent(self, row: OutboxRow) -> MailHead | None:
        query = f"in:sent to:{row.recipient} newer_than:7d"
        ids, _ = await self._in_thread(lambda: self._gmail.search(query), LIST_UNITS)
        for mail_id in ids[:STRAYS]:
            mail = await self._in_thread(partial(self._gmail.head, mail_id, *_HEADERS), GET_UNITS)
            if _is(row, mail):
                return mail
        return None

    async def _record_message_id(self, row: OutboxRow, sent_id: str) -> None:
        """Read back the Message-ID, which Gmail may change. The reply is sent: a failure only costs the reference."""
        try:
            await self._record_sent(row, await self._in_thread(lambda: self._gmail.head(sent_id, "Message-ID")))
        except GmailError as error:
            log.warning("message_id_not_read", outbox_id=str(row.id), error=str(error))

    async def _record_sent(self, row: OutboxRow, mail: MailHead) -> None:
        if rfc_message_id := mail.headers.get("message-id", "").strip():
            try:
                async with acquire(self._pool) as connection:
                    await mailbox.record_message_id(connection, row.id, rfc_message_id, thread_id=mail.thread_id)
            except DatabaseUnavailableError as error:
                log.warning("message_id_not_stored", outbox_id=str(row.id), error=str(error))

    async def _in_thread(self, call: Callable[[], T], units: int = 0) -> T:
        """Make a blocking call in a thread, after reserving `units` of quota that are not reserved yet."""
        if units:
            await self._quota(units)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


def _is(row: OutboxRow, mail: MailHead) -> bool:
    return mail.headers.get(OUTBOX_HEADER.lower(), "").strip() == str(row.id)


def _not_sent(error: GmailError) -> Exception:
    """Translate the error of a call that sent nothing."""
    if isinstance(error, GmailRejectedError):
        return MessageRejectedError(str(error))
    return TransientDeliveryError(str(error), retry_in=error.retry_in)
