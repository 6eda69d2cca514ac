"""A mail that takes too long or too much to parse is filed with its headers and handed to a person."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from typing import Any

import pytest

from deployments.channels.gmail.mail_head import HEAD_BYTES, UNPARSED, head_of
from deployments.channels.gmail.mail_store import MailIntake
from deployments.channels.gmail.parser import PARSE_BYTES, MailParser, MailTooCostlyError
from ingest.events import InvalidMessageError
from ingest.mail.message import ParsedMail, parse
from tests.fixtures.mail_channel import CUSTOMER, Post

MAIL = b"From: eve@example.com\r\nSubject: Login\r\nMessage-ID: <1@example.com>\r\n\r\nHow do I log in?\r\n"
WITHIN_S = 3.0
"""Ordinary mails are parsed in time on a slow machine, too; a stopped process never is."""


class StoppedParser(MailParser):
    """Stops its process before a mail with a body that says so, as if it took forever to parse."""

    async def parse(self, raw: bytes, **fields: Any) -> ParsedMail:
        if b"takes forever" in raw:
            await super().parse(MAIL, **fields)
            assert self._process is not None
            os.kill(self._process.pid, 19)
        return await super().parse(raw, **fields)


def fields() -> dict[str, Any]:
    return {
        "gmail_id": "1", "thread_id": "1", "label_ids": ("INBOX",),
        "internal_date": datetime(2026, 11, 2, tzinfo=UTC), "our_addresses": {"support@techcorp.example"},
    }  # fmt: skip


async def test_a_mail_is_parsed_as_in_this_process_and_what_is_none_is_refused_alike() -> None:
    parser = MailParser()
    assert await parser.parse(MAIL, **fields()) == parse(MAIL, **fields())
    with pytest.raises(InvalidMessageError, match="no sender"):
        await parser.parse(b"Subject: nobody\r\n\r\nText", **fields())
    await parser.close()


async def test_a_mail_that_takes_too_long_ends_its_process_and_not_the_next_mail() -> None:
    parser, beats = StoppedParser(within_s=WITHIN_S), 0
    await parser.parse(MAIL, **fields())

    async def beat() -> None:
        """Count the turns of the loop: one that stands still meanwhile has none."""
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    heart = asyncio.create_task(beat())
    with pytest.raises(MailTooCostlyError):
        await parser.parse(MAIL + b"takes forever", **fields())
    heart.cancel()
    assert beats > 5
    assert (await parser.parse(MAIL, **fields())).sender == CUSTOMER
    await parser.close()


async def test_a_mail_beyond_its_memory_ends_there() -> None:
    parser = MailParser(within_bytes=50_000_000)
    with pytest.raises(MailTooCostlyError):
        await parser.parse(MAIL + b"a line\n" * 3_000_000, **fields())
    parser._within_bytes = PARSE_BYTES
    assert (await parser.parse(MAIL, **fields())).sender == CUSTOMER
    await parser.close()


async def test_the_process_ends_with_its_reader_and_sees_none_of_our_settings() -> None:
    parser = MailParser()
    await parser.parse(MAIL, **fields())
    process = parser._process
    assert process is not None
    assert process.stdin is not None
    with open(f"/proc/{process.pid}/environ", "rb") as environment:  # noqa: ASYNC230
        assert environment.read() == b""
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), 60) == 0


async def test_r6_an_unparsable_mail_is_filed_with_its_headers_and_handed_to_a_person(post: Post) -> None:
    worker = await post.connected()
    worker._intake = MailIntake(
        pool=post.store.pool, address=post.options.user, parser=StoppedParser(within_s=WITHIN_S)
    )
    post.question("This takes forever", subject="Login")
    fine = post.question("How do I log in?", sender="bob@example.com")
    assert await worker.run_once() == 2
    [row] = await post.store.rows(
        "SELECT m.content, t.subject, i.sender_key, i.state, c.sender_verified FROM inbox i"
        " JOIN messages m ON m.id = i.message_id JOIN tickets t ON t.id = i.ticket_id"
        " JOIN conversations c ON c.id = i.conversation_id WHERE i.provider_message_id <> $1",
        fine["id"],
    )
    assert row == {
        "content": UNPARSED, "subject": "Login", "sender_key": f"email:{CUSTOMER}", "state": "waiting",
        "sender_verified": True,
    }  # fmt: skip
    await post.answer_all()
    assert len(post.agent.runs) == 1
    [ticket] = await post.store.rows("SELECT status, escalation_reason, summary FROM tickets WHERE subject = 'Login'"
                                     " AND escalation_reason IS NOT NULL")  # fmt: skip
    assert (ticket["status"], ticket["escalation_reason"]) == ("escalated", "agent_error")
    assert "in the mailbox" in ticket["summary"]
    assert await post.store.value("SELECT count(*) FROM dead_letters") == 0
    assert await post.store.value("SELECT count(*) FROM outbox") == 2
    assert await post.store.violations() == {}


async def test_headers_without_end_are_a_dead_letter(post: Post) -> None:
    worker = await post.connected()
    worker._intake = MailIntake(
        pool=post.store.pool, address=post.options.user, parser=StoppedParser(within_s=WITHIN_S)
    )
    post.question("How do I log in?", subject="This takes forever")
    assert await worker.run_once() == 1
    cause = await post.store.value("SELECT cause FROM dead_letters")
    assert "headers" in cause


def test_a_head_has_no_body_and_says_nothing_of_one() -> None:
    raw = (
        b"From: a@example.com\nContent-Type: multipart/mixed;\n boundary=x\nSubject: Hi\n there\n"
        b"content-transfer-encoding: 8bit\n\n--x\nFrom: body\n"
    )
    assert head_of(raw) == b"From: a@example.com\nSubject: Hi\n there\n\r\n"
    assert len(head_of(b"X: " + b"a" * 1_000_000)) < HEAD_BYTES + 10
