"""A mail from the mailbox through a turn back into its thread."""

from __future__ import annotations

from db.intake.mailbox import PROVIDER
from tests.fixtures.mail_channel import ADDRESS, CUSTOMER, Post


async def test_r1_a_mail_is_answered_once_in_its_thread(post: Post) -> None:
    worker = await post.connected()
    asked = post.question(name="Eve Adams")
    assert await worker.run_once() == 1
    (inbox,) = await post.store.rows("SELECT * FROM inbox")
    assert (inbox["provider"], inbox["provider_message_id"]) == (PROVIDER, asked["id"])

    await post.answer_all()
    await post.delivery()
    await post.settled()

    (reply,) = post.sent()
    assert reply.to == (CUSTOMER,)
    assert reply.thread == asked["thread_id"]
    assert reply.header("From") == ADDRESS
    assert reply.header("Subject") == "Re: Login"
    assert reply.header("In-Reply-To") == asked["rfc_message_id"]
    assert reply.header("References") == asked["rfc_message_id"]
    assert reply.header("Auto-Submitted") == "auto-replied"
    assert "How do I log in?" in reply.body
    (stored,) = await post.store.rows("SELECT o.id, m.* FROM outbox o JOIN messages m ON m.id = o.message_id")
    assert stored["provider_message_id"] == reply.message_id
    assert stored["metadata"]["rfc_message_id"] == reply.details["rfc_message_id"]
    assert await post.store.violations() == {}

    post.days(0.001)
    again = post.question("And then?", subject="Re: Login", reply_to=reply.message_id)
    assert await worker.run_once() == 1
    await post.answer_all()
    await post.settled()
    assert [entry.thread for entry in post.sent()] == [asked["thread_id"]] * 2
    known = post.sent()[1].header("References") or ""
    assert known.split()[-1] == again["rfc_message_id"]
    assert reply.details["rfc_message_id"] in known
    assert await post.store.value("SELECT count(*) FROM tickets") == 1
