"""G14, G15: staff actions during the agent's run, or after earlier actions of the same person."""

from __future__ import annotations

import asyncio

import pytest

from deployments.staff.conversation_lock import ConversationStateError
from tests.fixtures.office import Office


async def test_g15_a_ticket_that_the_agent_is_answering_cannot_be_resolved(office: Office) -> None:
    office.agent.hold()
    running = asyncio.create_task(office.form("How do I export a board?"))
    await office.agent.thinking()
    conversation_id = (await office.conversation())["id"]
    with pytest.raises(ConversationStateError, match="about to answer"):
        await office.desk.resolve(conversation_id, by="ann")
    office.agent.let_go()
    await running
    assert (await office.ticket())["status"] == "waiting"
    await office.desk.resolve(conversation_id, by="ann")
    assert (await office.ticket())["status"] == "resolved"
    assert await office.store.value("SELECT max(attempts) FROM inbox") == 0


async def test_g14_the_same_person_takes_the_next_hand_over_too(office: Office) -> None:
    await office.form("HANDOVER please")
    conversation_id = (await office.conversation())["id"]
    await office.desk.take_over(conversation_id, by="ann")
    await office.desk.resolve(conversation_id, by="ann")
    assert await office.follow_up("HANDOVER once more, please") == "held"
    await office.desk.take_over(conversation_id, by="ann")
    assert not await office.store.value("SELECT count(*) FROM hand_overs WHERE taken_at IS NULL")


async def test_g15_a_staff_reply_reopens_a_resolved_ticket(office: Office) -> None:
    await office.form("HANDOVER please")
    conversation_id = (await office.conversation())["id"]
    await office.replies.reply(conversation_id, by="ann", text="All is well again.")
    await office.desk.resolve(conversation_id, by="ann")
    await office.replies.reply(conversation_id, by="ann", text="One thing more.")
    assert (await office.ticket())["status"] == "escalated"
