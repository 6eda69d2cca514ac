"""AGENT_MODE draft: the agent's answer waits until a person approves it, edits it, or replies themselves."""

from __future__ import annotations

from uuid import UUID

import pytest

from db.pool import acquire
from db.tickets.reads import ticket_with_messages
from deployments.staff.conversation_lock import ConversationStateError
from tests.fixtures.office import Office


async def drafted(office: Office) -> UUID:
    """A conversation with a draft."""
    await office.form("How do I export a board?", approval=True)
    conversation_id: UUID = (await office.conversation())["id"]
    return conversation_id


async def test_g14_a_draft_is_not_shown_to_the_customer(office: Office) -> None:
    await drafted(office)
    async with acquire(office.store.pool) as connection:
        ticket = await ticket_with_messages(connection, office.store.numbers[0])
    assert ticket is not None
    assert (ticket.status, [message.author for message in ticket.messages]) == ("processing", ["customer"])
    [reply] = await office.store.rows("SELECT * FROM outbox")
    assert (reply["state"], reply["message_id"]) == ("draft", None)
    assert await office.store.value("SELECT count(*) FROM events WHERE topic = 'fte.tickets.outgoing'") == 0
    assert await office.inbox() == ["drafted"]
    assert await office.store.violations() == {}


async def test_g14_an_approved_draft_is_sent_as_the_agents_reply(office: Office) -> None:
    conversation_id = await drafted(office)
    sent = await office.replies.approve(conversation_id, by="ann", draft_id=None, text=None)
    assert sent.warnings == ()
    [reply] = await office.store.rows("SELECT * FROM outbox")
    assert (reply["state"], reply["author"], reply["message_id"]) == ("ready", "agent", sent.message_id)
    assert reply["metadata"]["approved_by"] == "ann"
    [message] = await office.store.rows("SELECT * FROM messages WHERE direction = 'outbound'")
    assert (message["author"], message["content"]) == ("agent", reply["body"])
    assert (await office.ticket())["status"] == "waiting"
    assert (await office.conversation())["owner"] == "agent"
    assert await office.store.value("SELECT count(*) FROM events WHERE topic = 'fte.tickets.outgoing'") == 1
    assert await office.store.value("SELECT count(*) FROM agent_metrics WHERE metric_type = 'response_latency'") == 1
    assert await office.store.violations() == {}
    with pytest.raises(ConversationStateError):
        await office.replies.approve(conversation_id, by="ann", draft_id=reply["id"], text=None)


async def test_g14_an_edited_draft_is_sent_as_a_staff_reply_with_warnings(office: Office) -> None:
    conversation_id = await drafted(office)
    draft_id = await office.store.value("SELECT id FROM outbox")
    sent = await office.replies.approve(
        conversation_id, by="ann", draft_id=draft_id, text="It costs 10 dollars a month."
    )
    assert sent.warnings
    [message] = await office.store.rows("SELECT * FROM messages WHERE direction = 'outbound'")
    assert (message["author"], message["content"], message["sources"]) == ("staff", "It costs 10 dollars a month.", [])
    assert await office.inbox() == ["answered"]
    assert await office.store.violations() == {}


async def test_g14_a_staff_reply_discards_the_draft(office: Office) -> None:
    conversation_id = await drafted(office)
    await office.replies.reply(conversation_id, by="ann", text="I will see to it myself.")
    states = await office.store.rows("SELECT author, state, message_id FROM outbox ORDER BY id")
    assert [(s["author"], s["state"]) for s in states] == [("agent", "cancelled"), ("staff", "ready")]
    assert states[0]["message_id"] is None
    assert await office.inbox() == ["held"]
    assert (await office.desk.release(conversation_id, by="ann")).woken == 0
    assert await office.store.violations() == {}


async def test_g14_a_take_over_discards_the_draft_and_a_release_asks_the_agent_again(office: Office) -> None:
    conversation_id = await drafted(office)
    await office.desk.take_over(conversation_id, by="ann")
    assert await office.store.value("SELECT state FROM outbox") == "cancelled"
    assert (await office.desk.release(conversation_id, by="ann")).woken == 1
    assert await office.follow_up("Well?", approval=True) == "answered"
    with pytest.raises(ConversationStateError):
        await office.replies.approve(
            conversation_id,
            by="ann",
            draft_id=await office.store.value("SELECT min(id::text)::uuid FROM outbox"),
            text=None,
        )
    assert await office.store.value("SELECT count(*) FROM outbox WHERE state = 'draft'") == 1
    assert await office.store.violations() == {}


async def test_g14_each_message_has_its_draft_and_the_oldest_is_approved_first(office: Office) -> None:
    conversation_id = await drafted(office)
    await office.follow_up("And a card?", approval=True)
    first = await office.replies.approve(conversation_id, by="ann", draft_id=None, text=None)
    assert (await office.ticket())["status"] == "processing"
    second = await office.replies.approve(conversation_id, by="ann", draft_id=None, text=None)
    messages = await office.store.rows("SELECT id, content FROM messages WHERE author = 'agent' ORDER BY created_at")
    assert [one["id"] for one in messages] == [first.message_id, second.message_id]
    assert "export" in messages[0]["content"]
    assert (await office.ticket())["status"] == "waiting"
    assert await office.store.violations() == {}


async def test_g14_a_hand_over_does_not_wait_for_approval(office: Office) -> None:
    await office.form("HANDOVER please", approval=True)
    assert await office.store.value("SELECT state FROM outbox") == "ready"
    assert (await office.ticket())["status"] == "escalated"


@pytest.mark.parametrize("ending", ["resolve", "close"])
async def test_g15_closing_discards_the_draft(office: Office, ending: str) -> None:
    conversation_id = await drafted(office)
    await getattr(office.desk, ending)(conversation_id, by="ann")
    assert await office.store.value("SELECT state FROM outbox") == "cancelled"
    assert await office.inbox() == ["held"]
    assert await office.store.violations() == {}


async def test_r7_drafts_do_not_count_against_the_reply_limit(office: Office) -> None:
    for n in range(3):
        await office.pipeline(approval=True).handle(await office.chat(f"Question {n}", sid=f"SM{n}"))
    assert [run.replies_last_hour for run in office.agent.runs] == [0, 0, 0]
