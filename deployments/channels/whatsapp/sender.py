"""The WhatsApp sender: a reply is split into parts, which are sent to Twilio one after the other, each once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from db.outbound import whatsapp_parts
from db.outbound.whatsapp_parts import Part
from db.pool import DatabaseUnavailableError, Pool, acquire
from db.records import Channel, OutboxRow
from deployments.channels.quota import SharedQuota
from deployments.channels.sender import (
    CONCURRENCY,
    LEASE_S,
    LookUpFailedError,
    NotSentError,
    OutcomeUnknownError,
    SentTwiceError,
    TransientDeliveryError,
    UndeliverableError,
    WindowClosedError,
)
from deployments.channels.whatsapp.delivery_status import PartKey, record_status
from deployments.channels.whatsapp.rate import MESSAGES_PER_SECOND, sending
from deployments.channels.whatsapp.twilio_client import CALL_S, Listed, OutsideWindowError, Twilio
from deployments.rules.formatting import WHATSAPP_LIMIT, clean_name, split_whatsapp, utf16_length
from deployments.runtime.retries import in_transaction, with_connection
from ingest.bus.failpoints import Failpoint, no_failpoint
from ingest.whatsapp.status import StatusUpdate

TEMPLATE_LIMIT = 900
"""A template's text with its variables may have 1,024 characters."""
CLOCK_SKEW = timedelta(minutes=2)
STATUS_PATH = "/webhooks/whatsapp/status"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _SplitReply:
    """A reply in its parts, with the recipient's address, name and 24-hour window."""

    row: OutboxRow
    address: str
    window_open: bool
    name: str
    parts: list[Part]


