"""G14: staff take over, reply and release; the agent does not reply meanwhile and sees the staff replies afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from db.intake.web_form import KeyReusedError
from db.records import Analysis, Decision, Turn
from deployments.staff.conversation_lock import ConversationStateError, UnknownConversationError
from tests.fakes.nodes import FlatAnalysis, decision
from tests.fixtures.office import Office


async def only_conversation_id(office: Office) -> UUID:
    found: UUID = (await office.conversation())["id"]
    return found


def framed(text: str, number: str) -> str:
    """The text in the form of the web's replies."""
    follow = f"Your ticket is {number}. You can follow it and reply here: http://localhost/status#{number}"
    return f"Hello Ann Lee,\n\n{text}\n\n{follow}"


async def test_g14_after_a_release_the_agent_answers_with_the_staff_reply_in_its_history(office: Office) -> None:
    await office.form("HANDOVER please, I was told nothing")
    conversation_id = await only_conversation_id(office)
    ticket = await office.ticket()
    assert (ticket["status"], ticket["summary"], ticket["severity"]) == ("escalated", "wants a person", "medium")
    assert (await office.conversation())["assignee"] is None

    sent = await office.replies.reply(conversation_id, by="ann", text="Your workspace is back, please log in again.")
    assert (sent.ticket_id, sent.warnings) == (ticket["number"], ())
    conversation = await office.conversation()
    assert (conversation["owner"], conversation["assignee"]) == ("staff", "ann")
    [reply] = await office.store.rows("SELECT * FROM outbox WHERE author = 'staff'")
    assert reply["body"] == framed("Your workspace is back, please log in again.", ticket["number"])
    assert reply["recipient"] == "ann@example.com"
    [event] = await office.store.rows("SELECT * FROM events WHERE value ->> 'outbox_id' = $1", str(reply["id"]))
    assert (event["topic"], event["key"]) == ("fte.tickets.outgoing", "email:ann@example.com")

    assert await office.follow_up("And my boards?") == "held"
    assert len(office.agent.runs) == 1

    released = await office.desk.release(conversation_id, by="ann")
    assert (released.woken, released.state.owner, released.state.assignee) == (1, "agent", None)
    assert released.state.ticket_status == "open"
    wake = await office.store.value(
        "SELECT inbox_id FROM events WHERE topic = 'fte.tickets.incoming' ORDER BY created_at DESC"
    )
    assert wake == await office.store.value("SELECT id FROM inbox WHERE state = 'waiting'")
    assert await office.follow_up("Are they safe?") == "answered"
    turn = office.agent.runs[-1]
    assert turn.text == "And my boards?\nAre they safe?"
    assert [(m.author, m.content) for m in turn.earlier][-1] == (
        "staff",
        framed("Your workspace is back, please log in again.", ticket["number"]),
    )
    ticket = await office.ticket()
    assert (ticket["status"], ticket["escalation_reason"]) == ("waiting", "human_request")
    actions = await office.store.rows("SELECT actor, action FROM staff_actions ORDER BY created_at, id")
    assert [(a["actor"], a["action"]) for a in actions] == [("ann", "take_over"), ("ann", "reply"), ("ann", "release")]
    assert await office.store.violations() == {}


async def test_g14_messages_answered_by_staff_are_not_answered_again_after_release(office: Office) -> None:
    await office.form("HANDOVER please")
    await office.follow_up("Hello, anybody there?")
    conversation_id = await only_conversation_id(office)
    await office.replies.reply(conversation_id, by="ann", text="Yes, I am.")
    released = await office.desk.release(conversation_id, by="ann")
    assert (released.woken, released.state.ticket_status) == (0, "waiting")
    assert await office.inbox() == ["escalated", "held"]


async def test_g14_release_reports_an_unanswered_customer(office: Office) -> None:
    await office.form("HANDOVER please")
    conversation_id = await only_conversation_id(office)
    released = await office.desk.release(conversation_id, by="ann")
    assert (released.woken, released.unanswered) == (0, True)
    await office.replies.reply(conversation_id, by="ann", text="It is on its way.", key="1")
    assert not (await office.desk.release(conversation_id, by="ann")).unanswered


class Unreadable(FlatAnalysis):
    """An analysis that fails on a text with BROKEN."""

    async def analyse(self, texts: Sequence[str]) -> list[Analysis]:
        if any("BROKEN" in text for text in texts):
            raise ValueError("this text can't be read")
        return await FlatAnalysis.analyse(self, texts)


