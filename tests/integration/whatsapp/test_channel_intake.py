"""F3, G15, I1-I3: how the store takes in what came over a channel."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from db.ids import new_id
from db.intake.channels import AcceptedMessage, ChannelMessage, File, accept_message
from db.pool import Pool, acquire
from ingest.events import INCOMING, InboundMessage
from tests.fakes.nodes import ScriptedAgent
from tests.fixtures.ticket_states import put_tickets
from tests.fixtures.whatsapp_channel import EVE, Store


def message(text: str = "How do I export a board?", **changes: Any) -> ChannelMessage:
    """A WhatsApp message of Eve's."""
    standard: dict[str, Any] = {
        "channel": "whatsapp",
        "provider": "twilio",
        "provider_message_id": f"SM{new_id().hex}",
        "identifier_type": "whatsapp",
        "identifier": EVE,
        "verified": True,
        "display_name": "Eve",
        "content": text,
        "subject": text,
        "join_key": f"whatsapp:{EVE}",
        "join_within_s": 72 * 3600.0,
        "received_at": datetime.now(UTC),
        "topic": INCOMING,
        "metadata": {"address": f"whatsapp:{EVE}"},
    }
    return ChannelMessage(**standard | changes)


def mail(
    text: str = "How do I export a board?", *, thread: str = "t-1", verified: bool = True, **changes: Any
) -> ChannelMessage:
    """A mail of Ann's; one that nobody vouches for joins nothing."""
    address = changes.get("identifier", "ann@example.com")
    standard: dict[str, Any] = {
        "channel": "email",
        "provider": "gmail",
        "identifier_type": "email",
        "identifier": address,
        "verified": verified,
        "display_name": "Ann Lee",
        "thread_key": thread,
        "join_key": f"email:{thread}:{address}" if verified else None,
        "join_within_s": None,
        "metadata": {},
    }
    return message(text, **standard | changes)


async def accept(store: Store, new: ChannelMessage) -> AcceptedMessage:
    async with acquire(store.pool) as connection:
        accepted = await accept_message(connection, new)
    assert accepted is not None
    return accepted


async def wake_of(store: Store, inbox_id: UUID) -> InboundMessage:
    return InboundMessage.model_validate(await store.value("SELECT value FROM events WHERE inbox_id = $1", inbox_id))


async def handled(store: Store, new: ChannelMessage, agent: ScriptedAgent | None = None) -> str:
    accepted = await accept(store, new)
    return await store.pipeline(agent=agent).handle(await wake_of(store, accepted.inbox_id))


async def counts(store: Store) -> tuple[int, ...]:
    tables = ("customers", "conversations", "tickets", "messages", "inbox", "events")
    return tuple([await store.value(f"SELECT count(*) FROM {table}") for table in tables])


async def test_f3_a_message_is_stored_with_all_its_fields(store: Store) -> None:
    new = message(attachments=(File(filename="image-1.jpg", content_type="image/jpeg"),))
    accepted = await accept(store, new)
    assert await counts(store) == (1, 1, 1, 1, 1, 1)
    [row] = await store.rows("SELECT * FROM inbox")
    wake = InboundMessage.model_validate(row["payload"])
    assert (wake.inbox_id, wake.conversation_id) == (accepted.inbox_id, accepted.conversation_id)
    assert (wake.message_id, wake.channel) == (new.provider_message_id, "whatsapp")
    assert (wake.customer_identifier, wake.identifier_type) == (EVE, "whatsapp")
    assert [file.filename for file in wake.attachments] == ["image-1.jpg"]
    assert wake == await wake_of(store, accepted.inbox_id)
    [event] = await store.rows("SELECT * FROM events")
    assert (event["key"], event["headers"]) == (f"whatsapp:{EVE}", {"message-id": new.provider_message_id})
    [customer] = await store.rows("SELECT * FROM customers")
    assert (customer["filing_key"], customer["phone"], customer["name"]) == (f"whatsapp:{EVE}", EVE, "Eve")
    [stored] = await store.rows("SELECT * FROM messages")
    assert stored["metadata"]["attachments"][0]["filename"] == "image-1.jpg"
    assert (stored["content"], stored["provider_message_id"]) == (new.content, new.provider_message_id)


async def test_t_l6_a_repeated_message_changes_nothing(store: Store) -> None:
    new = message()
    first = await accept(store, new)
    before = await counts(store)
    async with acquire(store.pool) as connection:
        assert [await accept_message(connection, new) for _ in range(4)] == [None] * 4
    assert await counts(store) == before
    assert not first.joined


async def test_t_l6_the_same_message_many_times_at_once_is_one(store: Store, other_pool: Pool) -> None:
    """Also where the conversation before it is too old to be joined, so that each would open a new one."""
    await accept(store, message())
    await store.execute("UPDATE conversation_slots SET last_at = now() - interval '80 hours'")
    await store.execute("UPDATE messages SET created_at = now() - interval '80 hours'")
    for new in (message(), mail(), mail(thread="t-2", verified=False)):

        async def once(new: ChannelMessage = new) -> AcceptedMessage | None:
            async with acquire(other_pool) as connection:
                return await accept_message(connection, new)

        results = await asyncio.gather(*(once() for _ in range(10)))
        assert sum(result is not None for result in results) == 1
    assert await counts(store) == (2, 4, 4, 4, 4, 4)
    assert await store.violations(within_s=60) == {}


