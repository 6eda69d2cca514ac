"""Outgoing mail: headers that cannot be injected, and message ids that are not rewritten."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.records import Author, OutboxRow
from deployments.channels.gmail.reply_mail import MAX_REFERENCES, build_reply_mail, reply_subject

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ID = UUID(int=7)
OUTLOOK = f"<{'DB9PR08MB6619' * 6}@DB9PR08MB6619.eurprd08.prod.outlook.com>"


def row(
    *, subject: str = "Login", body: str = "Hello", author: Author = "agent", to: str = "eve@example.com"
) -> OutboxRow:
    return OutboxRow(
        id=ID, conversation_id=ID, ticket_id=ID, message_id=ID, author=author, channel="email", recipient=to,
        subject=subject, body=body, attempts=1,
    )  # fmt: skip


def written(row: OutboxRow, *, in_reply_to: str | None = None, references: tuple[str, ...] = ()) -> EmailMessage:
    raw = build_reply_mail(row, sender="support@techcorp.com", in_reply_to=in_reply_to, references=references, now=NOW)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_r1_long_message_ids_are_not_rewritten() -> None:
    mail = written(row(), in_reply_to=OUTLOOK, references=("<first@example.com>", OUTLOOK))
    assert mail["In-Reply-To"] == OUTLOOK
    assert mail["References"].split() == ["<first@example.com>", OUTLOOK]


def test_r1_a_long_thread_keeps_its_first_and_its_newest_references() -> None:
    known = tuple(f"<{n}@example.com>" for n in range(60))
    kept = written(row(), references=known)["References"].split()
    assert len(kept) == MAX_REFERENCES
    assert kept[0] == known[0]
    assert kept[-1] == known[-1]


@pytest.mark.parametrize("bad", ["<a@b>\r\nBcc: x@example.net", "no id", "<a b>", ""])
def test_r10_malformed_message_ids_are_left_out(bad: str) -> None:
    mail = written(row(), in_reply_to=bad, references=(bad, "<a@b>"))
    assert mail["In-Reply-To"] is None
    assert mail["References"] == "<a@b>"
    assert mail["Bcc"] is None


@pytest.mark.parametrize(("author", "mark"), [("agent", "auto-replied"), ("system", "auto-replied"), ("staff", None)])
def test_r7_only_replies_of_the_agent_are_marked_as_automatic(author: Author, mark: str | None) -> None:
    mail = written(row(author=author))
    assert mail["Auto-Submitted"] == mark
    assert mail["X-Nightdesk-Outbox-Id"] == str(ID)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Login", "Re: Login"),
        ("Re: Login", "Re: Login"),
        ("RE: Login", "RE: Login"),
        ("AW: Login", "Re: AW: Login"),
        ("", "Re:"),
    ],
)
def test_r1_the_customers_subject_is_kept(subject: str, expected: str) -> None:
    assert reply_subject(subject) == expected


@pytest.mark.parametrize("to", ["", "nobody", "a b@example.com", "eve@example.com\r\nBcc: x@example.net"])
def test_r10_a_malformed_recipient_is_refused(to: str) -> None:
    with pytest.raises(ValueError):
        written(row(to=to))


@settings(max_examples=1000, deadline=None)
@given(st.text(max_size=300), st.text(max_size=600))
def test_r10_subject_and_text_cannot_change_the_headers(subject: str, body: str) -> None:
    mail = written(row(subject=subject, body=body))
    assert sorted(name.lower() for name in mail) == sorted(
        ["from", "to", "subject", "date", "message-id", "x-nightdesk-outbox-id", "auto-submitted",
         "x-auto-response-suppress", "content-type", "content-transfer-encoding", "mime-version"]
    )  # fmt: skip
    assert mail["To"] == "eve@example.com"
    assert mail.get_content_type() == "text/plain"


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t"), max_size=600))
def test_r1_the_stored_text_is_sent_unchanged(body: str) -> None:
    got = written(row(body=body)).get_content().replace("\r\n", "\n")
    assert got.rstrip("\n") == body.rstrip("\n")
