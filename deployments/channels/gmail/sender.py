"""Mail's sender: the frozen text becomes one draft, and the draft is sent. A draft can be sent only once.

So whatever happens on the way, the same draft is tried again: Gmail answers 404 for one that has left. Whether it has
left is told by the thread, where our header stands in what was sent.
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
from deployments.channels.gmail.errors import GmailError, GmailGoneError, GmailRefusedError, GmailSilentError
from deployments.channels.gmail.letter import letter
from deployments.channels.gmail.quota import UnitBudget
from deployments.channels.sender import (
    LookUpFailedError,
    MessageRejectedError,
    NeverLeftError,
    OutcomeUnknownError,
    TransientDeliveryError,
    UndeliverableError,
)
from ingest.bus.relay import no_failpoint
from ingest.mail.automated import OUTBOX_HEADER

UNITS_PER_MINUTE = 12_000
"""Of the account's 15,000; the rest is for reading, and for calls that leave a little after they were allowed."""
GET_UNITS, THREAD_UNITS, LIST_UNITS = 5, 10, 5
SENDING_UNITS = 10 + 100 + GET_UNITS
"""The draft, its sending, and reading back the Message-ID: asked for at once, before anything is done."""
THREADS = 8
STRAYS = 25
"""So many of the newest mails to a customer are searched when the thread does not hold the reply."""

LEASE_S = 60.0
WAIT_AT_MOST_S = 40.0
"""Those that are on their way at once wait less for the quota, and nobody waits until his lease has lapsed."""
_HEADERS = (OUTBOX_HEADER, "Message-ID")

T = TypeVar("T")
log = structlog.get_logger(__name__)


class _DraftGoneError(OutcomeUnknownError):
    """There is no such draft: the word is looked up, unless that has been done in vain."""