async def test_i1_concurrent_first_messages_share_one_conversation(store: Store, other_pool: Pool) -> None:
    async def once(n: int) -> AcceptedMessage | None:
        async with acquire(other_pool) as connection:
            return await accept_message(connection, message(f"Line {n}"))

    results = await asyncio.gather(*(once(n) for n in range(10)))
    assert len({result.conversation_id for result in results if result}) == 1
    assert [result.joined for result in results if result].count(False) == 1
    assert await counts(store) == (1, 1, 1, 10, 10, 10)
    assert await store.value("SELECT count(*) FROM customer_identifiers WHERE tier = 1") == 1


async def test_g15_a_number_joins_its_open_conversation_younger_than_72_hours(store: Store) -> None:
    first = await accept(store, message())
    await store.execute("UPDATE conversation_slots SET last_at = now() - interval '71 hours'")
    await store.execute("UPDATE messages SET created_at = now() - interval '71 hours'")
    second = await accept(store, message())
    assert (second.conversation_id, second.joined) == (first.conversation_id, True)
    await store.execute("UPDATE conversation_slots SET last_at = now() - interval '73 hours'")
    await store.execute("UPDATE messages SET created_at = now() - interval '73 hours'")
    third = await accept(store, message())
    assert third.conversation_id != first.conversation_id
    assert await store.value("SELECT count(*) FROM customers") == 1
    fourth = await accept(store, message())
    assert fourth.conversation_id == third.conversation_id


async def test_g15_a_reply_of_ours_keeps_the_conversation_young(store: Store) -> None:
    first = await accept(store, message())
    await store.execute("UPDATE conversation_slots SET last_at = now() - interval '80 hours'")
    assert (await accept(store, message())).conversation_id == first.conversation_id


async def test_g15_a_closed_conversation_is_not_joined(store: Store) -> None:
    first = await accept(store, message())
    await store.execute("UPDATE conversations SET status = 'closed'")
    second = await accept(store, message())
    await put_tickets(store.pool, "closed")
    third = await accept(store, message())
    assert len({first.conversation_id, second.conversation_id, third.conversation_id}) == 3


async def test_g15_a_follow_up_reopens_a_resolved_ticket(store: Store) -> None:
    first = await accept(store, message())
    for status in ("waiting", "resolved"):
        await put_tickets(store.pool, status)
        assert (await accept(store, message())).ticket_id == first.ticket_id
        [ticket] = await store.rows("SELECT status, resolved_at FROM tickets")
        assert (ticket["status"], ticket["resolved_at"]) == ("open", None)
    await put_tickets(store.pool, "resolved")
    await store.execute("UPDATE conversations SET status = 'handed_over', owner = 'staff'")
    await accept(store, message())
    assert await store.value("SELECT status FROM tickets") == "escalated"  # a person still has it


async def test_g15_after_a_hand_over_messages_join_the_conversation_and_are_held(store: Store) -> None:
    agent = ScriptedAgent()
    assert await handled(store, message("HANDOVER please"), agent) == "escalated"
    assert await handled(store, message("Are you still there?"), agent) == "held"
    assert (len(agent.runs), await store.value("SELECT count(*) FROM conversations")) == (1, 1)


async def test_g15_mail_joins_by_thread_and_the_same_verified_sender(store: Store) -> None:
    first = await accept(store, mail())
    assert (await accept(store, mail())).conversation_id == first.conversation_id
    others = [
        mail(thread="t-2"),
        mail(verified=False),
        mail(identifier="bob@example.com"),
    ]
    found = [(await accept(store, other)).conversation_id for other in others]
    assert len({first.conversation_id, *found}) == 4
    rows = await store.rows("SELECT sender_verified FROM conversations ORDER BY created_at")
    assert [row["sender_verified"] for row in rows] == [True, True, False, True]


async def test_i2_a_signed_number_sees_its_own_earlier_messages(store: Store) -> None:
    agent = ScriptedAgent()
    await handled(store, message("My first question"), agent)
    await store.execute("UPDATE conversations SET status = 'closed'")
    await handled(store, message("And another one"), agent)
    turn = agent.runs[1]
    assert (turn.tier, turn.customer_name, turn.recipient) == (1, "Eve", EVE)
    assert [line.endswith("My first question") for line in turn.history] == [True]


async def test_i3_a_forged_mail_sees_nothing_of_its_claimed_sender(store: Store) -> None:
    agent = ScriptedAgent()
    await handled(store, mail("My secret canary"), agent)
    await handled(store, mail("What did I ask before?", verified=False, display_name="Mallory"), agent)
    turn = agent.runs[1]
    assert (turn.tier, turn.history, turn.earlier, turn.customer_name) == (0, (), (), "Mallory")
    assert await store.value("SELECT name FROM customers") == "Ann Lee"
    assert await store.value("SELECT count(*) FROM customer_identifiers WHERE tier = 1") == 1


