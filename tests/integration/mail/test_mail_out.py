"""Outgoing mail: each reply is sent once, whatever Gmail does with the calls."""

from __future__ import annotations

import asyncio

import pytest

from db.outbound import outbox
from db.pool import acquire
from evaluation.providers.journal import Kind
from tests.fixtures.mail_channel import CUSTOMER, Post
from tests.fixtures.waiting import eventually

pytestmark = pytest.mark.timeout(1200)


async def store_replies(post: Post, count: int) -> None:
    """Store `count` replies in the outbox, each to a customer of its own."""
    worker = await post.connected()
    for n in range(count):
        post.question(f"Question {n}", sender=f"c{n}@example.com", subject=f"Subject {n}")
    assert await worker.run_once() == count
    await post.answer_all()
    assert await post.store.value("SELECT count(*) FROM outbox WHERE state = 'ready'") == count


def recipients(post: Post) -> list[str]:
    return sorted(address for entry in post.sent() for address in entry.to)


def everybody(count: int) -> list[str]:
    return sorted(f"c{n}@example.com" for n in range(count))


both_sizes = pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.full)])


@pytest.mark.parametrize("kind", ["drop_answer", "error_after"])
@both_sizes
async def test_f2_lost_responses_of_gmail_are_found_and_nothing_is_sent_twice(
    post: Post, kind: str, count: int
) -> None:
    await store_replies(post, count)
    post.control.fault("users.drafts.send", kind, times=count)
    await post.delivery()
    await post.settled(within_s=90 + count)
    assert recipients(post) == everybody(count)
    assert await post.store.value("SELECT count(*) FROM outbox WHERE metadata ? 'resent'") == 0
    rows = await post.store.rows(
        "SELECT m.provider_message_id, m.metadata ->> 'rfc_message_id' AS rfc FROM messages m WHERE author = 'agent'"
    )
    assert {row["provider_message_id"] for row in rows} == {entry.message_id for entry in post.sent()}
    assert {row["rfc"] for row in rows} == {entry.details["rfc_message_id"] for entry in post.sent()}


@pytest.mark.parametrize("kind", ["drop_before", "error_before"])
async def test_f2_a_reply_that_gmail_refused_is_sent_from_the_same_draft(post: Post, kind: str) -> None:
    await store_replies(post, 5)
    post.control.fault("users.drafts.send", kind, times=5)
    await post.delivery()
    await post.settled()
    assert recipients(post) == everybody(5)
    assert len(post.control.journal(kind=Kind.DRAFT_CREATED)) == 5


@pytest.mark.parametrize("kind", ["drop_answer", "error_after", "drop_before", "error_before"])
async def test_f2_a_draft_whose_creation_response_was_lost_is_reused(post: Post, kind: str) -> None:
    await store_replies(post, 3)
    post.control.fault("users.drafts.create", kind, times=3)
    await post.delivery()
    await post.settled()
    assert recipients(post) == everybody(3)
    assert len(post.control.journal(kind=Kind.DRAFT_CREATED)) == 3


@both_sizes
async def test_f3_a_reply_that_cannot_be_looked_up_is_parked_and_not_sent_again(post: Post, count: int) -> None:
    await store_replies(post, count)
    post.control.fault("users.drafts.send", "drop_answer", times=None)
    post.control.fault("users.threads.get", "error_before", times=None)
    delivery = await post.delivery(look_up_s=0.05, max_unanswered=3)
    await post.settled("parked", within_s=120 + 3 * count)
    assert recipients(post) == everybody(count)
    assert await post.store.value("SELECT count(*) FROM tickets WHERE escalation_reason = 'undeliverable'") == count
    [lane] = delivery._lanes
    status, detail = lane.state.status()
    assert status == "degraded"
    assert "waits for a person" in detail


async def test_f3_a_mail_that_nobody_began_to_send_is_ready_again_while_gmail_is_away(post: Post) -> None:
    await store_replies(post, 1)
    # As when PostgreSQL stands still: it leases the reply in the end, and who asked for it has long gone.
    async with acquire(post.store.pool) as connection:
        assert await outbox.lease_due(connection, "email", limit=1, lease_s=0.0)
        assert await outbox.expire_leases(connection)
    assert await post.store.value("SELECT state FROM outbox") == "unknown"
    post.control.fault("users.threads.get", "error_before", times=None)
    await post.delivery()
    await eventually(lambda: post.store.value("SELECT count(*) FROM outbox WHERE state = 'ready' AND attempts > 1"))
    post.control.clear_faults()
    await post.settled()
    assert recipients(post) == everybody(1)


async def test_r6_rate_limits_are_waited_for(post: Post) -> None:
    await store_replies(post, 3)
    post.control.fault("users.drafts.send", "rate_limited", times=2, seconds=1)
    post.control.fault("users.drafts.create", "rate_limited", times=1, seconds=1)
    await post.delivery()
    await post.settled()
    assert recipients(post) == everybody(3)


