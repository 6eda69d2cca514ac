"""Parses a raw mail of Gmail's API into ParsedMail. Pure: nothing is fetched here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ingest.events import Attachment, InvalidMessageError
from ingest.identifiers import InvalidIdentifierError
from ingest.mail.headers.addresses import Mailbox, ascii_domain, parse_from
from ingest.mail.headers.authentication import dmarc_pass
from ingest.mail.headers.automated import OUTBOX_HEADER, Signs, judge
from ingest.mail.headers.message_ids import message_ids
from ingest.mail.parts.charsets import decode_words
from ingest.mail.parts.mime import Mail, read
from ingest.mail.quoting.layouts import subject_kind
from ingest.mail.quoting.quotes import own_text
from ingest.text import one_line, shorten, shown_name

TEXT_LIMIT = 20_000
_SUBJECT_LIMIT = 500
_NAME_LIMIT = 255
_REFERENCES_LIMIT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMail:
    """A mail as it came in.

    `sender` and `reply_to` are normalised addresses; answers go to `sender` (I5), `reply_to` is for people to see.
    `text` is what the sender wrote, without quoted mail and signature, forwards whole; it may be empty. `full_text` is
    all of the mail. `authenticated` says that Gmail confirms the From domain (DMARC). `automated` is the reason why it
    must not be answered, or None; `doubtful` why only a person may answer it, or None. `from_us`: it lies in our
    mailbox as sent or as a draft; then `outbox_id` tells our product's own mail from what a person sent in Gmail.
    `truncated`: something was too long, or too much, to be read whole.
    """

    provider_message_id: str
    thread_id: str
    label_ids: tuple[str, ...]
    received_at: datetime
    rfc_message_id: str | None
    in_reply_to: str | None
    references: tuple[str, ...]
    sender: str
    sender_name: str
    reply_to: str | None
    subject: str
    text: str
    full_text: str
    attachments: tuple[Attachment, ...]
    authenticated: bool
    automated: str | None
    doubtful: str | None
    from_us: bool
    outbox_id: str | None
    truncated: bool

    @property
    def is_draft(self) -> bool:
        """True for a draft in Gmail, which nobody has been sent yet."""
        return "DRAFT" in self.label_ids

    @property
    def by_staff(self) -> bool:
        """True for mail that staff sent from Gmail itself: it counts as a reply and a take-over (G14)."""
        return self.from_us and not self.is_draft and not self.outbox_id and self.automated in (None, "our_address")


def parse(
    raw_rfc822: bytes,
    *,
    gmail_id: str,
    thread_id: str,
    label_ids: Sequence[str],
    internal_date: datetime,
    our_addresses: Collection[str],
    our_groups: Collection[str] = (),
    ours: Sequence[str] = (),
) -> ParsedMail:
    """Read a mail as `messages.get(format=raw)` gives it, decoded.

    `our_addresses` and `our_groups` (Google Groups that hand mail on to us) are normalised. `ours` are the texts that
    we sent in the mail's thread: quoted mail is found by them.
    Raises InvalidMessageError, and nothing else, where the mail can't be read or names no sender.
    """
    mail = read(raw_rfc822)
    sender = _sender(mail, {*our_addresses, *our_groups})
    subject = one_line(decode_words(_first(mail, "subject")), _SUBJECT_LIMIT)
    in_reply_to = next(iter(message_ids(_first(mail, "in-reply-to"))), None)
    references = message_ids(_first(mail, "references"))[-_REFERENCES_LIMIT:]
    answers = bool(in_reply_to or references)
    is_reply = answers or subject_kind(subject) == "reply"
    own = mail.reaction or own_text(mail.text, subject=subject, is_reply=is_reply, ours=ours)
    text, too_long = shorten(own, TEXT_LIMIT)
    verdict = judge(
        Signs(
            headers=mail.headers,
            sender=sender.address,
            content_type=mail.content_type,
            our_addresses=our_addresses,
            our_groups=our_groups,
            subject=subject,
            text=text,
            is_reply=answers,
            is_reaction=bool(mail.reaction),
            calendar_reply=mail.calendar_reply,
            part_types=mail.part_types,
        )
    )
    return ParsedMail(
        provider_message_id=gmail_id,
        thread_id=thread_id,
        label_ids=tuple(label_ids),
        received_at=internal_date,
        rfc_message_id=next(iter(message_ids(_first(mail, "message-id"))), None),
        in_reply_to=in_reply_to,
        references=references,
        sender=sender.address,
        sender_name=shown_name(decode_words(sender.name), _NAME_LIMIT),
        reply_to=_reply_to(mail),
        subject=subject,
        text=text,
        full_text=mail.text,
        attachments=mail.attachments,
        authenticated=sender.sole and dmarc_pass(mail.headers, ascii_domain(sender.address)),
        automated=verdict.automated,
        doubtful=verdict.doubtful,
        from_us="SENT" in label_ids or "DRAFT" in label_ids,
        outbox_id=one_line(_first(mail, OUTBOX_HEADER.lower()), 100) or None,
        truncated=mail.truncated or too_long,
    )


def internal_date_of(milliseconds: str | int) -> datetime:
    """Read Gmail's `internalDate` (milliseconds since 1970, as a string). Raises InvalidMessageError."""
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(milliseconds))
    except (ValueError, OverflowError, TypeError) as error:
        raise InvalidMessageError("internalDate is no time") from error


def _sender(mail: Mail, own: Collection[str]) -> Mailbox:
    """Return the From mailbox; with several From headers it is the first, and not the sole one.

    A Google Group writes its own address there, and the sender's into another header, which proves nothing.
    """
    values = _all(mail, "from")
    try:
        mailbox = parse_from(next(iter(values), ""))
    except InvalidIdentifierError as error:
        raise InvalidMessageError(f"no sender: {error}") from error
    if mailbox.address in own and (written := _rewritten(mail, own)):
        return written
    return mailbox if len(values) == 1 else replace(mailbox, sole=False)


def _rewritten(mail: Mail, own: Collection[str]) -> Mailbox | None:
    """Return who wrote to a group of ours that has put its own address into From; None for other mail."""
    if not _all(mail, "list-id"):
        return None
    for name in ("x-original-from", "x-original-sender"):
        with suppress(InvalidIdentifierError):
            found = parse_from(_first(mail, name))
            if found.address not in own:
                return replace(found, sole=False)
    return None


def _reply_to(mail: Mail) -> str | None:
    try:
        return parse_from(_first(mail, "reply-to")).address
    except InvalidIdentifierError:
        return None


def _all(mail: Mail, name: str) -> list[str]:
    return [value for header, value in mail.headers if header.lower() == name]


def _first(mail: Mail, name: str) -> str:
    return next(iter(_all(mail, name)), "")
