"""G14: people take over, answer, give back; the agent is silent meanwhile and knows afterwards what was said."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from db.intake.web_form import KeyReusedError
from db.records import Analysis, Decision, Turn
from deployments.staff.desk import ConversationStateError, UnknownConversationError
from tests.fakes.nodes import FlatAnalysis, decision
from tests.fixtures.office import Office


async def conversation_id(office: Office) -> UUID:
    found: UUID = (await office.conversation())["id"]
    return found


async def test_g14_a_hand_over_from_the_first_message_to_the_agents_next_answer(office: Office) -> None:
    await office.form("HANDOVER please, I was told nothing")
    talk = await conversation_id(office)
    ticket = await office.ticket()
    assert (ticket["status"], ticket["summary"], ticket["severity"]) == ("escalated", "wants a person", "medium")
    assert (await office.conversation())["assignee"] is None

    spoken = await office.desk.reply(talk, by="ann", text="Your workspace is back, please log in again.")
    assert (spoken.ticket_id, spoken.warnings) == (ticket["number"], ())
    conversation = await office.conversation()
    assert (conversation["owner"], conversation["assignee"]) == ("staff", "ann")
    [word] = await office.store.rows("SELECT * FROM outbox WHERE author = 'staff'")
    assert (word["body"], word["recipient"]) == ("Your workspace is back, please log in again.", "ann@example.com")
    [event] = await office.store.rows("SELECT * FROM events WHERE value ->> 'outbox_id' = $1", str(word["id"]))
    assert (event["topic"], event["key"]) == ("fte.tickets.outgoing", "email:ann@example.com")

    assert await office.follow_up("And my boards?") == "held"
    assert len(office.agent.runs) == 1

    released = await office.desk.release(talk, by="ann")
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
        "Your workspace is back, please log in again.",
    )
    ticket = await office.ticket()
    assert (ticket["status"], ticket["escalation_reason"]) == ("waiting", "human_request")
    actions = await office.store.rows("SELECT actor, action FROM staff_actions ORDER BY created_at, id")
    assert [(a["actor"], a["action"]) for a in actions] == [("ann", "take_over"), ("ann", "reply"), ("ann", "release")]
    assert await office.store.violations() == {}


async def test_g14_what_a_person_has_answered_is_not_answered_again(office: Office) -> None:
    await office.form("HANDOVER please")
    await office.follow_up("Hello, anybody there?")
    talk = await conversation_id(office)
    await office.desk.reply(talk, by="ann", text="Yes, I am.")
    released = await office.desk.release(talk, by="ann")
    assert (released.woken, released.state.ticket_status) == (0, "waiting")
    assert await office.inbox() == ["escalated", "held"]


async def test_g14_a_release_that_leaves_the_customer_without_a_reply_says_so(office: Office) -> None:
    await office.form("HANDOVER please")
    talk = await conversation_id(office)
    released = await office.desk.release(talk, by="ann")
    assert (released.woken, released.unanswered) == (0, True)
    await office.desk.reply(talk, by="ann", text="It is on its way.", key="1")
    assert not (await office.desk.release(talk, by="ann")).unanswered


class Unreadable(FlatAnalysis):
    """An analysis that one text breaks."""

    async def analyse(self, texts: Sequence[str]) -> list[Analysis]:
        if any("BROKEN" in text for text in texts):
            raise ValueError("this text can't be read")
        return await FlatAnalysis.analyse(self, texts)


async def test_g14_what_can_not_be_read_is_held_for_the_person_who_has_the_conversation(office: Office) -> None:
    await office.form("HANDOVER please")
    wake = await office.store.reply(office.store.numbers[0], "BROKEN words")
    pipeline = office.pipeline(analysis=Unreadable(), retry_s=(0.01,))
    async with asyncio.timeout(30):
        assert await pipeline.handle(wake) == "held"
    assert await office.inbox() == ["escalated", "held"]
    assert await office.store.value("SELECT count(*) FROM dead_letters") == 0
    assert await office.store.violations() == {}


async def test_the_reason_of_a_ticket_is_the_first_that_applies(office: Office) -> None:
    later = {"LEGAL": "legal", "NOTHING": "no_kb_match"}

    def reasons(turn: Turn, analysis: Analysis) -> Decision:
        found = next((reason for word, reason in later.items() if word in turn.text), None)
        usual = decision(turn, analysis)
        return replace(usual, outcome="escalated", reason=found) if found else usual

    office.agent.decide = reasons
    await office.form("HANDOVER please")
    for text, reason in (("NOTHING known", "human_request"), ("LEGAL matter", "legal"), ("NOTHING more", "legal")):
        await office.desk.release(await conversation_id(office), by="ann")
        assert await office.follow_up(text) == "escalated"
        assert (await office.ticket())["escalation_reason"] == reason


async def test_g14_a_release_without_a_word_leaves_nobody_without_an_answer(office: Office) -> None:
    await office.form("HANDOVER please")
    wakes = [await office.store.reply(office.store.numbers[0], text) for text in ("One more thing", "and another")]
    for wake in wakes:
        await office.pipeline().handle(wake)
    assert (await office.desk.release(await conversation_id(office), by="ann")).woken == 2
    assert await office.pipeline().handle(wakes[0]) == "answered"
    assert await office.inbox() == ["escalated", "absorbed", "answered"]
    assert await office.store.violations() == {}


async def test_g14_a_take_over_unsays_what_has_not_left(office: Office) -> None:
    await office.pipeline().handle(await office.chat("How do I export a board?", sid="SM1"))
    await office.desk.take_over(await conversation_id(office), by="ann")
    [word] = await office.store.rows("SELECT * FROM outbox")
    assert (word["state"], word["last_error"]) == ("cancelled", "taken over by ann")
    assert await office.store.value("SELECT delivery_status FROM messages WHERE author = 'agent'") == "cancelled"
    assert await office.inbox() == ["held"]
    assert await office.store.violations() == {}

    assert (await office.desk.release(await conversation_id(office), by="ann")).woken == 1
    assert await office.pipeline().handle(await office.chat("Hello?", sid="SM2")) == "answered"
    assert all(message.author == "customer" for message in office.agent.runs[-1].earlier)
    assert await office.store.violations() == {}


async def test_g14_what_has_left_or_was_said_on_the_web_stays_said(office: Office) -> None:
    await office.form("How do I export a board?")
    await office.desk.take_over(await conversation_id(office), by="ann")
    assert await office.store.value("SELECT state FROM outbox") == "ready"
    assert await office.inbox() == ["answered"]
    assert (await office.ticket())["status"] == "escalated"


async def test_g14_the_notice_of_a_hand_over_is_not_taken_back(office: Office) -> None:
    await office.pipeline().handle(await office.chat("HANDOVER", sid="SM1"))
    await office.desk.take_over(await conversation_id(office), by="ann")
    assert await office.store.value("SELECT state FROM outbox") == "ready"
    assert await office.inbox() == ["escalated"]


async def test_g14_a_colleague_may_take_over_from_a_colleague(office: Office) -> None:
    await office.form("HANDOVER please")
    talk = await conversation_id(office)
    first = await office.desk.take_over(talk, by="ann")
    assert await office.desk.take_over(talk, by="ann") == first
    assert (await office.desk.take_over(talk, by="bob")).assignee == "bob"
    actors = await office.store.rows("SELECT actor FROM staff_actions ORDER BY created_at, id")
    assert [a["actor"] for a in actors] == ["ann", "bob"]


async def test_g15_resolve_keeps_the_owner_and_a_follow_up_comes_back_to_him(office: Office) -> None:
    await office.form("HANDOVER please")
    talk = await conversation_id(office)
    await office.desk.reply(talk, by="ann", text="Done.")
    assert (await office.desk.resolve(talk, by="ann")).ticket_status == "resolved"
    assert (await office.ticket())["resolved_at"] is not None
    with pytest.raises(ConversationStateError):
        await office.desk.resolve(talk, by="ann")
    assert await office.follow_up("Not done at all") == "held"
    ticket = await office.ticket()
    assert (ticket["status"], ticket["resolved_at"]) == ("escalated", None)


async def test_g15_a_closed_conversation_takes_nothing_more(office: Office) -> None:
    await office.form("HANDOVER please")
    talk = await conversation_id(office)
    standing = await office.desk.close(talk, by="ann")
    assert (standing.status, standing.ticket_status) == ("closed", "closed")
    for refused in (
        office.desk.take_over(talk, by="ann"),
        office.desk.reply(talk, by="ann", text="x"),
        office.desk.release(talk, by="ann"),
        office.desk.resolve(talk, by="ann"),
        office.desk.close(talk, by="ann"),
    ):
        with pytest.raises(ConversationStateError, match="closed"):
            await refused
    assert await office.store.value("SELECT count(*) FROM staff_actions") == 1


async def test_g15_nothing_ends_under_a_message_that_waits(office: Office) -> None:
    await office.store.form("How do I export a board?")
    talk = await conversation_id(office)
    for refused in (office.desk.close(talk, by="ann"), office.desk.resolve(talk, by="ann")):
        with pytest.raises(ConversationStateError, match="Take the conversation over first"):
            await refused
    assert (await office.ticket())["status"] == "open"
    assert await office.store.value("SELECT count(*) FROM staff_actions") == 0


async def test_g14_what_the_agent_has_cannot_be_released(office: Office) -> None:
    await office.form("How do I export a board?")
    with pytest.raises(ConversationStateError, match="already"):
        await office.desk.release(await conversation_id(office), by="ann")
    with pytest.raises(UnknownConversationError):
        await office.desk.release(uuid4(), by="ann")


async def test_g6_a_persons_words_are_warned_about_and_sent(office: Office) -> None:
    await office.form("HANDOVER please")
    talk = await conversation_id(office)
    text = "We will refund you the 49 dollars by Friday."
    spoken = await office.desk.reply(talk, by="ann", text=text)
    assert {caution.code for caution in spoken.warnings} == {"guard"}
    assert len(spoken.warnings) >= 2
    assert await office.store.value("SELECT body FROM outbox WHERE author = 'staff'") == text
    detail = await office.store.value("SELECT detail FROM staff_actions WHERE action = 'reply'")
    assert len(detail["warnings"]) == len(spoken.warnings)
    assert "Friday" not in str(detail)


async def test_r8_outside_the_window_the_person_is_told(office: Office) -> None:
    await office.pipeline().handle(await office.chat("HANDOVER", sid="SM1"))
    talk = await conversation_id(office)
    assert (await office.desk.reply(talk, by="ann", text="Hello!")).warnings == ()
    await office.store.execute("UPDATE inbox SET received_at = now() - interval '25 hours'")
    [caution] = (await office.desk.reply(talk, by="ann", text="Still there?")).warnings
    assert caution.code == "whatsapp_window"


async def test_h8_the_same_key_is_the_same_reply(office: Office) -> None:
    await office.form("HANDOVER please")
    talk = await conversation_id(office)
    replies = [office.desk.reply(talk, by="ann", text="It costs 5 dollars", key="k") for _ in range(5)]
    assert len(set(await asyncio.gather(*replies))) == 1
    assert await office.store.value("SELECT count(*) FROM outbox WHERE author = 'staff'") == 1
    with pytest.raises(KeyReusedError):
        await office.desk.reply(talk, by="ann", text="Something else", key="k")
    await office.desk.close(talk, by="ann")
    assert (await office.desk.reply(talk, by="ann", text="It costs 5 dollars", key="k")).warnings


async def test_h11_actions_are_never_changed(office: Office) -> None:
    await office.form("HANDOVER please")
    await office.desk.take_over(await conversation_id(office), by="ann")
    with pytest.raises(Exception, match="append-only"):
        await office.store.execute("UPDATE staff_actions SET actor = 'bob'")
