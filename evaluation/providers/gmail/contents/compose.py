"""Composes a customer's mail, or a reply of staff from Gmail itself, for the control endpoints."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, make_msgid
from typing import Any

from evaluation.providers.clock import ShiftedClock
from evaluation.providers.gmail.contents import rfc822
from evaluation.providers.gmail.contents.mailbox import Mailbox

_RESULTS = ("pass", "fail", "none")


def customer_mail(order: Mapping[str, Any], mailbox: Mailbox, clock: ShiftedClock) -> bytes:
    """Return the mail that `order` describes, as Gmail's receiving server stores it.

    `sender`, `subject` and `text`, and optionally `name`, `html`, `reply_to` (a message's id in this mailbox: its
    thread is continued), `headers` (name to value) and `dmarc` (pass by default, fail, none). Raises KeyError,
    ValueError or GmailRefusal (404).
    """
    message = _written(order, sender=order["sender"], to=mailbox.user, clock=clock)
    _continue_thread(message, order, mailbox)
    sender = order["sender"]
    dmarc = order.get("dmarc", "pass")
    if dmarc not in _RESULTS:
        raise ValueError(f"dmarc must be one of {', '.join(_RESULTS)}")
    return _received(bytes(message), sender, mailbox.user, dmarc, clock)


def staff_mail(order: Mapping[str, Any], mailbox: Mailbox, clock: ShiftedClock) -> bytes:
    """Return a reply written in Gmail itself: `text`, and `reply_to`, the id of the customer's message."""
    answered = mailbox.get(order["reply_to"])
    sender = next(iter(rfc822.addresses(answered.raw, "Reply-To", "From")), "")
    subject = rfc822.header(answered.raw, "Subject")
    with_subject = {"subject": f"Re: {subject.removeprefix('Re: ')}", **order}
    message = _written(with_subject, sender=mailbox.user, to=sender, clock=clock)
    _continue_thread(message, order, mailbox)
    return bytes(message)


def _written(order: Mapping[str, Any], *, sender: str, to: str, clock: ShiftedClock) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = formataddr((order.get("name", ""), sender))
    message["To"] = to
    message["Subject"] = order["subject"]
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(idstring=secrets.token_hex(4), domain=sender.rpartition("@")[2] or "localhost")
    for name, value in order.get("headers", {}).items():
        message[name] = value
    message.set_content(order.get("text", ""))
    if "html" in order:
        message.add_alternative(order["html"], subtype="html")
    return message


def _continue_thread(message: EmailMessage, order: Mapping[str, Any], mailbox: Mailbox) -> None:
    if not order.get("reply_to"):
        return
    answered = mailbox.get(order["reply_to"])
    earlier = rfc822.message_ids(answered.raw, "References")
    message["In-Reply-To"] = answered.rfc_id
    message["References"] = " ".join([*earlier, answered.rfc_id])


def _received(raw: bytes, sender: str, user: str, dmarc: str, clock: ShiftedClock) -> bytes:
    """Prepend Gmail's trace headers."""
    domain = sender.rpartition("@")[2]
    dkim = f"dkim={dmarc} header.i=@{domain} header.s=s1 header.b=Zm9v"
    spf = f"spf={dmarc} (google.com: domain of {sender}) smtp.mailfrom={sender}"
    results = f"mx.google.com;\r\n       {dkim};\r\n       {spf};\r\n       dmarc={dmarc} header.from={domain}"
    trace = {
        "Delivered-To": user,
        "Received": f"by 2002:a05:7300:1 with SMTP id stand-in; {format_datetime(clock.now())}",
        "Authentication-Results": results,
        "Return-Path": f"<{sender}>",
    }
    return "".join(f"{name}: {value}\r\n" for name, value in trace.items()).encode() + raw
