"""G14: a staff reply to a mail is sent in its thread, in the name of its author."""

from __future__ import annotations

from uuid import UUID

from deployments.staff.replies import StaffReplies
from ingest.events import InboundMessage
from tests.fixtures.company import GUARD
from tests.fixtures.mail_channel import CUSTOMER, Post
from tests.fixtures.store import Wakes


async def test_g14_a_staff_reply_is_sent_in_the_thread_and_not_marked_automatic(post: Post) -> None:
    worker = await post.connected()
    asked = post.question("HANDOVER please")
    await worker.run_once()
    await post.answer_all()
    await post.delivery()
    conversation_id: UUID = await post.store.value("SELECT id FROM conversations")
    text = "Your account is open again.\n\nAnn"
    replies = StaffReplies(
        pool=post.store.pool, relay=Wakes(), links=lambda number: f"https://help.example/status#{number}", guard=GUARD
    )
    await replies.reply(conversation_id, by="ann", text=text)
    await post.settled()
    notice, reply = post.sent()
    assert (reply.to, reply.thread) == ((CUSTOMER,), asked["thread_id"])
    assert asked["rfc_message_id"] in (reply.header("References") or "")
    assert notice.header("Auto-Submitted") == "auto-replied"
    assert reply.header("Auto-Submitted") is None
    number = await post.store.value("SELECT number FROM tickets")
    company = await post.store.value("SELECT facts ->> 'company' FROM channel_configs WHERE channel = 'email'")
    assert reply.body.replace("\r\n", "\n").strip() == (
        f"Dear Customer,\n\n{text}\n\nKind regards,\n{company} Support\nTicket reference: {number}\n"
        f"Status and earlier messages: https://help.example/status#{number}"
    )
    assert await post.store.violations() == {}


async def test_g14_a_mail_sent_in_gmail_by_staff_discards_the_draft(post: Post) -> None:
    worker = await post.connected()
    asked = post.question()
    await worker.run_once()
    pipeline = post.store.pipeline(agent=post.agent, approval=True)
    wake = InboundMessage.model_validate(await post.store.value("SELECT payload FROM inbox"))
    assert await pipeline.handle(wake) == "answered"
    post.control.answer_as_person(reply_to=asked["id"], text="I have seen to it.")
    await worker.run_once()
    assert await post.store.value("SELECT state FROM outbox") == "cancelled"
    assert await post.store.value("SELECT state FROM inbox") == "held"
    assert await post.store.value("SELECT owner FROM conversations") == "staff"
    assert await post.store.value("SELECT actor FROM staff_actions") == "Gmail"
    assert await post.store.violations() == {}


async def test_g14_after_a_mail_sent_in_gmail_by_staff_no_hand_over_notice_is_sent(post: Post) -> None:
    worker = await post.connected()
    asked = post.question("HANDOVER please")
    await worker.run_once()
    await post.answer_all()
    post.control.answer_as_person(reply_to=asked["id"], text="I have seen to it.")
    await worker.run_once()
    await post.delivery()
    await post.settled("cancelled")
    assert post.sent() == []
    assert await post.store.value("SELECT state FROM inbox") == "escalated"
    assert await post.store.violations() == {}
