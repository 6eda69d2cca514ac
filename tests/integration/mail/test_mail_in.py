"""Incoming mail: every mail is filed once, whatever happens to pushes, history and the provider."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from prometheus_client import REGISTRY

from db.intake import mailbox
from db.operations import dead_letters
from db.pool import acquire, transaction
from deployments.channels.gmail.mail_store import MAX_FAILURES
from evaluation.providers.journal import Kind
from ingest.events import DLQ, INCOMING
from tests.fixtures.mail_channel import ADDRESS, CUSTOMER, Post


async def received(post: Post) -> list[str]:
    rows = await post.store.rows("SELECT provider_message_id FROM inbox ORDER BY received_at, id")
    return [row["provider_message_id"] for row in rows]


async def cursor(post: Post) -> int:
    return int(await post.store.value("SELECT cursor FROM mailboxes"))


async def test_r6_mail_older_than_the_connection_is_not_answered(post: Post) -> None:
    post.question("An old mail")
    worker = await post.connected()
    new = post.question("A new mail")
    await worker.run_once()
    assert await received(post) == [new["id"]]


async def test_r6_more_than_a_page_of_history_is_read_in_order_and_once(post: Post) -> None:
    worker = await post.connected()
    asked = [post.question(f"Question {n}", sender=f"c{n}@example.com")["id"] for n in range(30)]
    assert await worker.run_once() == 30
    assert await received(post) == asked
    assert await worker.run_once() == 0
    assert await post.store.value("SELECT count(*) FROM events") == 30


async def test_r6_two_workers_at_once_file_each_mail_once(post: Post) -> None:
    first, second = await post.connected(), post.worker()
    asked = [post.question(f"Question {n}", sender=f"c{n}@example.com")["id"] for n in range(12)]
    taken = await asyncio.gather(first.run_once(), second.run_once())
    assert sum(taken) == 12
    assert sorted(await received(post)) == sorted(asked)


async def test_r6_a_cursor_that_is_too_old_is_followed_by_a_bounded_resync(post: Post) -> None:
    post.question("Before us")
    post.days(1)
    worker = await post.connected()
    await post.store.execute("UPDATE mailboxes SET created_at = now() + interval '1 day'")
    known = post.question("Known")
    await worker.run_once()
    missed = [post.question(f"Missed {n}")["id"] for n in range(3)]
    post.control.forget_history()
    assert await worker.run_once() == 3
    assert await received(post) == [known["id"], *missed]

    after = post.question("Afterwards")
    assert await worker.run_once() == 1
    assert (await received(post))[-1] == after["id"]


async def test_r6_the_cursor_is_never_lowered(post: Post) -> None:
    worker = await post.connected()
    post.question()
    await worker.run_once()
    before = await cursor(post)
    async with acquire(post.store.pool) as connection:
        await mailbox.advance(connection, ADDRESS, before - 100)
        await mailbox.record_hint(connection, ADDRESS, before - 100)
    assert await cursor(post) == before
    await worker.run_once()
    assert await cursor(post) == before


async def test_r6_the_cursor_waits_for_the_mails_before_it(post: Post) -> None:
    worker = await post.connected()
    before = await cursor(post)
    asked = [post.question(f"Question {n}")["id"] for n in range(3)]
    post.control.fault("users.messages.get", "error_before", skip=1)
    assert await worker.run_once() == 0
    assert worker.status()[0] == "degraded"
    assert await cursor(post) == before
    await worker.run_once()
    assert worker.status()[0] == "healthy"
    assert await received(post) == asked


async def test_a_poll_is_due_once_a_minute_and_a_hint_at_once(post: Post) -> None:
    await post.connected()
    worker = post.worker(poll_s=60.0)
    post.question()
    assert await worker.run_once() == 0
    async with acquire(post.store.pool) as connection:
        await mailbox.record_hint(connection, ADDRESS, await cursor(post) + 1)
    assert await worker.run_once() == 1
    post.question("More")
    assert await worker.run_once() == 0


async def test_t_f6_the_watch_is_renewed_daily(post: Post) -> None:
    worker = await post.connected()
    for _ in range(8 * 6):
        post.days(4 / 24)
        await worker.run_once()
    watches = post.control.journal(kind=Kind.WATCH_SET)
    assert 7 <= len(watches) <= 9
    gaps = [b.time - a.time for a, b in pairwise(watches)]
    assert max(gap.total_seconds() for gap in gaps) <= 28.1 * 3600
    assert await post.store.value("SELECT watch_expires_at - watched_at > interval '6 days' FROM mailboxes")


async def test_without_a_right_to_watch_the_mailbox_is_still_read(post: Post) -> None:
    worker = await post.connected()
    post.days(1.1)
    post.control.fault("users.watch", "error_before", times=None, status=403)
    post.question()
    assert await worker.run_once() == 1
    status, detail = worker.status()
    assert status == "degraded"
    assert "GMAIL_PUBSUB_TOPIC" in detail
    assert detail.startswith("pushes end on ")


async def test_h6_a_watch_that_has_expired_shows_until_it_is_renewed(post: Post) -> None:
    worker = await post.connected()
    post.days(8)
    post.control.fault("users.watch", "error_before", times=None, status=403)
    await worker.run_once()
    status, detail = worker.status()
    assert (status, "the watch expired on" in detail) == ("degraded", True)
    assert _watch_left_days() < 0
    post.control.clear_faults()
    await worker.run_once()
    assert worker.status()[0] == "healthy"
    assert _watch_left_days() > 6


def _watch_left_days() -> float:
    left = REGISTRY.get_sample_value("nightdesk_watch_left_seconds")
    assert left is not None
    return left / 86_400


async def test_h6_refused_credentials_say_what_to_do_and_come_back(post: Post) -> None:
    worker = post.worker(refresh_token="expired")
    assert await worker.run_once() == 0
    status, detail = worker.status()
    assert status == "degraded"
    assert "GMAIL_REFRESH_TOKEN" in detail
    assert "invalid_grant" in detail


async def test_after_an_outage_of_gmail_mails_are_read_in_order(post: Post) -> None:
    worker = await post.connected()
    asked = [post.question("First")["id"]]
    post.control.fault("users.history.list", "error_before", times=None)
    for n in range(5):
        await worker.run_once()
        asked.append(post.question(f"Then {n}")["id"])
    assert worker.status()[0] == "degraded"
    assert await received(post) == []
    post.control.clear_faults()
    await worker.run_once()
    assert worker.status()[0] == "healthy"
    assert await received(post) == asked


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"List-Id": "<news.example.com>"},
        {"Precedence": "bulk"},
        {"X-Nightdesk-Outbox-Id": "00000000-0000-0000-0000-000000000000"},
    ],
    ids=lambda headers: next(iter(headers)),
)
async def test_r7_automatic_mail_is_kept_and_never_answered(post: Post, headers: dict[str, str]) -> None:
    worker = await post.connected()
    post.question("I am out of office", headers=headers)
    assert await worker.run_once() == 1
    (row,) = await post.store.rows("SELECT i.state, m.content FROM inbox i JOIN messages m ON m.id = i.message_id")
    assert row["state"] == "ignored"
    assert row["content"] == "I am out of office"
    await post.answer_all()
    assert await post.store.value("SELECT count(*) FROM outbox") == 0
    assert await post.store.value("SELECT count(*) FROM events") == 0


async def test_r7_the_products_own_mail_and_spam_are_ignored(post: Post) -> None:
    worker = await post.connected()
    post.question(sender=ADDRESS)
    assert await worker.run_once() == 1
    assert await post.store.value("SELECT state FROM inbox") == "ignored"


async def test_r6_a_mail_that_was_archived_before_it_is_read_is_filed_all_the_same(post: Post) -> None:
    worker = await post.connected()
    asked = post.question()
    await post.relabelled(asked["id"], remove=["INBOX", "UNREAD"])
    assert await worker.run_once() == 1
    assert await received(post) == [asked["id"]]
    await post.answer_all()
    assert await post.store.value("SELECT count(*) FROM outbox") == 1


async def test_r6_a_mail_that_a_filter_lets_pass_the_inbox_is_filed_all_the_same(post: Post) -> None:
    worker = await post.connected()
    asked = post.control.inject_raw_mail(mail("How do I export a board?"), labels=["UNREAD", "Label_7"])
    assert await worker.run_once() == 1
    assert await received(post) == [asked["id"]]


@pytest.mark.parametrize("label", ["SPAM", "TRASH", "DRAFT"])
async def test_r6_spam_and_what_somebody_threw_away_is_not_filed(post: Post, label: str) -> None:
    worker = await post.connected()
    thrown = post.question()
    await post.relabelled(thrown["id"], add=[label], remove=["INBOX"])
    assert await worker.run_once() == 0
    assert await received(post) == []


async def test_r6_old_mail_that_is_imported_past_the_inbox_is_not_answered(post: Post) -> None:
    worker = await post.connected()
    await post.store.execute("UPDATE mailboxes SET created_at = now() + interval '1 hour'")  # the mails are from before
    post.control.inject_raw_mail(mail("Years ago"), labels=["Label_7"])
    moved = post.question("Moved to the inbox")
    assert await worker.run_once() == 1
    assert await received(post) == [moved["id"]]


def mail(text: str) -> bytes:
    head = f"From: {CUSTOMER}\r\nTo: {ADDRESS}\r\nSubject: Boards\r\nMessage-ID: <{text.split()[0]}@x>"
    return f"{head}\r\n\r\n{text}".encode()


async def test_an_unreadable_mail_is_one_dead_letter_and_does_not_block_others(post: Post) -> None:
    worker = await post.connected()
    broken = post.control.inject_raw_mail(b"Subject: nobody sent this\r\n\r\nText")
    fine = post.question()
    assert await worker.run_once() == 2
    await worker.run_once()
    assert await received(post) == [fine["id"]]
    (letter,) = await post.store.rows("SELECT topic, key, cause FROM dead_letters")
    assert (letter["topic"], letter["key"]) == ("gmail", broken["id"])
    assert "sender" in letter["cause"]
    assert await post.store.value("SELECT count(*) FROM events WHERE topic = 'fte.tickets.dlq'") == 1


async def test_k4_a_store_failure_does_not_dead_letter_the_whole_mailbox(post: Post) -> None:
    """As when a new release meets a store that is not migrated: few mails are dead-lettered, the rest waits."""
    worker = await post.connected()
    asked = [post.question(f"Question {n}", sender=f"c{n}@example.com")["id"] for n in range(30)]
    await post.store.execute("ALTER TABLE conversation_slots RENAME TO elsewhere")
    for _ in range(3):
        await worker.run_once()
    status, detail = worker.status()
    assert (status, "UndefinedTableError" in detail) == ("degraded", True)
    assert await post.store.value("SELECT count(*) FROM dead_letters") == MAX_FAILURES
    await post.store.execute("ALTER TABLE elsewhere RENAME TO conversation_slots")
    await worker.run_once()
    assert worker.status()[0] == "healthy"
    assert await received(post) == asked[MAX_FAILURES:]
    await _replayed(post)
    await worker.run_once()
    assert set(await received(post)) == set(asked)


async def _replayed(post: Post) -> None:
    """Replay every dead letter."""
    for letter in await post.store.rows("SELECT id FROM dead_letters WHERE state = 'dead'"):
        async with transaction(post.store.pool) as connection:
            await dead_letters.replay(connection, letter["id"], by="ann", wake_on=INCOMING)


async def test_k4_a_replayed_mail_is_read_again_and_answered(post: Post) -> None:
    """An earlier release could not read it; this one can."""
    worker = await post.connected()
    asked = post.question()
    async with acquire(post.store.pool) as connection:
        await mailbox.dead_letter(connection, asked["id"], b"From: ...", cause="it could not be read", announce_on=DLQ)
    assert await worker.run_once() == 0
    await _replayed(post)
    assert await worker.run_once() == 1
    assert await received(post) == [asked["id"]]
    await post.answer_all()
    await post.delivery()
    await post.settled()
    assert [entry.thread for entry in post.sent()] == [asked["thread_id"]]
    assert await post.store.value("SELECT count(*) FROM events WHERE topic = 'gmail'") == 0


async def test_k4_a_replayed_mail_that_is_still_unreadable_is_a_dead_letter_again(post: Post) -> None:
    worker = await post.connected()
    post.control.inject_raw_mail(b"Subject: nobody sent this\r\n\r\nText")
    await worker.run_once()
    await _replayed(post)
    await worker.run_once()
    await worker.run_once()
    assert [row["state"] for row in await post.store.rows("SELECT state FROM dead_letters ORDER BY id")] == [
        "replayed",
        "dead",
    ]


async def test_k4_a_replayed_mail_that_was_deleted_is_a_dead_letter_again_with_its_cause(post: Post) -> None:
    worker = await post.connected()
    post.control.inject_raw_mail(b"Subject: nobody sent this\r\n\r\nText")
    await worker.run_once()
    post.control.fault("users.messages.get", "error_before", times=None, status=404)
    await _replayed(post)
    await worker.run_once()
    await worker.run_once()
    letters = await post.store.rows("SELECT state, cause FROM dead_letters ORDER BY id")
    assert [row["state"] for row in letters] == ["replayed", "dead"]
    assert "not in the mailbox" in letters[1]["cause"]


async def test_g15_a_mail_joins_by_thread_and_the_same_verified_sender(post: Post) -> None:
    worker = await post.connected()
    first = post.question("First")
    await worker.run_once()
    post.question("By the same", subject="Re: Login", reply_to=first["id"])
    post.question("By another", subject="Re: Login", reply_to=first["id"], sender="mallory@example.net")
    post.question("Forged", subject="Re: Login", reply_to=first["id"], dmarc="fail")
    post.question("In another thread")
    await worker.run_once()
    rows = await post.store.rows(
        "SELECT m.content, c.sender_verified, c.thread_key,"
        " dense_rank() OVER (ORDER BY c.created_at, c.id) AS conversation"
        " FROM messages m JOIN conversations c ON c.id = m.conversation_id ORDER BY m.created_at, m.id"
    )
    assert [row["conversation"] for row in rows] == [1, 1, 2, 3, 4]
    assert [row["sender_verified"] for row in rows] == [True, True, True, False, True]


async def test_i3_a_forged_sender_is_a_claim_without_history(post: Post) -> None:
    worker = await post.connected()
    post.question("My secret is 4711")
    await worker.run_once()
    await post.answer_all()
    post.question("What did I write before?", dmarc="fail")
    await worker.run_once()
    await post.answer_all()
    honest, forged = post.agent.runs
    assert (honest.tier, forged.tier) == (1, 0)
    assert forged.history == ()
    assert forged.earlier == ()
    assert forged.recipient == CUSTOMER
    assert await post.store.value("SELECT count(*) FROM customers WHERE merged_into IS NOT NULL") == 0


async def test_i5_the_reply_goes_to_the_sender_and_not_to_reply_to(post: Post) -> None:
    worker = await post.connected()
    post.question(headers={"Reply-To": "victim@example.org"})
    await worker.run_once()
    await post.answer_all()
    assert await post.store.value("SELECT recipient FROM outbox") == CUSTOMER


async def test_while_the_channel_is_off_the_mailbox_is_not_read_and_what_came_is_read_afterwards(post: Post) -> None:
    await post.connected()
    on = False

    async def is_on() -> bool:
        return on

    worker = post.worker(is_on=is_on)
    asked = [post.question(f"Question {n}")["id"] for n in range(2)]
    before = len(post.control.journal())
    assert await worker.run_once() == 0
    assert (await received(post), len(post.control.journal())) == ([], before)
    on = True
    assert await worker.run_once() == 2
    assert await received(post) == asked
