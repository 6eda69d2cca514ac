"""R7: mail loops with other automatic senders are stopped."""

from __future__ import annotations

import pytest

from deployments.channels.gmail.mailbox_reader import MailboxWorker
from evaluation.providers.journal import Entry
from tests.fixtures.mail_channel import Post

ROBOT = "robot@example.com"


async def round_trip(post: Post, worker: MailboxWorker) -> None:
    """File, answer and send everything that is waiting."""
    await worker.run_once()
    await post.answer_all()
    await post.settled_or_withheld()


async def age_rows(post: Post, minutes: int) -> None:
    """Make every stored row older."""
    await post.store.execute("UPDATE outbox SET created_at = created_at - make_interval(mins => $1)", minutes)


def echo(post: Post, reply: Entry, *, threads: bool) -> None:
    """The robot answers at once, with nothing in its mail that gives it away."""
    joined = {"reply_to": reply.message_id, "subject": reply.header("Subject")} if threads else {"subject": "Received"}
    post.question("Thank you for your message, we will be in touch.", sender=ROBOT, **joined)


@pytest.mark.parametrize("threads", [True, False], ids=["in the thread", "each time a new thread"])
async def test_t_b2_two_auto_responders_exchange_three_replies_in_a_day(post: Post, threads: bool) -> None:
    worker = await post.connected()
    await post.delivery()
    post.question("Hello", sender=ROBOT)
    answered = 0
    for _ in range(24 * 6):
        await round_trip(post, worker)
        for reply in post.sent()[answered:]:
            answered += 1
            echo(post, reply, threads=threads)
        await age_rows(post, 10)
    assert len(post.sent()) <= 3
    assert await post.store.value("SELECT count(*) FROM tickets WHERE escalation_reason = 'reply_limit'") == 1
    assert await post.store.violations() == {}


async def test_r7_slow_machines_get_ten_replies_in_a_thread_and_a_day(post: Post) -> None:
    worker = await post.connected()
    await post.delivery()
    post.question("Hello", sender=ROBOT)
    answered = 0
    for _ in range(40):
        await round_trip(post, worker)
        for reply in post.sent()[answered:]:
            answered += 1
            echo(post, reply, threads=True)
        await age_rows(post, 31)
    assert len(post.sent()) == 10
    assert await post.store.value("SELECT escalation_reason FROM tickets") == "reply_limit"
    assert await post.store.value("SELECT owner FROM conversations") == "staff"


async def test_r7_the_cap_of_one_correspondent_does_not_block_another(post: Post) -> None:
    worker = await post.connected()
    await post.delivery()
    for n in range(5):
        post.question(f"Question {n}", sender=ROBOT, subject=f"Subject {n}")
        await round_trip(post, worker)
    post.question("And I?")
    await round_trip(post, worker)
    assert [entry.to[0] for entry in post.sent()] == [ROBOT] * 3 + ["eve@example.com"]