async def test_g14_a_failing_message_in_a_staff_owned_conversation_is_held(office: Office) -> None:
    await office.form("HANDOVER please")
    wake = await office.store.reply(office.store.numbers[0], "BROKEN words")
    pipeline = office.pipeline(analysis=Unreadable(), retry_s=(0.01,))
    async with asyncio.timeout(120):
        assert await pipeline.handle(wake) == "held"
    assert await office.inbox() == ["escalated", "held"]
    assert await office.store.value("SELECT count(*) FROM dead_letters") == 0
    assert await office.store.violations() == {}


async def test_the_escalation_reason_changes_only_to_one_that_ranks_higher(office: Office) -> None:
    later = {"LEGAL": "legal", "NOTHING": "no_kb_match"}

    def reasons(turn: Turn, analysis: Analysis) -> Decision:
        found = next((reason for marker, reason in later.items() if marker in turn.text), None)
        usual = decision(turn, analysis)
        return replace(usual, outcome="escalated", reason=found) if found else usual

    office.agent.decide = reasons
    await office.form("HANDOVER please")
    for text, reason in (("NOTHING known", "human_request"), ("LEGAL matter", "legal"), ("NOTHING more", "legal")):
        await office.desk.release(await only_conversation_id(office), by="ann")
        assert await office.follow_up(text) == "escalated"
        assert (await office.ticket())["escalation_reason"] == reason


async def test_g14_release_without_a_staff_reply_wakes_every_held_message(office: Office) -> None:
    await office.form("HANDOVER please")
    wakes = [await office.store.reply(office.store.numbers[0], text) for text in ("One more thing", "and another")]
    for wake in wakes:
        await office.pipeline().handle(wake)
    assert (await office.desk.release(await only_conversation_id(office), by="ann")).woken == 2
    assert await office.pipeline().handle(wakes[0]) == "answered"
    assert await office.inbox() == ["escalated", "absorbed", "answered"]
    assert await office.store.violations() == {}


async def test_g14_a_take_over_cancels_an_unsent_reply(office: Office) -> None:
    await office.pipeline().handle(await office.chat("How do I export a board?", sid="SM1"))
    await office.desk.take_over(await only_conversation_id(office), by="ann")
    [reply] = await office.store.rows("SELECT * FROM outbox")
    assert (reply["state"], reply["last_error"]) == ("cancelled", "taken over by ann")
    assert await office.store.value("SELECT delivery_status FROM messages WHERE author = 'agent'") == "cancelled"
    assert await office.inbox() == ["held"]
    assert await office.store.violations() == {}

    assert (await office.desk.release(await only_conversation_id(office), by="ann")).woken == 1
    assert await office.pipeline().handle(await office.chat("Hello?", sid="SM2")) == "answered"
    assert all(message.author == "customer" for message in office.agent.runs[-1].earlier)
    assert await office.store.violations() == {}


async def test_g14_a_take_over_keeps_a_reply_on_the_web(office: Office) -> None:
    await office.form("How do I export a board?")
    await office.desk.take_over(await only_conversation_id(office), by="ann")
    assert await office.store.value("SELECT state FROM outbox") == "ready"
    assert await office.inbox() == ["answered"]
    assert (await office.ticket())["status"] == "escalated"


async def test_g14_a_take_over_keeps_an_unsent_hand_over_notice(office: Office) -> None:
    await office.pipeline().handle(await office.chat("HANDOVER", sid="SM1"))
    await office.desk.take_over(await only_conversation_id(office), by="ann")
    assert await office.store.value("SELECT state FROM outbox") == "ready"
    assert await office.inbox() == ["escalated"]


async def test_g14_staff_may_take_over_from_a_colleague(office: Office) -> None:
    await office.form("HANDOVER please")
    conversation_id = await only_conversation_id(office)
    first = await office.desk.take_over(conversation_id, by="ann")
    assert await office.desk.take_over(conversation_id, by="ann") == first
    assert (await office.desk.take_over(conversation_id, by="bob")).assignee == "bob"
    actors = await office.store.rows("SELECT actor FROM staff_actions ORDER BY created_at, id")
    assert [a["actor"] for a in actors] == ["ann", "bob"]