class GmailSender:
    """Sends as `address`, the account's own."""

    channel: Channel = "email"

    def __init__(
        self,
        *,
        pool: Pool,
        gmail: Gmail,
        address: str,
        budget: UnitBudget | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        failpoint: Callable[[str], None] = no_failpoint,
    ) -> None:
        self._pool, self._gmail, self._address = pool, gmail, address
        self._budget = budget or UnitBudget(UNITS_PER_MINUTE, wait_at_most_s=WAIT_AT_MOST_S)
        self._clock, self._failpoint = clock, failpoint
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="gmail")

    async def send(self, row: OutboxRow) -> str:
        """Put the word into a draft, if it is in none yet, and send that. As Sender.send."""
        envelope = await self._envelope(row)
        await self._not_yet_sent(self._budget(SENDING_UNITS))
        draft_id = envelope.draft_id
        if draft_id is None:
            draft_id = await self._not_yet_sent(self._draft(row, envelope))
        try:
            sent_id = await self._send_draft(row, draft_id)
        except _DraftGoneError:
            if not (envelope.resent and envelope.draft_id):
                raise
            # Two look-ups have not found it, so somebody deleted its draft: a new one is made.
            sent_id = await self._send_draft(row, await self._not_yet_sent(self._new_draft(row, envelope)))
        await self._remember_id(row, sent_id)
        return sent_id

    async def look_up(self, row: OutboxRow) -> str | None:
        """Search the thread, then what was sent to this customer, for our header. As Sender.look_up."""
        try:
            envelope = await self._envelope(row)
            found = await self._found(row, envelope)
            if found is None:
                return None
            if "DRAFT" in found.label_ids:
                raise NeverLeftError
        except (GmailError, TransientDeliveryError) as error:
            raise LookUpFailedError(str(error)) from error
        await self._remember(row, found)
        return found.id

    async def check(self) -> None:
        """Try the credentials. As Checked.check."""
        try:
            address, _ = await self._in_thread(self._gmail.profile, GET_UNITS)
        except GmailError as error:
            raise TransientDeliveryError(str(error), retry_in=error.retry_in) from error
        if address.lower() != self._address:
            raise TransientDeliveryError(f"GMAIL_USER is {self._address}, but the token is for {address.lower()}")

    async def _not_yet_sent(self, before: Awaitable[T]) -> T:
        """Await what comes before the sending. At most a draft is left over: the next attempt finds and uses it."""
        try:
            return await before
        except GmailError as error:
            raise _not_sent(error) from error

    async def _envelope(self, row: OutboxRow) -> Envelope:
        try:
            async with acquire(self._pool) as connection:
                return await mailbox.envelope(connection, row.id)
        except DatabaseUnavailableError as error:
            raise TransientDeliveryError(str(error), retry_in=1.0) from error

    async def _draft(self, row: OutboxRow, envelope: Envelope) -> str:
        """Return the draft that an earlier attempt left behind, or a new one."""
        left = await self._left_behind(row, envelope) if row.attempts > 1 else None
        return left or await self._new_draft(row, envelope)

    async def _begin(self, row: OutboxRow, draft_id: str) -> None:
        try:
            async with acquire(self._pool) as connection:
                ours = await mailbox.begin(connection, row.id, draft_id, attempt=row.attempts, lease_s=LEASE_S)
        except DatabaseUnavailableError as error:
            raise TransientDeliveryError(str(error), retry_in=1.0) from error
        if not ours:
            raise TransientDeliveryError("the lease has lapsed", retry_in=1.0)

    async def _left_behind(self, row: OutboxRow, envelope: Envelope) -> str | None:
        mails = await self._thread_of(envelope)
        draft = next((mail for mail in mails if _is(row, mail) and "DRAFT" in mail.label_ids), None)
        return None if draft is None else await self._in_thread(lambda: self._gmail.draft_of(draft.id), LIST_UNITS)

    async def _new_draft(self, row: OutboxRow, envelope: Envelope) -> str:
        try:
            raw = letter(
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
        except GmailGoneError:
            # Somebody deleted the thread: the customer still has it, and the headers lead there.
            return await self._in_thread(lambda: self._gmail.create_draft(raw, None))

    async def _send_draft(self, row: OutboxRow, draft_id: str) -> str:
        await self._begin(row, draft_id)
        self._failpoint("gmail:drafted")
        try:
            sent = await self._in_thread(lambda: self._gmail.send_draft(draft_id))
        except GmailGoneError as error:
            raise _DraftGoneError("the draft is gone: it was sent, or somebody deleted it") from error
        except GmailSilentError as error:
            raise OutcomeUnknownError(str(error)) from error
        except GmailError as error:
            raise _not_sent(error) from error
        self._failpoint("gmail:accepted")
        return sent.id

    async def _found(self, row: OutboxRow, envelope: Envelope) -> MailHead | None:
        """Return the sent mail, else the draft; Gmail may have put it into a thread of its own."""
        mails = [mail for mail in await self._thread_of(envelope) if _is(row, mail)]
        sent = next((mail for mail in mails if "DRAFT" not in mail.label_ids), None)
        return sent or await self._stray(row) or next(iter(mails), None)

    async def _thread_of(self, envelope: Envelope) -> list[MailHead]:
        thread_id = envelope.thread_id
        if thread_id is None:
            return []
        try:
            return await self._in_thread(lambda: self._gmail.thread(thread_id, *_HEADERS), THREAD_UNITS)
        except GmailGoneError:
            return []

    async def _stray(self, row: OutboxRow) -> MailHead | None:
        query = f"in:sent to:{row.recipient} newer_than:7d"
        ids, _ = await self._in_thread(lambda: self._gmail.search(query), LIST_UNITS)
        for mail_id in ids[:STRAYS]:
            mail = await self._in_thread(partial(self._gmail.head, mail_id, *_HEADERS), GET_UNITS)
            if _is(row, mail):
                return mail
        return None

    async def _remember_id(self, row: OutboxRow, sent_id: str) -> None:
        """Read back what Gmail made of the Message-ID. The reply has left: a failure here only costs the reference."""
        try:
            await self._remember(row, await self._in_thread(lambda: self._gmail.head(sent_id, "Message-ID")))
        except GmailError as error:
            log.warning("message_id_not_read", outbox_id=str(row.id), error=str(error))

    async def _remember(self, row: OutboxRow, mail: MailHead) -> None:
        if rfc_message_id := mail.headers.get("message-id", "").strip():
            try:
                async with acquire(self._pool) as connection:
                    await mailbox.note_sent(connection, row.id, rfc_message_id)
            except DatabaseUnavailableError as error:
                log.warning("message_id_not_stored", outbox_id=str(row.id), error=str(error))

    async def _in_thread(self, call: Callable[[], T], units: int = 0) -> T:
        """Make a call; `units` are what has not been asked for yet."""
        if units:
            await self._budget(units)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


def _is(row: OutboxRow, mail: MailHead) -> bool:
    return mail.headers.get(OUTBOX_HEADER.lower(), "").strip() == str(row.id)


def _not_sent(error: GmailError) -> Exception:
    """Say of a call that sent nothing what is to happen with the word."""
    if isinstance(error, GmailRefusedError):
        return MessageRejectedError(str(error))
    return TransientDeliveryError(str(error), retry_in=error.retry_in)