async def test_after_an_outage_of_gmail_replies_are_sent_in_order(post: Post) -> None:
    worker = await post.connected()
    asked = post.question("One")
    await worker.run_once()
    await post.answer_all()
    post.control.fault("users.drafts.create", "error_before", times=None)
    await post.delivery()
    for text in ("Two", "Three"):
        post.question(text, subject="Re: Login", reply_to=asked["id"])
        await worker.run_once()
        await post.answer_all()

    async def degraded() -> bool:
        return bool(
            await post.store.value("SELECT count(*) FROM node_status WHERE node = 'email' AND status = 'degraded'")
        )

    await eventually(degraded)
    assert post.sent() == []
    post.control.clear_faults()
    await post.settled(within_s=90)
    assert [entry.body.split(":")[1].strip() for entry in post.sent()] == ["One", "Two", "Three"]
    assert len({entry.thread for entry in post.sent()}) == 1


async def test_a_reply_to_a_deleted_thread_is_sent(post: Post) -> None:
    await store_replies(post, 1)
    await post.store.execute("UPDATE conversations SET thread_key = 'ffffffffffffffff'")
    await post.delivery()
    await post.settled()
    assert recipients(post) == everybody(1)


async def test_r10_a_subject_cannot_inject_a_header(post: Post) -> None:
    worker = await post.connected()
    post.control.inject_raw_mail(
        b"From: Eve <eve@example.com>\r\nTo: support@example.com\r\nMessage-ID: <odd@example.com>\r\n"
        b"Subject: =?utf-8?q?Hello=0D=0ABcc:_mallory@example.net?=\r\n"
        b"In-Reply-To: <a@b> \r\n\tX-Evil: 1\r\n\r\nA question"
    )
    await worker.run_once()
    await post.answer_all()
    await post.delivery()
    await post.settled()
    (reply,) = post.sent()
    assert reply.to == (CUSTOMER,)
    assert reply.header("Bcc") is None
    assert reply.header("X-Evil") is None
    assert reply.header("Subject") == "Re: Hello Bcc: mallory@example.net"


async def test_g14_a_mail_sent_in_gmail_by_staff_takes_over(post: Post) -> None:
    worker = await post.connected()
    asked = post.question("Please help")
    await worker.run_once()
    await post.answer_all()
    written = post.control.answer_as_person(reply_to=asked["id"], text="I am looking into it. Ann")
    assert await worker.run_once() == 1
    await post.delivery()
    await post.settled("cancelled")
    assert post.sent() == []
    (conversation,) = await post.store.rows("SELECT owner, owner_token, status FROM conversations")
    assert (conversation["owner"], conversation["owner_token"], conversation["status"]) == ("staff", 1, "handed_over")
    (message,) = await post.store.rows("SELECT * FROM messages WHERE author = 'staff'")
    assert message["content"] == "I am looking into it. Ann"
    assert message["provider_message_id"] == written["id"]
    assert await post.store.value("SELECT status FROM tickets") == "escalated"

    post.question("Thank you", subject="Re: Login", reply_to=written["id"])
    await worker.run_once()
    await post.answer_all()
    assert await post.store.value("SELECT state FROM inbox ORDER BY received_at DESC LIMIT 1") == "held"
    assert await post.store.value("SELECT count(*) FROM outbox WHERE state <> 'cancelled'") == 0


async def test_g14_a_take_over_while_the_agent_thinks_silences_it(post: Post) -> None:
    worker = await post.connected()
    asked = post.question("Please help")
    await worker.run_once()
    post.agent.hold()
    thinking = asyncio.create_task(post.answer_all())
    await post.agent.thinking()
    post.control.answer_as_person(reply_to=asked["id"], text="I am on it.")
    await worker.run_once()
    post.agent.let_go()
    await thinking
    assert await post.store.value("SELECT count(*) FROM outbox") == 0
    assert await post.store.value("SELECT state FROM inbox") == "held"


async def test_the_products_own_replies_are_no_take_over(post: Post) -> None:
    worker = await post.connected()
    post.question()
    await worker.run_once()
    await post.answer_all()
    await post.delivery()
    await post.settled()
    await worker.run_once()
    assert await post.store.value("SELECT owner FROM conversations") == "agent"
    assert await post.store.value("SELECT count(*) FROM messages WHERE author = 'staff'") == 0


@pytest.mark.parametrize("point", ["gmail:drafted", "gmail:accepted"])
async def test_a_sender_that_is_stopped_midway_sends_once(post: Post, point: str) -> None:
    ends = iter(range(3))

    def end(at: str) -> None:
        if at == point and next(ends, None) is not None:
            raise RuntimeError(f"ended at {at}")

    await store_replies(post, 3)
    await post.delivery(failpoint=end)
    await post.settled()
    assert recipients(post) == everybody(3)
    assert len(post.control.journal(kind=Kind.DRAFT_CREATED)) == 3


async def test_h6_refused_credentials_keep_the_replies_and_say_what_to_do(post: Post) -> None:
    await store_replies(post, 2)
    refused = await post.delivery(credentials={"refresh_token": "expired"})

    async def credentials_refused() -> bool:
        query = "SELECT count(*) FROM node_status WHERE node = 'email' AND detail LIKE '%GMAIL_REFRESH_TOKEN%'"
        return bool(await post.store.value(query))

    await eventually(credentials_refused)
    assert post.sent() == []
    await refused.close()
    post.parts.remove(refused)
    await post.store.execute("UPDATE outbox SET next_attempt_at = now()")
    await post.delivery()
    await post.settled()
    assert recipients(post) == everybody(2)