async def test_g15_a_follow_up_after_resolve_is_held_for_the_same_assignee(office: Office) -> None:
    await office.form("HANDOVER please")
    conversation_id = await only_conversation_id(office)
    await office.replies.reply(conversation_id, by="ann", text="Done.")
    assert (await office.desk.resolve(conversation_id, by="ann")).ticket_status == "resolved"
    assert (await office.ticket())["resolved_at"] is not None
    with pytest.raises(ConversationStateError):
        await office.desk.resolve(conversation_id, by="ann")
    assert await office.follow_up("Not done at all") == "held"
    ticket = await office.ticket()
    assert (ticket["status"], ticket["resolved_at"]) == ("escalated", None)


async def test_g15_a_closed_conversation_refuses_every_staff_action(office: Office) -> None:
    await office.form("HANDOVER please")
    conversation_id = await only_conversation_id(office)
    state = await office.desk.close(conversation_id, by="ann")
    assert (state.status, state.ticket_status) == ("closed", "closed")
    for refused in (
        office.desk.take_over(conversation_id, by="ann"),
        office.replies.reply(conversation_id, by="ann", text="x"),
        office.desk.release(conversation_id, by="ann"),
        office.desk.resolve(conversation_id, by="ann"),
        office.desk.close(conversation_id, by="ann"),
    ):
        with pytest.raises(ConversationStateError, match="closed"):
            await refused
    assert await office.store.value("SELECT count(*) FROM staff_actions") == 1


async def test_g15_resolve_and_close_are_refused_while_a_message_waits(office: Office) -> None:
    await office.store.form("How do I export a board?")
    conversation_id = await only_conversation_id(office)
    for refused in (office.desk.close(conversation_id, by="ann"), office.desk.resolve(conversation_id, by="ann")):
        with pytest.raises(ConversationStateError, match="Take the conversation over first"):
            await refused
    assert (await office.ticket())["status"] == "open"
    assert await office.store.value("SELECT count(*) FROM staff_actions") == 0


async def test_g14_a_conversation_of_the_agent_cannot_be_released(office: Office) -> None:
    await office.form("How do I export a board?")
    with pytest.raises(ConversationStateError, match="already"):
        await office.desk.release(await only_conversation_id(office), by="ann")
    with pytest.raises(UnknownConversationError):
        await office.desk.release(uuid4(), by="ann")


async def test_g6_a_staff_reply_that_fails_the_guardrails_is_sent_with_warnings(office: Office) -> None:
    await office.form("HANDOVER please")
    conversation_id = await only_conversation_id(office)
    text = "We will refund you the 49 dollars by Friday."
    sent = await office.replies.reply(conversation_id, by="ann", text=text)
    assert {warning.code for warning in sent.warnings} == {"guard"}
    assert len(sent.warnings) >= 2
    number = (await office.ticket())["number"]
    assert await office.store.value("SELECT body FROM outbox WHERE author = 'staff'") == framed(text, number)
    detail = await office.store.value("SELECT detail FROM staff_actions WHERE action = 'reply'")
    assert len(detail["warnings"]) == len(sent.warnings)
    assert "Friday" not in str(detail)


async def test_r8_a_staff_reply_outside_the_whatsapp_window_carries_a_warning(office: Office) -> None:
    await office.pipeline().handle(await office.chat("HANDOVER", sid="SM1"))
    conversation_id = await only_conversation_id(office)
    assert (await office.replies.reply(conversation_id, by="ann", text="Hello!")).warnings == ()
    await office.store.execute("UPDATE inbox SET received_at = now() - interval '25 hours'")
    [warning] = (await office.replies.reply(conversation_id, by="ann", text="Still there?")).warnings
    assert warning.code == "whatsapp_window"


async def test_h8_a_repeated_idempotency_key_sends_one_reply(office: Office) -> None:
    await office.form("HANDOVER please")
    conversation_id = await only_conversation_id(office)
    replies = [office.replies.reply(conversation_id, by="ann", text="It costs 5 dollars", key="k") for _ in range(5)]
    assert len(set(await asyncio.gather(*replies))) == 1
    assert await office.store.value("SELECT count(*) FROM outbox WHERE author = 'staff'") == 1
    with pytest.raises(KeyReusedError):
        await office.replies.reply(conversation_id, by="ann", text="Something else", key="k")
    await office.desk.close(conversation_id, by="ann")
    assert (await office.replies.reply(conversation_id, by="ann", text="It costs 5 dollars", key="k")).warnings


async def test_h11_staff_actions_are_append_only(office: Office) -> None:
    await office.form("HANDOVER please")
    await office.desk.take_over(await only_conversation_id(office), by="ann")
    with pytest.raises(Exception, match="append-only"):
        await office.store.execute("UPDATE staff_actions SET actor = 'bob'")
