# ruff: noqa: E501 - the lines of a mail are as long as mail programs make them
"""What lies in our own mailbox as sent, and what is no mail at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.data.mail.cases.letter import US, Case, letter, trace

_STAFF = f"Lena from TechCorp <{US}>"


def cases() -> Iterator[Case]:
    """Own mail, then broken mail."""
    yield from _own()
    for name, raw in _BROKEN.items():
        yield Case(name=f"broken-{name}", expected_class="broken", raw=raw)


def _sent(name: str, raw: bytes, *labels: str, **expected: Any) -> Case:
    return Case(name=f"own-{name}", expected_class="own", raw=raw, expected=expected, labels=labels or ("SENT",))


def _own() -> Iterator[Case]:
    thread = "In-Reply-To: <a1b2c3@customer.example>\nReferences: <a1b2c3@customer.example>"
    quote = "I have looked into it: the seat is free now.\n\nOn Sun, 22 Nov 2026 at 10:15, Ann <ann@customer.example> wrote:\n\n> Hi"
    text = "I have looked into it: the seat is free now."
    staff = letter(quote, sender=_STAFF, headers=thread)[len(trace(_STAFF)) :]
    yield _sent("person-answers-from-gmail", staff, text=text, by_staff=True, in_reply_to="<a1b2c3@customer.example>")
    yield _sent("person-writes-to-our-own-address", staff, "SENT", "INBOX", text=text, by_staff=True)
    yield _sent("person-still-writes-a-draft", staff, "DRAFT", is_draft=True, by_staff=False)
    product = letter("Dear Ann, …", sender=US, headers="X-Nightdesk-Outbox-Id: 01936d4e\nAuto-Submitted: auto-replied")
    yield _sent("product-answers", product[len(trace(US)) :], outbox_id="01936d4e", by_staff=False)
    rewritten = product.replace(b"Message-ID: <a1b2c3@customer.example>", b"Message-ID: <CAxyz@mail.gmail.com>")
    yield _sent(
        "product-answers-message-id-rewritten", rewritten, outbox_id="01936d4e", rfc_message_id="<CAxyz@mail.gmail.com>"
    )
    alias = letter(text, sender="lena@techcorp.example")[len(trace("lena@techcorp.example")) :]
    yield _sent("person-answers-with-an-alias", alias, text=text, by_staff=True)
    vacation = letter("I am away", sender=US, headers="Auto-Submitted: auto-replied")
    yield _sent("gmail-vacation-responder-of-ours", vacation[len(trace(US)) :], by_staff=False)
    html = letter("<p>The seat is free now.</p>", sender=_STAFF, content_type="text/html")[len(trace(_STAFF)) :]
    yield _sent("person-answers-in-html", html, text="The seat is free now.")


_BROKEN = {
    "empty": b"",
    "only-white-space": b" \r\n\r\n\t",
    "only-nul": b"\x00" * 500,
    "only-a-body": b"\r\n\r\nHello, I have no headers.",
    "no-from": letter("Hello").replace(b"From: Ann Customer <ann@customer.example>\r\n", b""),
    "from-empty": letter("Hello").replace(b"From: Ann Customer <ann@customer.example>", b"From:"),
    "from-null": letter("Hello").replace(b"Ann Customer <ann@customer.example>", b"<>"),
    "from-without-at": letter("Hello").replace(b"Ann Customer <ann@customer.example>", b"Ann Customer"),
    "from-undisclosed": letter("Hello").replace(b"Ann Customer <ann@customer.example>", b"undisclosed-senders:;"),
    "from-two-ats": letter("Hello").replace(b"Ann Customer <ann@customer.example>", b"ann@home@customer.example"),
    "from-without-a-domain-dot": letter("Hello").replace(b"Ann Customer <ann@customer.example>", b"root@localhost"),
    "picture-instead-of-a-mail": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
    "json-instead-of-a-mail": b'{"raw": "RnJvbTogYUBi"}',
    "headers-cut-before-from": letter("Hello")[:300],
}
