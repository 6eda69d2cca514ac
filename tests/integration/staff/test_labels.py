"""What a ticket is about: read off the customer's message, corrected by the staff, kept as a label."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import httpx
import pytest

from db.records import Analysis, Category, Decision, Priority, TicketLabels, Turn
from deployments.staff.conversation_lock import UnknownConversationError
from tests.fakes.nodes import ScriptedAgent, decision
from tests.fixtures.office import Office


def reads(category: Category, priority: Priority = "medium") -> ScriptedAgent:
    """An agent whose decisions give the ticket these labels."""
    read = TicketLabels(category=category, category_score=0.9, priority=priority)

    def decide(turn: Turn, analysis: Analysis) -> Decision:
        return replace(decision(turn, analysis), priority=read.priority, labels=read)

    return ScriptedAgent(decide=decide)


async def labels(office: Office) -> tuple[str, str, str | None]:
    ticket = await office.ticket()
    return ticket["category"], ticket["priority"], ticket["labelled_by"]


async def chatted(office: Office, text: str, sid: str) -> None:
    await office.pipeline().handle(await office.chat(text, sid=sid))


async def conversation_id(office: Office) -> UUID:
    found: UUID = (await office.conversation())["id"]
    return found


async def test_g15_a_chat_ticket_is_general_until_its_message_was_read(office: Office) -> None:
    wake = await office.chat("Charged twice!", sid="SM1")
    assert await labels(office) == ("general", "medium", None)
    office.agent = reads("billing", "low")
    await office.pipeline().handle(wake)
    assert await labels(office) == ("billing", "low", "model")


async def test_g15_a_turn_without_labels_leaves_the_ticket_as_it_is(office: Office) -> None:
    await office.form("How do I export a board?")
    assert await labels(office) == ("how_to", "medium", None)


async def test_g15_the_next_turn_knows_who_labelled_the_ticket(office: Office) -> None:
    office.agent = reads(category="technical", priority="high")
    await chatted(office, "It crashes", "SM1")
    await chatted(office, "Again", "SM2")
    ticket = office.agent.runs[-1].ticket
    assert (ticket.category, ticket.priority, ticket.labelled_by) == ("technical", "high", "model")


async def test_g14_a_correction_moves_the_hand_over_to_its_queue_and_takes_it_not(office: Office) -> None:
    office.agent = reads(category="technical")
    await chatted(office, "HANDOVER please", "SM1")
    corrected = await office.desk.label(await conversation_id(office), by="ann", category="billing", priority="low")
    assert (corrected.category, corrected.priority, corrected.queue) == ("billing", "low", "billing")
    assert await labels(office) == ("billing", "low", "staff")
    [hand_over] = await office.store.rows("SELECT queue, taken_at FROM hand_overs")
    assert (hand_over["queue"], hand_over["taken_at"]) == ("billing", None)
    assert (await office.ticket())["severity"] == "medium"


async def test_g14_a_correction_is_kept_with_both_labels_by_whom_and_when(office: Office) -> None:
    await office.form("How do I export a board?")
    await office.desk.label(await conversation_id(office), by="ann", category="technical", priority=None)
    [action] = await office.store.rows("SELECT actor, action, detail, created_at FROM staff_actions")
    assert (action["actor"], action["action"]) == ("ann", "label")
    assert action["detail"]["before"] == {"category": "how_to", "priority": "medium"}
    assert action["detail"]["after"] == {"category": "technical", "priority": "medium"}
    assert action["created_at"] is not None
    assert (await office.ticket())["queue"] is None  # it was not handed over


async def test_g14_a_correction_stands_against_a_turn_that_began_before_it(office: Office) -> None:
    office.agent = reads(category="technical", priority="high")
    wake = await office.chat("It crashes", sid="SM1")
    await office.desk.label(await conversation_id(office), by="ann", category="complaint", priority="low")
    await office.pipeline().handle(wake)
    assert await labels(office) == ("complaint", "low", "staff")


async def test_an_unknown_conversation_is_not_labelled(office: Office) -> None:
    with pytest.raises(UnknownConversationError):
        await office.desk.label(UUID(int=1), by="ann", category="billing", priority=None)


async def test_h8_a_correction_over_http(office: Office, http: httpx.AsyncClient) -> None:
    await office.form("HANDOVER please")
    path = f"/conversations/{await conversation_id(office)}/label"
    answer = await http.post(path, json={"category": "technical"})
    assert answer.status_code == 200
    assert answer.json() == {
        "ticket_id": office.store.numbers[0],
        "category": "technical",
        "priority": "high",
        "queue": "technical",
    }
    for wrong in ({}, {"category": "weather"}, {"priority": "urgent"}):
        assert (await http.post(path, json=wrong)).status_code == 400
