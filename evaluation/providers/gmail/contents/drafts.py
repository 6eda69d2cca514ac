"""Drafts, and sending: a draft is removed by sending it, so that it is sent once."""

from __future__ import annotations

import secrets
from email.utils import format_datetime

from evaluation.providers.clock import ShiftedClock
from evaluation.providers.gmail.contents import rfc822
from evaluation.providers.gmail.contents.mailbox import Mailbox, StoredMessage
from evaluation.providers.gmail.platform.errors import invalid, not_found


class Drafts:
    """The account's drafts, by id; each holds the id of its message."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._message_ids: dict[str, str] = {}

    def create(self, raw: bytes, thread_id: str | None) -> tuple[str, StoredMessage]:
        """Create a draft; returns its id and message."""
        message = self._mailbox.put(raw, ["DRAFT"], thread_id)
        draft_id = f"r{secrets.randbits(62)}"
        self._message_ids[draft_id] = message.id
        return draft_id, message

    def get(self, draft_id: str) -> StoredMessage:
        """Return a draft's message. Raises GmailRefusal (404), also for a draft that has been sent."""
        if draft_id not in self._message_ids:
            raise not_found()
        return self._mailbox.get(self._message_ids[draft_id])

    def newest_first(self) -> list[tuple[str, StoredMessage]]:
        """Return every draft id with its message."""
        return [(key, self._mailbox.get(value)) for key, value in reversed(self._message_ids.items())]

    def replace(self, draft_id: str, raw: bytes, thread_id: str | None) -> StoredMessage:
        """Replace the draft's message."""
        self.delete(draft_id)
        message = self._mailbox.put(raw, ["DRAFT"], thread_id)
        self._message_ids[draft_id] = message.id
        return message

    def delete(self, draft_id: str) -> StoredMessage:
        """Delete the draft and its message; returns the message."""
        message = self.get(draft_id)
        del self._message_ids[draft_id]
        self._mailbox.remove(message.id)
        return message


class Sender:
    """Sends mail as Gmail does: checks recipients, sets headers, keeps a copy under SENT."""

    def __init__(self, mailbox: Mailbox, clock: ShiftedClock, *, rewrite_message_id: bool) -> None:
        self._mailbox = mailbox
        self._clock = clock
        self._rewrite = rewrite_message_id

    def send(self, raw: bytes, thread_id: str | None, *, settled: bool = False) -> StoredMessage:
        """Accept a mail; the thread of a draft is `settled` already. Mail to the account itself is in the inbox too.

        Raises GmailRefusal: 400 without a recipient, 404 for a thread that does not exist.
        """
        recipients = rfc822.addresses(raw, "To", "Cc", "Bcc")
        if not recipients:
            raise invalid("Recipient address required")
        if not all("@" in address for address in recipients):
            raise invalid("Invalid To header")
        to_self = self._mailbox.user.lower() in recipients
        labels = ["SENT", "INBOX", "UNREAD"] if to_self else ["SENT"]
        put = self._mailbox.put_into if settled else self._mailbox.put
        return put(self._stamped(raw), labels, thread_id)

    def _stamped(self, raw: bytes) -> bytes:
        """Set the headers that Gmail sets: From, Date, Message-ID and Received."""
        if self._mailbox.user.lower() not in rfc822.addresses(raw, "From"):
            raw = rfc822.with_header(raw, "From", self._mailbox.user)
        if not rfc822.header(raw, "Date"):
            raw = rfc822.with_header(raw, "Date", format_datetime(self._clock.now()))
        if self._rewrite or not rfc822.message_ids(raw, "Message-ID"):
            raw = rfc822.with_header(raw, "Message-ID", f"<CA{secrets.token_urlsafe(32)}@mail.gmail.com>")
        received = f"from 314159265358 named unknown by gmailapi.google.com with HTTPREST; {self._clock.now():%c} +0000"
        return f"Received: {received}\r\n".encode() + raw
