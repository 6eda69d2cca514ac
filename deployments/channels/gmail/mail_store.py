"""Stores a message of the mailbox: a customer's message, a reply by staff, or a dead letter; others are skipped."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses
from typing import Literal

import structlog

from db.intake import mailbox
from db.intake.channels import ChannelMessage, File, accept_message
from db.intake.mailbox import PROVIDER, StaffMail
from db.pool import DatabaseUnavailableError, Pool, acquire
from deployments.channels.gmail.client import RawMail
from deployments.channels.gmail.mail_head import UNPARSED, head_of
from deployments.channels.gmail.parser import MailParser, MailTooCostlyError
from ingest import tracing
from ingest.events import DLQ, INCOMING, InvalidMessageError, sender_key
from ingest.identifiers import InvalidIdentifierError, normalise_email
from ingest.mail.message import ParsedMail, internal_date_of

Outcome = Literal["accepted", "ignored", "repeated", "staff", "ours", "unreadable", "skipped"]
SKIPPED_LABELS = frozenset({"SPAM", "TRASH", "DRAFT", "CHAT"})
"""One without INBOX is not skipped: somebody archived it before it was read here, or a filter let it pass the inbox."""
MAX_RECIPIENTS = 50
HEADER_LIMIT = 10_000
MAX_FAILURES = 5
"""After so many unexpected errors in a row the cause is taken to be ours, not the messages'."""

log = structlog.get_logger(__name__)


class MailIntake:
    """Stores messages of the account `address`; `wake` is called after a commit that queued an event.

    `groups` are the addresses of our Google Groups, which hand customers' mail on to the account.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        address: str,
        groups: Collection[str] = (),
        wake: Callable[[], None] = lambda: None,
        parser: MailParser | None = None,
    ) -> None:
        self._pool, self._address, self._groups, self.wake = pool, address, frozenset(groups), wake
        self._parser = parser or MailParser()
        self._failures = 0

    async def store(self, mail: RawMail) -> Outcome:
        """Store a message and commit; one that can't be parsed becomes a dead letter.

        One that takes too long to parse is stored with its headers, for a person.

        Raises DatabaseUnavailableError, and any other error after MAX_FAILURES in a row: a fault of ours must not move
        the whole mailbox to the dead letters.
        """
        try:
            outcome = await self._store(mail)
        except DatabaseUnavailableError:
            raise
        except InvalidMessageError as error:
            outcome = await self._dead_letter(mail.id, mail.raw, str(error))
        except Exception as error:
            self._failures += 1
            if self._failures > MAX_FAILURES:
                raise
            # One message must not block those behind it.
            log.exception("mail_not_stored", gmail_id=mail.id)
            return await self._dead_letter(mail.id, mail.raw, type(error).__name__)
        self._failures = 0
        return outcome

    async def close(self) -> None:
        """End the parser's process."""
        await self._parser.close()

    async def give_up(self, gmail_id: str) -> None:
        """Dead-letter a message that is to be replayed and is not in the mailbox. Raises DatabaseUnavailableError."""
        await self._dead_letter(gmail_id, b"", "replayed, and not in the mailbox any more")

    async def _store(self, mail: RawMail) -> Outcome:
        if SKIPPED_LABELS.intersection(mail.label_ids):
            return "skipped"
        try:
            parsed = await self._parsed(mail, mail.raw)
        except MailTooCostlyError as error:
            log.error("alarm", alarm="mail_not_parsed", gmail_id=mail.id, cause=str(error))
            return await self._store_head(mail)
        if parsed.from_us:
            return await self._store_sent(parsed, mail)
        return await self._accept(parsed, channel_message(parsed))

    async def _parsed(self, mail: RawMail, raw: bytes) -> ParsedMail:
        async with acquire(self._pool) as connection:
            ours = await mailbox.sent_texts(connection, mail.thread_id)
        return await self._parser.parse(
            raw,
            gmail_id=mail.id,
            thread_id=mail.thread_id,
            label_ids=mail.label_ids,
            internal_date=internal_date_of(mail.received_ms),
            our_addresses={self._address},
            our_groups=self._groups,
            ours=ours,
        )

    async def _store_head(self, mail: RawMail) -> Outcome:
        try:
            head = await self._parsed(mail, head_of(mail.raw))
        except MailTooCostlyError as error:
            raise InvalidMessageError(f"neither its text nor its headers could be read: {error}") from error
        if head.from_us:
            return await self._store_sent(replace(head, text=UNPARSED), mail)
        message = channel_message(head)
        return await self._accept(
            head, replace(message, content=UNPARSED, metadata={**message.metadata, "unparsed": True})
        )

    async def _accept(self, mail: ParsedMail, message: ChannelMessage) -> Outcome:
        began = time.time_ns()
        async with acquire(self._pool) as connection:
            accepted = await accept_message(connection, message)
        if accepted is None:
            return "repeated"
        if mail.automated:
            log.info("mail_not_answered", gmail_id=mail.provider_message_id, reason=mail.automated)
            return "ignored"
        tracing.accepted(accepted.inbox_id, "email", since=began)
        self.wake()
        return "accepted"

    async def _store_sent(self, parsed: ParsedMail, mail: RawMail) -> Outcome:
        if not parsed.by_staff:
            return "ours"
        staff_mail = StaffMail(
            provider_message_id=mail.id,
            thread_key=mail.thread_id,
            sender_keys=tuple(sender_key("email", address) for address in recipients(mail.raw)),
            content=parsed.text,
            attachments=tuple({"filename": f.filename, "content_type": f.content_type} for f in parsed.attachments),
            rfc_message_id=parsed.rfc_message_id,
            sent_at=parsed.received_at,
        )
        async with acquire(self._pool) as connection:
            conversation = await mailbox.take_over(connection, staff_mail)
        if conversation is not None:
            log.info("taken_over_from_gmail", gmail_id=mail.id, conversation_id=str(conversation))
        return "staff"

    async def _dead_letter(self, gmail_id: str, raw: bytes, cause: str) -> Outcome:
        async with acquire(self._pool) as connection:
            if await mailbox.dead_letter(connection, gmail_id, raw, cause=cause, announce_on=DLQ):
                log.warning("mail_unreadable", gmail_id=gmail_id, cause=cause)
                self.wake()
        return "unreadable"


