"""AGENT_MODE draft: the agent's answer waits until a person approves it, changes it, or says something else."""

from __future__ import annotations

from uuid import UUID

import pytest

from db.pool import acquire
from db.tickets.reads import ticket_with_messages
from deployments.staff.desk import ConversationStateError
from tests.fixtures.office import Office


async def drafted(office: Office) -> UUID:
    """A conversation with a draft."""
    await office.form("How do I export a board?", approval=True)
    talk: UUID = (await office.conversation())["id"]
    return talk


async def test_g14_a_draft_is_nothing_that_the_customer_was_told(office: Office) -> None:
    await drafted(office)
    async with acquire(office.store.pool) as connection:
        story = await ticket_with_messages(connection, office.store.numbers[0])
    assert story is not None
    assert (story.status, [said.author for said in story.messages]) == ("processing", ["customer"])
    [word] = await office.store.rows("SELECT * FROM outbox")
    assert (word["state"], word["message_id"]) == ("draft", None)
    assert await office.store.value("SELECT count(*) FROM events WHERE topic = 'fte.tickets.outgoing'") == 0
    assert await office.inbox() == ["drafted"]
    assert await office.store.violations() == {}


async def test_g14_an_approved_draft_is_the_agents_word(office: Office) -> None:
    talk = await drafted(office)
    spoken = await office.desk.approve(talk, by="ann", draft_id=None, text=None)
    assert spoken.warnings == ()
    [word] = await office.store.rows("SELECT * FROM outbox")
    assert (word["state"], word["author"], word["message_id"]) == ("ready", "agent", spoken.message_id)
    assert word["metadata"]["approved_by"] == "ann"
    [said] = await office.store.rows("SELECT * FROM messages WHERE direction = 'outbound'")
    assert (said["author"], said["content"]) == ("agent", word["body"])
    assert (await office.ticket())["status"] == "waiting"
    assert (await office.conversation())["owner"] == "agent"
    assert await office.store.value("SELECT count(*) FROM events WHERE topic = 'fte.tickets.outgoing'") == 1
    assert await office.store.value("SELECT count(*) FROM agent_metrics WHERE metric_type = 'response_latency'") == 1
    assert await office.store.violations() == {}
    with pytest.raises(ConversationStateError):
        await office.desk.approve(talk, by="ann", draft_id=word["id"], text=None)


async def test_g14_a_changed_draft_goes_in_the_persons_name_with_warnings(office: Office) -> None:
    talk = await drafted(office)
    draft_id = await office.store.value("SELECT id FROM outbox")
    spoken = await office.desk.approve(talk, by="ann", draft_id=draft_id, text="It costs 10 dollars a month.")
    assert spoken.warnings
    [said] = await office.store.rows("SELECT * FROM messages WHERE direction = 'outbound'")
    assert (said["author"], said["content"], said["sources"]) == ("staff", "It costs 10 dollars a month.", [])
    assert await office.inbox() == ["answered"]
    assert await office.store.violations() == {}


async def test_g14_a_persons_own_reply_discards_the_draft(office: Office) -> None:
    talk = await drafted(office)
    await office.desk.reply(talk, by="ann", text="I will see to it myself.")
    states = await office.store.rows("SELECT author, state, message_id FROM outbox ORDER BY id")
    assert [(s["author"], s["state"]) for s in states] == [("agent", "cancelled"), ("staff", "ready")]
    assert states[0]["message_id"] is None
    assert await office.inbox() == ["held"]
    assert (await office.desk.release(talk, by="ann")).woken == 0
    assert await office.store.violations() == {}


async def test_g14_a_take_over_discards_the_draft_and_a_release_asks_the_agent_again(office: Office) -> None:
    talk = await drafted(office)
    await office.desk.take_over(talk, by="ann")
    assert await office.store.value("SELECT state FROM outbox") == "cancelled"
    assert (await office.desk.release(talk, by="ann")).woken == 1
    assert await office.follow_up("Well?", approval=True) == "answered"
    with pytest.raises(ConversationStateError):
        await office.desk.approve(
            talk, by="ann", draft_id=await office.store.value("SELECT min(id::text)::uuid FROM outbox"), text=None
        )
    assert await office.store.value("SELECT count(*) FROM outbox WHERE state = 'draft'") == 1
    assert await office.store.violations() == {}


async def test_g14_each_message_has_its_draft_and_the_oldest_is_approved_first(office: Office) -> None:
    talk = await drafted(office)
    await office.follow_up("And a card?", approval=True)
    first = await office.desk.approve(talk, by="ann", draft_id=None, text=None)
    assert (await office.ticket())["status"] == "processing"
    second = await office.desk.approve(talk, by="ann", draft_id=None, text=None)
    said = await office.store.rows("SELECT id, content FROM messages WHERE author = 'agent' ORDER BY created_at")
    assert [one["id"] for one in said] == [first.message_id, second.message_id]
    assert "export" in said[0]["content"]
    assert (await office.ticket())["status"] == "waiting"
    assert await office.store.violations() == {}


async def test_g14_a_hand_over_does_not_wait_for_approval(office: Office) -> None:
    await office.form("HANDOVER please", approval=True)
    assert await office.store.value("SELECT state FROM outbox") == "ready"
    assert (await office.ticket())["status"] == "escalated"


@pytest.mark.parametrize("ending", ["resolve", "close"])
async def test_g15_an_end_discards_the_draft(office: Office, ending: str) -> None:
    talk = await drafted(office)
    await getattr(office.desk, ending)(talk, by="ann")
    assert await office.store.value("SELECT state FROM outbox") == "cancelled"
    assert await office.inbox() == ["held"]
    assert await office.store.violations() == {}


async def test_r7_drafts_are_no_automatic_replies_yet(office: Office) -> None:
    for n in range(3):
        await office.pipeline(approval=True).handle(await office.chat(f"Question {n}", sid=f"SM{n}"))
    assert [run.replies_last_hour for run in office.agent.runs] == [0, 0, 0]
