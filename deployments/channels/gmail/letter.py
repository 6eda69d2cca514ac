"""A reply as a mail (RFC 5322): in its thread, marked as automatic, its headers safe from what a customer wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from db.records import OutboxRow
from ingest.mail.addresses import ascii_domain
from ingest.mail.automated import OUTBOX_HEADER
from ingest.text import one_line

SUBJECT_LIMIT = 500
REFERENCES_AT_MOST = 20
_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_REPLY = re.compile(r"\s*re\s*:", re.IGNORECASE)


def letter(row: OutboxRow, *, sender: str, in_reply_to: str | None, references: Sequence[str], now: datetime) -> bytes:
    """Return the mail's bytes. Raises ValueError for a recipient that no mail can be sent to.

    A person's words don't carry the mark of an automatic reply (RFC 3834).
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(sender)
    message["To"] = _address(row.recipient)
    # A notice of our own answers nothing.
    message["Subject"] = one_line(row.subject, SUBJECT_LIMIT) if row.author == "system" else subject_of(row.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=ascii_domain(sender) or "localhost")
    message[OUTBOX_HEADER] = str(row.id)
    if row.author != "staff":
        message["Auto-Submitted"] = "auto-replied"
        message["X-Auto-Response-Suppress"] = "All"
    message.set_content(_sendable(row.body), cte="quoted-printable")
    return _threading(in_reply_to, references) + bytes(message)


def subject_of(subject: str) -> str:
    """Return the subject of an answer: the customer's own behind one `Re:`, since Gmail threads by it."""
    plain = one_line(subject, SUBJECT_LIMIT)
    return plain if _REPLY.match(plain) else f"Re: {plain}".strip()


def _threading(in_reply_to: str | None, references: Sequence[str]) -> bytes:
    """Write these two headers by hand: the email package turns Message-IDs beyond 78 characters, as Outlook makes
    them, into encoded words that nobody recognises."""
    known = [one for one in references if _ID.fullmatch(one)]
    kept = known if len(known) <= REFERENCES_AT_MOST else [known[0], *known[1 - REFERENCES_AT_MOST :]]
    lines = [f"In-Reply-To: {in_reply_to}"] if in_reply_to and _ID.fullmatch(in_reply_to) else []
    if kept:
        lines.append("References: " + "\r\n ".join(kept))
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _address(address: str) -> Address:
    local, _, domain = address.rpartition("@")
    if not local or not domain or any(ord(c) < 33 or c == "\x7f" for c in address):
        raise ValueError("no address that mail can be sent to")
    return Address(username=local, domain=ascii_domain(address) or domain)


def _sendable(body: str) -> str:
    """Return the text without what no mail may hold: NUL, other controls, lone surrogates."""
    return "".join(c for c in body if c in "\n\t" or (ord(c) >= 32 and not "\ud800" <= c <= "\udfff"))