async def test_i3_a_telephone_typed_into_a_form_is_not_the_number_on_whatsapp(store: Store) -> None:
    """Neither does the form see the chat, nor does the chat join the form's customer."""
    agent = ScriptedAgent()
    pipeline = store.pipeline(agent=agent)
    await pipeline.handle(await store.form("My secret canary word", phone=EVE))
    await handled(store, message("What did I write before?"), agent)
    await pipeline.handle(await store.form("What did I write before?", phone=EVE))
    assert [(turn.history, turn.earlier) for turn in agent.runs] == [((), ())] * 3
    assert await store.value("SELECT count(*) FROM customers") == 2
    assert await store.value("SELECT count(DISTINCT customer_id) FROM conversations") == 2


async def test_i3_the_first_verified_message_sets_the_customers_name(store: Store) -> None:
    await store.form("Somebody typed this address", email="ann@example.com")
    await store.execute("UPDATE customers SET name = 'Mallory'")
    await accept(store, mail())
    [row] = await store.rows("SELECT name FROM customers")
    assert row["name"] == "Ann Lee"
    tiers = await store.rows("SELECT tier, verified_at IS NOT NULL AS since FROM customer_identifiers")
    assert tiers == [{"tier": 1, "since": True}]


async def test_i4_a_merged_customer_files_under_the_one_that_remained(store: Store) -> None:
    await accept(store, message())
    await accept(store, mail())
    await store.execute(
        "UPDATE customers SET merged_into = (SELECT id FROM customers WHERE filing_key LIKE 'email%')"
        " WHERE filing_key LIKE 'whatsapp%'"
    )
    await store.execute("UPDATE conversations SET status = 'closed'")
    accepted = await accept(store, message())
    assert (
        await store.value(
            "SELECT c.filing_key FROM conversations v JOIN customers c ON c.id = v.customer_id WHERE v.id = $1",
            accepted.conversation_id,
        )
        == "email:ann@example.com"
    )


async def test_i3_a_number_unused_for_half_a_year_has_no_history(store: Store) -> None:
    agent = ScriptedAgent()
    await handled(store, message("My secret canary"), agent)
    past = "now() - interval '200 days'"
    for change in (
        f"UPDATE customer_identifiers SET last_seen_at = {past}, verified_at = {past}",
        f"UPDATE tickets SET created_at = {past}",
        f"UPDATE messages SET created_at = {past}",
        f"UPDATE conversation_slots SET last_at = {past}",
    ):
        await store.execute(change)
    await handled(store, message("Hello, this is Max", display_name="Max"), agent)
    turn = agent.runs[1]
    assert (turn.tier, turn.history, turn.earlier, turn.customer_name) == (1, (), (), "Max")


async def test_a_message_without_a_question_is_stored_and_not_answered(store: Store) -> None:
    first = await accept(store, message())
    reaction = await accept(store, message("👍", answerable=False))
    assert reaction.conversation_id == first.conversation_id
    await store.execute("UPDATE conversations SET status = 'closed'")
    alone = await accept(store, message("👍", answerable=False))
    assert alone.conversation_id != first.conversation_id
    rows = await store.rows("SELECT state, finished_at IS NOT NULL AS done FROM inbox ORDER BY received_at")
    assert rows == [{"state": "waiting", "done": False}, *[{"state": "ignored", "done": True}] * 2]
    assert await store.value("SELECT count(*) FROM events") == 1
    statuses = await store.rows("SELECT status FROM tickets ORDER BY created_at")
    assert [row["status"] for row in statuses] == ["open", "closed"]
    after = await accept(store, message("Now I do ask something"))
    assert after.conversation_id not in (first.conversation_id, alone.conversation_id)


async def test_r8_a_quiet_gap_delays_the_turn_and_its_wake(store: Store) -> None:
    agent = ScriptedAgent()
    first = await accept(store, message("one", quiet_s=14.0))
    assert first.wake_in_s == pytest.approx(14.0)
    assert await store.pipeline(agent=agent).handle(await wake_of(store, first.inbox_id)) == "idle"
    assert await store.value("SELECT retry_at = not_before FROM events, conversations")
    await store.execute("UPDATE inbox SET received_at = now() - interval '13.5 s'")
    second = await accept(store, message("two", quiet_s=14.0))
    assert second.wake_in_s <= 1.5  # never more than 15 s behind the first that waits
    behind = "SELECT not_before - min(received_at) = interval '15 s' FROM conversations, inbox GROUP BY not_before"
    assert await store.value(behind)
    await store.execute("UPDATE conversations SET not_before = now()")
    assert await store.pipeline(agent=agent).handle(await wake_of(store, second.inbox_id)) == "answered"
    assert [turn.text for turn in agent.runs] == ["one\ntwo"]
