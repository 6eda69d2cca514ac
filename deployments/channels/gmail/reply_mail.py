"""Builds a reply as an RFC 5322 message: threaded, marked as automatic, safe against header injection."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from db.records import OutboxRow
from ingest.mail.headers.addresses import ascii_domain
from ingest.mail.headers.automated import OUTBOX_HEADER
from ingest.text import one_line

SUBJECT_LIMIT = 500
MAX_REFERENCES = 20
_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_REPLY = re.compile(r"\s*re\s*:", re.IGNORECASE)


def build_reply_mail(
    row: OutboxRow, *, sender: str, in_reply_to: str | None, references: Sequence[str], now: datetime
) -> bytes:
    """Return the message's bytes. Raises ValueError for a recipient that is no e-mail address.

    Replies by staff lack the headers of an automatic response (RFC 3834).
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(sender)
    message["To"] = _address(row.recipient)
    # A system notice starts a thread, hence no "Re:".
    message["Subject"] = one_line(row.subject, SUBJECT_LIMIT) if row.author == "system" else reply_subject(row.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=ascii_domain(sender) or "localhost")
    message[OUTBOX_HEADER] = str(row.id)
    if row.author != "staff":
        message["Auto-Submitted"] = "auto-replied"
        message["X-Auto-Response-Suppress"] = "All"
    # No message may contain NUL, other controls or lone surrogates.
    body = "".join(c for c in row.body if c in "\n\t" or (ord(c) >= 32 and not "\ud800" <= c <= "\udfff"))
    message.set_content(body, cte="quoted-printable")
    return _threading_headers(in_reply_to, references) + bytes(message)


def reply_subject(subject: str) -> str:
    """Return the customer's subject behind one `Re:`; Gmail threads by it."""
    plain = one_line(subject, SUBJECT_LIMIT)
    return plain if _REPLY.match(plain) else f"Re: {plain}".strip()


def _threading_headers(in_reply_to: str | None, references: Sequence[str]) -> bytes:
    """Return In-Reply-To and References. The email package would turn Message-IDs beyond 78 characters, as Outlook
    makes them, into encoded words that mail clients don't match."""
    known = [one for one in references if _ID.fullmatch(one)]
    kept = known if len(known) <= MAX_REFERENCES else [known[0], *known[1 - MAX_REFERENCES :]]
    lines = [f"In-Reply-To: {in_reply_to}"] if in_reply_to and _ID.fullmatch(in_reply_to) else []
    if kept:
        lines.append("References: " + "\r\n ".join(kept))
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _address(address: str) -> Address:
    local, _, domain = address.rpartition("@")
    if not local or not domain or any(ord(c) < 33 or c == "\x7f" for c in address):
        raise ValueError("no address that mail can be sent to")
    # `Address` puts quotes where they are needed.
    local = local[1:-1] if len(local) > 2 and local[0] == local[-1] == '"' else local
    return Address(username=local, domain=ascii_domain(address) or domain)
