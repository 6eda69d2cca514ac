"""WhatsApp's sender: the frozen text in pieces, one after the other, each handed to Twilio once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from db.outbound import whatsapp_parts
from db.outbound.whatsapp_parts import Part
from db.pool import Connection, DatabaseUnavailableError, Pool, acquire, transaction
from db.records import Channel, OutboxRow
from deployments.channels.sender import (
    LookUpFailedError,
    NeverLeftError,
    OutcomeUnknownError,
    SentTwiceError,
    TransientDeliveryError,
    UndeliverableError,
    WindowClosedError,
)
from deployments.channels.whatsapp.delivery_status import PartKey, record_status
from deployments.channels.whatsapp.rate import RateLimiter
from deployments.channels.whatsapp.twilio_client import Listed, OutsideWindowError, Twilio
from deployments.rules.formatting import WHATSAPP_LIMIT, clean_name, split_whatsapp, utf16_length
from deployments.runtime.retries import until_it_answers
from ingest.bus.relay import no_failpoint
from ingest.whatsapp.status import StatusUpdate

TEMPLATE_LIMIT = 900
"""A template's text with its variables may have 1,024 characters."""
PER_SECOND = 10.0
"""What Twilio takes from one WhatsApp sender; above it messages end undelivered (63018)."""
THREADS = 8
LEASE_S = 60.0
CLOCKS_DIFFER = timedelta(minutes=2)
STATUS_PATH = "/webhooks/whatsapp/status"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """A word ready to leave: its pieces, and what is known of the recipient now."""

    row: OutboxRow
    address: str
    window_open: bool
    name: str
    parts: list[Part]