def channel_message(mail: ParsedMail) -> ChannelMessage:
    """Return the message as a record to store.

    It joins the conversation of its thread if the sender is authenticated, otherwise it opens a new one (G15).
    """
    return ChannelMessage(
        channel="email",
        provider=PROVIDER,
        provider_message_id=mail.provider_message_id,
        identifier_type="email",
        identifier=mail.sender,
        verified=mail.authenticated,
        content=mail.text or _instead_of_words(mail),
        full_text=mail.full_text,
        received_at=mail.received_at,
        topic=INCOMING,
        display_name=mail.sender_name,
        subject=mail.subject,
        attachments=tuple(
            File(filename=one.filename, content_type=one.content_type, size=one.size) for one in mail.attachments
        ),
        thread_key=mail.thread_id,
        join_key=f"mail:{mail.thread_id}:{mail.sender}" if mail.authenticated else None,
        answerable=mail.automated is None,
        metadata={
            "rfc_message_id": mail.rfc_message_id,
            "references": list(mail.references),
            "reply_to": mail.reply_to,
            "automated": mail.automated,
            "truncated": mail.truncated,
            **({"doubtful": mail.doubtful} if mail.doubtful else {}),
        },
    )


def _instead_of_words(mail: ParsedMail) -> str:
    """Return what stands for the words of a mail that has none of its own: all of it, or the subject.

    Some write the question into the subject only. Files speak for themselves.
    """
    if mail.attachments:
        return ""
    return mail.full_text or ("" if mail.in_reply_to or mail.references else mail.subject)


def recipients(raw: bytes) -> list[str]:
    """Return the normalised addresses of To, Cc and Bcc, without invalid ones."""
    head: Message = BytesHeaderParser(policy=compat32).parsebytes(raw)
    values = [str(value)[:HEADER_LIMIT] for name in ("to", "cc", "bcc") for value in head.get_all(name, [])]
    found: dict[str, None] = {}
    for _, address in getaddresses(values)[:MAX_RECIPIENTS]:
        try:
            found[normalise_email(address)] = None
        except InvalidIdentifierError:
            continue
    return list(found)