class WhatsAppSender:
    """Sends free text inside the 24-hour window and the approved template outside it; without one WindowClosedError.

    Twilio's status callbacks go to `public_base_url`. A call is made only while its lease lasts until the call's end: a
    process that was stopped in between would send what another one has sent meanwhile. `clock` is monotonic, in
    seconds.
    """

    channel: Channel = "whatsapp"
    concurrency = CONCURRENCY

    def __init__(
        self,
        *,
        pool: Pool,
        twilio: Twilio,
        public_base_url: str,
        template_sid: str | None = None,
        messages_per_second: float = MESSAGES_PER_SECOND,
        clock: Callable[[], float] = time.monotonic,
        failpoint: Failpoint = no_failpoint,
    ) -> None:
        self._pool, self._twilio, self._template = pool, twilio, template_sid
        self._callback = f"{public_base_url}{STATUS_PATH}?part="
        self._quota = SharedQuota(pool=pool, key=f"twilio {twilio.number}", limit=sending(messages_per_second))
        self._clock, self._failpoint = clock, failpoint
        self._threads = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="twilio")

    async def send(self, row: OutboxRow) -> str:
        """Send the parts that are not sent yet; return Twilio's id of the last part. See Sender.send."""
        try:
            reply = await self._split(row)
        except DatabaseUnavailableError as error:
            raise TransientDeliveryError(str(error), retry_in=1.0) from error
        reference = ""
        for part in reply.parts:
            reference = part.provider_ref or "" if part.state == "sent" else await self._send_part(reply, part)
        return reference

    async def look_up(self, row: OutboxRow) -> str | None:
        """Find the part whose response was lost, by its status callback or in Twilio's list. See Sender.look_up."""
        try:
            reply = await self._split(row)
        except DatabaseUnavailableError as error:
            raise LookUpFailedError(str(error)) from error
        doubtful = next((part for part in reply.parts if part.state == "sending"), None)
        if doubtful is None:
            last = reply.parts[-1]
            if last.state == "sent" and last.provider_ref:
                return last.provider_ref
            raise NotSentError
        found = await self._listed_as(reply, doubtful)
        if not found:
            return None
        await self._record(PartKey(outbox_id=row.id, n=doubtful.n), found[-1])
        if len(found) > 1:
            raise SentTwiceError(found[-1].sid)
        return found[-1].sid

    async def check(self) -> None:
        """Check the credentials. See CheckedSender.check."""
        await self._in_thread(self._twilio.check)

    async def _split(self, row: OutboxRow) -> _SplitReply:
        """Read the reply's parts; the first attempt splits it and stores them."""
        async with acquire(self._pool) as connection:
            to = await whatsapp_parts.recipient_of(connection, row.id)
            parts = await whatsapp_parts.list_parts(connection, row.id)
            if not parts:
                limit = WHATSAPP_LIMIT if to.window_open else TEMPLATE_LIMIT
                await whatsapp_parts.store_parts(connection, row.id, split_whatsapp(row.body, limit))
                parts = await whatsapp_parts.list_parts(connection, row.id)
        if not parts:
            raise UndeliverableError("the text is empty")
        return _SplitReply(
            row=row,
            address=to.address or f"whatsapp:{row.recipient}",
            window_open=to.window_open,
            name=clean_name(to.name or "") or "Customer",
            parts=parts,
        )

    async def _send_part(self, reply: _SplitReply, part: Part) -> str:
        key = PartKey(outbox_id=reply.row.id, n=part.n)
        call = self._call(reply, part, f"{self._callback}{key}")
        await self._quota()
        last_start = self._clock() + LEASE_S - CALL_S
        if not await self._begun(reply, part):
            return await self._reported_by_callback(key)
        self._failpoint("whatsapp:begun")
        try:
            reference = await self._in_thread(lambda: self._in_time(call, last_start))
        except OutcomeUnknownError:
            # The status callback may have arrived although the response was lost.
            return await self._reported_by_callback(key)
        except OutsideWindowError:
            if not reply.window_open or part.as_template:
                raise
            # The window closed on the way: what Twilio refused as free text is sent as the template.
            return await self._send_part(replace(reply, window_open=False), part)
        self._failpoint("whatsapp:accepted")
        whole = await with_connection(
            self._pool, lambda c: whatsapp_parts.mark_accepted(c, key.outbox_id, key.n, reference)
        )
        self._failpoint("whatsapp:stored")
        if not whole:
            raise NotSentError
        return reference

    def _call(self, reply: _SplitReply, part: Part, callback: str) -> Callable[[], str]:
        if reply.window_open and not part.as_template:
            return lambda: self._twilio.send(to=reply.address, body=part.body, callback=callback)
        template = self._template
        if template is None:
            raise WindowClosedError("outside the 24-hour window, and WHATSAPP_TEMPLATE_SID is not set")
        text = _one_line(part.body)
        if utf16_length(text) > TEMPLATE_LIMIT:
            raise WindowClosedError("outside the 24-hour window, and too long for a template")
        variables = {"1": reply.name, "2": text}
        return lambda: self._twilio.send_template(
            to=reply.address, template=template, variables=variables, callback=callback
        )

    def _in_time(self, call: Callable[[], str], last_start: float) -> str:
        """Make the call, from its thread and just before it: the thread may have waited, or the process stood still."""
        if self._clock() > last_start:
            raise NotSentError("the lease ends before the call would")
        return call()

    async def _begun(self, reply: _SplitReply, part: Part) -> bool:
        as_template = part.as_template or not reply.window_open
        try:
            async with acquire(self._pool) as connection:
                return await whatsapp_parts.begin_part(
                    connection,
                    reply.row.id,
                    part.n,
                    attempt=reply.row.attempts,
                    as_template=as_template,
                    lease_s=LEASE_S,
                )
        except DatabaseUnavailableError as error:
            raise TransientDeliveryError(str(error), retry_in=1.0) from error

    async def _reported_by_callback(self, key: PartKey) -> str:
        parts = await with_connection(self._pool, lambda c: whatsapp_parts.list_parts(c, key.outbox_id))
        reported = next((part for part in parts if part.n == key.n and part.state == "sent"), None)
        if reported is None or reported.provider_ref is None:
            raise OutcomeUnknownError("Twilio's answer was lost")
        return reported.provider_ref

    async def _listed_as(self, reply: _SplitReply, part: Part) -> list[Listed]:
        """Return the messages in Twilio's list that are this part and no other part's, newest first."""
        listed = await self._in_thread(lambda: self._twilio.listed(to=reply.address))
        since = part.begun_at - CLOCK_SKEW if part.begun_at else None
        same = [m for m in listed if _has_text(part, m) and (since is None or m.created_at >= since)]
        taken = await with_connection(
            self._pool, lambda c: whatsapp_parts.known_refs(c, reply.row.recipient, [m.sid for m in same])
        )
        return [message for message in same if message.sid not in taken]

    async def _record(self, key: PartKey, message: Listed) -> None:
        update = StatusUpdate(
            provider_message_id=message.sid,
            status=message.status,
            error_code=message.error_code,
            error_message="",
            address="",
        )
        has_template = self._template is not None
        await in_transaction(self._pool, lambda c: record_status(c, key, update, has_template=has_template))

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


def _one_line(text: str) -> str:
    """Return `text` without line breaks and runs of blanks, which a template's variable must not contain."""
    return " ".join(text.split())


def _has_text(part: Part, message: Listed) -> bool:
    return _one_line(part.body) in _one_line(message.body) if part.as_template else message.body == part.body