class WhatsAppSender:
    """Free text inside the 24-hour window, the approved template outside it; without one a person has to see to it.

    `public_base_url` is where Twilio reaches us: the callback with a part's id goes there.
    """

    channel: Channel = "whatsapp"

    def __init__(
        self,
        *,
        pool: Pool,
        twilio: Twilio,
        public_base_url: str,
        template_sid: str | None = None,
        per_second: float = PER_SECOND,
        failpoint: Callable[[str], None] = no_failpoint,
    ) -> None:
        self._pool, self._twilio, self._template = pool, twilio, template_sid
        self._callback = f"{public_base_url}{STATUS_PATH}?part="
        self._rate_limiter = RateLimiter(per_second)
        self._failpoint = failpoint
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="twilio")

    async def send(self, row: OutboxRow) -> str:
        """Send what has not been sent yet of a word, and return Twilio's id of its last piece. As Sender.send."""
        try:
            word = await self._prepared(row)
        except DatabaseUnavailableError as error:
            raise TransientDeliveryError(str(error), retry_in=1.0) from error
        reference = ""
        for part in word.parts:
            reference = part.provider_ref or "" if part.state == "sent" else await self._send_part(word, part)
        return reference

    async def look_up(self, row: OutboxRow) -> str | None:
        """Find the piece whose answer was lost: a callback may have told of it, else Twilio's list does."""
        try:
            word = await self._prepared(row)
        except DatabaseUnavailableError as error:
            raise LookUpFailedError(str(error)) from error
        doubtful = next((part for part in word.parts if part.state == "sending"), None)
        if doubtful is None:
            last = word.parts[-1]
            if last.state == "sent" and last.provider_ref:
                return last.provider_ref
            raise NeverLeftError
        found = await self._found(word, doubtful)
        if not found:
            return None
        await self._record(PartKey(outbox_id=row.id, n=doubtful.n), found[-1])
        if len(found) > 1:
            raise SentTwiceError(found[-1].sid)
        return found[-1].sid

    async def check(self) -> None:
        """Try the credentials. As Checked.check."""
        await self._in_thread(self._twilio.check)

    async def _prepared(self, row: OutboxRow) -> _Word:
        """Read the word's pieces; at the first time cut it and keep them."""
        async with acquire(self._pool) as connection:
            to = await whatsapp_parts.correspondent(connection, row.id)
            parts = await whatsapp_parts.parts(connection, row.id)
            if not parts:
                limit = WHATSAPP_LIMIT if to.window_open else TEMPLATE_LIMIT
                await whatsapp_parts.cut(connection, row.id, split_whatsapp(row.body, limit))
                parts = await whatsapp_parts.parts(connection, row.id)
        if not parts:
            raise UndeliverableError("the text is empty")
        return _Word(
            row=row,
            address=to.address or f"whatsapp:{row.recipient}",
            window_open=to.window_open,
            name=clean_name(to.name or "") or "Customer",
            parts=parts,
        )

    async def _send_part(self, word: _Word, part: Part) -> str:
        key = PartKey(outbox_id=word.row.id, n=part.n)
        call = self._call(word, part, f"{self._callback}{key}")
        await self._rate_limiter()
        if not await self._begun(word, part):
            return await self._told_by_callback(key)
        self._failpoint("whatsapp:begun")
        try:
            reference = await self._in_thread(call)
        except OutcomeUnknownError:
            # Its callback may have overtaken the lost answer.
            return await self._told_by_callback(key)
        except OutsideWindowError:
            if not word.window_open or part.as_template:
                raise
            # Our clock and Twilio's differ by the length of the way: what it refused goes out as the template.
            return await self._send_part(replace(word, window_open=False), part)
        self._failpoint("whatsapp:accepted")
        whole = await self._stored(lambda c: whatsapp_parts.accepted(c, key.outbox_id, key.n, reference))
        self._failpoint("whatsapp:stored")
        if not whole:
            raise NeverLeftError
        return reference

    def _call(self, word: _Word, part: Part, callback: str) -> Callable[[], str]:
        if word.window_open and not part.as_template:
            return lambda: self._twilio.send(to=word.address, body=part.body, callback=callback)
        template = self._template
        if template is None:
            raise WindowClosedError("outside the 24-hour window, and WHATSAPP_TEMPLATE_SID is not set")
        text = _flat(part.body)
        if utf16_length(text) > TEMPLATE_LIMIT:
            raise WindowClosedError("outside the 24-hour window, and too long for a template")
        variables = {"1": word.name, "2": text}
        return lambda: self._twilio.send_template(
            to=word.address, template=template, variables=variables, callback=callback
        )

    async def _begun(self, word: _Word, part: Part) -> bool:
        as_template = part.as_template or not word.window_open
        try:
            async with acquire(self._pool) as connection:
                return await whatsapp_parts.begin(
                    connection, word.row.id, part.n, attempt=word.row.attempts, as_template=as_template, lease_s=LEASE_S
                )
        except DatabaseUnavailableError as error:
            raise TransientDeliveryError(str(error), retry_in=1.0) from error

    async def _told_by_callback(self, key: PartKey) -> str:
        parts = await self._stored(lambda c: whatsapp_parts.parts(c, key.outbox_id))
        told = next((part for part in parts if part.n == key.n and part.state == "sent"), None)
        if told is None or told.provider_ref is None:
            raise OutcomeUnknownError("Twilio's answer was lost")
        return told.provider_ref

    async def _found(self, word: _Word, part: Part) -> list[Listed]:
        """Return Twilio's messages that can be this part and no other, newest first."""
        listed = await self._in_thread(lambda: self._twilio.listed(to=word.address))
        since = part.begun_at - CLOCKS_DIFFER if part.begun_at else None
        same = [m for m in listed if _same(part, m) and (since is None or m.created_at >= since)]
        taken = await self._stored(lambda c: whatsapp_parts.known_refs(c, word.row.recipient, [m.sid for m in same]))
        return [message for message in same if message.sid not in taken]

    async def _record(self, key: PartKey, message: Listed) -> None:
        update = StatusUpdate(
            provider_message_id=message.sid,
            status=message.status,
            error_code=message.error_code,
            error_message="",
            address="",
        )

        async def once() -> None:
            async with transaction(self._pool) as connection:
                await record_status(connection, key, update, has_template=self._template is not None)

        await until_it_answers(once)

    async def _stored(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Do something in the store, however long it is away: what has left must be noted."""

        async def once() -> T:
            async with acquire(self._pool) as connection:
                return await work(connection)

        return await until_it_answers(once)

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


def _flat(text: str) -> str:
    """A template's variable takes no line breaks and no runs of blanks."""
    return " ".join(text.split())


def _same(part: Part, message: Listed) -> bool:
    return _flat(part.body) in _flat(message.body) if part.as_template else message.body == part.body
