"""Mail that no person wrote to us, and people's mail that only looks like it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.data.mail.cases.letter import Case, customer, letter, multipart, part

_TEXT = "I am out of the office until Monday."


def _robot(name: str, raw: bytes, reason: str) -> Case:
    return Case(name=f"robot-{name}", expected_class="automated", raw=raw, expected={"automated": reason})


def cases() -> Iterator[Case]:
    """By header, by sender, bounces and reports; then the look-alikes."""
    for name, (header, reason) in _HEADERS.items():
        yield _robot(name, letter(_TEXT, headers=header), reason)
    for name, sender in _SENDERS.items():
        yield _robot(f"sender-{name}", letter(_TEXT, sender=sender), "robot_sender")
    yield from _reports()
    for name, header in _PEOPLE.items():
        yield customer(f"person-{name}", letter("How do I invite a guest?", headers=header), "How do I invite a guest?")
    for name, sender in _PEOPLE_SENDERS.items():
        yield customer(f"person-{name}", letter("How do I invite a guest?", sender=sender), "How do I invite a guest?")


_HEADERS = {
    "auto-replied": ("Auto-Submitted: auto-replied", "auto_submitted"),
    "auto-generated-with-parameter": ('Auto-Submitted: auto-generated; type="report"', "auto_submitted"),
    "auto-notified-with-comment": ("Auto-Submitted: auto-notified (calendar)", "auto_submitted"),
    "auto-submitted-upper-case": ("AUTO-SUBMITTED: AUTO-REPLIED", "auto_submitted"),
    "auto-submitted-folded": ("Auto-Submitted:\n auto-replied", "auto_submitted"),
    "auto-submitted-empty": ("Auto-Submitted:", "auto_submitted"),
    "auto-submitted-no-and-yes": ("Auto-Submitted: no\nAuto-Submitted: auto-replied", "auto_submitted"),
    "auto-submitted-vacation": (
        "Auto-Submitted: auto-replied (vacation)\nX-Auto-Response-Suppress: All",
        "auto_submitted",
    ),
    "list-id": ("List-Id: Project news <news.lists.example>", "mailing_list"),
    "list-unsubscribe": ("List-Unsubscribe: <https://news.example/u/1>", "mailing_list"),
    "list-unsubscribe-post": (
        "List-Unsubscribe: <mailto:u@n.example>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "mailing_list",
    ),
    "list-post": ("List-Post: <mailto:talk@lists.example>", "mailing_list"),
    "precedence-bulk": ("Precedence: bulk", "precedence"),
    "precedence-list": ("Precedence: list", "precedence"),
    "precedence-junk": ("Precedence: junk", "precedence"),
    "precedence-auto-reply": ("Precedence: auto_reply", "precedence"),
    "precedence-bulk-upper-case-and-space": ("precedence:   BULK ", "precedence"),
    "x-autoreply": ("X-Autoreply: yes", "auto_reply_header"),
    "x-autorespond": ("X-Autorespond: 12345", "auto_reply_header"),
    "x-autoreply-from": ("X-Autoreply-From: ann@customer.example", "auto_reply_header"),
    "x-failed-recipients": ("X-Failed-Recipients: nobody@customer.example", "auto_reply_header"),
    "our-own-header": ("X-Nightdesk-Outbox-Id: 01936d4e-0000-7000-8000-000000000001", "our_header"),
    "our-own-header-echoed-by-a-forwarder": ("x-nightdesk-outbox-id: 1\nAuto-Submitted: no", "our_header"),
}

_SENDERS = {
    "mailer-daemon": "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
    "mailer-daemon-upper-case": "MAILER-DAEMON@customer.example",
    "postmaster": "postmaster@customer.example",
    "no-reply": "no-reply@shop.example",
    "noreply": "Shop <noreply@shop.example>",
    "no-reply-dotted": "no.reply@shop.example",
    "noreply-with-tag": "noreply+a1b2@shop.example",
    "do-not-reply": "do-not-reply@shop.example",
    "donotreply": "DoNotReply@shop.example",
    "notifications-noreply": "notifications-noreply@network.example",
    "noreply-calendar": "noreply-calendar@shop.example",
    "bounces": "bounces+5512-ann=customer.example@mail.shop.example",
    "nao-responda": "nao-responda@loja.example",
    "ne-pas-repondre": "ne-pas-repondre@boutique.example",
}


def _reports() -> Iterator[Case]:
    bounced = part("Delivery to nobody@customer.example failed.", "text/plain")
    status = part(
        "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; nobody@customer.example\nStatus: 5.1.1",
        "message/delivery-status",
    )
    bounce = multipart(bounced, status, kind="report", sender="Exchange <exchange@customer.example>")
    yield _robot("delivery-report", bounce, "report")
    read = part("Disposition: manual-action/MDN-sent-manually; displayed", "message/disposition-notification")
    receipt = multipart(part("Your mail was read.", "text/plain"), read, kind="report")
    yield _robot("read-receipt", receipt, "report")
    feedback = multipart(
        part("This is a spam report.", "text/plain"),
        part("Feedback-Type: abuse", "message/feedback-report"),
        kind="report",
    )
    yield _robot("abuse-report", feedback, "report")
    null = letter("Delivery failed.").replace(b"Return-Path: <ann@customer.example>", b"Return-Path: <>")
    yield _robot("null-return-path", null, "null_return_path")
    spaced = letter("Delivery failed.").replace(b"Return-Path: <ann@customer.example>", b"return-path:  < > ")
    yield _robot("null-return-path-with-spaces", spaced, "null_return_path")
    ours = letter("Hello myself", sender="TechCorp <Support@TechCorp.example>")
    yield _robot("our-own-address-from-outside", ours, "our_address")
    bare = letter("Reporting-MTA: dns; mx.example", content_type="message/delivery-status")
    yield _robot("delivery-status-alone", bare, "report")


_PEOPLE = {
    "auto-submitted-no": "Auto-Submitted: no",
    "auto-submitted-no-with-comment": "Auto-Submitted: No (a person)",
    "exchange-suppress-header": "X-Auto-Response-Suppress: All",
    "exchange-suppress-dr-oof": "X-Auto-Response-Suppress: DR, OOF, AutoReply",
    "precedence-normal": "Precedence: normal",
    "precedence-first-class": "Precedence: first-class",
    "mailer-header": "X-Mailer: Microsoft Outlook 16.0\nX-Priority: 1\nImportance: high",
    "x-autoreply-no": "X-Autoreply: no",
}
_PEOPLE_SENDERS = {
    "called-reply": "reply@customer.example",
    "called-norbert": "norbert.reply@customer.example",
    "called-nora": "nora@customer.example",
    "called-list": "list@customer.example",
    "at-a-no-reply-domain": "ann@no-reply.example",
    "called-bouncer": "bouncer@club.example",
}
